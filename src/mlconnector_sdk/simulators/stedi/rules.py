"""How this Stedi behaves: what is documented is the default, the rest can be switched."""

from __future__ import annotations

from attrs import define

__all__ = ["StediRules"]


@define(kw_only=True)
class StediRules:
    """May be changed while the simulator runs.

    Args:
        key_required: Refuse a write without an Idempotency-Key with 400.
        key_lifetime: Virtual seconds for which a key's answer is remembered.
        all_or_nothing: One bad transaction fails its whole file; else the good ones are processed.
        poll_token_when_empty: Give a ``nextPageToken`` with every page of a poll, also the last one: it is
            not documented whether the real one does.
        requests_per_second: Per endpoint; None for any number. Real limits are not published.
        largest_transaction: Bytes of a request body.
    """

    key_required: bool = True
    key_lifetime: float = 86_400.0
    all_or_nothing: bool = False
    poll_token_when_empty: bool = False
    requests_per_second: int | None = None
    largest_transaction: int = 5_000_000
