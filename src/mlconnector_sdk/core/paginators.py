"""Stateless paginators, named by where the pointer to the next page lives.

A paginator is a value: it can be shared by threads, tasks and walks. What a walk has seen, the walk knows.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

from attrs import evolve, field, frozen

from mlconnector_sdk.codec import lookup
from mlconnector_sdk.core.answers import Answer
from mlconnector_sdk.core.call import Call
from mlconnector_sdk.errors import UnreadableAnswer

__all__ = ["Cursor", "NextLink", "Offset", "PageNumber", "Paginator", "SinglePage"]

# A link header (RFC 8288): <address>; name=value; name="value", <address> ...
_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^\s";,]+))?)*)')
_RELATION = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]+))', re.IGNORECASE)


class Paginator(Protocol):
    """How a listing goes on."""

    @property
    def items(self) -> str:
        """Where the items live: a dotted key, or empty where the whole body is the list."""
        ...

    @property
    def counts(self) -> bool:
        """Whether the pointer is counted by us, so that only the page itself shows that it repeats."""
        ...

    def turn(self, call: Call[Any], pointer: str) -> Call[Any]:
        """The request for a page; the empty pointer is the first page."""
        ...

    def next(self, answer: Answer, pointer: str, count: int) -> str | None:
        """The pointer to the page after this one, or None where this is the last.

        Args:
            answer: This page.
            pointer: Its own pointer.
            count: How many items it holds.
        """
        ...


@frozen(kw_only=True)
class SinglePage:
    """Everything comes at once::

        [{"id": 1}, {"id": 2}]

    Args:
        items: Where the items live.
    """

    items: str = ""
    counts: bool = field(default=False, init=False)

    def turn(self, call: Call[Any], pointer: str) -> Call[Any]:
        """The call itself."""
        return call

    def next(self, answer: Answer, pointer: str, count: int) -> str | None:
        """None: there is nothing more."""
        return None


@frozen(kw_only=True)
class Cursor:
    """The answer holds an opaque token for the next page; absent, null or empty on the last one::

        {"items": [...], "nextPageToken": "eyJ..."}

    Args:
        param: The query parameter that takes it, e.g. ``pageToken``.
        at: Dotted keys where it may stand; the first that is there counts.
        items: Where the items live.
    """

    param: str
    at: tuple[str, ...]
    items: str = ""
    counts: bool = field(default=False, init=False)

    def turn(self, call: Call[Any], pointer: str) -> Call[Any]:
        """The call with the token."""
        return _with(call, self.param, pointer) if pointer else call

    def next(self, answer: Answer, pointer: str, count: int) -> str | None:
        """The token in the answer."""
        return _text(answer, self.at)


@frozen(kw_only=True)
class NextLink:
    """The answer holds the address of the next page, in its body or in its ``Link`` header::

        {"$resources": [...], "$next": {"$url": "https://..."}}
        Link: <https://...>; rel="next"

    The address is taken only if it stays within our origin, whatever the answer says.

    Args:
        at: Dotted keys where it may stand; none: the ``Link`` header.
        items: Where the items live.
    """

    at: tuple[str, ...] = ()
    items: str = ""
    counts: bool = field(default=False, init=False)

    def turn(self, call: Call[Any], pointer: str) -> Call[Any]:
        """The call with the address in place of its path and query."""
        return evolve(call, link=pointer, params=()) if pointer else call

    def next(self, answer: Answer, pointer: str, count: int) -> str | None:
        """The address in the answer."""
        if self.at:
            return _text(answer, self.at)
        for address, rest in _LINK.findall(answer.headers.get("link", "")):
            relation = _RELATION.search(rest)
            if relation and "next" in (relation[1] or relation[2]).lower().split():
                return str(address)
        return None


@frozen(kw_only=True)
class PageNumber:
    """We count pages::

        GET /orders?page=3          {"orders": [...], "page": 3, "pages": 17}

    Args:
        param: The query parameter, e.g. ``page``.
        first: The number of the first page.
        pages: Dotted key of the number of pages; empty where the vendor does not say: then an empty page is
            the end.
        size: Where a page with fewer items than this is certainly the last one; 0: never certain.
        items: Where the items live.
    """

    param: str
    first: int = 1
    pages: str = ""
    size: int = 0
    items: str = ""
    counts: bool = field(default=True, init=False)

    def turn(self, call: Call[Any], pointer: str) -> Call[Any]:
        """The call with the number."""
        return _with(call, self.param, pointer or str(self.first))

    def next(self, answer: Answer, pointer: str, count: int) -> str | None:
        """The next number."""
        number = int(pointer or self.first)
        if count < max(self.size, 1):
            return None
        if self.pages and number - self.first + 1 >= _whole(answer, self.pages):
            return None
        return str(number + 1)


@frozen(kw_only=True)
class Offset:
    """We count items::

        GET /orders?offset=200      {"orders": [...], "total": 1234}

    Args:
        param: The query parameter, e.g. ``offset``.
        total: Dotted key of the number of items; empty where the vendor does not say: then an empty page is
            the end.
        size: Where a page with fewer items than this is certainly the last one; 0: never certain.
        items: Where the items live.
    """

    param: str
    total: str = ""
    size: int = 0
    items: str = ""
    counts: bool = field(default=True, init=False)

    def turn(self, call: Call[Any], pointer: str) -> Call[Any]:
        """The call with the offset."""
        return _with(call, self.param, pointer or "0")

    def next(self, answer: Answer, pointer: str, count: int) -> str | None:
        """The next offset: as many items further as have really come, whatever was asked for."""
        seen = int(pointer or 0) + count
        if count < max(self.size, 1):
            return None
        if self.total and seen >= _whole(answer, self.total):
            return None
        return str(seen)


def _with(call: Call[Any], param: str, value: str) -> Call[Any]:
    """The call with one parameter set, in place of an earlier value."""
    return evolve(call, params=(*(pair for pair in call.params if pair[0] != param), (param, value)))


def _text(answer: Answer, at: tuple[str, ...]) -> str | None:
    for key in at:
        value = lookup(answer.body, key)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
        if value not in (None, "", False):
            raise UnreadableAnswer("expected a pointer to the next page", path=key)
    return None


def _whole(answer: Answer, at: str) -> int:
    value = lookup(answer.body, at)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnreadableAnswer("expected a whole number that says how much there is", path=at)
    return value
