"""A supplier's acknowledgment as custom fields of the order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.adapters.plex import convert
from mlconnector_sdk.adapters.plex.acknowledgment import (
    WriteBack,
    differences,
    read_payload,
    write_payload,
)
from mlconnector_sdk.adapters.plex.custom_fields import Value, custom_fields
from mlconnector_sdk.adapters.plex.models import PurchaseOrderAggregate
from mlconnector_sdk.adapters.plex.profile import AcknowledgmentFields, plex_profile
from mlconnector_sdk.codec import encode
from mlconnector_sdk.errors import ConfigurationError, InvalidDocument
from mlconnector_sdk.mapping.documents import (
    AcknowledgedLine,
    Answer,
    Decision,
    LineAnswer,
    OrderAcknowledgment,
)

PLEX = plex_profile()
AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)


def order(custom: dict[str, Any] | None = None, **order_fields: Any) -> PurchaseOrderAggregate:
    """Line 1: 24 EA of WB-100; line 2: 6 EA of the supplier's V-9."""
    content = {
        "order": {"id": "o", "poNumber": "PO-1", "customFields": custom or {}, **order_fields},
        "lines": [
            {"id": "l1", "lineItemNumber": 1, "unit": "EA"},
            {"id": "l2", "lineItemNumber": 2, "orderUnit": "EA", "supplierPartNumber": "V-9"},
        ],
        "releases": [
            {"id": "r1", "poLineItemId": "l1", "quantity": 20, "partNumber": "WB-100"},
            {"id": "r2", "poLineItemId": "l1", "quantity": 4, "partNumber": "WB-100"},
            {"id": "r3", "poLineItemId": "l1", "quantity": 9, "status": "Cancelled"},
            {"id": "r4", "poLineItemId": "l2", "quantity": 6},
        ],
        "supplierCode": "ACME",
    }
    return convert.aggregate(json.dumps(content).encode())


def said(
    *lines: AcknowledgedLine,
    decision: Decision = Decision.CHANGED,
    code: str = "AC",
    reference: str = "t-1",
    at: datetime = AT,
) -> WriteBack:
    acknowledgment = OrderAcknowledgment(
        number="PO-1",
        dated=date(2026, 3, 3),
        decision=decision,
        code=code,
        supplier_reference="SO-77",
        lines=lines,
    )
    return WriteBack(acknowledgment=acknowledgment, reference=reference, as_of=at)


def line(number: str = "1", *answers: LineAnswer, **known: Any) -> AcknowledgedLine:
    return AcknowledgedLine(number=number, answers=answers, **known)


def answer(answer: Answer, quantity: str | None = None, code: str = "IA", **known: Any) -> LineAnswer:
    return LineAnswer(
        answer=answer, code=code, quantity=None if quantity is None else Decimal(quantity), **known
    )


def written(write: WriteBack, aggregate: PurchaseOrderAggregate) -> dict[str, Any]:
    """The custom fields after the write, as JSON holds them."""
    before = custom_fields(aggregate.order, PLEX.custom_fields)
    changes = json.loads(encode(differences(write, aggregate, PLEX)))
    return {**before, **changes}


CONFIRMED, BACKORDERED, REJECTED = Answer.CONFIRMED, Answer.BACKORDERED, Answer.REJECTED

HEAD: dict[str, Value] = {
    "Acknowledgment_Status": "accepted with changes",
    "Acknowledgment_Code": "AC",
    "Acknowledgment_Date": "2026-03-03",
    "Acknowledgment_Reference": "t-1",
    "Acknowledgment_As_Of": "2026-03-03T10:00:00+00:00 0 t-1",
    "Supplier_Order_No": "SO-77",
}


def test_a_split_line_becomes_absolute_values() -> None:
    split = line(
        "0001",
        answer(CONFIRMED, "10", ship=date(2026, 3, 10), delivery=date(2026, 3, 12)),
        answer(CONFIRMED, "8", code="DR", ship=date(2026, 3, 20), delivery=date(2026, 3, 22)),
        answer(BACKORDERED, "4", code="IB"),
        answer(REJECTED, "1.5", code="R2"),
        answer(Answer.DELETED, "0.5", code="ID"),
        unit="ea",
    )
    assert differences(said(split), order(), PLEX) == {
        **HEAD,
        "Line_1_Code": "IA,DR,IB,R2,ID",
        "Line_1_Confirmed_Quantity": Decimal(18),
        "Line_1_Backordered_Quantity": Decimal(4),
        "Line_1_Rejected_Quantity": Decimal("2.0"),
        "Line_1_Ship_Date": "2026-03-20",
        "Line_1_Delivery_Date": "2026-03-22",
        "Line_1_As_Of": "2026-03-03T10:00:00+00:00 0 t-1",
    }


