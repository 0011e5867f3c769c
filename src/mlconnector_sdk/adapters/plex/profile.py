"""Plex's quirks as data, one named profile per API that can be spoken to.

``cloud`` is the API of the product pages: OAuth2 client credentials against ``accounts.plex.com``, JSON
below ``cloud.plex.com/api``. Those pages name no paths and no field names; they are taken from the public
dictionary of the developer portal. What neither source says is inferred, marked so below, and can be
changed with `attrs.evolve`.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from mlconnector_sdk.adapters.plex.invoice_profile import InvoiceProfile
from mlconnector_sdk.core.profile import Profile
from mlconnector_sdk.core.retry import Kind, Row, Verdict, Verdicts
from mlconnector_sdk.errors import ConfigurationError

__all__ = ["AcknowledgmentFields", "Listing", "PlexProfile", "Statuses", "plex_profile"]


@frozen(kw_only=True)
class Listing:
    """Where a resource is listed, and what its filters are called.

    Plex ignores a filter that it does not know, so every filter is applied again on our side.

    Args:
        path: Below the base URL.
        role: The entity that a role has to allow, as the product pages spell it.
        modified: The filter on the time of the last change.
        created: The filter on the time of creation.
        number: The filter on the business number or code.
    """

    path: str
    role: str
    modified: str = "modified_date"
    created: str = "created_date"
    number: str = "number"


@frozen(kw_only=True)
class Statuses:
    """Which of the company's order statuses mean what (inferred: a company may rename them); any case.

    Args:
        draft: Not yet meant for the supplier.
        cancelled: Not wanted any more; also for lines and releases.
        closed: Finished.
    """

    draft: frozenset[str] = frozenset({"draft"})
    cancelled: frozenset[str] = frozenset({"canceled", "cancelled", "void", "voided"})
    closed: frozenset[str] = frozenset({"closed"})

    def is_draft(self, status: str | None) -> bool:
        """Whether an order of this status is not yet meant for the supplier."""
        return _folded(status) in self.draft

    def is_cancelled(self, status: str | None) -> bool:
        """Whether an order, line or release of this status is not wanted any more."""
        return _folded(status) in self.cancelled

    def is_closed(self, status: str | None) -> bool:
        """Whether an order of this status is finished."""
        return _folded(status) in self.closed


@frozen(kw_only=True)
class AcknowledgmentFields:
    """The custom fields of a purchase order that hold a supplier's acknowledgment.

    All names are inferred: every company defines its own. ``{line}`` stands for the line's number. A field
    whose name is empty is not written.

    Args:
        decision: What the supplier says about the whole order, in words.
        code: The supplier's header code (X12 element 587).
        dated: The date of the acknowledgment.
        reference: The external reference: the vendor's id of the transaction that brought it.
        as_of: Time, control number and reference of the newest acknowledgment: an older one never
            replaces a newer one.
        supplier_order: The supplier's own number of the order.
        flag: The lines whose confirmed quantity is out of tolerance, e.g. ``lines 1, 3``; else empty.
        line_code: The supplier's codes for the line (X12 element 668), joined with commas.
        line_confirmed: The confirmed quantity, in the line's unit.
        line_backordered: The backordered quantity.
        line_rejected: The rejected or deleted quantity.
        line_ship: By when all of the confirmed quantity is shipped.
        line_delivery: By when all of it arrives.
        line_flag: How the confirmed quantity is out of tolerance, e.g. ``confirmed 90 of 100 EA``; else
            empty.
        line_as_of: As ``as_of``, of the newest acknowledgment that the line's fields come from.
    """

    decision: str = "Acknowledgment_Status"
    code: str = "Acknowledgment_Code"
    dated: str = "Acknowledgment_Date"
    reference: str = "Acknowledgment_Reference"
    as_of: str = "Acknowledgment_As_Of"
    supplier_order: str = "Supplier_Order_No"
    flag: str = "Acknowledgment_Flag"
    line_code: str = "Line_{line}_Code"
    line_confirmed: str = "Line_{line}_Confirmed_Quantity"
    line_backordered: str = "Line_{line}_Backordered_Quantity"
    line_rejected: str = "Line_{line}_Rejected_Quantity"
    line_ship: str = "Line_{line}_Ship_Date"
    line_delivery: str = "Line_{line}_Delivery_Date"
    line_flag: str = "Line_{line}_Flag"
    line_as_of: str = "Line_{line}_As_Of"

    def __attrs_post_init__(self) -> None:
        if not (self.reference and self.as_of and self.line_as_of):
            raise ConfigurationError(
                "the acknowledgment fields `reference`, `as_of` and `line_as_of` need names: "
                "without them a repeated or late acknowledgment cannot be recognised",
                remedy="name a custom field of the purchase order for each of them",
            )


@frozen(kw_only=True)
class PlexProfile(Profile):
    """A `Profile` with what is particular to Plex.

    Args:
        tenants: The companies that the credentials may see.
        suppliers: Suppliers.
        parts: Parts.
        purchase_orders: Purchase orders.
        releases: Releases of purchase orders (the path is inferred).
        ar_invoices: Invoices to customers.
        customer_header: Carries the PCN (inferred: the header of the developer portal's API).
        custom_fields: The key of an order's custom fields (inferred).
        acknowledgment: The custom fields that are written back.
        statuses: What the order statuses mean.
        invoices: How invoices to customers are understood.
        missing_is_empty: A listing that answers 404 is an empty one: Plex's code ``RESOURCE_NOT_FOUND``
            also stands for "no data".
    """

    tenants: Listing = Listing(path="mdm/v1/tenants", role="Tenant", number="code")
    suppliers: Listing = Listing(path="mdm/v1/suppliers", role="Supplier", number="code")
    parts: Listing = Listing(path="mdm/v1/parts", role="Part", number="number")
    purchase_orders: Listing = Listing(
        path="purchasing/v1/purchase-orders", role="Purchase_Order", number="pONumber"
    )
    releases: Listing = Listing(path="purchasing/v1/releases", role="Purchase_Order_Release", number="poId")
    ar_invoices: Listing = Listing(
        path="accounting/v1/ar-invoices", role="AR_Invoice", number="invoiceNumber"
    )
    customer_header: str = "X-Plex-Connect-Customer-Id"
    custom_fields: str = "customFields"
    acknowledgment: AcknowledgmentFields = field(factory=AcknowledgmentFields)
    statuses: Statuses = field(factory=Statuses)
    invoices: InvoiceProfile = field(factory=InvoiceProfile)
    missing_is_empty: bool = True


_VERDICTS = Verdicts(
    rows=(
        Row(
            status=401,
            verdict=Verdict(
                kind=Kind.UNAUTHORIZED,
                remedy="Plex answers so for three causes: the credentials are wrong or expired, they may not "
                "use this PCN, or the API product is not subscribed; check all three",
            ),
        ),
        Row(
            status=403,
            verdict=Verdict(
                kind=Kind.FORBIDDEN,
                remedy="ask the Plex administrator to give the integration user a role that allows to read "
                "Purchase_Order, Purchase_Order_Release and Supplier, to write the custom fields of "
                "Purchase_Order, and to read AR_Invoice where invoices are sent; check_access() shows which "
                "is missing",
            ),
        ),
        # Public sources name 200 calls a minute and no Retry-After. A walk of more calls has to wait out that
        # minute somewhere, or it would break off, and begin anew, for ever (the pause is inferred).
        Row(status=429, verdict=Verdict(kind=Kind.THROTTLED, pause=15.0)),
    )
)

_CLOUD = PlexProfile(
    vendor="Plex",
    name="cloud",
    origins={
        "api": "https://cloud.plex.com/api",
        "token": "https://accounts.plex.com/oauth2/token",
    },
    verdicts=_VERDICTS,
    # Listings are not paged: one tenant measured 44 MB and 16 seconds for its purchase orders.
    timeout=120.0,
    deadline=180.0,
    max_bytes=256 * 1024 * 1024,
)

_PROFILES: Mapping[str, PlexProfile] = {"cloud": _CLOUD}


def plex_profile(name: str = "cloud", *, base_url: str = "", token_url: str = "") -> PlexProfile:
    """A profile by name, with its addresses replaced where others are given.

    Raises:
        ConfigurationError: There is none of that name.
    """
    if name not in _PROFILES:
        raise ConfigurationError(
            f"Plex has no profile {name!r}",
            remedy=f"choose one of: {', '.join(sorted(_PROFILES))}",
            path="profile",
        )
    return _PROFILES[name].at(api=base_url, token=token_url)


def _folded(status: str | None) -> str:
    return (status or "").strip().casefold()
