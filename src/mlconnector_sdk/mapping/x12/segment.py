"""The segment: an id and its elements, as text."""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen

__all__ = ["Element", "Repeated", "Segment"]


@frozen
class Repeated:
    """An element that occurs several times (release 00402 and later).

    Args:
        values: Each a text, or a tuple of components.
    """

    values: tuple[str | tuple[str, ...], ...]


Element: TypeAlias = str | tuple[str, ...] | Repeated
"""What stands between two element separators: a text, the components of a composite, or repetitions."""


def _trimmed(elements: tuple[Element, ...]) -> tuple[Element, ...]:
    """Without empty elements at the end: they carry nothing and are not written."""
    if any(not isinstance(element, str) for element in elements):
        elements = tuple(_simplest(element) for element in elements)
    end = len(elements)
    while end and not elements[end - 1]:
        end -= 1
    return elements[:end] if end < len(elements) else elements


def _simplest(element: Element) -> Element:
    """The one form of several with the same meaning: ``("EA",)`` is ``"EA"``."""
    if isinstance(element, Repeated):
        return element if len(element.values) != 1 else _simplest(element.values[0])
    if isinstance(element, tuple):
        end = len(element)
        while end and not element[end - 1]:
            end -= 1
        return element[:end] if end > 1 else "".join(element[:end])
    return element


@frozen
class Segment:
    """One segment.

    Two segments are equal when id and elements are; where they stood does not matter.

    Args:
        id: ``PO1``.
        elements: The elements in order, without empty ones at the end.
        number: Position among all segments that were read, counted from 1; 0 where it was not read.
        offset: Where it starts: characters into a text, bytes into bytes; None where it was not read.

    Example:
        >>> Segment("PO1", ("10", "24", "EA"))[2]
        '24'
    """

    id: str
    elements: tuple[Element, ...] = field(default=(), converter=_trimmed)
    number: int = field(default=0, eq=False, repr=False)
    offset: int | None = field(default=None, eq=False, repr=False)

    def __getitem__(self, position: int) -> Element:
        """An element by its position as the standard counts it, from 1; the empty string where absent."""
        if position < 1:
            raise IndexError("elements are counted from 1, as in PO1-01")
        return self.elements[position - 1] if position <= len(self.elements) else ""

    def text(self, position: int) -> str:
        """An element that is plain text; the empty string where it is absent or has parts."""
        element = self[position]
        return element if isinstance(element, str) else ""
