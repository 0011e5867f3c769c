"""Documents as the tests send them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from attrs import evolve

from mlconnector_sdk.adapters.stedi import Route
from mlconnector_sdk.adapters.stedi.convert import order_payload
from mlconnector_sdk.mapping.documents import (
    Invoice,
    InvoiceLine,
    LineChange,
    OrderLine,
    Party,
    PurchaseOrder,
    PurchaseOrderChange,
    Schedule,
    WhatChanged,
)
from mlconnector_sdk.records import Entry, Feed

ORDER = PurchaseOrder(
    number="PO-7731",
    dated=date(2026, 3, 2),
    currency="USD",
    parties=(
        Party(role="SU", id="4711", id_qualifier="92"),
        Party(role="ST", id="DOCK-4", id_qualifier="92"),
    ),
    lines=(
        OrderLine(
            number="1",
            quantity=Decimal("24"),
            unit="EA",
            unit_price=Decimal("3.15"),
            buyer_part="WB-100",
            description="Widget",
            schedules=(Schedule(quantity=Decimal(24), due=date(2026, 3, 20), number="1"),),
        ),
    ),
)

CHANGE = PurchaseOrderChange(
    number=ORDER.number,
    dated=ORDER.dated,
    currency="USD",
    parties=ORDER.parties,
    change_sequence=1,
    changed_on=date(2026, 3, 4),
    lines=(
        LineChange(
            what=WhatChanged.QUANTITY_UP,
            line=evolve(
                ORDER.lines[0],
                quantity=Decimal(30),
                schedules=(Schedule(quantity=Decimal(30), due=date(2026, 3, 20), number="1"),),
            ),
            before=ORDER.lines[0],
        ),
    ),
)

INVOICE = Invoice(
    number="INV-1",
    dated=date(2026, 3, 25),
    order_number="PO-7731",
    ordered_on=date(2026, 3, 2),
    lines=(
        InvoiceLine(
            number="1", quantity=Decimal(24), unit="EA", unit_price=Decimal("3.15"), buyer_part="WB-100"
        ),
    ),
    total=Decimal("75.60"),
)

ROUTE = Route(
    partner="ACME",
    partnership="us_acme",
    settings={"850": "us_acme-850", "860": "us_acme-860", "810": "us_acme-810"},
)


def payload(order: PurchaseOrder = ORDER, *, sequence: int = 1, usage: str = "P") -> bytes:
    return order_payload(order, ROUTE, sequence=sequence, usage=usage)


def entry(**changes: Any) -> Entry:
    at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    blank = Entry(
        id="e",
        position=1,
        flow="purchase_orders",
        kind="850",
        feed=Feed.STATE,
        number="PO-7731",
        partner="ACME",
        ordering_key="k",
        sequence=1,
        dedupe_key="d",
        record=b"{}",
        observed_at=at,
        changed_at=at,
        first_sent_at=at,
        payload=payload(),
        idempotency_key="key-1",
    )
    return evolve(blank, **changes)
