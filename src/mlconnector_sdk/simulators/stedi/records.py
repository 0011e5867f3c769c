"""Executions (files) and transactions as the account keeps them, and as its API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from attrs import define, field, frozen

__all__ = ["Direction", "Execution", "Sent", "Transaction", "instant"]

Direction: TypeAlias = Literal["INBOUND", "OUTBOUND"]


def instant(at: datetime) -> str:
    """ISO text in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@frozen(kw_only=True)
class Sent:
    """An order that reached the supplier: the evidence of what he received.

    Args:
        number: The purchase order number, BEG03.
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


@define(kw_only=True, eq=False)
class Transaction:
    """One business document, in or out.

    Args:
        position: 1, 2, 3 ... over the whole account.
        sender, receiver: Profile ids.
        number: The business number, and the element that holds it: ``BEG03``.
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
    number: str = ""
    number_element: str = ""
    input: bytes = b""
    output: bytes = b""
    guide: Mapping[str, Any] | None = None
    errors: tuple[Mapping[str, Any], ...] = ()

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
        identifiers = [
            {
                "elementId": "324",
                "element": self.number_element,
                "name": "Purchase Order Number",
                "value": self.number,
            }
        ]
        return {
            **self.detail(base),
            "status": self.status,
            "translationErrors": list(self.errors),
            "businessIdentifiers": identifiers if self.number else [],
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
    """The processing of one file.

    Args:
        faults: Objects with ``faultCode`` and ``faultMessage``.
        content: The file.
    """

    id: str
    position: int
    direction: Direction
    status: str
    created_at: datetime
    partnership_id: str | None
    filename: str
    content: bytes
    transactions: list[Transaction] = field(factory=list)
    faults: list[Mapping[str, str]] = field(factory=list)

    def document(self, usage: str) -> tuple[bytes, str] | None:
        """The file: the output of what goes out, the input of what comes in."""
        usage_of_file = "output" if self.direction == "OUTBOUND" else "input"
        return (self.content, "application/edi-x12") if usage == usage_of_file else None

    def summary(self, base: str) -> dict[str, Any]:
        """The entry of a listing."""
        usage = "output" if self.direction == "OUTBOUND" else "input"
        first = self.faults[0] if self.faults else {}
        return {
            "executionId": self.id,
            "status": self.status,
            "direction": self.direction,
            "createdAt": instant(self.created_at),
            "updatedAt": instant(self.created_at),
            "transactionCount": len(self.transactions),
            "faultCount": len(self.faults),
            **first,
            "fileType": "EDI/X12",
            "retryable": self.status == "FAILED",
            **({"partnershipId": self.partnership_id} if self.partnership_id else {}),
            "connectionType": "STEDI_FTP",
            "source": {"dirname": "/", "name": self.filename},
            "artifacts": [
                {
                    "artifactType": "application/edi-x12",
                    "usage": usage,
                    "url": f"{base}/executions/{self.id}/{usage}",
                    "sizeBytes": len(self.content),
                    "model": "execution",
                }
            ],
        }
