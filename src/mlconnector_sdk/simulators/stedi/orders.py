"""What a supplier believes an order to be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from attrs import field, frozen

__all__ = ["Objection", "SupplierLine", "SupplierOrder", "SupplierParty", "SupplierSchedule"]


@frozen(kw_only=True)
class SupplierSchedule:
    """How much is wanted when.

    Args:
        qualifier: X12 element 374, what kind of date it is: ``002`` delivery requested ...
        number: SCH12, or the empty string.
    """

    quantity: Decimal
    date: date
    qualifier: str = ""
    number: str = ""


@frozen(kw_only=True)
class SupplierLine:
    """One line.

    Args:
        number: PO101 or POC01; the position in the order where there is none.
        quantity: In ``unit``; None where none was told, as for the price.
        parts: Part numbers by their qualifier, X12 element 235: ``{"BP": "WB-100"}``.
        schedules: From SCH; else one, from the DTM of the line or of the heading.
    """

    number: str
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    price_basis: str = ""
    parts: Mapping[str, str] = field(factory=dict)
    description: str = ""
    schedules: tuple[SupplierSchedule, ...] = ()


@frozen(kw_only=True)
class SupplierParty:
    """Somebody or somewhere in the heading, from an N1 loop."""

    role: str
    name: str = ""
    id: str = ""
    id_qualifier: str = ""
    address: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@frozen(kw_only=True)
class SupplierOrder:
    """One order, as all documents about it that were delivered make it.

    Args:
        purposes: BEG01 of its 850 and BCH01 of its changes, in the order in which they were applied.
        dated: The date of the order.
        change_sequence: BCH05 of the last change that was applied, or None.
        lines: By their number, in the order in which they came.
        notes: One for each N9 loop with text.
        references: Pairs of REF01 and REF02.
        parties: By role.
    """

    number: str
    purposes: tuple[str, ...]
    order_type: str
    dated: date
    currency: str = ""
    cancelled: bool = False
    change_sequence: int | None = None
    lines: Mapping[str, SupplierLine] = field(factory=dict)
    notes: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    parties: Mapping[str, SupplierParty] = field(factory=dict)

    @property
    def ship_to(self) -> SupplierParty | None:
        """Where the goods go, or None."""
        return self.parties.get("ST")


@frozen(kw_only=True)
class Objection:
    """What a careful supplier does not accept, and therefore does not apply.

    Args:
        number: Of the order.
        filename: In which file it came.
        sentence: What is wrong.
    """

    at: datetime
    number: str
    filename: str
    sentence: str
