from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.pipelines.partner_files import PartnerBook, read_partner_files

PARTNERS = """\
units = "units.toml"
parts = "as_is"

[partners.ACME]
supplier = "ACME"
buyer = { id = "US", qualifier = "92" }
account = { id = "4711", qualifier = "92" }
parts = "parts.csv"

[partners.ACME.stedi]
partnership = "us_acme"
settings = { 850 = "A" }
"""
NORTH = """
[partners.NORTH]
supplier = "N-7"
buyer = { id = "US", qualifier = "92" }
account = { id = "7", qualifier = "92" }
"""
UNITS = 'EA = "EA"\nPieces = "PC"\n'
PARTS = "number,revision,buyer_part,vendor_part\nWB-100,*,WB-100,B-2207\nRR-52,A,RR-52,\n"


class Folder:
    """The files, and a way to edit them that a clock cannot hide."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._time = 1_700_000_000
        self.write("partners.toml", PARTNERS)
        self.write("units.toml", UNITS)
        self.write("parts.csv", PARTS)

    def write(self, name: str, text: str) -> None:
        file = self.path / name
        file.write_text(text, encoding="utf-8")
        self._time += 1
        os.utime(file, (self._time, self._time))

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.path / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    @property
    def partners(self) -> Path:
        return self.path / "partners.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_the_file_and_its_tables(folder: Folder) -> None:
    files = read_partner_files(folder.partners)
    assert [partner.name for partner in files.network("stedi")] == ["ACME"]
    assert files.network("sps") == []
    assert files.tables["units.toml"].find("Pieces")["value"] == "PC"
    assert files.tables["parts.csv"].find("RR-52", "A")["buyer_part"] == "RR-52"


def test_the_digest_is_that_of_all_content(folder: Folder) -> None:
    digests = {read_partner_files(folder.partners).digest, read_partner_files(folder.partners).digest}
    for name in ("partners.toml", "units.toml", "parts.csv"):
        folder.write(name, (folder.path / name).read_text() + "\n")
        digests.add(read_partner_files(folder.partners).digest)
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "partners.toml",
            'parts = "parts.csv"',
            'parts = "part.csv"',
            "partners.toml line 8: there is no file",
        ),
        ("partners.toml", "units.toml", "unit.toml", "partners.toml line 1: there is no file unit.toml"),
        ("partners.toml", "4711", "\ud83d", "partners.toml line 7: not text in UTF-8"),
        ("units.toml", '"PC"', "7", "units.toml line 2: the value of Pieces is no text"),
        ("parts.csv", "RR-52,A", "RR-52", "parts.csv line 3: it has 3 values"),
    ],
)
def test_mistakes_name_file_and_line(folder: Folder, name: str, old: str, new: str, message: str) -> None:
    file = folder.path / name
    file.write_bytes(file.read_text().replace(old, new).encode("utf-8", "surrogatepass"))
    with pytest.raises(ConfigurationError) as caught:
        read_partner_files(folder.partners)
    assert str(caught.value).startswith(message)
    assert caught.value.remedy


def test_what_is_no_file_is_refused(folder: Folder) -> None:
    with pytest.raises(ConfigurationError, match="there is no file"):
        read_partner_files(folder.path / "none.toml")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_partner_files(folder.path)
    with folder.partners.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(ConfigurationError, match="bytes"):
        read_partner_files(folder.partners)


def test_a_book_shows_what_is_different(folder: Folder) -> None:
    book = PartnerBook(folder.partners)
    assert not book.reload()
    folder.edit("partners.toml", 'settings = { 850 = "A" }', 'settings = { 850 = "B", 860 = "C" }\n' + NORTH)
    folder.edit("partners.toml", 'supplier = "ACME"\n', 'supplier = "ACME"\npaused = true\n')
    folder.edit("partners.toml", 'parts = "as_is"\n', "")
    folder.edit("partners.toml", "[partners.NORTH]\n", '[partners.NORTH]\nparts = "as_is"\n')
    folder.edit("parts.csv", "RR-52,A,RR-52,", "RR-53,A,RR-53,")
    folder.edit("parts.csv", "B-2207", "B-2208")
    difference = book.reload()
    assert difference
    assert (
        str(difference)
        == """\
partners.toml line 14: partners.NORTH added
partners.toml line 5: partners.ACME.paused added: true
partners.toml line 12: partners.ACME.stedi.settings.850 changed: "A" -> "B"
partners.toml line 12: partners.ACME.stedi.settings.860 added: "C"
partners.toml: parts removed: "as_is"
parts.csv: row RR-52 / A removed: number "RR-52", revision "A", buyer_part "RR-52", vendor_part ""
parts.csv line 3: row RR-53 / A added: number "RR-53", revision "A", buyer_part "RR-53", vendor_part ""
parts.csv line 2: row WB-100 / *, vendor_part changed: "B-2207" -> "B-2208\""""
    )
    assert book.current.partners["ACME"].paused
    assert [edit.what for edit in difference] == [
        "added",
        "added",
        "changed",
        "added",
        "removed",
        "removed",
        "added",
        "changed",
    ]

    folder.write("partners.toml", PARTNERS.replace('parts = "parts.csv"\n', ""))
    assert str(book.reload()).splitlines()[0] == "partners.toml: partners.NORTH removed"
    assert str(book.reload()) == ""
    folder.write("partners.toml", PARTNERS)
    assert str(book.reload()) == (
        'partners.toml line 8: partners.ACME.parts added: "parts.csv"\nparts.csv: table with 2 rows added'
    )


