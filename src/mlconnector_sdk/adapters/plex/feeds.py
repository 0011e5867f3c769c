"""One change feed of Plex: what changed at or after the place where the last walk ended.

The place is the newest time of change that was seen, never our own clock's; each walk overlaps the one before
it. So a walk that follows a successful one finds at least the record that ended it, unless that was deleted:
an answer with nothing in it is a reason to look whether Plex still shows us anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mlconnector_sdk.adapters.plex.client import PlexFace
from mlconnector_sdk.adapters.plex.listing import is_since, listing_call
from mlconnector_sdk.adapters.plex.profile import Listing
from mlconnector_sdk.codec.scalars import instant, instant_text
from mlconnector_sdk.errors import ConfigurationError, PermissionDenied
from mlconnector_sdk.flow.source import Window

__all__ = ["ChangeFeed"]

_GIVEN = " (given)"
"""Marks a cursor that a person gave: no record was seen there, so none needs to be found there again."""

_CHANGED = ("modifiedDateTime", "modifiedDate")
"""Newer resources have the first name, older ones the second."""


class ChangeFeed:
    """A listing read from a cursor.

    Args:
        plex: The client.
        listing: Where it is, and what its filters are called.
        window: From where.
        name: The cursor's name.
        overlap: How far to reach back.
    """

    def __init__(
        self, plex: PlexFace[Any], listing: Listing, window: Window, *, name: str, overlap: timedelta
    ) -> None:
        self._plex = plex
        self._listing = listing
        self._name = name
        self._position = window.cursors.get(name, "")
        self._left_by_walk = bool(self._position) and not self._position.endswith(_GIVEN)
        if window.since is not None:
            self._left_by_walk = False
            self._position = instant_text(window.since) + _GIVEN
            self._bound: datetime | None = window.since
        else:
            left = self._read_position()
            self._bound = left and left - overlap

    @property
    def cursor(self) -> Mapping[str, str]:
        """The newest change seen, under the feed's name; nothing where none was seen yet."""
        return {self._name: self._position} if self._position else {}

    async def records(self) -> Sequence[Mapping[str, Any]]:
        """What changed; records without a time of change are always among it.

        Raises:
            PermissionDenied: There were records before, and Plex shows none at all any more.
        """
        listed = await self._list(self._bound)
        if not listed and self._left_by_walk:
            await self.require_some()
        changed = []
        for record in listed:
            at = _changed_at(record)
            if is_since(at, self._bound):
                changed.append(record)
                self._move_to(at)
        return changed

    async def require_some(self) -> None:
        """Make sure that Plex shows us anything of this kind.

        Raises:
            PermissionDenied: It does not.
        """
        if await self._list(None):
            return
        raise PermissionDenied(
            f"Plex shows no {self._listing.role} at all, although there must be some",
            vendor=self._plex.profile.vendor,
            remedy=f"ask the Plex administrator whether the integration user still has the role to read "
            f"{self._listing.role}: Plex answers with nothing where a role is missing",
        )

    async def _list(self, bound: datetime | None) -> Sequence[Mapping[str, Any]]:
        call = listing_call(self._listing, modified_since=bound)
        return await self._plex.purchase_orders.matching(call, dict[str, Any]).batch() or ()

    def _move_to(self, at: datetime | None) -> None:
        # A date ahead of us would hide every change until it has come: it moves us when it has.
        if at is None or at > self._plex.clock.now():
            return
        left = self._read_position()
        if left is None or at > left or self._position.endswith(_GIVEN):
            self._position = instant_text(at)

    def _read_position(self) -> datetime | None:
        if not self._position:
            return None
        try:
            return instant(self._position.removesuffix(_GIVEN))
        except ValueError as problem:
            raise ConfigurationError(
                f"the cursor {self._name!r} is not readable: {problem}",
                remedy="run once with since=... to start from a known place",
                path=self._name,
            ) from None


def _changed_at(record: Mapping[str, Any]) -> datetime | None:
    """When it changed last; None where Plex does not say, or says it in a way that nobody can read."""
    for name in _CHANGED:
        if record.get(name):
            try:
                return instant(record[name])
            except ValueError:
                return None
    return None
