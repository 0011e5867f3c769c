"""PUT of a purchase order: a partial object, whose custom fields are merged into those there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mlconnector_sdk.errors import InvalidDocument, RequestRefused
from mlconnector_sdk.simulators.plex import fields
from mlconnector_sdk.simulators.plex.data import PlexData, Write
from mlconnector_sdk.simulators.plex.table import Record

__all__ = ["update_order"]

_CUSTOM = "customFields"
_CUSTOM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_READ_ONLY = (
    "id",
    "poNumber",
    "lineItemCount",
    "lineItemTotal",
    "createdById",
    "createdDate",
    "modifiedById",
    "modifiedDate",
)


def update_order(data: PlexData, order: Record, body: Any) -> None:
    """Carry out a PUT; the order's modified date moves even if nothing differs.

    Raises:
        RequestRefused: The body does not fit; status and code as Plex documents them.
    """
    if not isinstance(body, Mapping):
        raise _refuse("REQUEST_MALFORMED", "the body must be a JSON object")
    values = {name: value for name, value in body.items() if name != _CUSTOM}
    try:
        fields.check(fields.ORDER, values)
    except InvalidDocument as problem:
        raise _refuse("REQUEST_MALFORMED", problem.message) from problem
    for name in _READ_ONLY:
        if name in values and values[name] != order.data[name]:
            raise _refuse("REQUEST_VALIDATION_FAILED", f"{name} is read-only")
    if "supplierId" in values and data.suppliers.get(values["supplierId"] or "") is None:
        raise _refuse("REQUEST_VALIDATION_FAILED", "supplierId names no supplier")
    custom = {**order.data.get(_CUSTOM, {}), **_custom_fields(data, body.get(_CUSTOM, {}))}
    before = order.data
    data.touch(data.orders, order, **{**values, _CUSTOM: custom})
    data.writes.append(
        Write(
            at=data.time.now(),
            resource="purchase-orders",
            number=order.data["poNumber"],
            body=body,
            before=before,
        )
    )


def _custom_fields(data: PlexData, custom: Any) -> Mapping[str, Any]:
    if not isinstance(custom, Mapping):
        raise _refuse("REQUEST_MALFORMED", "customFields must be a JSON object")
    defined = data.rules.custom_fields
    for name, value in custom.items():
        if not _CUSTOM_NAME.fullmatch(name):
            raise _refuse("REQUEST_MALFORMED", f"{name!r} cannot be the name of a custom field")
        if defined is not None and name not in defined:
            raise _refuse("REQUEST_VALIDATION_FAILED", f"no custom field {name!r} is defined here")
        if value is not None and not isinstance(value, str | bool | int | Decimal):
            raise _refuse("REQUEST_MALFORMED", f"the custom field {name!r} takes text, a number or a truth")
    return custom


def _refuse(code: str, message: str) -> RequestRefused:
    return RequestRefused(message, status=400, code=code)
