"""How far a confirmed quantity may be from the ordered one and still count as confirmed in full."""

from __future__ import annotations

import re
from decimal import Context, Decimal

from attrs import field, frozen

from mlconnector_sdk.errors import ConfigurationError

__all__ = ["Margin", "Tolerance"]

_EXACT = Context(prec=200)
"""The default context rounds after 28 digits; no product of business quantities comes near this one."""

_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,12})?"
_BOTH = re.compile(rf"({_NUMBER})\s?(%?)")
_SIDES = re.compile(rf"(?:-({_NUMBER})\s?(%?))?\s*(?:\+({_NUMBER})\s?(%?))?")


@frozen(kw_only=True)
class Margin:
    """One side of a tolerance.

    Args:
        amount: In the unit of the line, or in percent of the ordered quantity; not negative.
        percent: Whether it is in percent.
    """

    amount: Decimal = Decimal(0)
    percent: bool = False

    def of(self, ordered: Decimal) -> Decimal:
        """The margin of an ordered quantity, in its unit, without rounding.

        Example:
            >>> Margin(amount=Decimal("2.5"), percent=True).of(Decimal(300))
            Decimal('7.500')
        """
        if not self.percent:
            return self.amount
        return _EXACT.multiply(_EXACT.multiply(self.amount, ordered), Decimal("0.01"))

    def __str__(self) -> str:
        return f"{self.amount}%" if self.percent else str(self.amount)


@frozen(kw_only=True)
class Tolerance:
    """Between which quantities a line counts as confirmed in full; the default is exactly as ordered.

    Args:
        under: By how much less may be confirmed.
        over: By how much more may be confirmed.
    """

    under: Margin = field(factory=Margin)
    over: Margin = field(factory=Margin)

    @classmethod
    def parse(cls, text: str) -> Tolerance:
        """Read what people write into a partner file.

        Args:
            text: ``2%`` or ``5``: so much less or more. ``-2% +5``: each side on its own; ``-2%``: less, but
                not more. A number without ``%`` is in the unit of the line.

        Raises:
            ConfigurationError: It is none of these, or all of a line could be missing.

        Example:
            >>> Tolerance.parse("2%").accepts(Decimal(100), Decimal(98))
            True
            >>> Tolerance.parse("-2%").accepts(Decimal(100), Decimal(101))
            False
        """
        stripped = text.strip()
        if both := _BOTH.fullmatch(stripped):
            under = over = _margin(both[1], both[2])
        elif stripped and (sides := _SIDES.fullmatch(stripped)):
            under, over = _margin(sides[1], sides[2]), _margin(sides[3], sides[4])
        else:
            raise ConfigurationError(
                f"{text!r} is no tolerance",
                path="tolerance",
                remedy='write "2%" or "5" for both sides, or "-2% +5" for less and more',
            )
        if under.percent and under.amount >= 100:
            raise ConfigurationError(
                f"with the tolerance {text!r} a line of which nothing is confirmed would count as confirmed",
                path="tolerance",
                remedy="let less than 100% be missing",
            )
        return cls(under=under, over=over)

    def accepts(self, ordered: Decimal, confirmed: Decimal) -> bool:
        """Whether a confirmed quantity counts as the whole of an ordered one, both in the same unit.

        Nothing at all is never the whole of something, however small the order and large the tolerance.
        """
        if ordered > 0 and confirmed <= 0:
            return False
        least = _EXACT.subtract(ordered, self.under.of(ordered))
        most = _EXACT.add(ordered, self.over.of(ordered))
        return least <= confirmed <= most

    def __str__(self) -> str:
        return str(self.under) if self.under == self.over else f"-{self.under} +{self.over}"


def _margin(amount: str | None, percent: str | None) -> Margin:
    return Margin(amount=Decimal(amount or 0), percent=bool(percent))
