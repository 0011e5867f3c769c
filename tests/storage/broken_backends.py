"""Backends that each break one promise: test_contracts.py runs the contracts against them.

This file and `broken_purges` are no tests of the suite by themselves: every class in them has to fail.
"""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import Phase, settings

from mlconnector_sdk.records import Collected, Feed, State
from mlconnector_sdk.storage.admission import check
from mlconnector_sdk.storage.memory import (
    MemoryAuditLog,
    MemorySecretStore,
    MemoryStore,
    MemoryTokenStore,
)
from mlconnector_sdk.storage.memory.outbox import MemoryOutbox
from mlconnector_sdk.testing import (
    AuditLogContract,
    SecretStoreContract,
    StoreContract,
    TokenStoreContract,
)

settings.register_profile("one is enough", phases=[Phase.generate], database=None, derandomize=True)
settings.load_profile("one is enough")


@pytest.fixture(autouse=True)
def until_caught(request):
    """One failure of a class is enough."""
    if getattr(request.cls, "caught", False):
        pytest.skip("caught already")
    failed = request.session.testsfailed
    yield
    request.cls.caught = request.session.testsfailed > failed


class BrokenStore(StoreContract):
    """A memory store with one method replaced."""

    Outbox: type = MemoryOutbox
    Store: type = MemoryStore

    @pytest.fixture
    def store(self):
        store = self.Store()
        store._outbox = self.Outbox()
        return store


class TestNoFence(BrokenStore):
    class Outbox(MemoryOutbox):
        def save(self, changes):
            current = [self._entries[self._positions[c.entry.id] - 1] for c in changes]
            pairs = zip(changes, current, strict=True)
            return super().save([evolve(c, entry=evolve(c.entry, fence=s.fence)) for c, s in pairs])


class TestNoDedupeOfEvents(BrokenStore):
    class Outbox(MemoryOutbox):
        def _is_news(self, new):
            return new.feed is Feed.EVENT or super()._is_news(new)


class TestStatesComparedWithAllOfTheLine(BrokenStore):
    class Outbox(MemoryOutbox):
        def _is_news(self, new):
            if new.feed is Feed.EVENT:
                return super()._is_news(new)
            return new.fingerprint not in {entry.fingerprint for entry in self._line(new.ordering_key)}


class TestEventsKnownAcrossFlows(BrokenStore):
    class Outbox(MemoryOutbox):
        def _is_news(self, new):
            known = {event_id for _, event_id in self._event_ids}
            return new.event_id not in known if new.feed is Feed.EVENT else super()._is_news(new)


class TestBaselineNotCompared(BrokenStore):
    class Outbox(MemoryOutbox):
        def _is_news(self, new):
            line = list(self._line(new.ordering_key))
            return super()._is_news(new) or (bool(line) and line[-1].state is State.KNOWN)


class TestNothingBlocks(BrokenStore):
    class Outbox(MemoryOutbox):
        def _has_its_turn(self, entry, now):
            return True


class TestDeadLettersNeverBlock(BrokenStore):
    class Outbox(MemoryOutbox):
        def _has_its_turn(self, entry, now):
            line = self._line(entry.ordering_key)
            return all(
                other.state not in (State.PENDING, State.IN_FLIGHT)
                for other in line
                if other.sequence < entry.sequence
            )


class TestHeldSuccessorForgotten(BrokenStore):
    class Outbox(MemoryOutbox):
        def _has_its_turn(self, entry, now):
            line = self._line(entry.ordering_key)
            return not any(other.blocks for other in line if other.sequence < entry.sequence)


class TestLeaseWithoutEnd(BrokenStore):
    class Outbox(MemoryOutbox):
        def _leasable(self, flow, now, without):
            leasable = super()._leasable(flow, now, without)
            return (entry for entry in leasable if entry.leased_until is None)


class TestLeaseExcludesNobody(BrokenStore):
    class Outbox(MemoryOutbox):
        def lease(self, flow, *, now, until, **rest):
            return super().lease(flow, now=now, until=now, **rest)


