"""Files that came in and could not be processed: without this, nobody would hear of what is in them.

A file that belongs to no partnership, or cannot be parsed, leaves no transaction at Stedi; a set without a
guide leaves none either. What is wrong is told with the file, then. What could not be translated is told with
its transaction (`sources.TransactionSource`), not here.

A failed file can be retried in the portal, which makes a new execution, the child of the first one. So a file
is a thing that changes: once a retry has succeeded, the letter about it goes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from mlconnector_sdk.adapters.stedi.client import StediFace
from mlconnector_sdk.adapters.stedi.confirmations import shown
from mlconnector_sdk.adapters.stedi.events import FAILED, ProcessedFile
from mlconnector_sdk.adapters.stedi.executions import Executions
from mlconnector_sdk.adapters.stedi.files import as_told, first_execution
from mlconnector_sdk.adapters.stedi.models import Execution, ExecutionFault
from mlconnector_sdk.adapters.stedi.sources import read_stored_event
from mlconnector_sdk.adapters.stedi.walk import ListingWalk
from mlconnector_sdk.adapters.stedi.webhooks import FAILED_FILES
from mlconnector_sdk.codec import Record, decode
from mlconnector_sdk.core.paging import Pages
from mlconnector_sdk.errors import InvalidDocument, NotFound, UnreadableAnswer
from mlconnector_sdk.flow.mapped import Mapped, Unchanged
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.flow.standing import Standing
from mlconnector_sdk.records import Entry, Event, Feed

__all__ = ["FailedFileSource", "map_failed_file"]

_PROCESSED = "COMPLETED"
_TROUBLED = (FAILED, "PARTIALLY_COMPLETED")
_RUNNING = ("STARTED", "IN_PROGRESS", "RETRYING")
_TEST = "test"
_OF_A_TRANSACTION = ("TRANSLATION_ERROR", "FAILED_TO_TRANSLATE")
_FIRST: Mapping[str, str] = {
    "FAILED_TO_FIND_PARTNERSHIP": "make the partnership of these two in the Stedi portal, or correct it",
    "FAILED_TO_FIND_GUIDE": "give the partnership a transaction setting for this set in the Stedi portal",
}
"""What comes before a retry, where the fault says it."""
_UNREADABLE = ("FAILED_TO_PARSE", "FAILED_TO_PARSE_METADATA", "NO_FUNCTIONAL_GROUPS", "NO_TRANSACTION_SETS")
"""Faults of the file itself: no retry can help."""


class FailedFileSource:
    """Inbound files that failed, as a whole or in part, and those retried since: a `flow.Source` of states.

    Map it with `map_failed_file`. The number is the id of the file's first execution. ``partner`` is empty:
    whom a file belongs to may be what could not be found out.

    Args:
        stedi: The client.
        mode: ``production``: every file that is not marked as a test, also where nobody could read how it is
            marked; ``test``: only those that are; empty: all.
        name: Also the name under which webhooks are stored for this source.
    """

    feed = Feed.STATE
    cursor = "inbound executions"

    def __init__(self, stedi: StediFace[Any], *, mode: str = "production", name: str = FAILED_FILES) -> None:
        self.name = name
        self.baseline_reach = stedi.profile.webhook_retention
        self.overlap = stedi.profile.overlap
        self.hold = stedi.profile.delivery_hold
        self._stedi = stedi
        self._mode = mode

    def walk(self, window: Window) -> ListingWalk[Execution]:
        """Read a window of the listing; it reaches back to the oldest file that is still being processed."""
        return ListingWalk(self, window)

    async def observe(self, event: Event) -> Sequence[Observation]:
        """The file that a webhook speaks of, as it is now.

        Raises:
            InvalidDocument: The body can never be read.
            VendorError: Stedi cannot be asked now.
        """
        found = read_stored_event(event)
        if not isinstance(found, ProcessedFile):
            return ()
        executions = self._stedi.executions
        try:
            execution = await self._stedi.client.send(Executions.get(executions, found.result.execution_id))
        except NotFound:
            execution = as_told(found)
        except UnreadableAnswer:
            if self._stedi.clock.now() < event.received_at + self._stedi.profile.patience:
                raise
            execution = as_told(found)
        # One that was retried since has its end in its retry.
        return (await self.observation(execution),) if self.wants(execution) else ()

    def listed(self, since: datetime) -> Pages[Execution]:
        """Inbound files since; all of them, because how far was read is told by the newest one."""
        return self._stedi.executions.list(direction="INBOUND", since=since)

    def at(self, item: Execution) -> datetime | None:
        """When it was created: what the listing goes by."""
        return item.created_at

    def is_open(self, item: Execution) -> bool:
        """Whether it is still being processed."""
        return item.status in _RUNNING and self._is_ours(item)

    def wants(self, item: Execution) -> bool:
        """Whether it failed, or is a retry that has succeeded."""
        retried = item.status == _PROCESSED and bool(item.parent_id)
        return (item.status in _TROUBLED or retried) and self._is_ours(item)

    def event_id(self, item: Execution) -> str:
        """Execution and status."""
        return f"{item.id}/{item.status}"

    async def observation(self, item: Execution) -> Observation:
        """The file with its faults.

        Raises:
            VendorError: Stedi cannot be asked now.
        """
        faults: Sequence[ExecutionFault] = ()
        untranslated = 0
        if item.status in _TROUBLED:
            try:
                listed = await self._stedi.client.send(Executions.faults(self._stedi.executions, item.id))
                faults = listed.items
                untranslated = await self._untranslated(item)
            except NotFound:
                pass  # what the listing or the webhook says has to do
        root = await first_execution(self._stedi, item)
        return self._seen(item, root, faults, untranslated)

    def given_up(self, item: Execution, error: UnreadableAnswer) -> Observation | None:
        """What the listing says has to do, where the rest is unreadable."""
        return self._seen(item, item.parent_id or item.id, (), 0)

    async def _untranslated(self, item: Execution) -> int:
        """How many transactions of the file could not be translated: they are told of by themselves."""
        walk = self._stedi.executions.transactions(item.id)
        failed = 0
        while (page := await walk.batch()) is not None:
            failed += sum(transaction.status == "failed" for transaction in page)
        return failed

    def _is_ours(self, execution: Execution) -> bool:
        inbound = (execution.direction or "").upper() == "INBOUND"
        return inbound and (not self._mode or (execution.mode == _TEST) == (self._mode == _TEST))

    def _seen(
        self, item: Execution, root: str, faults: Sequence[ExecutionFault], untranslated: int
    ) -> Observation:
        told = b",".join(fault.raw for fault in faults)
        return Observation(
            number=root,
            record=b'{"execution":%s,"faults":[%s],"untranslated":%d}' % (item.raw, told, untranslated),
            fingerprint=self.event_id(item),
        )


def map_failed_file(entry: Entry, standing: Standing) -> Mapped:
    """A `mlconnector_sdk.flow.Flow.map` for records of a `FailedFileSource`: nothing is ever sent.

    Raises:
        InvalidDocument: The file could not be processed: that is what a person has to know.
    """
    file = _read(entry)
    execution = file.execution
    what = f"the file {(execution.source and execution.source.name) or execution.id}"
    if execution.partnership_id:
        what += f" of partnership {execution.partnership_id}"
    if execution.status == _PROCESSED:
        return Unchanged(summary=shown(f"{what} was processed, retried as execution {execution.id}"))
    faults = [(each.code or "", each.message or "") for each in file.faults]
    faults = faults or [(execution.fault_code or "", execution.fault_message or "")]
    own = [fault for fault in faults if fault[0] not in _OF_A_TRANSACTION]
    if not own and len(faults) <= file.untranslated:
        return Unchanged(summary=shown(f"{what}: what is wrong with it is told with its transactions"))
    reasons = dict.fromkeys(": ".join(part for part in fault if part) for fault in own or faults)
    why = "; ".join(filter(None, reasons)) or "Stedi does not say why"
    extent = "could not be processed" if execution.status == FAILED else "was processed only in part"
    raise InvalidDocument(
        shown(f"{what} {extent} (execution {execution.id}): {why}"),
        remedy=_remedy([code for code, _ in own or faults], execution, entry),
    )


@frozen(kw_only=True)
class _File(Record):
    execution: Execution
    faults: tuple[ExecutionFault, ...]
    untranslated: int


def _read(entry: Entry) -> _File:
    try:
        return decode(entry.record, _File)
    except UnreadableAnswer as error:
        raise InvalidDocument(
            f"the record of a file that came in cannot be read: {error.message}",
            path=error.path,
            remedy=f"look at the execution {entry.number} in the Stedi portal",
        ) from error


def _remedy(codes: Sequence[str], execution: Execution, entry: Entry) -> str:
    """What to do; a file that is at fault itself, or was processed in part, cannot be retried."""
    dismissed = f"dismiss('{entry.id}', by=..., reason=...)"
    if any(code in _UNREADABLE for code in codes):
        return f"have the sender correct the file and send it again, then {dismissed}"
    first = next(
        (_FIRST[code] for code in codes if code in _FIRST), "correct what is wrong in the Stedi portal"
    )
    if execution.status != FAILED:
        return f"{first}; have the partner send again what is missing, then {dismissed}"
    return (
        f"{first}; then retry the execution there: this letter goes by itself once the file is processed. "
        f"If the file was meant for nobody here: {dismissed}"
    )
