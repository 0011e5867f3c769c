"""Wire models: attrs classes whose fields know their names in JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timezone
from decimal import Decimal
from functools import cache
from typing import Any, get_type_hints

import attrs
import msgspec
from attrs import NOTHING, Factory, field, frozen

__all__ = ["Field", "Record", "wire", "wire_fields"]

_WIRE = "mlconnector_sdk.wire"
_ZONE = "mlconnector_sdk.zone"
_PLAIN = msgspec.json.Decoder(float_hook=Decimal)


def wire(
    name: str,
    *,
    default: Any = NOTHING,
    factory: Callable[[], Any] | None = None,
    zone: timezone | None = None,
) -> Any:
    """An attrs field with its name on the wire.

    Args:
        name: The name in JSON, e.g. ``poNumber``.
        default: The value when the field is absent; without one it is required.
        factory: Makes the value when the field is absent.
        zone: What a time without a zone means, as a fixed offset such as ``UTC``; without it such a time is
            refused. A zone with daylight saving is no fixed offset: keep such a field as text and read it
            with `mlconnector_sdk.mapping.times`, which knows both edges.

    Example:
        >>> from attrs import frozen
        >>> @frozen(kw_only=True)
        ... class Order(Record):
        ...     number: str | None = wire("poNumber", default=None)
        >>> Order(number="PO-1").number
        'PO-1'
    """
    metadata = {_WIRE: name, _ZONE: zone}
    return field(default=Factory(factory) if factory else default, metadata=metadata)


@frozen(kw_only=True)
class Record:
    """Base of the models that a vendor's JSON object becomes.

    A decoded record keeps its own JSON text, so that nothing the vendor said is lost: ``raw`` gives the
    bytes, ``extra`` the fields that the model does not know. To type custom fields, subclass the model and
    read the record's own text again: ``decode(order.raw, OurOrder)``.
    """

    _raw: bytes = field(default=b"", init=False, repr=False, eq=False)

    @property
    def raw(self) -> bytes:
        """The JSON text of this record as the vendor sent it; empty for one that was built by hand."""
        return self._raw

    @property
    def extra(self) -> Mapping[str, Any]:
        """Fields that the model does not know, by wire name; decoded anew at each access."""
        if not self._raw:
            return {}
        model: Any = type(self)
        known = {each.wire for each in wire_fields(model)}
        found = msgspec.json.decode(self._raw, type=dict[str, msgspec.Raw])
        return {name: _PLAIN.decode(value) for name, value in found.items() if name not in known}


@frozen(kw_only=True)
class Field:
    """One field of a model, as the codec sees it.

    Args:
        name: The attribute.
        wire: The name in JSON.
        type: The annotation, resolved.
        default: attrs' own default: a value, a ``Factory`` or ``NOTHING``.
        zone: What a time without a zone means, or None.
    """

    name: str
    wire: str
    type: Any
    default: Any
    zone: timezone | None


@cache
def wire_fields(model: Any) -> tuple[Field, ...]:
    """The fields of an attrs class that stand in JSON, in order.

    Raises:
        TypeError: A field's default needs the instance, which JSON cannot give.
    """
    hints = get_type_hints(model)
    found = []
    for each in attrs.fields(model):
        if not each.init:
            continue
        if isinstance(each.default, Factory) and each.default.takes_self:  # type: ignore[arg-type]  # attrs types Factory as a function
            raise TypeError(
                f"{model.__name__}.{each.name}: a default that needs the instance cannot be decoded"
            )
        found.append(
            Field(
                name=each.name,
                wire=each.metadata.get(_WIRE, each.name),
                type=hints[each.name],
                default=each.default,
                zone=each.metadata.get(_ZONE),
            )
        )
    return tuple(found)