class TestDueTimeIgnored(BrokenStore):
    class Outbox(MemoryOutbox):
        def _leasable(self, flow, now, without):
            entries = [self._entries[position - 1] for position in self._unfinished.get(flow, ())]
            for entry in entries:
                self._entries[entry.position - 1] = evolve(entry, not_before=None)
            return super()._leasable(flow, now, without)


class TestHalfACollection(BrokenStore):
    class Outbox(MemoryOutbox):
        def add(self, observations):
            added = []
            for new in observations:
                check(new)
                added += super().add([new])
            return added


class TestFollowOnsOfRefusedSaves(BrokenStore):
    class Outbox(MemoryOutbox):
        def save(self, changes):
            refused = super().save(changes)
            for change in changes:
                self.add(change.follow_ons)
            return refused


class TestCheckpointMovesFromAnywhere(BrokenStore):
    class Store(MemoryStore):
        def _move(self, checkpoint):
            if checkpoint is None:
                return False
            stored = self._checkpoints.get(checkpoint.flow)
            return super()._move(evolve(checkpoint, revision=stored.revision if stored else 0))


class TestClosedEventsForgotten(BrokenStore):
    class Store(MemoryStore):
        def collect(self, collection):
            for closed in collection.closes:
                self._events.pop(closed, None)
            return super().collect(collection)


class TestNoLock(BrokenStore):
    walks = 1

    class Store(MemoryStore):
        def collect(self, collection):
            news = [new for new in collection.entries if self._outbox._is_news(new)]
            threading.Event().wait(0.01)  # another poller comes in between
            return Collected(added=tuple(self._outbox._admit(new) for new in news))


class TestFindKnowsOneState(BrokenStore):
    class Outbox(MemoryOutbox):
        def find(self, *, states, **criteria):
            return super().find(states=states[:1], **criteria)


class TestDeliberateIsCompared(BrokenStore):
    class Outbox(MemoryOutbox):
        def _is_news(self, new):
            return super()._is_news(evolve(new, deliberate=False))


class TestDeliberateNeedsAKey(BrokenStore):
    class Outbox(MemoryOutbox):
        def add(self, observations):
            for new in observations:
                check(evolve(new, deliberate=False))
            return super().add(observations)


class TestDeliberateHasTheKeyOfAnObservation(BrokenStore):
    class Outbox(MemoryOutbox):
        def _admit(self, new):
            entry = super()._admit(evolve(new, deliberate=False))
            self._entries[-1] = evolve(entry, deliberate=new.deliberate)
            return self._entries[-1]


class TestDeliberateWithoutFingerprint(BrokenStore):
    class Outbox(MemoryOutbox):
        def _admit(self, new):
            return super()._admit(evolve(new, fingerprint="") if new.deliberate else new)


class TestDeliberateWithoutPayload(BrokenStore):
    class Outbox(MemoryOutbox):
        def _admit(self, new):
            return super()._admit(evolve(new, payload=None))


class TestDocumentNotSaved(BrokenStore):
    class Outbox(MemoryOutbox):
        def _write(self, stored, saved):
            super()._write(stored, evolve(saved, document=stored.document))


class TestExpectationNotSaved(BrokenStore):
    class Outbox(MemoryOutbox):
        def _write(self, stored, saved):
            super()._write(stored, evolve(saved, expected_by=stored.expected_by))


class TestAcceptanceNotSaved(BrokenStore):
    class Outbox(MemoryOutbox):
        def _write(self, stored, saved):
            super()._write(stored, evolve(saved, accepted_at=stored.accepted_at))


class TestObservationRewritten(BrokenStore):
    class Outbox(MemoryOutbox):
        def _write(self, stored, saved):
            super()._write(stored, saved)
            written = self._entries[stored.position - 1]
            self._entries[stored.position - 1] = evolve(written, record=saved.record)


class TestNobodyLeftOut(BrokenStore):
    class Outbox(MemoryOutbox):
        def _leasable(self, flow, now, without):
            return super()._leasable(flow, now, ())


