"""Struct twins: how msgspec decodes into attrs classes that know their wire names.

A twin has the model's attribute names, renamed for the wire. Where msgspec's own reading differs from ours
(it rounds times and takes ``"NaN"`` for a number), the twin's field has a marker type instead.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal
from functools import cache, partial
from typing import Any

import attrs
import msgspec
from attrs import NOTHING

from mlconnector_sdk.codec.models import Field, Record, wire_fields
from mlconnector_sdk.codec.scalars import instant, number

__all__ = ["reader"]

Read = Callable[[bytes], Any]
Finish = Callable[[Any], Any]


class _Marker(type):
    """The class of marker types; `_READ` says how each one's value is made."""

    # msgspec asks whether the hook's value is an instance. It is what the hook made: any object's id is true,
    # and this way no Python code runs for the question.
    __instancecheck__ = staticmethod(id)  # type: ignore[assignment]  # an answer that is always true


@cache
def _marker(makes: type, zone: timezone | None = None) -> type:
    marker = _Marker(makes.__name__, (), {})
    _READ[marker] = number if makes is Decimal else partial(instant, zone=zone) if zone else instant
    return marker


_READ: dict[type, Callable[[Any], Any]] = {}


def _from_json(marker: type, value: Any) -> Any:
    return _READ[marker](value)


@cache
def reader(model: Any) -> Read:
    """The function that reads JSON text into a type; built once for each type.

    It raises what msgspec raises.
    """
    if attrs.has(model):
        return _model_reader(model)
    twin, finish = _twin(model, None)
    decoder = msgspec.json.Decoder(twin, dec_hook=_from_json, float_hook=Decimal)
    if finish is None:
        return decoder.decode
    return lambda data: finish(decoder.decode(data))


def _model_reader(model: Any) -> Read:
    fields = wire_fields(model)
    plans = [(each, *_twin(each.type, each.zone)) for each in fields]
    twin = msgspec.defstruct(
        model.__name__,
        [_struct_field(each, annotation, finish) for each, annotation, finish in plans],
        rename={each.name: each.wire for each in fields},
        kw_only=True,
    )
    finishers = [(each.name, finish, each.default) for each, _, finish in plans if finish is not None]
    decode = msgspec.json.Decoder(twin, dec_hook=_from_json, float_hook=Decimal).decode
    convert = partial(msgspec.convert, type=model, from_attributes=True)
    keeps_text = issubclass(model, Record)

    def read(data: bytes) -> Any:
        values = decode(data)
        for name, finish, default in finishers:
            value = getattr(values, name)
            setattr(values, name, _default(default) if value is msgspec.UNSET else finish(value))
        record = convert(values)
        if keeps_text:
            object.__setattr__(record, "_raw", data)
        return record

    return read


def _struct_field(each: Field, annotation: Any, finish: Finish | None) -> tuple[Any, ...]:
    if each.default is NOTHING:
        return (each.name, annotation)
    if finish is not None:
        # UNSET tells "absent" from a value that still has to be finished.
        return (each.name, annotation, msgspec.field(default=msgspec.UNSET))
    if _is_factory(each.default):
        return (each.name, annotation, msgspec.field(default_factory=each.default.factory))
    return (each.name, annotation, msgspec.field(default=each.default))


def _default(default: Any) -> Any:
    return default.factory() if _is_factory(default) else default


def _is_factory(default: Any) -> bool:
    return hasattr(default, "takes_self")


def _twin(annotation: Any, zone: timezone | None) -> tuple[Any, Finish | None]:
    """The twin's annotation for a model's, and what is left to do with the value that msgspec gives."""
    if annotation is object:
        return Any, None
    if annotation is datetime or annotation is Decimal:
        return _marker(annotation, zone if annotation is datetime else None), None
    if isinstance(annotation, type) and attrs.has(annotation):
        return msgspec.Raw, lambda raw: reader(annotation)(bytes(raw))
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return _optional(arguments, zone, annotation)
    if origin in (list, Sequence) or (origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis):
        twin, finish = _twin(arguments[0], zone)
        makes = tuple if origin is tuple else list
        return list[twin], lambda values: makes(map(finish, values) if finish else values)  # type: ignore[valid-type]  # made at run time
    if origin in (dict, Mapping):
        twin, finish = _twin(arguments[1], zone)
        kept = dict[arguments[0], twin]  # type: ignore[valid-type]  # made at run time
        return kept, finish and (lambda values: {key: finish(value) for key, value in values.items()})
    return annotation, None


def _optional(
    arguments: tuple[Any, ...], zone: timezone | None, annotation: Any
) -> tuple[Any, Finish | None]:
    present = [each for each in arguments if each is not type(None)]
    if len(present) == len(arguments) or len(present) != 1:
        return annotation, None
    twin, finish = _twin(present[0], zone)
    if finish is None:
        return typing.Optional[twin], None  # noqa: UP045 - made at run time
    if twin is msgspec.Raw:
        # msgspec takes no union with Raw: null is told by its text.
        return twin, lambda raw: None if bytes(raw) == b"null" else finish(raw)
    return typing.Optional[twin], lambda value: None if value is None else finish(value)  # noqa: UP045
