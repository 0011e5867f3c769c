"""Kills a process before or after any effect, so that a test can see what the next one makes of it.

An effect is whatever the outside world notices: a commit, an audit line, a request. Wrap the store and the
transport, run once to learn the points, then once per point with ``kill_at``::

    effects = Effects(kill_at="store.save 2 after")
    pipeline = build(store=effects.store(store), transport=effects.transport(httpx.HTTPTransport()))
    pipeline.run()        # the process is gone, by SIGKILL, right after its second save

Nothing happens between the end of one effect and the beginning of the next that a later process could see:
``after`` the one and ``before`` the other are the same place.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpx

from mlconnector_sdk.ports import Store

__all__ = ["Effects"]

_STORE_EFFECTS = ("admit", "collect", "lease", "purge", "save", "set_flow_status")
_LOGS = {"audit": ("write",), "exchanges": ("keep",)}


class Effects:
    """Counts effects by name; at the chosen point it kills its own process, without a goodbye.

    Args:
        kill_at: ``name n before`` or ``name n after``, as ``reached`` is told them; or a number: the nth
            point, whatever it is called, where the way there is not known; empty or 0: never.
        reached: Told every point as it is reached, the fatal one included.
    """

    def __init__(
        self, kill_at: str | int = "", *, reached: Callable[[str], object] = lambda point: None
    ) -> None:
        self._kill_at = kill_at
        self._reached = reached
        self._points = 0
        self._counts: Counter[str] = Counter()

    @contextmanager
    def around(self, name: str) -> Iterator[None]:
        """The points before and after one effect."""
        self._counts[name] += 1
        at = f"{name} {self._counts[name]}"
        self._reach(f"{at} before")
        yield
        self._reach(f"{at} after")

    def _reach(self, point: str) -> None:
        self._points += 1
        self._reached(point)
        if self._kill_at in (point, self._points):
            os.kill(os.getpid(), signal.SIGKILL)

    def store(self, store: Store) -> Store:
        """A store whose commits, and those of its logs, are effects. Blocking backends only."""
        return cast("Store", _Effectful(store, self, "store", _STORE_EFFECTS))

    def transport(self, transport: httpx.BaseTransport) -> httpx.BaseTransport:
        """A transport whose writing requests are effects: ``http POST 1 before``."""
        return _EffectfulTransport(transport, self)


class _Effectful:
    """Passes everything on; the named methods are effects."""

    def __init__(self, inner: object, effects: Effects, name: str, methods: tuple[str, ...]) -> None:
        self._inner: Any = inner
        self._effects = effects
        self._name = name
        self._methods = methods

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(self._inner, attribute)
        if attribute in _LOGS:
            return _Effectful(value, self._effects, attribute, _LOGS[attribute])
        if attribute not in self._methods:
            return value

        def effect(*args: Any, **kwargs: Any) -> Any:
            without = kwargs.get("without", ())
            if attribute == "lease" and not self._inner.due(*args, now=kwargs["now"], without=without):
                return value(*args, **kwargs)  # nothing to take: no effect
            with self._effects.around(f"{self._name}.{attribute}"):
                return value(*args, **kwargs)

        return effect


class _EffectfulTransport(httpx.BaseTransport):
    def __init__(self, inner: httpx.BaseTransport, effects: Effects) -> None:
        self._inner = inner
        self._effects = effects

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on; one that writes is an effect."""
        if request.method in ("GET", "HEAD"):
            return self._inner.handle_request(request)
        with self._effects.around(f"http {request.method}"):
            return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the transport inside."""
        self._inner.close()
