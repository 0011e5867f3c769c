"""Stories of edits over real HTTP: after each, the supplier's view of the order is the company's wish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mlconnector_sdk.records import State
from mlconnector_sdk.simulators.faults import Answer, LoseAnswer
from mlconnector_sdk.simulators.plex.edits import (
    AddLine,
    AddRelease,
    CancelLine,
    CancelOrder,
    CancelRelease,
    CloseOrder,
    DeleteLine,
    DeleteRelease,
    Edit,
    ReopenOrder,
    SetDueDate,
    SetNote,
    SetPrice,
    SetQuantity,
    SetSupplier,
)

from .conftest import PARTNERS, Company

BOLT = PARTNERS[PARTNERS.index("[partners.ACME]") :].replace("ACME", "BOLT").replace("acme", "bolt")
UP, DOWN = SetQuantity(line=1, quantity=30), SetQuantity(line=1, quantity=24)
LATER = SetDueDate(line=2, due="2026-05-04")
DEARER = SetPrice(line=2, price="0.4275")

STORIES: dict[str, Sequence[Edit]] = {
    "up": [UP],
    "down": [SetQuantity(line=2, quantity="12.5")],
    "there and back again": [UP, DOWN],
    "a price": [DEARER],
    "no price": [SetPrice(line=2, price=None), DEARER],
    "a date": [LATER],
    "a date and a quantity": [SetDueDate(line=1, due="2026-06-01"), SetQuantity(line=1, quantity=7)],
    "a line more": [AddLine(part="WB-100", quantity=3, price="3", due="2026-05-04")],
    "a line less": [DeleteLine(line=1)],
    "a line less, and its number again": [
        DeleteLine(line=2),
        AddLine(part="WB-100", quantity=9, price="3", due="2026-05-04", number=2),
    ],
    "a cancelled line": [CancelLine(line=2)],
    "a release more and a release less": [
        AddRelease(line=1, quantity=6, due="2026-05-04"),
        DeleteRelease(line=1, release=1),
    ],
    "a cancelled release": [
        AddRelease(line=1, quantity=6, due="2026-05-04"),
        CancelRelease(line=1, release=2),
    ],
    "a note, another, none": [
        SetNote(note="by rail"),
        SetNote(note="by road\ncall first", line=1),
        SetNote(note=None),
        SetNote(note=None, line=1),
    ],
    "cancelled": [UP, CancelOrder()],
    "cancelled and wanted again": [CancelOrder(), ReopenOrder(), UP],
    "closed and opened again": [CloseOrder(), ReopenOrder(), UP],
    "all lines cancelled": [CancelLine(line=1), CancelLine(line=2)],
    "to another supplier": [UP, SetSupplier(supplier="BOLT"), LATER],
    "to another supplier and back": [SetSupplier(supplier="BOLT"), UP, SetSupplier(supplier="ACME"), LATER],
    "everything": [
        UP,
        LATER,
        DEARER,
        AddLine(part="RR-52", quantity=1, due="2026-05-04"),
        DeleteLine(line=1),
    ],
}


@pytest.fixture
def company(company: Company) -> Company:
    """With a second supplier."""
    company.network.add_partnership("us_bolt", sender="us", receiver="bolt")
    (company.folder / "partners.toml").write_text(PARTNERS + BOLT)
    company.sync = company.pipeline()
    return company


def edited(company: Company, *edits: Edit) -> None:
    company.later()
    company.erp.change_order("PO-1", *edits)


def run(company: Company) -> None:
    company.later(10)
    company.sync.run()


def wish(company: Company, supplier: str) -> dict[str, Any] | None:
    """What the company wants of a supplier, in plain terms; None: nothing."""
    wanted = company.erp.wanted("PO-1")
    if wanted.supplier != supplier or wanted.cancelled or not wanted.lines:
        return None
    notes = [*wanted.note.splitlines()]
    notes += [
        f"Line {number}: {' '.join(line.note.split())}" for number, line in wanted.lines.items() if line.note
    ]
    lines = {
        number: (
            line.quantity,
            line.unit,
            line.price,
            line.part,
            [(s.due, s.quantity) for s in line.schedules],
        )
        for number, line in wanted.lines.items()
    }
    return {"lines": lines, "notes": notes, "currency": wanted.currency}


def view(company: Company, supplier: str) -> dict[str, Any] | None:
    """What a supplier believes that he is to deliver; None: nothing."""
    order = company.network.supplier(f"us_{supplier.lower()}").orders.get("PO-1")
    if order is None or order.cancelled:
        return None
    lines = {
        number: (
            line.quantity,
            line.unit,
            line.unit_price,
            line.parts["BP"],
            sorted((each.date, each.quantity) for each in line.schedules),
        )
        for number, line in order.lines.items()
    }
    return {"lines": lines, "notes": list(order.notes), "currency": order.currency}


def agree(company: Company) -> None:
    for supplier in ("ACME", "BOLT"):
        assert view(company, supplier) == wish(company, supplier), supplier
        assert company.network.supplier(f"us_{supplier.lower()}").objections == []
    keys = [each.key for each in company.network.sent]
    assert len(keys) == len(set(keys))
    assert company.sync.dead_letters() == []


def states(company: Company) -> list[tuple[str, State]]:
    entries = company.sync.trail("PO-1").entries
    return [(each.kind, each.state) for each in entries if each.flow == "purchase_orders"]


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_each_edit_is_told(company: Company, story: Sequence[Edit]) -> None:
    company.order()
    run(company)
    agree(company)
    for edit in story:
        edited(company, edit)
        run(company)
        if not company.erp.wanted("PO-1").closed:  # a closed order is left as it was
            agree(company)


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_edits_between_two_runs_are_told_as_one(company: Company, story: Sequence[Edit]) -> None:
    company.order()
    run(company)
    edited(company, *story)
    run(company)
    agree(company)
    assert len(company.network.sent) <= 3


@pytest.mark.parametrize("story", ["there and back again", "a line less", "cancelled", "to another supplier"])
@pytest.mark.parametrize("hours", [1, 30])
def test_an_edit_while_the_first_outcome_is_unknown(company: Company, story: str, hours: int) -> None:
    company.network.faults.add(LoseAnswer(), method="POST", path="*/partnerships/*", times=None)
    company.order()
    run(company)
    for edit in STORIES[story]:
        edited(company, edit)
        run(company)
    to_acme = [each for each in company.network.sent if each.partnership == "us_acme"]
    assert len(to_acme) == 1, "a change of what may not have arrived is a guess"
    company.network.faults.clear()
    company.later(hours * 3600)
    for _ in range(3):
        company.later(600)
        run(company)
    agree(company)


def test_edits_during_an_outage_go_as_the_newest_state(company: Company) -> None:
    company.order()
    run(company)
    company.network.faults.add(Answer(503), method="POST", path="*/partnerships/*", times=None)
    for edit in (UP, LATER, DOWN, DEARER):
        edited(company, edit)
        run(company)
    company.network.faults.clear()
    for _ in range(4):
        company.later(7200)
        run(company)
    agree(company)


def test_an_edit_after_a_rejected_order_is_an_order(company: Company) -> None:
    company.network.supplier("us_acme").translator.rejects("850")
    company.order()
    for _ in range(3):
        run(company)
        company.later(90)
    assert states(company) == [("850", State.REJECTED)]
    edited(company, UP)
    run(company)
    agree(company)
    assert [each.set_id for each in company.network.sent] == ["850", "850"]


def test_an_edit_after_a_rejected_change_is_a_change_of_the_order(company: Company) -> None:
    company.order()
    run(company)
    company.network.supplier("us_acme").translator.rejects("860")
    edited(company, UP)
    for _ in range(3):
        run(company)
        company.later(90)
    assert states(company)[-1] == ("860", State.REJECTED)
    edited(company, LATER)
    run(company)
    agree(company)


def test_a_rejected_change_goes_again_once_a_person_has_it_mapped_anew(company: Company) -> None:
    company.order()
    run(company)
    company.network.supplier("us_acme").translator.rejects("860")
    edited(company, UP)
    for _ in range(3):
        run(company)
        company.later(90)
    company.sync.remap("PO-1")
    run(company)
    agree(company)


@pytest.mark.parametrize("refused", ["850", "860"])
@pytest.mark.parametrize("how", ["a further edit", "a person"])
def test_a_rejection_that_comes_after_the_next_change_went(company: Company, refused: str, how: str) -> None:
    """What went since builds on it: the whole order goes."""
    supplier = company.network.supplier("us_acme")
    supplier.translator.rejects(refused, delay=3600)
    company.order()
    run(company)
    for edit in (UP, LATER):
        edited(company, edit)
        run(company)
    assert view(company, "ACME") != wish(company, "ACME"), "nobody can know yet"
    for _ in range(3):
        company.later(3600)
        run(company)
    assert (refused, State.REJECTED) in states(company)
    if how == "a person":
        company.sync.remap("PO-1")
    else:
        edited(company, DEARER)
    run(company)
    assert view(company, "ACME") == wish(company, "ACME")
    assert company.sync.dead_letters() == []
    objections = [each.sentence for each in supplier.objections]
    assert objections == (["an 860 for an order that is not known"] * 2 if refused == "850" else [])
    edited(company, SetNote(note="by rail"))
    run(company)
    assert view(company, "ACME") == wish(company, "ACME")
    assert company.network.sent[-1].set_id == "860"
    assert [each.sentence for each in supplier.objections] == objections
