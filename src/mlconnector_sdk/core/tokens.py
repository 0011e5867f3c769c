"""The token cache: one request for a new token, however many threads and tasks wait for it.

A token may be renewed early (one caller does it, the others go on with the old one) and must be renewed
shortly before it ends. Whoever finds it spent first leads: the leader asks, the others wait for the leader's
future. The mutex is held for microseconds, never over the network; a future works for threads and for
tasks on any event loop, where a lock of asyncio would break.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from mlconnector_sdk.errors import ConnectorError
from mlconnector_sdk.records import Token

if TYPE_CHECKING:
    from mlconnector_sdk.core.runtime import Runtime

__all__ = ["Stage", "TokenCache", "stage"]

# Renewed early within the last fifth of its life, five minutes at most; in any case within the last tenth,
# thirty seconds at most.
_MAY = (0.2, 300.0)
_MUST = (0.1, 30.0)

# Seconds: after a failed early renewal the old token is used a while before the next attempt.
_REST = 10.0

# Seconds: a renewed token that is refused as well was not the reason; for so long no 401 costs a new token.
_FUTILE = 60.0


class Stage(Enum):
    """Where a token is in its life."""

    FRESH = "fresh"
    AGING = "may be renewed"
    SPENT = "must be renewed"


def stage(token: Token | None, now: datetime) -> Stage:
    """Where a token is in its life; none at all counts as spent."""
    if token is None:
        return Stage.SPENT
    life = (token.expires_at - token.issued_at).total_seconds()
    left = (token.expires_at - now).total_seconds()
    if left <= _window(life, *_MUST):
        return Stage.SPENT
    return Stage.AGING if left <= _window(life, *_MAY) else Stage.FRESH


def _window(life: float, share: float, most: float) -> float:
    return min(life * share, most)


class TokenCache:
    """The token of one credential, renewed by one caller at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._flight: Future[Token | ConnectorError | None] | None = None
        self._rest_until: datetime | None = None
        self._futile_until: datetime | None = None
        self._voided: Token | None = None

    @property
    def last(self) -> Token | None:
        """The latest token, spent, refused or not: its refresh token may still be good."""
        return self._token or self._voided

    async def get(self, runtime: Runtime, renew: Callable[[], Awaitable[Token]], *, patience: float) -> Token:
        """A token that can be used now.

        Args:
            runtime: Waits for a leader, and tells the time.
            renew: Asks for a new token; called by one caller at a time.
            patience: Real seconds after which a leader counts as lost.

        Raises:
            ConnectorError: What ``renew`` raised, for the leader and for everybody who waited for it.
        """
        while True:
            now = runtime.clock.now()
            with self._lock:
                token, flight = self._token, self._flight
                old = stage(token, now)
                resting = self._rest_until is not None and now < self._rest_until
                if token is not None and (old is Stage.FRESH or (old is Stage.AGING and (flight or resting))):
                    return token
                leads = flight is None
                if flight is None:
                    flight = self._flight = Future()
            if leads:
                return await self._lead(flight, runtime, renew, token if old is Stage.AGING else None)
            try:
                result = await runtime.wait(flight, patience)
            except TimeoutError:
                # Its thread is gone, or it waits on the very loop that this blocking call holds up.
                with self._lock:
                    if self._flight is flight:
                        self._flight = None
                continue
            if isinstance(result, ConnectorError):
                raise copy.copy(result)
            if result is not None:
                return result
            # The leader was cancelled: whoever comes first leads now.

    def void(self, sent: Token, now: datetime) -> bool:
        """The vendor refused a request with this token: forget it, if it is still the present one.

        Returns:
            Whether a new attempt is worth while: not where a renewed token was refused just now, too.
        """
        with self._lock:
            if self._futile_until is not None and now < self._futile_until:
                return False
            if self._token is not None and self._token.access_token == sent.access_token:
                self._voided, self._token = self._token, None
            return True

    def futile(self, now: datetime) -> None:
        """A token that was just renewed was refused as well: renewing is not the cure."""
        with self._lock:
            self._futile_until = now + timedelta(seconds=_FUTILE)

    def usable(self, token: Token | None, now: datetime) -> bool:
        """Whether a token from a store can serve: fresh, and not one that the vendor refused."""
        if token is None or stage(token, now) is not Stage.FRESH:
            return False
        return self._voided is None or self._voided.access_token != token.access_token

    def renew(self) -> None:
        """After a fork, in the child: the leader lives on in the parent only."""
        self._lock = threading.Lock()
        self._flight = None

    async def _lead(
        self,
        flight: Future[Token | ConnectorError | None],
        runtime: Runtime,
        renew: Callable[[], Awaitable[Token]],
        spare: Token | None,
    ) -> Token:
        try:
            token = await renew()
        except ConnectorError as error:
            problem = error
        except BaseException:
            self._land(flight, None, runtime.clock.now())  # cancelled: one of those who wait leads next
            raise
        else:
            self._land(flight, token, runtime.clock.now())
            return token
        self._land(flight, problem, runtime.clock.now())
        if spare is not None:
            return spare
        raise problem

    def _land(
        self,
        flight: Future[Token | ConnectorError | None],
        result: Token | ConnectorError | None,
        now: datetime,
    ) -> None:
        """The leader is done: keep its token, and tell everybody who waits."""
        with self._lock:
            if isinstance(result, Token):
                self._token, self._rest_until = result, None
            elif isinstance(result, ConnectorError):
                self._rest_until = now + timedelta(seconds=_REST)
            if self._flight is flight:
                self._flight = None
        flight.set_result(result)
