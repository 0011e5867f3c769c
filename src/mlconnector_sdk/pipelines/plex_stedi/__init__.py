"""Plex ↔ Stedi: what suppliers and customers are told as X12, and what they say back into Plex.

::

    sync = plex_stedi.pipeline(plex, stedi, store=SQLiteStore("sync.db"), partners="partners.toml")

Purchase orders go as 850, their edits as 860; invoices as 810 where a partner is set up for it. Suppliers'
855 are written into the orders. What Stedi reports of its files, and partners' 997, move the documents on.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any, overload
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import evolve

from mlconnector_sdk.adapters.plex import (
    AcknowledgmentSink,
    AsyncPlex,
    InvoiceSource,
    Plex,
    PurchaseOrderSource,
)
from mlconnector_sdk.adapters.plex.sweep import Sweep
from mlconnector_sdk.adapters.stedi import (
    AsyncStedi,
    FailedFileSource,
    FileSource,
    OutboundSource,
    Route,
    Stedi,
    TransactionSink,
    TransactionSource,
)
from mlconnector_sdk.adapters.stedi import webhooks as stedi_webhooks
from mlconnector_sdk.adapters.stedi.confirmations import map_file, map_functional_acknowledgment, map_outbound
from mlconnector_sdk.adapters.stedi.failed_files import map_failed_file
from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.flow import (
    AsyncPipeline,
    ConfirmationSink,
    Flow,
    Limits,
    MapRecord,
    Pipeline,
    Sink,
    Source,
)
from mlconnector_sdk.mapping.naming import Naming
from mlconnector_sdk.mapping.partners import Partner
from mlconnector_sdk.pipelines.partner_check import check
from mlconnector_sdk.pipelines.partner_files import PartnerBook, PartnerFiles
from mlconnector_sdk.pipelines.plex_stedi.acknowledgments import AcknowledgmentMapping
from mlconnector_sdk.pipelines.plex_stedi.expiries import expiries
from mlconnector_sdk.pipelines.plex_stedi.invoices import InvoiceMapping
from mlconnector_sdk.pipelines.plex_stedi.orders import OrderMapping
from mlconnector_sdk.ports import AuditLog, Store

__all__ = [
    "ACKNOWLEDGMENTS",
    "CONTROL_NUMBERS",
    "DELIVERIES",
    "FAILED_FILES",
    "FUNCTIONAL_ACKNOWLEDGMENTS",
    "INVOICES",
    "PURCHASE_ORDERS",
    "AcknowledgmentMapping",
    "InvoiceMapping",
    "OrderMapping",
    "check",
    "pipeline",
]

PURCHASE_ORDERS = "purchase_orders"
"""Orders out: 850, and 860 for their edits."""
ACKNOWLEDGMENTS = "acknowledgments"
"""Suppliers' answers in: 855."""
CONTROL_NUMBERS = "control_numbers"
"""Reports in: under which control numbers Stedi has sent our documents."""
DELIVERIES = "deliveries"
"""Reports in: which files were delivered, and which could not be."""
FAILED_FILES = "failed_files"
"""Reports in: files of partners that Stedi could not process; a person is told, and nothing is written."""
FUNCTIONAL_ACKNOWLEDGMENTS = "functional_acknowledgments"
"""Reports in: what partners' translators say (997)."""
INVOICES = "invoices"
"""Invoices out: 810. Only there where a partner has a customer code and a setting for 810."""

_USAGES = {"production": "P", "test": "T"}
# Plex takes 200 requests a minute, and an order read whole costs four. The second look at open orders may use
# a fifth of them, so that a burst of changes beside it still reaches the suppliers with the same poll.
_SWEEP = Sweep(most=10)
_BATCH = 20  # all sinks can repeat a send safely, so a crash may leave so many outcomes unknown
_DELIVERED_WITHIN = timedelta(hours=2)  # Stedi tries a delivery three times within a quarter of an hour


