"""Somebody follows docs/when-something-goes-wrong.md word for word: each remedy is executed, and works."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve

from mlconnector_sdk import Receiver, Secret, SQLiteStore, StediWebhook
from mlconnector_sdk.errors import ConfigurationError, DocumentError, NoStartingPoint, StoreError
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.records import Change, State
from mlconnector_sdk.simulators.faults import Answer, LoseAnswer
from mlconnector_sdk.simulators.plex.edits import SetQuantity
from mlconnector_sdk.simulators.stedi.translator import Complaint

from .conftest import PARTNERS, UNITS, Company, remedies

TESTED: set[str] = set()


def remedy(heading: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Marks a test as the one of a heading."""

    def mark(test: Callable[..., None]) -> Callable[..., None]:
        TESTED.add(heading)
        return test

    return mark


def test_every_heading_of_the_page_has_a_test() -> None:
    assert set(remedies()) == TESTED


# -- look first ----------------------------------------------------------------------------------------


@remedy("Open a shell beside the running system")
def test_a_shell(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.order(unit="Barrel")
    company.run()
    before = company.sent()
    company.follow("Open a shell beside the running system")
    shown = capsys.readouterr().out
    assert "1 dead letters" in shown
    assert "units.toml has no row for 'Barrel'" in shown
    assert company.entry().id in shown
    assert company.sent() == before


# -- a run says "stopped" ------------------------------------------------------------------------------


@remedy("The Stedi key is refused")
def test_a_revoked_key(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.order()
    company.network.revoke_key(company.network.api_key)
    assert "STEDI_API_KEY" in company.run()
    assert company.sync.dead_letters() == []
    assert any("rests" in alert.text for alert in company.sync.health().alerts)
    company.network.add_key("a-new-key")
    monkeypatch.setenv("STEDI_API_KEY", "a-new-key")
    company.follow("The Stedi key is refused")
    assert company.sent() == ["850"]
    assert company.sync.health().ok


@remedy("Plex says that a role is missing")
@pytest.mark.parametrize("denial", ["403", "empty"])
def test_a_missing_role(company: Company, denial: Any, capsys: pytest.CaptureFixture[str]) -> None:
    company.order("PO-1")
    company.run()
    company.erp.rules.deny["purchase-orders"] = denial
    company.order()
    assert "stopped" in company.run()
    company.follow("Plex says that a role is missing", blocks=slice(0, 1))
    assert "Purchase_Order: read" in capsys.readouterr().out
    company.erp.rules.deny.clear()
    company.follow("Plex says that a role is missing", blocks=slice(1, None))
    assert company.sent() == ["850"]


@remedy("A vendor does not answer")
def test_an_outage(company: Company) -> None:
    company.order()
    company.network.faults.add(Answer(503), path="*", times=None)
    assert "stopped" in company.run()
    company.network.faults.clear()
    company.time.advance(3600)
    company.follow("A vendor does not answer")
    assert company.sent() == ["850"]


@remedy("A flow has never run")
def test_a_flow_that_never_ran(company: Company, tmp_path: Path) -> None:
    company.order("PO-1")
    company.run()
    with closing(sqlite3.connect(tmp_path / "sync.db")) as file, file:
        file.execute("DELETE FROM checkpoints WHERE flow = 'deliveries'")
    with pytest.raises(NoStartingPoint, match="baseline"):
        company.run()
    company.order()
    company.follow("A flow has never run")
    assert company.sent("PO-1") == ["850"]
    assert company.sent() == ["850"]


@remedy("One partner has to wait")
def test_a_partner_who_waits(company: Company) -> None:
    company.order()
    company.follow("One partner has to wait", blocks=slice(0, 1))
    company.run()
    assert company.sent() == []
    company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=30))
    company.run()
    company.follow("One partner has to wait", blocks=slice(1, None))
    assert company.sent() == ["850"]
    assert company.supplier.orders["PO-10017"].lines["1"].quantity == 30