def test_comments_and_order_are_no_difference(folder: Folder) -> None:
    book = PartnerBook(folder.partners)
    before = book.current
    folder.edit("units.toml", UNITS, '# ours\nPieces = "PC"\nEA = "EA"\n')
    folder.edit("partners.toml", PARTNERS, "# ours\n" + PARTNERS)
    assert not book.reload()
    assert book.current.digest != before.digest


def test_what_sounds_like_a_secret_is_not_shown(folder: Folder) -> None:
    book = PartnerBook(folder.partners)
    folder.edit("partners.toml", 'partnership = "us_acme"', 'partnership = "us_acme"\napi_key = "hunter2"')
    difference = book.reload()
    assert "hunter2" not in str(difference)
    assert "hunter2" not in repr(difference)
    assert "partners.ACME.stedi.api_key added" in str(difference)
    folder.edit("partners.toml", "hunter2", "hunter3")
    assert str(book.reload()) == "partners.toml line 12: partners.ACME.stedi.api_key changed"


def test_only_what_was_changed_is_read_again(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    book = PartnerBook(folder.partners)
    before = book.current
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
        assert not book.reload_if_changed()
    assert book.current is before
    folder.edit("units.toml", "PC", "PX")  # the same size: only the time tells
    assert str(book.reload_if_changed()) == 'units.toml line 2: row Pieces, value changed: "PC" -> "PX"'
    assert not book.reload_if_changed()
    file = folder.path / "parts.csv"
    kept = file.stat()
    file.write_text(PARTS.replace("B-2207", "B-22"))
    os.utime(file, ns=(kept.st_atime_ns, kept.st_mtime_ns))  # the same time: only the size tells
    assert "B-22" in str(book.reload_if_changed())


def test_the_old_content_stays_where_the_new_is_invalid(folder: Folder) -> None:
    book = PartnerBook(folder.partners)
    before = book.current
    folder.edit("partners.toml", 'supplier = "ACME"', 'suplier = "ACME"')
    with pytest.raises(ConfigurationError, match=r"^partners\.toml line 5: "):
        book.reload_if_changed()
    assert book.current is before
    assert "line 5" in str(book.error)
    assert not book.reload_if_changed()  # said once; a further edit is looked at again
    assert book.error is not None
    with pytest.raises(ConfigurationError, match="line 5"):
        book.reload()
    folder.edit("partners.toml", 'suplier = "ACME"', 'supplier = "ACME-2"')
    assert (
        str(book.reload_if_changed())
        == 'partners.toml line 5: partners.ACME.supplier changed: "ACME" -> "ACME-2"'
    )
    assert book.error is None


def test_a_table_that_comes_late_completes_the_files(folder: Folder) -> None:
    book = PartnerBook(folder.partners)
    folder.edit("partners.toml", "units.toml", "units.csv")
    with pytest.raises(ConfigurationError, match=r"line 1: there is no file units\.csv"):
        book.reload_if_changed()
    folder.write("parts.csv", "")
    folder.write("units.csv", "ours,theirs\nEA,EA\n")
    with pytest.raises(ConfigurationError, match=r"parts\.csv line 1"):
        book.reload_if_changed()
    folder.write("parts.csv", PARTS)
    assert book.reload_if_changed()
    assert book.current.tables["units.csv"].find("EA")["theirs"] == "EA"
    folder.path.joinpath("parts.csv").unlink()
    with pytest.raises(ConfigurationError, match=r"there is no file parts\.csv"):
        book.reload_if_changed()


def test_a_book_needs_something_to_begin_with(folder: Folder) -> None:
    folder.write("units.toml", "EA = 1")
    with pytest.raises(ConfigurationError, match=r"units\.toml line 1"):
        PartnerBook(folder.partners)


def test_readers_never_see_half_of_an_edit(folder: Folder) -> None:
    """Partner and table are edited together, over and over; readers find those that belong together."""
    book = PartnerBook(folder.partners)
    done = threading.Event()
    mixed: list[str] = []

    def read() -> None:
        while not done.is_set():
            files = book.current
            account = files.partners["ACME"].account.id
            if files.tables["units.toml"].find("EA")["value"] != account:
                mixed.append(account)

    folder.edit("units.toml", '"EA"', '"4711"')
    book.reload()
    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(8):
            old, new = (f"{4711 + number}", f"{4712 + number}")
            folder.edit("units.toml", old, new)
            folder.edit("partners.toml", old, new)
            assert len(list(book.reload_if_changed())) == 2
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert mixed == []
