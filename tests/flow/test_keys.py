"""Other documents never share a key; the same one always has the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.flow.keys import idempotency_key, ordering_key

PART = st.text(st.sampled_from("a|%7C/:#- _é\n"), max_size=4)
PARTS = st.fixed_dictionaries(dict.fromkeys(("flow", "tenant", "environment", "partner", "number"), PART))
SEND = st.tuples(PART, PART, st.integers(1, 30), st.binary(max_size=4))


@given(PARTS, PARTS)
def test_ordering_keys_are_equal_only_where_every_part_is(one: dict[str, str], other: dict[str, str]) -> None:
    assert (ordering_key(**one) == ordering_key(**other)) == (one == other)


@given(SEND, SEND)
def test_idempotency_keys_are_equal_only_where_everything_is(
    one: tuple[str, str, int, bytes], other: tuple[str, str, int, bytes]
) -> None:
    assert (idempotency_key(*one) == idempotency_key(*other)) == (one == other)


def test_each_single_part_tells_keys_apart() -> None:
    usual = {"flow": "orders", "tenant": "1", "environment": "test", "partner": "ACME", "number": "PO-1"}
    keys = {ordering_key(**usual)} | {ordering_key(**{**usual, name: "other"}) for name in usual}
    assert len(keys) == 6
    keys = {
        idempotency_key("k", "850", 1, b"a"),
        idempotency_key("l", "850", 1, b"a"),
        idempotency_key("k", "860", 1, b"a"),
        idempotency_key("k", "850", 3, b"a"),
        idempotency_key("k", "850", 1, b"b"),
    }
    assert len(keys) == 5


def test_a_bar_in_a_name_moves_nothing_into_the_next_part() -> None:
    usual = {"flow": "orders", "tenant": "1", "environment": "test"}
    one = ordering_key(**usual, partner="ACME|7", number="PO-1")
    assert one != ordering_key(**usual, partner="ACME", number="7|PO-1")
    assert one.count("|") == 4