@remedy("A changed file is not taken up")
def test_a_file_with_a_mistake(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.write("units.toml", "EA = \n")
    company.order()
    company.run()
    assert company.sent() == ["850"]
    assert any(line.kind == "settings refused" for line in company.store.audit.read())
    with pytest.raises(ConfigurationError, match=r"units\.toml line 1"):
        company.follow("A changed file is not taken up")
    company.write("units.toml", UNITS + 'Barrel = "BA"\n')
    company.follow("A changed file is not taken up")
    assert "row Barrel added" in capsys.readouterr().out


# -- a document waits for you --------------------------------------------------------------------------


@remedy("No row for a unit, a part or a partner")
@pytest.mark.parametrize("missing", ["unit", "part", "partner"])
def test_a_missing_row(company: Company, missing: str) -> None:
    if missing == "unit":
        company.order(unit="Barrel")
    elif missing == "part":
        company.order(part="XX-1")
    else:
        company.order(supplier="NEWCO")
    company.order("PO-2")
    company.run()
    assert (company.sent("PO-2"), company.sent()) == (["850"], [])
    company.write("units.toml", UNITS + 'Barrel = "BA"\n')
    with (company.folder / "parts.csv").open("a") as file:
        file.write("XX-1,*,XX-1,\n")
    company.network.add_partnership("us_newco", sender="us", receiver="newco")
    section = PARTNERS[PARTNERS.index("[partners.ACME]") :]
    company.write("partners.toml", PARTNERS + section.replace("acme", "newco").replace("ACME", "NEWCO"))
    company.follow("No row for a unit, a part or a partner")
    assert company.sent() == ["850"]
    assert company.sync.dead_letters() == []


@remedy("Stedi refuses the document")
def test_a_refused_document(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.write("partners.toml", PARTNERS.replace("us_acme-850", "typo"))
    company.order()
    company.run()
    assert "remap" in company.letter().remedy
    company.write("partners.toml", PARTNERS)
    company.follow("Stedi refuses the document")
    assert '+  "setting": "us_acme-850"' in capsys.readouterr().out
    assert company.sent() == ["850"]


def test_a_refused_document_whose_guide_was_corrected_is_retried(company: Company) -> None:
    company.network.faults.add(Answer(400, body=b'{"message":"REF is required"}'), path="*/partnerships/*")
    company.order()
    company.run()
    company.sync.retry(company.letter().id)
    company.run()
    assert company.sent() == ["850"]


@remedy("The partner's system refuses it (997)")
@pytest.mark.parametrize("blocks", [slice(0, 1), slice(1, None)], ids=["mapped anew", "sent again"])
def test_a_997_that_rejects(company: Company, blocks: slice) -> None:
    company.supplier.translator.acknowledges()
    company.supplier.translator.rejects("850", because=[Complaint(segment="PO1", position=9)])
    company.order()
    company.run()
    company.run()
    assert company.letter().state is State.REJECTED
    assert "PO1" in company.letter().reason
    company.write("units.toml", 'EA = "PC"\n')
    company.follow("The partner's system refuses it (997)", blocks=blocks)
    company.run()
    assert company.sent() == ["850", "850"]
    assert company.entry().state is State.ACKNOWLEDGED
    assert company.supplier.orders["PO-10017"].lines["1"].unit == ("PC" if blocks.stop else "EA")
    assert company.sync.dead_letters() == []


def test_a_997_that_rejects_is_answered_by_a_corrected_order(company: Company) -> None:
    company.supplier.translator.rejects("850")
    company.order()
    company.run()
    company.run()
    company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=30))
    company.run()
    assert company.sent() == ["850", "850"]
    assert company.sync.dead_letters() == []


@remedy("The delivery failed")
def test_a_failed_delivery(company: Company) -> None:
    company.network.transport("us_acme").fails(message="the connection was refused")
    company.order()
    company.run()
    company.run(60)
    company.run()
    letter = company.letter()
    assert "the connection was refused" in letter.reason
    company.network.transport("us_acme").recovers()
    company.network.retry(letter.references["execution"])
    company.time.advance(600)
    company.follow("The delivery failed")
    assert company.entry().state is State.DELIVERED
    assert company.sent() == ["850"]


