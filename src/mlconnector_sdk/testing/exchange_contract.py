"""What an `ExchangeLog` promises, as tests that any backend can inherit.

Example::

    from mlconnector_sdk.testing.exchange_contract import ExchangeLogContract

    class TestMyExchangeLog(ExchangeLogContract):
        @pytest.fixture
        def log(self):
            return MyExchangeLog(...)
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlconnector_sdk.ports import MOST_EXCHANGES, ExchangeLog
from mlconnector_sdk.records import RawExchange
from mlconnector_sdk.testing.contract import Contract, at_once

__all__ = ["ExchangeLogContract"]

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
# NUL is left out of text, because some databases cannot keep it there.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)
HEADERS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)


def _exchange(minute: int = 0, **changes: Any) -> RawExchange:
    """An order that was refused."""
    sent = RawExchange(
        vendor="Stedi",
        request="POST /transactions",
        attempt=1,
        at=NOW + timedelta(minutes=minute),
        sent_headers=(("Content-Type", "application/json"), ("Authorization", "(hidden)")),
        sent=b'{"number": "PO-1"}',
        status=400,
        received_headers=(("x-amzn-requestid", "r-1"), ("x-amzn-requestid", "r-2")),
        received=b'{"message": "no"}',
        seconds=0.25,
    )
    return evolve(sent, **changes)


class ExchangeLogContract(Contract):
    """Every sentence of `ports.ExchangeLog`."""

    @pytest.fixture
    def log(self) -> Any:
        """A new, empty log; closed afterwards where that is needed."""
        raise NotImplementedError(f"{type(self).__name__} has to override the fixture `log`")

    def keep(self, log: ExchangeLog, **exchanges: Sequence[RawExchange]) -> None:
        """Hand exchanges over, by entry id."""
        self.answer(log.keep(exchanges))

    def read(self, log: ExchangeLog, entry_id: str) -> list[RawExchange]:
        """Read them back."""
        return list(self.answer(log.read(entry_id)))

    def test_it_is_an_exchange_log(self, log: ExchangeLog) -> None:
        """It has the port's methods."""
        assert isinstance(log, ExchangeLog)

    def test_an_exchange_is_kept_as_it_was(self, log: ExchangeLog) -> None:
        """At once, and as often as it is read; of an entry nobody has heard of, too."""
        self.keep(log, e1=[_exchange()])
        assert self.read(log, "e1") == self.read(log, "e1") == [_exchange()]

    def test_nothing_is_kept_of_nothing(self, log: ExchangeLog) -> None:
        """No entry, or an entry without an exchange."""
        self.keep(log)
        self.keep(log, e1=[])
        assert self.read(log, "e1") == self.read(log, "") == []

    def test_they_come_in_the_order_in_which_they_were_added(self, log: ExchangeLog) -> None:
        """Also where clocks disagree, and the same one twice is two."""
        self.keep(log, e1=[_exchange(5), _exchange(3)])
        self.keep(log, e1=[_exchange(4), _exchange(4)])
        assert self.read(log, "e1") == [_exchange(5), _exchange(3), _exchange(4), _exchange(4)]

    def test_each_entry_has_its_own(self, log: ExchangeLog) -> None:
        """Also where ids begin alike, or differ by case alone."""
        names = ["0123456789a", "0123456789b", "0123456789A", "0123456789", "01234567"]
        self.answer(log.keep({name: [_exchange(vendor=name)] for name in names}))
        assert [self.read(log, name) for name in names] == [[_exchange(vendor=name)] for name in names]
        assert self.read(log, "0123456") == []

    def test_the_newest_stay(self, log: ExchangeLog) -> None:
        """However they are handed over, and of each entry for itself."""
        exchanges = [_exchange(minute) for minute in range(MOST_EXCHANGES + 5)]
        self.keep(log, at_once=exchanges, few=exchanges[:2])
        for each in exchanges:
            self.keep(log, bit_by_bit=[each])
        newest = exchanges[-MOST_EXCHANGES:]
        assert self.read(log, "at_once") == self.read(log, "bit_by_bit") == newest
        assert self.read(log, "few") == exchanges[:2]

    def test_large_bodies(self, log: ExchangeLog) -> None:
        """As large as they get."""
        large = _exchange(sent=bytes(range(256)) * 260, received=b"\n" * 66_000)
        self.keep(log, e1=[large])
        assert self.read(log, "e1") == [large]

    def test_writers_at_once_lose_nothing(self, log: ExchangeLog) -> None:
        """Eight of them, with an entry in common."""
        at_once(8, lambda n: self.answer(log.keep({"common": [_exchange(n)], str(n): [_exchange(n)]})))
        assert sorted(each.at for each in self.read(log, "common")) == [_exchange(n).at for n in range(8)]
        assert all(self.read(log, str(n)) == [_exchange(n)] for n in range(8))

    def test_exchanges_survive_exactly(self, log: ExchangeLog) -> None:
        """Any text, any bytes, any instant to the microsecond."""
        numbers = itertools.count(1)

        @settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
        @given(
            at=st.datetimes(timezones=st.just(UTC)),
            texts=st.fixed_dictionaries(dict.fromkeys(["vendor", "request", "problem"], TEXT)),
            bodies=st.fixed_dictionaries(dict.fromkeys(["sent", "received"], st.binary(max_size=100))),
            headers=st.fixed_dictionaries(dict.fromkeys(["sent_headers", "received_headers"], HEADERS)),
            status=st.none() | st.integers(100, 599),
            attempt=st.integers(1, 1_000),
            seconds=st.floats(0, 1e6),
        )
        def survives(
            texts: dict[str, Any], bodies: dict[str, Any], headers: dict[str, Any], **others: Any
        ) -> None:
            count = str(next(numbers))
            written = RawExchange(**others, **texts, **bodies, **headers)
            self.answer(log.keep({count: [written]}))
            assert self.read(log, count) == [written]

        survives()
