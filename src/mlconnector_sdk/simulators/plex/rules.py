"""How this Plex behaves: what is documented is the default, the rest can be switched."""

from __future__ import annotations

from typing import Literal

from attrs import define, field

__all__ = ["Denial", "PlexRules"]

Denial = Literal["403", "empty", "read-only"]


@define(kw_only=True)
class PlexRules:
    """May be changed while the simulator runs.

    Args:
        ignore_filters: Answer every listing in full, whatever was asked: seen with real filters.
        deny: What the integration user's role lacks, by resource (``suppliers``, ``parts``,
            ``purchase-orders``, ``line-items``, ``releases``, ``tenants``): answer 403, or as if there was
            nothing, or refuse writes only.
        null_modified: New records have no modified date until they are changed.
        empty_is_404: A listing without a result is answered 404, as the portal's error page says it may be.
        empty_answer_to_put: Answer a successful PUT with 204 and no body instead of the object.
        custom_fields: The custom fields that are defined for purchase orders; None takes any name.
        requests_per_minute: In any 60 seconds; None for any number. Published: 200.
        retry_after: Send a Retry-After header with 429. Real ones are not documented to.
        time_zone: Of the plant: due dates are its midnights.
    """

    ignore_filters: bool = False
    deny: dict[str, Denial] = field(factory=dict)
    null_modified: bool = False
    empty_is_404: bool = False
    empty_answer_to_put: bool = False
    custom_fields: frozenset[str] | None = None
    requests_per_minute: int | None = None
    retry_after: bool = False
    time_zone: str = "UTC"
