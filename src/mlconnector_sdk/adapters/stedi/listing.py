"""Listings of Stedi: pages of items with a token for the next one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from attrs import evolve, frozen

from mlconnector_sdk.adapters.stedi.profile import StediProfile
from mlconnector_sdk.codec.scalars import instant_text
from mlconnector_sdk.core.answers import Answer
from mlconnector_sdk.core.call import Call, Resource
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.paging import Cursor, Pages, Paginator
from mlconnector_sdk.dual import Colour
from mlconnector_sdk.errors import ConfigurationError

__all__ = ["LISTING", "POLLING", "PollCursor", "StediResource", "listing_call"]

T = TypeVar("T")


_EMPTY_PAGES = 2  # in a row, after which a poll is over


@frozen(kw_only=True)
class PollCursor(Cursor):
    """A poll goes on by its token alone, which takes the place of the start time.

    Stedi does not say whether an empty page with a token is the last one. So a few more are asked for, and
    the poll is over when the token stays the same or the pages stay empty. The pointer is the number of empty
    pages before it and the token: ``0:eyJ...``.
    """

    def turn(self, call: Call[Any], pointer: str) -> Call[Any]:
        """The call with the token alone."""
        if not pointer:
            return call
        kept = tuple(pair for pair in call.params if pair[0] == "pageSize")
        return evolve(call, params=(*kept, (self.param, pointer.partition(":")[2])))

    def next(self, answer: Answer, pointer: str, count: int) -> str | None:
        """The token in the answer, unless nothing comes after it."""
        token = super().next(answer, pointer, count)
        empty, _, present = pointer.partition(":")
        if not token or count:
            return token and f"0:{token}"
        in_a_row = int(empty or "0") + 1
        return None if token == present or in_a_row > _EMPTY_PAGES else f"{in_a_row}:{token}"


# The specification has the first spelling, Stedi's prose pages the second.
_TOKENS = ("nextPageToken", "next_page_token")

LISTING = Cursor(param="pageToken", at=_TOKENS, items="items")
"""How listings go on."""

POLLING = PollCursor(param="pageToken", at=_TOKENS, items="items")
"""How polls go on."""


class StediResource(Resource[Colour]):
    """A group of endpoints, with the profile."""

    def __init__(self, client: Client, profile: StediProfile) -> None:
        super().__init__(client, client.blocking)
        self.profile = profile

    def pages(
        self,
        call: Call[Any],
        item: type[T],
        *,
        paginator: Paginator = LISTING,
        resume: str | None = None,
    ) -> Pages[T]:
        """A walk over a listing."""
        return self.client.pages(call, paginator, item, resume=resume)


def listing_call(path: str, *, page_size: int, **filters: str | datetime | None) -> Call[Any]:
    """The request for the first page of a listing, with the filters that are given.

    Raises:
        ConfigurationError: A time has no zone, or the page size is not 1 to 500.
    """
    if not 1 <= page_size <= 500:
        raise ConfigurationError(f"a page holds 1 to 500 items, not {page_size}", path="page_size")
    params = [("pageSize", str(page_size))]
    for name, value in filters.items():
        if value is not None:
            params.append((name, _instant(name, value) if isinstance(value, datetime) else value))
    return Call(method="GET", path=path, answer=object, params=tuple(params))


def _instant(name: str, bound: datetime) -> str:
    try:
        return instant_text(bound)
    except ValueError as problem:
        raise ConfigurationError(
            f"{name}: {problem}",
            remedy="give an aware datetime, e.g. datetime(2026, 3, 1, tzinfo=UTC)",
            path=name,
        ) from None
