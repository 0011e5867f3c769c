"""attrs objects to JSON bytes."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import attrs
import msgspec

from mlconnector_sdk.codec.models import wire_fields
from mlconnector_sdk.codec.scalars import instant_text, number_text
from mlconnector_sdk.errors import InvalidDocument

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["encode"]


def encode(value: Any) -> bytes:
    """Write JSON, compact, in UTF-8.

    Models get their wire names, and their fields that are None are left out. A ``Decimal`` becomes a number
    from its literal text, without an exponent; an aware ``datetime`` RFC 3339 in UTC with ``Z``; a ``date``
    its ISO form; an ``Enum`` its value.

    Raises:
        InvalidDocument: A value has no JSON form: a time without a zone, an infinite number, a `Secret`.

    Example:
        >>> from decimal import Decimal
        >>> encode({"price": Decimal("12.50"), "note": None})
        b'{"price":12.50,"note":null}'
    """
    try:
        return msgspec.json.encode(_converter().unstructure(value))
    except (TypeError, ValueError) as error:
        problem = str(error)
    raise InvalidDocument(f"it cannot be written as JSON: {problem}")


@cache
def _converter() -> Converter:
    from cattrs import Converter  # slow to import, and not needed by a program that only reads

    converter = Converter()
    converter.register_unstructure_hook(Decimal, lambda value: msgspec.Raw(number_text(value).encode()))
    converter.register_unstructure_hook(datetime, instant_text)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(float, _finite)
    converter.register_unstructure_hook_func(attrs.has, lambda value: _model(value, converter))
    return converter


def _finite(value: float) -> float:
    # msgspec would write null, and the number would be lost without a word.
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be written as a JSON number")
    return value


def _model(value: Any, converter: Converter) -> dict[str, Any]:
    model: Any = type(value)
    found = {each.wire: getattr(value, each.name) for each in wire_fields(model)}
    return {wire: converter.unstructure(each) for wire, each in found.items() if each is not None}
