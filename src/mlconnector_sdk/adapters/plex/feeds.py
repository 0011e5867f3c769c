"""One change feed of Plex: what changed, and what is new, since the place where the last walk ended.

The place is the newest time that was seen, never our own clock's; each walk overlaps the one before it. So a
walk that follows a successful one finds at least the record that ended it, unless that was deleted: an answer
with nothing in it is a reason to look whether Plex still shows us anything.

A record that was never changed may have no time of change, and then no filter on that time returns it. So
each walk asks twice: what changed, and then, what was created. The second answer is the newer one, and must
not move the place where the first was left: where it leads further on, it is kept as a place of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mlconnector_sdk.adapters.plex.client import PlexFace
from mlconnector_sdk.adapters.plex.listing import is_since, listing_call
from mlconnector_sdk.adapters.plex.profile import Listing
from mlconnector_sdk.codec.scalars import instant, instant_text
from mlconnector_sdk.errors import ConfigurationError, PermissionDenied
from mlconnector_sdk.flow.source import Window

__all__ = ["LONGEST_REST", "ChangeFeed", "changed_at", "created_at", "cursor_instant", "last_known"]

_GIVEN = " (given)"
"""Marks a cursor that a person gave: no record was seen there, so none needs to be found there again."""

_CHANGED = ("modifiedDateTime", "modifiedDate")
_CREATED = ("createdDateTime", "createdDate")
"""Newer resources have the first name, older ones the second."""

_REST = 10

LONGEST_REST = timedelta(minutes=15)
"""A poll waits no longer than this, whatever it costs."""

_COARSEST = timedelta(days=2)
"""A filter may count in whole days of any time zone; what is older yet proves that it is ignored."""


class ChangeFeed:
    """A listing read from its cursors.

    Args:
        plex: The client.
        listing: Where it is, and what its filters are called.
        window: From where.
        name: The cursor's name; ``<name> created`` is a second one, where new records have no time of change.
        overlap: How far to reach back.
        floor: Never further back than this: where a person had the flow begin; None: no limit.
    """

    def __init__(
        self,
        plex: PlexFace[Any],
        listing: Listing,
        window: Window,
        *,
        name: str,
        overlap: timedelta,
        floor: datetime | None = None,
    ) -> None:
        self._plex = plex
        self._listing = listing
        self._changes = _Place(name, window.cursors.get(name, ""), window.since)
        news = f"{name} created"
        self._news = _Place(news, window.cursors.get(news) or window.cursors.get(name, ""), window.since)
        self._overlap = overlap if window.since is None else timedelta(0)
        self._floor = floor
        self.unfiltered = False
        """Whether Plex was seen to ignore a filter of ours: it sent what is much older than asked for."""
        self._took = timedelta(0)

    @property
    def cursor(self) -> Mapping[str, str]:
        """The newest change seen, under the feed's name; nothing where none was seen yet."""
        further = self._news.at != self._changes.at
        return {**self._changes.cursor, **(self._news.cursor if further else {})}

    @property
    def newest(self) -> datetime | None:
        """The newest change seen, now or by an earlier walk."""
        return self._changes.at

    @property
    def rest(self) -> timedelta:
        """For how long Plex should be left alone: nothing, unless it ignores a filter of ours.

        Then every walk costs it the whole listing (one tenant's purchase orders: 44 MB, 16 seconds): ten
        times as long as it took, a quarter of an hour at most.
        """
        return min(_REST * self._took, LONGEST_REST) if self.unfiltered else timedelta(0)

    async def records(self) -> Sequence[Mapping[str, Any]]:
        """What changed or is new; records without a time of change are always among it.

        Only where Plex sends everything, and a person had the flow begin at some time, those that were
        created before are left out: nothing says that they changed since.

        Raises:
            PermissionDenied: There were records before, and Plex shows none at all any more.
        """
        now = self._plex.clock.now()
        bound, bound_of_news = self._behind(self._changes.at), self._behind(self._news.at)
        listed = await self._list(modified_since=bound)
        found = [record for record in listed if is_since(changed_at(record), bound)]
        self._changes.move(map(changed_at, listed), now)
        if bound is None or self._ignores_filter(map(_provable, listed), bound):
            # It held everything: what is new, and what was there before the flow began, is in it as well.
            self._changes.move(map(created_at, listed), now)
            found = [record for record in found if is_since(last_known(record), self._floor)]
        elif self._listing.created:
            news = await self._list(created_since=bound_of_news)
            self._ignores_filter(map(created_at, news), bound_of_news)
            self._news.move(map(created_at, news), now)
            found += [
                record
                for record in news
                if changed_at(record) is None and is_since(created_at(record), bound_of_news)
            ]
            listed = [*listed, *news]
        self._news.move([self._changes.at], now)
        if not listed and self._changes.left_by_walk:
            await self.require_some()
        return found

    async def everything(self) -> Sequence[Mapping[str, Any]]:
        """The whole listing, without a filter; no cursor moves."""
        return await self._list()

    async def require_some(self) -> None:
        """Make sure that Plex shows us anything of this kind.

        Raises:
            PermissionDenied: It does not.
        """
        if await self._list():
            return
        raise PermissionDenied(
            f"Plex shows no {self._listing.role} at all, although there must be some",
            vendor=self._plex.profile.vendor,
            remedy=f"ask the Plex administrator whether the integration user still has the role to read "
            f"{self._listing.role}: Plex answers with nothing where a role is missing",
        )

    async def _list(
        self, *, modified_since: datetime | None = None, created_since: datetime | None = None
    ) -> Sequence[Mapping[str, Any]]:
        call = listing_call(self._listing, modified_since=modified_since, created_since=created_since)
        began = self._plex.clock.monotonic()
        listed = await self._plex.purchase_orders.matching(call, dict[str, Any]).batch()
        self._took += timedelta(seconds=self._plex.clock.monotonic() - began)
        return listed or ()

    def _behind(self, place: datetime | None) -> datetime | None:
        """Where a question begins that was left at this place."""
        return place and max(filter(None, (place - self._overlap, self._floor)))

    def _ignores_filter(self, times: Iterable[datetime | None], bound: datetime | None) -> bool:
        ignored = bound is not None and any(at is not None and at < bound - _COARSEST for at in times)
        self.unfiltered = self.unfiltered or ignored
        return ignored


