"""Guide JSON as a supplier's clerk reads it: by segment and position, whatever a release calls them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from attrs import frozen

from mlconnector_sdk.simulators.stedi.orders import SupplierLine, SupplierParty, SupplierSchedule

__all__ = ["Heading", "Level", "due_dates", "element", "heading", "line", "loops", "segment", "segments"]

Level: TypeAlias = Mapping[str, Any]

_WANTED = ("002", "010")
"""Delivery requested, and requested ship: the dates that a DTM may set for a line or for all of them."""


@frozen(kw_only=True)
class Heading:
    """What the headings of an 850 and an 860 have alike.

    Args:
        wanted: The date that a DTM asks for, with its qualifier; None where there is none.
    """

    currency: str
    notes: tuple[str, ...]
    references: tuple[tuple[str, str], ...]
    parties: Mapping[str, SupplierParty]
    wanted: tuple[str, date] | None


def loops(level: Level, segment_id: str) -> list[Level]:
    """The loops that this segment starts."""
    return _entries(level, f"_{segment_id}_loop")


def segments(level: Level, segment_id: str) -> list[Level]:
    """All segments with this id."""
    return _entries(level, f"_{segment_id}")


def segment(level: Level, segment_id: str) -> Level:
    """The first segment with this id; without elements where there is none."""
    return next(iter(segments(level, segment_id)), {})


def element(values: Level, position: int, default: Any = "") -> Any:
    """The element at this position."""
    return next((value for key, value in values.items() if key.endswith(f"_{position:02}")), default)


def heading(level: Level) -> Heading:
    """Read a heading."""
    parties = [_party(loop) for loop in loops(level, "N1")]
    return Heading(
        currency=element(segment(level, "CUR"), 2),
        notes=tuple(note for loop in loops(level, "N9") if (note := _text(loop))),
        references=tuple((element(it, 1), element(it, 2)) for it in segments(level, "REF")),
        parties={party.role: party for party in parties},
        wanted=_wanted(level),
    )


def line(loop: Level, segment_id: str, position: int, wanted: tuple[str, date] | None) -> SupplierLine:
    """Read a PO1 or a POC loop.

    Args:
        loop: The loop.
        segment_id: ``PO1`` or ``POC``, whose elements stand in other places.
        position: 1 for the first line, for one without a number.
        wanted: What the heading asks for.
    """
    item = segment(loop, segment_id)
    is_change = segment_id == "POC"
    quantity = element(item, 3 if is_change else 2, None)
    unit = element(element(item, 5, {}), 1) if is_change else element(item, 3)
    price, basis, first = (6, 7, 8) if is_change else (4, 5, 6)
    pairs = [(element(item, at), element(item, at + 1)) for at in range(first, first + 20, 2)]
    return SupplierLine(
        number=element(item, 1) or str(position),
        quantity=_number(quantity),
        unit=unit,
        unit_price=_number(element(item, price, None)),
        price_basis=element(item, basis),
        parts={qualifier: number for qualifier, number in pairs if qualifier},
        description=" ".join(_description(loop)),
        schedules=due_dates(loop, _number(quantity), wanted),
    )


def due_dates(
    loop: Level, quantity: Decimal | None, wanted: tuple[str, date] | None
) -> tuple[SupplierSchedule, ...]:
    """The schedules of a line; one for its whole quantity where only a DTM speaks."""
    schedules = [segment(schedule, "SCH") for schedule in loops(loop, "SCH")]
    if schedules:
        return tuple(
            SupplierSchedule(
                quantity=Decimal(element(schedule, 1)),
                date=date.fromisoformat(element(schedule, 6)),
                qualifier=element(schedule, 5),
                number=element(schedule, 12),
            )
            for schedule in schedules
        )
    found = _wanted(loop) or wanted
    if found is None or quantity is None:
        return ()
    return (SupplierSchedule(quantity=quantity, date=found[1], qualifier=found[0]),)


def _entries(level: Level, ending: str) -> list[Level]:
    found: list[Level] = []
    for key, value in level.items():
        if key.endswith(ending):
            found += value if isinstance(value, list) else [value]
    return found


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _text(loop: Level) -> str:
    return " ".join(element(message, 1) for message in segments(loop, "MSG"))


def _description(loop: Level) -> list[str]:
    items = [segment(inner, "PID") for inner in loops(loop, "PID")]
    return [text for item in items if element(item, 1) == "F" and (text := element(item, 5))]


def _wanted(level: Level) -> tuple[str, date] | None:
    for reference in segments(level, "DTM"):
        if element(reference, 1) in _WANTED and element(reference, 2):
            return element(reference, 1), date.fromisoformat(element(reference, 2))
    return None


def _party(loop: Level) -> SupplierParty:
    name, place = segment(loop, "N1"), segment(loop, "N4")
    streets = [element(street, at) for street in segments(loop, "N3") for at in (1, 2)]
    return SupplierParty(
        role=element(name, 1),
        name=element(name, 2),
        id_qualifier=element(name, 3),
        id=element(name, 4),
        address=tuple(street for street in streets if street),
        city=element(place, 1),
        state=element(place, 2),
        postal_code=element(place, 3),
        country=element(place, 4),
    )
