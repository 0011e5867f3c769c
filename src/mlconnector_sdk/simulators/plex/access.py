"""Who is let in: tokens or keys, the company code, the role, and the rate of requests."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, TypeAlias

from starlette.requests import Request

from mlconnector_sdk.errors import RequestRefused, Throttled
from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.plex.rules import PlexRules
from mlconnector_sdk.simulators.tokens import TokenEndpoint
from mlconnector_sdk.simulators.windows import SlidingWindow

__all__ = ["Access", "Profile"]

Profile: TypeAlias = Literal["cloud", "connect"]
"""``cloud``: OAuth2 and the PCN header, below ``/api``. ``connect``: the developer portal's static key."""

_PCN = "x-plex-connect-customer-id"
_KEY = "x-plex-connect-api-key"


class Access:
    """The checks that come before any work.

    Args:
        profile: Which of Plex's APIs is played.
        tokens: Whose tokens count (``cloud``).
        api_key: The consumer key (``connect``).
        pcn: The only company code that these credentials may use.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        tokens: TokenEndpoint,
        api_key: str,
        pcn: str,
        rules: PlexRules,
        time: VirtualTime,
    ) -> None:
        self._profile = profile
        self._tokens = tokens
        self._api_key = api_key
        self._pcn = pcn
        self._rules = rules
        self._time = time
        self._window: SlidingWindow | None = None

    def check(self, request: Request, resource: str) -> bool:
        """Let the request in, or not; False: let it in, but show it nothing.

        Raises:
            RequestRefused: With the status and the code to answer.
            Throttled: Too many requests.
        """
        if self._profile == "cloud":
            self._check_token(request)
        elif request.headers.get(_KEY) != self._api_key:
            raise _unknown(f"the header {_KEY} is missing or holds no valid key")
        self._check_tenant(request)
        self._check_rate()
        denial = self._rules.deny.get(resource)
        if denial == "403" or (denial == "read-only" and request.method != "GET"):
            raise RequestRefused(
                f"the user's role has no permission for {request.method} {resource}",
                status=403,
                code="FORBIDDEN",
            )
        return denial != "empty"

    def _check_token(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self._tokens.is_good(token.strip()):
            raise _unknown("the bearer token is missing, unknown or expired")

    def _check_tenant(self, request: Request) -> None:
        pcn = request.headers.get(_PCN)
        if pcn is None and self._profile == "connect":
            return
        if pcn != self._pcn:
            raise _unknown(f"no access to the tenant named by {_PCN}")

    def _check_rate(self) -> None:
        limit = self._rules.requests_per_minute
        if limit is None:
            return
        if self._window is None or self._window.limit != limit:
            self._window = SlidingWindow(limit, 60, self._time)
        wait = self._window.take()
        if wait:
            raise Throttled(
                "too many requests",
                not_before=self._time.now() + timedelta(seconds=wait),
                status=429,
                code="TOO_MANY_REQUESTS",
            )


def _unknown(message: str) -> RequestRefused:
    return RequestRefused(message, status=401, code="REQUEST_NOT_AUTHENTICATED")
