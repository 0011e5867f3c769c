"""98 of 100 confirmed: accept, or flag?"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.mapping.tolerance import Margin, Tolerance


@pytest.mark.parametrize(
    ("text", "confirmed", "accepted"),
    [
        ("0", "100", True),
        ("0", "99.999", False),
        ("0%", "100.001", False),
        ("2%", "98", True),
        ("2%", "97.999", False),
        ("2 %", "102", True),
        ("2%", "102.001", False),
        ("5", "95", True),
        ("5", "94", False),
        (" 5 ", "105", True),
        ("-2%", "98", True),
        ("-2%", "101", False),
        ("-2", "98", True),
        ("-2", "100.1", False),
        ("+5", "105", True),
        ("+5", "99", False),
        ("-2% +5", "98", True),
        ("-2% +5", "97", False),
        ("-2%+5", "105", True),
        ("-10 +0%", "90", True),
        ("100", "0", False),  # nothing is never all
        ("0.5%", "99.5", True),
    ],
)
def test_what_counts_as_a_hundred(text: str, confirmed: str, accepted: bool) -> None:
    assert Tolerance.parse(text).accepts(Decimal(100), Decimal(confirmed)) is accepted


@pytest.mark.parametrize(
    "text", ["", "  ", "two", "%", "2%%", "+", "-", "1e3", "2,5", "٢", "-2% -2%", "+1 -1", "9" * 13]
)
def test_what_is_no_tolerance(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no tolerance") as caught:
        Tolerance.parse(text)
    assert caught.value.path == "tolerance"
    assert "2%" in caught.value.remedy


@pytest.mark.parametrize("text", ["100%", "-100%", "-250% +1"])
def test_not_all_of_a_line_may_be_missing(text: str) -> None:
    with pytest.raises(ConfigurationError, match="nothing is confirmed"):
        Tolerance.parse(text)
    assert Tolerance.parse("-5 +100%").accepts(Decimal(10), Decimal(20))


def test_the_default_is_exactly_as_ordered() -> None:
    assert Tolerance().accepts(Decimal(0), Decimal(0))
    assert not Tolerance().accepts(Decimal(0), Decimal(1))
    assert not Tolerance().accepts(Decimal(1), Decimal(0))


AMOUNTS = st.decimals(0, 99, places=3)
MARGINS = st.builds(Margin, amount=AMOUNTS, percent=st.booleans())
TOLERANCES = st.builds(Tolerance, under=MARGINS, over=MARGINS)
QUANTITIES = st.decimals(0, 10**12, places=6)


@given(TOLERANCES)
def test_what_is_shown_reads_the_same(tolerance: Tolerance) -> None:
    assert Tolerance.parse(str(tolerance)) == tolerance


@given(TOLERANCES, QUANTITIES.filter(bool), QUANTITIES)
def test_nearer_is_never_worse(tolerance: Tolerance, ordered: Decimal, confirmed: Decimal) -> None:
    assert tolerance.accepts(ordered, ordered)
    if tolerance.accepts(ordered, confirmed):
        assert tolerance.accepts(ordered, (ordered + confirmed) / 2)


def test_no_rounding() -> None:
    ordered = Decimal("100000000000000000000000000000.01")
    assert not Tolerance.parse("0").accepts(ordered, ordered - Decimal("0.01") - 1)
    assert not Tolerance.parse("1%").accepts(ordered, Decimal("99000000000000000000000000000.0098"))
    assert Tolerance.parse("1%").accepts(ordered, Decimal("99000000000000000000000000000.0099"))
