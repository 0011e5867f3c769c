"""What a Stedi account holds, and who may use it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any
from uuid import uuid4

from mlconnector_sdk.errors import NotFound
from mlconnector_sdk.simulators.agenda import Agenda
from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.stedi.idempotency import KeyLedger
from mlconnector_sdk.simulators.stedi.partnerships import Partnership
from mlconnector_sdk.simulators.stedi.records import CONNECTION, Execution, Sent, Transaction, instant
from mlconnector_sdk.simulators.stedi.rules import StediRules
from mlconnector_sdk.simulators.webhooks import Notice, WebhookSender

__all__ = ["Account"]


class Account:
    """Partnerships, what was sent and received, keys, and the events about it.

    Args:
        base: The URL of the API, for links in answers and events.
        lock: Held while anything here is read or changed.
    """

    def __init__(
        self,
        *,
        time: VirtualTime,
        agenda: Agenda,
        rules: StediRules,
        base: Callable[[], str],
        lock: RLock,
    ) -> None:
        self.time = time
        self.agenda = agenda
        self.rules = rules
        self.base = base
        self.lock = lock
        self.keys: set[str] = set()
        self.ledger = KeyLedger(time, rules)
        self.webhooks = WebhookSender(time, agenda)
        self.partnerships: dict[str, Partnership] = {}
        self.sent: list[Sent] = []
        self.transactions: dict[str, Transaction] = {}
        self.executions: dict[str, Execution] = {}
        self.processed: list[Execution] = []
        self.events: dict[str, Notice] = {}
        self._positions = itertools.count(1)

    def next_position(self) -> int:
        """1, 2, 3 ...: the order in which files and transactions were processed."""
        return next(self._positions)

    def partnership(self, partnership_id: str) -> Partnership:
        """A partnership by id.

        Raises:
            NotFound: There is none.
        """
        try:
            return self.partnerships[partnership_id]
        except KeyError:
            raise NotFound(
                f"there is no partnership {partnership_id!r}", status=404, code="RESOURCE_NOT_FOUND"
            ) from None

    def execution(self, execution_id: str) -> Execution:
        """The processing of a file, by id.

        Raises:
            NotFound: There is none.
        """
        try:
            return self.executions[execution_id]
        except KeyError:
            raise NotFound(
                f"there is no execution {execution_id!r}", status=404, code="RESOURCE_NOT_FOUND"
            ) from None

    def keep(self, execution: Execution) -> None:
        """Add a file with its transactions."""
        self.executions[execution.id] = execution
        for transaction in execution.transactions:
            self.transactions[transaction.id] = transaction

    def fault(self, execution: Execution, code: str, message: str) -> None:
        """Note what went wrong with a file."""
        execution.faults.append(
            {
                "id": str(uuid4()),
                "executionId": execution.id,
                "createdAt": instant(self.time.now()),
                "faultCode": code,
                "faultMessage": message,
            }
        )

    def conclude(self, execution: Execution, status: str) -> None:
        """The processing of a file has ended."""
        self.processed.append(execution)
        execution.status = status
        execution.updated_at = execution.processed_at = self.time.now()
        execution.processed_position = len(self.processed)

    def announce_transaction(self, transaction: Transaction) -> str:
        """Emit ``transaction.processed.v2``; returns the id of the event."""
        return self.announce(
            "transaction.processed.v2", transaction.detail(self.base()), transaction.guide, transaction.id
        )

    def announce_file(self, kind: str, execution: Execution) -> None:
        """Emit ``file.processed.v2``, ``file.delivered.v2`` or ``file.failed.v2``."""
        detail: dict[str, Any] = {
            "fileExecutionId": execution.id,
            "processedAt": instant(self.time.now()),
            "direction": execution.direction,
            "artifacts": execution.artifacts(self.base()),
            "source": {"name": execution.filename},
        }
        if execution.partnership_id is not None:
            sides = self.partnership(execution.partnership_id)
            detail["partnership"] = sides.described(execution.direction)
        if kind == "file.failed.v2":
            detail["errors"] = [
                {"faultCode": fault["faultCode"], "message": fault["faultMessage"]}
                for fault in execution.faults
            ]
        if kind == "file.delivered.v2":
            detail["connection"] = CONNECTION
            detail["delivery"] = {name: execution.reports[-1][name] for name in ("status", "message")}
        self.announce(kind, detail)

    def announce(
        self, kind: str, detail: Mapping[str, Any], guide: Mapping[str, Any] | None = None, subject: str = ""
    ) -> str:
        """Emit an event; the guide travels with it where the receiver's body shape has room for it.

        Args:
            kind: The event's type.
            detail: What it says.
            guide: The document that it is about.
            subject: The id of the transaction that it is about.

        Returns:
            The id of the event.
        """
        event_id = str(uuid4())
        event = {
            "version": "0",
            "id": event_id,
            "detail-type": kind,
            "source": "stedi.core",
            "account": "simulated-account",
            "time": instant(self.time.now()),
            "region": "us-east-1",
            "resources": [],
            "detail": detail,
        }
        content = {"event": event, "guide": guide, "subject": subject}
        notice = Notice(id=event_id, kind=kind, content=content)
        self.events[notice.id] = notice
        self.webhooks.emit(notice)
        return notice.id

    def announce_again(self, about: str) -> str:
        """Emit an old event under a new id, as a manual retry does.

        Args:
            about: The id of the event, or of the transaction that it was about.

        Raises:
            NotFound: There is no such event.
        """
        found = [it for it in self.events.values() if about in (it.id, it.content["subject"])]
        if not found:
            raise NotFound(f"there is no event {about!r}", status=404, code="RESOURCE_NOT_FOUND")
        content = found[0].content
        return self.announce(found[0].kind, content["event"]["detail"], content["guide"], content["subject"])
