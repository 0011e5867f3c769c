"""Random walks: hypothesis tries sequences of calls, and each answer has to be the model's."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from mlconnector_sdk.ports import Store
from mlconnector_sdk.testing.store_contract.samples import OfStore
from mlconnector_sdk.testing.store_contract.walk import Walk
from mlconnector_sdk.testing.store_contract.walk_of_entries import WalkOfEntries
from mlconnector_sdk.testing.store_contract.walk_of_runs import WalkOfRuns

__all__ = ["WalkContract"]


class WalkContract(OfStore):
    """All of `ports.Store`, in any order."""

    walks = 40
    """How many walks of 30 steps each test makes; a subclass may want more."""

    def test_random_walks_of_entries(self, store: Store) -> None:
        """Collect, lease, save and find, over some minutes of a virtual clock."""
        self.walk(lambda prefix: WalkOfEntries(store, self.answer, prefix))

    def test_random_walks_of_runs(self, store: Store) -> None:
        """Inbox, checkpoints, claims and pauses."""
        self.walk(lambda prefix: WalkOfRuns(store, self.answer, prefix))

    def walk(self, begin: Callable[[str], Walk]) -> None:
        """Each walk has flows, names and ids of its own, so that one store serves them all."""
        numbers = itertools.count()
        rules = settings(
            max_examples=self.walks,
            stateful_step_count=30,
            deadline=None,
            # Explaining a failure tries it again many times; the shortest walk explains itself.
            phases=[phase for phase in settings().phases if phase is not Phase.explain],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        machine: Any = lambda: begin(f"{next(numbers)}~")  # noqa: E731 - typed as a class, any factory will do
        run_state_machine_as_test(machine, settings=rules)
