"""Single values, between the wire and Guide JSON, and what the table says about them.

Values of Guide JSON are typed: numbers are numbers, also those with implied decimals, dates are ISO text
(Stedi's documentation and public guides).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from typing import Any, NoReturn

from mlconnector_sdk.errors import RequestRefused
from mlconnector_sdk.simulators.stedi.segments import Element

__all__ = ["broken_notes", "flaw", "to_json", "to_wire"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d\d))?)?", re.ASCII)
_REAL = re.compile(r"-?(?:\d+\.?\d*|\.\d+)", re.ASCII)


def flaw(code: str, message: str, path: str = "") -> RequestRefused:
    """What is wrong with a transaction: ``code`` in the style of Stedi's translation errors."""
    return RequestRefused(message, vendor="stedi", status=400, code=code, path=path)


def to_wire(element: Element, value: Any, reserved: str) -> str:
    """A value of Guide JSON as it is written into a segment.

    Args:
        element: What the table says about it.
        value: As read from JSON, numbers as `Decimal` or `int`.
        reserved: The delimiters of the file, which no value may contain.

    Raises:
        RequestRefused: The value has the wrong type, length or characters, or a code nobody knows.
    """
    if isinstance(value, bool) or value is None:
        _mistyped(element, value)
    match element.type:
        case "R":
            text = _number(element, value)
        case "N0":
            if not isinstance(value, int):
                _mistyped(element, value)
            text = str(value).rjust(element.least, "0") if value >= 0 else str(value)
        case "N2":
            text = _cents(element, value)
        case "DT":
            text = _day(element, value)
        case "TM":
            text = _clock(element, value)
        case _:
            text = _text(element, value, reserved)
    _check_length(element, text)
    return text


def to_json(element: Element, text: str) -> Any:
    """A value of a segment as Guide JSON has it.

    Raises:
        RequestRefused: It is not of its type, too long or too short, or a code nobody knows.
    """
    _check_length(element, text)
    match element.type:
        case "R":
            if not _REAL.fullmatch(text):
                raise flaw("invalid_number", f"{text!r} is not a decimal number")
            return _plain(Decimal(text))
        case "N0" | "N2":
            if not re.fullmatch(r"-?\d+", text, re.ASCII):
                raise flaw("invalid_number", f"{text!r} is not a whole number")
            return int(text) if element.type == "N0" else _plain(Decimal(text).scaleb(-2))
        case "DT":
            return _read_day(element, text)
        case "TM":
            return _read_clock(element, text)
    if element.codes is not None and text not in element.codes:
        raise flaw("invalid_code", f"{text!r} is not a code of this guide")
    return text


def broken_notes(notes: Iterable[str], present: set[int]) -> list[str]:
    """The syntax notes that a segment with these element positions breaks."""
    return [note for note in notes if not _holds(note[0], _positions(note), present)]


def _positions(note: str) -> list[int]:
    return [int(note[at : at + 2]) for at in range(1, len(note), 2)]


def _holds(kind: str, positions: list[int], present: set[int]) -> bool:
    there = [position in present for position in positions]
    match kind:
        case "P":
            return all(there) or not any(there)
        case "R":
            return any(there)
        case "E":
            return sum(there) <= 1
        case "C":
            return not there[0] or all(there)
        case "L":
            return not there[0] or any(there[1:])
    raise AssertionError(f"the table has a note of kind {kind!r}")


def _mistyped(element: Element, value: Any) -> NoReturn:
    wanted = {"R": "a number", "N0": "a whole number", "N2": "a number", "DT": "a date"}
    raise flaw("invalid_type", f"{wanted.get(element.type, 'text')} was expected, not {value!r}")


def _number(element: Element, value: Any) -> str:
    if not isinstance(value, int | Decimal):
        _mistyped(element, value)
    text = format(_plain(Decimal(value)), "f")
    return text.rjust(element.least, "0") if element.least > 1 else text


def _cents(element: Element, value: Any) -> str:
    if not isinstance(value, int | Decimal):
        _mistyped(element, value)
    cents = Decimal(value).scaleb(2)
    if cents != cents.to_integral_value():
        raise flaw("too_many_decimals", f"{value} has more than two decimals")
    return str(int(cents))


def _day(element: Element, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        _mistyped(element, value)
    try:
        return date.fromisoformat(value).isoformat().replace("-", "")
    except ValueError as problem:
        raise flaw("invalid_date", f"{value!r} is not a day of the calendar") from problem


def _clock(element: Element, value: Any) -> str:
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        _mistyped(element, value)
    hours, minutes, seconds, hundredths = match.groups()
    if int(hours) > 23 or int(minutes) > 59 or int(seconds or 0) > 59:
        raise flaw("invalid_time", f"{value!r} is not a time of day")
    return hours + minutes + (seconds or "") + (hundredths or "")


def _text(element: Element, value: Any, reserved: str) -> str:
    if not isinstance(value, str):
        _mistyped(element, value)
    if _CONTROL.search(value) or any(character in reserved for character in value):
        raise flaw("invalid_character", f"{value!r} contains a delimiter or a control character")
    if element.codes is not None and value not in element.codes:
        raise flaw("invalid_code", f"{value!r} is not one of the codes of this guide")
    return value


def _check_length(element: Element, text: str) -> None:
    numeric = element.type in ("R", "N0", "N2")
    length = len(re.sub(r"[^0-9]", "", text)) if numeric else len(text)
    if not element.least <= length <= element.most:
        code = "data_element_too_long" if length > element.most else "data_element_too_short"
        allowed = f"{element.least} to {element.most}"
        raise flaw(code, f"{text!r} has {length} characters, allowed are {allowed}")


def _plain(value: Decimal) -> Decimal:
    """Without trailing zeros after the point, and without an exponent."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def _read_day(element: Element, text: str) -> str:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
    except ValueError as problem:
        raise flaw("invalid_date", f"{text!r} is not a day of the calendar") from problem


def _read_clock(element: Element, text: str) -> str:
    try:
        time(int(text[:2]), int(text[2:4]), int(text[4:6] or 0))
    except ValueError as problem:
        raise flaw("invalid_time", f"{text!r} is not a time of day") from problem
    parts = [text[:2], text[2:4], text[4:6]]
    clock = ":".join(part for part in parts if part)
    return f"{clock}.{text[6:]}" if len(text) > 6 else clock
