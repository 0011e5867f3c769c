"""Sums of quantities, exactly."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal

__all__ = ["total"]

_EXACT = Context(prec=200)
"""The default context rounds after 28 digits; no sum of business quantities comes near this one."""


def total(quantities: Iterable[Decimal]) -> Decimal:
    """The sum, without rounding.

    Example:
        >>> total([Decimal("100000000000000"), Decimal("0.00000000000001")])
        Decimal('100000000000000.00000000000001')
    """
    result = Decimal(0)
    for quantity in quantities:
        result = _EXACT.add(result, quantity)
    return result
