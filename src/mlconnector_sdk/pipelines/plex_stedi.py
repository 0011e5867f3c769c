"""Plex ↔ Stedi: purchase orders to suppliers as X12 850, their acknowledgments (855) back into Plex.

::

    sync = plex_stedi.pipeline(plex, stedi, store=SQLiteStore("sync.db"), partners="partners.toml")
"""

from __future__ import annotations

import os
from typing import Any, overload
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen

from mlconnector_sdk.adapters.plex import AcknowledgmentSink, AsyncPlex, Plex, PurchaseOrderSource, WriteBack
from mlconnector_sdk.adapters.plex import acknowledgment as plex_acknowledgment
from mlconnector_sdk.adapters.plex import convert as plex_convert
from mlconnector_sdk.adapters.plex.profile import Statuses
from mlconnector_sdk.adapters.stedi import AsyncStedi, Route, Stedi, TransactionSink, TransactionSource
from mlconnector_sdk.adapters.stedi import convert as stedi_convert
from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.flow import AsyncPipeline, Flow, Hold, Mapped, Pipeline, Send, Unchanged
from mlconnector_sdk.mapping.naming import Naming
from mlconnector_sdk.mapping.partners import Partner
from mlconnector_sdk.mapping.terms import addressed, in_our_units
from mlconnector_sdk.pipelines.partner_files import PartnerFiles, read_partner_files
from mlconnector_sdk.ports import AuditLog, Store
from mlconnector_sdk.records import Entry, State

__all__ = ["ACKNOWLEDGMENTS", "PURCHASE_ORDERS", "AcknowledgmentMapping", "OrderMapping", "pipeline"]

PURCHASE_ORDERS = "purchase_orders"
"""The flow out: 850."""
ACKNOWLEDGMENTS = "acknowledgments"
"""The flow in: 855."""

_USAGES = {"production": "P", "test": "T"}
_BATCH = 20  # both sinks can repeat a send safely, so a crash may leave so many outcomes unknown


@overload
def pipeline(
    plex: Plex,
    stedi: Stedi,
    *,
    store: Store,
    partners: str | os.PathLike[str] | PartnerFiles,
    audit: AuditLog | None = None,
    environment: str = "production",
    plant_time_zone: str = "UTC",
) -> Pipeline: ...
@overload
def pipeline(
    plex: AsyncPlex,
    stedi: AsyncStedi,
    *,
    store: Store,
    partners: str | os.PathLike[str] | PartnerFiles,
    audit: AuditLog | None = None,
    environment: str = "production",
    plant_time_zone: str = "UTC",
) -> AsyncPipeline: ...
def pipeline(
    plex: Any,
    stedi: Any,
    *,
    store: Store,
    partners: str | os.PathLike[str] | PartnerFiles,
    audit: AuditLog | None = None,
    environment: str = "production",
    plant_time_zone: str = "UTC",
) -> Any:
    """Compose the two flows.

    Args:
        plex: The ERP; blocking or async, as is ``stedi``, and so is the pipeline.
        stedi: The EDI network.
        store: Inbox, outbox and checkpoints.
        partners: The partner file, or what `read_partner_files` made of it.
        audit: Where the trail goes; None: the log that the store keeps beside its documents.
        environment: ``production`` or ``test``: the usage indicator of what is sent, and the mode of what
            is taken in; part of every key.
        plant_time_zone: IANA name: Plex keeps instants, an order carries calendar dates.

    Raises:
        ConfigurationError: The partner file or a table is malformed, a partner's Stedi section is
            incomplete, or an argument cannot work; the message names file and key.
    """
    if environment not in _USAGES:
        raise ConfigurationError(
            f"there is no environment {environment!r}", path="environment", remedy="production or test"
        )
    if plex.blocking is not stedi.blocking:
        raise ConfigurationError(
            "one client is blocking and the other async", remedy="use Plex with Stedi, or both async"
        )
    files = partners if isinstance(partners, PartnerFiles) else read_partner_files(partners)
    for partner in files.network("stedi"):
        Route.of(partner)  # what is incomplete is told now, not with the first order
        Naming(partner, files.tables).check()
    out = Flow(
        name=PURCHASE_ORDERS,
        kind="850",
        source=PurchaseOrderSource(plex),
        map=OrderMapping(
            files=files,
            time_zone=_zone(plant_time_zone),
            usage=_USAGES[environment],
            statuses=plex.profile.statuses,
        ),
        sink=TransactionSink(stedi),
        tenant=plex.pcn,
        environment=environment,
        batch=_BATCH,
    )
    back = Flow(
        name=ACKNOWLEDGMENTS,
        kind="855",
        source=TransactionSource(stedi, mode=environment),
        map=AcknowledgmentMapping(files=files),
        sink=AcknowledgmentSink(plex),
        tenant=plex.pcn,
        environment=environment,
        batch=_BATCH,
    )
    kind = Pipeline if plex.blocking else AsyncPipeline
    return kind("plex_stedi", [out, back], store=store, audit=audit, clock=plex.clock)


