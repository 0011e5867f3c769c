"""Which suppliers and parts Plex has, and which of them, and which units, its open orders use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from attrs import define, field, frozen

from mlconnector_sdk.adapters.plex import Listing, PlexFace, PurchaseOrder
from mlconnector_sdk.errors import (
    AuthenticationFailed,
    PermissionDenied,
    Throttled,
    VendorError,
    VendorUnavailable,
)
from mlconnector_sdk.mapping.naming import Naming
from mlconnector_sdk.mapping.partners import Partner
from mlconnector_sdk.pipelines.partner_files import PartnerFiles
from mlconnector_sdk.pipelines.partner_report import Finding, Kind

__all__ = ["OpenOrder", "PlexUsage", "read_plex_usage"]

T = TypeVar("T")

_MOST_ORDERS = 500
"""Orders whose lines are read, one request each: at Plex's 200 a minute, this takes less than three."""


@frozen(kw_only=True)
class OpenOrder:
    """An order that is neither a draft nor cancelled nor closed.

    Args:
        number: Its number.
        supplier: The supplier's code; empty where the order names none that Plex shows us.
        parts: Number and revision of the parts on its releases, where the partner has a table of parts.
        units: The units of its lines, where the partner has a table of units.
    """

    number: str
    supplier: str
    parts: frozenset[tuple[str, str]] = frozenset()
    units: frozenset[str] = frozenset()


@frozen(kw_only=True)
class PlexUsage:
    """What Plex has and uses.

    Args:
        suppliers: How often each supplier code is there; None: they could not be listed.
        parts: Number and revision of every part; None: they could not be listed, or no table needs them.
        orders: The open orders.
        gaps: What could not be read.
    """

    suppliers: Mapping[str, int] | None
    parts: frozenset[tuple[str, str]] | None
    orders: tuple[OpenOrder, ...]
    gaps: tuple[Finding, ...]


async def read_plex_usage(
    plex: PlexFace[Any], files: PartnerFiles, *, since: datetime | None = None
) -> PlexUsage:
    """Read as much as the files make necessary.

    Args:
        plex: The client.
        files: The partner files.
        since: Only orders that changed at or after this instant; None: all open ones.
    """
    reading = _Reading(plex=plex, files=files, since=since)
    try:
        await reading.everything()
    except VendorError as error:
        reading.gap(
            "everything else", f"could not be checked: {error.message}", error.remedy or "check again later"
        )
    return PlexUsage(
        suppliers=reading.suppliers,
        parts=reading.parts,
        orders=tuple(reading.orders),
        gaps=tuple(reading.gaps),
    )


class _Walk(Protocol[T]):
    """What is needed of a listing."""

    async def batch(self) -> list[T] | None: ...


