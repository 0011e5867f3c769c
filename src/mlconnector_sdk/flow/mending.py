"""What people do through a pipeline: each act is in the audit trail, with a name where it needs one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from mlconnector_sdk.dual import Colour, arrived, shared
from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.flow.flows_face import FlowsFace
from mlconnector_sdk.flow.mend import Mending
from mlconnector_sdk.flow.remap import Remapped, Remapping
from mlconnector_sdk.flow.settle import Settling
from mlconnector_sdk.records import Entry, FlowStatus, Purged

__all__ = ["MendingFace"]

M = TypeVar("M", bound=Mending)
_UNTIL_RESUMED = datetime(9999, 12, 31, tzinfo=UTC)


class MendingFace(FlowsFace[Colour]):
    """The calls of a pipeline by which people decide."""

    @shared
    async def retry(self, number: str) -> list[Entry]:
        """Make dead letters and held documents pending again; the next run delivers them.

        What was mapped goes with the same bytes and the same key; what could not be mapped is mapped anew.

        Args:
            number: A business number, or the id of one entry.

        Raises:
            DocumentError: There is nothing to retry; it may have arrived (`settle`); it was taken and then
                refused (`remap`, `resend`); or a newer document was taken (`dismiss`).
        """
        return await self._mending(Mending).retry(number)

    @shared
    async def remap(self, number: str, *, dry_run: bool = False) -> list[Remapped]:
        """Have dead letters, held and rejected documents mapped anew; the next run delivers them.

        For a document that was refused as it was: mend the table or the partner file, and remap. Other bytes
        get another key. The answer shows what the mapping says now, and how the payload differs.

        Where nothing waits under the number, what was taken is mapped anew: for documents that went out
        wrong. The partner is told the difference, if there is one, by the rules for edits; the answer shows
        it.

        Args:
            number: A business number, or the id of one entry.
            dry_run: Only show it.

        Raises:
            DocumentError: There is nothing to remap; it, or an older one, may have arrived (`settle`); or a
                newer document was taken (`dismiss`).
        """
        return await self._mending(Remapping).remap(number, dry_run=dry_run)

    @shared
    async def resend(self, number: str, *, by: str, reason: str) -> Entry:
        """Send a document that was taken once more: a deliberate duplicate, and marked as such.

        For a partner who has lost it. The same bytes go under a new key, as an entry of its own.

        Args:
            number: A business number, or the id of one entry.
            by: Who wants it; it goes into the audit trail.
            reason: Why; it goes into the audit trail.

        Raises:
            DocumentError: Nothing under it was taken, or several documents were; or a newer one was taken or
                waits, so that this one would set the partner back.
            ConfigurationError: ``by`` or ``reason`` is empty.
        """
        _require_person(by, reason)
        return await self._mending(Mending).resend(number, by=by, reason=reason)

    @shared
    async def settle(self, entry_id: str, *, arrived: bool, by: str, reason: str) -> Entry:
        """Say whether the partner has a document, where you know it by other means.

        * An uncertain send: it is accepted then, or pending again.
        * A held document that you told the partner by other means: ``arrived=True``, and later edits are
          compared with it.
        * An accepted one that the partner does not have after all: ``arrived=False``; it is rejected, and
          waits for `remap` or `resend`.
        * One from before go-live: with ``arrived=True`` later edits are compared with it, as it was then;
          with ``arrived=False`` it goes as a first one.
        * A pending one that went by other means, or before this store knew it: ``arrived=True``.

        Args:
            entry_id: As `dead_letters` and `trail` show it.
            arrived: What you found out.
            by: Who says so; it goes into the audit trail.
            reason: What you saw; it goes into the audit trail.

        Raises:
            DocumentError: There is no such entry, or the answer changes nothing about it.
            ConfigurationError: ``by`` or ``reason`` is empty.
        """
        _require_person(by, reason)
        return await self._mending(Settling).settle(entry_id, arrived_there=arrived, by=by, reason=reason)

    @shared
    async def dismiss(self, number: str, *, by: str, reason: str) -> list[Entry]:
        """Close what waits for a person under a number: nothing is sent, and nobody is asked any more.

        Args:
            number: A business number, or the id of one entry.
            by: Who closes it; it goes into the audit trail.
            reason: Why; it goes into the audit trail.

        Raises:
            DocumentError: Nothing waits under it, or it may have arrived (`settle`).
            ConfigurationError: ``by`` or ``reason`` is empty.
        """
        _require_person(by, reason)
        return await self._mending(Mending).dismiss(number, by=by, reason=reason)

    @shared
    async def pause(self, partner: str, *, by: str, reason: str, flows: Sequence[str] = ()) -> None:
        """Let the documents of one partner wait, until `resume`. They are still collected.

        Args:
            partner: As the source names it (the supplier's code, the partnership's id): trails show it.
            by: Who wants it; it goes into the audit trail.
            reason: Why; `status` shows it.
            flows: In which flows; empty: in all.

        Raises:
            ConfigurationError: ``partner``, ``by`` or ``reason`` is empty.
        """
        _require_person(by, reason)
        for flow in self._chosen(flows):
            status = FlowStatus(
                flow=flow.name,
                partner=_named(partner),
                paused_until=_UNTIL_RESUMED,
                reason=f"{reason} ({by})",
                remedy=f"resume('{partner}', by=...)",
            )
            line = self._journal.flow_line(flow.name, "paused", f"{by} lets {partner} wait: {reason}")
            await self._journal.write([line])
            await arrived(self.store.set_flow_status(status))

    @shared
    async def resume(self, partner: str, *, by: str, flows: Sequence[str] = ()) -> None:
        """Let the documents of a paused partner go again; the next run sends the newest state of each."""
        for flow in self._chosen(flows):
            line = self._journal.flow_line(flow.name, "resumed", f"{by} lets {partner} go on")
            await self._journal.write([line])
            await arrived(self.store.set_flow_status(FlowStatus(flow=flow.name, partner=_named(partner))))

    @shared
    async def purge(self, older_than: timedelta) -> Purged:
        """Forget what finished documents said: records, payloads, webhook bodies. Their trail stays.

        What is unfinished, or waits for a person, is kept. An order that is edited after its content was
        purged is put before a person, because nothing is left to compare it with.

        Args:
            older_than: Counted from the last change of each; with personal data, your retention time.
        """
        before = self.clock.now() - older_than
        entries = events = 0
        while True:
            purged = await arrived(self.store.purge(before))
            if not (purged.entries or purged.events):
                break
            entries, events = entries + purged.entries, events + purged.events
        text = f"the content of {entries} documents and {events} webhooks older than {older_than} was removed"
        await self._journal.write([self._journal.flow_line(self.name, "purged", text)])
        return Purged(entries=entries, events=events)

    def _mending(self, kind: type[M]) -> M:
        return kind(store=self.store, journal=self._journal, flows=self.flows)


def _require_person(by: str, reason: str) -> None:
    for name, value in (("by", by), ("reason", reason)):
        if not value.strip():
            raise ConfigurationError(
                f"{name} is empty: the trail must say who decided, and why",
                path=name,
                remedy=f"give {name}=...",
            )


def _named(partner: str) -> str:
    if not partner:
        raise ConfigurationError(
            "no partner is named: a pause of nobody would pause a whole flow",
            path="partner",
            remedy="give the partner as trails show it",
        )
    return partner
