"""What Plex has and Stedi lacks, and the other way round, end to end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from mlconnector_sdk import SQLiteStore
from mlconnector_sdk.adapters.stedi.convert import invoice_payload, order_payload
from mlconnector_sdk.adapters.stedi.outbound import read_payload
from mlconnector_sdk.errors import VendorUnavailable
from mlconnector_sdk.flow import Lacking, Reconciliation
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.records import State
from mlconnector_sdk.simulators.faults import Answer
from tests.adapters.stedi.orders import INVOICE, ORDER, ROUTE

from .conftest import Company


def reconciled(company: Company, flow: str = plex_stedi.PURCHASE_ORDERS) -> Reconciliation:
    return company.sync.reconcile(flow, since=company.time.now() - timedelta(days=30))


def gaps(company: Company) -> dict[str, Lacking]:
    return {gap.number: gap.lacking for gap in reconciled(company).gaps}


def test_after_a_day_of_work_both_sides_have_the_same(company: Company) -> None:
    company.network.supplier("us_acme").answers("accept")
    for number in ("PO-1", "PO-2"):
        company.order(number)
    company.sync.run()
    company.later()
    company.erp.edit_release("PO-1", 1, quantity=30)
    company.later()
    company.sync.run()
    company.later()
    found = reconciled(company)
    assert not found
    assert (found.source, found.target) == (2, 2)  # the change has the number of its order


def test_each_gap_is_named_with_who_lacks_what(company: Company) -> None:
    company.order("PO-SEEN", lines=[{"part": "XX-1", "quantity": 1}])
    company.order("PO-1")
    company.sync.run()
    company.order("PO-NEW")
    outsider(company, "PO-OTHER")
    company.later()
    assert gaps(company) == {
        "PO-SEEN": Lacking.TARGET,
        "PO-NEW": Lacking.STORE,
        "PO-OTHER": Lacking.SOURCE,
    }
    text = str(reconciled(company))
    assert "PO-OTHER: the vendor has it, and nothing here was sent under that number" in text
    assert "parts.csv has no row" in text


def test_what_stedi_does_not_show_is_lost(company: Company) -> None:
    company.order()
    company.sync.run()
    [sent] = company.network.sent
    del company.network._account.transactions[sent.transaction_id]
    assert gaps(company) == {"PO-1": Lacking.LOST}
    [gap] = reconciled(company).gaps
    assert gap.entry is not None
    assert f"settle('{gap.entry.id}', arrived=" in gap.remedy


def test_after_an_older_copy_was_put_back_what_was_sent_since_is_told(company: Company) -> None:
    company.order("PO-OLD")
    company.sync.run()
    company.later()
    company.store.backup(company.folder / "copy.db")
    company.order("PO-1")
    company.sync.run()
    company.later(3 * 86_400)  # longer than Stedi remembers a key: a second send would be a second order
    company.store.close()
    company.store = SQLiteStore(company.folder / "copy.db")
    company.sync = company.pipeline()
    assert gaps(company) == {"PO-1": Lacking.SOURCE}
    [gap] = reconciled(company).gaps
    assert "older copy" in gap.remedy
    # A person takes it in without sending it.
    company.sync.pause("ACME", by="Kim", reason="the store is an older copy")
    company.sync.run()
    assert gaps(company) == {"PO-1": Lacking.SOURCE}
    [pending] = company.store.find(flow=plex_stedi.PURCHASE_ORDERS, number="PO-1")
    assert pending.state is State.PENDING
    company.sync.settle(pending.id, arrived=True, by="Kim", reason="seen in the Stedi portal")
    company.sync.resume("ACME", by="Kim")
    company.sync.run()
    assert [each.number for each in company.network.sent] == ["PO-OLD", "PO-1"]


def test_invoices_and_orders_are_not_mixed_up(company: Company) -> None:
    company.order()
    company.sync.run()
    outsider(company, "INV-1", kind="810")
    company.later()
    assert gaps(company) == {}


def test_a_test_of_somebody_is_no_gap(company: Company) -> None:
    outsider(company, "PO-TEST", usage="T")
    company.later()
    assert gaps(company) == {}


def test_a_number_that_stedi_does_not_list_is_read_from_the_document(company: Company) -> None:
    company.order()
    company.sync.run()
    for transaction in company.network.transactions:
        transaction.identifiers = ()
    assert gaps(company) == {}
    company.network.faults.add(Answer(404), path="*/input-url", times=None)
    [number] = {number for number in gaps(company) if number != "PO-1"}
    assert number == f"transaction {company.network.sent[0].transaction_id}"


def test_flows_whose_target_cannot_list_are_compared_with_the_store(company: Company) -> None:
    company.network.supplier("us_acme").answers("accept")
    company.order()
    company.sync.run()
    company.later()
    found = reconciled(company, plex_stedi.ACKNOWLEDGMENTS)
    assert found.target is None
    assert [gap.lacking for gap in found.gaps] == [Lacking.STORE]
    company.sync.run()
    assert not reconciled(company, plex_stedi.ACKNOWLEDGMENTS)


def test_an_outage_is_said_not_guessed_around(company: Company) -> None:
    company.network.faults.add(Answer(503), path="*/transactions*", times=None)
    with pytest.raises(VendorUnavailable):
        reconciled(company)


def outsider(company: Company, number: str, *, kind: str = "850", usage: str = "P") -> None:
    """Another program sends through the same account."""
    if kind == "850":
        payload = order_payload(evolve(ORDER, number=number), ROUTE, sequence=1, usage=usage)
    else:
        payload = invoice_payload(evolve(INVOICE, number=number), ROUTE, sequence=1, usage=usage)
    outbound = read_payload(payload)
    company.stedi.transactions.submit(
        outbound.partnership, outbound.setting, outbound.body.raw, idempotency_key=number
    )
