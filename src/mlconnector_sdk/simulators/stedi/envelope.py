"""ISA, GS and ST: files are put together and taken apart here, with no help from the X12 module."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import field, frozen

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.simulators.stedi.guide_in import Row

__all__ = ["Address", "Delimiters", "File", "Group", "Interchange", "Transaction", "read", "write"]

_VERSIONS = {"004010": "00401", "005010": "00501"}
_ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
_ISA_LENGTH = 106


@frozen(kw_only=True)
class Delimiters:
    """The four characters that no value may contain."""

    element: str = "*"
    composite: str = ">"
    repetition: str = "^"
    segment: str = "~"

    def __str__(self) -> str:
        return self.element + self.composite + self.repetition + self.segment


@frozen(kw_only=True)
class Address:
    """One side of an interchange: ISA05/06 or 07/08, and GS02 or GS03."""

    qualifier: str
    id: str
    application: str


@frozen(kw_only=True)
class Transaction:
    """One ST to SE, both included in ``rows``."""

    set_id: str
    control_number: str
    rows: list[Row] = field(repr=False)


@frozen(kw_only=True)
class Group:
    """One GS to GE."""

    functional_id: str
    release: str
    control_number: int
    day: str
    clock: str
    sender: str
    receiver: str
    transactions: tuple[Transaction, ...]


@frozen(kw_only=True)
class Interchange:
    """One ISA to IEA. ``sender`` and ``receiver`` are pairs of qualifier and trimmed id."""

    sender: tuple[str, str]
    receiver: tuple[str, str]
    control_number: int
    acknowledgment: str
    usage: str
    groups: tuple[Group, ...]


@frozen(kw_only=True)
class File:
    """What is to be written: one transaction in one group in one interchange."""

    sender: Address
    receiver: Address
    at: datetime
    control_number: int
    functional_id: str
    set_id: str
    release: str
    usage: str = "P"
    acknowledgment: str = "0"
    version: str = ""
    delimiters: Delimiters = Delimiters()


def write(file: File, rows: Sequence[Row]) -> str:
    """The text of a file, without line breaks.

    ISA12 follows from the release unless ``version`` is given; ISA11 is ``U`` before 00402, where it is no
    separator yet; GS05 has seconds.

    Args:
        file: The envelope.
        rows: The segments between ST and SE.
    """
    mark = file.delimiters
    version = file.version or _VERSIONS[file.release]
    number = str(file.control_number)
    isa = (
        *("00", "", "00", ""),
        *(file.sender.qualifier, file.sender.id, file.receiver.qualifier, file.receiver.id),
        *(file.at.strftime("%y%m%d"), file.at.strftime("%H%M")),
        *("U" if version < "00402" else mark.repetition, version, number.rjust(9, "0")),
        *(file.acknowledgment, file.usage, mark.composite),
    )
    padded = [value.ljust(width) for value, width in zip(isa, _ISA_WIDTHS, strict=True)]
    day, clock = file.at.strftime("%Y%m%d"), file.at.strftime("%H%M%S")
    group = [file.functional_id, file.sender.application, file.receiver.application, day, clock, number]
    everything: list[Row] = [
        ["ISA", *padded],
        ["GS", *group, "X", file.release],
        ["ST", file.set_id, "0001"],
        *rows,
        ["SE", str(len(rows) + 2), "0001"],
        ["GE", "1", number],
        ["IEA", "1", number.rjust(9, "0")],
    ]
    return "".join(_segment(row, mark) for row in everything)


def read(text: str) -> tuple[Interchange, ...]:
    """The interchanges of a file.

    Raises:
        InvalidDocument: It is no X12, or its envelope does not hold together.
    """
    rows = list(_split(text.lstrip("\ufeff \r\n\t")))
    if not rows:
        raise InvalidDocument("the file is empty")
    found = []
    while rows:
        end = _end_of(rows, "IEA", "ISA")
        found.append(_interchange(rows[: end + 1]))
        del rows[: end + 1]
    return tuple(found)


def _segment(row: Row, mark: Delimiters) -> str:
    texts = [value if isinstance(value, str) else mark.composite.join(value) for value in row]
    return mark.element.join(texts) + mark.segment


def _split(text: str) -> Iterator[Row]:
    while text:
        if not text.startswith("ISA") or len(text) < _ISA_LENGTH:
            raise InvalidDocument(f"an ISA segment was expected, not {text[:20]!r}")
        element, composite, terminator = text[3], text[104], text[105]
        end = re.search(rf"{re.escape(terminator)}\s*IEA{re.escape(element)}", text)
        if end is None:
            raise InvalidDocument("the interchange has no IEA segment")
        body = text[: end.start()]
        trailer, _, text = text[end.end() :].partition(terminator)
        for segment in [*body.split(terminator), f"IEA{element}{trailer}"]:
            parts = segment.strip("\r\n").split(element)
            if parts[0] == "ISA":
                yield [*parts]
            elif parts[0]:
                yield [tuple(part.split(composite)) if composite in part else part for part in parts]
        text = text.lstrip(" \r\n\t")


def _end_of(rows: Sequence[Row], trailer: str, header: str) -> int:
    if rows[0][0] != header:
        raise InvalidDocument(f"a {header} segment was expected, not {rows[0][0]}")
    for index, row in enumerate(rows):
        if row[0] == trailer:
            return index
    raise InvalidDocument(f"the {header} segment has no {trailer} segment")


def _interchange(rows: list[Row]) -> Interchange:
    isa = [str(value) for value in rows[0]]
    if len(isa) != 17 or any(len(v) != w for v, w in zip(isa[1:], _ISA_WIDTHS, strict=True)):
        raise InvalidDocument("the elements of the ISA segment do not have their fixed widths")
    inner, groups = rows[1:-1], []
    while inner:
        end = _end_of(inner, "GE", "GS")
        groups.append(_group(inner[: end + 1]))
        del inner[: end + 1]
    _must_match("IEA", rows[-1], len(groups), isa[13])
    return Interchange(
        sender=(isa[5].strip(), isa[6].strip()),
        receiver=(isa[7].strip(), isa[8].strip()),
        control_number=_whole(isa[13]),
        acknowledgment=isa[14],
        usage=isa[15],
        groups=tuple(groups),
    )


def _group(rows: list[Row]) -> Group:
    gs = [str(value) for value in rows[0]]
    if len(gs) != 9:
        raise InvalidDocument("the GS segment needs eight elements")
    inner, transactions = rows[1:-1], []
    while inner:
        end = _end_of(inner, "SE", "ST")
        transactions.append(_transaction(inner[: end + 1]))
        del inner[: end + 1]
    _must_match("GE", rows[-1], len(transactions), gs[6])
    return Group(
        functional_id=gs[1],
        sender=gs[2],
        receiver=gs[3],
        day=f"{gs[4][:4]}-{gs[4][4:6]}-{gs[4][6:]}",
        clock=":".join(re.findall("..", gs[5])[:3]),
        control_number=_whole(gs[6]),
        release=gs[8],
        transactions=tuple(transactions),
    )


def _transaction(rows: list[Row]) -> Transaction:
    header = [str(value) for value in rows[0]]
    if len(header) < 3:
        raise InvalidDocument("the ST segment needs two elements")
    return Transaction(set_id=header[1], control_number=header[2], rows=rows)


def _must_match(trailer: str, row: Row, count: int, control_number: str) -> None:
    if len(row) != 3 or _whole(row[1]) != count or _whole(row[2]) != _whole(control_number):
        raise InvalidDocument(
            f"the {trailer} segment does not fit: {count} and {control_number} were expected"
        )


def _whole(value: str | tuple[str, ...]) -> int:
    text = str(value)
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise InvalidDocument(f"{text!r} is not a control number or a count")
    return int(text)
