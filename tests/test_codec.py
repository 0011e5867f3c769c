"""codec: bytes to attrs models and back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.codec import MAX_DEPTH, Record, decode, decode_items, encode, lookup, wire
from mlconnector_sdk.codec.checks import check_depth
from mlconnector_sdk.errors import AnswerTooLarge, InvalidDocument, UnreadableAnswer
from mlconnector_sdk.secret import Secret


class Colour(Enum):
    RED = "red"


@frozen(kw_only=True)
class Line(Record):
    quantity: Decimal = wire("orderQuantity")
    due: datetime | None = wire("dueDate", default=None)
    lines: tuple[Line, ...] = wire("subLines", default=())


@frozen(kw_only=True)
class Order(Record):
    id: str = wire("id")
    number: str | None = wire("poNumber", default=None)
    count: int = wire("lineItemCount", default=0)
    modified: datetime | None = wire("modifiedDate", default=None)
    logged: datetime | None = wire("logged", default=None, zone=UTC)
    day: date | None = wire("day", default=None)
    colour: Colour | None = wire("colour", default=None)
    lines: tuple[Line, ...] = wire("lines", default=())
    best: Line | None = wire("best", default=None)
    by_part: dict[str, Line] = wire("byPart", factory=dict)
    alternates: list[Line | None] = wire("alternates", factory=list)
    prices: list[Decimal] | None = wire("prices", default=None)
    custom: dict[str, Any] = wire("customFields", factory=dict)
    plain: bool | None = None


@frozen(kw_only=True)
class Ours(Order):
    """A user's own subclass with custom fields."""

    region: str | None = wire("custom_region", default=None)


FULL = b"""{"id": "7", "poNumber": "PO-1", "lineItemCount": 2,
 "modifiedDate": "2026-03-02T10:00:00.1234569+02:00",
 "logged": "2026-03-02T10:00:00", "day": "2026-03-02", "colour": "red", "plain": true,
 "lines": [{"orderQuantity": 12.500000000000000000001, "note": {"x": 1.10},
            "subLines": [{"orderQuantity": "3.5", "dueDate": "2026-03-02T10:00Z"}]}],
 "best": null, "byPart": {"A": {"orderQuantity": 1}}, "alternates": [null, {"orderQuantity": 2}],
 "prices": [1.10, 2], "customFields": {"a": 1.50}, "unknown": [1.50]}"""


def test_a_whole_record() -> None:
    order = decode(FULL, Order)
    assert order.number == "PO-1"
    assert order.count == 2
    assert order.modified == datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
    assert order.modified.tzinfo is UTC
    assert order.logged == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert order.day == date(2026, 3, 2)
    assert order.colour is Colour.RED
    assert order.plain is True
    assert str(order.lines[0].quantity) == "12.500000000000000000001"
    assert order.lines[0].lines[0].quantity == Decimal("3.5")
    assert order.best is None
    assert order.by_part["A"].quantity == 1
    assert order.alternates[0] is None
    assert order.alternates[1] == Line(quantity=Decimal(2))
    assert order.prices == [Decimal("1.10"), Decimal(2)]
    assert order.custom == {"a": Decimal("1.50")}


def test_nothing_is_lost() -> None:
    order = decode(FULL, Order)
    assert order.raw == FULL
    assert order.extra == {"unknown": [Decimal("1.50")]}
    assert order.lines[0].extra == {"note": {"x": Decimal("1.10")}}
    assert json.loads(order.lines[0].lines[0].raw)["orderQuantity"] == "3.5"
    assert order.by_part["A"].raw == b'{"orderQuantity": 1}'


def test_absent_fields_take_their_defaults() -> None:
    order = decode(b'{"id": "7"}', Order)
    assert order == Order(id="7")
    assert order.by_part == {}
    assert order.by_part is not decode(b'{"id": "7"}', Order).by_part


