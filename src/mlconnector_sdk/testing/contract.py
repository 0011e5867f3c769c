"""What every contract is made of: answers of either colour, callers at once, and tests that stay whole."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from mlconnector_sdk.dual import arrived

__all__ = ["Contract", "at_once"]

T = TypeVar("T")


class Contract:
    """A class of tests that a backend inherits: it overrides one fixture, and no test.

    A test that a backend cannot pass is overridden with a reason, or not at all::

        @pytest.mark.xfail(reason="our log service drops lines after 30 days")
        def test_...(self, ...):
    """

    def answer(self, value: T | Awaitable[T]) -> T:
        """What a port returned, or what that resolves to.

        A backend that is bound to one event loop overrides this with a call into its loop.
        """
        return asyncio.run(arrived(value)) if isinstance(value, Awaitable) else value

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, member in vars(cls).items():
            overrides = any(hasattr(parent, name) for parent in cls.__mro__[1:])
            if name.startswith("test_") and overrides and not _excused(member):
                raise TypeError(
                    f"{cls.__name__} overrides {name}, which is part of the contract: "
                    f"mark it with pytest.mark.xfail and a reason, or leave it as it is"
                )


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """Call ``work(0)``, ``work(1)`` ... from threads that start together; their results in this order."""
    start = threading.Barrier(count)

    def wait_and_work(index: int) -> T:
        start.wait()
        return work(index)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(wait_and_work, range(count)))


def _excused(test: Any) -> bool:
    marks = getattr(test, "pytestmark", ())
    return any(mark.name == "xfail" and mark.kwargs.get("reason") for mark in marks)
