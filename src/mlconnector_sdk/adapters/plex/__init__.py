"""Plex (Rockwell Plex Smart Manufacturing): suppliers, parts, purchase orders, acknowledgments, invoices.

The names below are loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlconnector_sdk.lazy import lazily

if TYPE_CHECKING:
    from mlconnector_sdk.adapters.plex.acknowledgment import WriteBack
    from mlconnector_sdk.adapters.plex.client import AsyncPlex, Plex, PlexFace
    from mlconnector_sdk.adapters.plex.invoice_profile import (
        ChargeMeaning,
        InvoiceLineFields,
        InvoiceProfile,
    )
    from mlconnector_sdk.adapters.plex.invoice_sources import InvoiceSource
    from mlconnector_sdk.adapters.plex.invoices import ArInvoices
    from mlconnector_sdk.adapters.plex.master_data import Parts, Suppliers, Tenants
    from mlconnector_sdk.adapters.plex.models import (
        ArInvoice,
        Part,
        PurchaseOrder,
        PurchaseOrderAggregate,
        PurchaseOrderLine,
        PurchaseOrderRelease,
        Supplier,
        Tenant,
    )
    from mlconnector_sdk.adapters.plex.profile import (
        AcknowledgmentFields,
        Listing,
        PlexProfile,
        Statuses,
        plex_profile,
    )
    from mlconnector_sdk.adapters.plex.purchase_orders import PurchaseOrders, Releases
    from mlconnector_sdk.adapters.plex.settings import PlexSettings
    from mlconnector_sdk.adapters.plex.sinks import AcknowledgmentSink
    from mlconnector_sdk.adapters.plex.sources import PurchaseOrderSource

__all__ = [
    "AcknowledgmentFields",
    "AcknowledgmentSink",
    "ArInvoice",
    "ArInvoices",
    "AsyncPlex",
    "ChargeMeaning",
    "InvoiceLineFields",
    "InvoiceProfile",
    "InvoiceSource",
    "Listing",
    "Part",
    "Parts",
    "Plex",
    "PlexFace",
    "PlexProfile",
    "PlexSettings",
    "PurchaseOrder",
    "PurchaseOrderAggregate",
    "PurchaseOrderLine",
    "PurchaseOrderRelease",
    "PurchaseOrderSource",
    "PurchaseOrders",
    "Releases",
    "Statuses",
    "Supplier",
    "Suppliers",
    "Tenant",
    "Tenants",
    "WriteBack",
    "plex_profile",
]

_HOMES = {
    "AcknowledgmentFields": "profile",
    "AcknowledgmentSink": "sinks",
    "ArInvoice": "models",
    "ArInvoices": "invoices",
    "AsyncPlex": "client",
    "ChargeMeaning": "invoice_profile",
    "InvoiceLineFields": "invoice_profile",
    "InvoiceProfile": "invoice_profile",
    "InvoiceSource": "invoice_sources",
    "Listing": "profile",
    "Part": "models",
    "Parts": "master_data",
    "Plex": "client",
    "PlexFace": "client",
    "PlexProfile": "profile",
    "PlexSettings": "settings",
    "PurchaseOrder": "models",
    "PurchaseOrderAggregate": "models",
    "PurchaseOrderLine": "models",
    "PurchaseOrderRelease": "models",
    "PurchaseOrderSource": "sources",
    "PurchaseOrders": "purchase_orders",
    "Releases": "purchase_orders",
    "Statuses": "profile",
    "Supplier": "models",
    "Suppliers": "master_data",
    "Tenant": "models",
    "Tenants": "master_data",
    "WriteBack": "acknowledgment",
    "plex_profile": "profile",
}

__getattr__, __dir__ = lazily(__name__, _HOMES)
