from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mlconnector_sdk import AsyncPlex, AsyncStedi, Plex, PlexSettings, Secret, Stedi, StediSettings
from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.pipelines.partner_check import check
from mlconnector_sdk.pipelines.partner_files import PartnerBook, read_partner_files
from mlconnector_sdk.pipelines.partner_report import Finding, Kind, PartnerReport
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator, VirtualTime

PARTNERS = """\
units = "as_is"
parts = "as_is"

[partners.ACME]
supplier = "ACME"
buyer = { id = "US", qualifier = "92" }
account = { id = "4711", qualifier = "92" }
units = "units.csv"
parts = "parts.csv"

[partners.ACME.stedi]
partnership = "us_acme"
settings = { 850 = "us_acme-850" }

[partners.ACME.policies]
changes = "replace"
"""
UNITS = "ours,theirs\nEA,EA\nPieces,PC\n"
PARTS = "number,revision,buyer_part,vendor_part\nWB-100,*,WB100,\nRR-52,*,RR52,\n"


class Company:
    """Both systems in order, with one partner, one open order, and one 850 that was sent."""

    def __init__(self, time: VirtualTime, erp: PlexSimulator, network: StediSimulator, folder: Path) -> None:
        self.time, self.erp, self.network, self.folder = time, erp, network, folder
        self.write("partners.toml", PARTNERS)
        self.write("units.csv", UNITS)
        self.write("parts.csv", PARTS)
        self.partners = folder / "partners.toml"
        self.order("PO-1")
        network.add_partnership("us_acme", sender="us", receiver="acme")
        self.plex_settings = PlexSettings(
            client_id=erp.client_id,
            client_secret=Secret(erp.client_secret),
            pcn=erp.pcn,
            base_url=erp.url,
            token_url=erp.token_url,
        )
        self.stedi_settings = StediSettings(api_key=Secret(network.api_key), base_url=network.url)
        self.plex = Plex(self.plex_settings, clock=time)
        self.stedi = Stedi(self.stedi_settings, clock=time)
        self.send("us_acme", "us_acme-850")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def order(self, number: str, **known: Any) -> None:
        lines = [{"part": "WB-100", "quantity": 24}, {"part": "RR-52", "quantity": 5, "unit": "Pieces"}]
        self.erp.add_purchase_order(number, **{"supplier": "ACME", "lines": lines, **known})

    def send(self, partnership: str, setting: str) -> None:
        self.stedi.transactions.create(
            partnership, setting, ORDER, idempotency_key=f"{partnership}/{setting}"
        )

    def check(self) -> PartnerReport:
        return check(self.plex, self.stedi, self.partners)

    def found(self) -> list[Finding]:
        """What is found, where exactly one line of the report is about it."""
        return list(self.check())

    def close(self) -> None:
        self.plex.close()
        self.stedi.close()


ORDER = {
    "heading": {
        "transaction_set_header_ST": {
            "transaction_set_identifier_code_01": "850",
            "transaction_set_control_number_02": 1,
        },
        "beginning_segment_for_purchase_order_BEG": {
            "transaction_set_purpose_code_01": "00",
            "purchase_order_type_code_02": "SA",
            "purchase_order_number_03": "PO-1",
            "date_05": "2026-03-02",
        },
    },
    "detail": {
        "baseline_item_data_PO1_loop": [
            {
                "baseline_item_data_PO1": {
                    "assigned_identification_01": "1",
                    "quantity_ordered_02": 24,
                    "unit_or_basis_for_measurement_code_03": "EA",
                    "unit_price_04": Decimal("3.15"),
                    "product_service_id_qualifier_06": "BP",
                    "product_service_id_07": "WB-100",
                }
            }
        ]
    },
    "summary": {"transaction_totals_CTT_loop": [{"transaction_totals_CTT": {"number_of_line_items_01": 1}}]},
}


@pytest.fixture
def company(
    simulator_time: VirtualTime,
    plex_simulator: PlexSimulator,
    stedi_simulator: StediSimulator,
    tmp_path: Path,
) -> Iterator[Company]:
    made = Company(simulator_time, plex_simulator, stedi_simulator, tmp_path)
    yield made
    made.close()


