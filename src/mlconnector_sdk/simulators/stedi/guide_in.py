"""Guide JSON to segments: the check that an outbound transaction has to pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from mlconnector_sdk.errors import RequestRefused
from mlconnector_sdk.simulators.stedi import elements
from mlconnector_sdk.simulators.stedi.segments import Element, Segment
from mlconnector_sdk.simulators.stedi.sets import Node, TransactionSet

__all__ = ["Row", "to_segments"]

Row: TypeAlias = list[str | tuple[str, ...]]
"""A segment: its id and its elements; a composite element is a tuple."""

_ENVELOPE = ("ST", "SE")
_COUNTED = ("PO1", "POC", "IT1", "HL")
_MOST_PROBLEMS = 10


def to_segments(guide: Any, spec: TransactionSet, *, reserved: str) -> list[Row]:
    """The segments between ST and SE, in the order of the standard.

    Args:
        guide: What JSON held, numbers as `Decimal` or `int`.
        spec: The guide of the transaction setting.
        reserved: The delimiters of the file to be written.

    Raises:
        RequestRefused: It does not fit; the message lists the first problems, each with its path.
    """
    check = _Check(reserved)
    rows = check.transaction(guide, spec)
    if not check.problems:
        check.line_count(rows)
    if check.problems:
        shown = "; ".join(check.problems[:_MOST_PROBLEMS])
        more = len(check.problems) - _MOST_PROBLEMS
        raise elements.flaw(
            "GUIDE_VALIDATION_FAILED", f"guide validation failed: {shown}" + (f"; {more} more" * (more > 0))
        )
    return rows


class _Check:
    """Walks guide and JSON together, and notes every problem instead of stopping at the first."""

    def __init__(self, reserved: str) -> None:
        self.problems: list[str] = []
        self._reserved = reserved

    def transaction(self, guide: Any, spec: TransactionSet) -> list[Row]:
        rows: list[Row] = []
        if not self._is_object(guide, "transaction"):
            return rows
        self._known(guide, [name for name, _ in spec.tables], "")
        for name, nodes in spec.tables:
            table = guide.get(name, {})
            if self._is_object(table, name):
                rows += self._level(table, nodes, name, spec.id)
        return rows

    def line_count(self, rows: Sequence[Row]) -> None:
        stated = next((row[1] for row in rows if row[0] == "CTT"), None)
        counted = sum(row[0] in _COUNTED for row in rows)
        if stated is not None and stated != str(counted):
            self.problems.append(f"summary: CTT01 says {stated} line items, there are {counted}")

    def _level(self, level: Mapping[str, Any], nodes: Sequence[Node], path: str, set_id: str) -> list[Row]:
        self._known(level, [node.key for node in nodes], path)
        rows: list[Row] = []
        for node in nodes:
            where = f"{path}.{node.key}"
            if node.key not in level:
                if node.required and node.first.id not in _ENVELOPE:
                    self.problems.append(f"{where} is required")
                continue
            for item, item_path in self._occurrences(node, level[node.key], where):
                if not self._is_object(item, item_path):
                    continue
                if node.children:
                    rows += self._level(item, node.children, item_path, set_id)
                    continue
                row = self._segment(item, node.first, item_path)
                if node.first.id not in _ENVELOPE:
                    rows.append(row)
                elif node.first.id == "ST" and row[1:2] not in ([], [set_id]):
                    self.problems.append(f"{item_path}: this setting is for {set_id}")
        return rows

    def _occurrences(self, node: Node, value: Any, path: str) -> list[tuple[Any, str]]:
        if not node.array:
            return [(value, path)]
        if not isinstance(value, list):
            self.problems.append(f"{path} must be an array")
            return []
        if not value:
            self.problems.append(f"{path} must not be empty")
        if node.most is not None and len(value) > node.most:
            self.problems.append(f"{path} occurs {len(value)} times, at most {node.most} are allowed")
        return [(item, f"{path}[{index}]") for index, item in enumerate(value)]

    def _segment(self, item: Mapping[str, Any], segment: Segment, path: str) -> Row:
        self._known(item, [element.key for element in segment.elements], path)
        row: Row = [segment.id]
        present = set()
        for element in segment.elements:
            where = f"{path}.{element.key}"
            row.extend([""] * (element.position - len(row)))
            if element.key in item:
                present.add(element.position)
                row.append(self._element(element, item[element.key], where))
            else:
                row.append("")
                if element.mandatory and segment.id not in _ENVELOPE:
                    self.problems.append(f"{where} is required")
        for note in elements.broken_notes(segment.notes, present):
            self.problems.append(f"{path} breaks the syntax note {note} of {segment.id}")
        while row[-1] in ("", ()):
            row.pop()
        if len(row) == 1:
            self.problems.append(f"{path} has no elements")
        return row

    def _element(self, element: Element, value: Any, path: str) -> str | tuple[str, ...]:
        if not element.parts:
            return self._value(element, value, path)
        if not self._is_object(value, path):
            return ()
        self._known(value, [part.key for part in element.parts], path)
        for part in element.parts:
            if part.mandatory and part.key not in value:
                self.problems.append(f"{path}.{part.key} is required")
        texts = [
            self._value(part, value[part.key], f"{path}.{part.key}") if part.key in value else ""
            for part in element.parts
        ]
        while texts and not texts[-1]:
            texts.pop()
        return tuple(texts)

    def _value(self, element: Element, value: Any, path: str) -> str:
        try:
            return elements.to_wire(element, value, self._reserved)
        except RequestRefused as problem:
            self.problems.append(f"{path}: {problem.message}")
            return "?"

    def _is_object(self, value: Any, path: str) -> bool:
        if isinstance(value, Mapping):
            return True
        self.problems.append(f"{path} must be an object")
        return False

    def _known(self, value: Mapping[str, Any], keys: Sequence[str], path: str) -> None:
        for key in value:
            if key not in keys:
                self.problems.append(f"{path}.{key} is not a property of this guide".lstrip("."))
