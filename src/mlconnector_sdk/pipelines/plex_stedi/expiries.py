"""When the credentials of both systems end, and how each is replaced without a gap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from mlconnector_sdk.adapters.plex.client import PlexFace
from mlconnector_sdk.adapters.stedi.client import StediFace
from mlconnector_sdk.flow import Expiry

__all__ = ["expiries"]

_STEDI = (
    "make a second API key in the Stedi portal, put it where STEDI_API_KEY is kept and its last day where "
    "STEDI_API_KEY_EXPIRES is, restart, then revoke the old one; partner file and webhook secret stay (a "
    "webhook secret is rotated with StediWebhook(previous=...))"
)
_PLEX = (
    "ask Plex for a new client secret, put it where PLEX_CLIENT_SECRET is kept and its last day where "
    "PLEX_CLIENT_SECRET_EXPIRES is, then restart; partner file and store stay as they are"
)


def expiries(plex: PlexFace[Any], stedi: StediFace[Any]) -> Iterator[Expiry]:
    """The credentials whose last day is known: see ``expires`` in `PlexSettings` and `StediSettings`."""
    for name, day, remedy in (
        ("Plex client secret", plex.settings.client_secret_expires, _PLEX),
        ("Stedi API key", stedi.settings.api_key_expires, _STEDI),
    ):
        if day is not None:
            yield Expiry(name=name, at=_beginning(day), remedy=remedy)


def _beginning(day: date) -> datetime:
    """In UTC: in which zone a vendor's days begin is not known, and some hours decide nothing."""
    return datetime.combine(day, time.min, tzinfo=UTC)
