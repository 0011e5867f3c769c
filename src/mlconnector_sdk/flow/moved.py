"""A document that changed its partner: the one who had it must be told that it is not his any more."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from mlconnector_sdk.dual import arrived
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Entry, NewEntry, State, digest

__all__ = ["moved"]

_LINES = 1_000  # entries of one number that are looked through for other partners


async def moved(store: Store, observations: Iterable[NewEntry]) -> list[NewEntry]:
    """Observations for the partners from whom documents were taken away.

    The partner is part of the ordering key, so that an order given to another supplier begins a line of its
    own; the old line would never hear of it. Here it does: with the record as it is now, whose partner is
    another one, which is for the mapping to see. Its fingerprint names the new partner and nothing else, so
    that later edits, which are the new partner's business, say nothing new.

    Only news are looked at. A record that names no partner takes a document away from nobody: a lost role
    that hides partners must not cancel every order.
    """
    found = []
    for new in observations:
        if not new.partner or new.state is not State.PENDING or not await _is_news(store, new):
            continue
        same_number = await arrived(store.find(flow=new.flow, number=new.number, limit=_LINES))
        others = {entry.ordering_key: entry for entry in same_number if _is_other_partner(entry, new)}
        found += [
            evolve(
                new,
                partner=other.partner,
                ordering_key=ordering_key,
                fingerprint=digest("moved to", new.partner),
            )
            for ordering_key, other in others.items()
        ]
    return found


async def _is_news(store: Store, new: NewEntry) -> bool:
    line = await arrived(store.history(new.ordering_key, content=False))
    return not line or line[-1].fingerprint != new.fingerprint


def _is_other_partner(entry: Entry, new: NewEntry) -> bool:
    """Whether it is the same document of the same tenant and environment, at another partner."""
    mine, other = new.ordering_key.split("|"), entry.ordering_key.split("|")
    return (
        bool(entry.partner) and len(mine) == len(other) == 5 and mine[:3] == other[:3] and mine[3] != other[3]
    )