@remedy("Nobody knows whether it arrived")
@pytest.mark.parametrize("arrived", [True, False])
def test_an_unknown_outcome(company: Company, arrived: bool, capsys: pytest.CaptureFixture[str]) -> None:
    company.network.faults.add(LoseAnswer(), method="POST", path="*/partnerships/*", times=None)
    company.order()
    company.run()
    company.network.faults.clear()
    company.network.faults.add(Answer(404), path="*/input*", times=None)
    company.run(25 * 60)
    company.run(60)
    assert company.letter().outcome_unknown
    company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=30))
    company.run()
    assert company.sent() == ["850"]
    if arrived:
        company.follow("Nobody knows whether it arrived")
        assert "850" in capsys.readouterr().out
        assert company.sent() == ["850", "860"]
    else:
        company.sync.settle(company.letter().id, arrived=False, by="Kim", reason="not in the portal")
        company.run()
        assert company.sync.dead_letters() == []
        assert company.entry().state.taken


@remedy("An edit is held")
@pytest.mark.parametrize("decision", ["agreed", "dismissed", "sent after all"])
def test_a_held_edit(company: Company, decision: str) -> None:
    policies = "[partners.ACME.policies]\nfrozen_days = 30\n"
    company.write("partners.toml", PARTNERS + policies)
    company.order()
    company.run()
    company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=30))
    company.run()
    letter = company.letter()
    assert (letter.state, company.sent()) == (State.HELD, ["850"])
    if decision == "agreed":
        company.follow("An edit is held")
        company.write("partners.toml", PARTNERS)
        company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=36))
        company.run()
        assert "POC*1*QI*36*" in company.network.sent[-1].x12
    elif decision == "dismissed":
        company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=24))
        company.sync.dismiss(letter.id, by="Kim", reason="they cannot")
        company.run()
        assert company.sent() == ["850"]
    else:
        company.write("partners.toml", PARTNERS)
        company.sync.reload()
        company.sync.remap(letter.id)
        company.run()
        assert company.sent() == ["850", "860"]
    assert company.sync.dead_letters() == []


@remedy("A supplier answers an order that Plex does not have")
@pytest.mark.parametrize("late", [True, False])
def test_an_answer_to_an_unknown_order(company: Company, late: bool) -> None:
    company.network.drop(acknowledgment("PO-99"))
    company.run()
    assert "PO-99, which Plex does not have" in company.letter().reason
    if late:
        company.order("PO-99")
        company.sync.retry(company.letter().id)
        company.run()
        assert company.erp.order("PO-99")["customFields"]["Acknowledgment_Status"] == "accepted"
    else:
        company.follow("A supplier answers an order that Plex does not have")
    assert company.sync.dead_letters() == []


@remedy("Plex takes an answer and shows something else")
def test_custom_fields_that_are_not_defined(company: Company) -> None:
    company.erp.rules.custom_fields = frozenset({"Acknowledgment_Status"})
    company.supplier.answers("accept")
    company.order()
    company.run()
    company.run()
    assert "custom fields" in company.letter().remedy
    company.erp.rules.custom_fields = None
    company.follow("Plex takes an answer and shows something else")
    assert company.fields["Line_1_Confirmed_Quantity"] == 24
    assert company.sync.dead_letters() == []


@remedy("A rejection that fits no document")
def test_a_rejection_of_something_else(company: Company) -> None:
    company.network.drop(
        "ISA*00*          *00*          *ZZ*ACME           *ZZ*US             "
        "*260302*0958*U*00401*000000777*0*P*>~GS*FA*ACME*US*20260302*0958*777*X*004010~ST*997*0001~"
        "AK1*PO*4711~AK2*850*0001~AK5*R*5~AK9*R*1*1*0~SE*6*0001~GE*1*777~IEA*1*000000777~"
    )
    company.run()
    company.run(90)
    company.run(90)
    assert "no document here is known under" in company.letter().reason
    company.follow("A rejection that fits no document")
    assert company.sync.dead_letters() == []


