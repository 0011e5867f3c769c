"""The raw exchanges of one document: recorded while it is sent, kept with its batch, shown for support."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from mlconnector_sdk.errors import ConfigurationError, InvalidDocument, OutcomeUnknown, StoreError
from mlconnector_sdk.flow import AsyncPipeline, Found, OnUnknown, Outcome, Pipeline
from mlconnector_sdk.flow.exchanges import Exchanges
from mlconnector_sdk.ports import ExchangeLog, Store
from mlconnector_sdk.recording import note
from mlconnector_sdk.records import Entry, RawExchange, SendResult, State
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator, VirtualTime
from mlconnector_sdk.simulators.faults import Answer, LoseAnswer
from mlconnector_sdk.storage.memory import MemoryStore
from mlconnector_sdk.storage.memory.exchanges import MemoryExchangeLog
from mlconnector_sdk.storage.sqlite import SQLiteStore
from mlconnector_sdk.testing.clock import VirtualClock

from ..pipelines.conftest import Company
from .fakes import Orders, Outbox, order_flow


class Line(Outbox):
    """A sink that speaks over the wire: of each send, and of each look, one exchange."""

    def __init__(self, clock: VirtualClock, on_unknown: OnUnknown | None = None) -> None:
        super().__init__(on_unknown)
        self._clock = clock

    def say(self, request: str, entry: Entry) -> None:
        said = RawExchange(
            vendor="EDI",
            request=request,
            attempt=1,
            at=self._clock.now(),
            sent=entry.payload or b"",
            status=200,
        )
        note(lambda: said, secrets=tuple)

    async def ready(self) -> None:
        note(lambda: pytest.fail("readiness is about no document"), secrets=tuple)

    async def send(self, entry: Entry) -> SendResult:
        self.say("POST /documents", entry)
        return await super().send(entry)

    async def find(self, entry: Entry) -> Outcome:
        self.say("GET /documents", entry)
        return await super().find(entry)


class Witnessing(MemoryExchangeLog):
    """Remembers in which states the store had its entries when their exchanges came."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store: Any = store
        self.batches: list[dict[str, State]] = []

    def keep(self, exchanges: Mapping[str, Sequence[RawExchange]]) -> None:
        self.batches.append({each: self._store.find(entry_id=each)[0].state for each in exchanges})
        super().keep(exchanges)


class Failing(MemoryExchangeLog):
    def keep(self, exchanges: Mapping[str, Sequence[RawExchange]]) -> None:
        raise StoreError("the disk is full")


@pytest.fixture
def line(clock: VirtualClock) -> Line:
    return Line(clock)


def built(orders: Orders, line: Line, store: Store, clock: VirtualClock, **options: Any) -> Pipeline:
    batch = options.pop("batch", 1)
    made = Pipeline("test", [order_flow(orders, line, batch=batch)], store=store, clock=clock, **options)
    made.baseline()
    return made


def requests(shown: Exchanges) -> list[list[str]]:
    return [[each.request for each in shown.by_entry[entry.id]] for entry in shown.entries]


# -- recording ----------------------------------------------------------------------------------------------


def test_a_send_is_kept_under_its_entry(
    orders: Orders, line: Line, store: Store, clock: VirtualClock
) -> None:
    sync = built(orders, line, store, clock)
    orders.put("PO-1", "a")
    orders.put("PO-2", "b")
    sync.run()
    shown = sync.exchanges("PO-1")
    [entry] = shown.entries
    [kept] = shown.by_entry[entry.id]
    assert (entry.number, entry.state) == ("PO-1", State.ACCEPTED)
    assert json.loads(kept.sent) == {"doc": "a"}
    assert sync.exchanges(entry.id).by_entry == shown.by_entry


@pytest.mark.parametrize(
    "error", [InvalidDocument("refused"), OutcomeUnknown("broken"), RuntimeError("a bug")]
)
def test_what_did_not_end_well_is_kept(
    orders: Orders, line: Line, store: Store, clock: VirtualClock, error: Any
) -> None:
    line.fails = lambda entry: error
    sync = built(orders, line, store, clock)
    orders.put("PO-1", "a")
    sync.run()
    assert requests(sync.exchanges("PO-1")) == [["POST /documents"]]


