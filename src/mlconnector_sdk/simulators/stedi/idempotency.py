"""Idempotency keys: a repeated write gets the first answer, without a second effect."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import define

from mlconnector_sdk.errors import RequestRefused
from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.stedi.rules import StediRules

__all__ = ["KeyLedger"]

_LONGEST = 255


@define
class _Use:
    request: bytes
    at: datetime
    answer: bytes | None = None


class KeyLedger:
    """Which key was used for which request, and what it was answered.

    A key lives 24 hours from its first use. Only successful answers are remembered: whether Stedi also
    remembers refusals is not documented.
    """

    def __init__(self, time: VirtualTime, rules: StediRules) -> None:
        self._time = time
        self._rules = rules
        self._uses: dict[str, _Use] = {}

    def check(self, key: str | None) -> None:
        """Refuse a request whose key is missing or unusable.

        Raises:
            RequestRefused: 400.
        """
        if key is None:
            if self._rules.key_required:
                raise RequestRefused("the header Idempotency-Key is required", status=400, code="BAD_REQUEST")
        elif not 1 <= len(key) <= _LONGEST:
            raise RequestRefused(
                f"the header Idempotency-Key takes 1 to {_LONGEST} characters", status=400, code="BAD_REQUEST"
            )

    def begin(self, key: str | None, request: bytes) -> bytes | None:
        """The answer given before, or None: the work is to be done, and `finish` or `forget` is to follow.

        Args:
            key: The key, or None where a write may go without.
            request: Method, path and body.

        Raises:
            RequestRefused: 422, the key belongs to another request; 409, the first one is still running.
        """
        if key is None:
            return None
        use = self._uses.get(key)
        now = self._time.now()
        if use is not None and now >= use.at + timedelta(seconds=self._rules.key_lifetime):
            use = None
        if use is None:
            self._uses[key] = _Use(request, now)
            return None
        if use.request != request:
            raise RequestRefused(
                "this Idempotency-Key was used with another request", status=422, code="UNPROCESSABLE_ENTITY"
            )
        if use.answer is None:
            raise RequestRefused("a request with this Idempotency-Key is still running", status=409)
        return use.answer

    def finish(self, key: str | None, answer: bytes) -> None:
        """Remember what a request was answered."""
        if key is not None:
            self._uses[key].answer = answer

    def forget(self, key: str | None) -> None:
        """The request came to nothing: the key is free again."""
        if key is not None:
            self._uses.pop(key, None)
