"""A sink that knows no idempotency keys and cannot look: what is uncertain goes before a person."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from mlconnector_sdk import Stedi
from mlconnector_sdk.adapters.stedi.models import Submission
from mlconnector_sdk.adapters.stedi.outbound import read_payload
from mlconnector_sdk.core.call import Call, Content, path
from mlconnector_sdk.flow import Absent, Flow, OnUnknown, Outcome
from mlconnector_sdk.records import Entry, SendResult

__all__ = ["KeylessSink", "without_keys"]


class KeylessSink:
    """Posts a transaction to Stedi without a key, and never looks for it."""

    name = "stedi.keyless"
    on_unknown = OnUnknown()

    def __init__(self, stedi: Stedi) -> None:
        self._stedi = stedi
        self.timeout = timedelta(seconds=stedi.profile.deadline)

    async def ready(self) -> None:
        await self._stedi.client.ready()

    async def send(self, entry: Entry) -> SendResult:
        assert entry.payload is not None
        outbound = read_payload(entry.payload)
        call = Call(
            method="POST",
            path=path("partnerships", outbound.partnership, "transactions", outbound.setting),
            answer=Submission,
            body=Content(outbound.body.raw),
        )
        submission = await self._stedi.client.send(call)
        return SendResult(references={"execution": submission.execution_id})

    async def find(self, entry: Entry) -> Outcome:
        return Absent()


def without_keys(flow: Flow, stedi: Stedi) -> Flow:
    """The flow with such a sink; where nothing can be repeated, documents go one by one."""
    return evolve(flow, sink=KeylessSink(stedi), batch=1)