def test_where_all_is_well_nothing_is_found(company: Company) -> None:
    report = company.check()
    assert str(report) == "ok"
    assert report.ok
    assert company.erp.writes == []
    for partners in (read_partner_files(company.partners), PartnerBook(company.partners)):
        assert check(company.plex, company.stedi, partners).ok


def test_async_clients_find_the_same(company: Company) -> None:
    company.edit("partners.toml", 'supplier = "ACME"', 'supplier = "ACMI"')

    async def checked() -> PartnerReport:
        async with (
            AsyncPlex(company.plex_settings, clock=company.time) as plex,
            AsyncStedi(company.stedi_settings, clock=company.time) as stedi,
        ):
            with pytest.raises(ConfigurationError, match="one client is blocking"):
                check(company.plex, stedi, company.partners)  # type: ignore[call-overload]  # that is the point
            return await check(plex, stedi, company.partners)

    report = asyncio.run(checked())
    assert not report.ok
    assert list(report) == list(company.check())


def test_a_supplier_that_plex_does_not_have(company: Company) -> None:
    company.edit("partners.toml", 'supplier = "ACME"', 'supplier = "ACMI"')
    vanished, unmapped = company.found()
    assert vanished == Finding(
        kind=Kind.VANISHED,
        file="partners.toml",
        line=5,
        key="partners.ACME.supplier",
        sentence="Plex has no supplier with the code 'ACMI' (Plex has 'ACME'), or does not show it",
        remedy="write the code as Plex has it, or remove the partner",
    )
    assert (unmapped.kind, unmapped.file, unmapped.key) == (Kind.UNMAPPED, "partners.toml", "ACME")
    assert unmapped.sentence == "no partner lists the supplier 'ACME' of 1 open order (PO-1)"


def test_a_supplier_that_plex_has_twice(company: Company) -> None:
    company.erp.add_supplier("OTHER")
    with company.erp.lock:  # two suppliers with one code cannot be entered as people enter them
        suppliers = company.erp._data.suppliers
        [other] = suppliers.find("code", ("OTHER",))
        suppliers.change(other, {"code": "ACME"})
    [found] = company.found()
    assert (found.kind, found.key, found.line) == (Kind.AMBIGUOUS, "partners.ACME.supplier", 5)


def test_suppliers_with_open_orders_that_nobody_lists(company: Company) -> None:
    for number in range(5):
        company.order(f"PO-N{number}", supplier="NORTH")
    for number, status in enumerate(("Draft", "Cancelled", "Closed", "voided")):
        company.order(f"PO-S{number}", supplier="SOUTH", status=status)
    [found] = company.found()
    assert (found.kind, found.key) == (Kind.UNMAPPED, "NORTH")
    assert "5 open orders (PO-N0, PO-N1, PO-N2 and 2 more)" in found.sentence
    company.edit("partners.toml", 'units = "as_is"\n', 'unlisted = "ignore"\nunits = "as_is"\n')
    assert company.check().ok


def test_a_partner_with_orders_and_no_section(company: Company) -> None:
    company.order("PO-2", supplier="NORTH")
    north = PARTNERS[PARTNERS.index("[partners.ACME]") : PARTNERS.index("[partners.ACME.stedi]")]
    company.write("partners.toml", PARTNERS + "\n" + north.replace("ACME", "NORTH"))
    [found] = company.found()
    assert (found.kind, found.key, found.line) == (Kind.UNMAPPED, "partners.NORTH.stedi", 18)
    assert "1 open order (PO-2)" in found.sentence


def test_parts_of_the_table_that_plex_does_not_have(company: Company) -> None:
    company.erp.add_part("BR-7", revision="A")
    company.write("parts.csv", PARTS + "BR-7,A,BR7A,\nBR-7,B,BR7B,\n\nBR-8,*,BR8,\n")
    old_revision, no_part = company.found()
    assert (old_revision.kind, old_revision.file, old_revision.line) == (Kind.VANISHED, "parts.csv", 5)
    assert (old_revision.key, "not in revision 'B'" in old_revision.sentence) == ("BR-7/B", True)
    assert (no_part.kind, no_part.line, no_part.key) == (Kind.VANISHED, 7, "BR-8/*")


