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
from mlconnector_sdk.simulators.stedi.records import Execution, Sent, Transaction, instant
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

    def keep(self, execution: Execution) -> None:
        """Add a processed file with its transactions."""
        self.executions[execution.id] = execution
        for transaction in execution.transactions:
            self.transactions[transaction.id] = transaction

    def announce_transaction(self, transaction: Transaction) -> None:
        """Emit ``transaction.processed.v2``."""
        self.announce("transaction.processed.v2", transaction.detail(self.base()), transaction.guide)

    def announce_file(self, kind: str, execution: Execution) -> None:
        """Emit ``file.delivered.v2`` or ``file.failed.v2``."""
        summary = execution.summary(self.base())
        detail: dict[str, Any] = {
            "fileExecutionId": execution.id,
            "processedAt": summary["createdAt"],
            "direction": execution.direction,
            "artifacts": summary["artifacts"],
            "source": {"name": execution.filename},
        }
        if kind == "file.failed.v2":
            detail["errors"] = [
                {"faultCode": fault["faultCode"], "message": fault["faultMessage"]}
                for fault in execution.faults
            ]
        else:
            detail["connection"] = {"connectionType": "STEDI_FTP", "connectionId": "connection-1"}
            detail["delivery"] = {"status": "DELIVERED"}
        self.announce(kind, detail, None)

    def announce(self, kind: str, detail: Mapping[str, Any], guide: Mapping[str, Any] | None) -> str:
        """Emit an event; the guide travels with it where the receiver's body shape has room for it."""
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
        notice = Notice(id=event_id, kind=kind, content={"event": event, "guide": guide})
        self.events[notice.id] = notice
        self.webhooks.emit(notice)
        return notice.id

    def announce_again(self, event_id: str) -> str:
        """Emit an old event under a new id, as a manual retry does.

        Raises:
            NotFound: There is no such event.
        """
        if event_id not in self.events:
            raise NotFound(f"there is no event {event_id!r}", status=404, code="RESOURCE_NOT_FOUND")
        content = self.events[event_id].content
        return self.announce(self.events[event_id].kind, content["event"]["detail"], content["guide"])
