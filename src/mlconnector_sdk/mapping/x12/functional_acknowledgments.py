"""997, the functional acknowledgment: document to segments and back.

A partner's translator names a place by the number of the segment in the set (ST is 1), its id, and the
position of the element. A fault's path says just that: ``segment 4 PO1``, ``segment 4 PO1-03`` and, in a
composite element, ``segment 4 POC-05-01``; it is empty for a set or a group as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mlconnector_sdk.mapping.documents import (
    AcknowledgedSet,
    FunctionalAcknowledgment,
    SetVerdict,
    SyntaxFault,
)
from mlconnector_sdk.mapping.x12.envelope import Envelope, Transaction
from mlconnector_sdk.mapping.x12.fields import Composer, Fields
from mlconnector_sdk.mapping.x12.placement import Branch, tree
from mlconnector_sdk.mapping.x12.segment import Segment
from mlconnector_sdk.mapping.x12.syntax_codes import (
    ELEMENT_FAULTS,
    GROUP_FAULTS,
    SEGMENT_FAULTS,
    SET_FAULTS,
    meaning,
    verdict_of,
)
from mlconnector_sdk.mapping.x12.writer import write

__all__ = ["build_997", "functional_acknowledgment", "write_997"]

_DATA_ELEMENT_ERRORS = "8"  # element 720: it only announces the AK4 segments that follow
_PLACE = re.compile(r"segment (0|[1-9][0-9]{0,9}) ([A-Z0-9]{2,3})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)
_QUOTE = (': "', '"')  # around the value that a partner quotes
_MOST_CODES = 5  # AK502 to AK506, AK905 to AK909


def functional_acknowledgment(transaction: Transaction) -> FunctionalAcknowledgment:
    """What a 997 says about a group that was sent.

    Unknown codes are kept, as `SetVerdict.UNKNOWN` or in the sentence of a fault. A segment that is only
    said to have element errors gives the faults of its elements alone. The faults of a set stand in file
    order, those of the set as a whole last.

    Raises:
        InvalidDocument: It is no 997, it was read with an error, a segment that it must have is missing or
            misplaced, or an element that is needed does not hold what it should.
    """
    root = tree(transaction, "997")
    group = Fields(transaction, root.all("AK1")[0])
    result = Fields(transaction, root.all("AK9")[0])
    code = result.needed_text(1)
    return FunctionalAcknowledgment(
        functional_id=group.needed_text(1),
        group_control_number=int(group.needed_number(2)),
        verdict=verdict_of(code),
        code=code,
        sets=tuple(_set(transaction, loop) for loop in root.loops("AK2")),
        faults=tuple(_whole(result, range(5, 10), GROUP_FAULTS)),
    )


def build_997(
    acknowledgment: FunctionalAcknowledgment, *, release: str = "004010", included: int | None = None
) -> Transaction:
    """The segments of an acknowledgment, ready for `write` or for Guide JSON.

    Args:
        release: Of the group that is acknowledged.
        included: How many sets that group had (GE01); None: those that the acknowledgment names.

    Raises:
        InvalidDocument: A field cannot be carried by X12, a code contradicts its verdict, a sentence says
            something else than its code, or ``included`` is needed and missing; ``path`` names segment and
            element.
    """
    out = Composer("997", release)
    out.add("AK1", acknowledgment.functional_id, acknowledgment.group_control_number)
    for each in acknowledgment.sets:
        out.add("AK2", each.set_id, each.control_number)
        placed = [fault for fault in each.faults if fault.path]
        _add_places(out, placed)
        whole = each.faults[len(placed) :]
        out.add("AK5", each.code, *_codes(out, "AK5", 2, whole, SET_FAULTS))
        _check_verdict(out, "AK5", each.code, each.verdict)
        if any(fault.path for fault in whole):
            raise out.refuse("AK5", 2, "faults of a set as a whole stand behind those with a place")
    counts = _counts(out, acknowledgment, included)
    codes = _codes(out, "AK9", 5, acknowledgment.faults, GROUP_FAULTS)
    out.add("AK9", acknowledgment.code, *counts, *codes)
    _check_verdict(out, "AK9", acknowledgment.code, acknowledgment.verdict)
    return out.transaction()


def write_997(
    acknowledgment: FunctionalAcknowledgment, envelope: Envelope, *, included: int | None = None
) -> str:
    """An acknowledgment as a complete X12 file, release 004010 (or that of ``envelope.version``).

    Args:
        included: See `build_997`.

    Raises:
        InvalidDocument: A field cannot be carried by X12, or holds a delimiter.
    """
    release = envelope.version[:6] or "004010"
    return write([build_997(acknowledgment, release=release, included=included)], envelope)


def _set(transaction: Transaction, loop: Branch) -> AcknowledgedSet:
    header = Fields(transaction, loop.start)
    result = Fields(transaction, loop.all("AK5")[0])
    code = result.needed_text(1)
    places = [fault for inner in loop.loops("AK3") for fault in _place(transaction, inner)]
    return AcknowledgedSet(
        set_id=header.needed_text(1),
        control_number=header.needed_text(2),
        verdict=verdict_of(code),
        code=code,
        faults=(*places, *_whole(result, range(2, 7), SET_FAULTS)),
    )


def _whole(fields: Fields, positions: range, table: dict[str, str]) -> Iterator[SyntaxFault]:
    for position in positions:
        if code := fields.text(position):
            yield SyntaxFault(path="", code=code, sentence=meaning(table, code))


def _place(transaction: Transaction, loop: Branch) -> Iterator[SyntaxFault]:
    fields = Fields(transaction, loop.start)
    path = f"segment {int(fields.needed_number(2))} {fields.needed_text(1)}"
    code = fields.text(4)
    elements = loop.all("AK4")
    if not elements or code not in ("", _DATA_ELEMENT_ERRORS):
        yield SyntaxFault(path=path, code=code, sentence=meaning(SEGMENT_FAULTS, code))
    for segment in elements:
        yield _element(transaction, segment, path)


def _element(transaction: Transaction, segment: Segment, path: str) -> SyntaxFault:
    fields = Fields(transaction, segment)
    element, component, *_ = (*fields.parts(1), None, None)
    if not isinstance(element, int):
        raise fields.refuse(1, "the position of the element is missing")
    at = f"{path}-{element:02d}" + (f"-{component:02d}" if isinstance(component, int) else "")
    code, value = fields.needed_text(3), fields.text(4)
    sentence = meaning(ELEMENT_FAULTS, code) + (value.join(_QUOTE) if value else "")
    return SyntaxFault(path=at, code=code, sentence=sentence)


def _add_places(out: Composer, faults: Sequence[SyntaxFault]) -> None:
    """AK3 and AK4: consecutive faults of one segment share an AK3."""
    latest = None
    for fault in faults:
        match = _PLACE.fullmatch(fault.path)
        if match is None:
            raise out.refuse(
                "AK3", 2, f"{fault.path!r} is no place in a set, such as 'segment 4 PO1-03'", ahead=True
            )
        number, segment_id, element, component = match.groups()
        if element is None:
            _check_sentence(out, "AK3", 4, fault, SEGMENT_FAULTS)
            out.add("AK3", segment_id, int(number), None, fault.code)
        else:
            if latest != (number, segment_id):
                out.add("AK3", segment_id, int(number), None, _DATA_ELEMENT_ERRORS)
            value = _check_sentence(out, "AK4", 3, fault, ELEMENT_FAULTS)
            position = (int(element), int(component)) if component else int(element)
            out.add("AK4", position, None, fault.code, value)
        latest = (number, segment_id)


def _check_sentence(
    out: Composer, segment_id: str, position: int, fault: SyntaxFault, table: dict[str, str]
) -> str:
    """The value that the sentence quotes, where it does: beside it, X12 carries no more than the code."""
    says = meaning(table, fault.code)
    quoted = fault.sentence.removeprefix(says).removeprefix(_QUOTE[0]).removesuffix(_QUOTE[1])
    if fault.sentence == says:
        return ""
    if not quoted or table is not ELEMENT_FAULTS or fault.sentence != says + quoted.join(_QUOTE):
        raise out.refuse(
            segment_id,
            position,
            f"X12 cannot carry the sentence {fault.sentence!r}: the code {fault.code} means {says!r}",
            ahead=True,
        )
    return quoted


def _codes(
    out: Composer, segment_id: str, first: int, faults: Sequence[SyntaxFault], table: dict[str, str]
) -> list[str]:
    if len(faults) > _MOST_CODES:
        raise out.refuse(segment_id, first, f"no more than {_MOST_CODES} reasons can be given", ahead=True)
    for fault in faults:
        _check_sentence(out, segment_id, first, fault, table)
    return [fault.code for fault in faults]


def _check_verdict(out: Composer, segment_id: str, code: str, verdict: SetVerdict) -> None:
    if verdict_of(code) is not verdict:
        raise out.refuse(segment_id, 1, f"the code {code} does not mean {verdict.value!r}")


def _counts(
    out: Composer, acknowledgment: FunctionalAcknowledgment, included: int | None
) -> tuple[int, int, int]:
    """How many sets the group had, how many were received, and how many accepted."""
    number = included if included is not None else len(acknowledgment.sets)
    if number < max(1, len(acknowledgment.sets)):
        raise out.refuse(
            "AK9",
            2,
            "the number of sets in the group is missing, or less than the sets that are named",
            remedy="give the number of sets in the group (GE01) as included=",
            ahead=True,
        )
    taken = (SetVerdict.ACCEPTED, SetVerdict.ACCEPTED_WITH_ERRORS)
    refused = sum(each.verdict not in taken for each in acknowledgment.sets)
    accepted = 0 if acknowledgment.verdict is SetVerdict.REJECTED else number - refused
    return number, number, accepted