@remedy("A supplier's file could not be processed")
@pytest.mark.parametrize("mended", [True, False])
def test_a_file_of_a_stranger(company: Company, mended: bool) -> None:
    sent = company.network.drop(acknowledgment("PO-10017").replace("ACME ", "NEWCO"))
    company.order()
    company.run()
    assert sent.id in company.letter().reason
    if mended:
        company.network.add_partnership("us_newco", sender="us", receiver="newco")
        company.network.retry(sent.id)
        company.run()
        company.run()
        assert not any(letter.flow == plex_stedi.FAILED_FILES for letter in company.sync.dead_letters())
    else:
        company.follow("A supplier's file could not be processed")
        assert company.sync.dead_letters() == []


# -- something is late ---------------------------------------------------------------------------------


@remedy("A document is overdue")
def test_overdue(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.write(
        "partners.toml", PARTNERS + '[partners.ACME.limits]\nanswered = "1d"\nacknowledged = "1d"\n'
    )
    company.order()
    company.run()
    company.run()
    company.run(3 * 24 * 60)
    company.follow("A document is overdue")
    shown = capsys.readouterr().out
    assert "should have been answered by" in shown
    assert "should have been acknowledged by" in shown
    assert "us_acme/1/1" in shown
    company.supplier.acknowledge("PO-10017")
    company.run()
    assert [late.waits_for for late in company.sync.overdue()] == ["acknowledged"]


@remedy("A key is about to end")
def test_a_key_that_ends(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.open(api_key_expires=company.time.now().date() + timedelta(days=7))
    company.follow("A key is about to end")
    assert "Stedi API key ends on" in capsys.readouterr().out
    company.open()
    assert company.sync.health().ok


# -- somebody calls ------------------------------------------------------------------------------------


@remedy("The supplier never got it")
def test_a_deliberate_duplicate(company: Company) -> None:
    company.order()
    company.run()
    company.follow("The supplier never got it")
    assert company.sent() == ["850", "850"]
    assert any("Kim has it sent again" in line.text for line in company.sync.trail("PO-10017").events)


def test_an_850_after_its_860_is_refused(company: Company) -> None:
    company.order()
    company.run()
    first = company.entry()
    company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=30))
    company.run()
    with pytest.raises(DocumentError, match="set the partner back"):
        company.sync.resend(first.id, by="Kim", reason="lost")
    company.sync.resend("PO-10017", by="Kim", reason="lost")
    company.run()
    assert company.sent() == ["850", "860", "860"]


