"""Transaction set to Guide JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.x12.dictionary import ElementDefinition, SegmentDefinition, dictionary
from mlconnector_sdk.mapping.x12.elements import Fault, parse
from mlconnector_sdk.mapping.x12.envelope import Transaction
from mlconnector_sdk.mapping.x12.placement import Branch, tree
from mlconnector_sdk.mapping.x12.segment import Element, Segment
from mlconnector_sdk.mapping.x12.structure import Loop, Use, set_structure

__all__ = ["write"]

_ALWAYS_ARRAYS = frozenset({"CTT"})
"""Loops that guides show as an array although the standard allows one only."""


def write(transaction: Transaction, *, trailer: bool = False) -> dict[str, Any]:
    """A transaction set as Guide JSON, with the names of its release.

    What may occur several times by the standard is an array, everything else an object; absent elements
    have no key. Numbers are `int` (N0) and `decimal.Decimal` (R and implied decimals, point restored),
    dates ``YYYY-MM-DD``, times ``HH:MM`` with seconds where given.

    Args:
        trailer: Also write SE, as on sets that arrive. It may be left out of those that are sent.

    Raises:
        InvalidDocument: There is no name for a segment or element, or its text does not fit its type.
    """
    structure = set_structure(transaction.set_id)
    root = tree(transaction, transaction.set_id)
    assert structure is not None  # tree() has refused an unknown set
    writer = _Writer(transaction, dictionary(transaction.release))
    tables: dict[str, dict[str, Any]] = {"heading": {}, "detail": {}, "summary": {}}
    number = transaction.control_number or "0001"
    shown = int(number) if number.isdigit() else number
    tables["heading"]["transaction_set_header_ST"] = {
        "transaction_set_identifier_code_01": transaction.set_id,
        "transaction_set_control_number_02": shown,
    }
    for table, content in tables.items():
        uses = tuple(use for use in structure.root.uses if use.table == table)
        content.update(writer.loop(root, uses))
    writer.refuse_strays(root, structure.root)
    if trailer:
        last = [use.table for use in structure.root.uses][-1]  # sets of one table have SE in the heading
        tables[last]["transaction_set_trailer_SE"] = {
            "number_of_included_segments_01": len(transaction.segments) + 2,
            "transaction_set_control_number_02": shown,
        }
    return {table: content for table, content in tables.items() if content}


class _Writer:
    def __init__(self, transaction: Transaction, definitions: Mapping[str, SegmentDefinition]) -> None:
        self.transaction = transaction
        self.definitions = definitions

    def loop(self, branch: Branch, uses: tuple[Use, ...]) -> dict[str, Any]:
        """The content of a loop (or table), in the order of the standard."""
        content: dict[str, Any] = {}
        for use in uses:
            values: list[dict[str, Any]]
            if use.loop is None:
                values = [self.segment(segment) for segment in branch.all(use.id)]
            else:
                values = []
                for inner in branch.loops(use.id):
                    self.refuse_strays(inner, use.loop)
                    values.append(self.loop(inner, use.loop.uses))
            if not values:
                continue
            key = self.definitions[use.id].key + ("_loop" if use.loop else "")
            single = use.maximum == 1 and len(values) == 1 and not (use.loop and use.id in _ALWAYS_ARRAYS)
            content[key] = values[0] if single else values
        return content

    def refuse_strays(self, branch: Branch, loop: Loop) -> None:
        """Every segment of a branch must have a place in its loop: a stray one has no key."""
        for item in branch.items:
            segment = item if isinstance(item, Segment) else item.start
            if segment.id not in loop.places or segment.id not in self.definitions:
                raise self.refuse(segment, 0, f"Guide JSON has no key for {segment.id} here")

    def segment(self, segment: Segment) -> dict[str, Any]:
        definition = self.definitions.get(segment.id)
        if definition is None:
            raise self.refuse(segment, 0, f"Guide JSON has no key for {segment.id} here")
        content: dict[str, Any] = {}
        for position, value in enumerate(segment.elements, 1):
            if not value:
                continue
            element = definition.by_position.get(position)
            if element is None:
                raise self.refuse(segment, position, f"{segment.id} has no element {position:02d}")
            content[element.key] = self.element(segment, position, element, value)
        return content

    def element(
        self, segment: Segment, position: int, element: ElementDefinition, value: Element
    ) -> dict[str, Any] | Any:
        if element.components:
            parts = value if isinstance(value, tuple) else (value,)
            if len(parts) > len(element.components):
                raise self.refuse(segment, position, f"{element.name} has {len(parts)} components")
            return {
                component.key: self.element(segment, position, component, part)
                for component, part in zip(element.components, parts, strict=False)
                if part
            }
        if not isinstance(value, str):
            raise self.refuse(segment, position, f"{element.name} must be one simple value")
        parsed = parse(value, element)
        if isinstance(parsed, Fault):
            raise self.refuse(segment, position, f"{element.name} {parsed.sentence}")
        if element.type == "DT":
            return str(parsed)
        if element.type == "TM":
            text = value.rstrip(" ")
            clock = ":".join(text[index : index + 2] for index in range(0, min(len(text), 6), 2))
            return clock + (f".{text[6:]}" if len(text) > 6 else "")
        return parsed

    def refuse(self, segment: Segment, position: int, sentence: str) -> InvalidDocument:
        return InvalidDocument(sentence, path=self.transaction.path(segment, position))
