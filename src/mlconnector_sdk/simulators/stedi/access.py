"""Who is let in, and how fast."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from mlconnector_sdk.errors import RequestRefused, Throttled
from mlconnector_sdk.simulators.stedi.account import Account
from mlconnector_sdk.simulators.windows import SlidingWindow

__all__ = ["Access"]


class Access:
    """Checks the API key, bare or as ``Key <key>``, and counts requests per endpoint."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._windows: dict[str, SlidingWindow] = {}

    def guard(
        self, endpoint: str, handler: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """The handler behind these checks."""

        async def guarded(request: Request) -> Response:
            self._check_key(request)
            self._check_rate(endpoint)
            return await handler(request)

        return guarded

    def _check_key(self, request: Request) -> None:
        key = request.headers.get("authorization", "").removeprefix("Key ").strip()
        if key not in self._account.keys:
            raise RequestRefused(
                "the API key is missing, unknown or revoked", status=401, code="UNAUTHORIZED"
            )

    def _check_rate(self, endpoint: str) -> None:
        limit = self._account.rules.requests_per_second
        if limit is None:
            return
        window = self._windows.get(endpoint)
        if window is None or window.limit != limit:
            window = self._windows[endpoint] = SlidingWindow(limit, 1, self._account.time)
        wait = window.take()
        if wait:
            raise Throttled(
                "too many requests",
                not_before=self._account.time.now() + timedelta(seconds=wait),
                status=429,
                code="TOO_MANY_REQUESTS",
            )
