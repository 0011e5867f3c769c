"""Plex ↔ Stedi from end to end."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import httpx
import pytest

from mlconnector_sdk import AsyncPlex, AsyncStedi, MemoryStore, Plex, Secret, SQLiteStore
from mlconnector_sdk.errors import ConfigurationError, MissingSetting, StoreError, UnmappedValue
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.records import State
from mlconnector_sdk.simulators.faults import Answer, LoseAnswer

from .conftest import KEY, PARTNERS, Company


def states(company: Company, number: str = "PO-1") -> list[tuple[str, State]]:
    return [(entry.flow, entry.state) for entry in company.sync.trail(number).entries]


def test_an_order_goes_out_and_its_acknowledgment_comes_back(company: Company, webhooks: str) -> None:
    company.network.webhook(webhooks, header=("x-api-key", KEY))
    company.network.supplier("us_acme").answers("accept")
    company.order()
    company.sync.run()
    [sent] = company.network.sent
    assert "BEG*00*SA*PO-1" in sent.x12
    assert "PO1*1*24*EA*3.15**BP*WB-100*VP*B-2207~" in sent.x12
    assert "N1*SU**92*4711~" in sent.x12
    company.later(1)
    assert company.network.deliver_webhooks() == [200, 200]  # our own 850 is announced too
    company.sync.run()
    fields = company.fields()
    assert (fields["Acknowledgment_Status"], fields["Line_1_Confirmed_Quantity"]) == ("accepted", 24)
    assert states(company) == [
        (plex_stedi.PURCHASE_ORDERS, State.DELIVERED),
        (plex_stedi.ACKNOWLEDGMENTS, State.ACCEPTED),
    ]
    story = [(line.flow, line.kind) for line in company.sync.trail("PO-1").events]
    out = [kind for flow, kind in story if flow == plex_stedi.PURCHASE_ORDERS]
    assert out[:4] == ["observed", "mapped", "sending", "accepted"]
    assert sorted(out[4:]) == ["delivered", "learned"]
    back = [kind for flow, kind in story if flow == plex_stedi.ACKNOWLEDGMENTS]
    assert back == ["observed", "mapped", "sending", "accepted"]


@pytest.mark.parametrize(
    ("behaviour", "status", "confirmed"),
    [
        ("change", "accepted with changes", 18),
        ("reject", "rejected", 0),
        ("split", "accepted with changes", 18),
    ],
)
def test_what_the_supplier_says_is_what_plex_shows(
    company: Company, behaviour: str, status: str, confirmed: int
) -> None:
    company.network.supplier("us_acme").answers(behaviour)  # type: ignore[arg-type]
    company.order()
    company.sync.run()
    company.later()
    company.sync.run()
    fields = company.fields()
    assert fields["Acknowledgment_Status"] == status
    assert fields["Line_1_Confirmed_Quantity"] == confirmed


def test_a_late_and_a_repeated_answer_change_nothing_twice(company: Company, webhooks: str) -> None:
    subscription = company.network.webhook(webhooks, header=("x-api-key", KEY))
    subscription.twice()
    company.network.supplier("us_acme").answers("accept", delay=86_400, times=2)
    company.order()
    company.sync.run()
    company.later(86_400 + 60)
    company.network.deliver_webhooks()
    company.sync.run()
    writes = len(company.erp.writes)
    fields = company.fields()
    for _ in range(3):
        company.later(600)
        company.sync.run()
    assert len(company.erp.writes) == writes
    assert company.fields() == fields


def test_a_webhook_that_never_comes_is_found_by_polling(company: Company, webhooks: str) -> None:
    subscription = company.network.webhook(webhooks, header=("x-api-key", KEY))
    subscription.lose()
    company.network.supplier("us_acme").answers("accept")
    company.order()
    company.sync.run()
    company.later()
    company.sync.run()
    assert company.fields()["Acknowledgment_Status"] == "accepted"


def test_a_forged_webhook_is_refused_and_not_stored(company: Company, webhooks: str) -> None:
    body = {"event": {"id": "e-1", "detail-type": "transaction.processed.v2", "detail": {}}}
    for headers in ({}, {"x-api-key": "wrong"}, {"authorization": KEY}):
        assert httpx.post(webhooks, json=body, headers=headers).status_code == 401
    assert httpx.post(webhooks, content=b"{", headers={"x-api-key": KEY}).status_code == 400
    assert list(company.store.pending_events("stedi.transactions")) == []


def test_a_write_back_followed_by_a_hundred_polls_sends_nothing(company: Company) -> None:
    company.network.supplier("us_acme").answers("accept")
    company.order()
    company.sync.run()
    company.later()
    company.sync.run()
    assert company.fields()["Acknowledgment_Status"] == "accepted"
    for _ in range(100):
        company.later(600)
        report = company.sync.run()
        assert [(flow.added, dict(flow.outcomes)) for flow in report.flows] == [(0, {})] * 6
    assert len(company.network.sent) == 1
    assert len(company.erp.writes) == 1


def test_a_changed_release_is_a_change_order_and_there_and_back_again_are_two(company: Company) -> None:
    company.order()
    company.sync.run()
    for quantity in (30, 24):
        company.later()
        company.erp.edit_release("PO-1", 1, quantity=quantity)
        company.later(1)
        assert company.sync.run().ok
    first, second, third = (each.x12 for each in company.network.sent)
    assert "BEG*00*SA*PO-1" in first
    assert "BCH*04*SA*PO-1**1*" in second
    assert "POC*1*QI*30**EA*" in second
    assert "BCH*04*SA*PO-1**2*" in third
    assert "POC*1*QD*24**EA*" in third
    order = company.network.supplier("us_acme").orders["PO-1"]
    assert order.lines["1"].quantity == 24
    assert company.network.supplier("us_acme").objections == []


def test_a_deliberate_duplicate_does_not_replace_the_first_file(company: Company) -> None:
    company.order()
    company.sync.run()
    company.sync.resend("PO-1", by="Kim", reason="the supplier's server was restored from a backup")
    company.sync.run()
    first, again = company.network.sent
    assert first.filename != again.filename
    assert "-again-2.edi" in again.filename
    assert [line for line in first.x12.split("~") if line.startswith(("BEG", "PO1"))] == [
        line for line in again.x12.split("~") if line.startswith(("BEG", "PO1"))
    ]


@pytest.mark.parametrize("edit", ["price", "note"])
def test_only_an_edit_that_the_supplier_can_see_is_sent(company: Company, edit: str) -> None:
    company.order()
    company.sync.run()
    company.later()
    if edit == "price":
        company.erp.edit_line("PO-1", 1, unitPrice=4)
        company.sync.run()
        assert states(company)[-1][1] is State.ACCEPTED
        assert "POC*1*PC*24**EA*4*" in company.network.sent[-1].x12
    else:
        company.erp.edit_order("PO-1", internalNote="call them")
        company.sync.run()
        assert states(company)[-1][1] is State.UNCHANGED


def test_a_lost_answer_reaches_the_supplier_once(company: Company) -> None:
    company.network.faults.add(LoseAnswer(), method="POST", path="*/partnerships/*")
    company.order()
    company.sync.run()
    company.later(3600)
    company.sync.run()
    assert len(company.network.sent) == 1
    company.later()
    company.sync.run()
    assert states(company) == [(plex_stedi.PURCHASE_ORDERS, State.DELIVERED)]


def test_after_a_day_the_transaction_is_looked_up_before_anything_is_sent(company: Company) -> None:
    company.network.faults.add(LoseAnswer(), method="POST", path="*/partnerships/*", times=None)
    company.order()
    company.sync.run()
    company.network.faults.clear()
    company.later(25 * 3600)  # the key is forgotten: the same bytes would be a second order
    company.sync.run()
    company.later(3600)
    company.sync.run()
    assert len(company.network.sent) == 1
    company.later()
    company.sync.run()
    assert states(company) == [(plex_stedi.PURCHASE_ORDERS, State.DELIVERED)]
    assert any(line.kind == "found" for line in company.sync.trail("PO-1").events)


def test_an_outage_keeps_everything_and_goes_on_by_itself(company: Company) -> None:
    company.network.faults.add(Answer(503), path="*", times=None)
    company.erp.faults.add(Answer(503), path="*/purchase-orders*", times=None)
    company.order()
    report = company.sync.run()
    assert not report.ok
    company.network.faults.clear()
    company.erp.faults.clear()
    company.later(3600)
    company.sync.run().raise_for_problems()
    assert len(company.network.sent) == 1


def test_filters_that_are_ignored_do_no_harm(company: Company) -> None:
    company.erp.rules.ignore_filters = True
    company.order()
    company.sync.run()
    company.later()
    company.order("PO-2")
    company.sync.run()
    assert sorted(each.number for each in company.network.sent) == ["PO-1", "PO-2"]


# -- bad input: one clear error each; what concerns one document stops that document only -----------------


def only_letter(company: Company) -> str:
    [letter] = company.sync.dead_letters()
    return f"{letter.number}: {letter.reason} | {letter.remedy}"


def test_an_unknown_partner_is_a_dead_letter_that_a_mended_file_delivers(company: Company) -> None:
    company.order("PO-1", supplier="NEWCO")
    company.order("PO-2")
    company.sync.run()
    assert [each.number for each in company.network.sent] == ["PO-2"]
    assert "partners.toml has no partner with supplier 'NEWCO'" in only_letter(company)
    company.network.add_partnership("us_newco", sender="us", receiver="newco")
    addition = PARTNERS[PARTNERS.index("[partners.ACME]") :].replace("acme", "newco").replace("ACME", "NEWCO")
    (company.folder / "partners.toml").write_text(PARTNERS + addition)
    company.sync = company.pipeline()
    company.sync.retry("PO-1")
    company.sync.run()
    assert [each.number for each in company.network.sent] == ["PO-2", "PO-1"]


def test_a_wrong_setting_is_remapped_once_the_file_is_corrected(company: Company) -> None:
    (company.folder / "partners.toml").write_text(PARTNERS.replace("us_acme-850", "typo"))
    company.sync = company.pipeline()
    company.order()
    company.sync.run()
    assert "remap('PO-1')" in only_letter(company)
    (company.folder / "partners.toml").write_text(PARTNERS)
    company.sync = company.pipeline()
    company.sync.remap("PO-1")
    assert company.sync.run().ok
    assert len(company.network.sent) == 1


def test_unlisted_suppliers_may_be_ignored(company: Company) -> None:
    (company.folder / "partners.toml").write_text('unlisted = "ignore"\n' + PARTNERS)
    company.sync = company.pipeline()
    company.order("PO-1", supplier="NEWCO")
    assert company.sync.run().ok
    assert company.network.sent == []


def test_the_orders_of_a_paused_partner_wait_until_the_file_says_otherwise(company: Company) -> None:
    file = company.folder / "partners.toml"
    file.write_text(PARTNERS.replace('supplier = "ACME"', 'supplier = "ACME"\npaused = true'))
    company.order()
    company.sync.run()
    assert company.network.sent == []
    assert company.sync.dead_letters() == []
    file.write_text(PARTNERS)
    company.sync.run()
    assert [each.number for each in company.network.sent] == ["PO-1"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "has no lines"),
        ([{"part": "XX-1", "quantity": 1}], "parts.csv has no row for part 'XX-1'"),
        ([{"part": "WB-100", "quantity": 1, "unit": "Barrel"}], "units.toml"),
        ([{"part": "WB-100", "quantity": 0}], "quantity 0"),
        ([{"part": "WB-100", "quantity": 1, "description": "a*b~c"}], "PID"),
    ],
)
def test_a_bad_order_stops_alone(company: Company, lines: list[dict[str, object]], said: str) -> None:
    company.order("PO-BAD", lines=lines)
    company.order("PO-2")
    company.sync.run()
    assert [each.number for each in company.network.sent] == ["PO-2"]
    assert said in only_letter(company)


def test_an_acknowledgment_of_an_unknown_order_stops_alone(company: Company) -> None:
    company.network.supplier("us_acme").answers("accept")
    company.order()
    company.sync.run()
    company.later()
    company.network.drop(acknowledgment("PO-99"))
    company.later()
    company.sync.run()
    assert "acknowledges purchase order PO-99, which Plex does not have" in only_letter(company)
    assert company.fields()["Acknowledgment_Status"] == "accepted"


@pytest.mark.parametrize(
    ("guide", "said"),
    [
        ({"heading": {}}, "has no number"),
        (
            {"heading": {"beginning_segment_for_purchase_order_acknowledgment_BAK": "rubbish"}},
            "has no number",
        ),
        (
            {
                "heading": {
                    "beginning_segment_for_purchase_order_acknowledgment_BAK": {
                        "transaction_set_purpose_code_01": "00",
                        "acknowledgment_type_02": "AD",
                        "purchase_order_number_03": "PO-1",
                        "date_04": "yesterday",
                    }
                }
            },
            "BAK",
        ),
    ],
)
def test_a_malformed_acknowledgment_stops_alone(
    company: Company, guide: dict[str, object], said: str
) -> None:
    company.order()
    company.sync.run()
    company.network.inject("us_acme", guide, number="PO-1")
    company.later()
    company.network.drop(acknowledgment("PO-2"))
    company.order("PO-2")
    company.later()
    company.sync.run()
    assert said in only_letter(company)
    assert company.fields("PO-2")["Acknowledgment_Status"] == "accepted"


def acknowledgment(number: str) -> str:
    return (
        "ISA*00*          *00*          *ZZ*ACME           *ZZ*US             "
        "*260302*0958*U*00401*000000777*0*P*>~"
        "GS*PR*ACME*US*20260302*0958*777*X*004010~ST*855*0001~"
        f"BAK*00*AD*{number}*20260302****S-1*20260302~CTT*0~SE*4*0001~GE*1*777~IEA*1*000000777~"
    )


def test_a_wrong_key_is_one_clear_error_and_nothing_is_lost(company: Company) -> None:
    company.order()
    company.network.revoke_key(company.network.api_key)
    for _ in range(3):
        report = company.sync.run()
    assert "STEDI_API_KEY" in str(report)
    assert company.sync.dead_letters() == []
    company.network.add_key(company.network.api_key)
    company.sync.run().raise_for_problems()
    assert len(company.network.sent) == 1


def test_a_wrong_secret_names_its_setting(company: Company) -> None:
    company.plex.close()
    company.plex = Plex(company.plex_settings(client_secret=Secret("wrong")), clock=company.time)
    company.sync = company.pipeline()
    assert "PLEX_CLIENT_SECRET" in str(company.sync.run())


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PLEX_CLIENT_ID", "PLEX_CLIENT_SECRET", "PLEX_PCN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PLEX_CLIENT_ID", "x")
    with pytest.raises(MissingSetting, match=r"(?s)PLEX_CLIENT_SECRET.*PLEX_PCN"):
        Plex.from_env()


def test_a_database_that_is_none_is_named(company: Company) -> None:
    garbage = company.folder / "garbage.db"
    garbage.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(StoreError, match=r"garbage\.db"):
        SQLiteStore(garbage)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[partners", "not readable as TOML"),
        (PARTNERS.replace("partnership", "partnershp"), "partners.ACME.stedi names no partnership"),
        (PARTNERS.replace('supplier = "ACME"', 'suplier = "ACME"'), "did you mean 'supplier'"),
        (PARTNERS.replace("units.toml", "einheiten.toml"), "there is no file"),
    ],
)
def test_a_bad_partner_file_is_told_before_anything_runs(company: Company, toml: str, said: str) -> None:
    (company.folder / "partners.toml").write_text(toml)
    with pytest.raises(ConfigurationError, match=said):
        company.pipeline()


def test_arguments_that_cannot_work_are_named(company: Company) -> None:
    def build(**other: object) -> None:
        plex_stedi.pipeline(
            company.plex,
            company.stedi,
            store=company.store,
            partners=company.folder / "partners.toml",
            **other,  # type: ignore[arg-type]
        )

    with pytest.raises(ConfigurationError, match="production or test"):
        build(environment="prod")
    with pytest.raises(ConfigurationError, match="America/Chicago"):
        build(plant_time_zone="Chicago")


def test_a_missing_role_is_said_with_whom_to_ask(company: Company) -> None:
    company.erp.rules.deny["purchase-orders"] = "403"
    report = company.sync.run()
    assert "role" in str(report)


def test_unmapped_values_name_table_and_key(company: Company) -> None:
    with pytest.raises(UnmappedValue) as caught:
        company.pipeline().flows[plex_stedi.PURCHASE_ORDERS].map.book.current.partners.by_supplier("X")  # type: ignore[attr-defined]
    assert (caught.value.table, caught.value.key) == ("partners", "X")


# -- more than one -----------------------------------------------------------------------------------------


def test_two_programs_polling_at_once_create_one_entry(company: Company) -> None:
    for number in range(5):
        company.order(f"PO-{number}")
    gate = threading.Barrier(2)

    def program() -> None:
        with (
            Plex(company.plex_settings(), clock=company.time) as plex,
            SQLiteStore(company.folder / "sync.db") as store,
        ):
            sync = plex_stedi.pipeline(
                plex, company.stedi, store=store, partners=company.folder / "partners.toml"
            )
            gate.wait()
            sync.run()

    threads = [threading.Thread(target=program) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.number for each in company.network.sent) == [f"PO-{n}" for n in range(5)]
    assert len(list(company.store.find(flow=plex_stedi.PURCHASE_ORDERS))) == 5


def test_the_async_pipeline_does_the_same(company: Company) -> None:
    company.network.supplier("us_acme").answers("accept")

    async def story() -> str:
        async with (
            AsyncPlex(company.plex_settings(), clock=company.time) as plex,
            AsyncStedi(company.stedi_settings(), clock=company.time) as stedi,
        ):
            sync = plex_stedi.pipeline(
                plex, stedi, store=MemoryStore(), partners=company.folder / "partners.toml"
            )
            await sync.baseline()
            company.later()
            company.order()
            (await sync.run()).raise_for_problems()
            company.later()
            (await sync.run()).raise_for_problems()
            return str(await sync.trail("PO-1"))

    assert "855 from ACME: accepted" in asyncio.run(story())
    assert company.fields()["Acknowledgment_Status"] == "accepted"


def test_one_client_of_each_colour_is_refused(company: Company) -> None:
    stedi = AsyncStedi(company.stedi_settings())
    with pytest.raises(ConfigurationError, match="both async"):
        plex_stedi.pipeline(  # type: ignore[call-overload]
            company.plex, stedi, store=company.store, partners=company.folder / "partners.toml"
        )
    asyncio.run(stedi.close())


def test_an_order_reaches_the_network_within_one_polling_interval(company: Company) -> None:
    from mlconnector_sdk import Every

    start = company.time.now()
    placed = start + timedelta(minutes=4)
    reached: list[timedelta] = []

    def until() -> bool:
        if company.time.now() >= placed and not reached:
            try:
                company.erp.order("PO-1")
            except Exception:  # noqa: BLE001 - not placed yet
                company.order()
        if company.network.sent and not reached:
            reached.append(company.time.now() - placed)
        return company.time.now() - start > timedelta(minutes=20)

    company.sync.run_every(Every(timedelta(minutes=5)), until=until)
    assert reached[0] <= timedelta(minutes=5, seconds=5)
