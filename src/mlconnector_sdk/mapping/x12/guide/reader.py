"""Guide JSON to transaction set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import evolve

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.x12.diagnostics import Diagnostic, Findings, Severity
from mlconnector_sdk.mapping.x12.dictionary import ElementDefinition, dictionary, names
from mlconnector_sdk.mapping.x12.elements import Fault, parse, render
from mlconnector_sdk.mapping.x12.envelope import Transaction
from mlconnector_sdk.mapping.x12.guide.keys import SegmentKey, element_key, segment_key
from mlconnector_sdk.mapping.x12.segment import Element, Segment
from mlconnector_sdk.mapping.x12.structure import Use, set_structure

__all__ = ["read"]

_TABLES = ("heading", "detail", "summary")
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,2}))?)?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)


def read(document: object, *, release: str = "004010", set_id: str = "") -> Transaction:
    """A transaction set from Guide JSON, segments in the order of the standard.

    Names of any release and guide variants are understood; where several keys name one segment their
    contents follow each other in file order. One object stands for an array of one. What has no place, and
    what cannot be understood, becomes a diagnostic of the transaction.

    Args:
        document: The parsed JSON. Numbers must be `int` or `decimal.Decimal`: a float is refused, because it
            may not be the number that was sent (``json.loads(text, parse_float=Decimal)``).
        release: The release whose table is used.
        set_id: The set, where the document may lack its ST segment.

    Raises:
        InvalidDocument: It is no Guide JSON, or not of this set, or of a set without a table.
    """
    if not isinstance(document, Mapping):
        raise InvalidDocument(f"Guide JSON is an object, not {type(document).__name__}")
    if "interchanges" in document:
        raise InvalidDocument(
            "this is the older JEDI form, with 'interchanges', and not Guide JSON",
            path="interchanges",
            remedy="have the sender deliver Guide JSON: heading, detail and summary of one transaction set",
        )
    return _Reader(release).read(document, set_id)


class _Reader:
    def __init__(self, release: str) -> None:
        self.release = release
        self.definitions = dictionary(release)
        self.findings = Findings()
        self.segments: list[Segment] = []

    def read(self, document: Mapping[Any, Any], set_id: str) -> Transaction:
        tables = {table: self._table(document, table) for table in _TABLES}
        header = self._envelope_segment(tables, "ST")
        stated = _shown(header.get("transaction_set_identifier_code_01")) or set_id
        structure = set_structure(stated)
        if set_id and stated != set_id:
            raise InvalidDocument(f"this is a transaction set {stated}, not {set_id}", path="heading")
        if structure is None:
            raise InvalidDocument(
                f"there is no table for transaction set {stated!r}"
                if stated
                else "it names no transaction set",
                path="heading.transaction_set_header_ST",
                remedy="name the set in the call where the document has no ST segment",
            )
        trailer = self._envelope_segment(tables, "SE")
        for key in document:
            if key not in _TABLES:
                self._unknown(str(key))
        for table, content in tables.items():
            self._loop(tuple(use for use in structure.root.uses if use.table == table), content, table)
        number = _control_number(header.get("transaction_set_control_number_02"))
        self._check_trailer(trailer, number)
        return Transaction(
            set_id=stated,
            release=self.release,
            control_number=number,
            segments=tuple(self.segments),
            diagnostics=tuple(self.findings),
        )

    def _table(self, document: Mapping[Any, Any], table: str) -> Mapping[Any, Any]:
        content = document.get(table)
        if isinstance(content, Mapping):
            return content
        if content is not None:
            self._report("not_an_object", Severity.ERROR, f"{table} must be an object", table)
        return {}

    def _envelope_segment(self, tables: Mapping[str, Mapping[Any, Any]], id: str) -> Mapping[Any, Any]:  # noqa: A002 - the segment's id, as everywhere here
        """ST or SE, in whichever table it stands: sets with one table have SE in the heading."""
        for content in tables.values():
            for key, value in content.items():
                known = segment_key(key)
                if known is not None and known.segment_id == id and isinstance(value, Mapping):
                    return value
        return {}

    def _check_trailer(self, trailer: Mapping[Any, Any], number: str) -> None:
        count = _shown(trailer.get("number_of_included_segments_01"))
        if trailer and count != str(len(self.segments) + 2):
            self._report(
                "count",
                Severity.WARNING,
                f"SE says {count or 'no number of'} segments, but {len(self.segments) + 2} were read",
                "summary",
            )
        ended = _control_number(trailer.get("transaction_set_control_number_02"))
        if trailer and ended.lstrip("0") != number.lstrip("0"):
            self._report(
                "control_number", Severity.ERROR, f"SE-02 is {ended!r}, but ST-02 is {number!r}", "summary"
            )

    def _loop(self, uses: tuple[Use, ...], content: Mapping[Any, Any], path: str) -> None:
        """The segments of a loop or table."""
        by_id = {use.id: use for use in uses}
        given: dict[str, list[tuple[SegmentKey, Any, str]]] = {}
        for key, value in content.items():
            known = segment_key(key)
            if known is not None and known.segment_id in ("ST", "SE") and path in _TABLES:
                continue
            if known is None or known.segment_id not in by_id:
                self._unknown(f"{path}.{key}")
                continue
            if known.name not in (names(known.segment_id) or (known.name,)):
                self._report(
                    "key_name", Severity.INFO, f"{key} is read as {known.segment_id}", f"{path}.{key}"
                )
            given.setdefault(known.segment_id, []).append((known, value, f"{path}.{key}"))
        for use in by_id.values():
            for known, value, where in given.get(use.id, ()):
                for index, item in enumerate(value if isinstance(value, list | tuple) else [value]):
                    place = f"{where}[{index}]" if isinstance(value, list | tuple) else where
                    if not isinstance(item, Mapping):
                        self._report("not_an_object", Severity.ERROR, f"{use.id} must be an object", place)
                    elif use.loop is not None and known.loop:
                        self._inner_loop(use, item, place)
                    else:  # a loop of which a guide shows only the first segment, or a plain segment
                        self._segment(use.id, item, place)

    def _inner_loop(self, use: Use, content: Mapping[Any, Any], path: str) -> None:
        before = len(self.segments)
        assert use.loop is not None  # the caller has looked
        self._loop(use.loop.uses, content, path)
        if len(self.segments) == before or self.segments[before].id != use.id:
            self._report("segment_missing", Severity.ERROR, f"the loop does not start with {use.id}", path)

    def _segment(self, segment_id: str, content: Mapping[Any, Any], path: str) -> None:
        definition = self.definitions.get(segment_id)
        if definition is None:
            self._report(
                "segment_not_described",
                Severity.WARNING,
                f"{segment_id} has no definition, so its elements are not read",
                path,
            )
            return
        elements = self._elements(definition.elements, content, path, segment_id)
        self.segments.append(Segment(segment_id, tuple(elements), len(self.segments) + 2))

    def _elements(
        self, definitions: tuple[ElementDefinition, ...], content: Mapping[Any, Any], path: str, owner: str
    ) -> list[Element]:
        by_position = {element.position: element for element in definitions}
        found: dict[int, Element] = {}
        for key, value in content.items():
            known = element_key(key)
            element = by_position.get(known.position) if known else None
            place = f"{path}.{key}"
            if known is None or element is None:
                self._unknown(place)
                continue
            if known.name != element.name and known.name not in names(owner, element.position):
                self._report(
                    "key_name", Severity.INFO, f"{key} is read as {owner}-{element.position:02d}", place
                )
            if element.position in found:
                self._report(
                    "repeated", Severity.ERROR, f"{owner}-{element.position:02d} is given twice", place
                )
            found[element.position] = self._element(value, element, place)
        return [found.get(position, "") for position in range(1, max(found, default=0) + 1)]

    def _element(self, value: object, element: ElementDefinition, path: str) -> Element:
        if value is None:
            self._report("null", Severity.WARNING, "null is read as absent", path)
            return ""
        if element.components:
            if isinstance(value, Mapping):
                parts = self._elements(element.components, value, path, element.type)
                texts = tuple(part if isinstance(part, str) else "" for part in parts)
                return texts if len(texts) > 1 else "".join(texts)
            return self._misfit("must be an object", value, path)
        if isinstance(value, float):
            return self._misfit("is a float: parse the JSON with parse_float=Decimal", value, path)
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            return self._misfit(f"cannot be {type(value).__name__}", value, path)
        if isinstance(value, int) and abs(value) >= 10**30:
            return self._misfit("is too large a number for any element", value, path)
        text = self._text(value, element, path)
        if text:
            checked = parse(text, element)
            if isinstance(checked, Fault):
                return self._misfit(checked.sentence, value, path)
        return text

    def _text(self, value: str | int | Decimal, element: ElementDefinition, path: str) -> str:
        """The text on the wire; what does not fit comes back as it is, and is refused by its type."""
        if element.name == "transaction_set_control_number":
            return _control_number(value) or str(value)
        if element.type in ("AN", "ID"):
            if not isinstance(value, str):
                self._report("number_for_text", Severity.WARNING, "a number is read as text", path)
            return str(value)
        if element.type == "DT":
            match = _DATE.fullmatch(str(value))
            return "".join(match.groups()) if match else str(value)
        if element.type == "TM":
            match = _TIME.fullmatch(str(value))
            return "".join(part or "" for part in match.groups()) if match else str(value)
        if isinstance(value, str):
            if element.type in ("R", "N0") or not re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,9})?", value):
                return value
            value = Decimal(value)  # implied decimals: a text holds the point, as a number would
        # Lengths are a matter for the check of the set; here the number itself must survive.
        text = render(value, evolve(element, minimum=0, maximum=99))
        return text if isinstance(text, str) else str(value)

    def _misfit(self, sentence: str, value: object, path: str) -> str:
        self._report("bad_value", Severity.ERROR, f"the value {sentence}", path)
        return value if isinstance(value, str) else ""

    def _unknown(self, path: str) -> None:
        self._report("unknown_key", Severity.WARNING, "a key that has no place here is not read", path)

    def _report(self, code: str, severity: Severity, sentence: str, path: str) -> None:
        self.findings.add(
            Diagnostic(
                code=code,
                severity=severity,
                sentence=sentence,
                segment_number=len(self.segments) + 1,
                path=path[:300],
            )
        )


def _shown(value: object) -> str:
    """A short value as text; the empty string for anything else, whatever a sender put there."""
    if isinstance(value, str):
        return value[:20]
    return str(value) if isinstance(value, int) and abs(value) < 10**20 else ""


def _control_number(value: object) -> str:
    """ST02 or SE02: a number in most guides, text in some, both in a few."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 999_999_999:
        return f"{value:04d}"
    return value if isinstance(value, str) else ""
