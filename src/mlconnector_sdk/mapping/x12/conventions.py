"""What a partner agrees on beside the standard: which qualifiers mean what."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Conventions"]


@frozen(kw_only=True)
class Conventions:
    """The qualifiers that carry a document's fields. The first is written, all of them are read.

    Args:
        buyer_part: Element 235 of the buyer's part number.
        vendor_part: Element 235 of the supplier's part number.
        due: Element 374 of the date on which a buyer wants delivery.
        ship: Element 374 of the date on which a supplier ships.
        delivery: Element 374 of the date on which a supplier's goods arrive.

    Example:
        A partner that orders by ship date and knows only its own part numbers as ``IN``::

            Conventions(due=("010",), buyer_part=("IN",))
    """

    buyer_part: tuple[str, ...] = ("BP", "IN")
    vendor_part: tuple[str, ...] = ("VP", "VN")
    due: tuple[str, ...] = ("002",)
    ship: tuple[str, ...] = ("068", "079", "011")
    delivery: tuple[str, ...] = ("067", "069", "002", "017")
