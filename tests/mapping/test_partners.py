from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.errors import ConfigurationError, UnmappedValue
from mlconnector_sdk.mapping.partners import Identifier, Partner, Partners
from mlconnector_sdk.mapping.x12 import Conventions

FILE = """
unlisted = "ignore"
units = "units.toml"
parts = "as_is"

[partners.ACME]
supplier = "ACME-01"
buyer = { id = "PLEXBUYER", qualifier = "92" }
account = { id = "4711", qualifier = "91" }
parts = "acme-parts.csv"
conventions = { due = ["010", "002"] }

[partners.ACME.stedi]
partnership = "us_acme"
settings = { 850 = "01HXYZ", 860 = "01HXYA" }
tags = ["a", "b"]

[partners.NORTH]
supplier = "N-7"
buyer = { id = "PLEX", qualifier = "ZZ" }
account = { id = "77", qualifier = "92" }
release = "005010"
units = "as_is"
paused = true
"""


def test_the_file() -> None:
    partners = Partners.from_toml(FILE)
    acme, north = partners
    assert acme.buyer == Identifier(id="PLEXBUYER", qualifier="92")
    assert acme.account == Identifier(id="4711", qualifier="91")
    assert (acme.units, acme.parts, acme.release, acme.paused) == (
        "units.toml",
        "acme-parts.csv",
        "004010",
        False,
    )
    assert acme.conventions == Conventions(due=("010", "002"))
    assert (north.units, north.parts, north.release, north.paused) == ("as_is", "as_is", "005010", True)
    assert partners.ignore_unlisted
    assert partners.tables == {"units.toml", "acme-parts.csv"}


def test_lookups_both_ways() -> None:
    partners = Partners.from_toml(FILE)
    assert partners.by_supplier("N-7").name == "NORTH"
    assert partners["ACME"].supplier == "ACME-01"
    assert partners.by_route("stedi", "partnership", "us_acme").name == "ACME"
    assert partners.lists("N-7")
    assert not partners.lists("N-8")
    for lookup in (
        lambda: partners.by_supplier("N-8"),
        lambda: partners["N-8"],
        lambda: partners.by_route("stedi", "partnership", "N-8"),
        lambda: partners.by_route("sps", "partnership", "N-8"),
    ):
        with pytest.raises(UnmappedValue) as caught:
            lookup()
        assert (caught.value.table, caught.value.key, caught.value.path) == (
            "partners",
            "N-8",
            "partners.toml",
        )


def test_routes_are_as_they_stand_and_cannot_be_changed() -> None:
    acme, north = Partners.from_toml(FILE)
    assert acme.route("stedi") == {
        "partnership": "us_acme",
        "settings": {"850": "01HXYZ", "860": "01HXYA"},
        "tags": ("a", "b"),
    }
    with pytest.raises(TypeError):
        acme.route("stedi")["partnership"] = "x"  # type: ignore[index]  # that is the point
    with pytest.raises(ConfigurationError, match="no section for stedi") as caught:
        north.route("stedi")
    assert caught.value.path == "partners.NORTH.stedi"


