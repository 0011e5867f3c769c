"""Plex ↔ Stedi under attack: what resists stays alone, and what was promised holds."""

from __future__ import annotations

from datetime import timedelta

from mlconnector_sdk import Every
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.records import State
from mlconnector_sdk.simulators.faults import Answer, LoseAnswer

from .conftest import KEY, PARTNERS, Company


def states(company: Company, number: str = "PO-1") -> list[State]:
    entries = company.sync.trail(number).entries
    return [entry.state for entry in entries if entry.flow == plex_stedi.PURCHASE_ORDERS]


def kinds(company: Company, number: str = "PO-1") -> list[str]:
    return [line.kind for line in company.sync.trail(number).events]


def test_one_answer_that_cannot_be_fetched_holds_up_no_other(company: Company, webhooks: str) -> None:
    company.network.webhook(webhooks, header=("x-api-key", KEY), shape="event")
    company.network.supplier("us_acme").answers("accept")
    for number in ("PO-1", "PO-2", "PO-3"):
        company.order(number)
    company.sync.run()
    company.later(1)
    company.network.deliver_webhooks()
    [first, *_] = [each for each in company.network.transactions if each.direction == "INBOUND"]
    company.network.faults.add(Answer(500), path=f"*/transactions/{first.id}/output*", times=None)
    report = company.sync.run()
    assert not report.ok
    answered = ["Acknowledgment_Status" in company.fields(number) for number in ("PO-1", "PO-2", "PO-3")]
    assert sorted(answered) == [False, True, True]
    company.network.faults.clear()
    company.later(3600)
    company.sync.run().raise_for_problems()
    assert all("Acknowledgment_Status" in company.fields(number) for number in ("PO-1", "PO-2", "PO-3"))


def test_a_partner_file_mended_during_an_outage_takes_effect(company: Company) -> None:
    (company.folder / "partners.toml").write_text(PARTNERS.replace("us_acme-850", "us_acme-typo"))
    company.sync = company.pipeline()
    company.network.faults.add(Answer(429), method="POST", path="*", times=None)
    company.order()
    company.sync.run()
    assert states(company) == [State.PENDING]
    (company.folder / "partners.toml").write_text(PARTNERS)
    company.sync = company.pipeline()
    company.network.faults.clear()
    company.later(3600)
    company.sync.run()
    assert len(company.network.sent) == 1


def test_a_baseline_before_every_run_swallows_no_order(company: Company) -> None:
    company.order()
    company.sync.baseline()
    company.sync.run()
    assert len(company.network.sent) == 1


def test_an_edit_waits_until_the_lost_answer_is_settled_and_is_a_change_then(company: Company) -> None:
    company.network.faults.add(LoseAnswer(), method="POST", path="*/partnerships/*", times=None)
    company.order()
    company.sync.run()
    company.later()
    company.erp.edit_release("PO-1", 1, quantity=30)
    company.sync.run()
    assert states(company) == [State.IN_FLIGHT, State.PENDING]
    company.network.faults.clear()
    company.later(3600)
    company.sync.run()
    company.sync.run()
    assert states(company) == [State.DELIVERED, State.DELIVERED]
    assert [each.set_id for each in company.network.sent] == ["850", "860"]


def test_an_outage_of_a_day_ends_without_a_question_and_without_a_double(company: Company) -> None:
    company.network.faults.add(LoseAnswer(), method="POST", path="*/partnerships/*", times=None)
    for number in range(30):
        company.order(f"PO-{number:02}")
    for _ in range(26):
        company.sync.run()
        company.later(3600)
    company.network.faults.clear()
    for _ in range(3):
        company.later(7200)
        company.sync.run()
    assert sorted(each.number for each in company.network.sent) == [f"PO-{n:02}" for n in range(30)]
    assert {states(company, f"PO-{n:02}")[-1] for n in range(30)} == {State.DELIVERED}
    assert company.sync.dead_letters() == []


def test_a_program_told_to_stop_takes_back_what_it_has_not_sent(company: Company) -> None:
    for number in range(15):
        company.order(f"PO-{number:02}")
    company.sync.run_every(Every(timedelta(minutes=5)), until=lambda: len(company.network.sent) >= 4)
    assert len(company.network.sent) == 4
    left = [states(company, f"PO-{number:02}") for number in range(15)]
    assert left.count([State.PENDING]) == 11
    company.sync.run()
    assert sorted(each.number for each in company.network.sent) == [f"PO-{n:02}" for n in range(15)]


def test_each_refusal_of_a_document_is_told(company: Company) -> None:
    company.network.faults.add(Answer(400), method="POST", path="*/partnerships/*", times=2)
    company.order()
    company.sync.run()
    company.sync.retry("PO-1")
    company.sync.run()
    company.sync.retry("PO-1")
    company.sync.run()
    told = kinds(company)
    assert (told.count("sending"), told.count("dead letter"), told.count("accepted")) == (3, 2, 1)
