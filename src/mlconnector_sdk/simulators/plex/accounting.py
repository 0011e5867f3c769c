"""The accounting screens of the simulated Plex: invoices to customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from mlconnector_sdk.simulators.plex import invoices, seeds
from mlconnector_sdk.simulators.plex.data import PlexData
from mlconnector_sdk.simulators.plex.invoices import InvoiceLineSeed
from mlconnector_sdk.simulators.plex.rules import PlexRules
from mlconnector_sdk.simulators.simulator import Simulator

__all__ = ["Accounting"]


class Accounting(Simulator):
    """What accounting does; a part of `PlexSimulator`."""

    rules: PlexRules
    _data: PlexData

    def add_invoice(
        self,
        number: str,
        *,
        customer: str,
        lines: Sequence[InvoiceLineSeed],
        order: str = "",
        dated: date | str | None = None,
        currency: str = "USD",
        **known: Any,
    ) -> dict[str, Any]:
        """Enter an invoice to a customer, booked and open; its lines come to its total.

        Args:
            number: The invoice's number.
            customer: The customer's code.
            lines: Goods and charges in short: see `invoices.InvoiceLineSeed`.
            order: The number of the customer's order.
            dated: The invoice's date; today by default. It is due 30 days later.
            currency: ISO 4217.
            known: Further fields by their wire names, e.g. ``type="Credit Memo"``, ``booked=False``.

        Raises:
            InvalidDocument: The number is taken, or a field does not fit.
            ConfigurationError: A line is not understood.

        Returns:
            The invoice as Plex returns it.
        """
        today = self.time.now().astimezone(ZoneInfo(self.rules.time_zone)).date()
        with self.lock:
            record = invoices.place(
                self._data,
                number,
                customer=customer,
                lines=lines,
                dated=today if dated is None else seeds.day(dated),
                currency=currency,
                order=order,
            )
            if known:
                self._data.ar_invoices.change(record, known)
            return dict(record.data)

    def invoice(self, number: str) -> dict[str, Any]:
        """An invoice as Plex returns it.

        Raises:
            NotFound: There is none with this number.
        """
        with self.lock:
            return dict(self._data.invoice(number).data)

    def edit_invoice(self, number: str, **values: Any) -> None:
        """Change fields of an invoice by their wire names."""
        with self.lock:
            self._data.touch(self._data.ar_invoices, self._data.invoice(number), **values)

    def pay_invoice(self, number: str) -> None:
        """Book a payment of the whole invoice."""
        self.edit_invoice(number, balance=Decimal(0), paid=True, status="Paid")

    def void_invoice(self, number: str) -> None:
        """Withdraw an invoice."""
        self.edit_invoice(number, balance=Decimal(0), void=True, status="Void")
