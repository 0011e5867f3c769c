"""Random walks through inbox, checkpoints, claims and the state of flows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import rule

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.records import Checkpoint, Collection, FlowStatus, NewEntry
from mlconnector_sdk.testing.store_contract.samples import MINUTE, event, order, scan
from mlconnector_sdk.testing.store_contract.walk import Walk

__all__ = ["WalkOfRuns"]

FEW = st.integers(0, 2)
FLOWS = st.sampled_from(["orders", "scans"])
PARTNERS = st.sampled_from(["", "ACME", "Bolt"])
OWNERS = st.sampled_from("ab")
CLOSES = st.lists(st.tuples(FEW, FEW), max_size=2)


class WalkOfRuns(Walk):
    """Webhooks come, runs claim their flow, read, close, move the checkpoint, and pause."""

    @rule(event_id=FEW, source=FEW)
    def admit(self, event_id: int, source: int) -> None:
        """A webhook, perhaps a repeated one."""
        new = evolve(event(f"e{event_id}"), source=f"{self.prefix}{source}", received_at=self.now)
        assert self.answer(self.store.admit(new)) == self.model.admit(new)

    @rule(source=FEW, limit=st.integers(0, 4))
    def look_into_the_inbox(self, source: int, limit: int) -> None:
        """What is open."""
        name = f"{self.prefix}{source}"
        pending = self.answer(self.store.pending_events(name, limit=limit))
        assert list(pending) == self.model.pending_events(name, limit)

    @rule(
        flow=FLOWS, closes=CLOSES, off=st.sampled_from([None, 0, 0, -1, 1]), fingerprint=st.sampled_from("AB")
    )
    def collect(self, flow: str, closes: list[tuple[int, int]], off: int | None, fingerprint: str) -> None:
        """A run ends, at the right checkpoint or at one that another has moved."""
        self.agree_to_collect(self.collection([order("PO-1", fingerprint)], flow, closes, off))

    @rule(flow=FLOWS, closes=CLOSES)
    def collect_in_vain(self, flow: str, closes: list[tuple[int, int]]) -> None:
        """An observation has no key: nothing is closed, and the checkpoint stays."""
        with pytest.raises(StoreError):
            self.answer(self.store.collect(self.collection([scan("")], flow, closes, 0)))

    def collection(
        self, entries: list[NewEntry], flow: str, closes: list[tuple[int, int]], off: int | None
    ) -> Collection:
        """Under this walk's names; ``off`` is how far its checkpoint is from the stored one."""
        stored = self.model.checkpoints.get(self.prefix + flow)
        revision = (stored.revision if stored else 0) + (off or 0)
        point = Checkpoint(flow=self.prefix + flow, cursors={"at": str(self.now)}, revision=max(revision, 0))
        return Collection(
            entries=tuple(self.own(new) for new in entries),
            closes=tuple((f"{self.prefix}{source}", f"e{event_id}") for source, event_id in closes),
            checkpoint=None if off is None else point,
        )

    @rule(flow=FLOWS)
    def read_the_checkpoint(self, flow: str) -> None:
        """How far it got."""
        name = self.prefix + flow
        assert self.answer(self.store.checkpoint(name)) == self.model.checkpoints.get(name)

    @rule(flow=FLOWS, owner=OWNERS, passed=st.integers(0, 2), minutes=st.integers(1, 4))
    def claim(self, flow: str, owner: str, passed: int, minutes: int) -> None:
        """A run wants to be alone, after some minutes in which claims ended."""
        self.now += passed * MINUTE
        name, until = self.prefix + flow, self.now + minutes * MINUTE
        claimed = self.answer(self.store.claim(name, owner, now=self.now, until=until))
        assert claimed == self.model.claim(name, owner, self.now, until)

    @rule(flow=FLOWS, owner=OWNERS)
    def release(self, flow: str, owner: str) -> None:
        """A run is over."""
        self.answer(self.store.release(self.prefix + flow, owner))
        self.model.release(self.prefix + flow, owner)

    @rule(flow=FLOWS, partner=PARTNERS, minutes=st.sampled_from([None, 1, 5]))
    def pause(self, flow: str, partner: str, minutes: int | None) -> None:
        """A flow or a partner in it rests, or runs again."""
        until = None if minutes is None else self.now + timedelta(minutes=minutes)
        status = FlowStatus(
            flow=self.prefix + flow, partner=partner, paused_until=until, reason="rest" if until else ""
        )
        self.answer(self.store.set_flow_status(status))
        self.model.statuses[status.flow, partner] = status

    @rule(flow=FLOWS, partner=PARTNERS)
    def read_the_status(self, flow: str, partner: str) -> None:
        """Whether it may run."""
        name = self.prefix + flow
        assert self.answer(self.store.flow_status(name, partner)) == self.model.status(name, partner)
        assert list(self.answer(self.store.paused_partners(name))) == self.model.paused_partners(name)

    @rule(minutes=st.integers(0, 5))
    def purge(self, minutes: int) -> None:
        """Bodies of closed webhooks go, which nobody can see; what is open stays."""
        self.purge_all(self.now - timedelta(minutes=minutes))
