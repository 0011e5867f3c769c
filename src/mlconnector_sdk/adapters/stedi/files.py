"""What became of the files that went out: delivered or failed, from webhooks and from the listing.

Stedi delivers a file up to three times, then gives up; the file can be retried in the portal, which makes a
new execution, the child of the first one. Documents know only the first, so its id is what is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mlconnector_sdk.adapters.stedi.client import StediFace
from mlconnector_sdk.adapters.stedi.events import DELIVERED, FAILED, ProcessedFile
from mlconnector_sdk.adapters.stedi.executions import Executions
from mlconnector_sdk.adapters.stedi.models import Execution, FileResult
from mlconnector_sdk.adapters.stedi.sources import read_stored_event
from mlconnector_sdk.adapters.stedi.walk import ListingWalk
from mlconnector_sdk.adapters.stedi.webhooks import FILES
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.core.paging import Pages
from mlconnector_sdk.errors import NotFound, UnreadableAnswer
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.records import Event, Feed

__all__ = ["FileSource", "as_told", "file_record", "first_execution"]

_RUNNING = ("STARTED", "IN_PROGRESS", "RETRYING")
_REPLACED = ("RETRYING", "RETRIED")
_LONGEST_CHAIN = 20  # retries of retries


class FileSource:
    """What became of outbound files, as events: a `mlconnector_sdk.flow.Source`.

    Map it with `confirmations.map_file`. The event id is ``EXECUTION/STATUS``, so that webhook and listing
    meet; the number is the id of the first execution of the file.

    Args:
        stedi: The client.
        mode: Only files of this mode: ``production``, ``test``; empty: of any.
        name: Also the name under which webhooks are stored for this source.
    """

    feed = Feed.EVENT
    cursor = "executions"

    def __init__(self, stedi: StediFace[Any], *, mode: str = "production", name: str = FILES) -> None:
        self.name = name
        self.baseline_reach = stedi.profile.webhook_retention
        self.overlap = stedi.profile.overlap
        self.hold = stedi.profile.delivery_hold
        self._stedi = stedi
        self._mode = mode

    def walk(self, window: Window) -> ListingWalk[Execution]:
        """Read a window of the listing.

        Executions are listed by when they were created, and end later: a walk reaches back to the oldest
        that has not ended.
        """
        return ListingWalk(self, window)

    async def observe(self, event: Event) -> Sequence[Observation]:
        """The file that a webhook speaks of; of which file it is a retry has to be asked.

        Raises:
            InvalidDocument: The body can never be read.
            VendorError: Stedi cannot be asked now.
        """
        found = read_stored_event(event)
        if not isinstance(found, ProcessedFile):
            return ()
        try:
            execution = await self._execution(found.result.execution_id)
        except NotFound:
            execution = as_told(found)
        except UnreadableAnswer:
            if self._stedi.clock.now() < event.received_at + self._stedi.profile.patience:
                raise
            execution = as_told(found)
        if not self._is_ours(execution):
            return ()
        if found.status == FAILED and execution.status in _REPLACED:
            return ()  # it was retried since: the retry has an end of its own
        return (await self._observation(execution, found.status, found.result),)

    def listed(self, since: datetime) -> Pages[Execution]:
        """Outbound files since."""
        return self._stedi.executions.list(direction="OUTBOUND", since=since)

    def at(self, item: Execution) -> datetime | None:
        """When it was created: what the listing goes by."""
        return item.created_at

    def is_open(self, item: Execution) -> bool:
        """Whether it is still on its way."""
        return item.status in _RUNNING and self._is_ours(item)

    def wants(self, item: Execution) -> bool:
        """Whether it went out and has come to an end."""
        return item.status in (DELIVERED, FAILED) and self._is_ours(item)

    def event_id(self, item: Execution) -> str:
        """Execution and status."""
        return f"{item.id}/{item.status}"

    async def observation(self, item: Execution) -> Observation:
        """The file; of one that failed the reports are fetched.

        Raises:
            VendorError: Stedi cannot be asked now.
        """
        status = item.status or ""
        if status == FAILED:
            item = await self._execution(item.id)
        return await self._observation(item, status, None)

    def given_up(self, item: Execution, error: UnreadableAnswer) -> Observation | None:
        """What the listing says has to do, where the execution itself is unreadable."""
        root = item.parent_id or item.id
        return self._seen(item, root, item.status or "", None)

    def _is_ours(self, execution: Execution) -> bool:
        outbound = (execution.direction or "").upper() == "OUTBOUND"
        # A mode that is not told excludes nothing: the reference decides.
        return outbound and (not self._mode or execution.mode in (None, self._mode))

    async def _observation(self, execution: Execution, status: str, result: FileResult | None) -> Observation:
        return self._seen(execution, await first_execution(self._stedi, execution), status, result)

    def _seen(self, execution: Execution, root: str, status: str, result: FileResult | None) -> Observation:
        return Observation(
            number=root,
            partner=execution.partnership_id or "",
            record=file_record(execution, root=root, status=status, result=result),
            event_id=f"{execution.id}/{status}",
        )

    async def _execution(self, execution_id: str) -> Execution:
        return await self._stedi.client.send(Executions.get(self._stedi.executions, execution_id))


async def first_execution(stedi: StediFace[Any], execution: Execution) -> str:
    """The id of the first execution of a file: of one that goes out, the one that the send was told of.

    Raises:
        VendorError: Stedi cannot be asked now.
    """
    seen = [execution.id]
    parent = execution.parent_id
    while parent and parent not in seen and len(seen) < _LONGEST_CHAIN:
        seen.append(parent)
        try:
            parent = (await stedi.client.send(Executions.get(stedi.executions, parent))).parent_id
        except NotFound:
            break
    return seen[-1]


def file_record(execution: Execution, *, root: str, status: str, result: FileResult | None) -> bytes:
    """What is handed on about a file: the execution and the webhook's words as Stedi has them."""
    return b'{"root":%s,"status":%s,"execution":%s,"result":%s}' % (
        encode(root),
        encode(status),
        execution.raw,
        result.raw if result is not None else b"null",
    )


def as_told(found: ProcessedFile) -> Execution:
    """An execution that Stedi does not show, as far as the webhook describes it."""
    result = found.result
    fault = result.errors[0] if result.errors else None
    described: Mapping[str, Any] = {
        "executionId": result.execution_id,
        "status": found.status,
        "direction": result.direction or "OUTBOUND",
        "updatedAt": result.processed_at,
        "partnershipId": result.partnership.id if result.partnership else None,
        "source": {"name": result.source.name} if result.source else None,
        "faultCode": fault and fault.code,
        "faultMessage": fault and fault.message,
    }
    return decode(encode(described), Execution)
