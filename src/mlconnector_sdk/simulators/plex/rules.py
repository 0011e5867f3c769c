"""How this Plex behaves: what is documented is the default, the rest can be switched."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, TypeAlias

from attrs import define, field

__all__ = ["Denial", "PlexRules", "Where", "holds"]

Denial = Literal["403", "empty", "read-only"]

Where: TypeAlias = bool | Collection[str]
"""True or False for every resource, or the names of the resources for which it is true."""


@define(kw_only=True)
class PlexRules:
    """May be changed while the simulator runs.

    Resources are ``suppliers``, ``parts``, ``purchase-orders``, ``line-items``, ``releases``,
    ``ar-invoices`` and ``tenants``.

    Args:
        ignore_filters: Answer a listing in full, whatever was asked: seen with real filters.
        exclusive_filters: A bound on a time leaves out what has exactly this time.
        repeat_records: A listing names every record twice, the second time at the end.
        deny: What the integration user's role lacks, by resource: answer 403, or as if there was nothing, or
            refuse writes only.
        null_modified: New records have no modified date until they are changed.
        null_changes: A change empties the modified date instead of moving it.
        clock_skew: Seconds by which Plex's clock is ahead; negative: behind.
        whole_seconds: Times of change are whole seconds, so that many records share one.
        seven_digits: Times of change have seven digits after the second, the last of them not zero.
        empty_is_404: A listing without a result is answered 404, as the portal's error page says it may be.
        empty_answer_to_put: Answer a successful PUT with 204 and no body instead of the object.
        custom_fields: The custom fields that are defined for purchase orders; None takes any name.
        requests_per_minute: In any 60 seconds; None for any number. Published: 200.
        retry_after: Send a Retry-After header with 429. Real ones are not documented to.
        time_zone: Of the plant: due dates are its midnights.
    """

    ignore_filters: Where = False
    exclusive_filters: Where = False
    repeat_records: Where = False
    deny: dict[str, Denial] = field(factory=dict)
    null_modified: bool = False
    null_changes: bool = False
    clock_skew: float = 0.0
    whole_seconds: bool = False
    seven_digits: bool = False
    empty_is_404: bool = False
    empty_answer_to_put: bool = False
    custom_fields: frozenset[str] | None = None
    requests_per_minute: int | None = None
    retry_after: bool = False
    time_zone: str = "UTC"


def holds(where: Where, resource: str) -> bool:
    """Whether a rule holds for a resource."""
    return where if isinstance(where, bool) else resource in where
