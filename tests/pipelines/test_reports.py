"""What is said later of what was sent, and of files that came in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from attrs import evolve

from mlconnector_sdk import MemoryStore, Plex, Receiver, Secret, Stedi, StediWebhook
from mlconnector_sdk.dual import run
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.records import Entry, State
from mlconnector_sdk.simulators.faults import LoseAnswer
from mlconnector_sdk.simulators.stedi.translator import Complaint

from .conftest import KEY, PARTNERS, Company, served_wsgi

KINDS = ("transaction.processed.v2", "file.delivered.v2", "file.failed.v2")
REPORTS = (plex_stedi.CONTROL_NUMBERS, plex_stedi.DELIVERIES, plex_stedi.FUNCTIONAL_ACKNOWLEDGMENTS)
COMPLAINT = Complaint(segment="PO1", position=5, element=3, reference=355, value="EA")


@pytest.fixture(params=["webhooks", "polling"])
def heard(company: Company, request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """Hear what there is to hear: through webhooks with the polls far behind, or through the poll alone."""
    if request.param == "polling":

        def poll() -> None:
            company.later()
            company.sync.run().raise_for_problems()

        yield poll
        return
    with listening(company):

        def listen() -> None:
            company.network.deliver_webhooks()
            catch_up(company)

        yield listen


@contextmanager
def listening(company: Company) -> Iterator[None]:
    receiver = Receiver(
        parser=StediWebhook(secret=Secret(KEY), header="x-api-key"),
        admit=company.sync.receive,
        clock=company.time,
    )
    with served_wsgi(receiver) as url:
        company.network.webhook(url, header=("x-api-key", KEY), kinds=KINDS)
        yield


def catch_up(company: Company) -> None:
    """What a stored webhook wakes: inbox and outbox are attended to, no source is polled."""
    runner = company.sync._runner()
    run(runner.run(list(company.sync.flows.values()), since=None, poll=False))


def order(company: Company, number: str = "PO-1") -> Entry:
    """The newest entry of an order that went out."""
    return list(company.store.find(flow=plex_stedi.PURCHASE_ORDERS, number=number))[-1]


def partner(company: Company, toml: str) -> None:
    (company.folder / "partners.toml").write_text(PARTNERS + "\n" + toml + "\n")


# -- delivered, acknowledged ------------------------------------------------------------------------------


def test_an_order_is_delivered_then_acknowledged(company: Company, heard: Callable[[], None]) -> None:
    company.network.transport("us_acme").takes(300)
    company.network.supplier("us_acme").translator.acknowledges(delay=600)
    company.order()
    company.sync.run()
    heard()
    assert order(company).state is State.ACCEPTED
    company.later(300)
    heard()
    assert order(company).state is State.DELIVERED
    company.later(900)
    heard()
    assert order(company).state is State.ACKNOWLEDGED
    assert "us_acme says of 850 us_acme/1/1: accepted" in str(company.sync.trail("PO-1"))
    assert company.sync.health().ok


@pytest.mark.parametrize("verdict", ["A", "R"])
@pytest.mark.parametrize("arrival", list(itertools.permutations(REPORTS)))
def test_reports_may_come_in_any_order(company: Company, verdict: str, arrival: Sequence[str]) -> None:
    """One flow after the other hears of its report: control numbers, delivery, 997."""
    translator = company.network.supplier("us_acme").translator
    if verdict == "A":
        translator.acknowledges()
    else:
        translator.rejects("850", because=[COMPLAINT])
    company.order()
    company.sync.run([plex_stedi.PURCHASE_ORDERS])
    for report in arrival:
        company.later()
        company.sync.run([report])
    company.later()
    company.sync.run()
    assert order(company).state is (State.ACKNOWLEDGED if verdict == "A" else State.REJECTED)
    assert len(company.sync.dead_letters()) == (verdict == "R")


def test_reports_that_come_before_the_send_is_known_count_a_day_later(
    company: Company, heard: Callable[[], None]
) -> None:
    """The answer to the send was lost; delivery and 997 arrive while nobody knows that it arrived."""
    company.network.supplier("us_acme").translator.acknowledges(delay=60)
    company.network.faults.add(LoseAnswer(), method="POST", path="*/partnerships/*", times=None)
    company.order()
    company.sync.run()
    company.network.faults.clear()
    assert order(company).state is State.IN_FLIGHT
    company.later(60)
    heard()
    company.later(25 * 3_600)  # the key is forgotten: it is looked up
    company.sync.run()
    company.later(600)
    company.sync.run()
    assert len(company.network.sent) == 1
    assert order(company).state is State.ACKNOWLEDGED
    kinds = [line.kind for line in company.sync.trail("PO-1").events]
    assert kinds.index("found") < kinds.index("delivered") < kinds.index("acknowledged")
    assert company.sync.dead_letters() == []


# -- rejected ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "purpose"), [("original", "00"), ("replace", "05")])
def test_a_rejection_is_a_letter_with_reasons_and_the_corrected_order_goes_by_itself(
    company: Company, heard: Callable[[], None], policy: str, purpose: str
) -> None:
    partner(company, f'[partners.ACME.policies]\nafter_rejection = "{policy}"')
    supplier = company.network.supplier("us_acme")
    supplier.translator.rejects("850", because=[COMPLAINT])
    company.order()
    company.sync.run()
    company.later()
    heard()
    [letter] = company.sync.dead_letters()
    assert (letter.number, letter.state) == ("PO-1", State.REJECTED)
    assert "segment 5 PO1" in letter.reason
    assert "PO1-03" in letter.reason
    assert "EA" in letter.reason
    assert "a corrected document goes by itself" in letter.remedy
    assert not company.sync.health().ok
    company.erp.edit_release("PO-1", 1, quantity=30)
    company.later()
    company.sync.run()
    assert f"BEG*{purpose}*SA*PO-1" in company.network.sent[-1].x12
    company.later()
    heard()
    assert company.sync.dead_letters() == []
    assert supplier.orders["PO-1"].lines["1"].quantity == 30
    assert supplier.objections == []
    assert company.sync.health().ok


def test_a_rejection_after_the_delivery_was_told_still_counts(company: Company) -> None:
    company.network.supplier("us_acme").translator.rejects("850", because=[COMPLAINT], delay=86_400)
    company.order()
    company.sync.run()
    company.later()
    company.sync.run()
    assert order(company).state is State.DELIVERED
    company.later(86_400)
    company.sync.run()
    assert order(company).state is State.REJECTED


def test_a_rejected_change_leaves_the_order_as_the_supplier_has_it(company: Company) -> None:
    supplier = company.network.supplier("us_acme")
    supplier.translator.rejects("860", because=[Complaint(segment="POC", position=3)])
    company.order()
    company.sync.run()
    company.later()
    company.erp.edit_release("PO-1", 1, quantity=30)
    company.later(1)
    company.sync.run()
    company.later()
    company.sync.run()
    [letter] = company.sync.dead_letters()
    assert letter.kind == "860"
    company.erp.edit_release("PO-1", 1, quantity=36)
    company.later(1)
    company.sync.run()
    company.later()
    company.sync.run()
    assert company.sync.dead_letters() == []
    assert supplier.orders["PO-1"].lines["1"].quantity == 36
    assert supplier.objections == []


def test_a_file_that_cannot_be_delivered_is_a_letter_until_the_portal_retries_it(
    company: Company, heard: Callable[[], None]
) -> None:
    transport = company.network.transport("us_acme")
    transport.fails(message="no route to host")
    company.order()
    company.sync.run()
    company.later(800)
    heard()
    [letter] = company.sync.dead_letters()
    assert letter.state is State.REJECTED
    assert "no route to host" in letter.reason
    assert "retry the execution" in letter.remedy
    transport.recovers()
    company.network.retry(letter.references["execution"])
    company.later()
    heard()
    assert order(company).state is State.DELIVERED
    assert company.sync.dead_letters() == []
    assert company.sync.health().ok
    assert len(company.network.sent) == 1
    # An edit is a change of what the supplier has at last.
    company.erp.edit_release("PO-1", 1, quantity=30)
    company.later()
    company.sync.run()
    assert company.network.sent[-1].set_id == "860"


# -- overdue ----------------------------------------------------------------------------------------------

LIMITS = """[partners.ACME.limits]
delivered = "30m"
acknowledged = "4h"
answered = "2d"
"""


def late(company: Company) -> list[str]:
    return [each.waits_for for each in company.sync.overdue()]


def test_what_waits_too_long_is_named_and_what_clears_it(company: Company) -> None:
    partner(company, LIMITS)
    supplier = company.network.supplier("us_acme")
    company.network.transport("us_acme").takes(3_600)
    company.order()
    company.sync.run()
    company.later(29 * 60)
    company.sync.run()
    assert late(company) == []
    company.later(120)
    company.sync.run()
    assert late(company) == ["delivered"]
    [alert] = company.sync.health().alerts
    assert alert.text.startswith("850 PO-1 should have been delivered by")
    company.later(3_600)
    company.sync.run()
    assert late(company) == []
    assert company.sync.health().ok
    company.later(5 * 3_600)
    company.sync.run()
    assert late(company) == ["acknowledged"]
    assert "control numbers" in company.sync.overdue()[0].remedy
    company.later(2 * 86_400)
    company.sync.run()
    assert sorted(late(company)) == ["acknowledged", "answered"]
    supplier.acknowledge("PO-1")
    company.later()
    company.sync.run()
    assert late(company) == ["acknowledged"]
    company.network.drop(functional_acknowledgment(), filename="997.edi")
    company.later()
    company.sync.run()
    assert late(company) == []
    assert order(company).state is State.ACKNOWLEDGED
    assert company.sync.health().ok


def test_a_step_that_is_never_expected_makes_nobody_wait(company: Company) -> None:
    partner(company, '[partners.ACME.limits]\ndelivered = "never"')
    company.network.transport("us_acme").takes(10**7)
    company.order()
    company.sync.run()
    company.later(30 * 86_400)
    company.sync.run()
    assert late(company) == []


def test_an_order_that_cannot_be_sent_is_overdue_too(company: Company) -> None:
    company.order()
    company.network.revoke_key(company.network.api_key)
    company.sync.run()
    company.later(2 * 3_600)
    company.sync.run()
    assert late(company) == ["accepted"]
    health = company.sync.health()
    assert health.overdue == 1
    assert health.oldest_pending is not None
    assert any("rests" in alert.text for alert in health.alerts)
    company.network.add_key(company.network.api_key)
    company.later(600)
    company.sync.run()
    company.later()
    company.sync.run()
    assert company.sync.health().ok


def functional_acknowledgment() -> str:
    return (
        "ISA*00*          *00*          *ZZ*ACME           *ZZ*US             "
        "*260305*0958*U*00401*000000777*0*P*>~"
        "GS*FA*ACME*US*20260305*0958*777*X*004010~ST*997*0001~AK1*PO*1~AK2*850*0001~AK5*A~"
        "AK9*A*1*1*1~SE*6*0001~GE*1*777~IEA*1*000000777~"
    )


# -- files that came in and could not be processed --------------------------------------------------------


def stranger(sets: str = "855", sender: str = "NEWCO", number: str = "PO-1") -> str:
    return (
        f"ISA*00*          *00*          *ZZ*{sender:15}*ZZ*US             "
        "*260302*0958*U*00401*000000777*0*P*>~"
        f"GS*PR*{sender}*US*20260302*0958*777*X*004010~ST*{sets}*0001~"
        f"BAK*00*AD*{number}*20260302****S-1*20260302~CTT*0~SE*4*0001~GE*1*777~IEA*1*000000777~"
    )


def test_a_file_without_a_partnership_is_a_letter_that_a_retry_in_the_portal_clears(
    company: Company, heard: Callable[[], None]
) -> None:
    company.order()
    company.sync.run()
    company.later()
    failed = company.network.drop(stranger(), filename="newco-855.edi")
    for _ in range(3):
        company.later()
        heard()
    [letter] = company.sync.dead_letters()
    assert (letter.flow, letter.number) == (plex_stedi.FAILED_FILES, failed.id)
    assert "the file newco-855.edi could not be processed" in letter.reason
    assert "FAILED_TO_FIND_PARTNERSHIP" in letter.reason
    assert "NEWCO" in letter.reason
    assert "make the partnership" in letter.remedy
    assert "retry the execution" in letter.remedy
    # The first retry comes too early: still one letter, about what is wrong now.
    again = company.network.retry(failed.id)
    company.later()
    company.sync.run()
    [letter] = company.sync.dead_letters()
    assert letter.number == failed.id
    assert again.id in letter.reason
    company.network.add_partnership("us_newco", sender="us", receiver="newco")
    company.network.retry(again.id)
    company.later()
    company.sync.run()
    assert [each.flow for each in company.sync.dead_letters()] == [plex_stedi.ACKNOWLEDGMENTS]
    assert "was processed, retried as execution" in str(company.sync.trail(failed.id))


def test_a_successful_retry_makes_no_letter_whoever_heard_of_what(company: Company) -> None:
    """The first failure, its webhook and the retry are all heard of only when the file has been processed."""
    with listening(company):
        company.order()
        company.sync.run()
        failed = company.network.drop(stranger(), filename="late.edi")
        company.network.add_partnership("us_newco", sender="us", receiver="newco")
        company.network.retry(failed.id)
        company.later()
        company.network.deliver_webhooks()
        company.sync.run()
    assert [each for each in company.sync.dead_letters() if each.flow == plex_stedi.FAILED_FILES] == []


@pytest.mark.parametrize("content", ["ISA*nonsense", "hello", "\x00\x01", ""])
def test_a_file_that_is_no_x12_is_a_letter(company: Company, heard: Callable[[], None], content: str) -> None:
    company.network.drop(content, filename="broken.edi")
    company.later()
    heard()
    [letter] = company.sync.dead_letters()
    assert "broken.edi" in letter.reason
    assert "send it again" in letter.remedy
    company.sync.dismiss(letter.id, by="Kim", reason="the supplier was asked for another one")
    for _ in range(3):
        company.later(600)
        company.sync.run()
    assert company.sync.health().ok


def test_a_set_that_no_guide_knows_is_told_though_the_rest_was_processed(company: Company) -> None:
    company.order()
    company.sync.run()
    company.later()
    mixed = stranger(sender="ACME").replace(
        "GE*1*777~", "ST*856*0002~BSN*00*1*20260302*0958~SE*3*0002~GE*2*777~"
    )
    company.network.drop(mixed, filename="mixed.edi")
    company.later()
    company.sync.run()
    assert company.fields()["Acknowledgment_Status"] == "accepted"
    [letter] = company.sync.dead_letters()
    assert "of partnership us_acme was processed only in part" in letter.reason
    assert "FAILED_TO_FIND_GUIDE" in letter.reason
    assert "transaction setting" in letter.remedy


def test_what_could_not_be_translated_is_told_once_with_its_transaction(company: Company) -> None:
    company.network.drop(stranger(sender="ACME").replace("*20260302****S-1", "*yesterday****S-1"))
    company.later()
    company.sync.run()
    [letter] = company.sync.dead_letters()
    assert letter.flow == plex_stedi.ACKNOWLEDGMENTS
    assert "could not translate" in letter.reason


def test_what_failed_before_go_live_is_not_told(company: Company) -> None:
    company.network.drop("ISA*nonsense", filename="old.edi")
    company.later(86_400)
    fresh = plex_stedi.pipeline(
        company.plex, company.stedi, store=MemoryStore(), partners=company.folder / "partners.toml"
    )
    fresh.baseline()
    company.later()
    fresh.run()
    assert fresh.dead_letters() == []
    company.network.drop("ISA*nonsense", filename="new.edi")
    company.later()
    fresh.run()
    [letter] = fresh.dead_letters()
    assert "new.edi" in letter.reason


# -- credentials that end ---------------------------------------------------------------------------------


def test_keys_that_end_are_told_two_weeks_ahead(company: Company) -> None:
    today = company.time.now().date()
    company.plex.close()
    company.stedi.close()
    company.plex = Plex(
        company.plex_settings(client_secret_expires=today + timedelta(days=14)), clock=company.time
    )
    settings = evolve(company.stedi_settings(), api_key_expires=today + timedelta(days=20))
    company.stedi = Stedi(settings, clock=company.time)
    company.sync = company.pipeline()
    [alert] = company.sync.health().alerts
    assert alert.text == f"Plex client secret ends on {today + timedelta(days=14)}."
    assert "PLEX_CLIENT_SECRET_EXPIRES" in alert.remedy
    company.later(6 * 86_400)
    alerts = company.sync.health().alerts
    assert [each.key for each in alerts] == ["expires Plex client secret", "expires Stedi API key"]
    assert "revoke the old one" in alerts[1].remedy
    assert "StediWebhook(previous=...)" in alerts[1].remedy
    company.later(30 * 86_400)
    assert "has ended" in company.sync.health().alerts[0].text
