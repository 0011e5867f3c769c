from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.errors import ConfigurationError, ConnectorError, InvalidDocument
from mlconnector_sdk.mapping.times import business_date, parse_instant, time_zone


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-03-02T15:04:05Z", "2026-03-02T15:04:05+00:00"),
        ("2026-03-02T15:04Z", "2026-03-02T15:04:00+00:00"),
        ("2026-03-02T15:04:05.1234567Z", "2026-03-02T15:04:05.123456+00:00"),
        ("2026-03-02T15:04:05.9999999Z", "2026-03-02T15:04:05.999999+00:00"),
        ("2026-03-02T15:04:05.5-05:00", "2026-03-02T20:04:05.500000+00:00"),
        ("2026-03-02t15:04:05+05:30", "2026-03-02T09:34:05+00:00"),
    ],
)
def test_moments(text: str, iso: str) -> None:
    moment = parse_instant(text)
    assert moment.isoformat() == iso
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02",
        "2026-03-02T15:04:05",
        "2026-02-30T15:04:05Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02T15:04:60Z",
        "2026-03-02T15:04:05+24:00",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "2026-03-02T15:04:05.Z",
        "\uff12026-03-02T15:04:05Z",
        "",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        parse_instant(text, path="modifiedDate")
    assert caught.value.path == "modifiedDate"


def test_a_moment_without_a_zone_says_so() -> None:
    with pytest.raises(InvalidDocument, match="no time zone"):
        parse_instant("2026-03-02T15:04:05")


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-1439, 1439))
def test_moments_survive(moment: datetime, offset: int) -> None:
    zone = timezone(timedelta(minutes=offset))
    try:
        text = moment.astimezone(zone).isoformat()
    except OverflowError:
        return
    assert parse_instant(text) == moment


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_an_error(text: str) -> None:
    try:
        parse_instant(text)
    except InvalidDocument as error:
        assert error.message


def test_the_same_moment_has_two_dates() -> None:
    moment = parse_instant("2026-03-03T02:30:00Z")
    assert business_date(moment, "America/Detroit") == date(2026, 3, 2)
    assert business_date(moment, time_zone("Asia/Shanghai")) == date(2026, 3, 3)


def test_daylight_saving_is_the_zones_business() -> None:
    assert business_date(parse_instant("2026-07-02T03:30:00Z"), "America/Detroit") == date(2026, 7, 1)
    assert business_date(parse_instant("2026-07-02T04:30:00Z"), "America/Detroit") == date(2026, 7, 2)


def test_a_naive_moment_has_no_date() -> None:
    with pytest.raises(InvalidDocument):
        business_date(datetime(2026, 3, 2, 12), "UTC")


@pytest.mark.parametrize("name", ["Detroit", "", "../etc/passwd", "a\0b", "/abs", "é" * 300])
def test_an_unknown_zone_is_a_setting_to_mend(name: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        time_zone(name)
    assert isinstance(caught.value, ConfigurationError)
