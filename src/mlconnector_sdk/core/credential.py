"""What all clients with the same credential share in a process: limits, the retry budget, the token.

Keyed by credential, not by client object: a host that builds a client per job neither fetches a token per
job nor forgets what the vendor said about its rate. State on a virtual clock belongs to that clock.
"""

from __future__ import annotations

import os
import threading
from typing import Any
from weakref import WeakKeyDictionary

from mlconnector_sdk.core.limits import Bucket, LimitSpec
from mlconnector_sdk.core.retry import Budget
from mlconnector_sdk.core.runtime import SystemClock
from mlconnector_sdk.core.tokens import TokenCache
from mlconnector_sdk.ports import Clock

__all__ = ["Credential", "credential"]


class Credential:
    """The shared state of one credential on one clock."""

    def __init__(self) -> None:
        self.budget = Budget()
        self.tokens = TokenCache()
        self._buckets: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def bucket(self, group: str, specs: tuple[LimitSpec, ...]) -> Bucket:
        """The bucket of a group; the limits of whoever asks first hold."""
        with self._lock:
            return self._buckets.setdefault(group, Bucket(specs))

    def renew(self) -> None:
        """After a fork, in the child: locks that a thread of the parent held are free again."""
        self._lock = threading.Lock()
        self.budget.renew()
        self.tokens.renew()
        for bucket in self._buckets.values():
            bucket.renew()


_system: dict[str, Credential] = {}
_virtual: WeakKeyDictionary[Any, dict[str, Credential]] = WeakKeyDictionary()
_lock = threading.Lock()


def credential(key: str, clock: Clock) -> Credential:
    """The shared state under a key, the same for every caller on the same clock.

    Args:
        key: A digest; never a secret itself.
        clock: All system clocks are one; any other clock has state of its own.
    """
    with _lock:
        states = _system if isinstance(clock, SystemClock) else _virtual.setdefault(clock, {})
        if key not in states:
            states[key] = Credential()
        return states[key]


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    for states in (_system, *_virtual.values()):
        for each in states.values():
            each.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
