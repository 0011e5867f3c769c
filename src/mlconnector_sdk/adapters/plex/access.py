"""What the credentials may do in Plex, and what to ask the administrator for.

Plex hides what a role does not allow: it answers 403, or an empty list as if there were nothing. So an empty
list where an ERP always has something is a finding, too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mlconnector_sdk.adapters.plex.listing import listing_call
from mlconnector_sdk.adapters.plex.profile import Listing
from mlconnector_sdk.adapters.plex.purchase_orders import PurchaseOrders
from mlconnector_sdk.core.access import AccessReport, Finding, Status
from mlconnector_sdk.errors import AuthenticationFailed, NotFound, PermissionDenied, VendorError

if TYPE_CHECKING:
    from mlconnector_sdk.adapters.plex.client import PlexFace

__all__ = ["check_access"]

_RECENT = timedelta(days=30)


async def check_access(plex: PlexFace[Any], write_to: str, *, invoices: bool = False) -> AccessReport:
    """Ask for a little of everything that the flows read, and try one write if allowed.

    Args:
        plex: The client.
        write_to: The number of an order to which nothing may be written, or the empty string: write nothing.
        invoices: Whether invoices are read, beside purchase orders.
    """
    findings = [await _credentials(plex)]
    if findings[0].status is Status.OK:
        profile = plex.profile
        needed = [profile.suppliers, profile.purchase_orders, profile.releases]
        needed += [profile.ar_invoices] if invoices else []
        findings += [await _read(plex, listing) for listing in needed]
        findings.append(await _write(plex, write_to))
    return AccessReport(tuple(findings))


async def _credentials(plex: PlexFace[Any]) -> Finding:
    async def ask() -> str:
        await plex.client.ready()
        walk = plex.tenants.matching(listing_call(plex.profile.tenants), dict[str, Any])
        with suppress(PermissionDenied):  # the credentials were taken, and no flow needs to read tenants
            await walk.batch()
        return f"are taken for company {plex.pcn}"

    return await _finding("credentials", ask)


async def _read(plex: PlexFace[Any], listing: Listing) -> Finding:
    """Records of the last month are enough; only where there are none, all are asked for."""
    subject = f"{listing.role}: read"
    resource = plex.purchase_orders

    async def ask() -> str:
        for since in (plex.clock.now() - _RECENT, None):
            call = listing_call(listing, modified_since=since)
            found = await resource.matching(call, dict[str, Any]).batch()
            if found:
                return f"{len(found)} seen"
        return ""

    finding = await _finding(subject, ask, remedy=_role(f"read {listing.role}"))
    if finding.status is Status.OK and not finding.sentence:
        return Finding(
            subject=subject,
            status=Status.EMPTY,
            sentence="Plex shows none at all, which is how it hides what a role does not allow",
            remedy=_role(f"read {listing.role}") + ", unless this company really has none",
        )
    return finding


async def _write(plex: PlexFace[Any], number: str) -> Finding:
    subject = f"{plex.profile.purchase_orders.role}: write custom fields"
    if not number:
        return Finding(
            subject=subject,
            status=Status.UNVERIFIABLE,
            sentence="only a write can show it, and none was allowed",
            remedy="name an order to try it on: check_access(write_to=...); the write sets no field",
        )

    async def ask() -> str:
        order = await PurchaseOrders.find(plex.purchase_orders, number)
        await plex.client.send(PurchaseOrders.set_custom_fields(plex.purchase_orders, order.id, {}))
        return f"a write without any field to order {number} was taken"

    return await _finding(subject, ask, remedy=_role("write the custom fields of Purchase_Order"))


async def _finding(subject: str, ask: Callable[[], Awaitable[str]], *, remedy: str = "") -> Finding:
    """What asking comes to."""
    try:
        return Finding(subject=subject, status=Status.OK, sentence=await ask())
    except PermissionDenied as error:
        return Finding(
            subject=subject, status=Status.DENIED, sentence=error.message, remedy=remedy or error.remedy
        )
    except AuthenticationFailed as error:
        return Finding(subject=subject, status=Status.DENIED, sentence=error.message, remedy=error.remedy)
    except NotFound as error:
        return Finding(subject=subject, status=Status.MISSING, sentence=error.message, remedy=error.remedy)
    except VendorError as error:
        return Finding(
            subject=subject,
            status=Status.UNVERIFIABLE,
            sentence=f"could not be checked: {error.message}",
            remedy=error.remedy or "check again later",
        )


def _role(right: str) -> str:
    return f"ask the Plex administrator to give the integration user a role that allows to {right}"
