"""Suppliers, parts and the companies that the credentials may see."""

from __future__ import annotations

from datetime import datetime

from mlconnector_sdk.adapters.plex.listing import PlexResource, is_since, listing_call
from mlconnector_sdk.adapters.plex.models import Part, Supplier, Tenant
from mlconnector_sdk.core.call import Call, endpoint, path
from mlconnector_sdk.core.paging import Pages
from mlconnector_sdk.dual import Colour, shared

__all__ = ["Parts", "Suppliers", "Tenants"]


class Suppliers(PlexResource[Colour]):
    """Suppliers: ``plex.suppliers``."""

    def list(self, *, modified_since: datetime | None = None, code: str | None = None) -> Pages[Supplier]:
        """Suppliers that match everything given.

        Args:
            modified_since: Changed at or after this instant. Those without a time of change match always.
            code: The supplier's code, exactly.

        Raises (while walking):
            VendorError: As any call.
        """
        return self.matching(
            listing_call(self.profile.suppliers, modified_since=modified_since, number=code),
            Supplier,
            lambda supplier: is_since(supplier.modified_at, modified_since) and code in (None, supplier.code),
        )

    @endpoint
    def get(self, id: str) -> Call[Supplier]:  # noqa: A002 - the field's own name
        """One supplier."""
        return Call(method="GET", path=path(self.profile.suppliers.path, id), answer=Supplier)

    @shared
    async def find(self, code: str) -> Supplier:
        """The supplier with this code.

        Raises:
            NotFound: There is none, or none that the integration user may see.
            InvalidDocument: There are several.
        """
        walk = Suppliers.list(self, code=code)
        return await self.only(walk, f"supplier {code!r}", self.profile.suppliers)


class Parts(PlexResource[Colour]):
    """Parts: ``plex.parts``."""

    def list(self, *, modified_since: datetime | None = None, number: str | None = None) -> Pages[Part]:
        """Parts that match everything given; a number may exist in several revisions.

        Args:
            modified_since: Changed at or after this instant. Those without a time of change match always.
            number: The part's number, exactly.

        Raises (while walking):
            VendorError: As any call.
        """
        return self.matching(
            listing_call(self.profile.parts, modified_since=modified_since, number=number),
            Part,
            lambda part: is_since(part.modified_at, modified_since) and number in (None, part.number),
        )

    @endpoint
    def get(self, id: str) -> Call[Part]:  # noqa: A002 - the field's own name
        """One part."""
        return Call(method="GET", path=path(self.profile.parts.path, id), answer=Part)


class Tenants(PlexResource[Colour]):
    """The companies that the credentials may see: ``plex.tenants``."""

    def list(self) -> Pages[Tenant]:
        """All of them.

        Raises (while walking):
            VendorError: As any call.
        """
        return self.matching(listing_call(self.profile.tenants), Tenant)
