"""What Stedi's JSON objects become: the vendor's fields under Python names.

Source: Stedi OpenAPI ``core.json`` (2023-08-01). Fields that no model names stay reachable through
``extra``, and ``raw`` is the record's own JSON.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen

from mlconnector_sdk.codec import Record, wire

__all__ = [
    "X12",
    "Artifact",
    "BusinessIdentifier",
    "Delivery",
    "DeliveryReport",
    "DocumentAddress",
    "Execution",
    "ExecutionFault",
    "ExecutionFaults",
    "ExecutionSource",
    "FileFault",
    "FileResult",
    "FunctionalGroup",
    "Interchange",
    "Partnership",
    "Submission",
    "Transaction",
    "TransactionHeader",
    "TransactionMetadata",
    "TransactionSetting",
]


@frozen(kw_only=True)
class Submission(Record):
    """The answer to a new outbound transaction.

    Stedi also sends a ``transactionId``, which it documents as reserved and not supported: no model field
    tempts anybody to use it.

    Args:
        execution_id: The file's execution: its transactions tell the real ids.
    """

    execution_id: str = wire("fileExecutionId")


@frozen(kw_only=True)
class Partnership(Record):
    """Between whom a transaction went."""

    id: str | None = wire("partnershipId", default=None)
    type: str | None = wire("partnershipType", default=None)


@frozen(kw_only=True)
class Interchange(Record):
    """The envelope's ISA."""

    control_number: int | str | None = wire("controlNumber", default=None)


@frozen(kw_only=True)
class FunctionalGroup(Record):
    """The envelope's GS; date and time have no zone."""

    control_number: int | str | None = wire("controlNumber", default=None)
    release: str | None = wire("release", default=None)
    date: str | None = wire("date", default=None)
    time: str | None = wire("time", default=None)


@frozen(kw_only=True)
class TransactionHeader(Record):
    """The ST."""

    control_number: int | str | None = wire("controlNumber", default=None)
    transaction_set: str | None = wire("transactionSetIdentifier", default=None)


@frozen(kw_only=True)
class TransactionMetadata(Record):
    """Control numbers and identifiers from the envelope."""

    interchange: Interchange | None = wire("interchange", default=None)
    group: FunctionalGroup | None = wire("functionalGroup", default=None)
    header: TransactionHeader | None = wire("transaction", default=None)


@frozen(kw_only=True)
class TransactionSetting(Record):
    """How transactions of one kind are handled in a partnership."""

    id: str | None = wire("transactionSettingId", default=None)
    guide_id: str | None = wire("guideId", default=None)


@frozen(kw_only=True)
class X12(Record):
    """What is particular to X12."""

    metadata: TransactionMetadata | None = wire("metadata", default=None)
    setting: TransactionSetting | None = wire("transactionSetting", default=None)


@frozen(kw_only=True)
class Artifact(Record):
    """A document that belongs to a transaction or an execution."""

    type: str | None = wire("artifactType", default=None)
    usage: str | None = wire("usage", default=None)
    size: int | None = wire("sizeBytes", default=None)


@frozen(kw_only=True)
class BusinessIdentifier(Record):
    """A number in a document by which people speak of it, as Stedi found it.

    Args:
        element: Where it stands: ``BEG03``.
    """

    element: str | None = wire("element", default=None)
    value: str | None = wire("value", default=None)


@frozen(kw_only=True)
class Transaction(Record):
    """One transaction (an ST..SE) that went through Stedi.

    Args:
        id: Immutable; the same from the webhook, the poll and the list.
        status: ``succeeded`` or ``failed``; absent in webhooks.
        direction: ``INBOUND``, ``OUTBOUND`` or ``UNKNOWN``.
        mode: ``production``, ``test`` or ``other``, from the usage indicator of the interchange.
        processed_at: When Stedi was done with it.
        fragments: Not None where a large document was taken apart.
        translation_errors: Why it failed, in Stedi's words.
        business_identifiers: Numbers such as that of the purchase order; absent in webhooks.
    """

    id: str = wire("transactionId")
    execution_id: str | None = wire("fileExecutionId", default=None)
    status: str | None = wire("status", default=None)
    direction: str | None = wire("direction", default=None)
    mode: str | None = wire("mode", default=None)
    processed_at: datetime | None = wire("processedAt", default=None)
    artifacts: tuple[Artifact, ...] | None = wire("artifacts", default=None)
    partnership: Partnership | None = wire("partnership", default=None)
    x12: X12 | None = wire("x12", default=None)
    fragments: Any = wire("fragments", default=None)
    translation_errors: Any = wire("translationErrors", default=None)
    business_identifiers: tuple[BusinessIdentifier, ...] | None = wire("businessIdentifiers", default=None)

    @property
    def partnership_id(self) -> str:
        """The partnership, or the empty string."""
        return (self.partnership and self.partnership.id) or ""

    @property
    def transaction_set(self) -> str:
        """``855``, ``997`` ..., or the empty string."""
        header = self.x12 and self.x12.metadata and self.x12.metadata.header
        return (header and header.transaction_set) or ""

    @property
    def setting_id(self) -> str:
        """The transaction setting, or the empty string."""
        setting = self.x12 and self.x12.setting
        return (setting and setting.id) or ""


