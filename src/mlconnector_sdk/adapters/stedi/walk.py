"""One pass over a listing of Stedi's: read to its end, then handed over record by record.

How far a walk came is the time of the newest record it saw. The next one reaches back behind that, because
records appear late and share their times. What it meets again in this overlap is not fetched again: the
cursors name what was handed over already.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.codec.scalars import instant, instant_text
from mlconnector_sdk.core.paging import Pages
from mlconnector_sdk.errors import (
    ConfigurationError,
    ConnectorError,
    Scope,
    Throttled,
    UnreadableAnswer,
)
from mlconnector_sdk.flow.source import Observation, Window

__all__ = ["Listed", "ListingWalk"]

T = TypeVar("T")

_HANDED_OVER = "handed over"
"""The cursor that names the event ids within the overlap."""
_REMEMBERED = 500  # more than that are fetched again; it keeps the cursors under 64 KB
_LONGEST_ID = 64

_BATCH = 20
"""Records that are completed before they are handed over: each may take two requests."""
_OUTAGE = 3
"""Records in a row that cannot be completed: the others are tried from the other end, as often once more."""

_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""Before anything that this API can know."""


class Listed(Protocol[T]):
    """A listing as a walk needs it."""

    @property
    def cursor(self) -> str:
        """The name of its position among the cursors."""
        ...

    @property
    def overlap(self) -> timedelta:
        """How far a walk reaches back behind the newest record of the one before."""
        ...

    @property
    def hold(self) -> timedelta:
        """How long the mark waits for a record that is open."""
        ...

    def listed(self, since: datetime) -> Pages[T]:
        """What there is since an instant, in any order."""
        ...

    def at(self, item: T) -> datetime | None:
        """The time by which it is listed."""
        ...

    def is_open(self, item: T) -> bool:
        """Whether it will change yet without being listed under a later time: walks wait for its end."""
        ...

    def wants(self, item: T) -> bool:
        """Whether it is handed over."""
        ...

    def event_id(self, item: T) -> str:
        """What tells it apart."""
        ...

    async def observation(self, item: T) -> Observation:
        """The record, completed.

        Raises:
            UnreadableAnswer: What is missing cannot be read, perhaps never.
            VendorError: It cannot be fetched now.
        """
        ...

    def given_up(self, item: T, error: UnreadableAnswer) -> Observation | None:
        """The record as it is, for a person; None: it is too early to give it up."""
        ...


