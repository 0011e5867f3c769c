"""A Plex purchase order to what its supplier is told of it: an 850, an 860, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeGuard
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from mlconnector_sdk.adapters.plex import convert as plex_convert
from mlconnector_sdk.adapters.plex.models import PurchaseOrderAggregate
from mlconnector_sdk.adapters.plex.profile import Statuses
from mlconnector_sdk.adapters.stedi import Route
from mlconnector_sdk.adapters.stedi import convert as stedi_convert
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.errors import DocumentError
from mlconnector_sdk.flow import Hold, Mapped, Send, Standing, Unchanged
from mlconnector_sdk.mapping.documents import PurchaseOrder
from mlconnector_sdk.mapping.edits import (
    Ask,
    Had,
    Nothing,
    SentOrder,
    TellChange,
    Telling,
    TellOrder,
    tell,
    tell_known,
)
from mlconnector_sdk.mapping.naming import Naming
from mlconnector_sdk.mapping.partners import Partner
from mlconnector_sdk.mapping.policies import ClosedOrders
from mlconnector_sdk.mapping.terms import addressed
from mlconnector_sdk.pipelines.partner_files import PartnerBook, PartnerFiles
from mlconnector_sdk.records import Entry, State

__all__ = ["OrderMapping"]


@frozen
class _Unwanted:
    """An order that the supplier is not to deliver."""

    why: str


@frozen
class _Finished:
    """An order of which nothing more is to be told."""

    why: str


@frozen(kw_only=True)
class OrderMapping:
    """What a supplier is told of an order, given what it has. Pure but for the partner book.

    Args:
        book: Partners and tables, as they are now.
        time_zone: The plant's.
        usage: ``P`` or ``T``.
        statuses: What Plex's statuses mean.
    """

    book: PartnerBook | PartnerFiles = field(repr=False)
    time_zone: ZoneInfo
    usage: str
    statuses: Statuses

    def __call__(self, entry: Entry, standing: Standing) -> Mapped:
        """Map; an order that the supplier has already becomes a change order, by the partner's policies."""
        partners = self.book.current.partners
        if partners.ignore_unlisted and not partners.lists(entry.partner):
            return Unchanged(summary=f"supplier {entry.partner} is not in {partners.file}: left alone")
        partner = partners.by_supplier(entry.partner)
        aggregate = plex_convert.aggregate(entry.record)
        wanted = self._wanted(aggregate, entry.partner, partner)
        if isinstance(wanted, _Finished):
            return Unchanged(summary=wanted.why)
        why_not = wanted.why if isinstance(wanted, _Unwanted) else ""
        order = wanted if isinstance(wanted, PurchaseOrder) else None
        accepted = standing.accepted
        if accepted is not None and accepted.state is State.KNOWN:
            known = self._known(accepted, partner)
            telling = tell_known(order, known=known, policies=partner.policies, why_not=why_not)
        elif accepted is not None and accepted.document is None:
            return Hold(
                reason=f"{entry.number} was edited, and what {partner.name} has of it is not kept any more",
                remedy=f"agree on it with the supplier, then settle('{entry.id}', arrived=True)",
            )
        else:
            sent = None if accepted is None else _read(accepted)
            refused = _refused_since(sent, standing.line)
            telling = tell(
                order,
                why_not=why_not,
                sent=sent,
                refused=refused,
                after_rejection=bool(standing.rejected or refused),
                policies=partner.policies,
                seen_on=self._day(entry),
            )
            if accepted is not None and sent is not None and _tells_a_change(telling):
                had = Had.ORDER if _is_repeat(accepted, standing.line) else sent.had
                built = evolve(telling.sent, builds_on=(*sent.builds_on, accepted.id), had=had)
                telling = evolve(telling, sent=built)
        return self._mapped(telling, entry, partner)

    def _wanted(
        self, aggregate: PurchaseOrderAggregate, supplier: str, partner: Partner
    ) -> PurchaseOrder | _Unwanted | _Finished:
        status = aggregate.order.status
        if aggregate.supplier_code and aggregate.supplier_code != supplier:
            return _Unwanted(f"it was given to supplier {aggregate.supplier_code}")
        if self.statuses.is_cancelled(status):
            return _Unwanted("it was cancelled in Plex")
        if self.statuses.is_closed(status):
            if partner.policies.closed_orders is ClosedOrders.CANCEL:
                return _Unwanted("it was closed in Plex")
            return _Finished("it is closed in Plex: nothing more to tell")
        if aggregate.lines and all(self.statuses.is_cancelled(line.status) for line in aggregate.lines):
            return _Unwanted("all of its lines were cancelled in Plex")
        return self._order(aggregate, partner)

    def _order(self, aggregate: PurchaseOrderAggregate, partner: Partner) -> PurchaseOrder:
        naming = Naming(partner, self.book.current.tables)
        order = plex_convert.purchase_order(
            aggregate, time_zone=self.time_zone, naming=naming, statuses=self.statuses
        )
        return addressed(order, partner)

    def _known(self, known: Entry, partner: Partner) -> PurchaseOrder | None:
        """The order as it was at go-live; None where it cannot be read in today's terms."""
        try:
            return self._order(plex_convert.aggregate(known.record), partner)
        except DocumentError:
            return None

    def _mapped(self, telling: Telling, entry: Entry, partner: Partner) -> Mapped:
        if isinstance(telling, Nothing):
            return Unchanged(summary=telling.why)
        if isinstance(telling, Ask):
            sent = telling.sent
            return Hold(
                reason=f"{entry.number} for {partner.name}: {telling.reason}",
                remedy=telling.remedy.replace("(...", f"('{entry.id}'"),
                document=None if sent is None else encode(sent),
            )
        route = Route.of(partner)
        if isinstance(telling, TellChange):
            payload = stedi_convert.change_payload(
                telling.change,
                route,
                sequence=entry.sequence,
                release=partner.release,
                usage=self.usage,
                conventions=partner.conventions,
            )
            what = "cancels it" if telling.sent.cancelled else f"{len(telling.change.lines)} lines changed"
            summary = f"860 for {partner.name}: change {telling.change.change_sequence}, {what}"
            return Send(payload=payload, summary=summary, kind="860", document=encode(telling.sent))
        payload = stedi_convert.order_payload(
            telling.order,
            route,
            sequence=entry.sequence,
            release=partner.release,
            usage=self.usage,
            conventions=partner.conventions,
        )
        purpose = {"01": ", which cancels it", "05": ", which replaces it"}.get(telling.order.purpose, "")
        return Send(
            payload=payload,
            summary=f"850 for {partner.name}{purpose}",
            kind="850",
            document=encode(telling.sent),
        )

    def _day(self, entry: Entry) -> date:
        return entry.observed_at.astimezone(self.time_zone).date()


def _read(accepted: Entry) -> SentOrder:
    return decode(accepted.document or b"", SentOrder, strict=True)


def _tells_a_change(telling: Telling) -> TypeGuard[TellChange | TellOrder]:
    """Whether it says something of an order that the supplier has, instead of the order itself."""
    return isinstance(telling, TellChange) or (isinstance(telling, TellOrder) and telling.sent.cancelled)


def _is_repeat(accepted: Entry, line: Sequence[Entry]) -> bool:
    """Whether it was sent once more knowingly, to a supplier who may have the first one too."""
    first = [each for each in line if each.id == accepted.parent and each.kind == accepted.kind]
    return accepted.deliberate and any(each.state.taken for each in first)


def _refused_since(sent: SentOrder | None, line: Sequence[Entry]) -> str:
    """The first document that what the supplier is believed to have builds on, and that was refused later."""
    built_on = () if sent is None else sent.builds_on
    return next((each.id for each in line if each.id in built_on and not each.state.taken), "")
