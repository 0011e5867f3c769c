from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mlconnector_sdk.errors import InvalidDocument
from mlconnector_sdk.mapping.x12.dictionary import RELEASES, define, dictionary, names
from mlconnector_sdk.mapping.x12.set_tables import SETS
from mlconnector_sdk.mapping.x12.structure import Loop, set_structure


def loops(loop: Loop) -> Iterator[Loop]:
    yield loop
    for use in loop.uses:
        if use.loop is not None:
            yield from loops(use.loop)


@pytest.mark.parametrize("release", RELEASES)
def test_the_dictionary_is_consistent(release: str) -> None:
    for definition in dictionary(release).values():
        positions = [element.position for element in definition.elements]
        assert positions == list(range(1, len(positions) + 1)), definition.id
        assert re.fullmatch("[a-z0-9_]+", definition.name)
        for element in definition.elements:
            assert element.components or 1 <= element.minimum <= element.maximum, (definition.id, element)
        for note in definition.notes:
            assert re.fullmatch(r"[PRECL](\d\d){2,}", note), (definition.id, note)
            assert max(int(note[i : i + 2]) for i in range(1, len(note), 2)) <= len(positions)


@pytest.mark.parametrize("set_id", SETS)
def test_every_segment_has_one_place_in_its_loop(set_id: str) -> None:
    structure = set_structure(set_id)
    assert structure is not None
    for loop in loops(structure.root):
        assert all(len(places) == 1 for places in loop.places.values())


@pytest.mark.parametrize("set_id", SETS)
def test_the_notation_is_read_completely(set_id: str) -> None:
    """Written out again, every use and its count stand where the table has them."""
    structure = set_structure(set_id)
    assert structure is not None

    def written(loop: Loop) -> str:
        parts = []
        for use in loop.uses:
            text = f"[{written(use.loop)}]" if use.loop else use.id
            if (use.minimum, use.maximum) != (1, 1):
                sign = "?" if not use.minimum else "+"
                text += f"{sign}{use.maximum}" if use.maximum else sign.replace("?", "*")
            parts.append(text)
        return " ".join(parts)

    table = SETS[set_id]
    assert written(structure.root) == " ".join(f"{table.heading} {table.detail} {table.summary}".split())


@pytest.mark.parametrize("set_id", SETS)
def test_the_counted_loop_and_the_totals_belong_to_the_set(set_id: str) -> None:
    structure = set_structure(set_id)
    assert structure is not None
    assert (structure.line in structure.segment_ids) == ("CTT" in structure.segment_ids)


def test_the_functional_ids() -> None:
    """GS01, by the public lists."""
    assert {table.id: table.functional_id for table in SETS.values()} == {
        "850": "PO",
        "855": "PR",
        "860": "PC",
        "810": "IN",
        "997": "FA",
    }


@pytest.mark.parametrize(
    ("segment_id", "elements", "mandatory"),
    [
        ("BCH", 16, [1, 2, 3, 6]),
        ("POC", 27, [2]),
        ("BIG", 10, [1, 2]),
        ("IT1", 25, []),
        ("NTE", 2, [2]),
        ("TDS", 4, [1]),
        ("CAD", 9, []),
        ("ISS", 8, []),
        ("AK1", 2, [1, 2]),
        ("AK2", 2, [1, 2]),
        ("AK3", 4, [1, 2]),
        ("AK4", 4, [1, 3]),
        ("AK5", 6, [1]),
        ("AK9", 9, [1, 2, 3, 4]),
    ],
)
def test_what_a_public_grammar_says(segment_id: str, elements: int, mandatory: list[int]) -> None:
    """The number of elements and which are mandatory in 004010, looked up a second time."""
    definition = define("004010", segment_id)
    assert definition is not None
    assert len(definition.elements) == elements
    assert [element.position for element in definition.elements if element.mandatory] == mandatory


@pytest.mark.parametrize(
    ("segment_id", "position", "old", "new"),
    [
        ("POC", 3, "quantity_ordered_03", "quantity_03"),
        ("IT1", 2, "quantity_invoiced_02", "quantity_invoiced_02"),
        ("CAD", 0, "carrier_detail_CAD", "carrier_details_CAD"),
        ("REF", 0, "reference_identification_REF", "reference_information_REF"),
        ("N1", 0, "name_N1", "party_identification_N1"),
        ("TXI", 3, "percent_03", "percentage_as_decimal_03"),
        ("BIG", 0, "beginning_segment_for_invoice_BIG", "beginning_segment_for_invoice_BIG"),
    ],
)
def test_keys_by_release(segment_id: str, position: int, old: str, new: str) -> None:
    keys = []
    for release in RELEASES:
        definition = define(release, segment_id)
        assert definition is not None
        keys.append(definition.by_position[position].key if position else definition.key)
    assert keys == [old, new]


def test_releases_differ_where_they_should() -> None:
    old, new = define("004010", "PO1"), define("005010", "PO1")
    assert old and new
    assert old.by_position[2].key == "quantity_ordered_02"
    assert new.by_position[2].key == "quantity_02"
    assert old.by_position[7] == new.by_position[7]
    assert old.notes == new.notes
    assert [d.key for r in RELEASES if (d := define(r, "N1"))] == ["name_N1", "party_identification_N1"]
    assert [d.elements[1].maximum for r in RELEASES if (d := define(r, "REF"))] == [30, 50]
    assert [d.elements[1].maximum for r in RELEASES if (d := define(r, "IT1"))] == [10, 15]
    assert [len(d.elements) for r in RELEASES if (d := define(r, "BIG"))] == [10, 11]
    assert names("REF") == {"reference_identification", "reference_information"}


def test_an_unknown_release_says_which_there_are() -> None:
    with pytest.raises(InvalidDocument, match="004030") as caught:
        dictionary("004030")
    assert "004010" in caught.value.remedy


def test_an_unknown_set_or_segment_is_none() -> None:
    assert set_structure("999") is None
    assert define("004010", "ZZZ") is None