def test_a_record_that_was_built_or_changed_by_hand_has_no_text() -> None:
    assert Order(id="1").raw == b""
    assert Order(id="1").extra == {}
    assert evolve(decode(FULL, Order), number="2").raw == b""


def test_records_compare_by_value_not_by_text() -> None:
    assert decode(b'{"id":"1"}', Order) == decode(b'{ "id" : "1", "more": 1 }', Order)
    assert "raw" not in repr(decode(b'{"id":"1"}', Order))


def test_a_users_subclass_has_typed_custom_fields() -> None:
    ours = decode(b'{"id": "7", "custom_region": "EU", "other": 1}', Ours)
    assert ours.region == "EU"
    assert ours.extra == {"other": 1}


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (b'{"id": 7}', "id", "expected text, got a number"),
        (b"{}", "id", "'id' is missing"),
        (b"[]", "", "expected an object, got a list"),
        (b"null", "", "expected an object, got null"),
        (b'{"id":"1","lineItemCount":1.5}', "lineItemCount", "expected a whole number"),
        (b'{"id":"1","lineItemCount":"1"}', "lineItemCount", "expected a whole number, got text"),
        (b'{"id":"1","lineItemCount":true}', "lineItemCount", "expected a whole number, got true or false"),
        (
            b'{"id":"1","lines":[{"orderQuantity":1},{"orderQuantity":"abc"}]}',
            "lines[1].orderQuantity",
            "expected a number, got text 'abc'",
        ),
        (b'{"id":"1","lines":[{"orderQuantity":"NaN"}]}', "lines[0].orderQuantity", "got text 'NaN'"),
        (b'{"id":"1","lines":[{"orderQuantity":"1_0"}]}', "lines[0].orderQuantity", "got text '1_0'"),
        (b'{"id":"1","lines":[{"orderQuantity":true}]}', "lines[0].orderQuantity", "true or false"),
        (b'{"id":"1","lines":[{"orderQuantity":1e999}]}', "lines[0].orderQuantity", "sensible size"),
        (b'{"id":"1","lines":[{}]}', "lines[0].orderQuantity", "'orderQuantity' is missing"),
        (b'{"id":"1","lines":{}}', "lines", "expected a list, got an object"),
        (b'{"id":"1","best":[]}', "best", "expected an object, got a list"),
        (b'{"id":"1","byPart":{"A":{"orderQuantity":[]}}}', "byPart[A].orderQuantity", "got a list"),
        (b'{"id":"1","modifiedDate":"2026-03-02T10:00:00"}', "modifiedDate", "with its zone"),
        (b'{"id":"1","modifiedDate":"2026-03-02"}', "modifiedDate", "with its time"),
        (b'{"id":"1","modifiedDate":"yesterday"}', "modifiedDate", "expected a time, got text 'yesterday'"),
        (b'{"id":"1","modifiedDate":5}', "modifiedDate", "expected a time, got a number"),
        (b'{"id":"1","modifiedDate":"0001-01-01T00:00:00+05:00"}', "modifiedDate", "within the calendar"),
        (b'{"id":"1","day":"02/03/2026"}', "day", "YYYY-MM-DD"),
        (b'{"id":"1","colour":"green"}', "colour", "green"),
        (b'{"id":"1"} trailing', "", "not usable JSON"),
        (b'{"id":"1","x":NaN}', "", "not usable JSON"),
        (b'{"id":"\xff"}', "", "not UTF-8"),
        (b'{"id":"\\ud800"}', "", "not usable JSON"),
        (b"", "", "not usable JSON"),
        (b"<html>", "", "not usable JSON"),
    ],
)
def test_what_is_wrong_and_where(text: bytes, path: str, words: str) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        decode(text, Order)
    assert words in caught.value.message
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("text", "wanted", "words"),
    [
        (b"null", dict[str, Any], "expected an object, got null"),
        (b"[]", dict[str, str], "expected an object, got a list"),
        (b'{"a": 1}', dict[str, str], "expected text, got a number"),
        (b"{}", list[int], "expected a list, got an object"),
        (b'"x"', int | str | None, ""),
        (b"[]", int | str, "Expected `int | str`, got `array`"),
        (b'"x"', float, "expected a number, got text"),
        (b"5", Colour, "5 is not a valid Colour"),
    ],
)
def test_what_is_wrong_with_plain_types(text: bytes, wanted: Any, words: str) -> None:
    if not words:
        assert decode(text, wanted) == "x"
        return
    with pytest.raises(UnreadableAnswer) as caught:
        decode(text, wanted)
    assert words in caught.value.message


