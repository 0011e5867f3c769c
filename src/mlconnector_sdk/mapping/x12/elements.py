"""Element values: the types of the standard, between text and Python.

``AN`` and ``ID`` are `str`, ``N0`` is `int`, ``N2`` and ``R`` are `decimal.Decimal`, ``DT`` is
`datetime.date`, ``TM`` is `datetime.time`. Both directions answer with a `Fault` instead of raising, so
that a writer can refuse, a reader can report, and both can say where.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeAlias

from attrs import frozen

from mlconnector_sdk.mapping.x12.dictionary import ElementDefinition

__all__ = ["Fault", "Value", "length_fault", "parse", "render"]

Value: TypeAlias = str | int | Decimal | date | time
"""What an element holds, in Python."""

_LONGEST_NUMBER = 40
"""No element has more than 18 digits; a text far beyond that is not converted, only reported."""

_R = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_N = re.compile(r"-?[0-9]+")
_CODE = re.compile(r"[A-Z0-9]+")
_PRINTABLE = re.compile(r"[ -~]*")
_TIME = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])(?:([0-5][0-9])([0-9]{0,2}))?")


@frozen
class Fault:
    """Why a value does not fit: a stable code, and a sentence that continues "PO1-02 ..."."""

    code: str
    sentence: str


def parse(text: str, element: ElementDefinition) -> Value | Fault:
    """The value of an element, from its text.

    Lengths are not judged here (see `length_fault`): a value that is too long is still understood.
    Trailing blanks are no part of a value.
    """
    text = text.rstrip(" ")
    kind = element.type
    if kind in ("AN", "ID"):
        return text
    if len(text) > _LONGEST_NUMBER:
        return Fault("too_long", f"holds {len(text)} characters, at most {element.maximum} are allowed")
    if kind == "R":
        return Decimal(text) if _R.fullmatch(text) else Fault("not_a_number", f"{text!r} is not a number")
    if kind.startswith("N"):
        if not _N.fullmatch(text):
            return Fault("not_a_number", f"{text!r} is not an integer" + _implied(kind))
        return int(text) if kind == "N0" else Decimal(f"{text}E-{kind[1]}")
    if kind == "DT":
        return _date(text)
    if kind == "TM":
        return _time(text)
    return Fault("not_simple", "is a composite, not a simple value")


def render(value: Value, element: ElementDefinition) -> str | Fault:
    """The text of an element, exactly as the standard wants it, or why there is none.

    Nothing is cut, rounded, upper-cased or replaced.
    """
    kind = element.type
    if kind in ("AN", "ID"):
        text = _text(value, kind)
    elif kind == "DT":
        text = _write_date(value, element)
    elif kind == "TM":
        text = _write_time(value, element)
    elif kind == "R":
        text = _write_number(value, element.maximum)
    elif kind.startswith("N"):
        text = _write_implied(value, int(kind[1]), element.minimum)
    else:
        text = Fault("not_simple", "is a composite, not a simple value")
    return text if isinstance(text, Fault) else length_fault(text, element) or text


def length_fault(text: str, element: ElementDefinition) -> Fault | None:
    """Whether a text is too short or too long for its element."""
    length = len(text)
    if element.type[0] in "RN":
        length -= text.count("-") + text.count(".")
    if length > element.maximum:
        return Fault("too_long", f"holds {length} characters, at most {element.maximum} are allowed")
    if length < element.minimum:
        return Fault("too_short", f"holds {length} characters, at least {element.minimum} are needed")
    return None


def _implied(kind: str) -> str:
    decimals = int(kind[1])
    return f" with {decimals} implied decimals" if decimals else ""


def _date(text: str) -> date | Fault:
    digits = text
    if len(text) == 6 and _N.fullmatch(text):
        digits = ("20" if text < "50" else "19") + text  # the two-digit window of release 003xxx
    if len(digits) == 8 and digits.isascii() and digits.isdigit():
        try:
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        except ValueError:  # a month or a day that no calendar has
            pass
    return Fault("not_a_date", f"{text!r} is not a date (CCYYMMDD)")


def _time(text: str) -> time | Fault:
    match = _TIME.fullmatch(text)
    if match is None:
        return Fault("not_a_time", f"{text!r} is not a time of day (HHMM, HHMMSS, HHMMSSDD)")
    fraction = int(match[4].ljust(2, "0")) if match[4] else 0
    return time(int(match[1]), int(match[2]), int(match[3] or 0), fraction * 10_000)


def _text(value: Value, kind: str) -> str | Fault:
    if not isinstance(value, str):
        return Fault("not_text", f"must be text, not {type(value).__name__}")
    shown = value if len(value) <= 40 else value[:37] + "..."
    if kind == "ID":
        fits = _CODE.fullmatch(value)
        return value if fits else Fault("not_a_code", f"{shown!r} is not a code (A-Z, 0-9, upper case)")
    if not _PRINTABLE.fullmatch(value):
        return Fault("bad_character", f"{shown!r} holds characters beyond printable ASCII")
    if value.endswith(" "):
        return Fault("trailing_blank", f"{shown!r} ends with a blank, which a reader would drop")
    return value


def _decimal(value: Value) -> Decimal | Fault:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return Fault("not_a_number", f"must be a Decimal or an int, not {type(value).__name__}")
    number = Decimal(value)
    if not number.is_finite() or abs(int(number.as_tuple().exponent)) > _LONGEST_NUMBER:
        return Fault("not_a_number", f"{value} cannot be written as a number")
    return number


def _write_number(value: Value, maximum: int) -> str | Fault:
    number = _decimal(value)
    if isinstance(number, Fault):
        return number
    if number == 0:
        return "0"  # also for -0
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if len(text) - text.count("-") - text.count(".") > maximum:
        text = text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text
    return text


def _write_implied(value: Value, decimals: int, minimum: int) -> str | Fault:
    number = _decimal(value)
    if isinstance(number, Fault):
        return number
    sign, digits, exponent = number.as_tuple()
    scaled = Decimal((sign, digits, int(exponent) + decimals))  # exact, unlike arithmetic
    whole = int(scaled)
    if whole != scaled:
        return Fault("too_many_decimals", f"{value} has more than {decimals} decimals")
    return ("-" if whole < 0 else "") + str(abs(whole)).zfill(minimum)


def _write_date(value: Value, element: ElementDefinition) -> str | Fault:
    if not isinstance(value, date) or isinstance(value, datetime):
        return Fault("not_a_date", f"must be a date, not {type(value).__name__}")
    if element.maximum == 8:
        return f"{value.year:04d}{value.month:02d}{value.day:02d}"
    if not 1950 <= value.year <= 2049:
        return Fault("not_a_date", f"{value} cannot be written with a two-digit year")
    return f"{value.year % 100:02d}{value.month:02d}{value.day:02d}"


def _write_time(value: Value, element: ElementDefinition) -> str | Fault:
    if not isinstance(value, time):
        return Fault("not_a_time", f"must be a time of day, not {type(value).__name__}")
    text = f"{value.hour:02d}{value.minute:02d}"
    if element.maximum == 4:
        return text  # ISA10 has no room for seconds
    if value.microsecond:
        if value.microsecond % 10_000:
            return Fault("not_a_time", f"{value} is finer than hundredths of a second")
        return text + f"{value.second:02d}{value.microsecond // 10_000:02d}"
    return text + (f"{value.second:02d}" if value.second else "")
