"""Webhooks of the simulated Stedi: shapes, retries, and the accidents on the way."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.simulators import StediSimulator
from mlconnector_sdk.simulators.stedi.notices import Shape
from tests.simulators.conftest import Receiver, eventually, guide, send
from tests.simulators.test_stedi_inbound import ANSWER


def event_of(body: dict[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = body.get("event", body)
    return event


def numbers(receiver: Receiver) -> list[Any]:
    return [body["artifact"]["detail"]["heading"] for body in receiver.bodies]


def test_an_answer_arrives_as_documented(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver
) -> None:
    stedi_simulator.webhook(receiver.url, header=("X-Api-Key", "hook-key"))
    execution = stedi_simulator.drop(ANSWER)
    assert stedi_simulator.deliver_webhooks() == [200]
    (body,) = receiver.bodies
    assert receiver.headers[0]["x-api-key"] == "hook-key"
    assert receiver.headers[0]["content-type"] == "application/json"
    assert set(body) == {"event", "artifact"}
    event = body["event"]
    assert (event["version"], event["detail-type"]) == ("0", "transaction.processed.v2")
    assert (event["source"], event["region"], event["resources"]) == ("stedi.core", "us-east-1", [])
    detail = event["detail"]
    (transaction,) = execution.transactions
    assert (detail["transactionId"], detail["fileExecutionId"]) == (transaction.id, execution.id)
    assert (detail["direction"], detail["fragments"]) == ("INBOUND", None)
    assert detail["processedAt"] == "2026-03-02T08:00:00.000Z"
    assert detail["partnership"]["sender"] == {"profileId": "acme"}
    assert detail["x12"]["transactionSetting"]["transactionSettingId"] == "me_acme-855"
    assert body["artifact"]["attachedReason"] == "WITHIN_SIZE_LIMIT"
    heading = body["artifact"]["detail"]["heading"]
    assert heading["transaction_set_header_ST"]["transaction_set_control_number_02"] == 1


@pytest.mark.parametrize(
    ("shape", "keys"),
    [("event+artifact", {"event", "artifact"}), ("event", {"event"}), ("bare", {"version", "id", "detail"})],
)
def test_body_shapes(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver, shape: Shape, keys: set[str]
) -> None:
    stedi_simulator.webhook(receiver.url, shape=shape)
    stedi_simulator.drop(ANSWER)
    stedi_simulator.deliver_webhooks()
    assert keys <= set(receiver.bodies[0])
    assert event_of(receiver.bodies[0])["detail"]["direction"] == "INBOUND"
    assert receiver.headers[0]["x-stedi-noauth"] == "dummy"


def test_a_large_artifact_is_left_out(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver
) -> None:
    stedi_simulator.webhook(receiver.url, size_limit=1000, basic=("user", "word"))
    stedi_simulator.drop(ANSWER)
    stedi_simulator.deliver_webhooks()
    artifact = receiver.bodies[0]["artifact"]
    assert artifact["attachedReason"] == "SIZE_LIMIT_EXCEEDED"
    assert "detail" not in artifact
    assert receiver.headers[0]["authorization"] == "Basic dXNlcjp3b3Jk"


def test_outbound_transactions_are_announced_too(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver
) -> None:
    kinds = ("transaction.processed.v2", "file.delivered.v2", "file.failed.v2")
    stedi_simulator.webhook(receiver.url, kinds=kinds)
    send(stedi)
    stedi_simulator.drop(ANSWER.replace("BAK*00*AC", "BAK*00*QQ"))
    assert stedi_simulator.deliver_webhooks() == [200, 200, 200]
    events = [event_of(body) for body in receiver.bodies]
    assert [event["detail-type"] for event in events] == list(kinds)
    assert events[0]["detail"]["direction"] == "OUTBOUND"
    assert events[1]["detail"]["delivery"]["status"] == "DELIVERED"
    assert events[2]["detail"]["errors"][0]["faultCode"] == "TRANSLATION_ERROR"


def test_events_leave_by_themselves(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver
) -> None:
    stedi_simulator.supplier("me_acme").answers("accept")
    stedi_simulator.webhook(receiver.url)
    send(stedi)
    eventually(lambda: len(stedi_simulator.attempts) == 2)
    assert [attempt.status for attempt in stedi_simulator.attempts] == [200, 200]
    assert stedi_simulator.deliver_webhooks() == [200, 200]
    assert stedi_simulator.deliver_webhooks() == []


def test_four_retries_within_ninety_seconds(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver
) -> None:
    receiver.statuses = [500, 302, 404, 503, 400, 500, 201]
    stedi_simulator.webhook(receiver.url)
    stedi_simulator.drop(ANSWER)
    assert stedi_simulator.deliver_webhooks() == [500]
    stedi_simulator.advance(22.4)
    assert len(receiver.bodies) == 1
    stedi_simulator.advance(0.1)
    assert stedi_simulator.deliver_webhooks() == [302]
    stedi_simulator.advance(3600)
    assert stedi_simulator.deliver_webhooks() == [404, 503, 400]
    began = stedi_simulator.attempts[0].at
    assert [(a.attempt, (a.at - began).total_seconds()) for a in stedi_simulator.attempts] == [
        (1, 0),
        (2, 22.5),
        (3, 45),
        (4, 67.5),
        (5, 90),
    ]
    assert len({attempt.event_id for attempt in stedi_simulator.attempts}) == 1
    assert [notice.kind for notice in stedi_simulator.undelivered] == ["transaction.processed.v2"]
    stedi_simulator.webhook(receiver.url, retries=(90,))
    stedi_simulator.drop(ANSWER)
    stedi_simulator.advance(90)
    assert stedi_simulator.attempts[-1].status == 200
    assert len(stedi_simulator.undelivered) == 1


def test_a_slow_receiver_has_failed(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver
) -> None:
    receiver.hold.clear()
    stedi_simulator.webhook(receiver.url, limit=0.5)
    stedi_simulator.drop(ANSWER)
    assert stedi_simulator.deliver_webhooks() == [None]
    assert "timed out" in stedi_simulator.attempts[0].reason.lower()
    receiver.hold.set()
    stedi_simulator.advance(22.5)
    assert stedi_simulator.deliver_webhooks() == [200]


def test_a_receiver_that_is_down(stedi_simulator: StediSimulator, stedi: httpx.Client) -> None:
    gone = Receiver()
    gone.close()
    stedi_simulator.webhook(gone.url)
    stedi_simulator.drop(ANSWER)
    assert stedi_simulator.deliver_webhooks() == [None]
    with pytest.raises(ConfigurationError, match="URL"):
        stedi_simulator.webhook("ftp://127.0.0.1/x")


def test_twice_lost_and_late(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver
) -> None:
    hook = stedi_simulator.webhook(receiver.url)
    hook.twice()
    stedi_simulator.drop(ANSWER)
    assert stedi_simulator.deliver_webhooks() == [200, 200]
    assert receiver.bodies[0] == receiver.bodies[1]
    hook.lose()
    stedi_simulator.drop(ANSWER)
    assert stedi_simulator.deliver_webhooks() == []
    hook.late(600)
    stedi_simulator.drop(ANSWER)
    assert stedi_simulator.deliver_webhooks() == []
    stedi_simulator.advance(600)
    assert len(receiver.bodies) == 3
    stedi_simulator.drop(ANSWER)
    stedi_simulator.deliver_webhooks()
    assert len(receiver.bodies) == 4


def test_out_of_order(stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver) -> None:
    hook = stedi_simulator.webhook(receiver.url)
    hook.reverse(events=3)
    ids = [stedi_simulator.drop(ANSWER).transactions[0].id for _ in range(4)]
    assert stedi_simulator.deliver_webhooks() == [200] * 4
    received = [event_of(body)["detail"]["transactionId"] for body in receiver.bodies]
    assert received == [ids[2], ids[1], ids[0], ids[3]]


def test_a_manual_retry_is_a_new_event_about_the_same_transaction(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver
) -> None:
    stedi_simulator.webhook(receiver.url)
    stedi_simulator.drop(ANSWER)
    stedi_simulator.deliver_webhooks()
    answer = stedi.post(f"/events/{receiver.bodies[0]['event']['id']}/retry")
    stedi_simulator.deliver_webhooks()
    first, second = (body["event"] for body in receiver.bodies)
    assert second["id"] == answer.json()["eventId"] != first["id"]
    assert second["detail"] == first["detail"]
    assert stedi.post("/events/unknown/retry").status_code == 404


def test_only_what_happens_after_subscribing_is_sent(
    stedi_simulator: StediSimulator, stedi: httpx.Client, receiver: Receiver
) -> None:
    send(stedi, guide("before"))
    stedi_simulator.webhook(receiver.url)
    send(stedi, guide("after"), key="k-2")
    stedi_simulator.deliver_webhooks()
    (heading,) = numbers(receiver)
    assert heading["beginning_segment_for_purchase_order_BEG"]["purchase_order_number_03"] == "after"
