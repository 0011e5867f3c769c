"""What a pipeline shows to people. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mlconnector_sdk.dual import Colour, arrived, shared
from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.flow.exchanges import Exchanges
from mlconnector_sdk.flow.flows_face import FlowsFace, require_aware
from mlconnector_sdk.flow.health import Examiner, Health
from mlconnector_sdk.flow.mend import Mending
from mlconnector_sdk.flow.overdue import Overdue, Punctuality
from mlconnector_sdk.flow.preview import Preview, Previewer
from mlconnector_sdk.flow.reconcile import Reconciler, Reconciliation
from mlconnector_sdk.flow.trail import Trail
from mlconnector_sdk.records import Entry, FlowStatus

__all__ = ["LookingFace"]


class LookingFace(FlowsFace[Colour]):
    """The calls of a pipeline that look."""

    @shared
    async def preview(self, flows: Sequence[str] = (), *, since: datetime | None = None) -> Preview:
        """What a run would do now: sources are read, nothing is sent and nothing stored.

        Raises:
            NoStartingPoint: A flow has never run, and ``since`` is not given.
        """
        require_aware(since)
        previewer = Previewer(store=self.store, clock=self.clock)
        items = []
        for flow in self._chosen(flows):
            items += await previewer.preview(flow, since=since)
        return Preview(items=tuple(items))

    @shared
    async def trail(self, number: str) -> Trail:
        """The whole story of one document, by its business number."""
        entries = await arrived(self.store.find(number=number, limit=1_000))
        events = await arrived(self.audit.read(number=number))
        return Trail(number=number, entries=tuple(entries), events=tuple(events))

    @shared
    async def exchanges(self, number_or_entry_id: str) -> Exchanges:
        """What went over the wire about one document, without secrets: the evidence for a vendor's support.

        Kept are the newest exchanges of each entry (`MOST_EXCHANGES`), until its content is purged. What a
        document says is shown as it was sent.

        Args:
            number_or_entry_id: A business number, or else the id of one entry.

        Raises:
            ConfigurationError: This pipeline keeps no exchanges.
        """
        if self._exchange_log is None:
            raise ConfigurationError(
                f"{self.name} keeps no raw exchanges: its store offers no log for them",
                remedy="give the pipeline one with exchanges=..., or use a store that has one",
                path="exchanges",
            )
        entries: Sequence[Entry] = ()
        if number_or_entry_id:  # nothing asked for is not everything
            entries = await arrived(self.store.find(number=number_or_entry_id, limit=1_000))
            entries = entries or await arrived(self.store.find(entry_id=number_or_entry_id))
        by_entry = {entry.id: tuple(await arrived(self._exchange_log.read(entry.id))) for entry in entries}
        return Exchanges(asked_for=number_or_entry_id, entries=tuple(entries), by_entry=by_entry)

    @shared
    async def accepted(self, number: str) -> list[Entry]:
        """What partners have under a business number: of each line the entry that was taken last.

        ``document`` holds it as the mapping wrote it. Entries of state `KNOWN` existed before go-live, and
        nothing was taken since.
        """
        lines = {entry.ordering_key for entry in await arrived(self.store.find(number=number, limit=1_000))}
        found = [await arrived(self.store.accepted(line)) for line in sorted(lines)]
        return [entry for entry in found if entry is not None]

    @shared
    async def dead_letters(self) -> list[Entry]:
        """Everything that waits for a person, with reason and remedy, oldest first."""
        return await Mending(store=self.store, journal=self._journal, flows=self.flows).letters()

    @shared
    async def overdue(self, flows: Sequence[str] = ()) -> list[Overdue]:
        """The documents that wait longer than their partner's limits allow, each with a remedy.

        Not taken by the vendor yet, not delivered, not acknowledged, not answered: what is expected, and
        for how long, say the limits of each flow (`Limits`).
        """
        punctuality = Punctuality(store=self.store, clock=self.clock)
        late = []
        for flow in self._chosen(flows):
            late += await punctuality.overdue(flow)
        return late

    @shared
    async def health(self) -> Health:
        """What needs a person now: dead letters, overdue documents, resting flows, credentials that end."""
        examiner = Examiner(store=self.store, clock=self.clock, expiries=self.expiries)
        return await examiner.examine(self._chosen(()))

    @shared
    async def reconcile(self, flow: str, *, since: datetime) -> Reconciliation:
        """What one side has and the other lacks, by business number; changes nothing.

        The source is read from ``since`` on; the vendor behind the sink is asked for its documents, where
        the sink can do that (`Census`).

        Raises:
            ConfigurationError: There is no such flow, or ``since`` has no time zone.
            VendorError: One of them cannot be read now.
        """
        [chosen] = self._chosen([flow])
        return await Reconciler(store=self.store).reconcile(chosen, since=since)

    @shared
    async def status(self) -> list[FlowStatus]:
        """Whether each flow may run, and which partners of it are paused, and why."""
        statuses = []
        for name in self.flows:
            statuses.append(await arrived(self.store.flow_status(name)))
            statuses += await arrived(self.store.paused_partners(name))
        return statuses
