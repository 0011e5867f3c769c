"""Suppliers' answers end in the same Plex fields, whatever came first, twice, late or in parts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from mlconnector_sdk import MemoryStore, Plex
from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.records import Entry, State
from mlconnector_sdk.simulators.faults import LoseAnswer
from mlconnector_sdk.simulators.plex.edits import DeleteLine
from mlconnector_sdk.simulators.stedi.answers import Promise

from .conftest import PARTNERS, Company


def said(company: Company, number: str = "PO-1") -> dict[str, Any]:
    """What Plex shows of the answers, but for Stedi's ids; of a time only when it was."""
    return {
        name: str(value)[:25] if name.endswith("_As_Of") else value
        for name, value in company.fields(number).items()
        if not name.endswith("_Reference")
    }


def answers(company: Company) -> list[Entry]:
    return list(company.store.find(flow=plex_stedi.ACKNOWLEDGMENTS))


def policies(company: Company, toml: str) -> None:
    (company.folder / "partners.toml").write_text(PARTNERS + f"\n[partners.ACME.policies]\n{toml}\n")


def ordered(company: Company, **known: Any) -> None:
    """PO-1 is with the supplier."""
    company.order(**known)
    company.sync.run().raise_for_problems()
    company.later()


def tell(company: Company, arrival: Sequence[dict[str, Any]], *, each_by_itself: bool) -> dict[str, Any]:
    """Let answers arrive; what Plex shows when all have been read."""
    for answer in arrival:
        company.network.supplier("us_acme").acknowledge("PO-1", **answer)
        company.later()
        if each_by_itself:
            company.sync.run().raise_for_problems()
    company.later()
    company.sync.run().raise_for_problems()
    return said(company)


# -- several, in parts, in any order ----------------------------------------------------------------------

STORY: list[dict[str, Any]] = [
    {"lines": {"1": [Promise(code="BP", quantity=10)], "2": "IA"}},
    {"lines": {"1": [Promise(code="IA", quantity=8)]}, "prices": {"1": "3.20"}},
    {"lines": {"1": [Promise(code="IB", quantity=6, ship="2026-04-01")]}},
]


@pytest.mark.parametrize("partial", ["add", "replace"])
@pytest.mark.parametrize("arrival", list(itertools.permutations(range(3))))
def test_any_order_of_arrival_ends_in_the_same_fields(
    company: Company, arrival: Sequence[int], partial: str
) -> None:
    policies(company, f'partial_acknowledgments = "{partial}"')
    ordered(company)
    start = company.time.now()
    made = [{**each, "made_at": start + timedelta(minutes=nth)} for nth, each in enumerate(STORY)]
    fields = tell(company, [made[nth] for nth in arrival], each_by_itself=arrival != (2, 0, 1))
    confirmed = {"add": 10 + 8, "replace": 0}[partial]
    assert (fields["Line_1_Confirmed_Quantity"], fields["Line_1_Backordered_Quantity"]) == (confirmed, 6)
    assert (fields["Line_2_Confirmed_Quantity"], fields["Line_2_Code"]) == (500, "IA")
    assert fields["Line_1_As_Of"] == made[2]["made_at"].isoformat()
    assert fields["Line_2_As_Of"] == made[0]["made_at"].isoformat()
    assert fields["Acknowledgment_As_Of"] == made[2]["made_at"].isoformat()
    assert fields["Acknowledgment_Flag"] == "line 1"
    assert [each.state for each in answers(company)] == [State.ACCEPTED] * 3


def test_a_line_in_each_document_fills_the_order(company: Company) -> None:
    company.network.supplier("us_acme").answers("by line", delay=600, interval=3_600)
    ordered(company)
    for _ in range(3):
        company.later(3_600)
        company.sync.run()
    fields = said(company)
    assert (fields["Line_1_Confirmed_Quantity"], fields["Line_2_Confirmed_Quantity"]) == (24, 500)
    assert "Acknowledgment_Flag" not in fields or not fields["Acknowledgment_Flag"]


