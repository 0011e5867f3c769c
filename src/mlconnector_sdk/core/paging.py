"""The walk over the pages of a listing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import frozen

from mlconnector_sdk.codec import decode_items
from mlconnector_sdk.core.answers import Answer, require_json
from mlconnector_sdk.core.call import Call
from mlconnector_sdk.core.paginators import Cursor, NextLink, Offset, PageNumber, Paginator, SinglePage
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import ConfigurationError, NotFound, RepeatedPointer
from mlconnector_sdk.records import digest

if TYPE_CHECKING:
    from mlconnector_sdk.core.client import Client

__all__ = [
    "Cursor",
    "ItemWalk",
    "NextLink",
    "Offset",
    "Page",
    "PageNumber",
    "PageWalk",
    "Pages",
    "Paginator",
    "SinglePage",
]

T = TypeVar("T")


@frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a listing.

    Args:
        items: Decoded.
        resume: Hand it to the same listing to go on *after* this page, in another process if need be: text
            without a secret in it. None on the last page.
        answer: The page as it came, with its headers.
    """

    items: list[T]
    resume: str | None
    answer: Answer


class Pages(Generic[T]):
    """A walk over a listing: ``for item in pages``, or ``async for`` where the client is async.

    A walk goes on where it stands, like an open file: a second loop over the same object does not start
    again. Nothing is fetched before it is asked for. Leaving a loop early needs no care; as a context manager
    (``with``, ``async with``) it ends the walk when the block ends.

    Shared code asks for batches: ``await walk.batch()`` until None, and ``await walk.close()``.

    Raises (while walking):
        RepeatedPointer: The listing would never end.
        UnreadableAnswer: A page is not what it should be; ``path`` names the item.
        VendorError: As any call.
    """

    def __init__(
        self,
        client: Client,
        call: Call[Any],
        paginator: Paginator,
        item: type[T],
        *,
        resume: str | None = None,
        missing_is_empty: bool = False,
    ) -> None:
        self._client = client
        self._call = call
        self._paginator = paginator
        self._item = item
        self._missing_is_empty = missing_is_empty
        self._listing = digest(call.name, repr(call.params), repr(paginator))[:12]
        self._pointer: str | None = self._resumed(resume) if resume else ""
        self._seen: set[str] = set()
        self._last_page = hash(b"")

    async def page(self) -> Page[T] | None:
        """The next page, or None after the last one."""
        pointer = self._pointer
        if pointer is None:
            return None
        call = self._paginator.turn(self._call, pointer)
        try:
            answer = await self._client.exchange(call)
        except NotFound:
            if self._missing_is_empty and not pointer:
                self._pointer = None
                return None
            raise
        items, following = self._client.read(call, answer, lambda: self._read(answer, pointer))
        self._check_progress(call, pointer, following, answer, items)
        self._pointer = following
        return Page(items=items, resume=self._resume(following), answer=answer)

    async def batch(self) -> list[T] | None:
        """The items of the next page, or None after the last one; a page may be empty."""
        page = await self.page()
        return None if page is None else page.items

    async def close(self) -> None:
        """End the walk; nothing more is fetched."""
        self._pointer = None

    def pages(self) -> PageWalk[T]:
        """The same walk page by page, for resume tokens and headers."""
        return PageWalk(self)

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def __aiter__(self) -> ItemWalk[T]:
        self.require(blocking=False)
        return ItemWalk(self)

    def __enter__(self) -> Pages[T]:
        self.require(blocking=True)
        return self

    def __exit__(self, *error: object) -> None:
        self._pointer = None

    async def __aenter__(self) -> Pages[T]:
        self.require(blocking=False)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def require(self, *, blocking: bool) -> None:
        """Refuse the wrong colour with a sentence.

        Raises:
            TypeError: ``for`` on an async client's listing, or ``async for`` on a blocking one's.
        """
        if self._client.blocking and not blocking:
            raise TypeError(
                "this listing belongs to a blocking client: use 'for' and 'with', not 'async for'"
            )
        if not self._client.blocking and blocking:
            raise TypeError("this listing belongs to an async client: use 'async for' and 'async with'")

    def _read(self, answer: Answer, pointer: str) -> tuple[list[T], str | None]:
        require_json(answer)
        profile = self._client.profile
        items = decode_items(
            answer.body,
            self._item,
            at=self._paginator.items,
            max_depth=profile.max_depth,
            strict=self._call.strict,
        )
        return items, self._paginator.next(answer, pointer, len(items))

    def _check_progress(
        self, call: Call[Any], pointer: str, following: str | None, answer: Answer, items: list[T]
    ) -> None:
        """Refuse to walk in circles."""
        self._seen.add(pointer)
        repeats = following in self._seen
        if self._paginator.counts and items:
            page = hash(answer.body)  # a page can be large: only its hash is kept
            repeats = repeats or page == self._last_page
            self._last_page = page
        if repeats:
            vendor = self._client.profile.vendor
            raise RepeatedPointer(
                f"{vendor} {call.name}: the listing gives the same page again and would never end",
                vendor=vendor,
                request=call.name,
                status=answer.status,
                remedy="ask for a smaller window; if it stays, the profile's paging is not the vendor's",
            )

    def _resume(self, pointer: str | None) -> str | None:
        if pointer is None:
            return None
        return f"{self._listing}.{base64.urlsafe_b64encode(pointer.encode()).decode()}"

    def _resumed(self, token: str) -> str:
        listing, _, pointer = token.partition(".")
        if listing == self._listing:
            try:
                return base64.urlsafe_b64decode(pointer.encode()).decode()
            except (binascii.Error, ValueError):
                pass
        raise ConfigurationError(
            f"the resume token does not belong to {self._call.name} with these parameters",
            remedy="resume a listing with the arguments it was started with, or start it anew",
        )


class PageWalk(Generic[T]):
    """A walk page by page, in both colours."""

    def __init__(self, walk: Pages[T]) -> None:
        self._walk = walk

    def __iter__(self) -> Iterator[Page[T]]:
        self._walk.require(blocking=True)
        while (page := run(self._walk.page())) is not None:
            yield page

    def __aiter__(self) -> PageWalk[T]:
        self._walk.require(blocking=False)
        return self

    async def __anext__(self) -> Page[T]:
        page = await self._walk.page()
        if page is None:
            raise StopAsyncIteration
        return page


class ItemWalk(Generic[T]):
    """The items of a walk, one by one, async.

    An object and not an async generator, which would need its event loop to be closed.
    """

    def __init__(self, walk: Pages[T]) -> None:
        self._walk = walk
        self._items: Iterator[T] = iter(())

    def __aiter__(self) -> ItemWalk[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            for item in self._items:
                return item
            page = await self._walk.page()
            if page is None:
                raise StopAsyncIteration
            self._items = iter(page.items)
