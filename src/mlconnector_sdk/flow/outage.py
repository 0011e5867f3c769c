"""Who is down: the connection to one partner, or the vendor behind all of them."""

from __future__ import annotations

from attrs import define, field

from mlconnector_sdk.errors import VendorUnavailable

__all__ = ["Outage"]


@define
class Outage:
    """What one delivery has learned about sends that the vendor did not take on.

    A vendor may be down for one partner only: then the documents of all others still go. It is the vendor
    itself when two partners' documents fail in a row, or when documents have no partner.

    Args:
        problem: The first of these failures: the delivery ends with it.
        partners: Those whose documents failed; nothing more is sent to them in this delivery.
    """

    problem: VendorUnavailable | None = field(default=None, init=False)
    partners: set[str] = field(factory=set, init=False)
    _in_a_row: int = field(default=0, init=False)

    def spares_others(self, partner: str, error: VendorUnavailable) -> bool:
        """Note a failure; whether the documents of other partners may still be tried."""
        self.problem = self.problem or error
        self.partners.add(partner)
        self._in_a_row += 1
        return bool(partner) and self._in_a_row == 1

    def answered(self) -> None:
        """The vendor has taken a document, or refused it: it is there."""
        self._in_a_row = 0