def test_several_wrong_values_are_counted() -> None:
    with pytest.raises(UnreadableAnswer, match="and 1 more like this"):
        decode(b'{"id": 1, "lineItemCount": "x"}', Order)


def test_an_error_keeps_neither_the_text_nor_the_decoders_own_error() -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        decode(b'{"id":"1","lines":[{"orderQuantity":"secret' + b"x" * 100 + b'"}]}', Order)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert len(str(caught.value)) < 200


def test_a_byte_order_mark_is_no_error() -> None:
    assert decode(b'\xef\xbb\xbf{"id":"1"}', Order).id == "1"


def test_plain_types() -> None:
    assert decode(b'{"a": [1.50, "x", null]}', object) == {"a": [Decimal("1.50"), "x", None]}
    assert decode(b"[1.5]", list[Decimal]) == [Decimal("1.5")]
    assert decode(b'[{"id":"1"}]', list[Order])[0].raw == b'{"id":"1"}'
    assert decode(b'[{"id":"1"}]', tuple[Order, ...]) == (Order(id="1"),)
    assert decode(b'{"a":{"id":"1"}}', dict[str, Order]) == {"a": Order(id="1")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T10:00:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02T10:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02T10:00:00.9999999Z", datetime(2026, 3, 2, 10, 0, 0, 999999, tzinfo=UTC)),
        ("2026-12-31T23:59:59.99999999-01:00", datetime(2027, 1, 1, 0, 59, 59, 999999, tzinfo=UTC)),
        ("2026-03-02 10:00:00+00:00", datetime(2026, 3, 2, 10, tzinfo=UTC)),
    ],
)
def test_times_are_cut_and_never_rounded(text: str, expected: datetime) -> None:
    found = decode(json.dumps([text]).encode(), list[datetime])[0]
    assert found == expected
    assert found.tzinfo is UTC


# --- lists


def test_items_keep_their_own_text() -> None:
    items = decode_items(b'{"out": {"items": [{"id":"1"}, {"id":"2", "x":1}]}}', Order, at="out.items")
    assert [each.id for each in items] == ["1", "2"]
    assert items[1].raw == b'{"id":"2", "x":1}'
    assert items[1].extra == {"x": 1}


def test_items_as_text_for_those_who_decode_each_on_its_own() -> None:
    assert decode_items(b'[{"id":"1"}, {"id":2}]', bytes) == [b'{"id":"1"}', b'{"id":2}']


@pytest.mark.parametrize(
    ("text", "at", "path", "words"),
    [
        (b'{"items": [{"id":"1"}, {"id":2}]}', "items", "items[1].id", "expected text"),
        (b'{"things": []}', "items", "items", "there is no 'items'"),
        (b'{"items": {}}', "items", "items", "expected a list"),
        (b'{"items": null}', "items", "items", "expected a list"),
        (b'{"a": 1}', "a.b", "a.b", "there is no 'a.b'"),
        (b"[]", "items", "items", "there is no 'items'"),
        (b"<html>", "items", "", "not usable JSON"),
        (b"<html>", "", "", "not usable JSON"),
        (b"{}", "", "", "expected a list"),
    ],
)
def test_which_item_and_which_path(text: bytes, at: str, path: str, words: str) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        decode_items(text, Order, at=at)
    assert words in caught.value.message
    assert caught.value.path == path


