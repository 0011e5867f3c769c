"""The dictionary of a release: what its segments and elements are called, and what they may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from attrs import Factory, field, frozen

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.x12.control_tables import CONTROL_004010, CONTROL_005010
from mlconnector_sdk.mapping.x12.segment_tables import RELEASE_004010, RELEASE_005010

__all__ = ["RELEASES", "ElementDefinition", "SegmentDefinition", "define", "dictionary", "names"]

RELEASES = ("004010", "005010")
"""The releases that have a dictionary."""


@frozen(kw_only=True)
class ElementDefinition:
    """One element of a segment, or one component of a composite.

    Args:
        position: Counted from 1.
        name: In lower case, as Guide JSON spells it.
        type: ``AN ID N0 N2 R DT TM``, or the id of a composite such as ``C001``.
        minimum: Shortest length in characters; sign and decimal point do not count.
        maximum: Longest length.
        components: What a composite consists of; empty for a simple element.
    """

    position: int
    name: str
    type: str
    minimum: int = 0
    maximum: int = 0
    mandatory: bool = False
    components: tuple[ElementDefinition, ...] = ()

    @property
    def key(self) -> str:
        """The key in Guide JSON, e.g. ``date_05``."""
        return f"{self.name}_{self.position:02d}"


@frozen(kw_only=True)
class SegmentDefinition:
    """One segment of a release.

    Args:
        id: ``PO1``.
        name: In lower case, as Guide JSON spells it.
        notes: Syntax notes such as ``P0304``; see `mlconnector_sdk.mapping.x12.validation`.
    """

    id: str
    name: str
    elements: tuple[ElementDefinition, ...]
    notes: tuple[str, ...] = ()
    by_position: Mapping[int, ElementDefinition] = field(
        default=Factory(
            lambda self: {element.position: element for element in self.elements}, takes_self=True
        ),
        init=False,
        repr=False,
        eq=False,
    )

    @property
    def key(self) -> str:
        """The key in Guide JSON, e.g. ``baseline_item_data_PO1``."""
        return f"{self.name}_{self.id}"


@cache
def dictionary(release: str) -> Mapping[str, SegmentDefinition]:
    """All segments of a release, by id.

    Raises:
        InvalidDocument: There is no dictionary for this release.
    """
    if release == "004010":
        return MappingProxyType(_segments(_blocks(CONTROL_004010) | _blocks(RELEASE_004010)))
    if release == "005010":
        blocks = _blocks(CONTROL_004010) | _blocks(RELEASE_004010)
        for segment_id, block in (_blocks(CONTROL_005010) | _blocks(RELEASE_005010)).items():
            blocks[segment_id] = blocks[segment_id].changed(block)
        return MappingProxyType(_segments(blocks))
    raise InvalidDocument(
        f"there is no dictionary for X12 release {release!r}",
        path="GS-08",
        remedy=f"use one of {', '.join(RELEASES)}; evolve(transaction, release=...) reads it as another one",
    )


def define(release: str, segment_id: str) -> SegmentDefinition | None:
    """The definition of a segment, or None where the dictionary has none.

    Raises:
        InvalidDocument: There is no dictionary for this release.
    """
    return dictionary(release).get(segment_id)


@cache
def names(segment_id: str, position: int = 0) -> frozenset[str]:
    """What a segment, or one of its elements, is called in any release: partners mix them."""
    found = set()
    for release in RELEASES:
        definition = define(release, segment_id)
        if definition is None:
            continue
        if position == 0:
            found.add(definition.name)
        elif position in definition.by_position:
            found.add(definition.by_position[position].name)
    return frozenset(found)


@frozen
class _Block:
    """One segment as it stands in the table: lines by their first position, not yet parsed."""

    name: str
    lines: dict[int, str]
    notes: str

    def changed(self, by: _Block) -> _Block:
        return _Block(by.name, {**self.lines, **by.lines}, by.notes or self.notes)


_LINE = re.compile(r"(\d\d)(?:/(\d\d))?(!?) (.+)")
_WHAT = re.compile(r"(\w+) (AN|ID|N\d|R|DT|TM|C\d{3})(?: (\d+)(?:-(\d+))?)?")


def _blocks(table: str) -> dict[str, _Block]:
    blocks: dict[str, _Block] = {}
    segment_id, name, lines = "", "", dict[int, str]()
    for line in table.strip().splitlines():
        if not line.startswith(" "):
            segment_id, name = line.split()
            lines = {}
            blocks[segment_id] = _Block(name, lines, "")
        elif line.startswith("  ="):
            blocks[segment_id] = _Block(name, lines, line[3:].strip())
        else:
            lines[int(line[2:4])] = line.strip()
    return blocks


def _segments(blocks: dict[str, _Block]) -> dict[str, SegmentDefinition]:
    definitions: dict[str, SegmentDefinition] = {}
    for segment_id, block in blocks.items():  # composites stand before the segments that use them
        elements = [
            element for first in sorted(block.lines) for element in _elements(block.lines[first], definitions)
        ]
        definitions[segment_id] = SegmentDefinition(
            id=segment_id, name=block.name, elements=tuple(elements), notes=tuple(block.notes.split())
        )
    return definitions


def _elements(line: str, known: Mapping[str, SegmentDefinition]) -> list[ElementDefinition]:
    match = _LINE.fullmatch(line)
    kinds = [_WHAT.fullmatch(part) for part in match[4].split(", ")] if match else []
    if match is None or not all(kinds):
        raise ValueError(f"not a line of a segment table: {line!r}")
    first, last = int(match[1]), int(match[2] or match[1])
    elements = []
    for position in range(first, last + 1):
        kind = kinds[(position - first) % len(kinds)]
        assert kind is not None  # all(kinds) above
        minimum = int(kind[3] or 0)
        elements.append(
            ElementDefinition(
                position=position,
                name=kind[1],
                type=kind[2],
                minimum=minimum,
                maximum=int(kind[4] or minimum),
                mandatory=bool(match[3]),
                components=known[kind[2]].elements if kind[2].startswith("C") else (),
            )
        )
    return elements
