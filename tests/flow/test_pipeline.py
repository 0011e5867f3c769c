"""Looking, and both colours."""

from __future__ import annotations

import asyncio
import threading

import pytest
from attrs import evolve

from mlconnector_sdk.errors import ConfigurationError, StoreError
from mlconnector_sdk.flow import AsyncPipeline, Pipeline
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import State
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, Outbox, answer_flow, order_flow


def test_preview_shows_what_a_run_would_do_and_does_nothing(
    live: Pipeline, orders: Orders, outbox: Outbox, store: Store
) -> None:
    orders.put("PO-1", "a")
    live.run()
    orders.put("PO-1", "edited")
    orders.put("PO-2", "new")
    orders.put("PO-3", "bad")
    orders.put("PO-4", "broken")
    orders.unreadable.add("PO-4")
    checkpoint = store.checkpoint("orders")
    items = {item.number: item for item in live.preview().items}
    assert {number: item.action for number, item in items.items()} == {
        "PO-1": "hold",
        "PO-2": "send",
        "PO-3": "dead letter",
        "PO-4": "dead letter",
    }
    assert items["PO-2"].payload == b'{"doc": "new"}'
    assert "units.csv" in str(live.preview())
    assert len(outbox.sent) == 1
    assert store.checkpoint("orders") == checkpoint
    assert len(list(store.find())) == 1


def test_preview_shows_pending_documents_and_answers(
    live: Pipeline, answers: Answers, orders: Orders, outbox: Outbox
) -> None:
    from mlconnector_sdk.errors import VendorUnavailable

    outbox.not_ready = VendorUnavailable("503")
    orders.put("PO-1", "a")
    live.run()
    answers.happened["t-1"] = "PO-1"
    assert [(item.flow, item.action) for item in live.preview().items] == [
        ("orders", "send"),
        ("answers", "send"),
    ]


def test_nothing_to_do_is_said(live: Pipeline) -> None:
    assert str(live.preview()) == "nothing would be sent"
    assert str(live.trail("PO-404")) == "PO-404: nothing is known under this number"


def test_an_unknown_flow_is_named_with_those_there_are(live: Pipeline) -> None:
    with pytest.raises(ConfigurationError, match="orders, answers"):
        live.run(["order"])


@pytest.mark.parametrize("name", ["", "a|b"])
def test_a_name_that_would_blur_the_keys_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="part of keys"):
        evolve(order_flow(Orders(), Outbox()), name=name)


def test_two_flows_of_one_name_are_refused(store: Store, clock: VirtualClock) -> None:
    flow = order_flow(Orders(), Outbox())
    with pytest.raises(ConfigurationError, match="same name"):
        Pipeline("twice", [flow, flow], store=store, clock=clock)


def test_a_store_that_fails_is_not_reported_but_raised(
    live: Pipeline, orders: Orders, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise StoreError("disk full", remedy="make room")

    orders.put("PO-1", "a")
    monkeypatch.setattr(store, "collect", broken)
    with pytest.raises(StoreError, match="disk full"):
        live.run()


def test_the_async_pipeline_does_the_same(
    store: Store, clock: VirtualClock, orders: Orders, outbox: Outbox
) -> None:
    async def story() -> list[State]:
        pipeline = AsyncPipeline("async", [order_flow(orders, outbox)], store=store, clock=clock)
        await pipeline.baseline()
        orders.put("PO-1", "a")
        report = await pipeline.run()
        assert report.ok
        trail = await pipeline.trail("PO-1")
        return [entry.state for entry in trail.entries]

    assert asyncio.run(story()) == [State.ACCEPTED]


def test_two_pipelines_running_at_once_create_one_entry_and_send_once(
    store: Store, clock: VirtualClock, orders: Orders, outbox: Outbox
) -> None:
    pipelines = [Pipeline(f"p{n}", [order_flow(orders, outbox)], store=store, clock=clock) for n in range(4)]
    pipelines[0].baseline()
    for n in range(20):
        orders.put(f"PO-{n:02}", "a")
    gate = threading.Barrier(len(pipelines))

    def work(pipeline: Pipeline) -> None:
        gate.wait()
        pipeline.run()

    threads = [threading.Thread(target=work, args=(pipeline,)) for pipeline in pipelines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(store.find())) == 20
    assert sorted(number for number, _ in outbox.sent) == [f"PO-{n:02}" for n in range(20)]


def test_the_host_may_bring_its_own_audit_log(
    store: Store, clock: VirtualClock, orders: Orders, answers: Answers
) -> None:
    from mlconnector_sdk.storage.memory import MemoryAuditLog

    own = MemoryAuditLog()
    flows = [order_flow(orders, Outbox()), answer_flow(answers, Outbox())]
    pipeline = Pipeline("own audit", flows, store=store, clock=clock, audit=own)
    pipeline.baseline()
    orders.put("PO-1", "a")
    pipeline.run()
    assert [line.kind for line in own.read(number="PO-1")] == ["observed", "mapped", "sending", "accepted"]
    assert list(store.audit.read(number="PO-1")) == []
