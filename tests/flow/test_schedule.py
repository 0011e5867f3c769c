from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.flow import DailyAt, Every


def test_every_counts_from_the_end_of_the_last_run() -> None:
    assert Every(timedelta(minutes=10)).next_after(datetime(2026, 3, 1, 8, 3, tzinfo=UTC)) == datetime(
        2026, 3, 1, 8, 13, tzinfo=UTC
    )


def test_an_interval_has_to_be_positive() -> None:
    with pytest.raises(ConfigurationError, match="positive"):
        Every(timedelta(0))


def test_rubbish_is_no_time_of_day() -> None:
    with pytest.raises(ConfigurationError, match="06:30"):
        DailyAt(("25:00",))


def test_no_time_of_day_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least one"):
        DailyAt(()).next_after(datetime(2026, 3, 1, tzinfo=UTC))


def test_a_time_that_spring_skips_runs_where_it_would_have_been() -> None:
    schedule = DailyAt(("02:30",), "America/Chicago")  # 2026-03-08: 02:00 becomes 03:00
    assert schedule.next_after(datetime(2026, 3, 8, 6, 0, tzinfo=UTC)) == datetime(
        2026, 3, 8, 8, 30, tzinfo=UTC
    )


def test_a_time_that_autumn_repeats_runs_once() -> None:
    schedule = DailyAt(("01:30",), "America/Chicago")  # 2026-11-01: 01:30 comes twice
    first = schedule.next_after(datetime(2026, 11, 1, 5, 0, tzinfo=UTC))
    assert first == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert schedule.next_after(first) == datetime(2026, 11, 2, 7, 30, tzinfo=UTC)


@given(
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.lists(st.times().map(lambda t: t.strftime("%H:%M")), min_size=1, max_size=4),
    st.sampled_from(["UTC", "America/Chicago", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]),
)
def test_the_next_tick_is_always_later_and_within_a_day_or_two(
    instant: datetime, times: list[str], zone: str
) -> None:
    tick = DailyAt(tuple(times), zone).next_after(instant)
    assert timedelta(0) < tick - instant <= timedelta(hours=50)
