"""Every remedy that names a call of the pipeline is followed to the letter: the call helps."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mlconnector_sdk import Stedi
from mlconnector_sdk.errors import DocumentError, NoStartingPoint
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.records import State
from mlconnector_sdk.simulators.faults import Answer, LoseAnswer
from mlconnector_sdk.simulators.plex.edits import CancelOrder, CloseOrder, SetQuantity

from .conftest import PARTNERS, Company

SRC = Path(__file__).parent.parent.parent / "src" / "mlconnector_sdk"
CALLS = "baseline|dead_letters|dismiss|overdue|remap|resend|resume|retry|run|settle|status|trail"
CALL = re.compile(rf"\b({CALLS})\(([^()]*)\)")
PERSON = {
    "dismiss": 'by="Kim", reason="as agreed"',
    "resend": 'by="Kim", reason="they lost it"',
    "resume": 'by="Kim"',
    "settle": 'by="Kim", reason="seen in the portal"',
}

GUARDS = {
    "dismiss('{}', by=..., reason=...)": "two people at once: what waits is superseded when a newer one goes",
    "remap('{}')": "a payload that is gone, or was written by somebody else",
    "map the document again: remap(number)": "a payload that was written by somebody else",
    "map the acknowledgment again: remap(number)": "a payload that was written by somebody else",
    "map it again: remap('{}')": "a payload that was written by somebody else",
    "correct what the errors name, in the document at its source or in the guide (Stedi portal), then send "
    "it again: a corrected document goes by itself, an unchanged one with resend(...)": "the same",
}
"""Remedies that no story here comes to, and why (the same: as another one that is followed)."""

ELSEWHERE = (
    "find out, then settle(",
    "after mending what was wrong, or resend(",
    "shows what there is",
    "lists those that do, with their ids",
    "call baseline() once at go-live",
    "resume(",
    "ask the partner whether its system has read it",
    "ask the partner for its answer",
    "see status() and dead_letters()",
    "look for it at the vendor, then settle(",
    "reads that window again",
    "run(), or see status() and overdue()",
    "if it is not there, settle(",
    "somebody else sends there",
)
"""What the remedies say that are followed below the letters."""


# -- following -----------------------------------------------------------------------------------------


def follow(company: Company, remedy: str, call: str, *, entry_id: str = "", number: str = "PO-10017") -> Any:
    """Make one of the calls that a remedy names; dots stand for what the reader knows."""
    assert any(each in remedy for each in ELSEWHERE) or any(each in remedy for _, _, each in LETTERS)
    arguments = dict(CALL.findall(remedy))[call]
    arguments = arguments.replace("arrived=...", "arrived=True").replace("since=...", "since=since")
    known = [each.strip() for each in arguments.split(",")]
    known = [each for each in known if each and each not in ("...", "by=...", "reason=...")]
    if call in ("dismiss", "remap", "resend", "settle") and (not known or known[0].startswith("arrived=")):
        known.insert(0, repr(entry_id))
    text = ", ".join([*known, *filter(None, [PERSON.get(call, "")])])
    since = company.time.now() - timedelta(days=30)
    return eval(f"sync.{call}({text})", {"sync": company.sync, "since": since, "number": number})


def call_of(remedy: str) -> list[str]:
    return [name for name, _ in CALL.findall(remedy)]


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(DocumentError) as caught:
        act()
    return caught.value.remedy


# -- stories that end with a letter: company -> nothing ------------------------------------------------


def undelivered(company: Company) -> None:
    company.network.transport("us_acme").fails()
    company.order()
    company.run()
    company.run(60)
    company.run()
    company.network.transport("us_acme").recovers()


def refused_by_997(company: Company) -> None:
    company.supplier.translator.rejects("850")
    company.order()
    company.run()
    company.run()


def wrong_setting(company: Company) -> None:
    company.write("partners.toml", PARTNERS.replace("us_acme-850", "typo"))
    company.order()
    company.run()
    company.write("partners.toml", PARTNERS)
    company.sync.reload()


def rejection_of_something_else(company: Company) -> None:
    company.network.drop(
        "ISA*00*          *00*          *ZZ*ACME           *ZZ*US             "
        "*260302*0958*U*00401*000000777*0*P*>~GS*FA*ACME*US*20260302*0958*777*X*004010~ST*997*0001~"
        "AK1*PO*4711~AK2*850*0001~AK5*R*5~AK9*R*1*1*0~SE*6*0001~GE*1*777~IEA*1*000000777~"
    )
    company.run()
    company.run(90)
    company.run(90)


def file_of_a_stranger(company: Company) -> None:
    company.network.drop(
        "ISA*00*          *00*          *ZZ*NEWCO          *ZZ*US             "
        "*260302*0958*U*00401*000000777*0*P*>~GS*PR*NEWCO*US*20260302*0958*777*X*004010~ST*855*0001~"
        "BAK*00*AD*PO-1*20260302****S-1*20260302~CTT*0~SE*4*0001~GE*1*777~IEA*1*000000777~"
    )
    company.run()


def unreadable_file(company: Company) -> None:
    company.network.drop("this is no X12 at all")
    company.run()


def settled_as_lost(company: Company) -> None:
    company.order()
    company.run()
    company.sync.settle(company.entry().id, arrived=False, by="Kim", reason="they never had it")


def crashing_sink(company: Company) -> None:
    sink = company.sync.flows[plex_stedi.PURCHASE_ORDERS].sink

    async def crash(entry: object) -> None:
        raise RuntimeError("a bug")

    sink.send = crash  # type: ignore[method-assign, assignment]
    company.order()
    company.run()
    del sink.send


def nobody_can_look(company: Company) -> None:
    company.network.faults.add(LoseAnswer(), method="POST", path="*/partnerships/*", times=None)
    company.order()
    company.run()
    company.network.faults.clear()
    company.network.faults.add(Answer(404), path="*/input*", times=None)
    company.run(25 * 60)
    company.run(60)
    company.network.faults.clear()


def edit_of_a_known_order(company: Company) -> None:
    company.order()
    company.store.close()
    for file in company.folder.glob("sync.db*"):
        file.unlink()
    company.open()
    company.sync.baseline()
    company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=30))
    company.run()


def held_edit(company: Company) -> None:
    company.write("partners.toml", PARTNERS + '[partners.ACME.policies]\nchanges = "hold"\n')
    company.order()
    company.run()
    company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=30))
    company.run()


def held_cancellation(company: Company) -> None:
    company.write("partners.toml", PARTNERS + '[partners.ACME.policies]\nchanges = "hold"\n')
    company.order()
    company.run()
    company.erp.change_order("PO-10017", CancelOrder())
    company.run()


def late_edit(company: Company) -> None:
    company.write("partners.toml", PARTNERS + "[partners.ACME.policies]\nfrozen_days = 30\n")
    company.order()
    company.run()
    company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=30))
    company.run()


def edit_after_a_purge(company: Company) -> None:
    company.order()
    company.run()
    company.run()
    company.run(500 * 24 * 60)
    company.sync.purge(timedelta(days=400))
    company.erp.change_order("PO-10017", SetQuantity(line=1, quantity=30))
    company.run()


def edited_invoice(company: Company) -> None:
    customer = PARTNERS.replace('supplier = "ACME"', 'supplier = "ACME"\ncustomer = "C-1"')
    company.write("partners.toml", customer.replace("850 =", '810 = "us_acme-810", 850 ='))
    company.open()
    company.sync.baseline()
    line = {"part": "WB-100", "quantity": 4, "price": "3.15"}
    company.erp.add_invoice("INV-1", customer="C-1", order="C-PO-1", lines=[line])
    company.run()
    company.erp.edit_invoice("INV-1", terms="Net 60")
    company.run()


LETTERS: list[tuple[Callable[[Company], None], str, str]] = [
    (undelivered, "resend", "correct the connection in the Stedi portal"),
    (refused_by_997, "remap", "correct what the partner's translator names"),
    (refused_by_997, "resend", "correct what the partner's translator names"),
    (wrong_setting, "remap", "check in the Stedi portal that partnership"),
    (rejection_of_something_else, "dismiss", "look the document up at the vendor"),
    (file_of_a_stranger, "dismiss", "If the file was meant for nobody here"),
    (unreadable_file, "dismiss", "have the sender correct the file"),
    (settled_as_lost, "remap", "or dismiss it"),
    (settled_as_lost, "resend", "or dismiss it"),
    (crashing_sink, "settle", "mend the sink (the log has the traceback)"),
    (nobody_can_look, "settle", "look for "),
    (edit_of_a_known_order, "settle", "agree on it with the supplier, then settle("),
    (edit_of_a_known_order, "dismiss", "agree on it with the supplier, then settle("),
    (held_edit, "settle", "agree on the change with the supplier"),
    (held_edit, "dismiss", "agree on the change with the supplier"),
    (held_cancellation, "settle", "tell the supplier, then settle("),
    (late_edit, "settle", "agree on the change with the supplier"),
    (late_edit, "dismiss", "agree on the change with the supplier"),
    (edit_after_a_purge, "settle", "agree on it with the supplier, then settle("),
    (edited_invoice, "dismiss", "a credit memo if one is due"),
]
"""The story, the call that is made, and what the remedy says."""


@pytest.mark.parametrize(
    ("story", "call", "says"), LETTERS, ids=[f"{story.__name__}-{call}" for story, call, _ in LETTERS]
)
def test_what_a_letter_says_helps(
    company: Company, story: Callable[[Company], None], call: str, says: str
) -> None:
    story(company)
    letter = company.letter()
    assert says in letter.remedy
    assert call in call_of(letter.remedy)
    follow(company, letter.remedy, call, entry_id=letter.id, number=letter.number)
    company.sync.run()
    assert company.sync.dead_letters() == []


# -- refusals of the calls themselves ------------------------------------------------------------------


def test_what_may_have_arrived_is_settled(company: Company) -> None:
    nobody_can_look(company)
    letter = company.letter()
    for act in (company.sync.retry, company.sync.remap):
        remedy = refusal(lambda act=act: act(letter.id))  # type: ignore[misc]
    follow(company, remedy, "settle")
    assert company.entry().state.taken


@pytest.mark.parametrize("call", ["remap", "resend"])
def test_what_was_refused_is_not_retried(company: Company, call: str) -> None:
    refused_by_997(company)
    remedy = refusal(lambda: company.sync.retry("PO-10017"))
    follow(company, remedy, call)
    company.run()
    assert company.sent() == ["850", "850"]


def test_what_is_not_there_is_shown(company: Company) -> None:
    follow(company, refusal(lambda: company.sync.retry("PO-0")), "trail")
    follow(
        company, refusal(lambda: company.sync.settle("x", arrived=True, by="Kim", reason="?")), "dead_letters"
    )


def test_what_is_not_to_be_sent_is_not_settled(company: Company) -> None:
    company.order()
    company.erp.change_order("PO-10017", CloseOrder())
    company.time.advance(600)
    company.sync.run(max_sends=0)
    entry = company.entry()
    assert entry.state is State.PENDING
    remedy = refusal(lambda: company.sync.settle(entry.id, arrived=True, by="Kim", reason="it went"))
    assert "PO-10017" in str(follow(company, remedy, "trail"))


@pytest.mark.parametrize("call", ["baseline", "run"])
def test_a_starting_point(company: Company, call: str) -> None:
    company.store.close()
    for file in company.folder.glob("sync.db*"):
        file.unlink()
    company.open()
    with pytest.raises(NoStartingPoint) as caught:
        company.sync.run()
    follow(company, caught.value.remedy, call)
    company.order()
    company.run()
    assert company.sent() == ["850"]


def test_a_paused_partner_is_resumed(company: Company) -> None:
    company.sync.pause("ACME", by="Kim", reason="inventory")
    company.order()
    company.run()
    follow(company, next(each.remedy for each in company.sync.status() if each.partner), "resume")
    company.run()
    assert company.sent() == ["850"]


# -- what is late, and what is missing -----------------------------------------------------------------


def test_what_is_late(company: Company) -> None:
    company.write(
        "partners.toml", PARTNERS + '[partners.ACME.limits]\nanswered = "1d"\nacknowledged = "1d"\n'
    )
    company.order()
    company.run()
    company.run()
    company.run(3 * 24 * 60)
    late = {each.waits_for: each for each in company.sync.overdue()}
    assert "us_acme/1/1" in str(follow(company, late["acknowledged"].remedy, "trail"))
    follow(company, late["answered"].remedy, "resend", entry_id=late["answered"].entry.id)
    company.run()
    assert company.sent() == ["850", "850"]


def test_what_has_not_been_sent(company: Company) -> None:
    company.sync.pause("ACME", by="Kim", reason="inventory")
    company.order()
    company.run()
    company.run(3 * 60)
    [late] = company.sync.overdue()
    assert "inventory" in str(follow(company, late.remedy, "status"))
    follow(company, late.remedy, "dead_letters")
    [gap] = company.sync.reconcile("purchase_orders", since=company.time.now() - timedelta(days=1)).gaps
    assert "inventory" in str(follow(company, gap.remedy, "status"))
    assert follow(company, gap.remedy, "overdue")


def test_what_hangs_in_flight(company: Company) -> None:
    company.network.faults.add(LoseAnswer(), method="POST", path="*/partnerships/*", times=None)
    company.order()
    company.run()
    company.network.faults.clear()
    company.time.advance(3 * 3600)
    [late] = company.sync.overdue()
    follow(company, late.remedy, "settle")
    assert company.entry().state.taken


def test_what_no_poll_has_seen(company: Company) -> None:
    company.order("PO-1")
    company.run(60 * 5)
    company.order("PO-2")
    company.run()
    with company.erp.late(3600):
        company.order()
    company.run()
    [gap] = company.sync.reconcile("purchase_orders", since=company.time.now() - timedelta(days=2)).gaps
    follow(company, gap.remedy, "run")
    assert company.sent() == ["850"]


def test_what_the_vendor_has_lost(company: Company) -> None:
    company.order()
    company.run()
    company.network._account.transactions.clear()
    [gap] = company.sync.reconcile("purchase_orders", since=company.time.now() - timedelta(days=1)).gaps
    follow(company, gap.remedy, "settle")
    company.sync.remap("PO-10017")
    company.run()
    assert company.sent() == ["850", "850"]


def test_what_somebody_else_has_sent(company: Company, stedi: Stedi) -> None:
    body = stedi_order("PO-77")
    stedi.transactions.create("us_acme", "us_acme-850", body, idempotency_key="other", filename="other.edi")
    company.time.advance(120)
    [gap] = company.sync.reconcile("purchase_orders", since=company.time.now() - timedelta(days=1)).gaps
    assert call_of(gap.remedy) == ["run"]  # to find out before it, not to make it


@pytest.fixture
def stedi(company: Company) -> Stedi:
    return company.stedi


def stedi_order(number: str) -> dict[str, Any]:
    company_line = {
        "assigned_identification_01": "1",
        "quantity_ordered_02": 24,
        "unit_or_basis_for_measurement_code_03": "EA",
    }
    return {
        "heading": {
            "beginning_segment_for_purchase_order_BEG": {
                "transaction_set_purpose_code_01": "00",
                "purchase_order_type_code_02": "SA",
                "purchase_order_number_03": number,
                "date_05": "2026-03-02",
            }
        },
        "detail": {"baseline_item_data_PO1_loop": [{"baseline_item_data_PO1": company_line}]},
        "summary": {
            "transaction_totals_CTT_loop": [{"transaction_totals_CTT": {"number_of_line_items_01": 1}}]
        },
    }


# -- nothing is left out -------------------------------------------------------------------------------


def written() -> Iterator[str]:
    """Every text in the source, but for docstrings, that names a call; ``{}`` where something is put in."""
    for path in sorted(SRC.rglob("*.py")):
        if path.relative_to(SRC).parts[0] in ("core", "simulators", "storage", "testing"):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        passed = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                passed |= set(node.values)
        for node in ast.walk(tree):
            if node in passed:
                continue
            if isinstance(node, ast.JoinedStr):
                text = "".join(
                    str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            if CALL.search(text):
                yield text


def test_every_remedy_that_names_a_call_is_followed() -> None:
    followed = {*ELSEWHERE, *(says for _, _, says in LETTERS)}
    found = set(written())
    assert [text for text in found - GUARDS.keys() if not any(each in text for each in followed)] == []
    assert GUARDS.keys() <= found
