"""Never run: what a user's editor should know, checked by mypy and pyright."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import assert_type

from attrs import frozen

from mlconnector_sdk import (
    AccessReport,
    AsyncPipeline,
    AsyncPlex,
    AsyncStedi,
    Every,
    Pipeline,
    Plex,
    RunReport,
    SQLiteStore,
    Stedi,
)
from mlconnector_sdk.adapters.plex import PurchaseOrder, PurchaseOrderLine, Supplier
from mlconnector_sdk.adapters.stedi import Transaction
from mlconnector_sdk.codec import wire
from mlconnector_sdk.core.call import Call
from mlconnector_sdk.core.paging import Pages
from mlconnector_sdk.flow import Trail
from mlconnector_sdk.pipelines import plex_stedi


def blocking(plex: Plex, stedi: Stedi) -> None:
    assert_type(plex.purchase_orders.get("7"), PurchaseOrder)
    assert_type(plex.purchase_orders.list(), Pages[PurchaseOrder])
    for order in plex.purchase_orders.list(modified_since=datetime.now(UTC)):
        assert_type(order, PurchaseOrder)
        assert_type(order.total, Decimal | None)
    assert_type(list(plex.purchase_orders.lines("7")), list[PurchaseOrderLine])
    assert_type(plex.check_access(), AccessReport)
    assert_type(stedi.transactions.get("t"), Transaction)
    assert_type(stedi.transactions.output("t"), bytes)
    with plex as same:
        assert_type(same, Plex)


async def non_blocking(plex: AsyncPlex, stedi: AsyncStedi) -> None:
    assert_type(await plex.purchase_orders.get("7"), PurchaseOrder)
    async for supplier in plex.suppliers.list():
        assert_type(supplier, Supplier)
    assert_type(await plex.check_access(), AccessReport)
    assert_type(await stedi.transactions.get("t"), Transaction)
    async with plex as same:
        assert_type(same, AsyncPlex)


def pipelines(plex: Plex, stedi: Stedi) -> None:
    sync = plex_stedi.pipeline(plex, stedi, store=SQLiteStore("sync.db"), partners="partners.toml")
    assert_type(sync, Pipeline)
    assert_type(sync.run(), RunReport)
    assert_type(sync.trail("PO-1"), Trail)
    sync.run_every(Every(timedelta(minutes=10)))


async def async_pipelines(plex: AsyncPlex, stedi: AsyncStedi) -> None:
    sync = plex_stedi.pipeline(plex, stedi, store=SQLiteStore("sync.db"), partners="partners.toml")
    assert_type(sync, AsyncPipeline)
    assert_type(await sync.run(), RunReport)


def requests_are_values(plex: Plex) -> None:
    from mlconnector_sdk.adapters.plex import PurchaseOrders

    assert_type(PurchaseOrders.get(plex.purchase_orders, "7"), Call[PurchaseOrder])


@frozen(kw_only=True)
class OurOrder(PurchaseOrder):
    """A custom field, typed."""

    project: str | None = wire("projectCode", default=None)


def custom_fields(order: OurOrder) -> None:
    assert_type(order.project, str | None)
    assert_type(order.number, str | None)
