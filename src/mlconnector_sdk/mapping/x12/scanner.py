"""The scanner: from bytes or text to segments with positions.

Delimiters come from each ISA segment, as the standard has it. Bytes are scanned one character per byte, so
that offsets are bytes and any byte may be a delimiter; a segment beyond ASCII is then decoded as UTF-8, and
where that fails as Windows-1252.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.x12.delimiters import Delimiters
from mlconnector_sdk.mapping.x12.diagnostics import Diagnostic, Findings, Severity
from mlconnector_sdk.mapping.x12.segment import Element, Repeated, Segment

__all__ = ["Header", "Scanner"]

_ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
_ISA_REACH = 1000
"""How far the sixteen separators of an unpadded ISA are looked for."""
_LONGEST_SEGMENT = 1_000_000
"""Longer than any segment of a text set: beyond it the terminator is lost, not merely late."""

_ISA = re.compile(r"(?<![A-Za-z0-9])ISA(?=[^A-Za-z0-9 ])")
_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BLANKS = " \t\r\n"


@frozen(kw_only=True)
class Header:
    """An ISA segment: its elements as transmitted, padding included, and what it says about delimiters."""

    segment: Segment
    delimiters: Delimiters


class Scanner:
    """Walks through a text once.

    Args:
        data: Text, or bytes.
        findings: Where to report.

    Raises:
        InvalidDocument: The bytes are UTF-16.
    """

    def __init__(self, data: str | bytes, findings: Findings) -> None:
        self.findings = findings
        self._bytes = not isinstance(data, str)
        if isinstance(data, str):
            self._text = data
            self._position = 1 if data.startswith("\ufeff") else 0
        else:
            if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise InvalidDocument("the file is UTF-16", remedy="save it as UTF-8 or ASCII")
            self._text = bytes(data).decode("latin-1")
            self._position = 3 if data[:3] == b"\xef\xbb\xbf" else 0
        self._number = 0
        self._delimiters = Delimiters()
        self._skipped = self._ended = re.compile("")

    def header(self) -> Header | None:
        """The next ISA segment; None at the end of the text. What stands before it is reported.

        Raises:
            InvalidDocument: The segment is cut off, or names impossible delimiters.
        """
        match = _ISA.search(self._text, self._position)
        start = match.start() if match else len(self._text)
        between = self._text[self._position : start].strip(_BLANKS)
        if between:
            self._report(
                "text_outside_interchange",
                Severity.WARNING,
                f"{len(between)} characters that belong to no interchange, starting with {between[:20]!r}",
                self._position,
            )
        self._position = start
        return self._isa(start) if match else None

    def segment(self) -> Segment | None:
        """The next segment; None at the end of the text, or where a new ISA begins (`header` reads it)."""
        while True:
            self._skip()
            start = self._position
            if start >= len(self._text) or _ISA.match(self._text, start):
                return None
            match = self._ended.search(self._text, start)
            end = match.start() if match else len(self._text)
            if match is None:
                self._report(
                    "terminator_missing",
                    Severity.WARNING,
                    "the last segment does not end with a terminator: the file may be cut off",
                    start,
                )
            self._position = end + 1
            if end - start > _LONGEST_SEGMENT:
                self._report(
                    "segment_too_long",
                    Severity.ERROR,
                    f"a segment of {end - start} characters is left out: its terminator is probably lost",
                    start,
                )
                continue
            self._number += 1
            return self._segment(self._text[start:end], start)

    def _isa(self, start: int) -> Header:
        separator = self._text[start + 3]
        elements = self._fixed(start, separator)
        padded = elements is not None
        if elements is None:
            elements = self._text[start + 4 : start + _ISA_REACH].split(separator, 15)[:15]
        end = start + 4 + sum(len(element) + 1 for element in elements)
        characters = self._text[end : end + 2]
        if len(elements) < 15 or len(characters) < 2:
            raise InvalidDocument(
                f"the ISA segment at offset {start} is cut off: it must have 16 elements and a terminator",
                path="ISA",
                remedy="ask for the whole file",
            )
        repetition = _repetition(elements, used=separator + characters)
        self._delimiters = Delimiters(
            element=separator, component=characters[0], segment=characters[1], repetition=repetition
        )
        terminator = "\r\n" if characters[1] in "\r\n" else re.escape(characters[1])
        self._ended = re.compile(f"[{terminator}]")
        self._skipped = re.compile(f"[{_BLANKS}{terminator}]*")
        self._position = end + 2
        self._number += 1
        segment = Segment("ISA", (*elements, characters[0]), self._number, start)
        if not padded:
            self._report_widths(segment, start)
        return Header(segment=segment, delimiters=self._delimiters)

    def _fixed(self, start: int, separator: str) -> list[str] | None:
        """The first 15 elements by their fixed widths; None where a separator is not in its place."""
        elements = []
        at = start + 4
        for width in _ISA_WIDTHS[:15]:
            if self._text[at + width : at + width + 1] != separator:
                return None
            elements.append(self._text[at : at + width])
            at += width + 1
        return elements

    def _report_widths(self, segment: Segment, start: int) -> None:
        for position, width in enumerate(_ISA_WIDTHS, 1):
            length = len(segment.text(position))
            if length != width:
                self.findings.add(
                    Diagnostic(
                        code="isa_width",
                        severity=Severity.WARNING,
                        sentence=f"ISA-{position:02d} has {length} characters instead of {width}",
                        segment_id="ISA",
                        segment_number=segment.number,
                        element=position,
                        offset=start,
                        path=f"ISA-{position:02d}",
                    )
                )

    def _skip(self) -> None:
        """Move over blanks, line breaks and terminators of empty segments."""
        match = self._skipped.match(self._text, self._position)
        if match is None:
            return
        terminator = self._delimiters.segment
        if terminator not in "\r\n" and terminator in match[0]:
            self._report("segment_empty", Severity.WARNING, "an empty segment is passed over", self._position)
        self._position = match.end()

    def _segment(self, text: str, start: int) -> Segment:
        delimiters = self._delimiters
        name, *texts = text.rstrip("\r\n").split(delimiters.element)
        elements: list[Element] = list(texts)
        if delimiters.component in text or (delimiters.repetition and delimiters.repetition in text):
            elements = [_element(part, delimiters) for part in texts]
        if self._bytes and not text.isascii():
            elements = [self._decoded(element, start) for element in elements]
        segment = Segment(name, tuple(elements), self._number, start)
        if not _ID.fullmatch(name):
            self._report("segment_id", Severity.ERROR, f"{name[:20]!r} is not a segment id", start, segment)
        if _CONTROL.search(text) and any(_CONTROL.search(value) for value in _values(elements)):
            self._report(
                "control_character",
                Severity.ERROR,
                f"{name[:3]} holds a control character or a line break: "
                "another terminator, or a value that was broken over two lines",
                start,
                segment,
            )
        return segment

    def _decoded(self, element: Element, start: int) -> Element:
        if isinstance(element, Repeated):
            return Repeated(tuple(self._decoded(value, start) for value in element.values))  # type: ignore[misc]  # a value of a repetition is never one itself
        if isinstance(element, tuple):
            return tuple(self._decoded_text(part, start) for part in element)
        return self._decoded_text(element, start)

    def _decoded_text(self, text: str, start: int) -> str:
        raw = text.encode("latin-1")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self._report(
                "encoding", Severity.INFO, "a segment is not UTF-8; it is read as Windows-1252", start
            )
        try:
            return raw.decode("cp1252")
        except UnicodeDecodeError:
            return text  # five bytes have no meaning in Windows-1252: as Latin-1 they are at least kept

    def _report(
        self, code: str, severity: Severity, sentence: str, offset: int, segment: Segment | None = None
    ) -> None:
        self.findings.add(
            Diagnostic(
                code=code,
                severity=severity,
                sentence=sentence,
                segment_id=segment.id[:3] if segment else "",
                segment_number=self._number,
                offset=offset,
            )
        )


def _repetition(elements: list[str], used: str) -> str:
    """ISA11 is the repetition separator from 00402 on, if it can be one; some partners leave ``U`` there."""
    character, version = elements[10], elements[11]
    if version < "00402" or len(character) != 1 or character.isalnum() or character in used + " ":
        return ""
    return character


def _element(text: str, delimiters: Delimiters) -> Element:
    if delimiters.repetition and delimiters.repetition in text:
        return Repeated(tuple(_components(part, delimiters) for part in text.split(delimiters.repetition)))
    return _components(text, delimiters)


def _components(text: str, delimiters: Delimiters) -> str | tuple[str, ...]:
    if delimiters.component not in text:
        return text
    parts = text.rstrip(delimiters.component).split(delimiters.component)
    return tuple(parts) if len(parts) > 1 else parts[0]


def _values(elements: list[Element]) -> Iterator[str]:
    for element in elements:
        for value in element.values if isinstance(element, Repeated) else (element,):
            yield from (value,) if isinstance(value, str) else value
