"""The second loop: windows and inbox in, outbox entries out.

Entries are committed batch by batch, the checkpoint in one commit with the last batch, and only after the
whole window was read. A crash anywhere re-reads the window; what was admitted already is known by its key.

An entry's line in the trail is written when the store has given it its place, and once more before anything
else happens to it: a crash in between leaves no gap. An entry that begins at its end (known, dead) meets
nothing else, so its line is written first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from attrs import field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import (
    ConnectorError,
    DocumentError,
    NoStartingPoint,
    Scope,
    StoreError,
    Throttled,
)
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.foresight import Foresight
from mlconnector_sdk.flow.journal import Journal, told
from mlconnector_sdk.flow.keys import ordering_key
from mlconnector_sdk.flow.moved import moved
from mlconnector_sdk.flow.report import FlowReport
from mlconnector_sdk.flow.scope import cursors_of, scoped
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.ports import Clock, Store
from mlconnector_sdk.records import Checkpoint, Collected, Collection, Event, Feed, NewEntry, State

__all__ = ["Collector", "new_entry", "observed"]

_LOG = logging.getLogger("mlconnector_sdk.flow")
_PAGE = 100  # inbox rows that are read at a time
_OUTAGE = 3  # events in a row that cannot be fetched: the vendor is down, the others need not be tried


def new_entry(flow: Flow, seen: Observation, *, at: datetime, baseline: bool = False) -> NewEntry:
    """An observation with the keys of its flow."""
    healthy = State.KNOWN if baseline else State.PENDING
    return NewEntry(
        flow=flow.name,
        kind=flow.kind,
        feed=flow.source.feed,
        number=seen.number,
        partner=seen.partner,
        ordering_key=ordering_key(
            flow=flow.name,
            tenant=flow.tenant,
            environment=flow.environment,
            partner=seen.partner,
            number=seen.number,
        ),
        event_id=seen.event_id,
        fingerprint=seen.fingerprint,
        record=seen.record,
        observed_at=at,
        state=State.DEAD if seen.reason else healthy,
        reason=seen.reason,
        remedy=seen.remedy,
    )


async def observed(flow: Flow, event: Event) -> Sequence[Observation]:
    """The records behind a stored webhook; one that can never be read becomes a dead letter.

    Raises:
        VendorError: The records cannot be fetched now.
    """
    try:
        return await flow.source.observe(event)
    except DocumentError as error:
        reason, remedy = told(error)
    except ConnectorError:
        raise
    except Exception as error:  # noqa: BLE001 - a host's source must not take the inbox down
        _LOG.error("reading the event %s of %s failed", event.event_id, event.source, exc_info=error)
        reason = f"the event cannot be read: {type(error).__name__}: {error}"
        remedy = "mend the source (the log has the traceback); the poll finds the record behind the event"
    return [
        Observation(
            number=event.event_id, record=event.body, event_id=event.event_id, reason=reason, remedy=remedy
        )
    ]


@frozen(kw_only=True)
class Collector:
    """Reads sources into the outbox."""

    store: Store = field(repr=False)
    journal: Journal = field(repr=False)
    clock: Clock = field(repr=False)
    stopping: Callable[[], bool] = field(default=lambda: False, repr=False)

    async def collect(self, flow: Flow, report: FlowReport, *, since: datetime | None = None) -> None:
        """Read the flow's inbox and window.

        Args:
            since: Where to start a flow that has no checkpoint; for one that has, a window of its own that
                leaves the checkpoint where it is.

        Raises:
            NoStartingPoint: There is no checkpoint and no ``since``.
            VendorError: The source cannot be read now; the checkpoint has not moved.
        """
        checkpoint = await arrived(self.store.checkpoint(flow.name))
        if checkpoint is None and since is None:
            raise NoStartingPoint(f"the flow '{flow.name}' has never run and has no starting point")
        problem = await self._empty_inbox(flow, report)
        # An event that cannot be fetched must not stop the poll, which finds what events have missed.
        await self._window(flow, report, checkpoint, since=since, moves=checkpoint is None or since is None)
        if problem is not None:
            raise problem

    async def baseline(self, flow: Flow, report: FlowReport) -> None:
        """Take what exists now as known: it is compared with later, and never sent."""
        checkpoint = await arrived(self.store.checkpoint(flow.name))
        reach = flow.source.baseline_reach
        since = None if reach is None else self.clock.now() - reach
        await self._window(flow, report, checkpoint, since=since, moves=True, baseline=True)

    async def empty_inbox(self, flow: Flow, report: FlowReport) -> None:
        """Turn the stored webhooks of the flow's source into entries.

        Raises:
            VendorError: The records behind one cannot be fetched now; it stays in the inbox.
        """
        problem = await self._empty_inbox(flow, report)
        if problem is not None:
            raise problem

    async def _empty_inbox(self, flow: Flow, report: FlowReport) -> ConnectorError | None:
        """One event that cannot be fetched holds up no other; the first problem of that kind is returned."""
        first: ConnectorError | None = None
        left: set[str] = set()  # stays in the inbox
        in_a_row = 0
        while not self.stopping():
            rows = await arrived(self.store.pending_events(flow.source.name, limit=len(left) + _PAGE))
            fresh = [row for row in rows if row.event_id not in left]
            if not fresh:
                break
            for event in fresh:
                if self.stopping():
                    break
                try:
                    seen = await observed(flow, event)
                except StoreError:
                    raise
                except ConnectorError as error:
                    first = first or error
                    left.add(event.event_id)
                    in_a_row += 1
                    if error.scope is Scope.FLOW or isinstance(error, Throttled) or in_a_row >= _OUTAGE:
                        return first
                else:
                    in_a_row = 0
                    await self._commit(flow, report, seen, closes=((event.source, event.event_id),))
        return first

    async def _window(
        self,
        flow: Flow,
        report: FlowReport,
        checkpoint: Checkpoint | None,
        *,
        since: datetime | None,
        moves: bool,
        baseline: bool = False,
    ) -> None:
        started = self.clock.now()
        before = checkpoint or Checkpoint(flow=flow.name, cursors={})
        walk = flow.source.walk(Window(cursors=cursors_of(before), since=since))
        records = 0
        held_back: Sequence[Observation] = ()  # the last batch goes with the checkpoint, in one commit
        try:
            while True:
                try:
                    batch = await walk.batch()
                except ConnectorError:
                    # What was read is news all the same; the window is read again from its beginning.
                    await self._commit(flow, report, held_back, baseline=baseline)
                    raise
                if batch is None:
                    break
                records += len(batch)
                await self._commit(flow, report, held_back, baseline=baseline)
                held_back = batch
                if self.stopping():
                    return  # the window is not read completely: the next run reads it again
            cursors = scoped(flow, walk.cursors)
            after = Checkpoint(flow=flow.name, cursors=cursors, revision=before.revision)
            collected = await self._commit(
                flow, report, held_back, checkpoint=after if moves else None, baseline=baseline
            )
        finally:
            await walk.close()
        report.rest = getattr(walk, "rest", report.rest)
        took: timedelta = self.clock.now() - started
        receipt = self.journal.flow_line(
            flow.name,
            "baseline" if baseline else "polled",
            f"{flow.source.name}: window read completely, {records} records",
            {
                "records": str(records),
                "seconds": f"{took.total_seconds():.3f}",
                "start": since.isoformat() if since else str(dict(before.cursors)),
                "end": str(dict(after.cursors)),
                "checkpoint": "moved" if collected.checkpoint_moved else "left where it was",
            },
        )
        await self.journal.write([receipt])

    async def _commit(
        self,
        flow: Flow,
        report: FlowReport,
        seen: Sequence[Observation],
        *,
        closes: tuple[tuple[str, str], ...] = (),
        checkpoint: Checkpoint | None = None,
        baseline: bool = False,
    ) -> Collected:
        if not (seen or closes or checkpoint):
            return Collected()
        at = self.clock.now()
        entries = tuple(new_entry(flow, each, at=at, baseline=baseline) for each in seen)
        if flow.source.feed is Feed.STATE and not baseline:
            entries += tuple(await moved(self.store, entries))
        await self._tell_of_finished(entries)
        collection = Collection(entries=entries, closes=closes, checkpoint=checkpoint)
        collected = await arrived(self.store.collect(collection))
        await self.journal.write([self.journal.observed(entry) for entry in collected.added])
        report.added += len(collected.added)
        report.known += collected.known
        report.letters += [entry for entry in collected.added if entry.state is State.DEAD]
        return collected

    async def _tell_of_finished(self, entries: Sequence[NewEntry]) -> None:
        finished = {new.ordering_key for new in entries if new.state is not State.PENDING}
        if not finished:
            return
        foresight = Foresight(self.store)
        foretold = [await foresight.entry(new) for new in entries if new.ordering_key in finished]
        await self.journal.write(
            [self.journal.observed(entry) for entry in foretold if entry and entry.state is not State.PENDING]
        )
