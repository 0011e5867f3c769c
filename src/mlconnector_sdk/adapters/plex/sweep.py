"""A second look at all orders, now and then, for what no change feed can show.

A feed finds what Plex dates at or after the place where it was left. Some edits have no such date: they were
saved long after the time they are dated with, or they moved no date of the order or its releases (a line's
price may be one). So once a day every order that is still open is read again, whatever its dates say, and so
is every other that changed in the last days. Comparing the fingerprints tells edits from noise, as always.

A walk takes only a slice of them, so that new changes do not wait for it; the next walk goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import field, frozen

from mlconnector_sdk.adapters.plex.feeds import cursor_instant, last_known
from mlconnector_sdk.codec.scalars import instant_text
from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.records import digest

__all__ = ["Sweep", "SweepRound"]

_UNDER_WAY = " up to "
"""Between the time at which a round began and how far it has come; without it, the round is complete."""


def _positive(instance: object, attribute: Any, value: Any) -> None:
    if value <= type(value)(0):
        raise ConfigurationError(
            f"a sweep cannot have {attribute.name}={value}",
            remedy="give a positive one, or sweep=None for none at all",
            path=attribute.name,
        )


@frozen(kw_only=True)
class Sweep:
    """How often the second look is taken, and at what.

    Each walk that takes part in a round asks for the whole listing of orders once.

    Args:
        every: From the beginning of one round to that of the next.
        reach: Orders that are finished are read again if they changed so recently.
        most: Orders that one walk reads again at most; each takes three requests.

    Raises:
        ConfigurationError: One of them is not positive.
    """

    every: timedelta = field(default=timedelta(days=1), validator=_positive)
    reach: timedelta = field(default=timedelta(days=3), validator=_positive)
    most: int = field(default=200, validator=_positive)


class SweepRound:
    """What one walk does of a round.

    Orders are taken in the order of a hash of their ids: the cursor says how far, in few bytes.

    Args:
        sweep: How often, and what.
        cursor: As the last walk left it; empty: all orders were just read, the first round is due later.
        now: The present instant.
        floor: Orders that last changed before are left alone: they are from before the flow's beginning.
        finished: Statuses, in small letters, of orders whose edits nobody waits for.
    """

    def __init__(
        self,
        sweep: Sweep,
        cursor: str,
        *,
        now: datetime,
        floor: datetime | None,
        finished: Collection[str],
    ) -> None:
        begun, _, self._last = cursor.partition(_UNDER_WAY)
        self._begun = cursor_instant("sweep", begun) if begun else now
        # A round that began in the future was dated by a clock that has been set right since.
        self.due = bool(self._last) or not self._begun <= now < self._begun + sweep.every
        if self.due and not self._last:
            self._begun = now
        self._sweep = sweep
        self._floor = floor
        self._finished = finished

    @property
    def cursor(self) -> str:
        """When the round began, and how far it has come."""
        return instant_text(self._begun) + (_UNDER_WAY + self._last if self._last else "")

    def take(self, listed: Iterable[Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
        """The next orders to read again, by id.

        Args:
            listed: All orders there are.
        """
        places = {digest(record["id"]): record for record in listed if self._wants(record)}
        left = sorted(place for place in places if place > self._last)
        slice_ = left[: self._sweep.most]
        self._last = slice_[-1] if len(slice_) < len(left) else ""
        return {places[place]["id"]: places[place] for place in slice_}

    def _wants(self, record: Mapping[str, Any]) -> bool:
        if not isinstance(record.get("id"), str) or not record["id"]:
            return False
        at = last_known(record)
        if self._floor is not None and (at is None or at < self._floor):
            return False
        if str(record.get("status") or "").strip().casefold() not in self._finished:
            return True
        return at is not None and at >= self._begun - self._sweep.reach
