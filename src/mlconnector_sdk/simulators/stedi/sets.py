"""Which segments make each transaction set, in which order and how often: the simulated guides.

The notation is that of the standard's tables in short: ``SEG`` once, ``SEG?`` at most once, ``SEG?3`` at most
three times, ``SEG*`` any number, ``[A B]9`` a loop that starts with A, at most nine times, ``[A B]+9`` at
least once. ``[]`` behind a loop: an array in Guide JSON although the standard allows one only, as public
guides have it. ``[HL:T ...]9`` is a loop whose HL03 is T: in Guide JSON the levels of a shipment stand inside
each other, and tare, pack and item have a suffix of their own. Segments of the standard that buyers and
suppliers hardly use are not in these guides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from attrs import evolve, frozen

from mlconnector_sdk.simulators.stedi.segments import Segment, segments

__all__ = ["INBOUND", "OUTBOUND", "SETS", "BusinessNumber", "Node", "TransactionSet", "transaction_set"]

_PARTY = "[N1 N2?2 N3?2 N4? REF?12 PER* TD5?12]200"
_PARTY_850 = _PARTY.replace("N4?", "N4*")
_TEXTS = "[N9 DTM* MSG?1000]1000"
_REFERENCES = "CUR? REF* PER?3 FOB* CTP*"
_LINE = "CUR? CTP* [PID]1000 PO4* REF* PER?3 [SAC CUR?]25 ITD?2 SDQ?500 DTM?10 TD5?12"
_SUBLINES = "[SLN MSG* PID?1000 DTM?10 CTP?25]1000"
_PARTY_810 = "[N1 N2?2 N3?2 N4? REF?12 PER?3]200"
_ITEM = "[HL:I LIN? SN1? PRF? PO4? PID?200 REF* MAN* DTM?10]200000"
_PACK = f"[HL:P PO4? TD1?20 REF* MAN* {_ITEM}]200000"
_TARE = f"[HL:T PO4? TD1?20 REF* MAN* {_PACK} {_ITEM}]200000"
_ORDER = f"[HL:O PRF? TD1?20 TD5?12 REF* PER?3 DTM?10 {_PARTY_810} {_TARE} {_PACK} {_ITEM}]200000"

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
    "860": (
        f"""ST BCH {_REFERENCES} CSH?5 [SAC CUR?]25 ITD?5 DTM?10 PID?200 TD5?12 {_TEXTS} {_PARTY_850}""",
        f"""[POC {_LINE} MSG* [SCH TD5?12]200 {_TEXTS} {_PARTY} {_SUBLINES}]100000""",
        """[CTT AMT?5]1[] SE""",
    ),
    "865": (
        f"""ST BCA {_REFERENCES} CSH? [SAC CUR?]25 ITD?5 DTM?10 PID?200 TD5?12 {_TEXTS} {_PARTY}""",
        f"""[POC {_LINE} [ACK DTM?]104 [SCH TD5?12]200 {_TEXTS} {_PARTY}]100000""",
        """[CTT AMT?5]1[] SE""",
    ),
    "810": (
        f"""ST BIG NTE?100 CUR? REF?12 PER?3 {_PARTY_810} ITD* DTM?10 FOB? PID?200""",
        f"""[IT1 CUR? TXI?10 CTP?25 [PID]1000 PO4? ITD?2 REF* PER?5 SDQ?500 DTM?10 CAD* [SAC TXI?10]25
            [SLN DTM? REF* PID? SAC?25 TXI?10]1000 {_PARTY_810}]200000""",
        """TDS TXI?10 CAD? AMT* [SAC TXI?10]25 [ISS PID?]10000 CTT? SE""",
    ),
    "856": (
        """ST BSN DTM?10""",
        f"""[HL:S TD1?20 TD5?12 REF* PER?3 DTM?10 FOB? {_PARTY_810} {_ORDER}]+200000""",
        """CTT? SE""",
    ),
    "997": ("""ST AK1 [AK2 [AK3 AK4?99]999999 AK5]999999 AK9 SE""",),
}

_FUNCTIONAL = {
    "810": "IN",
    "850": "PO",
    "855": "PR",
    "856": "SH",
    "860": "PC",
    "865": "CA",
    "997": "FA",
}
_NUMBERS = {
    "810": "BIG02 76 Invoice Number,BIG04 324 Purchase Order Number",
    "850": "BEG03 324 Purchase Order Number",
    "855": "BAK03 324 Purchase Order Number",
    "856": "BSN02 396 Shipment Identification,PRF01 324 Purchase Order Number",
    "860": "BCH03 324 Purchase Order Number",
    "865": "BCA03 324 Purchase Order Number",
}
_LEVEL_SUFFIX = {"T": "_tare", "P": "_pack", "I": "_item"}

SETS = tuple(_SETS)
OUTBOUND = ("850", "860", "810")
"""The sets that the simulated account sends."""

INBOUND = ("855", "865", "856", "810", "997")
"""The sets that it takes."""


@frozen(kw_only=True)
class BusinessNumber:
    """A number by which people know a document.

    Args:
        segment: Where it stands.
        position: Of the element.
        element_id: The standard's number of that element: ``324``.
        name: In words.
    """

    segment: str
    position: int
    element_id: str
    name: str


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
        level: HL03 of the first segment, where the level says what the loop is.
    """

    key: str
    first: Segment
    children: tuple[Node, ...]
    most: int | None
    required: bool
    array: bool
    level: str = ""


@frozen(kw_only=True)
class TransactionSet:
    """One guide.

    Args:
        tables: ``heading``, ``detail`` and ``summary``, in this order; some sets have only the first.
        functional_id: GS01.
        numbers: The numbers that people know it by, the one that it is listed under first.
    """

    id: str
    release: str
    functional_id: str
    numbers: tuple[BusinessNumber, ...]
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
        numbers=_numbers(_NUMBERS.get(set_id, "")),
        tables=tuple(zip(("heading", "detail", "summary"), parts, strict=False)),
    )


def _numbers(text: str) -> tuple[BusinessNumber, ...]:
    found = (entry.split(maxsplit=2) for entry in text.split(",") if entry)
    return tuple(
        BusinessNumber(segment=place[:-2], position=int(place[-2:]), element_id=element_id, name=name)
        for place, element_id, name in found
    )


def _tokens(text: str) -> list[str]:
    """The words of the notation, last one first, so that they can be popped."""
    return re.findall(r"\[\]|\[|\]\+?\d+|[A-Z0-9]{2,3}(?::[A-Z])?(?:\*|\?\d*)?", text)[::-1]


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
    level = children[0].level
    return Node(
        key=f"{children[0].key}_loop{_LEVEL_SUFFIX.get(level, '')}",
        first=children[0].first,
        children=children,
        most=most,
        required="+" in count,
        array=most > 1 or shown_as_array,
        level=level,
    )


def _single(token: str, table: Mapping[str, Segment]) -> Node:
    name = token.rstrip("*").partition("?")[0]
    segment_id, _, level = name.partition(":")
    most = None if token.endswith("*") else int(token.partition("?")[2] or 1)
    segment = _of_level(table[segment_id], level) if level else table[segment_id]
    return Node(
        key=segment.key,
        first=segment,
        children=(),
        most=most,
        required=token == name,
        array=most != 1,
        level=level,
    )


def _of_level(segment: Segment, level: str) -> Segment:
    """An HL that takes this level only."""
    elements = (
        evolve(element, codes=frozenset({level})) if element.position == 3 else element
        for element in segment.elements
    )
    return evolve(segment, elements=tuple(elements))