def test_one_partnership_for_two_partners_is_ambiguous() -> None:
    both = FILE + '\n[partners.NORTH.stedi]\npartnership = "us_acme"\n'
    with pytest.raises(UnmappedValue, match="ACME and NORTH"):
        Partners.from_toml(both).by_route("stedi", "partnership", "us_acme")


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ('supplier = "ACME-01"\n', "", "partners.ACME.supplier", "missing"),
        ('supplier = "ACME-01"', 'suplier = "ACME-01"', "partners.ACME.suplier", "'supplier'"),
        ('buyer = { id = "PLEXBUYER"', 'buyr = { id = "PLEXBUYER"', "partners.ACME.buyr", "'buyer'"),
        ('qualifier = "91"', 'qualifyer = "91"', "partners.ACME.account.qualifyer", "'qualifier'"),
        (', qualifier = "91"', "", "partners.ACME.account.qualifier", "missing"),
        ('supplier = "N-7"', 'supplier = "ACME-01"', "partners.NORTH.supplier", "same supplier"),
        ('supplier = "N-7"', "supplier = 7", "partners.NORTH.supplier", "text in quotes"),
        ('supplier = "N-7"', 'supplier = " "', "partners.NORTH.supplier", "text in quotes"),
        ("paused = true", 'paused = "yes"', "partners.NORTH.paused", "true or false"),
        ('release = "005010"', 'release = "5010"', "partners.NORTH.release", "004010"),
        ('unlisted = "ignore"', 'unlisted = "drop"', "unlisted", "dead_letter"),
        ('unlisted = "ignore"', 'unlistet = "ignore"', "unlistet", "'unlisted'"),
        ('parts = "as_is"\n', "", "partners.NORTH.parts", "missing"),
        ('due = ["010", "002"]', 'due = "010"', "partners.ACME.conventions.due", "list"),
        ('due = ["010", "002"]', 'dues = ["010"]', "partners.ACME.conventions.dues", "'due'"),
        ("[partners.NORTH]", "[partner.NORTH]", "partner", "'partners'"),
        ('supplier = "N-7"\n', 'customer = "C"\nsupplier = ""\n', "partners.NORTH.supplier", "in quotes"),
        ('parts = "as_is"\n', 'parts = "../p.csv"\n', "parts", "same folder"),
        ('parts = "acme-parts.csv"', 'parts = "a\\\\b.csv"', "partners.ACME.parts", "same folder"),
        ('units = "as_is"', 'units = "as_is_with_revision"', "partners.NORTH.units", "cannot be"),
        (
            "[partners.NORTH]",
            "[partners.NORTH.policy]\n[partners.NORTH]",
            "partners.NORTH.policy",
            "'policies'",
        ),
        ("[partners.NORTH]", "[partners.NORTH]\nlimits = 1", "partners.NORTH.limits", "table"),
        ('buyer = { id = "PLEX", qualifier = "ZZ" }', 'buyer = "PLEX"', "partners.NORTH.buyer", "table"),
    ],
)
def test_mistakes_name_the_key(old: str, new: str, path: str, message: str) -> None:
    assert old in FILE
    text = FILE.replace(old, new, 1)
    with pytest.raises(ConfigurationError) as caught:
        Partners.from_toml(text)
    assert caught.value.path == path
    assert message in str(caught.value)
    line = int(re.match(r"partners\.toml line (\d+): ", str(caught.value))[1])  # type: ignore[index]  # it must
    key = path.rpartition(".")[2]
    table = text.splitlines()[line - 1]
    assert key in table if new else f"[{path.rpartition('.')[0]}]" in table or key == "qualifier"


def test_mistakes_name_the_line() -> None:
    for old, new, line in (
        ('supplier = "N-7"', 'supplier = "ACME-01"', 19),
        ('supplier = "N-7"\n', "", 18),
        ("paused = true", "paused = 1", 24),
        ('unlisted = "ignore"', 'unlisted = ""', 2),
        ('id = "77", ', "", 21),
        ("[partners.NORTH]", "[partners.NORTH", 18),
    ):
        assert old in FILE
        with pytest.raises(ConfigurationError, match=rf"^partners\.toml line {line}: "):
            Partners.from_toml(FILE.replace(old, new, 1))


def test_an_adapter_names_file_line_and_key_too() -> None:
    acme, _ = Partners.from_toml(FILE, file="ours.toml")
    error = acme.error(("stedi", "settings", "860"), "it is wrong", "mend it")
    assert str(error) == (
        "ours.toml line 15: it is wrong [at partners.ACME.stedi.settings.860] Remedy: mend it"
    )
    ours = Identifier(id="1", qualifier="92")
    of_no_file = Partner(name="X Y", supplier="X", buyer=ours, account=ours, units="as_is", parts="as_is")
    error = of_no_file.error("stedi", "it is wrong")
    assert str(error) == 'partners.toml: it is wrong [at partners."X Y".stedi]'


def test_customers() -> None:
    text = FILE.replace('supplier = "N-7"', 'customer = "CUST-1"')
    partners = Partners.from_toml(text)
    assert partners.by_customer("CUST-1").name == "NORTH"
    assert (partners["NORTH"].supplier, partners["NORTH"].customer) == ("", "CUST-1")
    assert partners.lists_customer("CUST-1")
    assert not partners.lists_customer("N-7")
    for code in ("", "N-7"):  # a partner without a code is not the partner of a document without one
        assert not partners.lists(code)
        assert not partners.lists_customer(code)
        for lookup in (partners.by_supplier, partners.by_customer):
            with pytest.raises(UnmappedValue):
                lookup(code)
    both = text.replace('supplier = "ACME-01"', 'supplier = "A"\ncustomer = "CUST-1"')
    with pytest.raises(ConfigurationError, match="line 20: ACME and NORTH have the same customer code"):
        Partners.from_toml(both)


def test_two_files_that_say_the_same_are_equal() -> None:
    assert Partners.from_toml(FILE) == Partners.from_toml("# new line\n" + FILE)
    assert Partners.from_toml(FILE) != Partners.from_toml(FILE.replace("true", "false"))


@pytest.mark.parametrize("text", ["", "= 1", "[partners]\nA = 1", "a = 1\na = 2", "x = " + "[" * 100_000])
def test_what_is_no_partner_file_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        if not list(Partners.from_toml(text)):
            raise AssertionError("it was read as an empty file")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_file_or_an_error(text: str) -> None:
    try:
        Partners.from_toml(FILE + text)
    except ConfigurationError as error:
        assert error.path
