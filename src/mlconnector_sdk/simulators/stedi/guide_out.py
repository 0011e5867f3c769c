"""Segments to Guide JSON: the translation of what a partner sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlconnector_sdk.errors import RequestRefused
from mlconnector_sdk.simulators.stedi import elements
from mlconnector_sdk.simulators.stedi.guide_in import Row
from mlconnector_sdk.simulators.stedi.segments import Element, Segment
from mlconnector_sdk.simulators.stedi.sets import Node, TransactionSet

__all__ = ["to_guide"]


def to_guide(rows: Sequence[Row], spec: TransactionSet) -> dict[str, Any]:
    """One transaction, ST to SE, as Guide JSON.

    As in public samples, ST02 is a number there and SE02 is text.

    Raises:
        RequestRefused: The first thing that does not fit the guide; ``path`` is the place of the segment,
            counted from ST = 1.
    """
    walk = _Walk(rows)
    return {name: walk.level(nodes) for name, nodes in spec.tables}


class _Walk:
    """Takes segments one after the other: each goes to the first place, here or later, where it fits."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.at = 0
        self._rows = rows

    @property
    def row(self) -> Row | None:
        return self._rows[self.at] if self.at < len(self._rows) else None

    def level(self, nodes: Sequence[Node]) -> dict[str, Any]:
        level: dict[str, Any] = {}
        for node in nodes:
            found = self._occurrences(node)
            if found:
                level[node.key] = found if node.array else found[0]
            elif node.required:
                raise self._misfit(node.first.id)
        return level

    def _occurrences(self, node: Node) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while self.row is not None and _fits(self.row, node) and len(found) != node.most:
            if node.children:
                found.append(self.level(node.children))
            else:
                found.append(self._segment(self.row, node.first))
                self.at += 1
        return found

    def _misfit(self, wanted: str) -> RequestRefused:
        place = str(self.at + 1)
        if wanted == "SE" and self.row is not None:  # the transaction is not at its end
            message = f"segment {self.row[0]} at position {place} has no place there"
            return elements.flaw("unexpected_segment", message, place)
        message = f"segment {wanted} is missing at position {place}"
        return elements.flaw("required_segment_missing", message, place)

    def _segment(self, row: Row, segment: Segment) -> dict[str, Any]:
        try:
            return _segment(row, segment)
        except RequestRefused as problem:
            place = str(self.at + 1)
            message = f"segment {segment.id} at position {place}: {problem.message}"
            raise elements.flaw(problem.code, message, place) from problem


def _fits(row: Row, node: Node) -> bool:
    return row[0] == node.first.id and (not node.level or row[3:4] == [node.level])


def _segment(row: Row, segment: Segment) -> dict[str, Any]:
    values: dict[str, Any] = {}
    present = set()
    if len(row) - 1 > segment.elements[-1].position:
        raise elements.flaw("too_many_elements", f"it has {len(row) - 1} elements")
    for element in segment.elements:
        raw = row[element.position] if element.position < len(row) else ""
        if raw in ("", ()):
            if element.mandatory:
                raise elements.flaw("required_element_missing", f"{element.key} is missing")
            continue
        present.add(element.position)
        try:
            values[element.key] = _value(element, raw)
        except RequestRefused as problem:
            raise elements.flaw(problem.code, f"{element.key}: {problem.message}") from problem
    broken = elements.broken_notes(segment.notes, present)
    if broken:
        raise elements.flaw("syntax_note_broken", f"the syntax note {broken[0]} does not hold")
    return values


def _value(element: Element, raw: str | tuple[str, ...]) -> Any:
    if not element.parts:
        if isinstance(raw, tuple):
            raise elements.flaw("unexpected_composite", "it is not a composite")
        return elements.to_json(element, raw)
    pieces = (raw,) if isinstance(raw, str) else raw
    named = zip(element.parts, pieces, strict=False)
    return {part.key: elements.to_json(part, piece) for part, piece in named if piece}