@pytest.mark.parametrize("partial", ["add", "replace"])
def test_a_repeat_counts_once_also_when_it_comes_after_the_correction(company: Company, partial: str) -> None:
    policies(company, f'partial_acknowledgments = "{partial}"')
    ordered(company)
    start = company.time.now()
    supplier, later = company.network.supplier("us_acme"), start + timedelta(minutes=1)
    supplier.acknowledge("PO-1", lines={"1": [Promise(code="IA", quantity=10)]}, made_at=start, announced=3)
    supplier.acknowledge("PO-1", lines={"1": [Promise(code="IA", quantity=14)]}, made_at=later)
    company.later()
    company.sync.run()
    # The same bytes once more, days later: the network's id is another one.
    [transaction, *_] = [each for each in company.network.transactions if each.set_id == "855"]
    company.later(3 * 86_400)
    company.network.drop(transaction.input, filename="again.edi")
    company.later()
    company.sync.run()
    assert said(company)["Line_1_Confirmed_Quantity"] == {"add": 24, "replace": 14}[partial]
    assert said(company)["Line_1_As_Of"] == later.isoformat()


def test_a_resend_under_a_new_control_number_is_a_further_part_where_parts_are_added(
    company: Company,
) -> None:
    """Nobody can tell it from one; that more is confirmed than was ordered is flagged."""
    policies(company, 'partial_acknowledgments = "add"')
    ordered(company)
    supplier = company.network.supplier("us_acme")
    supplier.acknowledge("PO-1", lines={"1": [Promise(code="IA", quantity=20)]}, times=2)
    company.later()
    company.sync.run()
    assert said(company)["Line_1_Flag"] == "confirmed 40 of 24 EA"


def test_a_late_first_answer_changes_nothing_of_what_a_newer_one_says(company: Company) -> None:
    ordered(company)
    supplier = company.network.supplier("us_acme")
    supplier.acknowledge("PO-1", lines={"1": "IR", "2": "IR"}, delay=2 * 86_400)  # made now, brought late
    company.later(60)
    supplier.acknowledge("PO-1")
    company.later()
    company.sync.run()
    before = said(company)
    company.later(2 * 86_400)
    company.sync.run()
    assert said(company) == before
    assert before["Acknowledgment_Status"] == "accepted"
    assert [each.state for each in answers(company)] == [State.ACCEPTED] * 2
    assert len(company.erp.writes) == 1


# -- tolerance --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tolerance", "flag"),
    [
        ("", "confirmed 98 of 100 EA"),
        ('tolerance = { under = "2%" }', ""),
        ('tolerance = { under = "1" }', "+"),
    ],
)
def test_98_of_100_are_accepted_or_flagged(company: Company, tolerance: str, flag: str) -> None:
    policies(company, tolerance)
    ordered(company, lines=[{"part": "WB-100", "quantity": 100, "price": "3.15"}])
    fields = tell(company, [{"lines": {"1": [Promise(code="IQ", quantity=98)]}}], each_by_itself=False)
    assert fields["Line_1_Confirmed_Quantity"] == 98
    expected = "confirmed 98 of 100 EA" if flag == "+" else flag
    assert (fields.get("Line_1_Flag") or "") == expected
    assert (fields.get("Acknowledgment_Flag") or "") == ("line 1" if expected else "")
    told = [line.text for line in company.sync.trail("PO-1").events if line.kind == "accepted"]
    assert any("confirmed 98 of 100 EA" in text for text in told) is bool(expected)


# -- an order that is no more -----------------------------------------------------------------------------


def test_an_answer_to_the_order_before_its_change_is_recorded_and_not_written(company: Company) -> None:
    ordered(company)
    company.network.supplier("us_acme").acknowledge("PO-1")
    company.later()  # it lies at Stedi when the order is changed
    company.erp.edit_release("PO-1", 1, quantity=30)
    company.later(1)
    company.sync.run([plex_stedi.PURCHASE_ORDERS])
    assert "POC*1*QI*30**EA*" in company.network.sent[-1].x12
    company.later()
    company.sync.run()
    assert "Acknowledgment_Status" not in company.fields()
    [answer] = answers(company)
    assert answer.state is State.UNCHANGED
    assert "it answers the order as it was before it was changed: recorded, not written" in str(
        company.sync.trail("PO-1")
    )
    assert company.sync.health().ok
    company.network.supplier("us_acme").acknowledge("PO-1")
    company.later()
    company.sync.run()
    assert said(company)["Line_1_Confirmed_Quantity"] == 30


def test_the_change_counts_from_when_it_left_though_its_answer_was_lost(company: Company) -> None:
    ordered(company)
    company.erp.edit_release("PO-1", 1, quantity=30)
    company.later(1)
    company.network.faults.add(LoseAnswer(), method="POST", path="*/partnerships/*", times=None)
    company.sync.run()
    company.network.faults.clear()
    company.later(3_600)
    company.network.supplier("us_acme").acknowledge("PO-1")  # the supplier has the change, we do not know it
    company.later(24 * 3_600)
    company.sync.run()
    company.later(600)
    company.sync.run()
    assert len(company.network.sent) == 2
    assert said(company)["Line_1_Confirmed_Quantity"] == 30


