from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.changes import (
    by_number,
    cancellation,
    changed_order,
    order_change,
    what_changed,
)
from mlconnector_sdk.mapping.documents import (
    LineChange,
    OrderLine,
    Party,
    PurchaseOrder,
    PurchaseOrderChange,
    Reference,
    Schedule,
    WhatChanged,
)

DAY = date(2026, 3, 9)


def due(quantity: int, day: int, number: str = "") -> Schedule:
    return Schedule(quantity=Decimal(quantity), due=date(2026, 3, day), number=number)


LINE = OrderLine(
    number="10",
    quantity=Decimal(24),
    unit="EA",
    unit_price=Decimal("3.15"),
    buyer_part="WB-100",
    schedules=(due(18, 20, "1"), due(6, 27, "2")),
)
ORDER = PurchaseOrder(
    number="7731",
    dated=date(2026, 3, 2),
    currency="USD",
    notes=("Pack each release separately.",),
    lines=(LINE, evolve(LINE, number="20", buyer_part="WB-200")),
)


def change_of(before: PurchaseOrder, after: PurchaseOrder) -> PurchaseOrderChange | None:
    return order_change(before, after, change_sequence=1, changed_on=DAY)


def told(change: PurchaseOrderChange) -> PurchaseOrderChange:
    """The change as the other side knows it: without the lines as they were."""
    return evolve(change, lines=tuple(evolve(each, before=None) for each in change.lines))


def as_it_stands(order: PurchaseOrder) -> PurchaseOrder:
    return evolve(order, purpose="00", lines=by_number(order.lines))


lines = st.builds(
    OrderLine,
    number=st.sampled_from(["1", "2", "9", "10", "1.9", "1.10", "01", "A"]),
    quantity=st.sampled_from([Decimal(6), Decimal("6.0"), Decimal(9)]),
    unit=st.sampled_from(["EA", "LB"]),
    unit_price=st.sampled_from([None, Decimal(3)]),
    price_basis=st.sampled_from(["", "PE"]),
    description=st.sampled_from(["", "Bracket"]),
    schedules=st.lists(
        st.builds(
            Schedule,
            quantity=st.sampled_from([Decimal(3), Decimal(6)]),
            due=st.sampled_from([date(2026, 3, 20), date(2026, 3, 27)]),
            number=st.sampled_from(["", "1"]),
        ),
        max_size=2,
    ).map(tuple),
)
orders = st.builds(
    evolve,
    st.just(ORDER),
    purpose=st.sampled_from(["00", "05"]),
    currency=st.sampled_from(["", "USD"]),
    notes=st.sampled_from([(), ("Ring twice.",)]),
    parties=st.sampled_from([(), (Party(role="ST", name="Plant 1"),)]),
    references=st.sampled_from([(), (Reference(qualifier="CT", value="C-1"),)]),
    lines=st.lists(lines, max_size=5, unique_by=lambda line: line.number).map(tuple),
)
edits = st.tuples(orders, orders)
"""Two states of one order. There is little to choose from, so that much of it is alike in both."""


@settings(max_examples=200, deadline=None)
@given(edits)
def test_a_change_makes_of_one_order_the_other(orders: tuple[PurchaseOrder, PurchaseOrder]) -> None:
    before, after = orders
    change = change_of(before, after)
    if change is None:
        assert as_it_stands(before) == as_it_stands(after)
    else:
        assert changed_order(before, told(change)) == as_it_stands(after)


@given(edits)
def test_there_is_no_change_where_nothing_differs(orders: tuple[PurchaseOrder, PurchaseOrder]) -> None:
    _, after = orders
    shuffled = evolve(after, purpose="05", lines=after.lines[::-1])
    assert change_of(after, shuffled) is None
    assert change_of(shuffled, after) is None


@given(edits)
def test_only_lines_that_differ_are_told(orders: tuple[PurchaseOrder, PurchaseOrder]) -> None:
    before, after = orders
    change = change_of(before, after)
    for each in change.lines if change else ():
        assert (each.what is WhatChanged.ADDED) == (each.line.number not in {x.number for x in before.lines})
        assert (each.what is WhatChanged.DELETED) == (each.line.number not in {x.number for x in after.lines})
        assert each.before != each.line or each.what is WhatChanged.DELETED


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        ({"quantity": Decimal(30), "schedules": (due(20, 20, "1"), due(10, 27, "2"))}, "QUANTITY_UP"),
        ({"quantity": Decimal(18), "schedules": (due(12, 20, "1"), due(6, 27, "2"))}, "QUANTITY_DOWN"),
        ({"unit_price": Decimal("3.20")}, "PRICE"),
        ({"unit_price": None}, "PRICE"),
        ({"price_basis": "PE"}, "PRICE"),
        (
            {
                "quantity": Decimal(6),
                "unit_price": Decimal(4),
                "schedules": (due(4, 20, "1"), due(2, 27, "2")),
            },
            "QUANTITY_AND_PRICE",
        ),
        ({"schedules": (due(6, 20, "1"), due(18, 27, "2"))}, "DATES"),
        ({"schedules": (due(18, 21, "1"), due(6, 27, "2"))}, "DATES"),
        ({"schedules": (due(24, 21, "1"),)}, "DATES"),
        ({"schedules": ()}, "DATES"),
        ({"quantity": Decimal(34), "schedules": (*LINE.schedules, due(10, 31, "3"))}, "QUANTITY_AND_DATES"),
        ({"quantity": Decimal("24.0")}, None),
        ({"unit_price": Decimal("3.150")}, None),
        ({"unit": "CA"}, "OTHER"),
        ({"buyer_part": "WB-101"}, "OTHER"),
        ({"vendor_part": "A1"}, "OTHER"),
        ({"description": "Bracket"}, "OTHER"),
        ({"unit_price": Decimal(4), "schedules": (due(6, 20, "1"), due(18, 27, "2"))}, "OTHER"),
        ({"schedules": (due(18, 20, "1"), due(6, 27, "3"))}, "OTHER"),
    ],
)
def test_what_changed_follows_from_the_lines(edit: dict[str, Any], what: str | None) -> None:
    found = what_changed(LINE, evolve(LINE, **edit))
    assert (found.name if found else None) == what