class _Place:
    """Where a question was left: the newest time that was seen in its answers, or that a person gave."""

    def __init__(self, name: str, text: str, since: datetime | None) -> None:
        self._name = name
        self._text = text if since is None else instant_text(since) + _GIVEN
        self.left_by_walk = bool(self._text) and not self._text.endswith(_GIVEN)
        self.at = cursor_instant(name, self._text) if self._text else None

    @property
    def cursor(self) -> Mapping[str, str]:
        return {self._name: self._text} if self._text else {}

    def move(self, times: Iterable[datetime | None], now: datetime) -> None:
        """To the newest of these times.

        A time ahead of us would hide every change until it has come: it moves us when it has.
        """
        newest = max((at for at in times if at is not None and at <= now), default=None)
        if newest is not None and (self.at is None or newest >= self.at):
            self.at, self._text = newest, instant_text(newest)


def changed_at(record: Mapping[str, Any]) -> datetime | None:
    """When a record changed last; None where Plex does not say, or says it in a way that nobody can read."""
    return _first(record, _CHANGED)


def created_at(record: Mapping[str, Any]) -> datetime | None:
    """When a record was created; None as with `changed_at`."""
    return _first(record, _CREATED)


def last_known(record: Mapping[str, Any]) -> datetime | None:
    """When a record changed last, or was created where the former is unknown."""
    return changed_at(record) or created_at(record)


def cursor_instant(name: str, text: str) -> datetime:
    """The instant in a cursor.

    Raises:
        ConfigurationError: There is none in it.
    """
    try:
        return instant(text.removesuffix(_GIVEN))
    except ValueError as problem:
        raise ConfigurationError(
            f"the cursor {name!r} is not readable: {problem}",
            remedy="run once with since=... to start from a known place",
            path=name,
        ) from None


def _provable(record: Mapping[str, Any]) -> datetime | None:
    """The time by which a filter on changes judges a record; None where it may know what we cannot read."""
    return changed_at(record) if any(record.get(name) for name in _CHANGED) else created_at(record)


def _first(record: Mapping[str, Any], names: tuple[str, str]) -> datetime | None:
    for name in names:
        if record.get(name):
            try:
                return instant(record[name])
            except ValueError:
                return None
    return None
