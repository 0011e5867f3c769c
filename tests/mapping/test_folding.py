"""Several answers to one order come to the same, whichever came first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.documents import (
    AcknowledgedLine,
    Answer,
    Decision,
    LineAnswer,
    OrderAcknowledgment,
)
from mlconnector_sdk.mapping.fitting import OrderedLine
from mlconnector_sdk.mapping.folding import Folded, fold
from mlconnector_sdk.mapping.gathering import Said, gather
from mlconnector_sdk.mapping.policies import PartialAcknowledgments
from mlconnector_sdk.mapping.tolerance import Tolerance

AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
LINES = (
    OrderedLine(number="1", quantity=Decimal(100), unit="EA", buyer_part="A"),
    OrderedLine(number="2", quantity=Decimal(50), unit="EA", buyer_part="B"),
    OrderedLine(number="3", quantity=Decimal(9), buyer_part="C", wanted=False),
    OrderedLine(number="4", quantity=None, buyer_part="D"),
)
REPLACE, ADD = PartialAcknowledgments.REPLACE, PartialAcknowledgments.ADD
BOTH = pytest.mark.parametrize("partial", [REPLACE, ADD])

_ANSWERS = {
    "C": (Answer.CONFIRMED, "IA"),
    "B": (Answer.BACKORDERED, "IB"),
    "R": (Answer.REJECTED, "IR"),
    "P": (Answer.PENDING, "IW"),
}


def said(
    hour: int,
    *lines: AcknowledgedLine,
    decision: Decision = Decision.CHANGED,
    reference: str = "",
    control_number: int = 0,
    received: int | None = None,
    taken: bool = False,
    **known: Any,
) -> Said:
    return Said(
        acknowledgment=OrderAcknowledgment(
            number="PO-1", dated=date(2026, 3, 3), decision=decision, code="AC", lines=lines, **known
        ),
        reference=reference or f"t-{hour}",
        as_of=AT + timedelta(hours=hour),
        control_number=control_number,
        received_at=AT + timedelta(hours=hour if received is None else received),
        taken=taken,
    )


def line(number: str, *answers: str, ship: int = 0, **known: Any) -> AcknowledgedLine:
    """``C60`` confirms 60, ``B`` backorders, ``R`` rejects, ``P`` is pending."""
    when = date(2026, 3, ship) if ship else None
    return AcknowledgedLine(
        number=number,
        answers=tuple(
            LineAnswer(
                answer=_ANSWERS[each[0]][0],
                code=_ANSWERS[each[0]][1],
                quantity=Decimal(each[1:]) if each[1:] else None,
                ship=when,
            )
            for each in answers
        ),
        **known,
    )


def quantities(folded: Folded) -> Quantities:
    """Confirmed, backordered, rejected."""
    return {
        each.number: (int(each.outcome.confirmed), int(each.outcome.backordered), int(each.outcome.refused))
        for each in folded.lines
    }


def told(*documents: Said, partial: PartialAcknowledgments = REPLACE) -> Quantities:
    return quantities(fold(documents, LINES, own=documents[-1].reference, partial=partial))


ACCEPTED, REJECTED = Decision.ACCEPTED, Decision.REJECTED


Quantities = dict[str, tuple[int, int, int]]


def both(*documents: Said, comes_to: Quantities) -> tuple[list[Said], Quantities, Quantities]:
    return list(documents), comes_to, comes_to


def either(
    *documents: Said, replaced: Quantities, added: Quantities
) -> tuple[list[Said], Quantities, Quantities]:
    return list(documents), replaced, added


@pytest.mark.parametrize(
    ("documents", "replaced", "added"),
    [
        # one alone
        either(said(1, line("1", "C60", "B40")), replaced={"1": (60, 40, 0)}, added={"1": (60, 40, 0)}),
        either(
            said(1, line("1", "C60"), line("01", "C30")), replaced={"1": (90, 0, 0)}, added={"1": (90, 0, 0)}
        ),
        # two about the same line
        either(
            said(1, line("1", "C60")),
            said(2, line("1", "C40")),
            replaced={"1": (40, 0, 0)},
            added={"1": (100, 0, 0)},
        ),
        either(
            said(1, line("1", "C60")),
            said(2, line("", "C40", buyer_part="A")),
            replaced={"1": (40, 0, 0)},
            added={"1": (100, 0, 0)},
        ),
        # each about its own
        both(
            said(1, line("1", "C60")), said(2, line("2", "C50")), comes_to={"1": (60, 0, 0), "2": (50, 0, 0)}
        ),
        # backordered first, confirmed later
        either(
            said(1, line("1", "C60", "B40")),
            said(2, line("1", "C40")),
            replaced={"1": (40, 0, 0)},
            added={"1": (100, 0, 0)},
        ),
        either(
            said(1, line("1", "C60", "B40")),
            said(2, line("1", "C30")),
            replaced={"1": (30, 0, 0)},
            added={"1": (90, 10, 0)},
        ),
        either(
            said(1, line("1", "C60", "B40")),
            said(2, line("1", "R40")),
            replaced={"1": (0, 0, 40)},
            added={"1": (60, 0, 40)},
        ),
        # more than was ordered is not hidden
        either(
            said(1, line("1", "C90")),
            said(2, line("1", "C90")),
            replaced={"1": (90, 0, 0)},
            added={"1": (180, 0, 0)},
        ),
        # a replacement begins anew
        either(
            said(1, line("1", "C60")),
            said(2, line("1", "C30"), purpose="05"),
            said(3, line("1", "C5")),
            replaced={"1": (5, 0, 0)},
            added={"1": (35, 0, 0)},
        ),
        # so does a rejection of the whole line, and what comes after takes its place
        both(said(1, line("1", "C60")), said(2, line("1", "R100")), comes_to={"1": (0, 0, 100)}),
        both(said(1, line("1", "C60")), said(2, line("1", "R")), comes_to={"1": (0, 0, 100)}),
        either(
            said(1, line("1", "R100")),
            said(2, line("1", "C60")),
            said(3, line("1", "C40")),
            replaced={"1": (40, 0, 0)},
            added={"1": (100, 0, 0)},
        ),
        both(
            said(1, line("1", "C60")),
            said(2, line("1", "R10"), decision=REJECTED),
            comes_to={"1": (0, 0, 10)},
        ),
        # the heading alone speaks for every line that is wanted and not spoken of by a newer one
        both(said(1, decision=ACCEPTED), comes_to={"1": (100, 0, 0), "2": (50, 0, 0)}),
        both(
            said(1, decision=ACCEPTED), said(2, line("1", "C90")), comes_to={"1": (90, 0, 0), "2": (50, 0, 0)}
        ),
        both(
            said(1, line("1", "C90")),
            said(2, decision=ACCEPTED),
            comes_to={"1": (100, 0, 0), "2": (50, 0, 0)},
        ),
        both(
            said(1, line("1", "C90")),
            said(2, decision=REJECTED),
            comes_to={"1": (0, 0, 100), "2": (0, 0, 50)},
        ),
        # a heading that decides nothing changes no line
        both(said(1, line("1", "C90")), said(2, decision=Decision.HELD), comes_to={"1": (90, 0, 0)}),
        # nor does a line without an answer
        both(
            said(1, line("1", "C90")),
            said(2, line("1"), line("2", "C1")),
            comes_to={"1": (90, 0, 0), "2": (1, 0, 0)},
        ),
        # pending now: what was confirmed is withdrawn, or stays
        either(
            said(1, line("1", "C90")),
            said(2, line("1", "P")),
            replaced={"1": (0, 0, 0)},
            added={"1": (90, 0, 0)},
        ),
    ],
)
def test_what_several_answers_come_to(
    documents: list[Said],
    replaced: Quantities,
    added: Quantities,
) -> None:
    for arrived in (documents, documents[::-1], documents * 2):
        assert told(*arrived, partial=REPLACE) == replaced
        assert told(*arrived, partial=ADD) == added


def test_of_nothing_ordered_nothing_is_rejected() -> None:
    none = [evolve(LINES[0], quantity=Decimal(0))]
    documents = [said(1, line("1", "C6")), said(2, line("1", "C4"))]
    assert quantities(fold(documents, none, own="t-1", partial=ADD)) == {"1": (10, 0, 0)}


def test_the_newest_is_told_by_time_then_control_number_then_reference() -> None:
    documents = [
        said(2, line("1", "C1"), control_number=9, reference="b"),
        said(2, line("1", "C2"), control_number=10, reference="a"),
        said(2, line("1", "C3"), control_number=9, reference="c"),
        said(1, line("1", "C4"), control_number=99, reference="d"),
    ]
    assert [each.reference for each in gather(documents).said] == ["d", "b", "c", "a"]
    assert told(*documents) == {"1": (2, 0, 0)}
    assert fold(documents, LINES, own="d").newest.reference == "a"


def test_dates_and_codes_of_all_parts() -> None:
    documents = [said(1, line("1", "C60", ship=20)), said(2, line("1", "C30", "B10", ship=12))]
    [added] = fold(documents, LINES, own="t-1", partial=ADD).lines
    assert (added.outcome.ship, added.outcome.codes) == (date(2026, 3, 20), ("IA", "IB"))
    assert added.newest.reference == "t-2"
    [replaced] = fold(documents, LINES, own="t-1").lines
    assert replaced.outcome.ship == date(2026, 3, 12)


@BOTH
def test_a_repeat_under_another_reference_counts_once(partial: PartialAcknowledgments) -> None:
    first = said(1, line("1", "C60"), reference="m", received=5)
    copies = [evolve(first, reference="a"), evolve(first, reference="z", received_at=AT, taken=True)]
    assert told(first, *copies, partial=partial) == {"1": (60, 0, 0)}
    [once] = gather([first, *copies]).said
    assert (once.reference, once.repeats, once.taken) == ("z", ("a", "m"), True)
    assert once.received_at == AT  # a repeat makes an answer no younger
    for own in once.references:
        assert fold([once, first], LINES, own=own, partial=partial).newest == once


@pytest.mark.parametrize("other", [{"hour": 2}, {"control_number": 1}, {"dated_by": "t"}])
def test_the_same_words_at_another_time_are_no_repeat(other: dict[str, Any]) -> None:
    first = said(1, line("1", "C20"), reference="a")
    again = evolve(
        first,
        reference="b",
        as_of=first.as_of + timedelta(hours="hour" in other),
        control_number=other.get("control_number", 0),
        acknowledgment=evolve(first.acknowledgment, supplier_reference=other.get("dated_by", "")),
    )
    assert told(first, again, partial=ADD) == {"1": (40, 0, 0)}


def test_one_reference_for_two_documents_is_refused() -> None:
    one, other = said(1, line("1", "C1"), reference="t"), said(1, line("1", "C2"), reference="t")
    with pytest.raises(InvalidDocument, match=r"two different .* PO-1 have the reference t"):
        gather([one, other])


def test_what_answers_a_superseded_state_is_left_out() -> None:
    documents = [
        said(9, line("1", "C1"), received=1),
        said(1, line("1", "C2"), received=2),
        said(3, received=3),
    ]
    gathered = gather(documents, since=AT + timedelta(hours=2))
    assert [each.reference for each in gathered.said] == ["t-1", "t-3"]
    assert [each.reference for each in gathered.left_out] == ["t-9"]
    assert gather(documents).left_out == ()
    assert gather([]).said == ()


BAD = said(2, line("2", "C50"), line("7", "C1"))


def test_a_document_that_does_not_fit_is_refused_with_its_name() -> None:
    with pytest.raises(InvalidDocument, match="acknowledgment t-2 of order PO-1 answers line 7") as caught:
        fold([said(1, line("1", "C60")), BAD], LINES, own="t-2")
    assert caught.value.path == "lines[1]"


@BOTH
def test_it_does_not_stop_the_others_and_counts_not_at_all(partial: PartialAcknowledgments) -> None:
    documents = [said(1, line("1", "C60")), BAD]
    folded = fold(documents, LINES, own="t-1", partial=partial)
    assert quantities(folded) == {"1": (60, 0, 0)}
    assert folded.newest.reference == "t-1"
    [(reference, misfit)] = folded.left_out
    assert reference == "t-2"
    assert "line 7" in misfit.problem


def test_what_was_taken_still_counts_when_the_order_loses_a_line() -> None:
    documents = [evolve(BAD, taken=True), said(3, line("1", "C60"))]
    folded = fold(documents, LINES, own="t-3", partial=ADD)
    assert quantities(folded) == {"1": (60, 0, 0), "2": (50, 0, 0)}
    assert folded.left_out == ()


def test_the_document_itself_must_be_there() -> None:
    with pytest.raises(InvalidDocument, match="t-9 is not among"):
        fold([said(1)], LINES, own="t-9")
    with pytest.raises(InvalidDocument, match="not among"):
        fold([], LINES, own="t-9")


@pytest.mark.parametrize(
    ("answered", "tolerance", "flag"),
    [
        (line("1", "C100"), "0", ""),
        (line("1", "C98"), "2%", ""),
        (line("1", "C98"), "0", "confirmed 98 of 100 EA"),
        (line("1", "C90.50"), "2%", "confirmed 90.5 of 100 EA"),
        (line("1", "C103"), "2%", "confirmed 103 of 100 EA"),
        (line("1", "C60", "B30", "R10"), "2%", "confirmed 60 of 100 EA, 30 backordered, 10 rejected"),
        (line("1", "R"), "100", "confirmed 0 of 100 EA, 100 rejected"),
        (line("1", "P100"), "0", ""),  # nothing is decided yet
        (line("3", "C1"), "0", ""),  # a cancelled line
        (line("4", "C1", unit="CA"), "0", ""),  # nobody knows how much was ordered
    ],
)
def test_a_line_out_of_tolerance_is_flagged(answered: AcknowledgedLine, tolerance: str, flag: str) -> None:
    folded = fold([said(1, answered)], LINES, own="t-1", tolerance=Tolerance.parse(tolerance))
    assert [each.flag for each in folded.lines] == [flag]
    assert folded.flagged == (("1",) if flag else ())


def test_later_parts_lift_the_flag() -> None:
    parts = [said(1, line("1", "C60")), said(2, line("1", "C40"))]
    assert fold(parts[:1], LINES, own="t-1", partial=ADD).flagged == ("1",)
    assert fold(parts, LINES, own="t-1", partial=ADD).flagged == ()


# -- laws --------------------------------------------------------------------------------------------

_NAMED = st.sampled_from(
    [{"number": "1"}, {"number": "02"}, {"number": "", "buyer_part": "A"}, {"number": "7"}]
)
_WORDS = st.sampled_from(["C60", "C40", "C", "B40", "B", "R100", "R5", "R", "P"])


@st.composite
def _lines(draw: st.DrawFn) -> AcknowledgedLine:
    words = draw(st.lists(_WORDS, max_size=3))
    if len(words) > 1:
        words = [each if each[1:] or each == "P" else f"{each}1" for each in words]
    named = draw(_NAMED)
    return line(
        named["number"], *words, ship=draw(st.integers(0, 28)), buyer_part=named.get("buyer_part", "")
    )


@st.composite
def _documents(draw: st.DrawFn) -> list[Said]:
    found = [
        said(
            draw(st.integers(0, 3)),
            *draw(st.lists(_lines(), max_size=3)),
            decision=draw(st.sampled_from(Decision)),
            reference=f"{draw(st.sampled_from('abc'))}{index}",
            control_number=draw(st.integers(0, 2)),
            purpose=draw(st.sampled_from(["00", "05", "06"])),
            taken=draw(st.booleans()),
        )
        for index in range(draw(st.integers(1, 5)))
    ]
    copies = [evolve(each, reference=f"{each.reference}-again") for each in found if draw(st.booleans())]
    return [*found, *copies]


DOCUMENTS = _documents()


def result(documents: list[Said], own: str, partial: PartialAcknowledgments) -> Folded | str:
    try:
        return fold(documents, LINES, own=own, partial=partial)
    except InvalidDocument as error:
        return str(error)


@given(DOCUMENTS, st.data(), st.sampled_from([REPLACE, ADD]))
def test_order_and_repeats_make_no_difference(
    documents: list[Said], data: st.DataObject, partial: PartialAcknowledgments
) -> None:
    own = data.draw(st.sampled_from(documents)).reference
    repeats = data.draw(st.lists(st.sampled_from(documents), max_size=4))
    arrived = data.draw(st.permutations([*documents, *repeats]))
    assert result(arrived, own, partial) == result(documents, own, partial)


@given(DOCUMENTS, st.sampled_from([REPLACE, ADD]))
def test_for_whose_sake_it_is_done_makes_no_difference(
    documents: list[Said], partial: PartialAcknowledgments
) -> None:
    results = [result(documents, each.reference, partial) for each in documents]
    folds = [each for each in results if isinstance(each, Folded)]
    assert all(each == folds[0] for each in folds)


@given(DOCUMENTS, st.sampled_from([REPLACE, ADD]))
def test_what_was_gathered_folds_to_the_same(documents: list[Said], partial: PartialAcknowledgments) -> None:
    own = documents[0].reference
    gathered = gather(documents).said
    assert result(list(gathered), own, partial) == result(documents, own, partial)
    assert gather(gathered).said == gathered


@given(DOCUMENTS)
def test_the_newest_that_speaks_of_a_line_stands_for_it(documents: list[Said]) -> None:
    folded = result(documents, documents[0].reference, REPLACE)
    if isinstance(folded, Folded):
        for each in folded.lines:
            [alone] = [
                found
                for found in fold([each.newest], LINES, own=each.newest.reference).lines
                if found.number == each.number
            ]
            assert alone == each


@given(DOCUMENTS)
def test_no_more_is_backordered_than_is_open(documents: list[Said]) -> None:
    folded = result(documents, documents[0].reference, ADD)
    if isinstance(folded, Folded) and len(documents) > 1:
        for each in folded.lines:
            ordered = next(known.quantity for known in LINES if known.number == each.number) or Decimal(0)
            one = fold([each.newest], LINES, own=each.newest.reference, partial=ADD)
            alone = next(found for found in one.lines if found.number == each.number)
            spoken_for = each.outcome.confirmed + each.outcome.refused
            assert each.outcome == alone.outcome or each.outcome.backordered <= max(
                ordered - spoken_for, Decimal(0)
            )
