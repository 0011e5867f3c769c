"""Which records a listing returns: filters that are known, and silence about all others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mlconnector_sdk.simulators.plex import instants
from mlconnector_sdk.simulators.plex.table import Record, Table

__all__ = ["select"]

_BOUNDS = ("modified_date", "created_date")


def select(
    table: Table,
    filters: Mapping[str, str],
    query: Sequence[tuple[str, str]],
    *,
    within: Iterable[Record] | None = None,
    exclusive: bool = False,
) -> list[Record]:
    """The records that a query asks for.

    A parameter given several times takes any of its values. Parameters nobody knows are ignored, as the
    real API ignores ``limit`` and ``updatedAfter``.

    Args:
        table: Where to look.
        filters: Query parameter to field name.
        query: Names and values, in the order of the URL.
        within: Only among these records of the table; None: all.
        exclusive: A bound leaves out what has exactly this time.

    Raises:
        InvalidDocument: A date bound is not a date-time with a zone.
    """
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in query:
        wanted[name].append(value)
    # Times are whole ticks, so what lies behind a bound begins one tick later.
    bounds = {name: max(map(instants.parse, wanted[name])) + exclusive for name in _BOUNDS if name in wanted}
    chosen: Iterable[Record] = table if within is None else within
    for parameter, field_name in filters.items():
        if parameter in wanted:
            found = table.find(field_name, wanted[parameter])
            chosen = found if chosen is table else _both(chosen, found)
    if "modified_date" in bounds:
        since = bounds["modified_date"]
        chosen = [record for record in chosen if record.modified is not None and record.modified >= since]
    if "created_date" in bounds:
        since = bounds["created_date"]
        chosen = [record for record in chosen if record.created is not None and record.created >= since]
    return list(chosen)


def _both(first: Iterable[Record], second: Iterable[Record]) -> list[Record]:
    kept = {id(record) for record in second}
    return [record for record in first if id(record) in kept]