@overload
def pipeline(
    plex: Plex,
    stedi: Stedi,
    *,
    store: Store,
    partners: str | os.PathLike[str] | PartnerBook | PartnerFiles,
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
    partners: str | os.PathLike[str] | PartnerBook | PartnerFiles,
    audit: AuditLog | None = None,
    environment: str = "production",
    plant_time_zone: str = "UTC",
) -> AsyncPipeline: ...
def pipeline(
    plex: Any,
    stedi: Any,
    *,
    store: Store,
    partners: str | os.PathLike[str] | PartnerBook | PartnerFiles,
    audit: AuditLog | None = None,
    environment: str = "production",
    plant_time_zone: str = "UTC",
) -> Any:
    """Compose the flows.

    Args:
        plex: The ERP; blocking or async, as is ``stedi``, and so is the pipeline.
        stedi: The EDI network.
        store: Inbox, outbox and checkpoints.
        partners: The partner file: edits of it, and of its tables, are taken up before each run. Or a book of
            your own, or what `read_partner_files` made of it, which stays as it is.
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
    book = PartnerBook(partners) if isinstance(partners, str | os.PathLike) else partners
    for partner in book.current.network("stedi"):
        Route.of(partner)  # what is incomplete is told now, not with the first order
        Naming(partner, book.current.tables).check()
    zone, usage = _zone(plant_time_zone), _USAGES[environment]

    def limits(supplier: str) -> Limits:
        found = [each for each in book.current.partners if each.supplier == supplier]
        return _limits(found[0] if found else None)

    def customer_limits(customer: str) -> Limits:
        known = book.current.partners
        return _limits(known.by_customer(customer) if known.lists_customer(customer) else None)

    def paused() -> list[str]:
        return [each.supplier for each in book.current.partners if each.paused and each.supplier]

    def flow(name: str, kind: str, source: Source, map_record: MapRecord, sink: Sink, **more: Any) -> Flow:
        return Flow(
            name=name,
            kind=kind,
            source=source,
            map=map_record,
            sink=sink,
            tenant=plex.pcn,
            environment=environment,
            batch=_BATCH,
            **more,
        )

    def limits_of(flow_name: str, partner: str) -> Limits:
        return customer_limits(partner) if flow_name == INVOICES else limits(partner)

    reports = ConfirmationSink(store, clock=plex.clock, audit=audit, limits=limits_of)
    orders = OrderMapping(book=book, time_zone=zone, usage=usage, statuses=plex.profile.statuses)
    flows = [
        flow(
            PURCHASE_ORDERS,
            "850",
            PurchaseOrderSource(plex, sweep=_SWEEP),
            orders,
            TransactionSink(stedi, kinds=("850", "860"), mode=environment),
            answered_by=ACKNOWLEDGMENTS,
            reported=True,
            limits=limits,
            paused=paused,
        ),
        flow(
            ACKNOWLEDGMENTS,
            "855",
            TransactionSource(stedi, mode=environment),
            AcknowledgmentMapping(book=book),
            AcknowledgmentSink(plex),
            relates_to=PURCHASE_ORDERS,
        ),
        flow(CONTROL_NUMBERS, "sent", OutboundSource(stedi, mode=environment), map_outbound, reports),
        flow(DELIVERIES, "delivery", FileSource(stedi, mode=environment), map_file, reports),
        flow(
            FUNCTIONAL_ACKNOWLEDGMENTS,
            "997",
            TransactionSource(
                stedi, kinds=("997",), mode=environment, name=stedi_webhooks.FUNCTIONAL_ACKNOWLEDGMENTS
            ),
            map_functional_acknowledgment,
            reports,
        ),
        flow(FAILED_FILES, "file", FailedFileSource(stedi, mode=environment), map_failed_file, reports),
    ]
    if any(each.customer and "810" in Route.of(each).settings for each in book.current.network("stedi")):
        invoices = InvoiceMapping(book=book, time_zone=zone, usage=usage, profile=plex.profile.invoices)
        flows.append(
            flow(
                INVOICES,
                "810",
                InvoiceSource(plex),
                invoices,
                TransactionSink(stedi, kinds=("810",), mode=environment),
                reported=True,
                limits=customer_limits,
            )
        )
    kind = Pipeline if plex.blocking else AsyncPipeline
    settings = book if isinstance(book, PartnerBook) else None
    return kind(
        "plex_stedi",
        flows,
        store=store,
        audit=audit,
        clock=plex.clock,
        settings=settings,
        expiries=lambda: expiries(plex, stedi),
    )


def _limits(partner: Partner | None) -> Limits:
    """What the partner file says, and else: Stedi reports every delivery, and not every partner answers."""
    usual = Limits(delivered=_DELIVERED_WITHIN)
    return usual if partner is None else evolve(usual, **partner.limits.stated())


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigurationError(
            f"there is no time zone {name!r}",
            path="plant_time_zone",
            remedy="give an IANA name such as America/Chicago",
        ) from error
