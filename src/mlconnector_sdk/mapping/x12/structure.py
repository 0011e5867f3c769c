"""The structure of a transaction set: loops and segments in order, parsed from `set_tables`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from attrs import Factory, field, frozen

from mlconnector_sdk.mapping.x12.set_tables import SETS

__all__ = ["Loop", "SetStructure", "Use", "set_structure"]


@frozen(kw_only=True, eq=False)
class Use:
    """One place in a loop: a segment, or a loop that starts with it.

    Args:
        id: The segment, or the first segment of the loop.
        minimum: 0 where it is optional.
        maximum: How often at most, or None without a limit.
        loop: What the loop holds, its first segment included; None for a plain segment.
        table: ``heading``, ``detail`` or ``summary`` on the outermost level, else empty.
    """

    id: str
    minimum: int
    maximum: int | None
    loop: Loop | None = None
    table: str = ""


@frozen(eq=False)
class Loop:
    """The places of a loop (or of the whole set), in order."""

    uses: tuple[Use, ...]
    places: Mapping[str, tuple[int, ...]] = field(
        default=Factory(lambda self: _places(self.uses), takes_self=True), init=False, repr=False
    )


@frozen(kw_only=True, eq=False)
class SetStructure:
    """A transaction set.

    Args:
        id: ``850``.
        functional_id: GS01, e.g. ``PO``.
        line: The loop that CTT01 counts, e.g. ``PO1``; empty where the set has no CTT.
        root: Heading, detail and summary in one sequence: no marker divides them in a file.
        segment_ids: Every segment that may occur anywhere in the set.
    """

    id: str
    name: str
    functional_id: str
    line: str
    root: Loop
    segment_ids: frozenset[str]


@cache
def set_structure(set_id: str) -> SetStructure | None:
    """The structure of a set, or None where there is no table for it."""
    table = SETS.get(set_id)
    if table is None:
        return None
    uses: list[Use] = []
    for part in ("heading", "detail", "summary"):
        tokens = _TOKEN.findall(getattr(table, part))
        uses += _uses(tokens, part)
    root = Loop(tuple(uses))
    return SetStructure(
        id=table.id,
        name=table.name,
        functional_id=table.functional_id,
        line=table.line,
        root=root,
        segment_ids=frozenset(_ids(root)),
    )


def _places(uses: tuple[Use, ...]) -> Mapping[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for index, use in enumerate(uses):
        found[use.id] = (*found.get(use.id, ()), index)
    return found


_TOKEN = re.compile(r"\[|\][?+*]\d*|[A-Z][A-Z0-9]{1,2}(?:[?+*]\d*)?")
_COUNT = re.compile(r"([?+*]?)(\d*)")


def _uses(tokens: list[str], table: str = "") -> list[Use]:
    """The uses up to the end of the loop; the tokens are consumed."""
    uses: list[Use] = []
    while tokens:
        token = tokens.pop(0)
        if token == "[":
            inner = Loop(tuple(_uses(tokens)))
            uses.append(_use(inner.uses[0].id, tokens.pop(0)[1:], table, inner))
        elif token.startswith("]"):
            tokens.insert(0, token)  # the suffix belongs to the caller's loop
            break
        else:
            name = re.split(r"[?+*]", token)[0]
            uses.append(_use(name, token[len(name) :], table))
    return uses


def _use(segment_id: str, suffix: str, table: str, loop: Loop | None = None) -> Use:
    sign, number = _COUNT.fullmatch(suffix).groups()  # type: ignore[union-attr]  # a token has this form
    return Use(
        id=segment_id,
        minimum=0 if sign in ("?", "*") else 1,
        maximum=int(number) if number else (1 if not sign else None),
        loop=loop,
        table=table,
    )


def _ids(loop: Loop) -> set[str]:
    found = set(loop.places)
    for use in loop.uses:
        if use.loop is not None:
            found |= _ids(use.loop)
    return found
