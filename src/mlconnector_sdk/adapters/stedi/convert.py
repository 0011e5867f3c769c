"""Documents to what Stedi is sent, and what arrives to documents. Pure: no clock, no network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from attrs import field, frozen

from mlconnector_sdk.adapters.stedi.models import FunctionalGroup, Transaction
from mlconnector_sdk.adapters.stedi.outbound import request_body, write_payload
from mlconnector_sdk.adapters.stedi.route import Route
from mlconnector_sdk.codec import Record, decode, encode, wire
from mlconnector_sdk.errors import InvalidDocument, UnreadableAnswer
from mlconnector_sdk.mapping import x12
from mlconnector_sdk.mapping.documents import (
    FunctionalAcknowledgment,
    Invoice,
    OrderAcknowledgment,
    PurchaseOrder,
    PurchaseOrderChange,
)
from mlconnector_sdk.mapping.x12 import guide
from mlconnector_sdk.mapping.x12.dictionary import RELEASES
from mlconnector_sdk.mapping.x12.guide.keys import element_key, segment_key
from mlconnector_sdk.records import digest

__all__ = [
    "ReceivedAcknowledgment",
    "ReceivedFunctionalAcknowledgment",
    "business_number",
    "business_number_element",
    "change_payload",
    "invoice_payload",
    "order_payload",
    "received_acknowledgment",
    "received_functional_acknowledgment",
    "record",
]

_UNSAFE = re.compile(r"[^a-zA-Z0-9._-]+", re.ASCII)

_NUMBERS: Mapping[str, tuple[str, int]] = {
    "810": ("BIG", 2),
    "850": ("BEG", 3),
    "855": ("BAK", 3),
    "856": ("BSN", 2),
    "860": ("BCH", 3),
    "865": ("BCA", 3),
    "997": ("AK1", 2),
}
"""Segment and element of the number that people speak of a document by."""


def order_payload(
    order: PurchaseOrder,
    route: Route,
    *,
    sequence: int,
    release: str = "004010",
    usage: str = "P",
    conventions: x12.Conventions | None = None,
) -> bytes:
    """What the transaction sink sends for an order: an 850.

    Args:
        order: With the partner's own names for parts and units.
        route: To the partner.
        sequence: Of the outbox entry: it keeps the file names of two sends of one order apart.
        release: The X12 release that the partner speaks.
        usage: ``P`` production, ``T`` test.
        conventions: The qualifiers agreed on with the partner.

    Raises:
        InvalidDocument: A field cannot be carried by X12; ``path`` names segment and element.
        UnmappedValue: The partner has no transaction setting for an 850.
    """
    transaction = x12.build_850(order, release=release, conventions=conventions)
    return _payload(transaction, order.number, route, sequence=sequence, usage=usage)


def change_payload(
    change: PurchaseOrderChange,
    route: Route,
    *,
    sequence: int,
    release: str = "004010",
    usage: str = "P",
    conventions: x12.Conventions | None = None,
) -> bytes:
    """What the transaction sink sends for a change of an order: an 860.

    Args:
        change: With the partner's own names for parts and units.
        route: To the partner.
        sequence: Of the outbox entry: it keeps the file names of two sends apart.
        release: The X12 release that the partner speaks.
        usage: ``P`` production, ``T`` test.
        conventions: The qualifiers agreed on with the partner.

    Raises:
        InvalidDocument: A field cannot be carried by X12; ``path`` names segment and element.
        UnmappedValue: The partner has no transaction setting for an 860.
    """
    transaction = x12.build_860(change, release=release, conventions=conventions)
    return _payload(transaction, change.number, route, sequence=sequence, usage=usage)


def invoice_payload(
    invoice: Invoice,
    route: Route,
    *,
    sequence: int,
    release: str = "004010",
    usage: str = "P",
    conventions: x12.Conventions | None = None,
) -> bytes:
    """What the transaction sink sends for an invoice: an 810.

    Args:
        invoice: With the customer's own names for parts and units.
        route: To the customer.
        sequence: Of the outbox entry: it keeps the file names of two sends apart.
        release: The X12 release that the customer speaks.
        usage: ``P`` production, ``T`` test.
        conventions: The qualifiers agreed on with the customer.

    Raises:
        InvalidDocument: A field cannot be carried by X12; ``path`` names segment and element.
        UnmappedValue: The customer has no transaction setting for an 810.
    """
    transaction = x12.build_810(invoice, release=release, conventions=conventions)
    return _payload(transaction, invoice.number, route, sequence=sequence, usage=usage)


def _payload(transaction: x12.Transaction, number: str, route: Route, *, sequence: int, usage: str) -> bytes:
    setting = route.setting(transaction.set_id)
    for finding in x12.check(transaction):
        if finding.severity is x12.Severity.ERROR:
            raise finding.error()
    document = guide.write(transaction)
    # A file name used twice overwrites the first file without a word.
    mark = digest(route.partnership, setting, encode(document))[:8]
    name = _UNSAFE.sub("_", number)[:200]
    filename = f"{transaction.set_id}-{name}-{sequence}-{mark}.edi"
    return write_payload(route.partnership, setting, request_body(document, filename=filename, usage=usage))


def record(transaction: Transaction, document: Mapping[str, Any] | None) -> bytes:
    """What a source hands on: the transaction as Stedi describes it, and the document where there is one."""
    text = b"null" if document is None else encode(document)
    return b'{"summary":%s,"transaction":%s}' % (transaction.raw, text)


def business_number_element(transaction_set: str) -> str:
    """Where the number stands by which people speak of a document: of an 850 ``BEG03``; empty: not known."""
    segment, position = _NUMBERS.get(transaction_set, ("", 0))
    return f"{segment}{position:02d}" if segment else ""


def business_number(transaction_set: str, document: Mapping[str, Any]) -> str:
    """The number in Guide JSON by which people speak of it: of an 855, the purchase order's.

    Raises:
        InvalidDocument: It is not there; ``path`` says what was looked for.
    """
    segment, position = _NUMBERS.get(transaction_set, ("", 0))
    heading = document.get("heading")
    if isinstance(heading, Mapping):
        for key, content in heading.items():
            known = segment_key(key)
            if known is None or known.segment_id != segment or not isinstance(content, Mapping):
                continue
            for name, value in content.items():
                element = element_key(name)
                if element and element.position == position and isinstance(value, str | int) and value != "":
                    return str(value).strip()
    path = f"{segment}-{position:02d}" if segment else transaction_set
    raise InvalidDocument(
        f"the {transaction_set} has no number",
        path=path,
        remedy="look at the transaction in the Stedi portal, and have the partner send it again",
    )


@frozen(kw_only=True)
class ReceivedAcknowledgment:
    """A supplier's answer as it came through Stedi.

    Args:
        acknowledgment: The document; parts and units as the supplier calls them.
        partnership: Where it came from.
        reference: Stedi's id of the transaction.
        as_of: When the supplier made it, by the date and time of the group (which have no zone), else when
            Stedi processed it.
        control_number: Of the group: tells apart what was made at the same time.
        processed_at: When Stedi was done with it, or None.
    """

    acknowledgment: OrderAcknowledgment
    partnership: str
    reference: str
    as_of: datetime
    control_number: int = 0
    processed_at: datetime | None = None


def received_acknowledgment(
    record: bytes, *, conventions: x12.Conventions | None = None, time_zone: tzinfo = UTC
) -> ReceivedAcknowledgment:
    """Read a record of an 855.

    Args:
        record: As `record` wrote it.
        conventions: The qualifiers agreed on with the supplier.
        time_zone: Of the date and time in the supplier's envelopes.

    Raises:
        InvalidDocument: It is no 855 that can be understood; ``path`` says where.
    """
    summary, transaction, as_of = _received(record, "855", time_zone)
    return ReceivedAcknowledgment(
        acknowledgment=x12.order_acknowledgment(transaction, conventions=conventions, dated=as_of.date()),
        partnership=summary.partnership_id,
        reference=summary.id,
        as_of=as_of,
        control_number=_whole(_group(summary).control_number),
        processed_at=summary.processed_at,
    )


@frozen(kw_only=True)
class ReceivedFunctionalAcknowledgment:
    """What a partner's translator says about what it was sent, as it came through Stedi.

    Args:
        acknowledgment: The document.
        partnership: Where it came from: control numbers are counted within it.
        reference: Stedi's id of the transaction.
        as_of: When the partner made it, by the date and time of the group (which have no zone: read as
            UTC), else when Stedi processed it.
    """

    acknowledgment: FunctionalAcknowledgment
    partnership: str
    reference: str
    as_of: datetime


def received_functional_acknowledgment(record: bytes) -> ReceivedFunctionalAcknowledgment:
    """Read a record of a 997.

    Raises:
        InvalidDocument: It is no 997 that can be understood; ``path`` says where.
    """
    summary, transaction, as_of = _received(record, "997")
    return ReceivedFunctionalAcknowledgment(
        acknowledgment=x12.functional_acknowledgment(transaction),
        partnership=summary.partnership_id,
        reference=summary.id,
        as_of=as_of,
    )


@frozen(kw_only=True)
class _Received(Record):
    summary: Transaction = wire("summary")
    transaction: Any = field(default=None)


def _received(
    record: bytes, set_id: str, time_zone: tzinfo = UTC
) -> tuple[Transaction, x12.Transaction, datetime]:
    """The summary, the transaction set, and when it was made."""
    try:
        received = decode(record, _Received, strict=True)
    except UnreadableAnswer as error:
        raise _unreadable(error.message, error.path) from error
    summary = received.summary
    group = _group(summary)
    as_of = _made_at(group, time_zone) or summary.processed_at
    if as_of is None:
        raise _unreadable("it says neither when it was made nor when it was processed", "summary.processedAt")
    release = (group.release or "")[:6]
    transaction = guide.read(
        received.transaction, release=release if release in RELEASES else RELEASES[0], set_id=set_id
    )
    return summary, transaction, as_of


def _group(summary: Transaction) -> FunctionalGroup:
    metadata = summary.x12 and summary.x12.metadata
    return (metadata and metadata.group) or FunctionalGroup()


def _made_at(group: FunctionalGroup, time_zone: tzinfo) -> datetime | None:
    try:
        day = date.fromisoformat(group.date or "")
        made_at = datetime.combine(day, time.fromisoformat(group.time or "00:00"), tzinfo=time_zone)
        return made_at.astimezone(UTC)
    except ValueError:
        return None


def _whole(number: int | str | None) -> int:
    text = str(number)
    return int(text) if text.isascii() and text.isdigit() else 0


def _unreadable(problem: str, path: str) -> InvalidDocument:
    return InvalidDocument(
        f"the acknowledgment cannot be read: {problem}",
        path=path,
        remedy="look at the transaction in the Stedi portal, and have the partner send it again",
    )