def quantities(write: WriteBack) -> dict[str, Any]:
    """Line quantities as (confirmed, backordered, rejected)."""
    found = differences(write, order(), PLEX)
    return {
        n: tuple(found.get(f"Line_{n}_{kind}_Quantity") for kind in ("Confirmed", "Backordered", "Rejected"))
        for n in "12"
        if f"Line_{n}_As_Of" in found
    }


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        # the header alone speaks for every line
        (said(decision=Decision.ACCEPTED), {"1": (24, 0, 0), "2": (6, 0, 0)}),
        (said(decision=Decision.REJECTED), {"1": (0, 0, 24), "2": (0, 0, 6)}),
        (said(decision=Decision.HELD), {}),
        (said(decision=Decision.CHANGED), {}),
        # lines without an answer of their own
        (said(line("2", quantity=Decimal(5)), decision=Decision.ACCEPTED), {"2": (5, 0, 0)}),
        (said(line("2"), decision=Decision.ACCEPTED), {"2": (6, 0, 0)}),
        (said(line("2")), {}),
        # a single answer without a quantity speaks for the whole line
        (said(line("1", answer(CONFIRMED))), {"1": (24, 0, 0)}),
        (said(line("1", answer(REJECTED), quantity=Decimal(20))), {"1": (0, 0, 20)}),
        # nothing is known yet
        (said(line("1", answer(Answer.PENDING, code="IP"))), {"1": (None, None, None)}),
        (said(line("1", answer(Answer.UNKNOWN, "9", code="ZZ"))), {"1": (None, None, None)}),
        (said(line("1", answer(CONFIRMED, "9"), answer(Answer.PENDING, code="IP"))), {"1": (9, 0, 0)}),
        # the same line twice is summed
        (said(line("1", answer(CONFIRMED, "4")), line("1", answer(BACKORDERED, "20"))), {"1": (4, 20, 0)}),
        # the supplier left the line number out
        (said(line("", answer(CONFIRMED, "3"), buyer_part="WB-100")), {"1": (3, 0, 0)}),
        (said(line("", answer(CONFIRMED, "3"), vendor_part="V-9")), {"2": (3, 0, 0)}),
    ],
)
def test_what_is_said_comes_to_quantities(write: WriteBack, expected: dict[str, Any]) -> None:
    assert quantities(write) == expected


@pytest.mark.parametrize(
    ("answered", "path", "words"),
    [
        (line("3", answer(CONFIRMED)), "lines[0]", r"line 3, which .* has not \(its lines: 1, 2\)"),
        (line("", answer(CONFIRMED), buyer_part="ELSE"), "lines[0]", "part ELSE"),
        (line("", answer(CONFIRMED)), "lines[0]", "not named"),
        (line("1", answer(CONFIRMED, "2"), unit="CA"), "lines[0].unit", "in CA, but it was ordered in EA"),
        (line("1", answer(CONFIRMED, "2", unit="DZ")), "lines[0].unit", "in DZ"),
        (line("1", answer(CONFIRMED, "2"), answer(BACKORDERED, code="IB")), "lines[0].answers[1]", "IB"),
    ],
)
def test_what_does_not_fit_the_order_is_refused(answered: AcknowledgedLine, path: str, words: str) -> None:
    with pytest.raises(InvalidDocument, match=words) as caught:
        differences(said(answered), order(), PLEX)
    assert caught.value.path == path
    assert caught.value.remedy


def test_a_repeat_changes_nothing() -> None:
    write = said(line("1", answer(CONFIRMED, "18", ship=date(2026, 3, 20))), line("2", answer(REJECTED)))
    assert differences(write, order(written(write, order())), PLEX) == {}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Line_1_Confirmed_Quantity", "18.000"),
        ("Line_1_Confirmed_Quantity", 18.0),
        ("Line_1_Ship_Date", "2026-03-20T00:00:00Z"),
        ("Line_1_Delivery_Date", ""),
        ("Acknowledgment_Date", "2026-03-03T00:00:00.0000000Z"),
    ],
)
def test_a_value_that_plex_writes_differently_is_no_difference(name: str, shown: Any) -> None:
    write = said(line("1", answer(CONFIRMED, "18", ship=date(2026, 3, 20))))
    assert differences(write, order({**written(write, order()), name: shown}), PLEX) == {}


