"""A Plex invoice to the 810 that its customer is sent."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from mlconnector_sdk.adapters.plex import invoice_convert
from mlconnector_sdk.adapters.plex.invoice_profile import InvoiceProfile
from mlconnector_sdk.adapters.stedi import Route
from mlconnector_sdk.adapters.stedi import convert as stedi_convert
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.flow import Hold, Mapped, Send, Standing, Unchanged
from mlconnector_sdk.mapping.documents import Invoice, Party
from mlconnector_sdk.mapping.naming import Naming
from mlconnector_sdk.mapping.partners import Partner
from mlconnector_sdk.pipelines.partner_files import PartnerBook, PartnerFiles
from mlconnector_sdk.records import Entry, State

__all__ = ["InvoiceMapping"]


@frozen(kw_only=True)
class InvoiceMapping:
    """An invoice to an 810. Pure but for the book.

    An invoice is sent once: one that was edited, or made void, after the customer has it is put before a
    person, because papers say that a credit memo is due, and no machine writes those.

    Args:
        book: Partners and tables, as they are now.
        time_zone: The plant's.
        usage: ``P`` or ``T``.
        profile: How the company's invoices are understood.
    """

    book: PartnerBook | PartnerFiles = field(repr=False)
    time_zone: ZoneInfo
    usage: str
    profile: InvoiceProfile

    def __call__(self, entry: Entry, standing: Standing) -> Mapped:
        """Map; only customers who are partners with a setting for 810 are sent invoices."""
        files = self.book.current
        if not entry.partner:
            # The conversion names what is missing; an invoice that nobody sends must not go unseen.
            invoice_convert.invoice(
                invoice_convert.ar_invoice(entry.record), time_zone=self.time_zone, profile=self.profile
            )
        if not files.partners.lists_customer(entry.partner):
            return Unchanged(summary=f"customer {entry.partner} is sent no 810: left alone")
        partner = files.partners.by_customer(entry.partner)
        route = Route.of(partner)
        if "810" not in route.settings:
            return Unchanged(summary=f"{partner.name} has no setting for 810: left alone")
        record = invoice_convert.ar_invoice(entry.record)
        void = self.profile.is_void(record.status, record.void)
        accepted = standing.accepted
        if accepted is None and void:
            return Unchanged(summary="it is void, and was never sent")
        invoice = None if void else self._invoice(entry, partner)
        if accepted is not None:
            return self._edited(invoice, accepted, partner)
        if invoice is None:
            return Unchanged(summary="it is void, and was never sent")
        payload = stedi_convert.invoice_payload(
            invoice,
            route,
            sequence=entry.sequence,
            release=partner.release,
            usage=self.usage,
            conventions=partner.conventions,
        )
        return Send(
            payload=payload,
            summary=f"810 for {partner.name}: {invoice.total} {invoice.currency}".rstrip(),
            document=encode(invoice),
        )

    def _edited(self, invoice: Invoice | None, accepted: Entry, partner: Partner) -> Mapped:
        what = "was made void" if invoice is None else "was edited"
        if accepted.state is State.KNOWN:
            return Unchanged(summary=f"it existed before go-live and {what}: such invoices are left alone")
        sent = None if accepted.document is None else decode(accepted.document, Invoice, strict=True)
        if invoice is not None and invoice == sent:
            return Unchanged(summary=f"{partner.name} has exactly this invoice")
        return Hold(
            reason=f"invoice {accepted.number} {what} after {partner.name} was sent it",
            remedy=f"send {partner.name} a credit memo if one is due, then dismiss('{accepted.number}', ...)",
            document=None if invoice is None else encode(invoice),
        )

    def _invoice(self, entry: Entry, partner: Partner) -> Invoice:
        invoice = invoice_convert.invoice(
            invoice_convert.ar_invoice(entry.record),
            time_zone=self.time_zone,
            naming=Naming(partner, self.book.current.tables),
            profile=self.profile,
        )
        customer = Party(role="BY", id=partner.buyer.id, id_qualifier=partner.buyer.qualifier)
        seller = Party(role="SE", id=partner.account.id, id_qualifier=partner.account.qualifier)
        others = tuple(party for party in invoice.parties if party.role not in ("BY", "SE"))
        return evolve(invoice, parties=(customer, seller, *others))
