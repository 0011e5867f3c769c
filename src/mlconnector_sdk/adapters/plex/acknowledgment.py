"""A supplier's acknowledgment to the custom fields of a Plex purchase order. Pure.

Only absolute values are written, each with the time of the acknowledgment that it comes from, once for the
head and once for each line. An older acknowledgment never replaces a newer one, so that late, partial and
repeated ones may arrive in any order and the fields end up the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from attrs import evolve, frozen

from mlconnector_sdk.adapters.plex.convert import buyer_part
from mlconnector_sdk.adapters.plex.custom_fields import Stamp, Value, custom_fields, is_same, read_stamp
from mlconnector_sdk.adapters.plex.models import PurchaseOrderAggregate, PurchaseOrderLine
from mlconnector_sdk.adapters.plex.profile import AcknowledgmentFields, PlexProfile
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.errors import InvalidDocument, UnreadableAnswer
from mlconnector_sdk.mapping.documents import (
    AcknowledgedLine,
    Answer,
    OrderAcknowledgment,
)
from mlconnector_sdk.mapping.outcomes import LineOutcome, resolve

__all__ = ["WriteBack", "differences", "read_payload", "write_payload"]

_Answered: TypeAlias = tuple[AcknowledgedLine, LineOutcome]

_DECIDED = (Answer.CONFIRMED, Answer.BACKORDERED, Answer.REJECTED, Answer.DELETED)


@frozen(kw_only=True)
class WriteBack:
    """What the acknowledgment sink is handed.

    Args:
        acknowledgment: The document, its units already those of Plex.
        reference: The vendor's id of the transaction that brought it: the external reference.
        as_of: When that transaction was made; decides which of several acknowledgments is the newest.
        control_number: Decides among those that were made at the same time.
    """

    acknowledgment: OrderAcknowledgment
    reference: str
    as_of: datetime
    control_number: int = 0

    @property
    def stamp(self) -> Stamp:
        """What orders acknowledgments; the reference only makes it unique."""
        return self.as_of, self.control_number, self.reference

    @property
    def stamp_text(self) -> str:
        """The stamp as it is written into the fields."""
        return f"{self.as_of.isoformat()} {self.control_number} {self.reference}"


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


def differences(
    write: WriteBack, aggregate: PurchaseOrderAggregate, profile: PlexProfile
) -> dict[str, Value]:
    """The custom fields that have to be written, with their new values; empty when all is as it should be.

    Raises:
        InvalidDocument: The acknowledgment does not fit the order; ``path`` says where.
    """
    current = custom_fields(aggregate.order, profile.custom_fields)
    return {
        name: value
        for name, value in _target(write, aggregate, profile, current).items()
        if not is_same(current.get(name), value)
    }


def _target(
    write: WriteBack, aggregate: PurchaseOrderAggregate, profile: PlexProfile, current: Mapping[str, Any]
) -> dict[str, Value]:
    names = profile.acknowledgment
    target: dict[str, Value] = {}
    if read_stamp(current.get(names.as_of)) <= write.stamp:
        target |= _head(write, names)
    for number, answers in _by_line(write.acknowledgment, aggregate, profile).items():
        if read_stamp(current.get(_named(names.line_as_of, number))) <= write.stamp:
            target |= _line(write, number, answers, names)
    target.pop("", None)
    return target


def _head(write: WriteBack, names: AcknowledgmentFields) -> dict[str, Value]:
    said = write.acknowledgment
    return {
        names.decision: said.decision.value,
        names.code: said.code or None,
        names.dated: said.dated.isoformat(),
        names.supplier_order: said.supplier_reference or None,
        names.reference: write.reference,
        names.as_of: write.stamp_text,
    }


def _line(
    write: WriteBack, number: str, answers: Sequence[_Answered], names: AcknowledgmentFields
) -> dict[str, Value]:
    codes = [answer.code for line, _ in answers for answer in line.answers if answer.code]
    outcomes = [outcome for _, outcome in answers]
    values: dict[str, Value] = {
        names.line_code: ",".join(dict.fromkeys(codes)) or None,
        names.line_confirmed: _total(outcomes, Answer.CONFIRMED),
        names.line_backordered: _total(outcomes, Answer.BACKORDERED),
        names.line_rejected: _total(outcomes, Answer.REJECTED, Answer.DELETED),
        names.line_ship: _latest(outcome.ship for outcome in outcomes),
        names.line_delivery: _latest(outcome.delivery for outcome in outcomes),
        names.line_as_of: write.stamp_text,
    }
    return {_named(name, number): value for name, value in values.items()}


def _by_line(
    said: OrderAcknowledgment, aggregate: PurchaseOrderAggregate, profile: PlexProfile
) -> dict[str, list[_Answered]]:
    """What is said about each line of the order, by line number; lines without a word are absent."""
    fitted = evolve(said, lines=tuple(_fitted(said, aggregate, profile)))
    found: dict[str, list[_Answered]] = {}
    for line, outcome in zip(fitted.lines, resolve(fitted), strict=True):
        if line.answers or _is_decided(outcome):
            found.setdefault(line.number, []).append((line, outcome))
    return found


def _fitted(
    said: OrderAcknowledgment, aggregate: PurchaseOrderAggregate, profile: PlexProfile
) -> Iterator[AcknowledgedLine]:
    """The lines of the acknowledgment, each with the number that it has in Plex, and with a quantity.

    An acknowledgment without lines speaks for every line that is still wanted.
    """
    if not said.lines:
        for line in aggregate.lines:
            if not profile.statuses.is_cancelled(line.status):
                quantity = _ordered_quantity(line, aggregate, profile)
                yield AcknowledgedLine(number=str(line.number), quantity=quantity)
    for index, answered in enumerate(said.lines):
        path = f"lines[{index}]"
        line = _line_of_order(answered, aggregate, path)
        _check_unit(answered, line, path)
        _check_split(answered, path)
        quantity = answered.quantity
        if quantity is None:
            quantity = _ordered_quantity(line, aggregate, profile)
        yield evolve(answered, number=str(line.number), quantity=quantity)


def _check_split(answered: AcknowledgedLine, path: str) -> None:
    for index, each in enumerate(answered.answers):
        if len(answered.answers) > 1 and each.quantity is None and each.answer in _DECIDED:
            raise InvalidDocument(
                f"the supplier splits line {answered.number} and gives no quantity for {each.code}",
                path=f"{path}.answers[{index}]",
                remedy="ask the supplier for the quantities, and enter them in Plex by hand",
            )


def _line_of_order(
    answered: AcknowledgedLine, aggregate: PurchaseOrderAggregate, path: str
) -> PurchaseOrderLine:
    number = answered.number.strip().lstrip("0")
    if number:
        found = [line for line in aggregate.lines if str(line.number) == number]
        named = f"line {number}"
    else:
        found = [line for line in aggregate.lines if _is_part(answered, line, aggregate)]
        named = f"part {answered.buyer_part or answered.vendor_part or '(not named)'}"
    if len(found) == 1:
        return found[0]
    known = ", ".join(str(line.number) for line in aggregate.lines) or "none"
    raise InvalidDocument(
        f"the supplier answers {named}, which purchase order {aggregate.order.number} has "
        f"{len(found) or 'not'}{' times' if found else ''} (its lines: {known})",
        path=path,
        remedy="check with the supplier which line is meant, and enter the answer in Plex by hand",
    )


def _is_part(answered: AcknowledgedLine, line: PurchaseOrderLine, aggregate: PurchaseOrderAggregate) -> bool:
    releases = [release for release in aggregate.releases if release.line_id == line.id]
    return bool(
        (answered.buyer_part and answered.buyer_part == buyer_part(releases))
        or (answered.vendor_part and answered.vendor_part == line.supplier_part)
    )


def _check_unit(answered: AcknowledgedLine, line: PurchaseOrderLine, path: str) -> None:
    unit = line.order_unit or line.unit or ""
    units = [answered.unit, *(each.unit for each in answered.answers)]
    for other in units:
        if other and unit and other.casefold() != unit.casefold():
            raise InvalidDocument(
                f"the supplier answers line {line.number} in {other}, but it was ordered in {unit}",
                path=f"{path}.unit",
                remedy="add the unit to the table of units, or have the supplier answer in the unit ordered",
            )


def _ordered_quantity(
    line: PurchaseOrderLine, aggregate: PurchaseOrderAggregate, profile: PlexProfile
) -> Decimal | None:
    quantities = [
        release.quantity
        for release in aggregate.releases
        if release.line_id == line.id and not profile.statuses.is_cancelled(release.status)
    ]
    known = [quantity for quantity in quantities if quantity is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(quantities) else None


def _is_decided(outcome: LineOutcome) -> bool:
    return any(answer in _DECIDED for answer in outcome.quantities)


def _total(outcomes: Sequence[LineOutcome], *answers: Answer) -> Decimal | None:
    """The sum of the quantities with one of these answers; None while nothing is decided at all."""
    if not any(map(_is_decided, outcomes)):
        return None
    return sum(
        (outcome.quantities.get(answer, Decimal(0)) for outcome in outcomes for answer in answers), Decimal(0)
    )


def _latest(days: Iterable[date | None]) -> str | None:
    return max((day.isoformat() for day in days if day is not None), default=None)


def _named(name: str, line: str) -> str:
    return name.replace("{line}", line)
