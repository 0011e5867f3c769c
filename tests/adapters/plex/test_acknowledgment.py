"""A supplier's acknowledgment as custom fields of the order."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from mlconnector_sdk.adapters.plex import convert
from mlconnector_sdk.adapters.plex.acknowledgment import (
    WriteBack,
    differences,
    folded,
    read_payload,
    write_payload,
)
from mlconnector_sdk.adapters.plex.custom_fields import Value, custom_fields
from mlconnector_sdk.adapters.plex.models import PurchaseOrderAggregate
from mlconnector_sdk.adapters.plex.profile import AcknowledgmentFields, PlexProfile, plex_profile
from mlconnector_sdk.codec import encode
from mlconnector_sdk.errors import ConfigurationError, InvalidDocument
from mlconnector_sdk.mapping.documents import (
    AcknowledgedLine,
    Answer,
    Decision,
    LineAnswer,
    OrderAcknowledgment,
)
from mlconnector_sdk.mapping.gathering import Said, gather
from mlconnector_sdk.mapping.policies import PartialAcknowledgments
from mlconnector_sdk.mapping.tolerance import Tolerance

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


def document(
    *lines: AcknowledgedLine,
    decision: Decision = Decision.CHANGED,
    code: str = "AC",
    reference: str = "t-1",
    at: datetime = AT,
    control_number: int = 0,
) -> Said:
    acknowledgment = OrderAcknowledgment(
        number="PO-1",
        dated=date(2026, 3, 3),
        decision=decision,
        code=code,
        supplier_reference="SO-77",
        lines=lines,
    )
    return Said(
        acknowledgment=acknowledgment,
        reference=reference,
        as_of=at,
        control_number=control_number,
        received_at=at,
    )


def write_back(*documents: Said, **changes: Any) -> WriteBack:
    """For the sake of the last one."""
    write = WriteBack(number="PO-1", reference=documents[-1].reference, said=gather(documents).said)
    return evolve(write, **changes)


def said(*lines: AcknowledgedLine, **known: Any) -> WriteBack:
    """One acknowledgment alone."""
    return write_back(document(*lines, **known))


def line(number: str = "1", *answers: LineAnswer, **known: Any) -> AcknowledgedLine:
    return AcknowledgedLine(number=number, answers=answers, **known)


def answer(answer: Answer, quantity: str | None = None, code: str = "IA", **known: Any) -> LineAnswer:
    return LineAnswer(
        answer=answer, code=code, quantity=None if quantity is None else Decimal(quantity), **known
    )


def changes(
    write: WriteBack, aggregate: PurchaseOrderAggregate, profile: PlexProfile = PLEX
) -> dict[str, Value]:
    return differences(folded(write, aggregate, profile), aggregate, profile)


def written(write: WriteBack, aggregate: PurchaseOrderAggregate) -> dict[str, Any]:
    """The custom fields after the write, as JSON holds them."""
    before = custom_fields(aggregate.order, PLEX.custom_fields)
    return {**before, **json.loads(encode(changes(write, aggregate)))}


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
    assert changes(said(split), order()) == {
        **HEAD,
        "Acknowledgment_Flag": "line 1",
        "Line_1_Code": "IA,DR,IB,R2,ID",
        "Line_1_Confirmed_Quantity": Decimal(18),
        "Line_1_Backordered_Quantity": Decimal(4),
        "Line_1_Rejected_Quantity": Decimal("2.0"),
        "Line_1_Ship_Date": "2026-03-20",
        "Line_1_Delivery_Date": "2026-03-22",
        "Line_1_Flag": "confirmed 18 of 24 EA, 4 backordered, 2 rejected",
        "Line_1_As_Of": "2026-03-03T10:00:00+00:00 0 t-1",
    }


def quantities(write: WriteBack) -> dict[str, Any]:
    """Line quantities as (confirmed, backordered, rejected)."""
    found = changes(write, order())
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
        (
            line("3", answer(CONFIRMED)),
            "lines[0]",
            r"t-1 of order PO-1 .* line 3, which .* not have \(its lines: 1, 2\)",
        ),
        (line("", answer(CONFIRMED), buyer_part="ELSE"), "lines[0]", "part ELSE"),
        (line("", answer(CONFIRMED)), "lines[0]", "not named"),
        (line("1", answer(CONFIRMED, "2"), unit="CA"), "lines[0].unit", "in CA, but it was ordered in EA"),
        (line("1", answer(CONFIRMED, "2", unit="DZ")), "lines[0].unit", "in DZ"),
        (line("1", answer(CONFIRMED, "2"), answer(BACKORDERED, code="IB")), "lines[0].answers[1]", "IB"),
    ],
)
def test_what_does_not_fit_the_order_is_refused(answered: AcknowledgedLine, path: str, words: str) -> None:
    with pytest.raises(InvalidDocument, match=words) as caught:
        changes(said(answered), order())
    assert caught.value.path == path
    assert caught.value.remedy


def test_a_repeat_changes_nothing() -> None:
    write = said(line("1", answer(CONFIRMED, "18", ship=date(2026, 3, 20))), line("2", answer(REJECTED)))
    assert changes(write, order(written(write, order()))) == {}


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
    assert changes(write, order({**written(write, order()), name: shown})) == {}


@pytest.mark.parametrize("shown", ["17", True, ["18"], None, "", "many"])
def test_another_value_is_a_difference(shown: Any) -> None:
    write = said(line("1", answer(CONFIRMED, "18")))
    fields = {**written(write, order()), "Line_1_Confirmed_Quantity": shown}
    assert changes(write, order(fields)) == {"Line_1_Confirmed_Quantity": Decimal(18)}


def test_a_stale_date_is_taken_away() -> None:
    first = said(line("1", answer(CONFIRMED, "18", ship=date(2026, 3, 20))))
    later = said(line("1", answer(BACKORDERED, "24", code="IB")), reference="t-2", at=AT + timedelta(hours=1))
    found = changes(later, order(written(first, order())))
    assert found["Line_1_Ship_Date"] is None


HOUR = timedelta(hours=1)
NEWER = document(line("1", answer(CONFIRMED, "18")), reference="t-2", at=AT + HOUR)
OLDER = document(line("1", answer(CONFIRMED, "24")), line("2", answer(CONFIRMED, "6")))


def test_a_late_older_one_answers_the_lines_that_no_newer_one_has_answered() -> None:
    both = write_back(NEWER, OLDER)
    found = changes(both, order(written(write_back(NEWER), order())))
    assert found == {
        "Line_2_Code": "IA",
        "Line_2_Confirmed_Quantity": 6,
        "Line_2_Backordered_Quantity": 0,
        "Line_2_Rejected_Quantity": 0,
        "Line_2_As_Of": "2026-03-03T10:00:00+00:00 0 t-1",
    }


def test_a_late_older_part_is_added_though_the_stamp_stays() -> None:
    first = document(line("1", answer(CONFIRMED, "10"), answer(BACKORDERED, "14", code="IB")))
    second = document(line("1", answer(CONFIRMED, "14")), reference="t-2", at=AT + HOUR)
    add = {"partial": PartialAcknowledgments.ADD}
    fields = written(write_back(second, **add), order())
    assert (fields["Line_1_Flag"], fields["Acknowledgment_Flag"]) == ("confirmed 14 of 24 EA", "line 1")
    assert changes(write_back(second, first, **add), order(fields)) == {
        "Acknowledgment_Flag": None,
        "Line_1_Code": "IA,IB",
        "Line_1_Confirmed_Quantity": 24,
        "Line_1_Flag": None,
    }


def test_a_stale_writer_changes_nothing() -> None:
    fields = written(write_back(OLDER, NEWER), order())
    assert changes(write_back(OLDER), order(fields)) == {}
    assert changes(write_back(NEWER), order(fields)) == {}  # it knows less, and says nothing else
    assert changes(write_back(NEWER, OLDER), order(fields)) == {}


def test_the_control_number_decides_among_those_of_one_moment() -> None:
    ninth = said(line("1", answer(CONFIRMED, "9")), control_number=9)
    tenth = said(line("1", answer(CONFIRMED, "10")), reference="a", control_number=10)
    assert changes(ninth, order(written(tenth, order()))) == {}
    assert written(tenth, order(written(ninth, order())))["Line_1_Confirmed_Quantity"] == 10


@pytest.mark.parametrize("references", [("a", "b"), ("b", "a")])
def test_the_same_document_under_another_reference_changes_nothing(references: tuple[str, str]) -> None:
    first, again = (evolve(NEWER, reference=reference) for reference in references)
    fields = written(write_back(OLDER, first), order())
    assert fields["Acknowledgment_Reference"] == references[0]
    assert changes(write_back(OLDER, first, again), order(fields)) == {}


def test_a_document_that_does_not_fit_stops_only_itself() -> None:
    bad = document(line("3", answer(CONFIRMED)), reference="t-0", at=AT + HOUR)
    with pytest.raises(InvalidDocument, match="acknowledgment t-0"):
        changes(write_back(OLDER, bad), order())
    write = write_back(bad, OLDER)
    assert changes(write, order()) == changes(write_back(OLDER), order())
    assert [reference for reference, _ in folded(write, order(), PLEX).left_out] == ["t-0"]


@pytest.mark.parametrize(
    ("confirmed", "tolerance", "flag"),
    [
        ("24", "0", None),
        ("23", "0", "confirmed 23 of 24 EA"),
        ("23", "5%", None),
        ("22", "5%", "confirmed 22 of 24 EA"),
        ("25", "-5%", "confirmed 25 of 24 EA"),
    ],
)
def test_a_line_out_of_tolerance_is_flagged(confirmed: str, tolerance: str, flag: str | None) -> None:
    write = write_back(
        document(line("1", answer(CONFIRMED, confirmed)), line("2", answer(REJECTED))),
        tolerance=Tolerance.parse(tolerance),
    )
    fields = written(write, order())
    assert fields.get("Line_1_Flag") == flag
    assert fields["Line_1_Confirmed_Quantity"] == int(confirmed)  # what was said, not what it counts as
    assert fields["Line_2_Flag"] == "confirmed 0 of 6 EA, 6 rejected"
    assert fields["Acknowledgment_Flag"] == ("lines 1, 2" if flag else "line 2")


def test_a_later_answer_lifts_the_flag() -> None:
    short = document(line("1", answer(CONFIRMED, "20")), line("2", answer(CONFIRMED, "5")))
    right = document(line("1", answer(CONFIRMED, "24")), reference="t-2", at=AT + HOUR)
    found = changes(write_back(short, right), order(written(write_back(short), order())))
    assert (found["Line_1_Flag"], found["Acknowledgment_Flag"]) == (None, "line 2")
    assert "Line_2_Flag" not in found


def test_the_flag_of_a_line_that_nobody_speaks_of_now_stays_in_the_heading() -> None:
    short = document(line("2", answer(CONFIRMED, "5")))
    other = document(line("1", answer(CONFIRMED, "20")), reference="t-2", at=AT + HOUR)
    fields = written(write_back(short), order())
    assert changes(write_back(other), order(fields))["Acknowledgment_Flag"] == "lines 1, 2"


@pytest.mark.parametrize("garbage", ["long ago", 5, "2026-99-99 1 x", True, "9" * 5000])
def test_a_stamp_that_nobody_can_read_holds_nothing_back(garbage: Any) -> None:
    write = said(line("1", answer(CONFIRMED, "9")))
    fields = {"Acknowledgment_As_Of": garbage, "Line_1_As_Of": garbage}
    assert written(write, order(fields)) == written(write, order())


@st.composite
def _documents(draw: st.DrawFn) -> list[Said]:
    words = st.sampled_from(
        [(CONFIRMED, "24"), (CONFIRMED, "10"), (CONFIRMED, None), (BACKORDERED, "9"), (REJECTED, None)]
    )
    found = []
    for index in range(draw(st.integers(2, 4))):
        numbers = draw(st.lists(st.sampled_from(["1", "02", "3"]), max_size=2, unique=True))
        lines = [line(number, answer(*draw(words))) for number in numbers]
        each = document(
            *lines,
            decision=draw(st.sampled_from(Decision)),
            reference=f"{draw(st.sampled_from('ab'))}{index}",
            at=AT + draw(st.integers(0, 2)) * HOUR,
            control_number=draw(st.sampled_from([0, 9, 10])),
        )
        found.append(each)
    # The same document under two references keeps the one that came first: see above.
    assume(len(gather(found).said) == len(found))
    return found


def delivered(documents: list[Said], **policy: Any) -> dict[str, Any]:
    """The fields in the end, when each is written for what was known when it arrived."""
    fields: dict[str, Any] = {}
    for count in range(1, len(documents) + 1):
        try:
            fields = written(write_back(*documents[:count], **policy), order(fields))
        except InvalidDocument:
            continue  # it goes before a person; the others go on
    return {name: value for name, value in fields.items() if value is not None}


@given(_documents(), st.data(), st.sampled_from(PartialAcknowledgments))
def test_late_and_repeated_ones_end_the_same_in_any_order(
    documents: list[Said], data: st.DataObject, partial: PartialAcknowledgments
) -> None:
    repeats = data.draw(st.lists(st.sampled_from(documents), max_size=2))
    arrival = data.draw(st.permutations([*documents, *repeats]))
    first = delivered(documents, partial=partial)
    assert delivered(arrival, partial=partial) == first
    for last in documents:
        others = [each for each in documents if each is not last]
        try:
            assert changes(write_back(*others, last, partial=partial), order(first)) == {}
        except InvalidDocument:
            assert any(each.number == "3" for each in last.acknowledgment.lines)


def test_a_cancelled_line_is_not_spoken_of_by_the_heading_alone() -> None:
    aggregate = order()
    first, second = aggregate.lines
    aggregate = evolve(aggregate, lines=(evolve(first, status="Canceled"), second))
    found = changes(said(decision=Decision.ACCEPTED), aggregate)
    assert "Line_1_As_Of" not in found
    assert found["Line_2_Confirmed_Quantity"] == 6
    found = changes(said(line("1", answer(CONFIRMED, "3"))), aggregate)
    assert (found["Line_1_Confirmed_Quantity"], "Line_1_Flag" in found) == (3, False)


def test_a_release_without_a_quantity_leaves_open_how_much_was_ordered() -> None:
    aggregate = order()
    first, *others = aggregate.releases
    aggregate = evolve(aggregate, releases=(evolve(first, quantity=None), *others))
    found = changes(said(line("1", answer(CONFIRMED, "3"))), aggregate)
    assert (found["Line_1_Confirmed_Quantity"], "Line_1_Flag" in found) == (3, False)


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
    found = changes(said(line("1", answer(CONFIRMED))), order(), evolve(PLEX, acknowledgment=fields))
    assert "" not in found
    assert not {"Acknowledgment_Date", "Line_1_Rejected_Quantity"} & set(found)


def test_the_fields_that_order_acknowledgments_need_names() -> None:
    with pytest.raises(ConfigurationError, match="as_of"):
        AcknowledgmentFields(as_of="")


def test_custom_fields_that_are_no_object_are_named() -> None:
    with pytest.raises(InvalidDocument, match="not an object") as caught:
        changes(said(), order(customFields=[1]))
    assert "custom_fields" in caught.value.remedy
    assert custom_fields(order(customFields=None).order, "customFields") == {}
