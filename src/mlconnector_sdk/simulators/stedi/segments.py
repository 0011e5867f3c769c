"""Segments and elements as the simulated guides spell them, for releases 004010 and 005010.

This is a table of the simulator's own: nothing of it comes from the X12 module of this package. Names are
those of Stedi's Guide JSON, lengths those of the standard. One line per element::

    position (! if mandatory)   name   type   min-max   [code list]

``a|b`` is a for 004010 and b for 005010, and ``06..24`` stands for every second position. A line that
starts with ``notes`` holds the syntax notes: P all or none, R at least one, E at most one, C the first
needs the rest, L the first needs one of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from attrs import frozen

from mlconnector_sdk.simulators.stedi import (
    invoice_segments,
    order_segments,
    receipt_segments,
    shipment_segments,
)
from mlconnector_sdk.simulators.stedi.codes import CODES

__all__ = ["RELEASES", "Element", "Segment", "segments"]

RELEASES = ("004010", "005010")

_TABLE = "\n\n".join(
    part.TABLE.strip() for part in (order_segments, invoice_segments, shipment_segments, receipt_segments)
)

_COMPOSITES = {
    "C001": """
01! unit_or_basis_for_measurement_code ID 2
02  exponent R 1-15
03  multiplier R 1-10
""",
    "C030": """
01! element_position_in_segment N0 1-2
02  component_data_element_position_in_composite N0 1-2
""",
}


@frozen(kw_only=True)
class Element:
    """One element of a segment in one release.

    Args:
        key: Its Guide JSON name: ``quantity_ordered_02``.
        type: ``AN``, ``ID``, ``N0``, ``N2``, ``R``, ``DT``, ``TM``, or the name of a composite.
        least, most: Length in characters; of numbers, in digits.
        codes: The codes that the guide knows, or None for any.
        parts: The components of a composite.
    """

    position: int
    key: str
    type: str
    least: int
    most: int
    mandatory: bool
    codes: frozenset[str] | None = None
    parts: tuple[Element, ...] = ()


@frozen(kw_only=True)
class Segment:
    """One segment in one release; ``key`` is its Guide JSON name: ``date_time_reference_DTM``."""

    id: str
    key: str
    elements: tuple[Element, ...]
    notes: tuple[str, ...]


@cache
def segments(release: str) -> Mapping[str, Segment]:
    """The table of one release, by segment id.

    Raises:
        KeyError: The release is not one of `RELEASES`.
    """
    if release not in RELEASES:
        raise KeyError(release)
    column = RELEASES.index(release)
    blocks = (block.splitlines() for block in _TABLE.split("\n\n"))
    table = (_segment(lines, column) for lines in blocks)
    return {segment.id: segment for segment in table}


def _segment(lines: Sequence[str], column: int) -> Segment:
    segment_id, name = _choose(lines[0], column)
    notes = tuple(note for line in lines if line.startswith("notes ") for note in line.split()[1:])
    rows = [line for line in lines[1:] if not line.startswith("notes ")]
    return Segment(id=segment_id, key=f"{name}_{segment_id}", elements=_elements(rows, column), notes=notes)


def _elements(rows: list[str], column: int) -> tuple[Element, ...]:
    found = [element for row in rows for element in _row(_choose(row, column), column)]
    return tuple(sorted(found, key=lambda element: element.position))


def _row(words: list[str], column: int) -> list[Element]:
    place, name, kind, length, *codes = words
    first, _, last = place.rstrip("!").partition("..")
    least, _, most = length.partition("-")
    parts = _elements(_COMPOSITES[kind].split("\n")[1:-1], column) if kind in _COMPOSITES else ()
    return [
        Element(
            position=position,
            key=f"{name}_{position:02}",
            type=kind,
            least=int(least),
            most=int(most or least),
            mandatory=place.endswith("!"),
            codes=CODES[codes[0]] if codes else None,
            parts=parts,
        )
        for position in range(int(first), int(last or first) + 1, 2)
    ]


def _choose(line: str, column: int) -> list[str]:
    """The words of a line, as they are in one release."""
    return [word.split("|")[column] if "|" in word else word for word in line.split()]