@frozen(kw_only=True)
class DocumentAddress(Record):
    """Where a document can be fetched for an hour: a signed URL of a storage that is not Stedi's API."""

    url: str = wire("documentDownloadUrl")


@frozen(kw_only=True)
class ExecutionSource(Record):
    """The file that an execution read or wrote."""

    name: str | None = wire("name", default=None)


@frozen(kw_only=True)
class DeliveryReport(Record):
    """One attempt to deliver an outbound file: up to three, six minutes apart.

    Args:
        status: ``FAILED`` or ``DELIVERED``.
    """

    status: str | None = wire("status", default=None)
    attempt: int | None = wire("attempt", default=None)
    message: str | None = wire("message", default=None)


@frozen(kw_only=True)
class Execution(Record):
    """The processing of one file.

    Args:
        status: ``STARTED``, ``IN_PROGRESS``, ``COMPLETED`` (outbound: delivered), ``PARTIALLY_COMPLETED``,
            ``FAILED``, ``IGNORED``, ``RETRYING``, ``RETRIED``; others may come.
        mode: ``production``, ``test`` or ``other``.
        parent_id: The execution that this one is a retry of.
        child_id: The execution that is a retry of this one.
        delivery_reports: Attempts to deliver an outbound file; absent in listings.
    """

    id: str = wire("executionId")
    status: str | None = wire("status", default=None)
    direction: str | None = wire("direction", default=None)
    mode: str | None = wire("mode", default=None)
    created_at: datetime | None = wire("createdAt", default=None)
    updated_at: datetime | None = wire("updatedAt", default=None)
    parent_id: str | None = wire("parentExecutionId", default=None)
    child_id: str | None = wire("childExecutionId", default=None)
    partnership_id: str | None = wire("partnershipId", default=None)
    fault_code: str | None = wire("faultCode", default=None)
    fault_message: str | None = wire("faultMessage", default=None)
    source: ExecutionSource | None = wire("source", default=None)
    delivery_reports: tuple[DeliveryReport, ...] | None = wire("deliveryReports", default=None)


@frozen(kw_only=True)
class ExecutionFault(Record):
    """One thing that went wrong with a file."""

    code: str | None = wire("faultCode", default=None)
    message: str | None = wire("faultMessage", default=None)


@frozen(kw_only=True)
class ExecutionFaults(Record):
    """All that went wrong with a file."""

    items: tuple[ExecutionFault, ...] = wire("items", default=())


@frozen(kw_only=True)
class FileFault(Record):
    """Why a file failed, as a webhook says it."""

    code: str | None = wire("faultCode", default=None)
    message: str | None = wire("message", default=None)


@frozen(kw_only=True)
class Delivery(Record):
    """What the transport said."""

    status: str | None = wire("status", default=None)
    message: str | None = wire("message", default=None)


@frozen(kw_only=True)
class FileResult(Record):
    """What ``file.delivered.v2`` and ``file.failed.v2`` say (Stedi: event types).

    Args:
        execution_id: The execution, which may be a retry of another one; the event does not say of which.
        direction: ``OUTBOUND``, ``INBOUND``, or absent.
    """

    execution_id: str = wire("fileExecutionId")
    processed_at: datetime | None = wire("processedAt", default=None)
    direction: str | None = wire("direction", default=None)
    partnership: Partnership | None = wire("partnership", default=None)
    source: ExecutionSource | None = wire("source", default=None)
    errors: tuple[FileFault, ...] | None = wire("errors", default=None)
    delivery: Delivery | None = wire("delivery", default=None)