@define(kw_only=True)
class _Reading:
    plex: PlexFace[Any]
    files: PartnerFiles
    since: datetime | None
    suppliers: Mapping[str, int] | None = None
    parts: frozenset[tuple[str, str]] | None = None
    orders: list[OpenOrder] = field(factory=list)
    gaps: list[Finding] = field(factory=list)
    _orders_read: int = 0
    _lines_are_shown: bool = True

    async def everything(self) -> None:
        plex, profile = self.plex, self.plex.profile
        suppliers = await self._all(plex.suppliers.list(), profile.suppliers)
        if suppliers:
            self.suppliers = Counter(each.code or "" for each in suppliers)
        if any(naming.part_table for naming in map(self._naming, self.files.partners)):
            parts = await self._all(plex.parts.list(), profile.parts)
            if parts:
                self.parts = frozenset((each.number or "", each.revision or "") for each in parts)
        listed = await self._all(
            plex.purchase_orders.list(modified_since=self.since),
            profile.purchase_orders,
            may_be_empty=self.since is not None,
        )
        codes = {each.id: each.code or "" for each in suppliers}
        by_supplier: dict[str, list[PurchaseOrder]] = {}
        for order in listed:
            if self._is_open(order.status) and not profile.statuses.is_draft(order.status):
                by_supplier.setdefault(codes.get(order.supplier_id or "", ""), []).append(order)
        await self._read_orders(by_supplier)

    async def _read_orders(self, by_supplier: Mapping[str, list[PurchaseOrder]]) -> None:
        partners = self.files.partners
        namings = {
            code: self._naming(partners.by_supplier(code)) for code in by_supplier if partners.lists(code)
        }
        parts: Mapping[str, set[tuple[str, str]]] = {}
        if any(naming.part_table for naming in namings.values()):
            parts = await self._parts_by_order()
        for code, orders in sorted(by_supplier.items()):
            naming = namings.get(code)
            for order in orders:
                has_parts = naming is not None and naming.part_table is not None
                has_units = naming is not None and naming.unit_table is not None
                self.orders.append(
                    OpenOrder(
                        number=order.number or order.id,
                        supplier=code,
                        parts=frozenset(parts.get(order.id, ())) if has_parts else frozenset(),
                        units=await self._units(order) if has_units else frozenset(),
                    )
                )
        if self._orders_read > _MOST_ORDERS:
            self.gap(
                "units of open orders",
                f"of {self._orders_read - _MOST_ORDERS} orders were not read: {_MOST_ORDERS} are",
                "check again with since=..., which looks at fewer orders",
            )

    async def _parts_by_order(self) -> Mapping[str, set[tuple[str, str]]]:
        found: dict[str, set[tuple[str, str]]] = {}
        for release in await self._all(self.plex.releases.list(), self.plex.profile.releases):
            if release.part_number and self._is_open(release.status):
                named = (release.part_number, release.part_revision or "")
                found.setdefault(release.order_id or "", set()).add(named)
        return found

    async def _units(self, order: PurchaseOrder) -> frozenset[str]:
        self._orders_read += 1
        if self._orders_read > _MOST_ORDERS or not self._lines_are_shown:
            return frozenset()
        gaps = len(self.gaps)
        walk = self.plex.purchase_orders.lines(order.id)
        lines = await self._all(walk, self.plex.profile.purchase_orders, may_be_empty=True)
        self._lines_are_shown = len(self.gaps) == gaps  # what one order hides, the others hide as well
        units = {line.order_unit or line.unit or "" for line in lines if self._is_open(line.status)}
        return frozenset(units - {""})

    async def _all(self, walk: _Walk[T], listing: Listing, *, may_be_empty: bool = False) -> list[T]:
        """Everything that is listed; nothing, and a gap, where Plex does not show it."""
        found: list[T] = []
        try:
            while (batch := await walk.batch()) is not None:
                found += batch
        except (AuthenticationFailed, Throttled, VendorUnavailable):
            raise  # no use asking for anything else
        except VendorError as error:
            remedy = "" if isinstance(error, PermissionDenied) else error.remedy
            self.gap(listing.role, f"could not be listed: {error.message}", remedy or _role(listing))
            return []
        if not found and not may_be_empty:
            sentence = "is shown not even once, which is how Plex hides what a role does not allow"
            self.gap(listing.role, sentence, f"{_role(listing)}, unless this company really has none")
        return found

    def gap(self, key: str, sentence: str, remedy: str) -> None:
        """Something could not be read."""
        self.gaps.append(
            Finding(kind=Kind.UNVERIFIABLE, file="Plex", key=key, sentence=sentence, remedy=remedy)
        )

    def _naming(self, partner: Partner) -> Naming:
        return Naming(partner, self.files.tables)

    def _is_open(self, status: str | None) -> bool:
        statuses = self.plex.profile.statuses
        return not (statuses.is_cancelled(status) or statuses.is_closed(status))


def _role(listing: Listing) -> str:
    return (
        f"ask the Plex administrator to give the integration user a role that allows to read {listing.role}"
    )
