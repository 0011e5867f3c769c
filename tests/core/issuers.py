"""Token URLs and APIs that the tests of tokens have in common."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import respx

from mlconnector_sdk.core.auth import OAuth2ClientCredentials
from mlconnector_sdk.core.call import Call
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.runtime import BlockingRuntime
from mlconnector_sdk.records import Token
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock

from .calls import no_jitter, profile
from .loopback import Loopback, Request, reply

GET = Call(method="GET", path="orders", answer=object)
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def token(text: str = "t", *, issued: datetime = NOW, life: float = 3600) -> Token:
    return Token(access_token=Secret(text), issued_at=issued, expires_at=issued + timedelta(seconds=life))


class TokenServer:
    """Issues numbered tokens, slowly, and takes only those that were not revoked."""

    def __init__(self, server: Loopback, *, life: int = 3600) -> None:
        self.server = server
        self.issued: list[str] = []
        self.revoked: set[str] = set()
        self._life = life
        self._lock = threading.Lock()
        server.script = self._answer

    def _answer(self, request: Request, connection: Any) -> bytes:
        if request.target == "/token":
            with self._lock:
                self.issued.append(f"token-{len(self.issued) + 1}")
                text = self.issued[-1]
            self.server.stopping.wait(0.05)
            return reply(200, {"access_token": text, "expires_in": self._life})
        text = request.headers.get("authorization", "").removeprefix("Bearer ")
        return reply(401, {}) if text in self.revoked or not text else reply(200, {"ok": True})

    @property
    def used(self) -> set[str]:
        calls = [request for request in self.server.requests if request.target != "/token"]
        return {request.headers["authorization"].removeprefix("Bearer ") for request in calls}


def oauth(server: Loopback, secret: str = "hush", **changes: Any) -> OAuth2ClientCredentials:
    return OAuth2ClientCredentials(f"{server.url}/token", "me", Secret(secret), **changes)


def make(clock: VirtualClock, auth: Any = None, **changes: Any) -> Client:
    auth = auth or OAuth2ClientCredentials("https://auth.test/token", "me", Secret("hush"))
    return Client(profile(**changes), auth, BlockingRuntime(clock=clock), jitter=no_jitter)


def issue(route: respx.Route, **more: Any) -> None:
    numbers = iter(range(1, 1000))
    route.side_effect = lambda request: httpx.Response(
        200, json={"access_token": f"t{next(numbers)}", "expires_in": 3600, **more}
    )


def api(*answers: Any) -> respx.Route:
    route = respx.get("https://api.test/v1/orders")
    route.side_effect = [
        httpx.Response(each, json={"ok": True}) if isinstance(each, int) else each for each in answers
    ]
    return route


class SharedTokens:
    """A token store in memory, with claims; what two processes would share on disk."""

    def __init__(self) -> None:
        self.kept: dict[str, Token] = {}
        self.claims: dict[str, tuple[str, datetime]] = {}
        self.log: list[str] = []
        self._lock = threading.Lock()

    def get(self, key: str) -> Token | None:
        return self.kept.get(key)

    def put(self, key: str, token: Token) -> None:
        self.log.append("put")
        self.kept[key] = token

    def claim(self, key: str, owner: str, *, now: datetime, until: datetime) -> bool:
        with self._lock:
            holder = self.claims.get(key)
            if holder and holder[0] != owner and holder[1] > now:
                return False
            self.claims[key] = (owner, until)
            self.log.append("claim")
            return True

    def release(self, key: str, owner: str) -> None:
        self.log.append("release")
        if self.claims.get(key, ("",))[0] == owner:
            del self.claims[key]