@pytest.mark.parametrize("shown", ["17", True, ["18"], None, "", "many"])
def test_another_value_is_a_difference(shown: Any) -> None:
    write = said(line("1", answer(CONFIRMED, "18")))
    fields = {**written(write, order()), "Line_1_Confirmed_Quantity": shown}
    assert differences(write, order(fields), PLEX) == {"Line_1_Confirmed_Quantity": Decimal(18)}


def test_a_stale_date_is_taken_away() -> None:
    first = said(line("1", answer(CONFIRMED, "18", ship=date(2026, 3, 20))))
    later = said(line("1", answer(BACKORDERED, "24", code="IB")), reference="t-2", at=AT + timedelta(hours=1))
    found = differences(later, order(written(first, order())), PLEX)
    assert found["Line_1_Ship_Date"] is None


def test_an_older_acknowledgment_answers_only_lines_that_no_newer_one_has_answered() -> None:
    newer = said(line("1", answer(CONFIRMED, "18")), reference="t-2", at=AT + timedelta(hours=1))
    older = said(line("1", answer(CONFIRMED, "24")), line("2", answer(CONFIRMED, "6")))
    found = differences(older, order(written(newer, order())), PLEX)
    assert set(found) == {
        "Line_2_Code",
        "Line_2_Confirmed_Quantity",
        "Line_2_Backordered_Quantity",
        "Line_2_Rejected_Quantity",
        "Line_2_As_Of",
    }


def test_the_control_number_decides_among_those_of_one_moment() -> None:
    ninth = evolve(said(line("1", answer(CONFIRMED, "9"))), control_number=9)
    tenth = evolve(said(line("1", answer(CONFIRMED, "10")), reference="a"), control_number=10)
    assert differences(ninth, order(written(tenth, order())), PLEX) == {}
    assert written(tenth, order(written(ninth, order())))["Line_1_Confirmed_Quantity"] == 10


@pytest.mark.parametrize("garbage", ["long ago", 5, "2026-99-99 1 x", True, "9" * 5000])
def test_a_stamp_that_nobody_can_read_holds_nothing_back(garbage: Any) -> None:
    write = said(line("1", answer(CONFIRMED, "9")))
    fields = {"Acknowledgment_As_Of": garbage, "Line_1_As_Of": garbage}
    assert written(write, order(fields)) == written(write, order())


WRITES = st.lists(
    st.builds(
        lambda number, quantity, hours, control, reference: evolve(
            said(
                line(number, answer(CONFIRMED, str(quantity))),
                reference=reference,
                at=AT + timedelta(hours=hours),
            ),
            control_number=control,
        ),
        st.sampled_from("12"),
        st.integers(0, 30),
        st.integers(0, 1),
        st.sampled_from([0, 9, 10, 999_999_999]),
        st.sampled_from("ab"),
    ),
    min_size=2,
    max_size=4,
    unique_by=lambda write: write.stamp,
)


def outcomes(writes: list[WriteBack]) -> Iterator[dict[str, Any]]:
    for arrival in permutations(writes):
        fields: dict[str, Any] = {}
        for write in arrival:
            fields = written(write, order(fields))
        yield fields


@given(WRITES)
def test_late_and_repeated_ones_end_the_same_in_any_order(writes: list[WriteBack]) -> None:
    first, *others = outcomes(writes)
    assert all(other == first for other in others)
    for write in writes:
        assert written(write, order(first)) == first


def test_the_payload_survives_freezing() -> None:
    write = said(
        line(
            "1",
            answer(CONFIRMED, "18.50", ship=date(2026, 3, 20), unit_price=Decimal("3.1500"), unit="EA"),
            quantity=Decimal("24.0"),
        )
    )
    assert read_payload(write_payload(write)) == write
    assert b"18.50" in write_payload(write)


def test_a_field_without_a_name_is_not_written() -> None:
    fields = AcknowledgmentFields(line_rejected="", dated="")
    found = differences(said(line("1", answer(CONFIRMED))), order(), evolve(PLEX, acknowledgment=fields))
    assert "" not in found
    assert not {"Acknowledgment_Date", "Line_1_Rejected_Quantity"} & set(found)


def test_the_fields_that_order_acknowledgments_need_names() -> None:
    with pytest.raises(ConfigurationError, match="as_of"):
        AcknowledgmentFields(as_of="")


def test_custom_fields_that_are_no_object_are_named() -> None:
    with pytest.raises(InvalidDocument, match="not an object") as caught:
        differences(said(), order(customFields=[1]), PLEX)
    assert "custom_fields" in caught.value.remedy
    assert custom_fields(order(customFields=None).order, "customFields") == {}