@remedy("The supplier got it twice")
def test_twice(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.order()
    company.run()
    company.follow("The supplier got it twice")
    assert "Kim" not in capsys.readouterr().out
    company.sync.resend("PO-10017", by="Kim", reason="lost")
    company.run()
    company.follow("The supplier got it twice")
    assert "Kim has it sent again" in capsys.readouterr().out


@remedy("We mapped wrongly for a day")
def test_a_wrong_table(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.order("PO-OLD")
    company.run()
    company.run(2 * 24 * 60)
    company.write(
        "parts.csv", "number,revision,buyer_part,vendor_part\nWB-100,*,WB-100,WRONG\nRR-52,*,RR-52,\n"
    )
    company.order()
    company.order("PO-2")
    company.run()
    assert "WRONG" in company.network.sent[-1].x12
    company.write(
        "parts.csv", "number,revision,buyer_part,vendor_part\nWB-100,*,WB-100,B-2207\nRR-52,*,RR-52,\n"
    )
    company.follow("We mapped wrongly for a day", blocks=slice(0, 1))
    shown = capsys.readouterr().out
    assert "860 for ACME: change 1, 1 lines changed" in shown
    assert '-        "vendor_part": "WRONG"' in shown
    assert company.sent() == ["850"]
    company.follow("We mapped wrongly for a day", blocks=slice(1, None))
    assert [company.sent(number) for number in ("PO-OLD", "PO-10017", "PO-2")] == [
        ["850"],
        ["850", "860"],
        ["850", "860"],
    ]
    assert company.supplier.orders["PO-10017"].lines["1"].parts["VP"] == "B-2207"
    assert company.supplier.objections == []


@remedy("Is anything missing?")
def test_what_no_poll_has_seen(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.order("PO-1")
    company.run(60 * 5)
    company.order("PO-2")
    company.run()
    with company.erp.late(3600):
        company.order()
    company.run()
    assert company.sent() == []
    company.follow("Is anything missing?")
    shown = capsys.readouterr().out
    assert "PO-10017: plex.purchase_orders has it, and no poll has seen it" in shown
    assert "no gaps" in shown
    assert (company.sent("PO-1"), company.sent()) == (["850"], ["850"])


# -- the machine ---------------------------------------------------------------------------------------


@remedy("The process was killed")
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_process(company: Company) -> None:
    import json

    company.order()
    told = {
        "now": company.time.now().isoformat(),
        "plex": dict(company.erp.connection),
        "stedi": dict(company.network.connection),
        "store": str(company.folder / "sync.db"),
        "partners": str(company.folder / "partners.toml"),
    }
    worker = Path(__file__).parent.parent.parent / "examples" / "killed_worker.py"
    ended = subprocess.run([sys.executable, str(worker)], input=json.dumps(told), text=True, check=False)
    assert ended.returncode == -9
    assert company.entry().state is State.IN_FLIGHT
    company.time.advance(600)
    company.follow("The process was killed")
    assert company.entry().state.taken
    assert company.sent() == ["850"]


@remedy("Two processes run at once")
def test_two_at_once(company: Company) -> None:
    for number in range(3):
        company.order(f"PO-{number}")
    company.time.advance(600)
    gate = threading.Barrier(2)

    def another() -> None:
        with SQLiteStore(company.folder / "sync.db") as store:
            sync = plex_stedi.pipeline(
                company.plex, company.stedi, store=store, partners=company.folder / "partners.toml"
            )
            gate.wait()
            sync.run()

    thread = threading.Thread(target=another)
    thread.start()
    gate.wait()
    company.follow("Two processes run at once")
    thread.join()
    assert [company.sent(f"PO-{number}") for number in range(3)] == [["850"]] * 3


@remedy("The store's file is gone")
def test_a_lost_file(company: Company) -> None:
    company.order("PO-1")
    company.run()
    company.order()  # saved, and the file is lost before the next run
    company.store.close()
    for file in company.folder.glob("sync.db*"):
        file.unlink()
    company.time.advance(600)
    company.follow("The store's file is gone")
    assert (company.sent("PO-1"), company.sent()) == (["850"], ["850"])
    sync = company.names["sync"]
    [known] = sync.trail("PO-1").entries
    sync.settle(known.id, arrived=True, by="Kim", reason="they have it as it is")
    company.erp.change_order("PO-1", SetQuantity(line=1, quantity=30))
    company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=30))
    company.time.advance(600)
    sync.run()
    assert (company.sent("PO-1"), company.sent()) == (["850", "860"], ["850", "860"])
    assert company.supplier.objections == []


@remedy("The store comes from a backup")
@pytest.mark.parametrize("days", [0, 3])
def test_a_backup(company: Company, days: int) -> None:
    company.supplier.answers("accept")
    company.order("PO-1")
    company.run()
    company.store.backup(company.folder / "copy.db")
    company.order()
    company.erp.change_order("PO-1", SetQuantity(line=1, quantity=30))
    company.run()
    company.run(24 * 60 * days * 0.9)
    company.order("PO-2")
    company.store.close()
    for file in company.folder.glob("sync.db*"):
        file.unlink()
    (company.folder / "copy.db").rename(company.folder / "sync.db")
    company.open()
    company.time.advance(600)
    if days:
        company.follow("The store comes from a backup")
    else:
        company.sync.run()
    sent = {number: company.sent(number) for number in ("PO-1", "PO-10017", "PO-2")}
    assert sent == {"PO-1": ["850", "860"], "PO-10017": ["850"], "PO-2": ["850"]}
    company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=30))
    company.run()
    assert company.sent() == ["850", "860"]
    assert company.supplier.objections == []