class TestLeftOutThoughInFlight(BrokenStore):
    class Outbox(MemoryOutbox):
        def _leasable(self, flow, now, without):
            return (each for each in super()._leasable(flow, now, ()) if each.partner not in without)


class TestDueOfEverybody(BrokenStore):
    class Outbox(MemoryOutbox):
        def due(self, flow, *, now, without):
            return super().due(flow, now=now, without=())


class TestHistoryWithContent(BrokenStore):
    class Outbox(MemoryOutbox):
        def history(self, ordering_key, *, content):
            return super().history(ordering_key, content=True)


class TestLatestIsAccepted(BrokenStore):
    class Outbox(MemoryOutbox):
        def accepted(self, ordering_key):
            return (self.history(ordering_key, content=True) or [None])[-1]


class TestFirstIsAccepted(BrokenStore):
    class Outbox(MemoryOutbox):
        def accepted(self, ordering_key):
            line = self.history(ordering_key, content=True)
            return next((each for each in line if each.state.taken), super().accepted(ordering_key))


class TestKnownIsAccepted(BrokenStore):
    class Outbox(MemoryOutbox):
        def accepted(self, ordering_key):
            line = self.history(ordering_key, content=True)
            has = [each for each in line if each.state.taken or each.state is State.KNOWN]
            return (has or [None])[-1]


class TestNothingKnownIsAccepted(BrokenStore):
    class Outbox(MemoryOutbox):
        def accepted(self, ordering_key):
            entry = super().accepted(ordering_key)
            return entry if entry and entry.state.taken else None


class TestFindOfAllPartners(BrokenStore):
    class Outbox(MemoryOutbox):
        def find(self, **criteria):
            return super().find(**criteria | {"partner": ""})


class TestFindByValueOfReference(BrokenStore):
    class Outbox(MemoryOutbox):
        def find(self, *, reference, **criteria):
            found = super().find(reference=None, **criteria)
            return [each for each in found if not reference or reference[1] in each.references.values()]


class TestFindByFirstReference(BrokenStore):
    class Outbox(MemoryOutbox):
        def find(self, *, reference, **criteria):
            found = super().find(reference=reference, **criteria)
            return [
                each for each in found if not reference or reference == next(iter(each.references.items()))
            ]


class TestExpectedAtTheInstant(BrokenStore):
    class Outbox(MemoryOutbox):
        def find(self, *, expected_before, **criteria):
            before = expected_before and expected_before + timedelta(microseconds=1)
            return super().find(expected_before=before, **criteria)


class TestAlwaysTheFirstPage(BrokenStore):
    class Outbox(MemoryOutbox):
        def find(self, **criteria):
            return super().find(**criteria | {"after": 0})


class TestAuditKeepsTheLastOfAnId(AuditLogContract):
    @pytest.fixture
    def log(self):
        class Broken(MemoryAuditLog):
            def write(self, events):
                self._lines.update({event.id: event for event in events})

        return Broken()


class TestAuditInTheOrderOfWriting(AuditLogContract):
    @pytest.fixture
    def log(self):
        class Broken(MemoryAuditLog):
            def read(self, **about):
                found = super().read(**about)
                return [line for line in self._lines.values() if line in found]

        return Broken()


class TestSecretsThatShow(SecretStoreContract):
    @pytest.fixture
    def secrets(self):
        class Broken(MemorySecretStore):
            def __repr__(self):
                return str({name: secret.reveal() for name, secret in self._secrets.items()})

        return Broken()


class TestTokensWithoutRefresh(TokenStoreContract):
    @pytest.fixture
    def tokens(self):
        class Broken(MemoryTokenStore):
            def put(self, key, token):
                super().put(key, evolve(token, refresh_token=None, refresh_expires_at=None))

        return Broken()


class TestClaimsForEverybody(TokenStoreContract):
    @pytest.fixture
    def tokens(self):
        class Broken(MemoryTokenStore):
            def claim(self, key, owner, *, now, until):
                return True

        return Broken()
