"""What one side has and the other lacks, by business number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol, runtime_checkable

from attrs import field, frozen

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.source import Window
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Entry, State

__all__ = ["Census", "Gap", "Lacking", "Reconciler", "Reconciliation"]

_LINES = 1_000  # entries of one number that are looked at


@runtime_checkable
class Census(Protocol):
    """A sink that can say which business numbers its vendor has: optional, for `Pipeline.reconcile`."""

    async def numbers(self, since: datetime) -> Collection[str]:
        """The business numbers of the documents that the vendor has taken since an instant.

        Raises:
            VendorError: They cannot be listed now.
        """
        ...


class Lacking(Enum):
    """Who lacks a document."""

    STORE = "never observed"
    """The source has it, and no poll has ever seen it."""
    TARGET = "not sent"
    """It was observed, and the vendor has not taken it: it waits, or a person has to decide."""
    LOST = "not at the vendor"
    """The vendor is said to have taken it, and does not show it."""
    SOURCE = "not from here"
    """The vendor has it, and no document of this store was sent under that number."""


@frozen(kw_only=True)
class Gap:
    """One business number that one side has and another lacks.

    Args:
        number: The business number.
        lacking: Who lacks it.
        entry: The latest entry of that number, or None.
        text: What is the matter, one sentence.
        remedy: What a person should do.
    """

    number: str
    lacking: Lacking
    entry: Entry | None = field(default=None, repr=False)
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.number}: {self.text}. Remedy: {self.remedy}"


@frozen(kw_only=True)
class Reconciliation:
    """What a comparison of both sides came to.

    Args:
        flow: The flow's name.
        since: From when on it was compared.
        source: How many numbers the source has.
        target: How many numbers the target's vendor has; None where it cannot be asked.
        gaps: What does not match; none: both sides have the same.
    """

    flow: str
    since: datetime
    source: int
    target: int | None
    gaps: tuple[Gap, ...]

    def __bool__(self) -> bool:
        return bool(self.gaps)

    def __str__(self) -> str:
        target = "the target cannot list its documents" if self.target is None else f"target {self.target}"
        head = f"{self.flow} since {self.since:%Y-%m-%d %H:%M}Z: source {self.source}, {target}"
        return "\n".join([head, *(f"  {gap}" for gap in self.gaps)] if self.gaps else [f"{head}, no gaps"])


@frozen(kw_only=True)
class Reconciler:
    """Reads a source and the vendor behind a sink, and compares both with the store; changes nothing."""

    store: Store = field(repr=False)

    async def reconcile(self, flow: Flow, *, since: datetime) -> Reconciliation:
        """Compare by business number what changed in the source with what the vendor has.

        Raises:
            ConfigurationError: ``since`` has no time zone.
            VendorError: One of them cannot be read now.
        """
        if since.utcoffset() is None:
            raise ConfigurationError(
                f"since={since.isoformat()} has no time zone", path="since", remedy="give an aware time"
            )
        in_source = await self._source_numbers(flow, since)
        sink = flow.sink
        in_target = set(await sink.numbers(since)) if isinstance(sink, Census) else None
        gaps = []
        for number in sorted(in_source | (in_target or set())):
            line = await arrived(self.store.find(flow=flow.name, number=number, limit=_LINES))
            if in_target and number in in_target and not any(entry.attempts for entry in line):
                gaps.append(_stray(number, line))  # also where the source has it: to send it would double it
            elif number in in_source:
                gap = _source_gap(flow, number, line, since, in_target)
                gaps += [] if gap is None else [gap]
        return Reconciliation(
            flow=flow.name,
            since=since,
            source=len(in_source),
            target=None if in_target is None else len(in_target),
            gaps=tuple(gaps),
        )

    async def _source_numbers(self, flow: Flow, since: datetime) -> set[str]:
        numbers: set[str] = set()
        walk = flow.source.walk(Window(since=since))
        try:
            while (batch := await walk.batch()) is not None:
                numbers |= {observation.number for observation in batch}
        finally:
            await walk.close()
        return numbers


def _source_gap(
    flow: Flow, number: str, line: Sequence[Entry], since: datetime, in_target: set[str] | None
) -> Gap | None:
    if not line:
        return Gap(
            number=number,
            lacking=Lacking.STORE,
            text=f"{flow.source.name} has it, and no poll has seen it",
            remedy=f"run(['{flow.name}'], since=...) reads that window again",
        )
    latest = line[-1]
    waiting = [entry for entry in line if entry.blocks or entry.state.waits_for_person]
    if waiting:
        entry = waiting[-1]
        why = f" ({entry.reason})" if entry.reason else ""
        return Gap(
            number=number,
            lacking=Lacking.TARGET,
            entry=entry,
            text=f"its latest state is {entry.state.value}{why}",
            remedy=entry.remedy or "run(), or see status() and overdue()",
        )
    taken = [entry for entry in line if entry.state.taken]
    recent = [entry for entry in taken if entry.accepted_at is not None and entry.accepted_at >= since]
    if in_target is None or number in in_target or not recent:
        return None
    return Gap(
        number=number,
        lacking=Lacking.LOST,
        entry=latest,
        text=f"{flow.sink.name} is said to have taken it, and does not show it",
        remedy=f"look for it at the vendor; if it is not there, settle('{recent[-1].id}', arrived=False)",
    )


def _stray(number: str, line: Sequence[Entry]) -> Gap:
    known = [entry for entry in line if entry.state is State.KNOWN]
    what = "it existed before go-live here" if known else "nothing here was sent under that number"
    return Gap(
        number=number,
        lacking=Lacking.SOURCE,
        entry=line[-1] if line else None,
        text=f"the vendor has it, and {what}",
        remedy="somebody else sends there, or the store is an older copy: find out before the next run()",
    )
