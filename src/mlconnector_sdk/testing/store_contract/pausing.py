"""Pauses: of a whole flow, and of one partner in it."""

from __future__ import annotations

from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import FlowStatus
from mlconnector_sdk.testing.store_contract.samples import LATER, MINUTE, OfStore

__all__ = ["PauseContract"]

RUNS = FlowStatus(flow="orders")
PAUSED = FlowStatus(flow="orders", paused_until=LATER, reason="no role", remedy="ask for it")
ACME = FlowStatus(flow="orders", partner="ACME", paused_until=LATER, reason="moves", remedy="wait")


class PauseContract(OfStore):
    """`flow_status`, `set_flow_status` and `paused_partners`."""

    def test_a_flow_runs_until_somebody_pauses_it(self, store: Store) -> None:
        """And again when the pause is lifted."""
        assert self.answer(store.flow_status("orders")) == RUNS
        self.answer(store.set_flow_status(PAUSED))
        assert self.answer(store.flow_status("orders")) == PAUSED
        assert self.answer(store.flow_status("scans")) == FlowStatus(flow="scans")
        self.answer(store.set_flow_status(RUNS))
        assert self.answer(store.flow_status("orders")) == RUNS

    def test_a_flow_and_its_partners_are_paused_apart(self, store: Store) -> None:
        """Neither says anything about the other, nor about other partners and flows."""
        self.answer(store.set_flow_status(ACME))
        assert self.answer(store.flow_status("orders", "ACME")) == ACME
        assert self.answer(store.flow_status("orders")) == RUNS
        for other in (FlowStatus(flow="orders", partner="Bolt"), FlowStatus(flow="scans", partner="ACME")):
            assert self.answer(store.flow_status(other.flow, other.partner)) == other
        self.answer(store.set_flow_status(PAUSED))
        self.answer(store.set_flow_status(FlowStatus(flow="orders", partner="ACME")))
        assert self.answer(store.flow_status("orders")) == PAUSED
        assert self.answer(store.flow_status("orders", "ACME")).paused_until is None

    def test_the_paused_partners_of_a_flow(self, store: Store) -> None:
        """By name, with their reasons; neither those that run again nor the flow itself."""
        bolt = FlowStatus(flow="orders", partner="Bolt", paused_until=LATER + MINUTE, reason="strike")
        again = FlowStatus(flow="orders", partner="Again", reason="was paused")
        elsewhere = FlowStatus(flow="scans", partner="Crane", paused_until=LATER)
        for status in (bolt, again, ACME, elsewhere, PAUSED):
            self.answer(store.set_flow_status(status))
        assert list(self.answer(store.paused_partners("orders"))) == [ACME, bolt]
        assert list(self.answer(store.paused_partners("invoices"))) == []
        self.answer(store.set_flow_status(FlowStatus(flow="orders", partner="ACME")))
        assert list(self.answer(store.paused_partners("orders"))) == [bolt]