def test_a_look_is_kept_after_the_send_that_made_it_necessary(
    orders: Orders, line: Line, store: Store, clock: VirtualClock
) -> None:
    line.loses_answer = True
    line.outcome = Found(references={"execution": "x-1"})
    sync = built(orders, line, store, clock)
    orders.put("PO-1", "a")
    sync.run()
    clock.advance(3_600)
    sync.run()
    assert line.looked_for == ["PO-1"]
    assert requests(sync.exchanges("PO-1")) == [["POST /documents", "GET /documents"]]


def test_a_batch_is_kept_in_one_go_before_its_outcomes_are_saved(
    orders: Orders, line: Line, store: Store, clock: VirtualClock
) -> None:
    log = Witnessing(store)
    sync = built(orders, line, store, clock, exchanges=log, batch=3)
    for n in range(5):
        orders.put(f"PO-{n}", "a")
    sync.run()
    assert [set(batch.values()) for batch in log.batches] == [{State.IN_FLIGHT}] * 2
    assert [len(batch) for batch in log.batches] == [3, 2]


def test_what_was_exchanged_before_a_stop_is_kept(
    orders: Orders, line: Line, store: Store, clock: VirtualClock
) -> None:
    def stop(entry: Entry) -> None:
        if entry.number == "PO-1":
            raise KeyboardInterrupt

    line.fails = stop
    sync = built(orders, line, store, clock, batch=3)
    for n in range(3):
        orders.put(f"PO-{n}", "a")
    with pytest.raises(KeyboardInterrupt):
        sync.run()
    kept = [requests(sync.exchanges(f"PO-{n}")) for n in range(3)]
    assert kept == [[["POST /documents"]], [["POST /documents"]], [[]]]


