"""Listings of Plex: one unpaged answer each, and filters that may have been ignored.

Plex pages nothing, and a filter that it does not know is silently passed over. So every filter is sent, and
applied once more to what comes back. A record without a time of change is kept: nothing proves it old.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from attrs import evolve

from mlconnector_sdk.adapters.plex.profile import Listing, PlexProfile
from mlconnector_sdk.codec.scalars import instant_text
from mlconnector_sdk.core.call import Call, Resource
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.paging import Page, Pages, SinglePage
from mlconnector_sdk.dual import Colour
from mlconnector_sdk.errors import ConfigurationError, InvalidDocument, NotFound

__all__ = ["MatchingPages", "PlexResource", "is_since", "listing_call"]

T = TypeVar("T")


class MatchingPages(Pages[T]):
    """A walk over the records that match, whatever the vendor sends.

    Args:
        client: Executes the call.
        call: The listing.
        item: What a record becomes.
        matches: Whether a record was asked for.
        missing_is_empty: The vendor answers 404 where there is nothing to list.
    """

    def __init__(
        self,
        client: Client,
        call: Call[Any],
        item: type[T],
        matches: Callable[[T], bool],
        *,
        missing_is_empty: bool,
    ) -> None:
        super().__init__(client, call, SinglePage(), item, missing_is_empty=missing_is_empty)
        self._matches = matches

    async def page(self) -> Page[T] | None:
        """The next page, with the matching records alone, each once.

        A record that is saved while it is listed may stand in the listing twice: the last one counts.
        """
        page = await super().page()
        if page is None:
            return None
        once = {_identity(item): item for item in page.items if self._matches(item)}
        return evolve(page, items=list(once.values()))


class PlexResource(Resource[Colour]):
    """A group of endpoints, with the profile that says how they are called here."""

    def __init__(self, client: Client, profile: PlexProfile) -> None:
        super().__init__(client, client.blocking)
        self.profile = profile

    def matching(
        self, call: Call[Any], item: type[T], matches: Callable[[T], bool] = lambda item: True
    ) -> Pages[T]:
        """A walk over the matching records of a listing."""
        return MatchingPages(self.client, call, item, matches, missing_is_empty=self.profile.missing_is_empty)

    async def only(self, walk: Pages[T], what: str, listing: Listing) -> T:
        """The only record of a walk.

        Raises:
            NotFound: There is none, or none that the integration user may see.
            InvalidDocument: There are several.
        """
        found = await walk.batch() or []
        if not found:
            raise NotFound(
                f"Plex has no {what}",
                vendor=self.profile.vendor,
                remedy="check the number and the PCN; if Plex shows it to people, the integration user lacks "
                f"the role to read {listing.role}: ask the Plex administrator",
            )
        if len(found) > 1:
            raise InvalidDocument(
                f"Plex has {what} {len(found)} times", path=listing.number, remedy="name it by its id"
            )
        return found[0]


def _identity(record: object) -> object:
    """The vendor's id of a record; what has none is like nothing else."""
    named = record.get("id") if isinstance(record, dict) else getattr(record, "id", None)
    return named if isinstance(named, str) and named else id(record)


def listing_call(
    listing: Listing,
    *,
    modified_since: datetime | None = None,
    created_since: datetime | None = None,
    number: str | None = None,
) -> Call[Any]:
    """The request for a listing.

    Raises:
        ConfigurationError: A bound has no time zone: Plex refuses such times.
    """
    params = []
    for name, bound in ((listing.modified, modified_since), (listing.created, created_since)):
        if bound is not None:
            params.append((name, _instant(name, bound)))
    if number is not None:
        params.append((listing.number, number))
    return Call(method="GET", path=listing.path, answer=list, params=tuple(params))


def is_since(instant: datetime | None, bound: datetime | None) -> bool:
    """Whether a time lies at or after a bound; one of the two may be unknown."""
    return instant is None or bound is None or instant >= bound


def _instant(name: str, bound: datetime) -> str:
    try:
        return instant_text(bound)
    except ValueError as problem:
        raise ConfigurationError(
            f"{name}: {problem}",
            remedy="give an aware datetime, e.g. datetime(2026, 3, 1, tzinfo=UTC)",
            path=name,
        ) from None
