from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.mapping.x12.dictionary import ElementDefinition
from mlconnector_sdk.mapping.x12.elements import Fault, length_fault, parse, render


def element(kind: str, minimum: int = 1, maximum: int = 15) -> ElementDefinition:
    return ElementDefinition(position=1, name="it", type=kind, minimum=minimum, maximum=maximum)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("R", ".6", Decimal("0.6")),
        ("R", "0.60", Decimal("0.6")),
        ("R", "-3", Decimal(-3)),
        ("R", "9.", Decimal(9)),
        ("N0", "-007", -7),
        ("N2", "387530", Decimal("3875.30")),
        ("N2", "-5", Decimal("-0.05")),
        ("DT", "20260302", date(2026, 3, 2)),
        ("DT", "260302", date(2026, 3, 2)),
        ("DT", "500101", date(1950, 1, 1)),
        ("TM", "0958", time(9, 58)),
        ("TM", "095812", time(9, 58, 12)),
        ("TM", "0958123", time(9, 58, 12, 300_000)),
        ("TM", "09581205", time(9, 58, 12, 50_000)),
        ("AN", "  two  ", "  two"),
        ("ID", "EA", "EA"),
    ],
)
def test_parse(kind: str, text: str, value: object) -> None:
    assert parse(text, element(kind)) == value


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("R", "1E3", "not_a_number"),
        ("R", "1,5", "not_a_number"),
        ("R", ".", "not_a_number"),
        ("R", "+1", "not_a_number"),
        ("R", "٣", "not_a_number"),
        ("R", "9" * 5000, "too_long"),
        ("N0", "1.5", "not_a_number"),
        ("N2", "43.48", "not_a_number"),
        ("DT", "20260230", "not_a_date"),
        ("DT", "2026-3-2", "not_a_date"),
        ("DT", "00000101", "not_a_date"),
        ("DT", "-12345", "not_a_date"),
        ("TM", "2400", "not_a_time"),
        ("TM", "095", "not_a_time"),
        ("C001", "EA", "not_simple"),
    ],
)
def test_what_is_not_understood_is_a_fault(kind: str, text: str, code: str) -> None:
    fault = parse(text, element(kind))
    assert isinstance(fault, Fault)
    assert fault.code == code


@pytest.mark.parametrize(
    ("value", "definition", "text"),
    [
        (Decimal("3.150"), element("R"), "3.15"),
        (Decimal("1E+3"), element("R"), "1000"),
        (Decimal("-0.00"), element("R"), "0"),
        (Decimal("0.5"), element("R"), "0.5"),
        (Decimal("-0.123"), element("R", maximum=3), "-.123"),
        (Decimal("3875.30"), element("N2"), "387530"),
        (Decimal("3875.300"), element("N2"), "387530"),
        (Decimal(0), element("N2"), "0"),
        (12, element("N0", 9, 9), "000000012"),
        (date(26, 3, 2), element("DT", 8, 8), "00260302"),
        (date(2026, 3, 2), element("DT", 6, 6), "260302"),
        (time(9, 58), element("TM", 4, 8), "0958"),
        (time(9, 58, 7), element("TM", 4, 8), "095807"),
        (time(9, 58, 7, 120_000), element("TM", 4, 8), "09580712"),
        (time(9, 58, 7), element("TM", 4, 4), "0958"),
        ("  leading", element("AN"), "  leading"),
    ],
)
def test_render(value: Any, definition: ElementDefinition, text: str) -> None:
    assert render(value, definition) == text


@pytest.mark.parametrize(
    ("value", "definition", "code"),
    [
        ("ea", element("ID", 2, 2), "not_a_code"),
        ("E A", element("ID", 2, 3), "not_a_code"),
        ("EAX", element("ID", 2, 2), "too_long"),
        ("E", element("ID", 2, 2), "too_short"),
        ("x" * 16, element("AN"), "too_long"),
        ("two ", element("AN"), "trailing_blank"),
        ("a\nb", element("AN"), "bad_character"),
        ("café", element("AN"), "bad_character"),
        (7, element("AN"), "not_text"),
        (Decimal("1.234"), element("N2"), "too_many_decimals"),
        (Decimal("0.5"), element("N0"), "too_many_decimals"),
        (Decimal("1234567890123456"), element("R"), "too_long"),
        (Decimal("NaN"), element("R"), "not_a_number"),
        (Decimal("Infinity"), element("R"), "not_a_number"),
        (Decimal("1E+999999"), element("R"), "not_a_number"),
        (True, element("R"), "not_a_number"),
        (1.5, element("R"), "not_a_number"),
        ("24", element("R"), "not_a_number"),
        (datetime(2026, 3, 2), element("DT", 8, 8), "not_a_date"),
        ("20260302", element("DT", 8, 8), "not_a_date"),
        (date(1949, 1, 1), element("DT", 6, 6), "not_a_date"),
        (time(9, 58, 7, 1), element("TM", 4, 8), "not_a_time"),
    ],
)
def test_what_cannot_be_written_is_a_fault(value: Any, definition: ElementDefinition, code: str) -> None:
    fault = render(value, definition)
    assert isinstance(fault, Fault)
    assert fault.code == code


def test_sign_and_point_do_not_count() -> None:
    assert length_fault("-12.5", element("R", maximum=3)) is None
    assert length_fault("-12.55", element("R", maximum=3)) is not None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_numbers_survive_exactly(value: Decimal) -> None:
    text = render(value, element("R"))
    assert isinstance(text, str)
    assert parse(text, element("R")) == value


@given(st.integers(-(10**12), 10**12), st.integers(0, 9))
def test_implied_decimals_survive_exactly(value: int, places: int) -> None:
    number = Decimal(value).scaleb(-places)
    text = render(number, element(f"N{places}"))
    assert isinstance(text, str)
    assert parse(text, element(f"N{places}")) == number


@given(st.text(), st.sampled_from(["AN", "ID", "N0", "N2", "R", "DT", "TM"]))
def test_parse_never_raises(text: str, kind: str) -> None:
    parse(text, element(kind))
