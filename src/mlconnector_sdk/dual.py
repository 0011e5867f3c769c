"""Write once, run blocking or async.

Shared logic is written as plain coroutines that contain no event loop: all they await is each other, the
runtime, and the ports. The blocking runtime's coroutines never suspend, so `run` drives them in one step,
without an event loop and without a hidden thread. The async runtime's suspend as any coroutine does.

A class that has both faces is generic in its colour, and `shared` gives each face its own type::

    class PurchaseOrders(Face[Colour]):
        @shared
        async def get(self, id: str) -> PurchaseOrder: ...

    PurchaseOrders[Blocking]().get("7")       # -> PurchaseOrder
    PurchaseOrders[NonBlocking]().get("7")    # -> Coroutine[..., PurchaseOrder]

One rule for shared code: no `async def` with `yield` in it, because a half-consumed async generator needs
an event loop to be closed. A walk over pages is an object with ``batch()`` and ``close()`` instead.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, TypeAlias, TypeVar, overload

__all__ = ["Blocking", "Colour", "Face", "MaybeAwaitable", "NonBlocking", "arrived", "run", "shared"]

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")

MaybeAwaitable: TypeAlias = T | Awaitable[T]
"""What a port may return: the value, or an awaitable of it where the host's backend is async."""


class Blocking:
    """The colour of faces whose methods return values."""


class NonBlocking:
    """The colour of faces whose methods return coroutines."""


Colour = TypeVar("Colour")
"""`Blocking` or `NonBlocking`."""


class Face(Generic[Colour]):
    """Anything whose methods exist in both colours; ``blocking`` says which one this object has."""

    blocking: bool = True


async def arrived(value: T | Awaitable[T]) -> T:
    """The value itself, or what it resolves to: how shared code reads a port's answer."""
    if isinstance(value, Awaitable):
        return await value
    return value


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Drive a shared coroutine to its end without an event loop.

    Raises:
        RuntimeError: Something in it suspended, e.g. an async storage backend under a blocking client.
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise RuntimeError(
        "a blocking call met something that only an event loop can await: "
        "use the async client (AsyncPlex, ...) together with async backends"
    )


class shared(Generic[S, P, T]):  # noqa: N801 - a decorator, spelled like one
    """Decorator: a coroutine method that blocking faces run and async faces return.

    Read from the class, it is the plain coroutine function, which is how shared code calls it whatever
    the colour of the object: ``await PurchaseOrders.get(orders, "7")``.
    """

    def __init__(self, function: Callable[Concatenate[S, P], Coroutine[Any, Any, T]]) -> None:
        self._function = function
        functools.update_wrapper(self, function)  # type: ignore[arg-type]  # a descriptor, for its docs

    @overload
    def __get__(self, instance: None, owner: type) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, instance: Face[Blocking], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, instance: Face[NonBlocking], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...

    def __get__(self, instance: Any, owner: type) -> Any:
        """The function itself, or a method in the colour of the instance."""
        if instance is None:
            return self._function
        bound = self._function.__get__(instance, owner)
        if not instance.blocking:
            return bound

        @functools.wraps(self._function)
        def blocking(*args: Any, **kwargs: Any) -> Any:
            return run(bound(*args, **kwargs))

        return blocking
