"""headers: what answers say about waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.core.headers import LONGEST_WAIT, Quota, quota, retry_after

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("Mon, 02 Mar 2026 08:00:30 GMT", 30.0),
        ("Mon, 02 Mar 2026 07:00:00 GMT", 0.0),
        ("Mon, 02 Mar 2026 09:00:30 +0100", 30.0),
        ("Sun Mar  2 08:00:30 2026", 30.0),
        ("9" * 18, LONGEST_WAIT),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("9" * 400, None),
        ("NaN", None),
        ("\u0663", None),
        ("2026-03-02T08:00:30Z", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, NOW) == seconds


def test_no_retry_after() -> None:
    assert retry_after({}, NOW) is None


@given(st.integers(-(10**6), 10**6))
def test_any_date_is_read_back(offset: int) -> None:
    instant = NOW + timedelta(seconds=offset)
    found = retry_after({"retry-after": format_datetime(instant, usegmt=True)}, NOW)
    assert found == min(max(offset, 0), LONGEST_WAIT)


@given(st.text() | st.from_regex(r"\A[\w ,:+-]{0,40}\Z"))
def test_garbage_never_breaks_and_never_waits_longer_than_the_cap(text: str) -> None:
    found = retry_after({"retry-after": text}, NOW)
    assert found is None or 0 <= found <= LONGEST_WAIT
    for name in ("x-rate-limit-reset", "x-ratelimit-remaining", "ratelimit"):
        read = quota({name: text}, NOW)
        assert read is None or read.reset is None or 0 <= read.reset <= LONGEST_WAIT


EPOCH = str(int(NOW.timestamp()) + 30)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            {"X-Rate-Limit-Limit": "40", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "17"},
            Quota(limit=40, remaining=0, reset=17.0),
        ),
        ({"X-RateLimit-Remaining": "5", "X-RateLimit-Reset": EPOCH}, Quota(remaining=5, reset=30.0)),
        ({"X-RateLimit-Remaining": "5", "X-RateLimit-Reset": EPOCH + "000"}, Quota(remaining=5, reset=30.0)),
        ({"RateLimit-Limit": "100, 100;w=60", "RateLimit-Reset": "9"}, Quota(limit=100, reset=9.0)),
        ({"RateLimit": "limit=100, remaining=50, reset=5"}, Quota(limit=100, remaining=50, reset=5.0)),
        ({"RateLimit": '"default";r=50;t=30'}, Quota(remaining=50, reset=30.0)),
        ({"X-Rate-Limit-Reset": "1"}, Quota(reset=1.0)),
        ({"X-Rate-Limit-Limit": "many", "X-Rate-Limit-Reset": "later"}, None),
        ({"X-Rate-Limit-Remaining": "-1"}, None),
        ({}, None),
    ],
)
def test_quota(headers: dict[str, str], expected: Quota | None) -> None:
    assert quota(httpx.Headers(headers), NOW) == expected
