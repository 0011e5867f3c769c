"""dual: write once, run blocking or async."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from mlconnector_sdk.dual import Blocking, Colour, Face, NonBlocking, arrived, run, shared


class Greeter(Face[Colour]):
    def __init__(self, blocking: bool) -> None:
        self.blocking = blocking

    @shared
    async def greet(self, name: str, *, loud: bool = False) -> str:
        """Greets."""
        text = await Greeter.compose(self, name)
        return text.upper() if loud else text

    @shared
    async def compose(self, name: str) -> str:
        return f"hello {name}"

    @shared
    async def wait(self) -> None:
        await asyncio.sleep(0)


def test_a_blocking_face_returns_values() -> None:
    assert Greeter[Blocking](blocking=True).greet("ann", loud=True) == "HELLO ANN"


def test_an_async_face_returns_coroutines() -> None:
    coroutine = Greeter[NonBlocking](blocking=False).greet("ann")
    assert inspect.iscoroutine(coroutine)
    assert asyncio.run(coroutine) == "hello ann"


def test_a_blocking_face_runs_inside_an_event_loop_too() -> None:
    async def main() -> str:
        return Greeter[Blocking](blocking=True).greet("ann")

    assert asyncio.run(main()) == "hello ann"


def test_a_method_keeps_its_name_and_its_docs() -> None:
    assert Greeter[Blocking](blocking=True).greet.__doc__ == "Greets."
    assert Greeter.greet.__name__ == "greet"


def test_blocking_code_that_would_have_to_wait_says_so() -> None:
    with pytest.raises(RuntimeError, match="use the async client"):
        Greeter[Blocking](blocking=True).wait()


def test_run_passes_errors_on() -> None:
    async def broken() -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        run(broken())


def test_arrived_takes_values_and_awaitables() -> None:
    async def value() -> int:
        return 2

    async def both() -> tuple[int, int]:
        return await arrived(1), await arrived(value())

    assert run(both()) == (1, 2)
