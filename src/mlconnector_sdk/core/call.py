"""A request as a value, and the descriptor that turns a builder of such values into a method.

An endpoint is a pure function that returns a `Call`; it does no I/O. The `Client` executes it::

    class PurchaseOrders(Resource[Colour]):
        @endpoint
        def get(self, id: str) -> Call[PurchaseOrder]:
            return Call(method="GET", path=path("purchasing/v1/purchase-orders", id), answer=PurchaseOrder)

    plex.purchase_orders.get("7")                       # -> PurchaseOrder: the call is sent
    PurchaseOrders.get(plex.purchase_orders, "7")       # -> Call[PurchaseOrder]: the value itself
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeAlias, TypeVar, overload
from urllib.parse import quote

from attrs import field, frozen

from mlconnector_sdk.core.origin import without_query
from mlconnector_sdk.dual import Blocking, Colour, Face, NonBlocking, run
from mlconnector_sdk.errors import InvalidDocument

if TYPE_CHECKING:
    from mlconnector_sdk.core.client import Client

__all__ = ["Body", "Call", "Content", "Form", "Json", "Resource", "endpoint", "path"]

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@frozen
class Json:
    """A JSON body.

    Args:
        value: Models with their wire names, mappings, sequences, text, numbers. ``Decimal`` becomes a number
            from its literal text, an aware ``datetime`` RFC 3339 with ``Z`` (see `codec.encode`).
    """

    value: Any = field(repr=False)


@frozen
class Form:
    """A form body (``application/x-www-form-urlencoded``), fields in the order given."""

    fields: tuple[tuple[str, str], ...] = field(repr=False)


@frozen
class Content:
    """A body that is bytes already, e.g. a frozen payload; they are sent unchanged."""

    data: bytes = field(repr=False)
    media_type: str = "application/json"


Body: TypeAlias = Json | Form | Content
"""What a request may carry."""


@frozen(kw_only=True)
class Call(Generic[T]):
    """One request, ready to be executed by a `Client`.

    Args:
        method: HTTP method in capitals.
        path: Below the origin's base URL, segments quoted already: use `path`.
        answer: What the body becomes: a model, ``list[Model]``, ``object`` for any JSON; ``bytes`` takes it
            as it is, ``NoneType`` ignores it, `Answer` gives status and headers too, `Location` takes where
            a redirect points to (which is never followed).
        params: Query parameters in order; a name may repeat.
        body: `Json`, `Form`, `Content`, or None.
        headers: Extra headers of this call. Credentials do not belong here.
        origin: Which of the profile's origins the path is below.
        group: The rate limit group, where the vendor counts some endpoints apart.
        idempotency_key: Sent in the profile's header of that name; makes a write repeatable.
        converges: This write sets absolute values, so that a repeat changes nothing more.
        safe: A POST that only asks, as safe as a GET.
        link: Instead of path and query: a link from an answer. It is taken only if it stays in the origin.
        strict: Refuse an answer in which a key stands twice in one object: for documents that move money.
        timeout: Seconds for the whole exchange of one attempt; None: the profile's.
        max_bytes: Cap on the answer's size, inflated; None: the profile's.
    """

    method: str
    path: str
    answer: type[T]
    params: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    headers: tuple[tuple[str, str], ...] = ()
    origin: str = "api"
    group: str = ""
    idempotency_key: str = ""
    converges: bool = False
    safe: bool = False
    link: str = field(default="", repr=without_query)
    strict: bool = False
    timeout: float | None = None
    max_bytes: int | None = None

    @property
    def writes(self) -> bool:
        """Whether it may change something at the vendor."""
        return self.method not in _SAFE_METHODS and not self.safe

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice is as good as once: a safe method, a key, or a converging write."""
        return not self.writes or bool(self.idempotency_key) or self.converges

    @property
    def name(self) -> str:
        """Method and path, as logs and errors name it: never a query, never a body."""
        return f"{self.method} /{self.path.lstrip('/')}"


def path(*segments: str) -> str:
    """Join path segments; each one after the first is quoted as exactly one segment.

    Args:
        segments: First the fixed part, which may contain ``/``; then ids and fixed words in turn.

    Returns:
        A path without a leading slash.

    Raises:
        InvalidDocument: A segment is empty, ``.`` or ``..``, or cannot be encoded: with it the request would
            go somewhere else.

    Example:
        >>> path("mdm/v1/customers", "A/B?", "addresses")
        'mdm/v1/customers/A%2FB%3F/addresses'
    """
    fixed, *rest = segments
    return "/".join([fixed.strip("/") if rest else fixed.lstrip("/"), *map(_segment, rest)])


def _segment(text: str) -> str:
    if text in ("", ".", ".."):
        raise InvalidDocument(
            f"{text!r} cannot stand for an id in a request path", remedy="give the record's own id"
        )
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise InvalidDocument(
            "an id in a request path is not valid text", remedy="give the record's own id"
        ) from None


class Resource(Face[Colour]):
    """A group of endpoints of one vendor, e.g. purchase orders; generic in its colour.

    Args:
        client: The client that executes its calls.
        blocking: True on the blocking face.
    """

    def __init__(self, client: Client, blocking: bool) -> None:
        self.client = client
        self.blocking = blocking


class endpoint(Generic[S, P, T]):  # noqa: N801 - a decorator, spelled like one
    """Decorator: a builder of a `Call` that, called on an object, sends what it builds.

    Read from the class it is the builder itself: a pure function of its arguments, ready to be tested.
    """

    def __init__(self, build: Callable[Concatenate[S, P], Call[T]]) -> None:
        self._build = build
        functools.update_wrapper(self, build)  # type: ignore[arg-type]  # a descriptor, for its docs

    @overload
    def __get__(self, instance: None, owner: type) -> Callable[Concatenate[Any, P], Call[T]]: ...
    @overload
    def __get__(self, instance: Resource[Blocking], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, instance: Resource[NonBlocking], owner: type
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...

    def __get__(self, instance: Any, owner: type) -> Any:
        """The builder itself, or a sending method in the colour of the instance."""
        if instance is None:
            return self._build

        @functools.wraps(self._build)
        def send(*args: Any, **kwargs: Any) -> Any:
            sending = instance.client.send(self._build(instance, *args, **kwargs))
            return run(sending) if instance.blocking else sending

        return send