def test_lookup() -> None:
    assert lookup(b'{"a": {"b": "x"}}', "a.b") == "x"
    assert lookup(b'{"a": {"b": null}}', "a.b") is None
    assert lookup(b'{"a": 1}', "a.b") is None
    assert lookup(b"[]", "a") is None
    with pytest.raises(UnreadableAnswer):
        lookup(b"{", "a")


# --- nesting


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 900, 200_000])
@pytest.mark.parametrize("shape", [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")])
def test_deep_nesting_is_too_large_and_never_a_recursion_error(
    depth: int, shape: tuple[bytes, bytes]
) -> None:
    text = shape[0] * depth + b"1" + shape[1] * depth
    for bad in (text, shape[0] * depth, b'{"id":"1","unknown":' + text + b"}"):
        with pytest.raises(AnswerTooLarge):
            decode(bad, Order)
        with pytest.raises(AnswerTooLarge):
            decode_items(bad, Order)


def test_nesting_up_to_the_cap_is_fine() -> None:
    assert decode(b'{"id":"1","x":' + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b"}", Order).id == "1"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('ab"\\[]{}\n\u00e9'), max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('"\\[]{}x', max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


def nesting(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(nesting, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(nesting, value), default=0)
    return 0


@settings(deadline=None)
@given(json_values, st.integers(1, 6))
def test_the_depth_check_agrees_with_a_recursive_count(value: Any, cap: int) -> None:
    text = json.dumps(value, ensure_ascii=False).encode()
    if nesting(value) <= cap:
        check_depth(text, cap)
    else:
        with pytest.raises(AnswerTooLarge):
            check_depth(text, cap)


# --- money


def test_strict_refuses_a_key_that_stands_twice() -> None:
    assert decode(b'{"id":"1","id":"2"}', Order).id == "2"
    for text in (b'{"id":"1","id":"2"}', b'{"id":"1","x":[{"a":1,"a":1}]}'):
        with pytest.raises(UnreadableAnswer, match="twice") as caught:
            decode(text, Order, strict=True)
        assert caught.value.path in ("id", "a")
    assert decode(FULL, Order, strict=True) == decode(FULL, Order)


@pytest.mark.parametrize("text", [b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b"{"])
@pytest.mark.parametrize("strict", [True, False])
def test_nan_is_never_a_number(text: bytes, strict: bool) -> None:
    with pytest.raises(UnreadableAnswer):
        decode(text, object, strict=strict)


# --- writing


def test_encode() -> None:
    order = Order(
        id="7",
        modified=datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=2))),
        day=date(2026, 3, 2),
        colour=Colour.RED,
        lines=(Line(quantity=Decimal("1E+2")), Line(quantity=Decimal("0.10"))),
        custom={"price": Decimal("1.50"), "none": None},
    )
    assert encode(order) == (
        b'{"id":"7","lineItemCount":0,"modifiedDate":"2026-03-02T08:00:00Z","day":"2026-03-02","colour":"red",'
        b'"lines":[{"orderQuantity":100,"subLines":[]},{"orderQuantity":0.10,"subLines":[]}],"byPart":{},'
        b'"alternates":[],"customFields":{"price":1.50,"none":null}}'
    )


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 3, 2),
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1E+5000"),
        float("nan"),
        float("inf"),
        Secret("hush"),
        object(),
    ],
)
def test_what_has_no_json_form_is_refused(value: object) -> None:
    with pytest.raises(InvalidDocument) as caught:
        encode({"a": [value]})
    assert "hush" not in str(caught.value)


@settings(deadline=None, max_examples=60)
@given(
    st.builds(
        Line,
        quantity=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
        due=st.none() | st.datetimes(timezones=st.just(UTC)),
    )
)
def test_a_round_trip_changes_nothing(line: Line) -> None:
    again = decode(encode(line), Line)
    assert again == line
    assert "e" not in again.raw.decode().lower().split("orderquantity")[1].split(",")[0]
