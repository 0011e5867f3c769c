"""Walks over a poll that does everything that is not forbidden to it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from attrs import define, field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.adapters.stedi import Stedi, StediSettings, TransactionSource
from mlconnector_sdk.codec.scalars import instant, instant_text
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import UnreadableAnswer
from mlconnector_sdk.flow.source import Window
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.simulators.clock import VirtualTime

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LATEST = 119  # seconds by which a transaction may appear late: less than the overlap
GUIDE = {"heading": {"x_BAK": {"number_03": "PO-1"}}}


@frozen
class Processed:
    """A transaction: when it was processed, and how much later it can be seen (seconds)."""

    at: int
    late: int = 0


@define
class HostilePoll:
    """Pages in any order, repeated items, empty pages, tokens for ever."""

    clock: VirtualTime
    transactions: list[Processed]
    whims: random.Random
    token_for_ever: bool
    broken: set[int] = field(factory=set)
    fetched: list[str] = field(factory=list)
    _pages: list[list[int]] = field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/polling/transactions"):
            return self._page(request.url.params)
        if request.url.path.endswith("/output-url"):
            id_ = request.url.path.split("/")[-2]
            if int(id_) in self.broken:
                return httpx.Response(200, text="<html>")
            return httpx.Response(200, json={"documentDownloadUrl": f"https://a.amazonaws.com/{id_}"})
        self.fetched.append(request.url.path)
        return httpx.Response(200, json=GUIDE)

    def _page(self, params: Any) -> httpx.Response:
        if "startDateTime" in params:
            since = instant(params["startDateTime"])
            assert since <= self.clock.now() - timedelta(minutes=1)
            self._pages = self._arranged(since)
            index = 0
        else:
            index = int(params["pageToken"])
        ids = self._pages[index] if index < len(self._pages) else []
        answer: dict[str, Any] = {"items": [self._summary(each) for each in ids]}
        if index + 1 < len(self._pages) or self.token_for_ever:
            answer["nextPageToken"] = str(index + 1)
        return httpx.Response(200, json=answer)

    def _arranged(self, since: datetime) -> list[list[int]]:
        now = self.clock.now()
        ids = [
            number
            for number, each in enumerate(self.transactions)
            if START + timedelta(seconds=each.at) > since
            and START + timedelta(seconds=each.at + each.late) <= now
        ]
        self.whims.shuffle(ids)
        pages: list[list[int]] = []
        while ids:
            size = self.whims.randint(1, 4)
            pages += [[]] * self.whims.choice((0, 0, 0, 1, 2))
            pages.append(ids[:size] + self.whims.sample(ids[:size], self.whims.randint(0, 1)))
            ids = ids[size:]
            if self.whims.random() < 0.2:
                pages.append(pages[-1])
        return pages

    def _summary(self, number: int) -> dict[str, Any]:
        return {
            "transactionId": str(number),
            "status": "succeeded",
            "direction": "INBOUND",
            "mode": "production",
            "processedAt": instant_text(START + timedelta(seconds=self.transactions[number].at)),
            "partnership": {"partnershipId": "p"},
            "x12": {"metadata": {"transaction": {"transactionSetIdentifier": "855"}}},
        }


def walks(poll: HostilePoll, at: Iterable[int], broken: Mapping[int, set[int]]) -> tuple[list[str], str]:
    """Walk at these seconds as a collector does; every id that was handed over, and the last cursors."""
    connection = StediSettings(api_key=Secret("k"))
    handed_over: list[str] = []
    cursors: Mapping[str, str] = {}
    with Stedi(connection, transport=httpx.MockTransport(poll), clock=poll.clock) as stedi:
        source = TransactionSource(stedi)
        for step, second in enumerate(at):
            poll.clock.advance(max(0.0, (START - poll.clock.now()).total_seconds() + second))
            poll.broken = broken.get(step, set())
            walk = source.walk(Window(cursors=cursors))
            try:
                while (batch := run(walk.batch())) is not None:
                    handed_over += [each.event_id for each in batch]
                    assert not [each.reason for each in batch if each.reason]
            except UnreadableAnswer:
                continue  # the checkpoint stays
            cursors = walk.cursors
    return handed_over, json.dumps(dict(cursors))


PROCESSED = st.builds(Processed, st.integers(0, 900) | st.sampled_from([0, 300, 301]), st.integers(0, LATEST))
LAST = 2_000


@settings(max_examples=60, deadline=None)
@given(
    transactions=st.lists(PROCESSED, max_size=25),
    times=st.lists(st.integers(60, 1_100), max_size=6).map(sorted),
    seed=st.integers(0, 2**16),
    token_for_ever=st.booleans(),
)
def test_none_is_missed_and_none_handed_over_twice(
    transactions: list[Processed], times: list[int], seed: int, token_for_ever: bool
) -> None:
    poll = HostilePoll(VirtualTime(START), transactions, random.Random(seed), token_for_ever)
    handed_over, cursors = walks(poll, [*times, LAST], {})
    assert sorted(handed_over) == sorted(str(number) for number in range(len(transactions)))
    assert len(poll.fetched) == len(transactions)
    assert len(cursors) < 64 * 1024


@settings(max_examples=40, deadline=None)
@given(
    transactions=st.lists(PROCESSED, max_size=15),
    times=st.lists(st.integers(60, 1_100), max_size=5).map(sorted),
    broken=st.dictionaries(st.integers(0, 5), st.sets(st.integers(0, 15), max_size=3)),
    seed=st.integers(0, 2**16),
)
def test_none_is_missed_where_documents_fail_for_a_while(
    transactions: list[Processed], times: list[int], broken: dict[int, set[int]], seed: int
) -> None:
    poll = HostilePoll(VirtualTime(START), transactions, random.Random(seed), False)
    broken.pop(len(times), None)
    handed_over, _ = walks(poll, [*times, LAST], broken)
    assert set(handed_over) == {str(number) for number in range(len(transactions))}


def test_the_memory_is_bounded_and_what_is_forgotten_is_only_fetched_again() -> None:
    poll = HostilePoll(VirtualTime(START), [Processed(300)] * 600, random.Random(1), False)
    handed_over, cursors = walks(poll, [500, 700], {})
    assert len(set(handed_over)) == 600
    assert len(handed_over) == 700
    assert len(json.loads(json.loads(cursors)["handed over"])) == 500
    assert len(cursors) < 64 * 1024