def test_a_log_that_fails_changes_no_outcome(
    orders: Orders, line: Line, store: Store, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    sync = built(orders, line, store, clock, exchanges=Failing(), batch=2)
    orders.put("PO-1", "a")
    orders.put("PO-2", "a")
    report = sync.run()
    assert report.flows[0].outcomes == {State.ACCEPTED: 2}
    assert [
        (line.levelno, line.getMessage()) for line in caplog.records if line.levelno >= logging.ERROR
    ] == [(logging.ERROR, "the raw exchanges of 2 documents were not kept")]


def test_nothing_is_written_where_nothing_was_exchanged(
    orders: Orders, outbox: Outbox, store: Store, clock: VirtualClock
) -> None:
    log = Witnessing(store)
    sync = Pipeline("test", [order_flow(orders, outbox)], store=store, clock=clock, exchanges=log)
    sync.baseline()
    orders.put("PO-1", "a")
    sync.run()
    assert outbox.sent
    assert log.batches == []


# -- showing ------------------------------------------------------------------------------------------------


class Without:
    """A store of a host that keeps no exchanges."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        if name == "exchanges":
            raise AttributeError(name)
        return getattr(self._store, name)


def test_a_store_without_a_log_is_no_hindrance(orders: Orders, line: Line, clock: VirtualClock) -> None:
    store: Any = Without(MemoryStore())
    sync = built(orders, line, store, clock)
    orders.put("PO-1", "a")
    assert sync.run().flows[0].outcomes == {State.ACCEPTED: 1}
    with pytest.raises(ConfigurationError, match="keeps no raw exchanges") as caught:
        sync.exchanges("PO-1")
    assert "exchanges=..." in caught.value.remedy


def test_a_log_of_the_hosts_comes_before_the_stores(
    orders: Orders, line: Line, store: Store, clock: VirtualClock
) -> None:
    log = MemoryExchangeLog()
    sync = built(orders, line, store, clock, exchanges=log)
    orders.put("PO-1", "a")
    sync.run()
    [entry] = sync.exchanges("PO-1").entries
    assert log.read(entry.id)
    own: Any = store
    assert isinstance(own.exchanges, ExchangeLog)
    assert own.exchanges.read(entry.id) == []


def test_what_nobody_knows(orders: Orders, line: Line, store: Store, clock: VirtualClock) -> None:
    sync = built(orders, line, store, clock)
    orders.put("PO-1", "a")
    sync.run()
    for nothing in ("PO-9", ""):
        shown = sync.exchanges(nothing)
        assert not shown
        assert str(shown) == f"{nothing}: no exchange is known under this number or id"


def test_the_vendors_support_sees_its_own_alone(clock: VirtualClock) -> None:
    def said(vendor: str) -> RawExchange:
        return RawExchange(vendor=vendor, request=f"GET /{vendor}", attempt=1, at=clock.now(), status=200)

    store = MemoryStore()
    orders = Orders()
    sync = Pipeline("test", [order_flow(orders, Outbox())], store=store, clock=clock)
    sync.baseline()
    orders.put("PO-1", "a")
    orders.put("PO-2", "a")
    sync.run()
    ids = [entry.id for entry in store.find()]
    store.exchanges.keep({ids[0]: [said("Plex"), said("Stedi")], ids[1]: [said("Plex")]})
    shown = sync.exchanges("PO-1")
    whole = evolve(
        shown, entries=tuple(store.find()), by_entry={each: store.exchanges.read(each) for each in ids}
    )
    theirs = whole.with_vendor("Stedi")
    assert requests(whole) == [["GET /Plex", "GET /Stedi"], ["GET /Plex"]]
    assert requests(theirs) == [["GET /Stedi"]]
    assert "Plex" not in str(theirs)
    assert "PO-2" not in str(theirs)


def test_the_async_pipeline_shows_the_same(
    orders: Orders, line: Line, store: Store, clock: VirtualClock
) -> None:
    async def main() -> Exchanges:
        sync = AsyncPipeline("test", [order_flow(orders, line)], store=store, clock=clock)
        await sync.baseline()
        orders.put("PO-1", "a")
        await sync.run()
        return await sync.exchanges("PO-1")

    assert requests(asyncio.run(main())) == [["POST /documents"]]


# -- from end to end ----------------------------------------------------------------------------------------


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    time = VirtualTime()
    with PlexSimulator(time=time) as erp, StediSimulator(time=time) as network:
        made = Company(time, erp, network, tmp_path)
        made.sync.baseline()
        made.later()
        yield made
        made.close()


def restarted(company: Company) -> None:
    company.store.close()
    company.store = SQLiteStore(company.folder / "sync.db")
    company.sync = company.pipeline()


def test_a_refused_order_is_told_with_the_vendors_own_words(company: Company) -> None:
    words = (
        b'{"code":"bad_request","message":"the unit XX is unknown to %s"}' % company.network.api_key.encode()
    )
    fault = Answer(400, body=words, headers={"x-amzn-requestid": "r-1"})
    company.network.faults.add(fault, method="POST")
    company.order()
    company.sync.run()
    before = str(company.sync.exchanges("PO-1"))
    restarted(company)
    shown = company.sync.exchanges("PO-1")
    [entry] = shown.entries
    text = str(shown)
    assert text == before
    assert entry.state is State.DEAD
    lines = text.splitlines()
    assert lines[0] == "The exchanges about PO-1, as they went over the wire."
    assert lines[4] == f"850 PO-1, partner ACME is dead (entry {entry.id})"
    assert "> Authorization: (hidden)" in lines
    assert f"> Idempotency-Key: {entry.idempotency_key}" in lines
    assert any(
        line.startswith("> POST /2023-08-01/partnerships/us_acme/transactions/us_acme-850") for line in lines
    )
    assert any('"purchase_order_number_03":"PO-1"' in line for line in lines)
    assert lines[lines.index("< status 400") + 1] == "< x-amzn-requestid: r-1"
    assert lines[-1] == '< {"code":"bad_request","message":"the unit XX is unknown to (hidden)"}'
    assert company.network.api_key not in text


def test_a_lost_answer_is_told_and_the_repeat_that_found_it(company: Company) -> None:
    company.network.faults.add(LoseAnswer(), method="POST", times=5)
    company.order()
    company.sync.run()
    company.later(3_600)
    restarted(company)
    company.sync.run()
    shown = company.sync.exchanges("PO-1")
    [entry] = shown.entries
    kept = shown.by_entry[entry.id]
    assert [each.attempt for each in kept] == [1, 2, 3, 4, 5, 1]
    assert [each.status for each in kept] == [None] * 5 + [200]
    assert len({dict(each.sent_headers)["Idempotency-Key"] for each in kept}) == 1
    assert len({each.sent for each in kept}) == 1
    assert b"PO-1" in kept[0].sent
    assert str(shown).count("! the connection broke") == 5
    assert company.network.api_key not in str(shown)


def test_a_purge_takes_the_exchanges_along(company: Company) -> None:
    company.order()
    company.sync.run()
    assert company.sync.exchanges("PO-1")
    company.later(86_400 * 90)
    company.sync.purge(timedelta(days=60))
    shown = company.sync.exchanges("PO-1")
    assert not shown
    assert str(shown).endswith("purged")