def test_a_line_that_does_not_differ_has_no_change() -> None:
    assert what_changed(LINE, LINE) is None


def test_a_change_says_the_heading_as_it_shall_be() -> None:
    reference = Reference(qualifier="CT", value="C-2")
    change = change_of(ORDER, evolve(ORDER, currency="EUR", notes=(), references=(reference,)))
    assert change == PurchaseOrderChange(
        number="7731",
        dated=date(2026, 3, 2),
        currency="EUR",
        references=(reference,),
        change_sequence=1,
        changed_on=DAY,
    )


def test_the_lines_of_a_change_stand_by_number() -> None:
    added = evolve(LINE, number="9")
    after = evolve(ORDER, lines=(evolve(LINE, unit_price=Decimal(4)), added))
    change = order_change(ORDER, after, change_sequence=3, changed_on=DAY)
    assert change is not None
    assert change.change_sequence == 3
    assert change.lines == (
        LineChange(what=WhatChanged.ADDED, line=added),
        LineChange(what=WhatChanged.PRICE, line=after.lines[0], before=LINE),
        LineChange(what=WhatChanged.DELETED, line=ORDER.lines[1], before=ORDER.lines[1]),
    )


@pytest.mark.parametrize(
    "field",
    [{"number": "7732"}, {"dated": date(2026, 3, 3)}, {"order_type": "BK"}],
    ids=lambda f: next(iter(f)),
)
def test_what_identifies_an_order_cannot_be_changed(field: dict[str, Any]) -> None:
    [name] = field
    with pytest.raises(InvalidDocument, match=name) as caught:
        change_of(ORDER, evolve(ORDER, **field))
    assert caught.value.path == name
    assert caught.value.remedy


def test_two_lines_with_one_number_cannot_be_told_apart() -> None:
    twice = evolve(ORDER, lines=(LINE, LINE))
    for before, after in ((ORDER, twice), (twice, ORDER)):
        with pytest.raises(InvalidDocument, match="'10'") as caught:
            change_of(before, after)
        assert caught.value.path == "lines[1].number"


def test_a_cancelled_order_has_no_lines_and_takes_no_change() -> None:
    cancelled = changed_order(ORDER, cancellation(ORDER, change_sequence=2, changed_on=DAY))
    assert cancelled == evolve(ORDER, purpose="01", lines=())
    change = change_of(ORDER, evolve(ORDER, currency="EUR"))
    assert change is not None
    with pytest.raises(InvalidDocument, match="cancelled"):
        changed_order(cancelled, change)
    with pytest.raises(InvalidDocument, match="cancelled"):
        change_of(cancelled, ORDER)


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        ({"number": "7732"}, "number"),
        ({"dated": date(2026, 1, 1)}, "dated"),
        ({"order_type": "BK"}, "order_type"),
        ({"purpose": "05"}, "purpose"),
        ({"lines": (LineChange(what=WhatChanged.ADDED, line=LINE),)}, "lines[0].number"),
        (
            {"lines": (LineChange(what=WhatChanged.PRICE, line=evolve(LINE, number="30")),)},
            "lines[0].number",
        ),
        (
            {"lines": (LineChange(what=WhatChanged.DELETED, line=evolve(LINE, number="30")),)},
            "lines[0].number",
        ),
        ({"lines": (LineChange(what=WhatChanged.PRICE, line=LINE),) * 2}, "lines[1].number"),
    ],
)
def test_a_change_that_does_not_fit_the_order_is_refused(edit: dict[str, Any], path: str) -> None:
    change = evolve(cancellation(ORDER, change_sequence=1, changed_on=DAY), **{"purpose": "04", **edit})
    with pytest.raises(InvalidDocument) as caught:
        changed_order(ORDER, change)
    assert caught.value.path == path


def test_numbers_sort_as_people_count() -> None:
    numbers = ["10", "9", "1.10", "1.9", "B2", "B10", "010", "", "9" * 5000]
    found = [line.number for line in by_number(evolve(LINE, number=number) for number in numbers)]
    assert found == ["", "1.9", "1.10", "9", "010", "10", "9" * 5000, "B2", "B10"]
