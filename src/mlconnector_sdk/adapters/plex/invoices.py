"""Invoices to customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from mlconnector_sdk.adapters.plex.listing import PlexResource, is_since, listing_call
from mlconnector_sdk.adapters.plex.models import ArInvoice
from mlconnector_sdk.codec import encode
from mlconnector_sdk.core.call import Call, endpoint, path
from mlconnector_sdk.core.paging import Pages
from mlconnector_sdk.dual import Colour, shared

__all__ = ["ArInvoices"]

T = TypeVar("T")


class ArInvoices(PlexResource[Colour]):
    """Invoices to customers: ``plex.ar_invoices``."""

    def list(
        self,
        *,
        modified_since: datetime | None = None,
        created_since: datetime | None = None,
        number: str | None = None,
    ) -> Pages[ArInvoice]:
        """Invoices that match everything given; without anything, all of them, which may be very many.

        Args:
            modified_since: Changed at or after this instant. Those without a time of change match always.
            created_since: Created at or after this instant.
            number: The invoice's number, exactly.

        Raises (while walking):
            VendorError: As any call.

        Example:
            ``for invoice in plex.ar_invoices.list(modified_since=yesterday): ...``
        """
        call = listing_call(
            self.profile.ar_invoices,
            modified_since=modified_since,
            created_since=created_since,
            number=number,
        )
        return self.matching(
            call,
            ArInvoice,
            lambda invoice: (
                is_since(invoice.modified_at, modified_since)
                and is_since(invoice.created_at, created_since)
                and number in (None, invoice.number)
            ),
        )

    @endpoint
    def get(self, id: str) -> Call[ArInvoice]:  # noqa: A002 - the field's own name
        """One invoice."""
        return self._one(id, ArInvoice)

    @shared
    async def find(self, number: str) -> ArInvoice:
        """The invoice with this number.

        Raises:
            NotFound: There is none, or none that the integration user may see.
            InvalidDocument: There are several.
        """
        walk = ArInvoices.list(self, number=number)
        return await self.only(walk, f"invoice {number!r}", self.profile.ar_invoices)

    @shared
    async def record(self, id: str) -> bytes:  # noqa: A002 - the field's own name
        """One invoice as JSON text that holds everything the vendor said, digit for digit.

        Raises:
            NotFound: There is no such invoice.
        """
        return encode(await self.client.send(self._one(id, dict[str, Any])))

    def _one(self, id: str, answer: type[T]) -> Call[T]:  # noqa: A002 - the field's own name
        return Call(method="GET", path=path(self.profile.ar_invoices.path, id), answer=answer)
