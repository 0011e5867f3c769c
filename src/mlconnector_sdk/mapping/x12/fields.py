"""Typed access to the elements of a segment: `Fields` reads them, `Composer` writes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NoReturn

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.x12.dictionary import ElementDefinition, SegmentDefinition, dictionary
from mlconnector_sdk.mapping.x12.elements import Fault, Value, parse, render
from mlconnector_sdk.mapping.x12.envelope import Transaction
from mlconnector_sdk.mapping.x12.placement import place
from mlconnector_sdk.mapping.x12.segment import Element, Segment
from mlconnector_sdk.mapping.x12.validation import broken_notes

__all__ = ["Composer", "Fields"]


class Fields:
    """The elements of a segment that was read, as typed values.

    Every method raises `InvalidDocument`, naming the element, where it holds something else.

    Args:
        transaction: The set, for its release and for paths.
        segment: A segment that the release's dictionary defines.
    """

    def __init__(self, transaction: Transaction, segment: Segment) -> None:
        self._transaction = transaction
        self._segment = segment
        self._definition: SegmentDefinition = dictionary(transaction.release)[segment.id]

    def text(self, position: int) -> str:
        """Text or a code; the empty string where it is absent."""
        value = self._value(position)
        return "" if value is None else str(value)

    def needed_text(self, position: int) -> str:
        """Text or a code that must be there."""
        return self.text(position) or self._missing(position)

    def number(self, position: int) -> Decimal | None:
        """A number; None where it is absent."""
        value = self._value(position)
        return Decimal(value) if isinstance(value, int | Decimal) else None

    def needed_number(self, position: int) -> Decimal:
        """A number that must be there."""
        number = self.number(position)
        return number if number is not None else self._missing(position)

    def day(self, position: int) -> date | None:
        """A date; None where it is absent."""
        value = self._value(position)
        return value if isinstance(value, date) else None

    def needed_day(self, position: int) -> date:
        """A date that must be there."""
        return self.day(position) or self._missing(position)

    def parts(self, position: int) -> tuple[Value | None, ...]:
        """The components of a composite; None for those that are absent."""
        element, definition = self._segment[position], self._definition.by_position[position]
        texts = (element,) if isinstance(element, str) else element
        if not isinstance(texts, tuple) or len(texts) > len(definition.components):
            raise self.refuse(position, f"{definition.name} is not one composite of its kind")
        values: list[Value | None] = []
        for text, component in zip(texts, definition.components, strict=False):
            value = parse(text, component)
            if isinstance(value, Fault):
                raise self.refuse(position, f"{component.name} {value.sentence}")
            values.append(None if value == "" or not text else value)
        return tuple(values)

    def unit(self, position: int) -> str:
        """The unit in a composite of units (C001); the empty string where it is absent."""
        unit, *rest = self.parts(position) or (None,)
        if any(rest):
            raise self.refuse(
                position, "a unit with exponent, multiplier or a further unit is not understood"
            )
        return "" if unit is None else str(unit)

    def refuse(self, position: int, sentence: str, remedy: str = "") -> InvalidDocument:
        """The error that says what is wrong with an element; the caller raises it."""
        number, offset = self._segment.number, self._segment.offset
        where = (
            f" (segment {number}" + (f", offset {offset})" if offset is not None else ")") if number else ""
        )
        return InvalidDocument(
            sentence + where,
            path=self._transaction.path(self._segment, position),
            remedy=remedy or "have the sender correct the document, or correct it and read it again",
        )

    def _value(self, position: int) -> Value | None:
        element = self._segment[position]
        if not element:
            return None
        if not isinstance(element, str):
            raise self.refuse(position, "a simple value is expected, but it holds a delimiter")
        value = parse(element, self._definition.by_position[position])
        if isinstance(value, Fault):
            raise self.refuse(position, value.sentence)
        return None if value == "" else value

    def _missing(self, position: int) -> NoReturn:
        raise self.refuse(position, f"{self._definition.by_position[position].name} is missing")


class Composer:
    """Builds the segments of a set from typed values, strictly by the table.

    Args:
        set_id: ``850``.
        release: ``004010`` or ``005010``.
    """

    def __init__(self, set_id: str, release: str) -> None:
        self._set_id = set_id
        self._release = release
        self._definitions = dictionary(release)
        self._segments: list[Segment] = []
        self._counts: dict[str, int] = {}

    def add(self, segment_id: str, *values: Value | tuple[Value | None, ...] | None) -> None:
        """Append a segment; None and the empty string mean that an element is absent.

        The value of a composite is a tuple of its components, or its first component alone.

        Raises:
            InvalidDocument: A value does not fit its element, a mandatory one is missing, or a syntax note
                is broken; ``path`` names segment and element.
        """
        definition = self._definitions[segment_id]
        self._counts[segment_id] = self._counts.get(segment_id, 0) + 1
        texts: list[Element] = []
        present: list[bool] = []
        for element, value in zip(definition.elements, values, strict=False):
            parts = value if isinstance(value, tuple) else (value,)
            components = element.components or (element,)
            rendered = [
                self._text(segment_id, element, component, part)
                for component, part in zip(components, parts, strict=False)
            ]
            if element.mandatory and not any(rendered):
                raise self.refuse(segment_id, element.position, f"{element.name} is mandatory and missing")
            texts.append(tuple(rendered) if element.components else rendered[0])
            present.append(any(rendered))
        for sentence, position in broken_notes(definition, lambda at: at <= len(texts) and present[at - 1]):
            raise self.refuse(segment_id, position, f"the elements do not go together: {sentence}")
        self._segments.append(Segment(segment_id, tuple(texts), len(self._segments) + 2))

    def _text(
        self, segment_id: str, element: ElementDefinition, component: ElementDefinition, value: Value | None
    ) -> str:
        if value is None or value == "":
            return ""
        text = render(value, component)
        if isinstance(text, Fault):
            raise self.refuse(segment_id, element.position, f"{component.name} {text.sentence}")
        return text

    def refuse(
        self, segment_id: str, position: int, sentence: str, *, remedy: str = "", ahead: bool = False
    ) -> InvalidDocument:
        """The error that says what is wrong with an element; the caller raises it.

        Args:
            ahead: It is about the next such segment, which was not added yet, and not about the latest.
        """
        index = self._counts.get(segment_id, 0) + ahead
        place = f"{segment_id}[{index}]" if index > 1 else segment_id
        return InvalidDocument(
            sentence,
            path=f"{place}-{position:02d}",
            remedy=remedy or "correct the value where it is kept, or map it to one that X12 can carry",
        )

    def transaction(self) -> Transaction:
        """The set, after a check of its structure.

        Raises:
            InvalidDocument: A segment is missing, or occurs more often than the set allows.
        """
        transaction = Transaction(set_id=self._set_id, release=self._release, segments=tuple(self._segments))
        for diagnostic in place(transaction).diagnostics:
            raise diagnostic.error()
        return transaction
