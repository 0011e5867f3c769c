from __future__ import annotations

import pytest
from hypothesis import given, settings
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


def test_a_row_knows_the_line_where_it_begins() -> None:
    text = '# ours, "theirs\nours,theirs\n\n"Each\nof them",EA\n# "a\n"# 2","P\n#"\nBox,BX\n'
    rows = table_from_csv("units.csv", text).rows
    assert [(row["ours"], row.line) for row in rows] == [("Each\nof them", 4), ("# 2", 7), ("Box", 9)]
    assert rows[1]["theirs"] == "P\n#"
    toml = table_from_toml("units.toml", '# ours\nEach = "EA"\n\nBox = """B\nX"""\n"Sq. foot" = "SF"')
    assert [row.line for row in toml.rows] == [2, 4, 6]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ours,theirs\nEach,EA\nBox,BX\nEach,EX\n", "line 4: 'Each' stands here and in line 2"),
        ("ours,theirs\nEach\n", "line 2: it has 1 values"),
        ("ours,theirs\n\nEach,E,A\n", "line 3: it has 3 values"),
        ('ours,theirs\n"Ea\nch",EA\nBox\n', "line 4: it has 1 values"),
        ("ours,theirs\r\n\r\nEach,E,A\r\n", "line 3: it has 3 values"),
        ("ours,theirs\n,EA\n", "line 2: it has no ours"),
        ("ours\nEach\n", "line 1: it must name"),
        ("# units\n\nours,ours\nEach,EA\n", "line 3: it must name"),
        ("", "line 1: it must name"),
        ('ours,theirs\nBox,BX\n"Each,EA\nPiece,PC\n', r"line 3: not readable as CSV: .* \(seen in line 5\)"),
        ('ours,theirs\n"Ea"ch,EA\n', "line 2: not readable as CSV"),
    ],
)
def test_mistakes_in_a_csv_name_the_line(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^units\.csv " + message) as caught:
        table_from_csv("units.csv", text)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "message", "path"),
    [
        (
            'Each = "EA"\nEach = "EX"\n',
            "line 2: not readable as TOML: Cannot overwrite a value",
            "units.toml",
        ),
        ('# ours\n\n"Sq. foot" = 1\n', 'line 3: the value of "Sq. foot" is no', 'units.toml:"Sq. foot"'),
        ('Box = "BX"\n[Each]\n', "line 2: the value of Each is no text", "units.toml:Each"),
        ('Box = "BX"\n=', "line 2: not readable as TOML", "units.toml"),
        ('Box = "BX"\nEach = "', "line 2: not readable as TOML: .* at the end", "units.toml"),
        ("x = " + "[" * 100_000, "too many brackets are open", "units.toml"),
    ],
)
def test_mistakes_in_a_toml_name_line_and_key(text: str, message: str, path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^units\.toml.*" + message) as caught:
        table_from_toml("units.toml", text)
    assert caught.value.path == path


@settings(deadline=None)
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
        table_from_csv("empty.csv", "ours,theirs\nEach,EA\nBox,\n"),
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
    with pytest.raises(ConfigurationError, match=r"wrong\.csv line 1: .* must have the columns"):
        naming("as_is", "wrong.csv").part("A")


def test_tables_are_checked_before_they_are_needed() -> None:
    naming("units.toml", "parts.csv").check()
    naming("as_is", "as_is").check()
    for units, parts, message in (
        ("none.csv", "as_is", r"no table 'none\.csv'"),
        ("parts.csv", "as_is", "is a table of parts"),
        ("empty.csv", "as_is", r"empty\.csv line 3: the unit 'Box' has no theirs"),
        ("as_is", "wrong.csv", "must have the columns"),
        ("as_is", "units.toml", r"units\.toml line 1: .* must have the columns"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            naming(units, parts).check()