def test_parts_and_units_of_open_orders_without_a_row(company: Company) -> None:
    lines = [{"part": "BR-7", "quantity": 1, "unit": "Dozen"}, {"part": "WB-100", "quantity": 1}]
    company.order("PO-2", lines=lines)
    company.order("PO-3", lines=lines[:1], status="Closed")
    company.order("PO-4", lines=lines[:1])
    company.erp.cancel("PO-4")
    company.order("PO-5", lines=lines)
    company.erp.edit_line("PO-5", 1, status="Cancelled")
    company.erp.edit_release("PO-5", 1, status="Cancelled")
    part, unit = company.found()
    assert (part.kind, part.file, part.key) == (Kind.UNMAPPED, "parts.csv", "BR-7/")
    assert part.sentence == "there is no row for it, but it is on 1 open order (PO-2)"
    assert (unit.kind, unit.file, unit.key) == (Kind.UNMAPPED, "units.csv", "Dozen")
    assert unit.sentence == "there is no row for it, but it is on 1 open order (PO-2)"


def test_a_revision_without_a_row(company: Company) -> None:
    company.edit("parts.csv", "WB-100,*", "WB-100,A")
    company.erp.add_part("WB-100", revision="A")
    company.erp.edit_release("PO-1", 1, partRevision="B")
    [found] = company.found()
    assert (found.kind, found.key) == (Kind.UNMAPPED, "WB-100/B")


def test_names_that_cannot_be_told_apart(company: Company) -> None:
    company.erp.add_part("RR-52", revision="B")
    company.write("parts.csv", PARTS + "RR-52,B,RR52,\n")  # which revision is meant, the order says
    assert company.check().ok
    company.write("units.csv", UNITS + "Each,EA\n")
    company.write("parts.csv", PARTS + "RR-52,B,RR52,\nRR-52-X,*,RR52,\n")
    company.erp.add_part("RR-52-X")
    unit, part = company.found()
    assert (unit.kind, unit.file, unit.line, unit.key) == (Kind.AMBIGUOUS, "units.csv", 4, "EA")
    assert "the theirs 'EA' stands for EA and Each (lines 2, 4)" in unit.sentence
    assert (part.kind, part.file, part.key) == (Kind.AMBIGUOUS, "parts.csv", "RR52")
    assert "RR-52 and RR-52-X (lines 3, 4, 5)" in part.sentence


@pytest.mark.parametrize(
    ("resource", "denial", "role"),
    [
        ("suppliers", "empty", "Supplier"),
        ("suppliers", "403", "Supplier"),
        ("parts", "empty", "Part"),
        ("parts", "403", "Part"),
        ("purchase-orders", "empty", "Purchase_Order"),
        ("purchase-orders", "403", "Purchase_Order"),
        ("releases", "empty", "Purchase_Order_Release"),
        ("releases", "403", "Purchase_Order_Release"),
    ],
)
def test_what_plex_does_not_show_is_said_and_not_guessed(
    company: Company, resource: str, denial: Any, role: str
) -> None:
    company.erp.rules.deny[resource] = denial
    [found] = company.found()
    assert (found.kind, found.file, found.key) == (Kind.UNVERIFIABLE, "Plex", role)
    assert role in found.remedy


def test_lines_that_plex_does_not_show(company: Company) -> None:
    company.erp.rules.deny["line-items"] = "403"
    company.order("PO-2")
    [found] = company.found()
    assert (found.kind, found.key) == (Kind.UNVERIFIABLE, "Purchase_Order")


def test_an_order_whose_supplier_is_hidden(company: Company) -> None:
    company.erp.edit_order("PO-1", supplierId="gone")
    [found] = company.found()
    assert (found.kind, found.key) == (Kind.UNVERIFIABLE, "supplier of an order")