@frozen(kw_only=True)
class OrderMapping:
    """A Plex purchase order to the 850 that its supplier is sent. Pure."""

    files: PartnerFiles = field(repr=False)
    time_zone: ZoneInfo
    usage: str
    statuses: Statuses

    def __call__(self, entry: Entry, accepted: Entry | None) -> Mapped:
        """Map; an order that the supplier has already, and that was edited, is held."""
        partners = self.files.partners
        if partners.ignore_unlisted and not partners.lists(entry.partner):
            return Unchanged(summary=f"supplier {entry.partner} is not in {partners.file}: left alone")
        partner = partners.by_supplier(entry.partner)
        payload = self._payload(entry.record, partner, entry.sequence)
        if accepted is None:
            if partner.paused:
                return Hold(
                    reason=f"partner {partner.name} is paused",
                    remedy=f"set paused = false in {partners.file}, then retry('{entry.number}')",
                )
            return Send(payload=payload, summary=f"850 for {partner.name}")
        if self._says_the_same(accepted, partner, entry.record):
            return Unchanged(summary=f"{partner.name} has exactly this order")
        if accepted.state is State.KNOWN:
            return Hold(
                reason=f"{entry.number} existed before go-live and was edited: "
                f"whether {partner.name} has it, and in which state, is not known here",
                remedy="agree on the change with the supplier",
            )
        return Hold(
            reason=f"{entry.number} was edited after {partner.name} was sent "
            f"observation {accepted.sequence}; a second 850 would double it",
            remedy="agree on the change with the supplier: a change order (860) is not sent yet",
        )

    def _payload(self, record: bytes, partner: Partner, sequence: int) -> bytes:
        order = plex_convert.purchase_order(
            plex_convert.aggregate(record),
            time_zone=self.time_zone,
            naming=Naming(partner, self.files.tables),
            statuses=self.statuses,
        )
        return stedi_convert.order_payload(
            addressed(order, partner),
            Route.of(partner),
            sequence=sequence,
            release=partner.release,
            usage=self.usage,
            conventions=partner.conventions,
        )

    def _says_the_same(self, accepted: Entry, partner: Partner, record: bytes) -> bool:
        """Whether the record maps to what was accepted: the bytes frozen then, else the record known then."""
        then = accepted.payload or self._payload(accepted.record, partner, accepted.sequence)
        return self._payload(record, partner, accepted.sequence) == then


@frozen(kw_only=True)
class AcknowledgmentMapping:
    """A supplier's 855 to what is written into Plex. Pure."""

    files: PartnerFiles = field(repr=False)

    def __call__(self, entry: Entry, accepted: Entry | None) -> Mapped:
        """Map; an acknowledgment is an event, and delivered for what it is."""
        partner = self.files.partners.by_route("stedi", "partnership", entry.partner)
        received = stedi_convert.received_acknowledgment(entry.record, conventions=partner.conventions)
        naming = Naming(partner, self.files.tables)
        write = WriteBack(
            acknowledgment=in_our_units(received.acknowledgment, naming),
            reference=received.reference,
            as_of=received.as_of,
            control_number=received.control_number,
        )
        answered = received.acknowledgment.decision.value
        summary = f"855 from {partner.name}: {answered}"
        return Send(payload=plex_acknowledgment.write_payload(write), summary=summary)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigurationError(
            f"there is no time zone {name!r}",
            path="plant_time_zone",
            remedy="give an IANA name such as America/Chicago",
        ) from error
