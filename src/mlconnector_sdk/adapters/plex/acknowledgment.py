"""A supplier's acknowledgments to the custom fields of a Plex purchase order. Pure.

All that the supplier said about the order is folded into absolute values, and written with the time of the
acknowledgment that they come from, once for the head and once for each line. What is older than what the
fields say never replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from mlconnector_sdk.adapters.plex.convert import buyer_part
from mlconnector_sdk.adapters.plex.custom_fields import Value, custom_fields, is_same, read_stamp, stamp_text
from mlconnector_sdk.adapters.plex.models import PurchaseOrderAggregate, PurchaseOrderLine
from mlconnector_sdk.adapters.plex.profile import AcknowledgmentFields, PlexProfile, Statuses
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.errors import InvalidDocument, UnreadableAnswer
from mlconnector_sdk.mapping.fitting import OrderedLine
from mlconnector_sdk.mapping.folding import Folded, FoldedLine, fold
from mlconnector_sdk.mapping.gathering import Said
from mlconnector_sdk.mapping.policies import PartialAcknowledgments
from mlconnector_sdk.mapping.quantities import total
from mlconnector_sdk.mapping.tolerance import Tolerance

__all__ = ["WriteBack", "differences", "folded", "read_payload", "write_payload"]


@frozen(kw_only=True)
class WriteBack:
    """What the acknowledgment sink is handed.

    The documents travel one by one: only the order, as Plex has it when it is written, says which lines they
    mean and what was ordered.

    Args:
        number: The purchase order's.
        reference: The document for whose sake this is written: it has to fit the order.
        said: All acknowledgments of the order that count, this one among them (`gather`).
        partial: How several acknowledgments of a line are understood.
        tolerance: What counts as confirmed in full.
    """

    number: str
    reference: str
    said: tuple[Said, ...]
    partial: PartialAcknowledgments = PartialAcknowledgments.REPLACE
    tolerance: Tolerance = field(factory=Tolerance)


def write_payload(write: WriteBack) -> bytes:
    """The sink's payload."""
    return encode(write)


def read_payload(payload: bytes) -> WriteBack:
    """Read what `write_payload` wrote.

    Raises:
        InvalidDocument: It is no such text; ``path`` says where.
    """
    try:
        return decode(payload, WriteBack, strict=True)
    except UnreadableAnswer as error:
        raise InvalidDocument(
            f"the acknowledgment to write cannot be read: {error.message}",
            path=error.path,
            remedy="map the acknowledgment again: remap(number)",
        ) from error


def folded(write: WriteBack, aggregate: PurchaseOrderAggregate, profile: PlexProfile) -> Folded:
    """What the acknowledgments come to, given the order as Plex has it.

    Raises:
        InvalidDocument: The acknowledgment `WriteBack.reference` does not fit the order; ``path`` says where.
    """
    lines = [
        _ordered(line, aggregate, profile.statuses) for line in aggregate.lines if line.number is not None
    ]
    return fold(write.said, lines, own=write.reference, partial=write.partial, tolerance=write.tolerance)


def differences(said: Folded, aggregate: PurchaseOrderAggregate, profile: PlexProfile) -> dict[str, Value]:
    """The custom fields that have to be written, with their new values; empty when all is as it should be.

    Raises:
        InvalidDocument: What Plex shows as custom fields cannot be understood.
    """
    current = custom_fields(aggregate.order, profile.custom_fields)
    return {
        name: value
        for name, value in _target(said, aggregate, profile.acknowledgment, current).items()
        if not is_same(current.get(name), value)
    }


def _target(
    said: Folded,
    aggregate: PurchaseOrderAggregate,
    names: AcknowledgmentFields,
    current: Mapping[str, Any],
) -> dict[str, Value]:
    target: dict[str, Value] = {}
    if read_stamp(current.get(names.as_of)) <= said.newest.stamp:
        target |= _head(said.newest, names, current)
    for line in said.lines:
        if read_stamp(current.get(_named(names.line_as_of, line.number))) <= line.newest.stamp:
            target |= _line(line, names, current)
    target[names.flag] = _flags({**current, **target}, aggregate, names)
    target.pop("", None)
    return target


def _head(said: Said, names: AcknowledgmentFields, current: Mapping[str, Any]) -> dict[str, Value]:
    document = said.acknowledgment
    reference = current.get(names.reference)
    return {
        names.decision: document.decision.value,
        names.code: document.code or None,
        names.dated: document.dated.isoformat(),
        names.supplier_order: document.supplier_reference or None,
        names.reference: reference if reference in said.references else said.reference,
        names.as_of: _as_of(said, current.get(names.as_of)),
    }


def _line(line: FoldedLine, names: AcknowledgmentFields, current: Mapping[str, Any]) -> dict[str, Value]:
    outcome = line.outcome
    values: dict[str, Value] = {
        names.line_code: ",".join(outcome.codes) or None,
        names.line_confirmed: outcome.confirmed if outcome.decided else None,
        names.line_backordered: outcome.backordered if outcome.decided else None,
        names.line_rejected: outcome.refused if outcome.decided else None,
        names.line_ship: outcome.ship.isoformat() if outcome.ship else None,
        names.line_delivery: outcome.delivery.isoformat() if outcome.delivery else None,
        names.line_flag: line.flag or None,
        names.line_as_of: _as_of(line.newest, current.get(_named(names.line_as_of, line.number))),
    }
    return {_named(name, line.number): value for name, value in values.items()}


def _as_of(said: Said, current: Any) -> str:
    """The stamp to write; of a document that came under several references, the one that Plex shows stays."""
    shown = read_stamp(current)
    return stamp_text(shown if shown[:2] == said.stamp[:2] and shown[2] in said.references else said.stamp)


def _flags(
    fields: Mapping[str, Any], aggregate: PurchaseOrderAggregate, names: AcknowledgmentFields
) -> str | None:
    """Which lines of the order are flagged, by their fields as they will be."""
    numbers = [
        str(line.number) for line in aggregate.lines if fields.get(_named(names.line_flag, str(line.number)))
    ]
    if not numbers:
        return None
    return f"{'line' if len(numbers) == 1 else 'lines'} {', '.join(numbers)}"


def _ordered(line: PurchaseOrderLine, aggregate: PurchaseOrderAggregate, statuses: Statuses) -> OrderedLine:
    releases = [release for release in aggregate.releases if release.line_id == line.id]
    quantities = [release.quantity for release in releases if not statuses.is_cancelled(release.status)]
    known = [quantity for quantity in quantities if quantity is not None]
    return OrderedLine(
        number=str(line.number),
        quantity=total(known) if known and len(known) == len(quantities) else None,
        unit=line.order_unit or line.unit or "",
        buyer_part=buyer_part(releases),
        vendor_part=line.supplier_part or "",
        wanted=not statuses.is_cancelled(line.status),
    )


def _named(name: str, line: str) -> str:
    return name.replace("{line}", line)