def test_credentials_that_open_nothing(company: Company) -> None:
    company.network.revoke_key(company.network.api_key)
    with company.erp.lock:
        company.erp.tokens.client_secret = "changed"
    in_plex, in_stedi = company.found()
    assert (in_plex.kind, in_plex.file, in_plex.key) == (Kind.UNVERIFIABLE, "Plex", "everything else")
    assert (in_stedi.kind, in_stedi.file, in_stedi.key) == (Kind.UNVERIFIABLE, "Stedi", "transactions")
    assert "STEDI_API_KEY" in in_stedi.remedy


def test_only_so_many_orders_are_read_line_by_line(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlconnector_sdk.pipelines.plex_usage._MOST_ORDERS", 2)
    for number in range(3):
        company.order(f"PO-X{number}")
    [found] = company.found()
    assert found.kind is Kind.UNVERIFIABLE
    assert "2 orders were not read" in found.sentence
    company.time.advance(3600)
    since = company.time.now()
    company.time.advance(3600)
    company.order("PO-NEW", lines=[{"part": "WB-100", "quantity": 1, "unit": "Dozen"}])
    [found] = check(company.plex, company.stedi, company.partners, since=since)
    assert (found.kind, found.key) == (Kind.UNMAPPED, "Dozen")


def test_a_setting_that_was_never_used(company: Company) -> None:
    company.edit("partners.toml", '850 = "us_acme-850"', '850 = "us_acme-85O"')
    [found] = company.found()
    assert (found.kind, found.line) == (Kind.UNVERIFIABLE, 13)
    assert found.key == "partners.ACME.stedi.settings.850"
    assert "went by us_acme-850 instead" in found.sentence
    company.edit("partners.toml", '"us_acme"', '"us_acmi"')
    [found] = company.found()
    assert "no 850 has gone through partnership us_acmi yet" in found.sentence
    assert found.remedy == (
        "in the Stedi portal, open the partnership us_acmi and see that it has an outbound transaction "
        "setting us_acme-85O for 850"
    )


def test_settings_that_the_policies_need(company: Company) -> None:
    company.edit("partners.toml", 'changes = "replace"', 'changes = "860"')
    company.edit("partners.toml", 'supplier = "ACME"', 'supplier = "ACME"\ncustomer = "C-1"')
    changes, invoices = company.found()
    assert (changes.kind, changes.line) == (Kind.UNMAPPED, 14)
    assert [each.key.rpartition(".")[2] for each in (changes, invoices)] == ["860", "810"]


def test_one_partnership_for_two_partners(company: Company) -> None:
    company.erp.add_supplier("NORTH")
    company.write("partners.toml", PARTNERS + PARTNERS[PARTNERS.index("[") :].replace("ACME", "NORTH"))
    [found] = company.found()
    assert (found.kind, found.key, found.line) == (Kind.AMBIGUOUS, "partners.NORTH.stedi.partnership", 25)


def test_acknowledgments_by_a_partnership_that_nobody_has(company: Company) -> None:
    company.network.add_partnership("us_north", sender="us", receiver="north")
    for _ in range(2):
        company.network.inject("us_north", {"heading": {}})
    company.network.inject("us_acme", {"heading": {}})
    [found] = company.found()
    assert (found.kind, found.file, found.key) == (Kind.UNMAPPED, "partners.toml", "us_north")
    assert found.sentence.startswith("2 of the newest acknowledgments")
    company.edit("partners.toml", 'units = "as_is"\n', 'unlisted = "ignore"\nunits = "as_is"\n')
    assert company.check().ok


def test_a_stedi_section_that_cannot_work_is_an_error(company: Company) -> None:
    company.edit("partners.toml", 'partnership = "us_acme"', "")
    with pytest.raises(ConfigurationError, match="partnership"):
        company.check()


def test_the_report_is_a_table() -> None:
    findings = (
        Finding(kind=Kind.UNMAPPED, file="units.csv", key="DZ", sentence="is missing", remedy="add it"),
        Finding(kind=Kind.VANISHED, file="p.csv", line=3, key="A/1", sentence="is gone", remedy="look"),
    )
    assert str(PartnerReport(findings)).splitlines() == [
        "unmapped  units.csv     DZ   is missing",
        "                             -> add it",
        "vanished  p.csv line 3  A/1  is gone",
        "                             -> look",
    ]
