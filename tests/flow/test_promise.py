"""Any story of edits, outages, lost answers, crashes and repairs: nothing lost, nothing doubled, all told."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mlconnector_sdk.errors import (
    AuthenticationFailed,
    DocumentError,
    OutcomeUnknown,
    Reached,
    RequestRefused,
    StoreError,
    Throttled,
    VendorUnavailable,
)
from mlconnector_sdk.flow import Pipeline
from mlconnector_sdk.records import Entry, Event, Feed, State
from mlconnector_sdk.testing.clock import VirtualClock

from .fakes import Answers, Orders, answer_flow, order_flow
from .world import Frail, Killed, Vendor, Witness, as_store

NUMBERS = ["PO-1", "PO-2", "PO-3"]
BEFORE = ["refused", "throttled", "outage", "password", "crash"]
AFTER = ["lost", "502", "crash", "killed"]
UNFINISHED = (State.PENDING, State.IN_FLIGHT)


class Promise(RuleBasedStateMachine):
    """Two flows, one store, two vendors; a person who repairs, and answers truthfully."""

    @initialize(keys=st.booleans(), batch=st.sampled_from([1, 3]))
    def go_live(self, keys: bool, batch: int) -> None:
        self.clock = VirtualClock()
        self.frail = Frail()
        self.store = Witness(self.frail)
        self.orders, self.answers = Orders(), Answers()
        self.vendor, self.erp = Vendor(self.clock, keys=keys), Vendor(self.clock, keys=keys)
        flows = [order_flow(self.orders, self.vendor, batch=batch), answer_flow(self.answers, self.erp)]
        self.sync = Pipeline("promise", flows, store=as_store(self.store), clock=self.clock)
        self.sync.baseline()

    # -- the world -------------------------------------------------------------------------------------

    @rule(number=st.sampled_from(NUMBERS), content=st.sampled_from(["a", "b", "c", "bad", "crash"]))
    def edit(self, number: str, content: str) -> None:
        self.orders.put(number, content)

    @rule(number=st.sampled_from(NUMBERS), webhook=st.booleans())
    def answer(self, number: str, webhook: bool) -> None:
        event_id = f"t-{len(self.answers.happened)}"
        self.answers.happened[event_id] = number
        if webhook:
            now = self.clock.now()
            body = event_id.encode()
            self.sync.receive(
                Event(source="edi.answers", event_id=f"e-{event_id}", body=body, received_at=now)
            )

    @rule(seconds=st.sampled_from([1, 70, 400, 4000, 90_000, -3600]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def run(self) -> None:
        self.clock.advance(0.01)
        self.sync.run()

    @rule(what=st.sampled_from(BEFORE), only=st.sampled_from([*NUMBERS, ""]))
    def run_with_refusals(self, what: str, only: str) -> None:
        self.vendor.before = self.erp.before = lambda entry: self._error(what, entry, only, Reached.NO)
        self._disturbed_run()

    @rule(what=st.sampled_from(AFTER), only=st.sampled_from([*NUMBERS, ""]))
    def run_with_lost_answers(self, what: str, only: str) -> None:
        self.vendor.after = self.erp.after = lambda entry: self._error(what, entry, only, Reached.MAYBE)
        self._disturbed_run()

    @rule(what=st.sampled_from(["password", "outage"]))
    def run_while_nothing_may_leave(self, what: str) -> None:
        self.vendor.ready_fails = self._error(what, None, "", Reached.NO)
        self.vendor.find_fails = self._error("outage", None, "", Reached.NO)
        self._disturbed_run()

    @rule(
        at=st.integers(0, 25),
        how=st.sampled_from(["error before", "error after", "kill before", "kill after"]),
    )
    def run_with_a_broken_store(self, at: int, how: str) -> None:
        self.frail.break_at(at, how)
        self._disturbed_run()

    def _disturbed_run(self) -> None:
        self.clock.advance(0.01)
        with suppress(StoreError, Killed):
            self.sync.run()
        self.frail.heal()
        for vendor in (self.vendor, self.erp):
            vendor.before = vendor.after = lambda entry: None
            vendor.ready_fails = vendor.find_fails = None

    def _error(self, what: str, entry: Entry | None, only: str, reached: Reached) -> BaseException | None:
        if entry is not None and only not in ("", entry.number):
            return None
        return {
            "refused": RequestRefused("no such partner"),
            "throttled": Throttled("quota", not_before=self.clock.now() + timedelta(minutes=10)),
            "outage": VendorUnavailable("503", reached=reached),
            "502": VendorUnavailable("502", reached=reached),
            "password": AuthenticationFailed("refused"),
            "lost": OutcomeUnknown("the connection broke"),
            "crash": KeyError("bug"),
            "killed": Killed(),
        }[what]

    # -- the person ------------------------------------------------------------------------------------

    @rule(number=st.sampled_from(NUMBERS), anew=st.booleans())
    def ask_for_another_try(self, number: str, anew: bool) -> None:
        self.clock.advance(0.01)
        with suppress(DocumentError):
            if anew:
                self.sync.remap(number)
            else:
                self.sync.retry(number)

    @rule(pick=st.integers(0, 5), anew=st.booleans())
    def ask_for_one(self, pick: int, anew: bool) -> None:
        letters = self.sync.dead_letters()
        if letters:
            self.ask_for_another_try(letters[pick % len(letters)].id, anew)

    @rule()
    @precondition(lambda self: any(letter.outcome_unknown for letter in self.sync.dead_letters()))
    def settle(self) -> None:
        self.clock.advance(0.01)
        for letter in self.sync.dead_letters():
            if letter.outcome_unknown:
                vendor = self.vendor if letter.flow == "orders" else self.erp
                self.sync.settle(letter.id, arrived=vendor.has(letter), by="Kim", reason="looked")

    # -- what is promised ------------------------------------------------------------------------------

    @invariant()
    def nothing_is_doubled(self) -> None:
        if not hasattr(self, "vendor"):
            return
        numbers = [number for number, _ in self.vendor.taken]
        assert len(numbers) == len(set(numbers)), f"a supplier has an order twice: {self.vendor.taken}"
        assert len(self.erp.taken) == len(set(self.erp.taken)), self.erp.taken

    def teardown(self) -> None:
        """All is well again: whatever was observed comes to an end, or is listed for a person."""
        if not hasattr(self, "vendor"):
            return
        for _ in range(6):
            self.clock.advance(7200)
            self.sync.run().raise_for_problems()
        self.nothing_is_doubled()
        entries = self.store.find(limit=10_000)
        letters = {letter.id for letter in self.sync.dead_letters()}
        for entry in entries:
            if entry.state in UNFINISHED:
                line = self.store.history(entry.ordering_key)
                earlier = [other for other in line if other.sequence < entry.sequence and other.blocks]
                assert earlier and earlier[0].id in letters, f"{entry} waits for nobody"
            assert entry.leased_until is None
            assert not entry.state.waits_for_person or entry.id in letters
        for number, content in self.orders.contents.items():
            latest = max(
                (each for each in entries if (each.number, each.feed) == (number, Feed.STATE)),
                key=lambda each: each.sequence,
            )
            assert latest.fingerprint == self.orders.observation(number).fingerprint, "an edit was lost"
            assert latest.state is not State.SUPERSEDED, "the newest observation gave way to nothing"
            if latest.state is State.ACCEPTED:
                assert self.vendor.has(latest), f"{latest} is said to be accepted and is not there"
            assert content
        assert len([each for each in entries if each.feed is Feed.EVENT]) == len(self.answers.happened)


Promise.TestCase.settings = settings(
    max_examples=120,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestPromise = pytest.mark.filterwarnings("ignore::ResourceWarning")(Promise.TestCase)
