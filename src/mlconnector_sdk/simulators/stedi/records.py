"""Executions (files) and transactions as the account keeps them, and as its API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from attrs import Factory, define, field, frozen

__all__ = ["CONNECTION", "Direction", "Execution", "Identifier", "Sent", "Transaction", "instant"]

Direction: TypeAlias = Literal["INBOUND", "OUTBOUND"]

CONNECTION = {"connectionType": "STEDI_FTP", "connectionId": "01J8JH26KBJTARWD17Q0S0ZD19"}
"""By which all files come and go."""


def instant(at: datetime) -> str:
    """ISO text in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@frozen(kw_only=True)
class Sent:
    """A document that Stedi took to deliver it: the evidence of what was sent.

    Args:
        number: The business number: of the purchase order, or of the invoice.
        key: The Idempotency-Key, or None.
        guide: The transaction as it was posted.
    """

    at: datetime
    partnership: str
    set_id: str
    number: str
    key: str | None
    filename: str
    x12: str = field(repr=False)
    guide: Mapping[str, Any] = field(repr=False)
    control_number: int
    execution_id: str
    transaction_id: str


@frozen(kw_only=True)
class Identifier:
    """A number by which people know a document.

    Args:
        element: Where it stands: ``BEG03``.
        element_id: The standard's number of that element: ``324``.
        name: In words.
    """

    element: str
    element_id: str
    name: str
    value: str


@define(kw_only=True, eq=False)
class Transaction:
    """One business document, in or out.

    Args:
        position: 1, 2, 3 ... over the whole account.
        sender, receiver: Profile ids.
        identifiers: The numbers that it is listed under.
        input, output: The document before and after translation.
    """

    id: str
    execution_id: str
    position: int
    direction: Direction
    mode: str
    processed_at: datetime
    partnership_id: str
    sender: str
    receiver: str
    set_id: str
    setting_id: str | None
    metadata: Mapping[str, Any]
    identifiers: tuple[Identifier, ...] = ()
    input: bytes = b""
    output: bytes = b""
    guide: Mapping[str, Any] | None = None
    errors: tuple[Mapping[str, Any], ...] = ()

    @property
    def number(self) -> str:
        """The first of its business numbers, or the empty string."""
        return self.identifiers[0].value if self.identifiers else ""

    @property
    def status(self) -> str:
        """``succeeded`` or ``failed``."""
        return "failed" if self.errors else "succeeded"

    def document(self, usage: str) -> tuple[bytes, str] | None:
        """Its ``input`` or ``output`` and the media type, or None where there is none."""
        content = self.input if usage == "input" else self.output
        is_x12 = (usage == "output") == (self.direction == "OUTBOUND")
        return (content, "application/edi-x12" if is_x12 else "application/json") if content else None

    def detail(self, base: str) -> dict[str, Any]:
        """What a list entry and an event have in common; ``base`` is the URL of the API."""
        setting = {"guideId": f"guide-{self.set_id}", "transactionSettingId": self.setting_id}
        return {
            "transactionId": self.id,
            "fileExecutionId": self.execution_id,
            "direction": self.direction,
            "mode": self.mode,
            "processedAt": instant(self.processed_at),
            "fragments": None,
            "artifacts": self._artifacts(base),
            "partnership": {
                "partnershipId": self.partnership_id,
                "partnershipType": "x12",
                "sender": {"profileId": self.sender},
                "receiver": {"profileId": self.receiver},
            },
            "x12": {
                "metadata": self.metadata,
                **({"transactionSetting": setting} if self.setting_id else {}),
            },
        }

    def summary(self, base: str) -> dict[str, Any]:
        """The entry of a listing."""
        return {
            **self.detail(base),
            "status": self.status,
            "translationErrors": list(self.errors),
            "businessIdentifiers": [
                {"elementId": it.element_id, "element": it.element, "name": it.name, "value": it.value}
                for it in self.identifiers
            ],
        }

    def _artifacts(self, base: str) -> list[dict[str, Any]]:
        return [
            {
                "artifactType": document[1],
                "usage": usage,
                "url": f"{base}/transactions/{self.id}/{usage}",
                "sizeBytes": len(document[0]),
                "model": "transaction",
            }
            for usage in ("input", "output")
            if (document := self.document(usage)) is not None
        ]


@define(kw_only=True, eq=False)
class Execution:
    """The processing of one file; what goes out is processed when it was delivered, or could not be.

    Args:
        position: 1, 2, 3 ... over the whole account.
        content: The file.
        updated_at: Of the last change of its status.
        processed_at: When the processing ended, or None.
        processed_position: 1, 2, 3 ... in the order in which processing ended, or None.
        faults: What went wrong: objects with ``faultCode`` and ``faultMessage``.
        reports: The attempts to deliver it.
        parent_id, child_id: The execution that this one retries, and the one that retries it.
    """

    id: str
    position: int
    direction: Direction
    status: str
    created_at: datetime
    partnership_id: str | None
    filename: str
    content: bytes
    mode: str = "unknown"
    updated_at: datetime = field(default=Factory(lambda self: self.created_at, takes_self=True))
    processed_at: datetime | None = None
    processed_position: int | None = None
    transactions: list[Transaction] = field(factory=list)
    faults: list[Mapping[str, str]] = field(factory=list)
    reports: list[Mapping[str, Any]] = field(factory=list)
    parent_id: str | None = None
    child_id: str | None = None

    @property
    def retryable(self) -> bool:
        """Whether somebody may still have it processed again."""
        return self.status in ("FAILED", "IGNORED") and self.child_id is None

    def document(self, usage: str) -> tuple[bytes, str] | None:
        """The file: the output of what goes out, the input of what comes in."""
        return (self.content, "application/edi-x12") if usage == self._usage else None

    def summary(self, base: str) -> dict[str, Any]:
        """The entry of a listing."""
        codes = ("faultCode", "faultMessage")
        kin = {"parentExecutionId": self.parent_id, "childExecutionId": self.child_id}
        return {
            "executionId": self.id,
            "status": self.status,
            "direction": self.direction,
            "mode": self.mode,
            "createdAt": instant(self.created_at),
            "updatedAt": instant(self.updated_at),
            "transactionCount": len(self.transactions),
            "faultCount": len(self.faults),
            **({code: self.faults[0][code] for code in codes} if self.faults else {}),
            "fileType": "EDI/X12",
            "retryable": self.retryable,
            **({"partnershipId": self.partnership_id} if self.partnership_id else {}),
            **{name: value for name, value in kin.items() if value},
            **CONNECTION,
            "source": {"dirname": "/", "name": self.filename},
        }

    def details(self, base: str) -> dict[str, Any]:
        """All about it: a listing has neither its documents nor the reports of its delivery."""
        return {**self.summary(base), "artifacts": self.artifacts(base), "deliveryReports": self.reports}

    def artifacts(self, base: str) -> list[dict[str, Any]]:
        """The file, as a document that can be fetched."""
        return [
            {
                "artifactType": "application/edi-x12",
                "usage": self._usage,
                "url": f"{base}/executions/{self.id}/{self._usage}",
                "sizeBytes": len(self.content),
                "model": "execution",
            }
        ]

    @property
    def _usage(self) -> str:
        return "output" if self.direction == "OUTBOUND" else "input"
