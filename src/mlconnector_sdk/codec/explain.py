"""The slow path: why a JSON text is not of a type, and where.

One cattrs converter, as strict as the fast path, reads the text once more; its error groups hold the way
to each wrong value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial
from typing import Any, get_args, get_origin

import attrs
import msgspec
from cattrs import AttributeValidationNote, Converter, IterableValidationNote
from cattrs.cols import list_structure_factory, mapping_structure_factory
from cattrs.errors import BaseValidationError, ClassValidationError
from cattrs.gen import make_dict_structure_fn, override

from mlconnector_sdk.codec.models import wire_fields
from mlconnector_sdk.codec.scalars import instant, kind, number
from mlconnector_sdk.errors import UnreadableAnswer

__all__ = ["explain"]


def explain(data: bytes, model: Any, *, within: str, reason: str) -> UnreadableAnswer:
    """The error that names the first wrong value.

    Args:
        data: JSON text that the fast path could not read into ``model``.
        model: The type it was read into.
        within: The path of ``data`` in the whole answer.
        reason: The fast path's own words, used where the slow path finds nothing.
    """
    plain = msgspec.json.Decoder(float_hook=Decimal).decode(data)
    try:
        _converter().structure(plain, model)
    except BaseValidationError as error:
        found = list(_problems(error, within))
    except ValueError as error:
        found = [(within, str(error))]
    except Exception:  # noqa: BLE001 - cattrs stumbles over some types in its own ways
        found = []  # the fast path's own words have to do
    else:
        found = []
    if not found:
        words, _, place = reason.partition(" - at `$")
        place = place.rstrip("`")
        found = [(f"{within}{place}" if within else place.lstrip("."), words)]
    path, problem = found[0]
    more = f" (and {len(found) - 1} more like this)" if len(found) > 1 else ""
    return UnreadableAnswer(f"{problem}{more}", path=path)


@cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=True)
    for plain, word in ((str, "text"), (int, "a whole number"), (float, "a number"), (bool, "true or false")):
        converter.register_structure_hook(plain, partial(_exactly, plain, word))
    converter.register_structure_hook(date, lambda value, _: _calendar_date(value))
    converter.register_structure_hook(Decimal, lambda value, _: number(value))
    converter.register_structure_hook(datetime, lambda value, _: instant(value))
    converter.register_structure_hook_factory(attrs.has, _structure_model)
    converter.register_structure_hook_factory(_is_list, _structure_list)
    converter.register_structure_hook_factory(_is_object, _structure_object)
    return converter


def _exactly(plain: type, word: str, value: Any, _: Any) -> Any:
    if type(value) is plain or (plain is float and type(value) in (int, Decimal)):
        return value
    raise ValueError(f"expected {word}, got {kind(value)}")


def _calendar_date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"expected a date as YYYY-MM-DD, got {kind(value)}") from None


def _structure_model(model: Any, converter: Converter) -> Any:
    zones = {each.name: each.zone for each in wire_fields(model) if each.zone is not None}
    renames: dict[str, Any] = {}
    for each in wire_fields(model):
        hook = partial(_zoned, zones[each.name]) if each.name in zones else None
        renames[each.name] = override(rename=each.wire, struct_hook=hook)
    structure = make_dict_structure_fn(model, converter, _cattrs_detailed_validation=True, **renames)
    return partial(_within, dict, structure)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) in (list, tuple, Sequence) and bool(get_args(annotation))


def _structure_list(annotation: Any, converter: Converter) -> Any:
    items: Any = list[get_args(annotation)[0]]  # type: ignore[misc]  # made at run time
    return partial(_within, list, list_structure_factory(items, converter))


def _is_object(annotation: Any) -> bool:
    return get_origin(annotation) in (dict, Mapping)


def _structure_object(annotation: Any, converter: Converter) -> Any:
    return partial(_within, dict, mapping_structure_factory(annotation, converter))


def _within(container: type, structure: Any, value: Any, annotation: Any) -> Any:
    """Go into an object or a list, if it is one: cattrs itself would stumble over anything else."""
    if not isinstance(value, container):
        wanted = "an object" if container is dict else "a list"
        raise ValueError(f"expected {wanted}, got {kind(value)}")  # noqa: TRY004 - reported like its kin
    return structure(value, annotation)


def _zoned(zone: Any, value: Any, _: Any) -> Any:
    return None if value is None else instant(value, zone)


def _problems(error: BaseException, path: str) -> Iterator[tuple[str, str]]:
    """Every wrong value below an error: its path in wire names, and what is wrong with it."""
    if not isinstance(error, BaseValidationError):
        yield path, _sentence(error)
        return
    wires = (
        {each.name: each.wire for each in wire_fields(error.cl)}
        if isinstance(error, ClassValidationError)
        else {}
    )
    for inner in error.exceptions:
        yield from _problems(inner, _below(inner, path, wires))


def _below(error: BaseException, path: str, wires: dict[str, str]) -> str:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            wire = wires.get(note.name, note.name)
            return f"{path}.{wire}" if path else wire
        if isinstance(note, IterableValidationNote):
            return f"{path}[{note.index}]"
    return path


def _sentence(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return f"the required field {error.args[0]!r} is missing"
    return str(error) if isinstance(error, ValueError) else "it is not of the expected type"
