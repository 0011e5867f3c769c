"""The client of one vendor, shared by both colours, and the face that a user holds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from mlconnector_sdk.codec import encode
from mlconnector_sdk.core.answers import Answer, Location, read_answer
from mlconnector_sdk.core.call import Body, Call, Content, Form, Json
from mlconnector_sdk.core.events import Hooks
from mlconnector_sdk.core.exchange import Exchange, Task
from mlconnector_sdk.core.origin import Origin, is_allowed, without_query
from mlconnector_sdk.core.outgoing import Outgoing
from mlconnector_sdk.core.paginators import Paginator
from mlconnector_sdk.core.paging import Pages
from mlconnector_sdk.core.profile import Profile
from mlconnector_sdk.core.retry import Jitter, Kind, Row, Verdict, Verdicts
from mlconnector_sdk.core.runtime import Runtime
from mlconnector_sdk.core.service import Service
from mlconnector_sdk.core.strategy import Auth
from mlconnector_sdk.dual import Blocking, Colour, Face, NonBlocking, shared
from mlconnector_sdk.errors import (
    ConfigurationError,
    OutcomeUnknown,
    Reached,
    Scope,
    Throttled,
    UnreadableAnswer,
    VendorError,
)
from mlconnector_sdk.ports import Clock
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.version import __version__

__all__ = ["Client", "VendorFace"]

T = TypeVar("T")

# A document's address is a key of its own: that it is refused says nothing about our credentials.
_EXPIRED = Verdict(
    kind=Kind.REFUSED, scope=Scope.VENDOR, remedy="the address may have run out: ask the vendor for a new one"
)
_DOCUMENTS = Verdicts(rows=tuple(Row(status=status, verdict=_EXPIRED) for status in (401, 403, 404, 410)))

_USER_AGENT = f"mlconnector-sdk/{__version__} python/{sys.version_info.major}.{sys.version_info.minor}"

_PATIENCE = 5.0  # seconds: a wait for a slot that a call may well take upon itself


class Client:
    """Executes calls against one vendor with one credential.

    Its methods are shared coroutines: faces run them, shared code awaits them.

    Args:
        profile: The vendor's quirks.
        auth: How requests prove who sends them.
        runtime: `BlockingRuntime` or `AsyncRuntime`; it decides the colour.
        hooks: Who watches.
        headers: Fixed headers of every call, e.g. a tenant's number.
        user_agent: What the host adds to the ``User-Agent``.
        jitter: From the ceiling of a wait to the wait; None: full jitter. For tests.
    """

    def __init__(
        self,
        profile: Profile,
        auth: Auth,
        runtime: Runtime,
        *,
        hooks: Hooks | None = None,
        headers: Mapping[str, str | Secret] | None = None,
        user_agent: str = "",
        jitter: Jitter | None = None,
    ) -> None:
        self.profile = profile
        self.blocking = runtime.blocking
        self._runtime = runtime
        self._origins: dict[str, Origin] = {name: profile.origin(name) for name in profile.origins}
        self._fixed = dict(headers or {})
        own = (("User-Agent", f"{_USER_AGENT} {user_agent}".rstrip()), ("Accept-Encoding", "gzip, deflate"))
        self._service = Service(
            profile, auth, runtime, hooks=hooks or Hooks(), own_headers=own, jitter=jitter
        )

    @property
    def clock(self) -> Clock:
        """The runtime's clock."""
        return self._runtime.clock

    async def send(self, call: Call[T]) -> T:
        """Execute a call and read its answer.

        Raises:
            VendorError: There is no good answer; see `mlconnector_sdk.errors`.
            OutcomeUnknown: A write without an idempotency key has left, and then something went wrong.
        """
        answer = await self.exchange(call)
        return self.read(call, answer, lambda: read_answer(call, answer, max_depth=self.profile.max_depth))

    async def exchange(self, call: Call[Any]) -> Answer:
        """Execute a call; the answer as it came, its status known to be good.

        Raises:
            VendorError: As `send`.
        """
        task = Task(
            outgoing=self._outgoing(call),
            writes=call.writes,
            repeatable=call.repeatable,
            keyed=bool(call.idempotency_key),
            group=call.group,
            redirect=call.answer is Location,
        )
        return await Exchange(self._service, task).run()

    def read(self, call: Call[Any], answer: Answer, how: Callable[[], T]) -> T:
        """Read a good answer, so that what goes wrong names the vendor and the request.

        Args:
            call: What was asked.
            answer: What came.
            how: Reads it.

        Raises:
            UnreadableAnswer: It is not what the call promises.
            OutcomeUnknown: The same, for a write that must not be repeated.
        """
        try:
            return how()
        except VendorError as error:
            problem = self._service.named(error, call.name, answer)
        problem.reached = Reached.MAYBE if call.writes else Reached.NO
        if call.repeatable:
            raise problem
        raise OutcomeUnknown(
            f"{self.profile.vendor} {call.name}: it was answered, but the answer cannot be read",
            vendor=self.profile.vendor,
            request=call.name,
            status=answer.status,
            path=problem.path,
        ) from problem

    async def fetch(
        self,
        url: str,
        *,
        allowed_hosts: tuple[str, ...],
        max_bytes: int | None = None,
        timeout: float | None = None,
    ) -> bytes:
        """Fetch a document from an address that an answer gave, *without* credentials.

        Args:
            url: E.g. a pre-signed storage URL; https, or the loopback where our own origin is on it.
            allowed_hosts: Host names; ``*.example.com`` allows every host below that one.
            max_bytes: Cap on its size; None: the profile's.
            timeout: Seconds for one attempt; None: the profile's.

        Raises:
            UnreadableAnswer: The address is not allowed; nothing was sent.
            VendorError: As any call.
        """
        local = any(origin.loopback for origin in self._origins.values())
        if not is_allowed(url, allowed_hosts, loopback=local):
            raise UnreadableAnswer(
                f"{self.profile.vendor}: the document's address {without_query(url)} is not allowed",
                remedy=f"allowed are https URLs on {', '.join(allowed_hosts) or 'no host'}",
                vendor=self.profile.vendor,
                reached=Reached.NO,
            )
        outgoing = Outgoing(
            name=f"GET {without_query(url)}",
            method="GET",
            url=url,
            headers=(*self._service.own_headers, ("Accept", "*/*")),
            timeout=timeout or self.profile.timeout,
            max_bytes=max_bytes or self.profile.max_bytes,
            quiet=True,
        )
        task = Task(outgoing=outgoing, limited=False, authorized=False, verdicts=_DOCUMENTS)
        return (await Exchange(self._service, task).run()).body

    def pages(
        self,
        call: Call[Any],
        paginator: Paginator,
        item: type[T],
        *,
        resume: str | None = None,
        missing_is_empty: bool = False,
    ) -> Pages[T]:
        """A walk over a listing; nothing is sent before it is asked for its first item.

        Args:
            call: The request for the first page; its ``answer`` does not matter.
            paginator: Where the pointer to the next page lives.
            item: What one item becomes; ``bytes``: its JSON text, for callers who decode each on its own.
            resume: `Page.resume` of an earlier walk.
            missing_is_empty: The vendor answers 404 where there is nothing to list.
        """
        return Pages(self, call, paginator, item, resume=resume, missing_is_empty=missing_is_empty)

    async def ready(self, group: str = "") -> None:
        """Make sure that a call could leave soon: a valid token is at hand, a slot is free within seconds.

        Nothing is sent to the API; a token may be asked for.

        Raises:
            Throttled: Not before the instant it names.
            AuthenticationFailed: The credentials are refused.
            VendorUnavailable: The token URL cannot be reached.
        """
        service = self._service
        try:
            await service.auth.authorize(service)
            problem: VendorError | None = None
        except VendorError as error:
            problem = service.named(error, "authorization")
            problem.reached = Reached.NO
        if problem is not None:
            raise problem
        now = self.clock.monotonic()
        for bucket in service.buckets(group):
            refusal = bucket.refusal(now)
            if refusal is not None and refusal.wait > _PATIENCE:
                raise Throttled(
                    f"{self.profile.vendor}: no free slot: {refusal.reason}",
                    not_before=self.clock.now() + timedelta(seconds=refusal.wait),
                    vendor=self.profile.vendor,
                )

    async def close(self) -> None:
        """Close the connections that are ours."""
        await self._runtime.close()

    def _outgoing(self, call: Call[Any]) -> Outgoing:
        """The request of a call, complete but for the credentials."""
        origin = self._origins.get(call.origin) or self.profile.origin(call.origin)
        content, media_type = _encoded(call.body)
        headers: dict[str, tuple[str, str | Secret]] = {}
        for name, value in (
            *self._service.own_headers,
            ("Accept", "*/*" if call.answer is bytes else "application/json"),
            *([("Content-Type", media_type)] if media_type else []),
            *self._fixed.items(),
            *call.headers,
            *self._idempotency(call),
        ):
            headers[name.lower()] = (name, value)  # a later one replaces an earlier one, in any case
        return Outgoing(
            name=call.name,
            method=call.method,
            url=self._address(origin, call),
            headers=tuple(headers.values()),
            content=content,
            timeout=call.timeout or self.profile.timeout,
            max_bytes=call.max_bytes or self.profile.max_bytes,
        )

    def _address(self, origin: Origin, call: Call[Any]) -> str:
        if not call.link:
            return origin.url(call.path, call.params)
        try:
            return origin.inside(call.link)
        except VendorError as error:
            problem = self._service.named(error, call.name)
        problem.reached = Reached.NO
        raise problem

    def _idempotency(self, call: Call[Any]) -> list[tuple[str, str]]:
        if not call.idempotency_key:
            return []
        if not self.profile.idempotency_header:
            # It would count as repeatable although the vendor never sees the key.
            raise ConfigurationError(
                f"{self.profile.vendor} knows no idempotency keys, and {call.name} was given one",
                remedy="leave the key out, or name the profile's idempotency_header",
            )
        return [(self.profile.idempotency_header, call.idempotency_key)]


