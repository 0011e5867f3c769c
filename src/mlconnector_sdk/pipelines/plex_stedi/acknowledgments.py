"""A supplier's 855s to what is written into the Plex purchase order that they answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import field, frozen

from mlconnector_sdk.adapters.plex import acknowledgment as plex_acknowledgment
from mlconnector_sdk.adapters.plex.acknowledgment import WriteBack
from mlconnector_sdk.adapters.stedi import convert as stedi_convert
from mlconnector_sdk.errors import DocumentError
from mlconnector_sdk.flow import Mapped, Send, Standing, Unchanged
from mlconnector_sdk.mapping.gathering import Said, gather
from mlconnector_sdk.mapping.naming import Naming
from mlconnector_sdk.mapping.partners import Partner
from mlconnector_sdk.mapping.terms import in_our_units
from mlconnector_sdk.pipelines.partner_files import PartnerBook, PartnerFiles
from mlconnector_sdk.records import Entry, State

__all__ = ["AcknowledgmentMapping"]

_COUNT_NOT = (State.DEAD, State.HELD, State.DISMISSED, State.REJECTED)


@frozen(kw_only=True)
class AcknowledgmentMapping:
    """All that a supplier has said about an order, with the newest 855 in hand. Pure but for the book.

    An 855 that was made before the latest change of the order was accepted answers an order that is no more:
    it is recorded, and not written.

    Args:
        book: Partners and tables, as they are now.
    """

    book: PartnerBook | PartnerFiles = field(repr=False)

    def __call__(self, entry: Entry, standing: Standing) -> Mapped:
        """Map; every 855 of the order that can be read counts, whenever it came."""
        files = self.book.current
        partner = files.partners.by_route("stedi", "partnership", entry.partner)
        naming = Naming(partner, files.tables)
        mine = self._said(entry, partner, naming)
        others = self._others(entry, standing.line, partner, naming)
        changed_at = _changed_at(standing.related, partner)
        answered = mine.acknowledgment.decision.value
        # Gathered first: a repeat that came late is as old as the answer that it repeats.
        gathered = gather((mine, *others)).said
        counting = tuple(each for each in gathered if not _is_superseded(each, changed_at, partner))
        if not any(mine.reference in each.references for each in counting):
            return Unchanged(
                summary=f"855 from {partner.name}: {answered}; it answers the order as it was before it was "
                f"changed: recorded, not written"
            )
        write = WriteBack(
            number=mine.acknowledgment.number,
            reference=mine.reference,
            said=counting,
            partial=partner.policies.partial_acknowledgments,
            tolerance=partner.policies.tolerance,
        )
        several = f", with {len(counting)} answers to the order" if len(counting) > 1 else ""
        summary = f"855 from {partner.name}: {answered}{several}"
        return Send(payload=plex_acknowledgment.write_payload(write), summary=summary)

    def _others(
        self, entry: Entry, line: Sequence[Entry], partner: Partner, naming: Naming
    ) -> Iterator[Said]:
        """The other 855s of the order; one that cannot be read waits for a person by itself."""
        for other in line:
            if other.id == entry.id or other.state in _COUNT_NOT or other.purged_at is not None:
                continue
            try:
                yield self._said(other, partner, naming)
            except DocumentError:
                continue

    def _said(self, entry: Entry, partner: Partner, naming: Naming) -> Said:
        received = stedi_convert.received_acknowledgment(
            entry.record, conventions=partner.conventions, time_zone=partner.policies.time_zone
        )
        return Said(
            acknowledgment=in_our_units(received.acknowledgment, naming),
            reference=received.reference,
            as_of=received.as_of,
            control_number=received.control_number,
            received_at=received.processed_at or entry.observed_at,
            taken=entry.state.taken,
        )


def _changed_at(orders: Sequence[Entry], partner: Partner) -> datetime | None:
    """When the supplier was last told of a change of the order; None while it has the first one.

    That is when the change left for the first time: where the answer to it was lost, it counts as accepted
    only when that is found out, and the supplier may have answered it long before.
    """
    taken = [order for order in orders if order.partner == partner.supplier and order.state.taken]
    changes = [order for order in taken[1:] if not order.deliberate]
    return (changes[-1].first_sent_at or changes[-1].accepted_at) if changes else None


def _is_superseded(said: Said, changed_at: datetime | None, partner: Partner) -> bool:
    """Whether it answers an order that is no more.

    When it reached the network is certain. When the supplier made it is told without a time zone: that counts
    only where the partner file names one.
    """
    if changed_at is None:
        return False
    if said.received_at < changed_at:
        return True
    return partner.policies.time_zone.key != "UTC" and said.as_of < changed_at
