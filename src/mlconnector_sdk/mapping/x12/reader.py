"""The reader: interchanges, groups and transaction sets out of a file, with everything that is wrong.

It checks the envelopes: trailers, counts and control numbers. What is inside a set is checked by
`validation.check`, and read into documents by `purchase_order` and `order_acknowledgment`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import evolve

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.x12.diagnostics import Diagnostic, Findings, Severity
from mlconnector_sdk.mapping.x12.dictionary import RELEASES
from mlconnector_sdk.mapping.x12.envelope import (
    GroupHeader,
    Identity,
    InterchangeHeader,
    Reading,
    Transaction,
)
from mlconnector_sdk.mapping.x12.scanner import Header, Scanner
from mlconnector_sdk.mapping.x12.segment import Segment
from mlconnector_sdk.mapping.x12.structure import set_structure
from mlconnector_sdk.mapping.x12.validation import check

__all__ = ["read"]


def read(data: str | bytes, *, strict: bool = False) -> Reading:
    """Read a file: any number of interchanges, groups and transaction sets.

    By default it is lenient: it reads on after a mistake, keeps every segment and reports what it found,
    on the transaction it concerns or on the reading. A set whose end is missing, or that holds something
    that cannot be understood, carries a diagnostic of severity ERROR, and no document is made of it.

    Args:
        data: Text, or bytes (UTF-8, else Windows-1252). Offsets in diagnostics count the same units.
        strict: Refuse whatever is not as the standard has it, also inside the sets that have a table.

    Raises:
        InvalidDocument: There is no interchange in it, or an ISA segment is unusable; in strict mode the
            first finding that is more than information.

    Example:
        >>> from mlconnector_sdk.mapping import x12
        >>> text = (
        ...     "ISA*00*          *00*          *ZZ*ACMESUPPLY     *ZZ*PLEXBUYER      "
        ...     "*260303*0958*U*00401*000000012*0*T*>~GS*PR*ACMESUPPLY*PLEXBUYER*20260303*0958*12*X*004010~"
        ...     "ST*855*0001~BAK*00*AK*7731*20260302****S-5501*20260303~SE*3*0001~GE*1*12~IEA*1*000000012~"
        ... )
        >>> reading = x12.read(text)
        >>> [acknowledgment] = [x12.order_acknowledgment(t) for t in reading.transactions]
        >>> acknowledgment.number, acknowledgment.decision.value, acknowledgment.supplier_reference
        ('7731', 'accepted', 'S-5501')
    """
    reader = _Reader(data, strict)
    transactions = tuple(reader.transactions())
    if not reader.interchanges:
        raise InvalidDocument(
            "there is no X12 interchange in it: no ISA segment was found",
            remedy="check that this is the right file and that it is not encrypted or compressed",
        )
    return Reading(
        transactions=transactions,
        interchanges=tuple(reader.interchanges),
        diagnostics=tuple(reader.findings),
    )


class _Reader:
    """Holds what is open while a file is read: interchange, group, set."""

    def __init__(self, data: str | bytes, strict: bool) -> None:
        self.strict = strict
        self.findings = self.outer_findings = Findings(strict)
        self.scanner = Scanner(data, self.findings)
        self.interchanges: list[InterchangeHeader] = []
        self.interchange_numbers: set[str] = set()
        self.interchange: InterchangeHeader | None = None
        self.group: GroupHeader | None = None
        self.group_numbers: set[str] = set()
        self.set_header: Segment | None = None
        self.set_numbers: set[str] = set()
        self.segments: list[Segment] = []
        self.groups = 0
        self.sets = 0

    def transactions(self) -> Iterator[Transaction]:
        while (header := self._header()) is not None:
            self._open_interchange(header)
            while (segment := self.scanner.segment()) is not None:
                if self.findings.full:
                    yield from self._close_set(None)
                    return
                yield from self._take(segment)
                if self.interchange is None:
                    break
            yield from self._close_interchange(None)

    def _header(self) -> Header | None:
        try:
            return self.scanner.header()
        except InvalidDocument as error:
            if not self.interchanges or self.strict:
                raise
            self._report("isa_unusable", Severity.ERROR, f"reading stops: {error.message}")
            return None

    def _take(self, segment: Segment) -> Iterator[Transaction]:
        match segment.id:
            case "GS":
                yield from self._close_group(None)
                self._open_group(segment)
            case "ST":
                yield from self._close_set(None)
                self._open_set(segment)
            case "SE":
                if self.set_header is None:
                    self._report("st_missing", Severity.ERROR, "SE without ST", segment)
                yield from self._close_set(segment)
            case "GE":
                yield from self._close_group(segment)
            case "IEA":
                yield from self._close_interchange(segment)
            case _ if self.set_header is not None:
                self.segments.append(segment)
            case "TA1":
                self._report("ta1", Severity.INFO, "an interchange acknowledgment (TA1) is not read", segment)
            case _:
                self._report(
                    "segment_outside_set",
                    Severity.ERROR,
                    f"{segment.id[:3]} stands outside any transaction set",
                    segment,
                )

    def _open_interchange(self, header: Header) -> None:
        texts = ["", *(header.segment.text(position).strip(" ") for position in range(1, 17))]
        self.interchange = InterchangeHeader(
            sender=Identity(qualifier=texts[5], id=texts[6]),
            receiver=Identity(qualifier=texts[7], id=texts[8]),
            authorization=(texts[1], texts[2], texts[3], texts[4]),
            date=texts[9],
            time=texts[10],
            version=texts[12],
            control_number=texts[13],
            acknowledgment_requested=texts[14],
            usage=texts[15],
            delimiters=header.delimiters,
            offset=header.segment.offset or 0,
        )
        self.interchanges.append(self.interchange)
        key = "*".join((texts[6], texts[8], texts[13].lstrip("0")))
        self._check_repeated(self.interchange_numbers, key, "ISA-13", header.segment)
        self.groups = 0
        self.group_numbers = set()

    def _close_interchange(self, trailer: Segment | None) -> Iterator[Transaction]:
        yield from self._close_group(None)
        if self.interchange is None:
            return
        if trailer is None:
            self._report("iea_missing", Severity.ERROR, "the interchange has no end: IEA is missing")
        else:
            self._check_trailer(trailer, self.groups, self.interchange.control_number, "ISA-13")
        self.interchange = None

    def _open_group(self, header: Segment) -> None:
        texts = [header.text(position) for position in range(1, 9)]
        self.group = GroupHeader(
            functional_id=texts[0],
            sender=texts[1].rstrip(" "),
            receiver=texts[2].rstrip(" "),
            date=texts[3],
            time=texts[4],
            control_number=texts[5],
            agency=texts[6],
            version=texts[7].rstrip(" "),
        )
        self.groups += 1
        self.sets = 0
        self.set_numbers = set()
        self._check_repeated(self.group_numbers, texts[5].lstrip("0"), "GS-06", header)

    def _close_group(self, trailer: Segment | None) -> Iterator[Transaction]:
        yield from self._close_set(None)
        if self.group is None:
            if trailer is not None:
                self._report("gs_missing", Severity.ERROR, "GE without GS", trailer)
            return
        if trailer is None:
            self._report("ge_missing", Severity.ERROR, "the group has no end: GE is missing")
        else:
            self._check_trailer(trailer, self.sets, self.group.control_number, "GS-06")
        self.group = None

    def _open_set(self, header: Segment) -> None:
        self.set_header = header
        self.segments = []
        self.sets += 1
        self.outer_findings, self.findings = self.findings, Findings(self.strict)
        self.scanner.findings = self.findings
        self._check_repeated(self.set_numbers, header.text(2).lstrip("0"), "ST-02", header)

    def _close_set(self, trailer: Segment | None) -> Iterator[Transaction]:
        header = self.set_header
        if header is None:
            return
        if trailer is None:
            self._report(
                "se_missing", Severity.ERROR, "the transaction set has no end: SE is missing", header
            )
        else:
            self._check_trailer(trailer, len(self.segments) + 2, header.text(2), "ST-02")
        transaction = Transaction(
            set_id=header.text(1),
            control_number=header.text(2),
            release=self._release(header),
            segments=tuple(self.segments),
            interchange=self.interchange,
            group=self.group,
        )
        if self.strict and set_structure(transaction.set_id) and transaction.release in RELEASES:
            for diagnostic in check(transaction):
                self.findings.add(diagnostic)
        diagnostics = tuple(self.findings)
        self.set_header = None
        self.findings = self.scanner.findings = self.outer_findings
        yield evolve(transaction, diagnostics=diagnostics)

    def _release(self, header: Segment) -> str:
        """The release of the open group; never taken from ISA12, which often says something else."""
        if self.group is None:
            self._report(
                "gs_missing", Severity.ERROR, "the set stands in no group: its release is unknown", header
            )
            return ""
        structure = set_structure(header.text(1))
        if structure is not None and self.group.functional_id != structure.functional_id:
            self._report(
                "functional_id",
                Severity.WARNING,
                f"a set {structure.id} in a group {self.group.functional_id!r} "
                f"instead of {structure.functional_id}",
                header,
            )
        if re.match(r"[0-9]{6}", self.group.version):
            return self.group.version[:6]
        self._report(
            "release",
            Severity.ERROR,
            f"GS-08 is {self.group.version!r}, which is no release such as 004010",
            header,
        )
        return ""

    def _check_trailer(self, trailer: Segment, count: int, control_number: str, opened_by: str) -> None:
        stated = trailer.text(1).strip(" ")
        if stated.lstrip("0") != str(count).lstrip("0") or not stated:
            self._report(
                "count",
                Severity.WARNING,
                f"{trailer.id}-01 says {stated[:20] or 'nothing'}, but {count} were counted",
                trailer,
                element=1,
            )
        number = trailer.text(2).strip(" ")
        if number.lstrip("0") != control_number.strip(" ").lstrip("0"):
            self._report(
                "control_number",
                Severity.ERROR,
                f"{trailer.id}-02 is {number[:20]!r}, but {opened_by} is {control_number[:20]!r}",
                trailer,
                element=2,
            )

    def _check_repeated(self, seen: set[str], number: str, where: str, segment: Segment) -> None:
        if number in seen:
            self._report(
                "control_number_repeated", Severity.WARNING, f"{where} was used before in this file", segment
            )
        seen.add(number)

    def _report(
        self, code: str, severity: Severity, sentence: str, segment: Segment | None = None, element: int = 0
    ) -> None:
        self.findings.add(
            Diagnostic(
                code=code,
                severity=severity,
                sentence=sentence,
                segment_id=segment.id[:3] if segment else "",
                segment_number=segment.number if segment else 0,
                element=element,
                offset=segment.offset if segment else None,
                path=(f"{segment.id[:3]}-{element:02d}" if element else segment.id[:3]) if segment else "",
            )
        )