def _encoded(body: Body | None) -> tuple[bytes, str]:
    """The bytes of a body, and their media type."""
    if isinstance(body, Json):
        return encode(body.value), "application/json"
    if isinstance(body, Form):
        return urlencode(body.fields).encode(), "application/x-www-form-urlencoded"
    if isinstance(body, Content):
        return body.data, body.media_type
    return b"", ""


class VendorFace(Face[Colour]):
    """What `Plex`, `AsyncPlex` and their kin derive from: owns the client, and closes it.

    Blocking faces are context managers for ``with``, async ones for ``async with``.

    Args:
        client: Executes the calls; its runtime decides the colour.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.blocking = client.blocking

    @property
    def clock(self) -> Clock:
        """The clock that the client waits on."""
        return self.client.clock

    @shared
    async def close(self) -> None:
        """Close the connections; an httpx client that was handed in stays open."""
        await self.client.close()

    def __enter__(self: B) -> B:
        if not self.blocking:
            raise TypeError(f"{type(self).__name__} is async: use 'async with'")
        return self

    def __exit__(self: VendorFace[Blocking], *error: object) -> None:
        self.close()

    async def __aenter__(self: N) -> N:
        if self.blocking:
            raise TypeError(f"{type(self).__name__} is blocking: use 'with'")
        return self

    async def __aexit__(self: VendorFace[NonBlocking], *error: object) -> None:
        await self.close()


B = TypeVar("B", bound=VendorFace[Blocking])
N = TypeVar("N", bound=VendorFace[NonBlocking])