@remedy("The disk is full")
def test_a_full_disk(company: Company) -> None:
    def pages(most: int) -> None:
        company.store._database.write(lambda file: file.execute(f"PRAGMA max_page_count = {most}").fetchone())

    for number in range(200):
        company.order(f"PO-{number:03}")
    pages(1)  # as few as there are
    with pytest.raises(StoreError, match="the disk or the quota is full"):
        company.run()
    assert company.network.sent == []
    pages(1_000_000)
    company.follow("The disk is full")
    assert len(company.network.sent) == 200


@remedy("The clock was wrong")
def test_a_clock_that_was_ahead(company: Company) -> None:
    ahead = company.time.now() + timedelta(days=365)
    company.order("PO-1")
    company.order()
    company.network.faults.add(LoseAnswer(), method="POST", path="*/partnerships/*", times=None)
    company.sync.run()
    company.network.faults.clear()
    for entry in company.store.find(states=[State.IN_FLIGHT]):
        wrong = evolve(entry, not_before=ahead, first_sent_at=ahead, leased_until=ahead)
        company.store.save([Change(entry=wrong)])
    company.run(26 * 60)
    assert company.entry("PO-1").state is State.IN_FLIGHT
    company.follow("The clock was wrong")
    assert company.entry("PO-1").state.taken
    assert (company.sent("PO-1"), company.sent()) == (["850"], ["850"])


@remedy("A webhook is answered with an error")
def test_a_refused_webhook(company: Company) -> None:
    from tests.pipelines.conftest import served_wsgi

    company.supplier.answers("accept")
    receiver = Receiver(
        parser=StediWebhook(secret=Secret("ours"), header="x-api-key"),
        admit=company.sync.receive,
        clock=company.time,
    )
    with served_wsgi(receiver) as url:
        company.network.webhook(url, header=("x-api-key", "theirs"))
        company.order()
        company.run()
        company.time.advance(600)
        assert set(company.network.deliver_webhooks()) == {401}
        assert httpx.post(url, content=b"{", headers={"x-api-key": "ours"}).status_code == 400
        assert httpx.get(url).status_code == 405
        large = httpx.post(url, content=b" " * 20_000_000, headers={"x-api-key": "ours"})
        assert large.status_code == 413
    company.follow("A webhook is answered with an error")
    assert company.fields["Acknowledgment_Status"] == "accepted"


# -- data ----------------------------------------------------------------------------------------------


@remedy("Personal data must go")
def test_purging(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.order()
    company.run()
    company.run()
    company.run(500 * 24 * 60)
    company.follow("Personal data must go")
    assert "PO-10017 went to us_acme" in capsys.readouterr().out
    assert (company.entry().record, company.entry().payload) == (b"", None)
    company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=30))
    company.run()
    assert "is not kept any more" in company.letter().reason


@remedy("The vendor's support wants the raw exchange")
def test_the_raw_exchange(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.order()
    company.run()
    company.follow("The vendor's support wants the raw exchange")
    shown = capsys.readouterr().out
    assert "/partnerships/us_acme/transactions/us_acme-850" in shown
    assert company.network.api_key not in shown


def acknowledgment(number: str) -> str:
    return (
        "ISA*00*          *00*          *ZZ*ACME           *ZZ*US             "
        "*260302*0958*U*00401*000000777*0*P*>~"
        "GS*PR*ACME*US*20260302*0958*777*X*004010~ST*855*0001~"
        f"BAK*00*AD*{number}*20260302****S-1*20260302~CTT*0~SE*4*0001~GE*1*777~IEA*1*000000777~"
    )
