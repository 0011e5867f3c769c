"""When a flow is due. Pure: instants in, instants out."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from attrs import field, frozen

from mlconnector_sdk.errors import ConfigurationError

__all__ = ["DailyAt", "Every", "Schedule"]


class Schedule(Protocol):
    """Says when to run next. Ticks that were missed are not made up for: one run covers them all."""

    def next_after(self, instant: datetime) -> datetime:
        """The first tick strictly after an instant (aware, UTC)."""
        ...


@frozen
class Every:
    """A fixed interval, counted from the end of the last run.

    Example:
        >>> Every(timedelta(minutes=10)).next_after(datetime(2026, 3, 1, tzinfo=UTC)).minute
        10
    """

    interval: timedelta

    def __attrs_post_init__(self) -> None:
        if self.interval <= timedelta(0):
            raise ConfigurationError(
                f"an interval of {self.interval} never ends", remedy="give a positive one", path="interval"
            )

    def next_after(self, instant: datetime) -> datetime:
        """The instant one interval later."""
        return instant + self.interval


def _times(times: tuple[str, ...]) -> tuple[time, ...]:
    try:
        return tuple(sorted(time.fromisoformat(text) for text in times))
    except ValueError as error:
        raise ConfigurationError(
            f"{times!r} are not times of day: {error}", remedy="write them as '06:30'", path="times"
        ) from error


@frozen
class DailyAt:
    """Fixed times of day in a time zone.

    A time that the spring change skips runs at the instant it would have had before the change; one that
    the autumn change repeats runs once, at its first occurrence.

    Example:
        >>> DailyAt(("06:00", "18:00"), "America/Chicago").next_after(datetime(2026, 3, 1, 13, tzinfo=UTC))
        datetime.datetime(2026, 3, 2, 0, 0, tzinfo=datetime.timezone.utc)
    """

    times: tuple[time, ...] = field(converter=_times)
    zone: str = "UTC"

    def next_after(self, instant: datetime) -> datetime:
        """The first of the times after an instant."""
        zone = ZoneInfo(self.zone)
        today = instant.astimezone(zone).date()
        for day in range(-1, 3):
            date = today + timedelta(days=day)
            for at in self.times:
                tick = datetime.combine(date, at, zone).astimezone(UTC)
                if tick > instant:
                    return tick
        raise ConfigurationError("no time of day is given", remedy="give at least one", path="times")
