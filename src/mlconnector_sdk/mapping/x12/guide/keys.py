"""Keys of Guide JSON: ``<name>_<segment>``, ``<name>_<segment>_loop`` and ``<name>_<position>``.

Only the capital letters of a segment id and the position of an element identify something. The name in
front differs between releases, and guides append a variant: ``party_identification_N1_loop_ship_to``.
"""

from __future__ import annotations

import re

from attrs import frozen

__all__ = ["ElementKey", "SegmentKey", "element_key", "segment_key"]

_SEGMENT = re.compile(r"(?:([a-z0-9_]+)_)?([A-Z][A-Z0-9]{1,2})(_loop)?(?:_[A-Za-z0-9_]+)?")
_ELEMENT = re.compile(r"([a-z0-9_]+)_([0-9]{2})")


@frozen
class SegmentKey:
    """What the key of a segment or loop says."""

    name: str
    segment_id: str
    loop: bool


@frozen
class ElementKey:
    """What the key of an element or component says."""

    name: str
    position: int


def segment_key(key: object) -> SegmentKey | None:
    """The parts of a segment's or loop's key; None where it is no such key."""
    match = _SEGMENT.fullmatch(key) if isinstance(key, str) else None
    return SegmentKey(match[1] or "", match[2], bool(match[3])) if match else None


def element_key(key: object) -> ElementKey | None:
    """The parts of an element's key; None where it is no such key."""
    match = _ELEMENT.fullmatch(key) if isinstance(key, str) else None
    return ElementKey(match[1], int(match[2])) if match else None
