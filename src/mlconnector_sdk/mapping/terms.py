"""A document in a partner's terms, and a partner's document in ours."""

from __future__ import annotations

from attrs import evolve

from mlconnector_sdk.mapping.documents import (
    AcknowledgedLine,
    LineAnswer,
    OrderAcknowledgment,
    Party,
    PurchaseOrder,
)
from mlconnector_sdk.mapping.naming import Naming
from mlconnector_sdk.mapping.partners import Partner

__all__ = ["addressed", "in_our_units"]


def addressed(order: PurchaseOrder, partner: Partner) -> PurchaseOrder:
    """The order with the numbers under which buyer (``BY``) and supplier (``SU``) know each other."""
    others = tuple(party for party in order.parties if party.role not in ("BY", "SU"))
    buyer = Party(role="BY", id=partner.buyer.id, id_qualifier=partner.buyer.qualifier)
    supplier = Party(role="SU", id=partner.account.id, id_qualifier=partner.account.qualifier)
    return evolve(order, parties=(buyer, supplier, *others))


def in_our_units(acknowledgment: OrderAcknowledgment, naming: Naming) -> OrderAcknowledgment:
    """The acknowledgment with the ERP's names of units; an empty unit stays empty.

    Raises:
        UnmappedValue: The table of units has no row for one of the partner's codes, or several.
    """

    def unit(theirs: str) -> str:
        return naming.our_unit(theirs) if theirs else ""

    def answer(each: LineAnswer) -> LineAnswer:
        return evolve(each, unit=unit(each.unit))

    def line(each: AcknowledgedLine) -> AcknowledgedLine:
        return evolve(each, unit=unit(each.unit), answers=tuple(map(answer, each.answers)))

    return evolve(acknowledgment, lines=tuple(map(line, acknowledgment.lines)))
