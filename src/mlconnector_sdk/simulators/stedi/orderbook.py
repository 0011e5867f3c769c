"""The orders of a supplier: each 850 and 860 that is delivered is applied, or objected to.

An 860 says how things shall be, not by how much they change. Of a line it changes what its code (POC02)
names, and it may repeat the rest; a difference there is objected to. What it leaves out stays as it was, the
schedules too; only ``RZ``, replace all values, takes away what is not repeated. The heading replaces what it
names - currency, references, parties by role, notes - and keeps what it does not name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from attrs import evolve

from mlconnector_sdk.simulators.stedi import reading
from mlconnector_sdk.simulators.stedi.orders import Objection, SupplierLine, SupplierOrder
from mlconnector_sdk.simulators.stedi.reading import Heading, Level, element

__all__ = ["OrderBook"]

_FIELDS = ("quantity", "unit", "unit_price", "price_basis", "parts", "description")
_QUANTITY, _PRICE, _DATES = ("quantity", "schedules"), ("unit_price", "price_basis"), ("schedules",)
_EVERYTHING = (*_FIELDS, "schedules")
_CHANGES: Mapping[str, tuple[str, ...]] = {
    "CA": _EVERYTHING,
    "CT": _DATES,
    "MU": _EVERYTHING,
    "NC": (),
    "PC": _PRICE,
    "PQ": (*_PRICE, *_QUANTITY),
    "QD": _QUANTITY,
    "QI": _QUANTITY,
    "RB": _DATES,
    "RE": _EVERYTHING,
    "RQ": _QUANTITY,
    "RS": _DATES,
}
"""What each code of element 670 allows to differ."""


class OrderBook:
    """What a careful supplier makes of the documents that reach him.

    Attributes:
        orders: By number.
        objections: What he does not accept, in order. What he objects to he does not apply.
    """

    def __init__(self) -> None:
        self.orders: dict[str, SupplierOrder] = {}
        self.objections: list[Objection] = []

    def take(self, set_id: str, guide: Level, *, at: datetime, filename: str) -> SupplierOrder | None:
        """Apply an 850 or an 860; other sets are none of his business here.

        Returns:
            The order as it is now, or None where nothing was applied.
        """
        if set_id not in ("850", "860"):
            return None
        beginning = reading.segment(guide["heading"], "BEG" if set_id == "850" else "BCH")
        number = element(beginning, 3)
        objections: list[str] = []
        known = self.orders.get(number)
        apply = _ordered if set_id == "850" else _changed
        order = apply(known, beginning, guide, objections)
        self.objections += [
            Objection(at=at, number=number, filename=filename, sentence=sentence) for sentence in objections
        ]
        if order is not None:
            self.orders[number] = order
        return order


def _ordered(
    known: SupplierOrder | None, beginning: Level, guide: Level, objections: list[str]
) -> SupplierOrder | None:
    """The order after an 850."""
    purpose = element(beginning, 1)
    if purpose not in ("00", "05"):
        objections.append(f"an 850 with purpose {purpose}: only 00 and 05 were agreed")
        return None
    if purpose == "00" and known is not None:
        objections.append("a doubled order: an 850 with purpose 00 for a number that is known")
        return None
    heading = reading.heading(guide["heading"])
    lines: dict[str, SupplierLine] = {}
    for position, loop in enumerate(reading.loops(guide["detail"], "PO1"), 1):
        line = reading.line(loop, "PO1", position, heading.wanted)
        if line.number in lines:
            objections.append(f"line {line.number} stands there twice")
            continue
        lines[line.number] = line
        objections += _sums(line)
    return SupplierOrder(
        number=element(beginning, 3),
        purposes=(*(known.purposes if known else ()), purpose),
        order_type=element(beginning, 2),
        dated=date.fromisoformat(element(beginning, 5)),
        currency=heading.currency,
        lines=lines,
        notes=heading.notes,
        references=heading.references,
        parties=heading.parties,
    )


def _changed(
    known: SupplierOrder | None, beginning: Level, guide: Level, objections: list[str]
) -> SupplierOrder | None:
    """The order after an 860."""
    purpose, sequence = element(beginning, 1), element(beginning, 5)
    if known is None:
        objections.append("an 860 for an order that is not known")
        return None
    if known.cancelled:
        objections.append("an 860 for an order that was cancelled")
        return None
    if purpose not in ("01", "04", "05"):
        objections.append(f"an 860 with purpose {purpose}: only 01, 04 and 05 were agreed")
        return None
    if not (sequence.isdecimal() and int(sequence) > (known.change_sequence or 0)):
        told = f"change sequence {sequence!r}"
        objections.append(f"the {told} does not go up: the last one was {known.change_sequence or 0}")
        return None
    heading = reading.heading(guide["heading"])
    lines = {} if purpose == "05" else dict(known.lines)
    if purpose != "01":
        for position, loop in enumerate(reading.loops(guide.get("detail", {}), "POC"), 1):
            _change_line(lines, loop, position, heading, objections)
    return evolve(
        known,
        purposes=(*known.purposes, purpose),
        cancelled=purpose == "01",
        change_sequence=int(sequence),
        order_type=element(beginning, 2),
        currency=heading.currency or known.currency,
        lines=lines,
        notes=heading.notes or known.notes,
        references=heading.references or known.references,
        parties={**known.parties, **heading.parties},
    )


def _change_line(
    lines: dict[str, SupplierLine], loop: Level, position: int, heading: Heading, objections: list[str]
) -> None:
    """Apply one POC loop to the lines of an order."""
    code = element(reading.segment(loop, "POC"), 2)
    told = reading.line(loop, "POC", position, heading.wanted if code == "AI" else None)
    line = lines.get(told.number)
    if code == "AI":
        if line is not None:
            objections.append(f"line {told.number} is added, but it exists")
            return
        lines[told.number] = told
        objections += _sums(told)
    elif line is None:
        objections.append(f"line {told.number} is changed ({code}), but it does not exist")
    elif code == "DI":
        del lines[told.number]
    elif code == "RZ":
        lines[told.number] = told
        objections += _sums(told)
    elif code not in _CHANGES:
        objections.append(f"line {told.number}: the code {code} was not agreed")
    else:
        found = list(_differences(line, told, code))
        if not found:
            lines[told.number] = line = _merged(line, told, loop, _CHANGES[code])
            found = list(_sums(line))
        objections += found


def _differences(line: SupplierLine, told: SupplierLine, code: str) -> Iterator[str]:
    """What a change says that its code does not allow."""
    allowed = _CHANGES[code]
    for name in _FIELDS:
        before, after = getattr(line, name), getattr(told, name)
        if name not in allowed and _is_told(after) and after != before:
            yield f"line {told.number}: {code} does not change {name}, but it is {after}, not {before}"
    if "schedules" not in allowed and told.schedules and not _same(told.schedules, line.schedules):
        yield f"line {told.number}: {code} does not change dates, but they differ"
    if code in ("QI", "QD"):
        before, after = line.quantity or Decimal(0), told.quantity
        if after is None or not (after > before if code == "QI" else after < before):
            yield f"line {told.number}: {code}, but the quantity goes from {before} to {after}"


def _merged(line: SupplierLine, told: SupplierLine, loop: Level, allowed: Sequence[str]) -> SupplierLine:
    """The line with what was told and may change."""
    changes: dict[str, Any] = {
        name: getattr(told, name) for name in _FIELDS if name in allowed and _is_told(getattr(told, name))
    }
    merged = evolve(line, **changes)
    if "schedules" not in allowed:
        return merged
    schedules = reading.due_dates(loop, merged.quantity, None)
    if not schedules and len(line.schedules) == 1 and merged.quantity is not None:
        schedules = (evolve(line.schedules[0], quantity=merged.quantity),)
    return evolve(merged, schedules=schedules or line.schedules)


def _sums(line: SupplierLine) -> Iterator[str]:
    """Whether the schedules are for as much as the line."""
    scheduled = sum((schedule.quantity for schedule in line.schedules), Decimal(0))
    if line.schedules and line.quantity is not None and scheduled != line.quantity:
        yield f"line {line.number} is for {line.quantity}, but its schedules add up to {scheduled}"


def _is_told(value: object) -> bool:
    return value not in (None, "", {})


def _same(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return {(it.quantity, it.date) for it in some} == {(it.quantity, it.date) for it in others}
