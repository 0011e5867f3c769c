"""JSON bytes to attrs objects.

The fast path: for each model a msgspec struct is built once, with the wire names; msgspec decodes into it
and copies its fields into the attrs class. Nested records are decoded from their own text, so that each of
them keeps it. Where that fails, `explain` reads the text once more, slowly, to say what is wrong and where.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import msgspec
from attrs import frozen

from mlconnector_sdk.codec.checks import check_depth, check_strict, without_mark
from mlconnector_sdk.codec.twins import reader
from mlconnector_sdk.errors import AnswerTooLarge, UnreadableAnswer

__all__ = ["MAX_DEPTH", "decode", "decode_items", "lookup"]

T = TypeVar("T")

MAX_DEPTH = 64
"""How deep JSON may nest unless a profile says otherwise."""

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_TEXT = msgspec.json.Decoder(msgspec.Raw)


def decode(data: bytes, model: type[T], *, max_depth: int = MAX_DEPTH, strict: bool = False) -> T:
    """Read JSON.

    Args:
        data: UTF-8, with or without a byte order mark.
        model: An attrs model, a container of models, a plain type, or ``object`` for whatever is there
            (fractions as ``Decimal``).
        max_depth: Cap on nesting.
        strict: Also refuse a key that stands twice in one object; for documents that move money.

    Raises:
        UnreadableAnswer: It is not JSON, or not of that type; ``path`` says where.
        AnswerTooLarge: It nests too deep.

    Example:
        >>> from decimal import Decimal
        >>> decode(b'{"price": 12.50}', dict[str, Decimal])
        {'price': Decimal('12.50')}
    """
    return cast(T, _decoded(_checked(data, max_depth, strict), model, ""))


def decode_items(
    data: bytes, item: type[T], *, at: str = "", max_depth: int = MAX_DEPTH, strict: bool = False
) -> list[T]:
    """Read a list, item by item; each record keeps its own text.

    Args:
        data: As for `decode`.
        item: The type of one item; ``bytes`` gives each item's text undecoded.
        at: Where the list is: a dotted key such as ``output.items``; empty: the whole text is the list.
        max_depth: Cap on nesting.
        strict: As for `decode`.

    Raises:
        UnreadableAnswer: There is no list, or an item is not of that type; ``path`` says which.
        AnswerTooLarge: It nests too deep.
    """
    found = _descend(_checked(data, max_depth, strict), at)
    if found is None:
        raise UnreadableAnswer(f"there is no {at!r} in it", path=at)
    raws = _attempt(lambda: _LIST.decode(found))
    if isinstance(raws, _Failed):
        _require_json(found)
        raise UnreadableAnswer("expected a list", path=at)
    texts = [bytes(raw) for raw in raws]
    model: Any = item
    if model is bytes:
        return cast(list[T], texts)
    read: Callable[[bytes], T] = reader(model)
    items = _attempt(lambda: [read(text) for text in texts])
    if isinstance(items, _Failed):
        return [cast(T, _decoded(text, item, f"{at}[{index}]")) for index, text in enumerate(texts)]
    return items


def lookup(data: bytes, at: str) -> Any:
    """The plain value at a dotted key, e.g. ``paging.next``; None when it, or a level above it, is absent.

    Raises:
        UnreadableAnswer: The text is not JSON.
    """
    found = _descend(without_mark(data), at)
    return None if found is None else _decoded(found, object, at)


@frozen
class _Failed:
    """What the decoder raised, without the exception itself, which would keep the whole text alive."""

    reason: str
    too_deep: bool = False
    text: bool = True


def _attempt(action: Callable[[], T]) -> T | _Failed:
    try:
        return action()
    except RecursionError:
        return _Failed("it nests too deep", too_deep=True)
    except UnicodeDecodeError:
        return _Failed("it is not UTF-8", text=False)
    except msgspec.MsgspecError as error:
        return _Failed(str(error))


def _checked(data: bytes, max_depth: int, strict: bool) -> bytes:
    data = without_mark(data)
    check_depth(data, max_depth)
    if strict:
        check_strict(data)
    return data


def _decoded(data: bytes, model: Any, path: str) -> Any:
    read = reader(model)
    result = _attempt(lambda: read(data))
    if not isinstance(result, _Failed):
        return result
    if result.too_deep:
        raise AnswerTooLarge("the JSON nests too deep", path=path)
    if not result.text:
        raise UnreadableAnswer(result.reason, path=path)
    _require_json(data)
    from mlconnector_sdk.codec.explain import explain  # rarely needed, and slow to import

    raise explain(data, model, within=path, reason=result.reason)


def _descend(data: bytes, at: str) -> bytes | None:
    """The text of the value at a dotted key."""
    for key in at.split(".") if at else ():
        level = _attempt(lambda text=data: _OBJECT.decode(text))  # type: ignore[misc]  # bound early, on purpose
        if isinstance(level, _Failed):
            _require_json(data)
            return None
        if key not in level:
            return None
        data = bytes(level[key])
    return data


def _require_json(data: bytes) -> None:
    """Tell text that is no JSON from JSON of another type."""
    result = _attempt(lambda: _TEXT.decode(data))
    if isinstance(result, _Failed):
        error = AnswerTooLarge if result.too_deep else UnreadableAnswer
        raise error(f"it is not usable JSON: {result.reason}")
