"""What every random walk has: a store, a model of it, names of its own, and a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve
from hypothesis.stateful import RuleBasedStateMachine

from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Collection, Entry, NewEntry, Purged
from mlconnector_sdk.testing.store_contract.model import Model
from mlconnector_sdk.testing.store_contract.samples import NOW

__all__ = ["Walk"]


class Walk(RuleBasedStateMachine):
    """One walk.

    Args:
        store: What is tried.
        answer: Resolves what a port returns.
        prefix: Goes before every name, so that walks do not meet.
    """

    def __init__(self, store: Store, answer: Callable[[Any], Any], prefix: str) -> None:
        super().__init__()
        self.store = store
        self.answer = answer
        self.prefix = prefix
        self.model = Model()
        self.now: datetime = NOW
        self.positions: dict[str, int] = {}

    def own(self, new: NewEntry) -> NewEntry:
        """An observation under this walk's names."""
        return evolve(
            new,
            flow=self.prefix + new.flow,
            number=self.prefix + new.number,
            ordering_key=self.prefix + new.ordering_key,
            observed_at=self.now,
        )

    def agree(self, actual: Sequence[Entry], expected: Sequence[Entry]) -> None:
        """The same entries, but for the numbers of their positions, which only have to grow."""
        assert [_plain(entry) for entry in actual] == [_plain(entry) for entry in expected]

    def purge_all(self, before: datetime) -> None:
        """Bit by bit; also what other walks left behind."""
        for _ in range(10_000):
            purged = self.answer(self.store.purge(before, limit=3))
            assert purged.entries <= 3
            assert purged.events <= 3
            if purged == Purged():
                return
        raise AssertionError("there is no end of what is purged")

    def agree_to_collect(self, collection: Collection) -> None:
        """One commit of collect."""
        collected = self.answer(self.store.collect(collection))
        added, moved = self.model.collect(collection)
        self.agree(collected.added, added)
        assert collected.known == len(collection.entries) - len(added)
        assert collected.checkpoint_moved == moved
        for entry in collected.added:
            assert entry.position > max(self.positions.values(), default=0)
            self.positions[entry.id] = entry.position


def _plain(entry: Entry) -> Entry:
    return evolve(entry, position=0)
