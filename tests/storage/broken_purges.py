"""Backends that each break one promise about purges and pauses; see `broken_backends`."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from mlconnector_sdk.records import State
from mlconnector_sdk.storage.memory import MemoryStore
from mlconnector_sdk.storage.memory.outbox import MemoryOutbox
from tests.storage.broken_backends import BrokenStore, until_caught

__all__ = ["until_caught"]  # a fixture of every test here


class TestPurgeOfEveryState(BrokenStore):
    class Outbox(MemoryOutbox):
        def purge(self, before, *, limit):
            states = [entry.state for entry in self._entries]
            self._entries = [evolve(entry, state=State.ACCEPTED) for entry in self._entries]
            count = super().purge(before, limit=limit)
            both = zip(self._entries, states, strict=True)
            self._entries = [evolve(entry, state=state) for entry, state in both]
            return count


class TestPurgeOfTheYoung(BrokenStore):
    class Outbox(MemoryOutbox):
        def purge(self, before, *, limit):
            return super().purge(before + timedelta(microseconds=1), limit=limit)


class TestPurgeOfRecordsAlone(BrokenStore):
    class Outbox(MemoryOutbox):
        def purge(self, before, *, limit):
            entries = list(self._entries)
            count = super().purge(before, limit=limit)
            both = zip(self._entries, entries, strict=True)
            self._entries = [evolve(new, document=old.document) for new, old in both]
            return count


class TestPurgeForgetsFingerprints(BrokenStore):
    class Outbox(MemoryOutbox):
        def purge(self, before, *, limit):
            count = super().purge(before, limit=limit)
            self._entries = [
                evolve(each, fingerprint="") if each.purged_at else each for each in self._entries
            ]
            return count


class TestPurgeForgetsReferences(BrokenStore):
    class Outbox(MemoryOutbox):
        def purge(self, before, *, limit):
            count = super().purge(before, limit=limit)
            self._entries = [
                evolve(each, references={}) if each.purged_at else each for each in self._entries
            ]
            return count


class TestPurgeForgetsEventIds(BrokenStore):
    class Outbox(MemoryOutbox):
        def purge(self, before, *, limit):
            self._event_ids.clear()
            return super().purge(before, limit=limit)


class TestPurgedComesBack(BrokenStore):
    class Outbox(MemoryOutbox):
        def purge(self, before, *, limit):
            fences = [entry.fence for entry in self._entries]
            count = super().purge(before, limit=limit)
            both = zip(self._entries, fences, strict=True)
            self._entries = [evolve(entry, fence=fence) for entry, fence in both]
            return count


class TestPurgeWithoutLimit(BrokenStore):
    class Outbox(MemoryOutbox):
        def purge(self, before, *, limit):
            return super().purge(before, limit=1_000)


class TestPurgeWithoutEnd(BrokenStore):
    class Outbox(MemoryOutbox):
        def purge(self, before, *, limit):
            self._entries = [evolve(entry, purged_at=None) for entry in self._entries]
            return super().purge(before, limit=limit)


class TestPurgeForgetsWebhooks(BrokenStore):
    class Store(MemoryStore):
        def purge(self, before, *, limit=1_000):
            self._events = dict(self._open)
            return super().purge(before, limit=limit)


class TestPurgeOfOpenWebhooks(BrokenStore):
    class Store(MemoryStore):
        def purge(self, before, *, limit=1_000):
            self._open = {key: evolve(event, body=b"") for key, event in self._open.items()}
            return super().purge(before, limit=limit)


class TestPurgeOfYoungWebhooks(BrokenStore):
    class Store(MemoryStore):
        def purge(self, before, *, limit=1_000):
            purged = super().purge(before + timedelta(days=1), limit=limit)
            return evolve(super().purge(before, limit=limit), events=purged.events)


class TestPurgeLosesTheTrail(BrokenStore):
    class Store(MemoryStore):
        def purge(self, before, *, limit=1_000):
            self.audit._lines.clear()
            return super().purge(before, limit=limit)


class TestOnePauseForAll(BrokenStore):
    class Store(MemoryStore):
        def flow_status(self, flow, partner=""):
            return next(
                (s for s in self._statuses.values() if s.flow == flow), super().flow_status(flow, partner)
            )


class TestPausesAcrossFlows(BrokenStore):
    class Store(MemoryStore):
        def paused_partners(self, flow):
            flows = {status.flow for status in self._statuses.values()}
            return [status for each in sorted(flows) for status in super().paused_partners(each)]


class TestPausedForGood(BrokenStore):
    class Store(MemoryStore):
        def paused_partners(self, flow):
            return [s for (of, partner), s in sorted(self._statuses.items()) if of == flow and partner]


class TestPausesInTheOrderOfWriting(BrokenStore):
    class Store(MemoryStore):
        def paused_partners(self, flow):
            paused = super().paused_partners(flow)
            return [status for status in self._statuses.values() if status in paused]
