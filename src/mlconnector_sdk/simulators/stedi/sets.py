"""Which segments make an 850 and an 855, in which order and how often: the simulated guides.

The notation is that of the standard's tables in short: ``SEG`` once, ``SEG?`` at most once, ``SEG?3`` at most
three times, ``SEG*`` any number, ``[A B]9`` a loop that starts with A, at most nine times, ``[A B]+9`` at
least once. ``[]`` behind a loop: an array in Guide JSON although the standard allows one only, as public
guides have it. Segments of the standard that buyers and suppliers hardly use are not in these guides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from attrs import frozen

from mlconnector_sdk.simulators.stedi.segments import Segment, segments

__all__ = ["SETS", "Node", "TransactionSet", "transaction_set"]

_PARTY = "[N1 N2?2 N3?2 N4? REF?12 PER* TD5?12]200"
_PARTY_850 = _PARTY.replace("N4?", "N4*")
_TEXTS = "[N9 DTM* MSG?1000]1000"
_REFERENCES = "CUR? REF* PER?3 FOB* CTP*"

_SETS = {
    "850": (
        f"""ST BEG {_REFERENCES} CSH?5 [SAC CUR?]25 ITD* DTM?10 PID?200 TD5?12 {_TEXTS} {_PARTY_850}""",
        f"""[PO1 CUR? CTP* [PID]1000 PO4* REF* PER?3 [SAC CUR?]25 ITD?2 SDQ?500 DTM?10 TD5?12 MSG*
            [SCH TD5?12 REF*]200 {_TEXTS} {_PARTY} [SLN MSG* PID?1000 DTM?10 CTP?25]1000]+100000""",
        """[CTT AMT?]1[] SE""",
    ),
    "855": (
        f"""ST BAK {_REFERENCES} CSH? [SAC CUR?]25 ITD?5 DTM?10 PID?200 TD5?12 {_TEXTS} {_PARTY}""",
        f"""[PO1 CUR? CTP* [PID]1000 PO4* REF* PER?3 [SAC CUR?]25 ITD?2 SDQ?500 DTM?10 TD5?12
            [ACK DTM?]104 [SCH TD5?12 REF*]200 {_TEXTS} {_PARTY}
            [SLN MSG* PID?1000 CTP?25 ACK?104 DTM?10]1000]100000""",
        """[CTT AMT?]1[] SE""",
    ),
}

_FUNCTIONAL = {"850": "PO", "855": "PR"}
_NUMBER = {"850": "BEG", "855": "BAK"}
SETS = tuple(_SETS)


@frozen(kw_only=True)
class Node:
    """A segment or a loop at its place.

    Args:
        key: Its Guide JSON name.
        first: The segment, or the one that starts the loop.
        children: Of a loop: everything in it, the starting segment included. Empty for a segment.
        most: How often it may occur; None for any number.
        required: Whether it must occur.
        array: Whether Guide JSON holds it as an array.
    """

    key: str
    first: Segment
    children: tuple[Node, ...]
    most: int | None
    required: bool
    array: bool


@frozen(kw_only=True)
class TransactionSet:
    """One guide.

    Args:
        tables: ``heading``, ``detail`` and ``summary``, in this order.
        functional_id: GS01.
        number_segment: The segment that holds the business number, always in its third element.
    """

    id: str
    release: str
    functional_id: str
    number_segment: str
    tables: tuple[tuple[str, tuple[Node, ...]], ...]


@cache
def transaction_set(set_id: str, release: str) -> TransactionSet:
    """The guide of a set in a release.

    Raises:
        KeyError: There is none.
    """
    table = segments(release)
    parts = (_nodes(_tokens(text), table) for text in _SETS[set_id])
    return TransactionSet(
        id=set_id,
        release=release,
        functional_id=_FUNCTIONAL[set_id],
        number_segment=_NUMBER[set_id],
        tables=tuple(zip(("heading", "detail", "summary"), parts, strict=True)),
    )


def _tokens(text: str) -> list[str]:
    """The words of the notation, last one first, so that they can be popped."""
    return re.findall(r"\[\]|\[|\]\+?\d+|[A-Z0-9]{2,3}(?:\*|\?\d*)?", text)[::-1]


def _nodes(tokens: list[str], table: Mapping[str, Segment]) -> tuple[Node, ...]:
    """Nodes up to the end of the text or of the loop."""
    nodes = []
    while tokens and not tokens[-1].startswith("]"):
        token = tokens.pop()
        nodes.append(_loop(tokens, table) if token == "[" else _single(token, table))
    return tuple(nodes)


def _loop(tokens: list[str], table: Mapping[str, Segment]) -> Node:
    children = _nodes(tokens, table)
    count = tokens.pop()
    shown_as_array = bool(tokens) and tokens[-1] == "[]"
    if shown_as_array:
        tokens.pop()
    most = int(count.lstrip("]+"))
    return Node(
        key=f"{children[0].key}_loop",
        first=children[0].first,
        children=children,
        most=most,
        required="+" in count,
        array=most > 1 or shown_as_array,
    )


def _single(token: str, table: Mapping[str, Segment]) -> Node:
    segment_id = token.rstrip("*").partition("?")[0]
    most = None if token.endswith("*") else int(token.partition("?")[2] or 1)
    segment = table[segment_id]
    return Node(
        key=segment.key,
        first=segment,
        children=(),
        most=most,
        required=token == segment_id,
        array=most != 1,
    )
