"""Where acknowledgments go in Plex: to the custom fields of the purchase order they answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from attrs import evolve

from mlconnector_sdk.adapters.plex.acknowledgment import WriteBack, differences, folded, read_payload
from mlconnector_sdk.adapters.plex.client import PlexFace
from mlconnector_sdk.adapters.plex.custom_fields import Value
from mlconnector_sdk.adapters.plex.models import PurchaseOrderAggregate
from mlconnector_sdk.adapters.plex.purchase_orders import PurchaseOrders
from mlconnector_sdk.errors import (
    InvalidDocument,
    NotFound,
    Reached,
    RequestRefused,
    VendorError,
    VendorUnavailable,
)
from mlconnector_sdk.flow.sink import Absent, Found, IfAbsent, OnUnknown, Outcome
from mlconnector_sdk.mapping.folding import Folded
from mlconnector_sdk.records import Entry, SendResult

__all__ = ["AcknowledgmentSink"]


class AcknowledgmentSink:
    """Writes what a supplier says into its order: a `mlconnector_sdk.flow.Sink` that converges.

    All acknowledgments of the order come to one set of absolute values, whichever arrived first. It reads
    the order, compares, writes only what differs, and reads again. A repeat changes nothing, so that an
    uncertain write is simply made again. A write leaves only within the profile's deadline from the start, so
    that all is decided after twice that time, however slowly Plex answers.

    The payload is what `acknowledgment.write_payload` makes of a `WriteBack`.

    Args:
        plex: The client.
    """

    name = "plex.acknowledgments"
    on_unknown = OnUnknown(same_key_for=timedelta(days=3650), if_absent=IfAbsent.SEND)

    def __init__(self, plex: PlexFace[Any]) -> None:
        self._plex = plex
        self.timeout = 2 * timedelta(seconds=plex.profile.deadline)

    async def ready(self) -> None:
        """A token is at hand, and a request may leave now."""
        await self._plex.client.ready()

    async def send(self, entry: Entry) -> SendResult:
        """Make the order's fields what the acknowledgments come to.

        Raises:
            NotFound: Plex has no such order.
            InvalidDocument: The acknowledgment does not fit the order. Another one of the same order that
                does not is left out, and named in the summary.
            RequestRefused: Plex refuses the fields, or takes them and shows others.
            VendorUnavailable: Plex is so slow that the write would come too late; nothing was written.
        """
        write = _payload(entry)
        write_before = self._plex.clock.monotonic() + self._plex.profile.deadline
        aggregate = await self._read(entry, write)
        said = folded(write, aggregate, self._plex.profile)
        changes = differences(said, aggregate, self._plex.profile)
        if changes:
            if self._plex.clock.monotonic() > write_before:
                raise VendorUnavailable(
                    f"reading order {entry.number} took longer than {self._plex.profile.deadline:.0f} s",
                    vendor=self._plex.profile.vendor,
                    reached=Reached.NO,
                )
            await self._write(aggregate.order.id, changes)
            await self._check(said, aggregate)
        return SendResult(references=_references(aggregate), summary=_summary(entry, said, changes))

    async def find(self, entry: Entry) -> Outcome:
        """Found, when the order's fields are what the acknowledgments come to."""
        write = _payload(entry)
        aggregate = await self._read(entry, write)
        said = folded(write, aggregate, self._plex.profile)
        if differences(said, aggregate, self._plex.profile):
            return Absent()
        # No references: the order is what all acknowledgments of it have in common.
        return Found(summary=_summary(entry, said, {}))

    async def _read(self, entry: Entry, write: WriteBack) -> PurchaseOrderAggregate:
        """The order as it is now; its supplier does not matter here."""
        orders = self._plex.purchase_orders
        try:
            found = await PurchaseOrders.find(orders, write.number.strip())
            order = await self._plex.client.send(PurchaseOrders.get(orders, found.id))
        except NotFound as error:
            raise NotFound(
                f"{entry.partner or 'a supplier'} acknowledges purchase order {write.number}, "
                "which Plex does not have",
                vendor=self._plex.profile.vendor,
                remedy="ask the supplier which order is meant; " + error.remedy,
            ) from error
        lines = await orders.lines(order.id).batch()
        releases = await orders.releases(order.id).batch()
        return PurchaseOrderAggregate(order=order, lines=tuple(lines or ()), releases=tuple(releases or ()))

    async def _write(self, order_id: str, changes: Mapping[str, Value]) -> None:
        call = PurchaseOrders.set_custom_fields(self._plex.purchase_orders, order_id, changes)
        try:
            await self._plex.client.send(call)
        except NotFound:
            raise
        except RequestRefused as error:
            error.remedy = (
                f"define these custom fields for purchase orders in Plex, or name others in the profile "
                f"(acknowledgment): {', '.join(sorted(changes))}"
            )
            raise

    async def _check(self, said: Folded, before: PurchaseOrderAggregate) -> None:
        """Read again: a field that is not defined may be dropped without a word."""
        try:
            order = await self._plex.client.send(
                PurchaseOrders.get(self._plex.purchase_orders, before.order.id)
            )
        except VendorError as error:
            error.reached = Reached.MAYBE  # the write has been made
            raise
        left = differences(said, evolve(before, order=order), self._plex.profile)
        if left:
            raise RequestRefused(
                f"Plex took the acknowledgment of order {before.order.number} and shows other values "
                f"in {', '.join(sorted(left))}",
                vendor=self._plex.profile.vendor,
                path=self._plex.profile.custom_fields,
                reached=Reached.YES,
                remedy="check in Plex that these custom fields exist and take such values, "
                "or name others in the profile (acknowledgment)",
            )


def _payload(entry: Entry) -> WriteBack:
    if entry.payload is None:
        raise InvalidDocument(
            f"{entry.kind} {entry.number} was not mapped", remedy=f"remap('{entry.number}')"
        )
    return read_payload(entry.payload)


def _references(aggregate: PurchaseOrderAggregate) -> Mapping[str, str]:
    return {"plex order": aggregate.order.id}


def _summary(entry: Entry, said: Folded, changes: Mapping[str, Value]) -> str:
    if changes:
        summary = f"order {entry.number} in Plex: {len(changes)} fields written"
    else:
        summary = f"order {entry.number} in Plex says already what the supplier answered"
    notes = [f"line {line.number}: {line.flag}" for line in said.lines if line.flag]
    notes += [f"left out: {misfit.problem}" for _, misfit in said.left_out]
    return "; ".join([summary, *notes])
