from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlconnector_sdk.flow import Pipeline
from mlconnector_sdk.ports import Store
from mlconnector_sdk.storage.memory import MemoryStore
from mlconnector_sdk.storage.sqlite import SQLiteStore
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, Outbox, answer_flow, order_flow


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "sync.db")
    yield made
    made.close()


@pytest.fixture
def orders() -> Orders:
    return Orders()


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def erp() -> Outbox:
    return Outbox()


@pytest.fixture
def pipeline(
    store: Store, clock: VirtualClock, orders: Orders, answers: Answers, outbox: Outbox, erp: Outbox
) -> Pipeline:
    flows = [order_flow(orders, outbox), answer_flow(answers, erp)]
    return Pipeline("test", flows, store=store, clock=clock)


@pytest.fixture
def live(pipeline: Pipeline) -> Pipeline:
    """After go-live with nothing in either system."""
    pipeline.baseline()
    return pipeline
