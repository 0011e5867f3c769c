from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.errors import ConfigurationError, UnmappedValue
from mlconnector_sdk.mapping.crossref import CrossReference, table_from_csv, table_from_toml
from mlconnector_sdk.mapping.naming import Naming, PartNumbers
from mlconnector_sdk.mapping.partners import Identifier, Partner

PARTS = """\ufeffnumber, revision, buyer_part, vendor_part
# welded parts
WB-100, A, WB100, ACM-88-A

"BR-7, left", *, BR7L,
"""


def test_a_csv_table_both_ways() -> None:
    parts = table_from_csv("parts.csv", PARTS, keys=2)
    assert parts.find("WB-100", "A")["vendor_part"] == "ACM-88-A"
    assert parts.find("BR-7, left", "*")["vendor_part"] == ""
    assert parts.reverse("buyer_part", "WB100")["number"] == "WB-100"
    assert parts.get("WB-100", "B") is None


def test_a_toml_table_both_ways() -> None:
    units = table_from_toml("units.toml", 'Each = "EA"\n"Sq. foot" = "SF"\n')
    assert units.find("Each")["value"] == "EA"
    assert units.reverse("value", "SF")["key"] == "Sq. foot"


def test_a_miss_names_table_key_and_remedy() -> None:
    parts = table_from_csv("parts.csv", PARTS, keys=2)
    with pytest.raises(UnmappedValue) as caught:
        parts.find("WB-100", "B")
    assert (caught.value.table, caught.value.key, caught.value.path) == ("parts.csv", "WB-100/B", "parts.csv")
    assert caught.value.remedy == "add a row for 'WB-100' / 'B' to parts.csv, then retry the document"


def test_a_reverse_lookup_must_be_unambiguous() -> None:
    units = table_from_csv("units.csv", "ours,theirs\nEach,EA\nPieces,EA\nBox,BX\n")
    with pytest.raises(UnmappedValue, match="lines 2 and 3") as caught:
        units.reverse("theirs", "EA")
    assert caught.value.key == "EA"
    with pytest.raises(UnmappedValue, match="no row"):
        units.reverse("theirs", "CA")
    with pytest.raises(ConfigurationError, match="did you mean 'theirs'"):
        units.reverse("their", "CA")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ours,theirs\nEach,EA\nBox,BX\nEach,EX\n", "'Each' twice: lines 2 and 4"),
        ("ours,theirs\nEach\n", "line 2 has 1 values"),
        ("ours,theirs\n\nEach,E,A\n", "line 3 has 3 values"),
        ("ours,theirs\n,EA\n", "line 2 has no ours"),
        ("ours\nEach\n", "line 1 must name"),
        ("ours,ours\nEach,EA\n", "line 1 must name"),
        ("", "line 1 must name"),
        ('ours,theirs\n"Each,EA\n', "line 3 is not readable"),
        ('ours,theirs\n"Ea"ch,EA\n', "line 2 is not readable"),
    ],
)
def test_mistakes_in_a_csv_name_the_line(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        table_from_csv("units.csv", text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('Each = "EA"\nEach = "EX"\n', "line 2"),
        ("Each = 1\n", "Each that is no text"),
        ("[Each]\n", "Each that is no text"),
        ("=", "not readable as TOML"),
    ],
)
def test_mistakes_in_a_toml_name_the_key(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        table_from_toml("units.toml", text)
    assert caught.value.path.startswith("units.toml")


@given(st.text(max_size=80))
def test_any_text_is_a_table_or_an_error(text: str) -> None:
    for read in (table_from_csv, table_from_toml):
        try:
            read("any", text)
        except ConfigurationError as error:
            assert error.path.startswith("any")


def test_a_cross_reference_finds_tables_by_name() -> None:
    units = table_from_toml("units.toml", 'Each = "EA"')
    tables = CrossReference.of(units)
    assert tables["units.toml"] is units
    with pytest.raises(ConfigurationError, match=r"did you mean 'units\.toml'"):
        _ = tables["unit.toml"]
    with pytest.raises(ConfigurationError, match="two tables"):
        CrossReference.of(units, units)


def naming(units: str, parts: str) -> Naming:
    ours = Identifier(id="1", qualifier="92")
    partner = Partner(name="ACME", supplier="A", buyer=ours, account=ours, units=units, parts=parts)
    tables = CrossReference.of(
        table_from_toml("units.toml", 'Each = "EA"\nPound = "LB"'),
        table_from_csv("parts.csv", PARTS, keys=2),
        table_from_csv("wrong.csv", "number,buyer_part\nA,B\n"),
    )
    return Naming(partner, tables)


def test_units_by_table_or_as_they_are() -> None:
    by_table, as_is = naming("units.toml", "as_is"), naming("as_is", "as_is")
    assert (by_table.unit("Pound"), by_table.our_unit("EA")) == ("LB", "Each")
    assert (as_is.unit("EA"), as_is.our_unit("EA")) == ("EA", "EA")
    with pytest.raises(UnmappedValue, match="Dozen"):
        by_table.unit("Dozen")


def test_parts_by_table_or_as_they_are() -> None:
    by_table = naming("as_is", "parts.csv")
    assert by_table.part("WB-100", "A") == PartNumbers(buyer="WB100", vendor="ACM-88-A")
    assert by_table.part("BR-7, left", "C") == PartNumbers(buyer="BR7L")
    with pytest.raises(UnmappedValue, match="revision 'B'") as caught:
        by_table.part("WB-100", "B")
    assert caught.value.table == "parts.csv"
    assert naming("as_is", "as_is").part("WB-100", "A") == PartNumbers(buyer="WB-100")
    assert naming("as_is", "as_is_with_revision").part("WB-100", "A") == PartNumbers(buyer="WB-100-A")
    assert naming("as_is", "as_is_with_revision").part("WB-100") == PartNumbers(buyer="WB-100")
    with pytest.raises(ConfigurationError, match="must have the columns"):
        naming("as_is", "wrong.csv").part("A")