class ListingWalk(Generic[T]):
    """One pass over a window: a `mlconnector_sdk.flow.Walk`.

    One record that cannot be completed holds up no other: the rest is handed over first. Only then does the
    walk fail, so that the next one reads the window again; or, where the record can never be read, it goes
    before a person as it is.
    """

    def __init__(self, listing: Listed[T], window: Window) -> None:
        self._listing = listing
        self._newest = window.since or _read_time(listing.cursor, window.cursors.get(listing.cursor, ""))
        self._since = window.since or (self._newest and self._newest - listing.overlap) or _BEGINNING
        self._known = frozenset() if window.since else _read_ids(window.cursors.get(_HANDED_OVER, ""))
        self._oldest_open: datetime | None = None
        self._seen: dict[str, datetime | None] = {}
        self._waiting: deque[T] | None = None
        self._unreadable: list[tuple[T, UnreadableAnswer]] = []
        self._problem: ConnectorError | None = None
        self._failed_in_a_row = 0
        self._completed = 0
        self._told = False

    @property
    def cursors(self) -> Mapping[str, str]:
        """The time of the newest record seen, and what was handed over since shortly before it."""
        mark = self._mark
        if mark is None:
            return {}
        behind = mark - self._listing.overlap
        recent = [(at or mark, key) for key, at in self._seen.items() if at is None or at >= behind]
        kept = [key for _, key in sorted(recent)[-_REMEMBERED:] if _is_short(key)]
        ids = {_HANDED_OVER: encode(sorted(kept)).decode()} if kept else {}
        return {self._listing.cursor: instant_text(mark), **ids}

    @property
    def _mark(self) -> datetime | None:
        """The newest time seen, held back for what has not ended, but not for ever."""
        if self._newest is None or self._oldest_open is None:
            return self._newest
        return max(min(self._newest, self._oldest_open), self._newest - self._listing.hold)

    async def batch(self) -> Sequence[Observation] | None:
        """The next few records; None when the listing was read to its end and all of it handed over.

        Raises:
            VendorError: A record cannot be completed now; everything else was handed over.
        """
        if self._waiting is None:
            self._waiting = deque(await self._read_listing())
        seen = await self._complete_some(self._waiting)
        if seen or self._waiting:
            return seen
        if self._unreadable:
            return self._give_up()
        if self._problem is None:
            return None
        if not self._told:  # once more empty-handed: whoever commits one batch behind commits the last one
            self._told = True
            return ()
        raise self._problem

    async def close(self) -> None:
        """Forget what is left."""
        self._waiting, self._unreadable = deque(), []

    async def _read_listing(self) -> list[T]:
        found: dict[str, T] = {}
        walk = self._listing.listed(self._since)
        while (page := await walk.batch()) is not None:
            for item in page:
                self._note(item)
                if self._listing.wants(item):
                    found[self._listing.event_id(item)] = item
        self._seen = {key: self._listing.at(item) for key, item in found.items()}
        fresh = [item for key, item in found.items() if key not in self._known]
        return sorted(fresh, key=lambda item: self._listing.at(item) or _BEGINNING)

    def _note(self, item: T) -> None:
        at = self._listing.at(item)
        if at is None:
            return
        self._newest = at if self._newest is None else max(at, self._newest)
        if self._listing.is_open(item):
            self._oldest_open = at if self._oldest_open is None else min(at, self._oldest_open)

    async def _complete_some(self, waiting: deque[T]) -> list[Observation]:
        seen: list[Observation] = []
        while waiting and len(seen) < _BATCH:
            item = waiting.popleft()
            try:
                seen.append(await self._listing.observation(item))
            except UnreadableAnswer as error:
                self._unreadable.append((item, error))
                self._failed(error, waiting)
            except ConnectorError as error:
                self._problem = self._problem or error
                self._failed(error, waiting)
            else:
                self._completed += 1
                self._failed_in_a_row = 0
        return seen

    def _failed(self, error: ConnectorError, waiting: deque[T]) -> None:
        """Decide whether the others are tried all the same."""
        self._failed_in_a_row += 1
        hopeless = error.scope is Scope.FLOW or isinstance(error, Throttled)
        if hopeless or self._failed_in_a_row >= 2 * _OUTAGE:
            self._problem = error
            self._unreadable = []
            waiting.clear()
        elif self._failed_in_a_row == _OUTAGE:
            waiting.reverse()

    def _give_up(self) -> list[Observation]:
        """What can never be read goes before a person, but not because all of Stedi answers nonsense."""
        unreadable, self._unreadable = self._unreadable, []
        believable = self._completed or len(unreadable) < _OUTAGE
        given_up: list[Observation] = []
        for item, error in unreadable:
            observation = self._listing.given_up(item, error) if believable else None
            if observation is None:
                self._problem = self._problem or error
            else:
                given_up.append(observation)
        return given_up


def _is_short(key: str) -> bool:
    return len(key) <= _LONGEST_ID and key.isascii()


def _read_time(name: str, cursor: str) -> datetime | None:
    if not cursor:
        return None
    try:
        return instant(cursor)
    except ValueError as problem:
        raise _unreadable(name, str(problem)) from None


def _read_ids(cursor: str) -> frozenset[str]:
    if not cursor:
        return frozenset()
    try:
        return frozenset(decode(cursor.encode(), list[str]))
    except UnreadableAnswer as problem:
        raise _unreadable(_HANDED_OVER, problem.message) from None


def _unreadable(name: str, problem: str) -> ConfigurationError:
    return ConfigurationError(
        f"the cursor {name!r} is not readable: {problem}",
        remedy="run once with since=... to start from a known place",
        path=name,
    )
