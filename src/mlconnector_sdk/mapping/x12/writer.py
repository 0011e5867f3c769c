"""The writer: transaction sets into a file, strictly.

Counts and control numbers of the trailers are computed, never given. A value that holds a delimiter, a
control character or anything beyond printable ASCII is refused by name: it never becomes another segment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrs import evolve

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.x12.delimiters import Delimiters
from mlconnector_sdk.mapping.x12.dictionary import ElementDefinition, dictionary
from mlconnector_sdk.mapping.x12.elements import Fault, Value, render
from mlconnector_sdk.mapping.x12.envelope import Envelope, Transaction
from mlconnector_sdk.mapping.x12.segment import Repeated, Segment
from mlconnector_sdk.mapping.x12.structure import set_structure

__all__ = ["write"]

_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_PRINTABLE = re.compile(r"[ -~]*")
_ENVELOPE = frozenset({"ISA", "IEA", "GS", "GE", "ST", "SE"})


def write(transactions: Sequence[Transaction], envelope: Envelope) -> str:
    """One interchange with these sets: consecutive ones of a kind share a functional group.

    Args:
        transactions: At least one; all of one release.
        envelope: Parties, control numbers, moment, delimiters.

    Raises:
        InvalidDocument: A value does not fit; ``path`` names segment and element.
    """
    release = _release(transactions)
    delimiters = envelope.delimiters
    if release < "00402":
        delimiters = evolve(delimiters, repetition="")
    elif not delimiters.repetition:
        delimiters = evolve(delimiters, repetition="^")
    lines = [_interchange_header(envelope, release, delimiters)]
    group_number = envelope.control_number
    if envelope.group_control_number is not None:
        group_number = envelope.group_control_number
    for number, path in ((envelope.control_number, "ISA-13"), (group_number, "GS-06")):
        if number < 1:
            raise InvalidDocument(f"a control number is positive, not {number}", path=path)
    groups = _groups(transactions)
    for offset, (functional_id, members) in enumerate(groups):
        number = group_number + offset
        lines.append(_group_header(envelope, functional_id, number, release, delimiters))
        lines += _sets(members, envelope, delimiters)
        lines.append(_line("GE", (len(members), number), release, delimiters))
    lines.append(_line("IEA", (len(groups), envelope.control_number), release, delimiters))
    return "".join(line + delimiters.segment + delimiters.line_break for line in lines)


def _release(transactions: Sequence[Transaction]) -> str:
    releases = sorted({transaction.release for transaction in transactions})
    if len(releases) != 1:
        raise InvalidDocument(
            "an interchange needs transaction sets of one release, "
            + (f"these are of {', '.join(releases)}" if releases else "and here are none"),
            path="GS-08",
        )
    return releases[0]


def _groups(transactions: Sequence[Transaction]) -> list[tuple[str, list[Transaction]]]:
    groups: list[tuple[str, list[Transaction]]] = []
    for transaction in transactions:
        structure = set_structure(transaction.set_id)
        known = structure.functional_id if structure else ""
        functional_id = known or (transaction.group.functional_id if transaction.group else "")
        if not groups or groups[-1][0] != functional_id:
            groups.append((functional_id, []))
        groups[-1][1].append(transaction)
    return groups


def _interchange_header(envelope: Envelope, release: str, delimiters: Delimiters) -> str:
    blank = " " * 10
    sender, receiver = envelope.sender, envelope.receiver
    values: tuple[Value, ...] = (
        *("00", blank, "00", blank, sender.qualifier, sender.id, receiver.qualifier, receiver.id),
        *(envelope.at.date(), envelope.at.time(), delimiters.repetition or "U", release[:5]),
        *(envelope.control_number, "1" if envelope.acknowledgment_requested else "0", envelope.usage),
    )
    texts = ["ISA"]
    for element, value in zip(dictionary(release)["ISA"].elements, values, strict=False):
        if element.position in (2, 4, 11):
            texts.append(str(value))  # no secrets in the envelope; and the separator is one by purpose
        elif element.position in (6, 8):
            # An id is as long as it is, its element is padded: here the padding is no trailing blank.
            texts.append(_value("ISA", evolve(element, minimum=1), value, delimiters).ljust(element.maximum))
        else:
            texts.append(_value("ISA", element, value, delimiters))
    return delimiters.element.join([*texts, delimiters.component])


def _group_header(
    envelope: Envelope, functional_id: str, number: int, release: str, delimiters: Delimiters
) -> str:
    version = envelope.version or release
    if not version.startswith(release):
        raise InvalidDocument(
            f"the envelope says {version}, the transaction sets are of release {release}", path="GS-08"
        )
    sender = envelope.sender.application or envelope.sender.id
    receiver = envelope.receiver.application or envelope.receiver.id
    time = envelope.at.time().replace(microsecond=0)
    values = (functional_id, sender, receiver, envelope.at.date(), time, number, "X", version)
    return _line("GS", values, release, delimiters)


def _sets(members: list[Transaction], envelope: Envelope, delimiters: Delimiters) -> Iterator[str]:
    taken: set[str] = set()
    for offset, transaction in enumerate(members):
        number = transaction.control_number or f"{envelope.first_set_control_number + offset:04d}"
        if number in taken:
            raise InvalidDocument(f"the control number {number} is used twice in one group", path="ST-02")
        taken.add(number)
        release = transaction.release
        yield _line("ST", (transaction.set_id, number), release, delimiters)
        for segment in transaction.segments:
            yield _segment(transaction, segment, delimiters)
        yield _line("SE", (len(transaction.segments) + 2, number), release, delimiters)


def _line(segment_id: str, values: tuple[Value, ...], release: str, delimiters: Delimiters) -> str:
    """A segment of the envelope, from typed values."""
    elements = dictionary(release)[segment_id].elements
    texts = [
        _value(segment_id, element, value, delimiters)
        for element, value in zip(elements, values, strict=False)
    ]
    return delimiters.element.join([segment_id, *texts])


def _value(segment_id: str, element: ElementDefinition, value: Value, delimiters: Delimiters) -> str:
    path = f"{segment_id}-{element.position:02d}"
    text = render(value, element)
    if isinstance(text, Fault):
        raise InvalidDocument(f"{element.name} {text.sentence}", path=path)
    _refuse_unwritable(text, path, delimiters)
    return text


def _segment(transaction: Transaction, segment: Segment, delimiters: Delimiters) -> str:
    """A segment of a set, from its texts."""
    if not _ID.fullmatch(segment.id) or segment.id in _ENVELOPE:
        raise InvalidDocument(f"{segment.id[:20]!r} cannot be a segment inside a set", path=segment.id[:20])
    texts = [segment.id]
    for position, element in enumerate(segment.elements, 1):
        repeated = element.values if isinstance(element, Repeated) else (element,)
        if len(repeated) > 1 and not delimiters.repetition:
            raise InvalidDocument(
                "an element cannot be repeated before release 00402", path=transaction.path(segment, position)
            )
        values = []
        for value in repeated:
            components = (value,) if isinstance(value, str) else value
            for component in components:
                if not _PRINTABLE.fullmatch(component) or delimiters.clash(component):
                    _refuse_unwritable(component, transaction.path(segment, position), delimiters)
            values.append(delimiters.component.join(components).rstrip(delimiters.component))
        texts.append(delimiters.repetition.join(values))
    return delimiters.element.join(texts)


def _refuse_unwritable(text: str, path: str, delimiters: Delimiters) -> None:
    shown = text if len(text) <= 40 else text[:37] + "..."
    if not _PRINTABLE.fullmatch(text):
        raise InvalidDocument(
            f"{shown!r} holds characters beyond printable ASCII",
            path=path,
            remedy="replace them where the value is kept",
        )
    if delimiter := delimiters.clash(text):
        raise InvalidDocument(
            f"{shown!r} holds {delimiter!r}, which is a delimiter: X12 cannot carry it",
            path=path,
            remedy="replace it where the value is kept, or agree on other delimiters with the partner",
        )
