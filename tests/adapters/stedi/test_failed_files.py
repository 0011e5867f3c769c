"""Files that came in and could not be processed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from mlconnector_sdk.adapters.stedi import FailedFileSource, Stedi
from mlconnector_sdk.adapters.stedi.failed_files import map_failed_file
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import InvalidDocument, UnreadableAnswer, VendorUnavailable
from mlconnector_sdk.flow.mapped import Unchanged
from mlconnector_sdk.flow.source import Observation, Window
from mlconnector_sdk.flow.standing import Standing
from mlconnector_sdk.records import Feed
from mlconnector_sdk.simulators import Answer, StediSimulator
from tests.adapters.stedi.orders import entry
from tests.adapters.stedi.walking import observed, told, walked


@pytest.fixture
def account(stedi_simulator: StediSimulator) -> StediSimulator:
    stedi_simulator.add_partnership("us_acme", sender="us", receiver="acme")
    return stedi_simulator


def answer(sender: str = "NEWCO", usage: str = "P") -> str:
    return (
        f"ISA*00*          *00*          *ZZ*{sender:15}*ZZ*US             "
        f"*260302*0758*U*00401*000000777*0*{usage}*>~"
        f"GS*PR*{sender}*US*20260302*0758*777*X*004010~ST*855*0001~"
        "BAK*00*AD*PO-7731*20260302****S-1*20260302~CTT*0~SE*4*0001~GE*1*777~IEA*1*000000777~"
    )


def letter(seen: Observation) -> InvalidDocument:
    with pytest.raises(InvalidDocument) as caught:
        mapped(seen)
    return caught.value


def mapped(seen: Observation) -> Any:
    return map_failed_file(entry(id="e-7", number=seen.number, record=seen.record), Standing())


def test_listing_and_webhook_tell_the_same_of_a_failed_file(account: StediSimulator, stedi: Stedi) -> None:
    failed = account.drop(answer(), filename="newco.edi")
    account.drop(answer("ACME"), filename="fine.edi")
    account.advance(60)
    source = FailedFileSource(stedi)
    (polled,), cursors = walked(source, Window())
    (heard,) = observed(source, told(account))
    assert evolve(polled, record=b"") == evolve(heard, record=b"")
    assert letter(polled).message == letter(heard).message
    assert (polled.number, polled.partner, polled.fingerprint) == (failed.id, "", f"{failed.id}/FAILED")
    error = letter(polled)
    assert "the file newco.edi could not be processed" in error.message
    assert "FAILED_TO_FIND_PARTNERSHIP: no partnership for ZZ/NEWCO to ZZ/US" in error.message
    assert "dismiss('e-7', by=..., reason=...)" in error.remedy
    assert source.feed is Feed.STATE
    assert walked(source, Window(cursors=cursors)) == ([], cursors)


def test_a_retry_speaks_of_the_first_execution(account: StediSimulator, stedi: Stedi) -> None:
    first = account.drop(answer())
    events = told(account)
    second = account.retry(first.id)
    account.add_partnership("us_newco", sender="us", receiver="newco")
    third = account.retry(second.id)
    account.advance(60)
    source = FailedFileSource(stedi)
    (seen,), _ = walked(source, Window())
    assert (seen.number, seen.fingerprint) == (first.id, f"{third.id}/COMPLETED")
    assert isinstance(mapped(seen), Unchanged)
    assert observed(source, events) == []  # the failure that was told late is no more


def test_a_file_that_is_still_being_processed_is_waited_for(account: StediSimulator, stedi: Stedi) -> None:
    slow = account.drop(answer())
    slow.status = "IN_PROGRESS"
    account.advance(3_600)
    account.drop(answer("ACME"))
    account.advance(60)
    source = FailedFileSource(stedi)
    seen, cursors = walked(source, Window())
    assert seen == []
    slow.status = "FAILED"
    (late,), _ = walked(source, Window(cursors=cursors))
    assert late.number == slow.id


@pytest.mark.parametrize(
    ("usage", "mode", "is_ours"),
    [
        ("P", "production", True),
        ("T", "production", False),
        ("T", "test", True),
        ("P", "test", False),
        ("T", "", True),
        ("P", "", True),
    ],
)
def test_which_files_are_ours(
    account: StediSimulator, stedi: Stedi, usage: str, mode: str, is_ours: bool
) -> None:
    account.drop(answer("ACME", usage).replace("ST*855", "ST*864"))
    account.advance(60)
    source = FailedFileSource(stedi, mode=mode)
    assert bool(walked(source, Window())[0]) is bool(observed(source, told(account))) is is_ours


def test_a_file_that_nobody_could_read_is_for_production(account: StediSimulator, stedi: Stedi) -> None:
    account.drop("hello")
    account.advance(60)
    assert walked(FailedFileSource(stedi), Window())[0]
    assert walked(FailedFileSource(stedi, mode="test"), Window())[0] == []


def test_what_goes_out_is_no_business_of_this_source(account: StediSimulator, stedi: Stedi) -> None:
    account.transport("us_acme").fails()
    stedi.transactions.create("us_acme", "us_acme-850", json.loads(GUIDE), idempotency_key="k")
    account.advance(800)
    source = FailedFileSource(stedi)
    assert walked(source, Window())[0] == observed(source, told(account)) == []


def test_an_execution_that_stedi_does_not_show_is_taken_as_told(
    account: StediSimulator, stedi: Stedi
) -> None:
    failed = account.drop(answer(), filename="newco.edi")
    events = told(account)
    account.faults.add(Answer(404), path="*/executions/*", times=None)
    (heard,) = observed(FailedFileSource(stedi), events)
    assert heard.fingerprint == f"{failed.id}/FAILED"
    assert "newco.edi" in letter(heard).message
    assert "no partnership for" in letter(heard).message


def test_an_outage_leaves_the_event_and_the_window(account: StediSimulator, stedi: Stedi) -> None:
    account.drop(answer())
    events = told(account)
    account.advance(60)
    account.faults.add(Answer(503), path="*/executions/*", times=None)
    source = FailedFileSource(stedi)
    with pytest.raises(VendorUnavailable):
        observed(source, events)
    with pytest.raises(VendorUnavailable):
        walked(source, Window())


def test_what_stays_unreadable_is_told_with_what_the_listing_says(
    account: StediSimulator, stedi: Stedi
) -> None:
    account.drop(answer())
    source = FailedFileSource(stedi)
    (event,) = (each for each in told(account) if each.source == source.name)
    account.faults.add(
        Answer(200, body=b"<html>", content_type="text/html"), path="*/executions/*", times=None
    )
    with pytest.raises(UnreadableAnswer):
        run(source.observe(event))
    account.advance(stedi.profile.patience.total_seconds())
    (polled,), _ = walked(source, Window())
    assert "no partnership for" in letter(polled).message
    account.faults.clear()
    account.faults.add(
        Answer(200, body=b"<html>", content_type="text/html"),
        path=f"*/executions/{polled.number}",
        times=None,
    )
    (heard,) = run(source.observe(event))
    assert heard.fingerprint == polled.fingerprint


def record(*faults: tuple[str, str], status: str = "FAILED", untranslated: int = 0, **more: Any) -> bytes:
    told_faults = [{"faultCode": code, "faultMessage": message} for code, message in faults]
    execution = {"executionId": "x-1", "status": status, "direction": "INBOUND", **more}
    return json.dumps({"execution": execution, "faults": told_faults, "untranslated": untranslated}).encode()


def error_of(content: bytes) -> InvalidDocument:
    return letter(Observation(number="x-1", record=content))


def test_what_is_told_with_its_transactions_is_not_told_twice() -> None:
    one = ("TRANSLATION_ERROR", "bad date")
    content = record(one, untranslated=1)
    assert isinstance(mapped(Observation(number="x-1", record=content)), Unchanged)
    assert "bad date" in error_of(record(one, one, untranslated=1)).message
    other = ("FAILED_TO_FIND_GUIDE", "no guide for 864")
    message = error_of(record(one, other, untranslated=1, status="PARTIALLY_COMPLETED")).message
    assert "no guide for 864" in message
    assert "bad date" not in message


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("FAILED_TO_FIND_PARTNERSHIP", "FAILED", "retry the execution there"),
        ("FAILED_TO_FIND_GUIDE", "PARTIALLY_COMPLETED", "send again what is missing"),
        ("FAILED_TO_PARSE", "FAILED", "correct the file and send it again"),
        ("UNKNOWN_ERROR", "FAILED", "correct what is wrong in the Stedi portal"),
        ("", "FAILED", "correct what is wrong in the Stedi portal"),
    ],
)
def test_what_to_do_follows_from_the_fault(code: str, status: str, said: str) -> None:
    error = error_of(record((code, "why"), status=status))
    assert said in error.remedy
    assert "why" in error.message


def test_faults_are_shown_cut_and_without_passwords() -> None:
    message = error_of(record(("X", "sftp://me:secret@host/ " + "a" * 5_000))).message
    assert "secret" not in message
    assert len(message) <= 1_000
    assert "does not say why" in error_of(record()).message
    assert "NO_IDEA" in error_of(record(faultCode="NO_IDEA")).message


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"execution":{},"faults":[],"untranslated":0}'])
def test_a_record_that_is_none(content: bytes) -> None:
    assert "portal" in error_of(content).remedy


GUIDE = """{"heading": {"transaction_set_header_ST": {"transaction_set_identifier_code_01": "850",
"transaction_set_control_number_02": 1}, "beginning_segment_for_purchase_order_BEG":
{"transaction_set_purpose_code_01": "00", "purchase_order_type_code_02": "SA",
"purchase_order_number_03": "P", "date_05": "2026-03-02"}}, "detail": {"baseline_item_data_PO1_loop":
[{"baseline_item_data_PO1": {"assigned_identification_01": "1", "quantity_ordered_02": 1,
"unit_or_basis_for_measurement_code_03": "EA", "unit_price_04": 1, "product_service_id_qualifier_06": "BP",
"product_service_id_07": "A"}}]}, "summary": {"transaction_totals_CTT_loop":
[{"transaction_totals_CTT": {"number_of_line_items_01": 1}}]}}"""