# -- what stops alone -------------------------------------------------------------------------------------


def test_one_bad_line_does_not_block_the_answers_of_others_or_later_ones(company: Company) -> None:
    company.order("PO-2")
    ordered(company)
    supplier = company.network.supplier("us_acme")
    supplier.acknowledge("PO-1", lines={"1": "IA", "9": [Promise(code="IA", quantity=5)]})
    supplier.acknowledge("PO-2")
    company.later()
    company.sync.run()
    [letter] = company.sync.dead_letters()
    assert letter.number == "PO-1"
    assert "9" in letter.reason
    assert letter.remedy
    assert said(company, "PO-2")["Acknowledgment_Status"] == "accepted"
    supplier.acknowledge("PO-1")
    company.later()
    company.sync.run()
    company.sync.dismiss(letter.id, by="Kim", reason="the supplier sent a corrected one")
    company.sync.run()
    assert said(company)["Acknowledgment_Status"] == "accepted"
    assert said(company)["Line_1_Confirmed_Quantity"] == 24
    assert company.sync.health().ok


def test_a_line_that_was_deleted_meanwhile_is_told_and_the_rest_is_kept(company: Company) -> None:
    ordered(company)
    company.network.supplier("us_acme").acknowledge("PO-1")
    company.later()
    company.sync.run()
    company.erp.change_order("PO-1", DeleteLine(line=2))
    company.later()
    company.sync.run()
    company.network.supplier("us_acme").acknowledge("PO-1")
    company.later()
    company.sync.run()
    assert company.sync.dead_letters() == []
    assert said(company)["Line_1_Confirmed_Quantity"] == 24


# -- test mode --------------------------------------------------------------------------------------------


def test_an_answer_that_is_marked_as_a_test_changes_no_real_order(company: Company) -> None:
    ordered(company)
    [sent] = company.network.sent
    assert sent.x12.split("~")[0].split("*")[15] == "P"
    company.network.supplier("us_acme").acknowledge("PO-1")
    [answer] = [each for each in company.network.transactions if each.set_id == "855"]
    marked = answer.input.decode().replace("*P*>", "*T*>").replace("*AD*", "*RD*").replace("*IA*", "*IR*")
    company.network.drop(marked, filename="test.edi")
    modes = {each.mode for each in company.network.transactions if each.set_id == "855"}
    assert modes == {"production", "test"}
    company.later()
    company.sync.run()
    assert said(company)["Acknowledgment_Status"] == "accepted"
    assert [each.state for each in answers(company)] == [State.ACCEPTED]


@pytest.mark.parametrize("other", ["environment", "tenant"])
def test_a_store_serves_one_tenant_and_one_environment(company: Company, other: str) -> None:
    """In one store the test system would move the checkpoint past a production 855, and send its orders."""
    plex = company.plex
    if other == "tenant":
        plex = Plex(company.plex_settings(pcn="999"), clock=company.time)
    second = plex_stedi.pipeline(
        plex,
        company.stedi,
        store=company.store,
        partners=company.folder / "partners.toml",
        environment="test" if other == "environment" else "production",
    )
    for call in (second.baseline, second.run, second.preview):
        with pytest.raises(ConfigurationError, match="a store of its own") as caught:
            call()
        assert "belongs to" in str(caught.value)
    if other == "tenant":
        plex.close()


def test_a_test_environment_sends_tests_and_hears_of_tests(company: Company) -> None:
    plex = Plex(company.plex_settings(), clock=company.time)
    company.network.supplier("us_acme").answers("accept")
    sync = plex_stedi.pipeline(
        plex,
        company.stedi,
        store=MemoryStore(),
        partners=company.folder / "partners.toml",
        environment="test",
    )
    sync.baseline()
    company.later()
    company.order("PO-T")
    sync.run().raise_for_problems()
    company.later()
    sync.run().raise_for_problems()
    [sent] = company.network.sent
    assert sent.x12.split("~")[0].split("*")[15] == "T"
    assert {entry.ordering_key.split("|")[2] for entry in sync.trail("PO-T").entries} == {"test"}
    assert company.fields("PO-T")["Acknowledgment_Status"] == "accepted"
    plex.close()
