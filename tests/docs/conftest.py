"""A company over real HTTP, in a folder with its partner files, and the page of remedies by heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mlconnector_sdk import Pipeline, Plex, PlexSettings, Secret, SQLiteStore, Stedi, StediSettings
from mlconnector_sdk.core import runtime
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.records import Entry
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator

PAGE = Path(__file__).parent.parent.parent / "docs" / "when-something-goes-wrong.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^### (.+)$", re.MULTILINE)

PARTNERS = """
units = "units.toml"
parts = "parts.csv"

[partners.ACME]
supplier = "ACME"
buyer = { id = "US", qualifier = "92" }
account = { id = "4711", qualifier = "92" }

[partners.ACME.stedi]
partnership = "us_acme"
settings = { 850 = "us_acme-850", 860 = "us_acme-860" }
"""
UNITS = 'EA = "EA"\n'
PARTS = "number,revision,buyer_part,vendor_part\nWB-100,*,WB-100,B-2207\nRR-52,*,RR-52,\n"


def remedies() -> dict[str, list[str]]:
    """The Python blocks of the page, by heading; each keeps its line numbers."""
    text = PAGE.read_text("utf-8")
    headings = list(_HEADING.finditer(text))
    ends = [each.start() for each in headings[1:]] + [len(text)]
    return {
        heading[1]: [
            "\n" * text.count("\n", 0, block.start(1)) + block[1]
            for block in _BLOCK.finditer(text, heading.end(), end)
        ]
        for heading, end in zip(headings, ends, strict=True)
    }


class Company:
    """Both vendors, both clients, the pipeline between them, and a person who follows the page."""

    def __init__(self, erp: PlexSimulator, network: StediSimulator, folder: Path) -> None:
        self.time, self.erp, self.network, self.folder = erp.time, erp, network, folder
        self.write("partners.toml", PARTNERS)
        self.write("units.toml", UNITS)
        self.write("parts.csv", PARTS)
        network.add_partnership("us_acme", sender="us", receiver="acme")
        self.supplier = network.supplier("us_acme")
        self._open = ExitStack()
        self.names: dict[str, Any] = {
            "__name__": "a shell",
            "Plex": Plex,
            "SQLiteStore": SQLiteStore,
            "Stedi": Stedi,
            "plex_stedi": plex_stedi,
        }
        self.open()

    def open(self, **other: Any) -> None:
        """As a program that was started anew; ``other`` settings of Stedi."""
        self._open.close()
        erp, network = self.erp, self.network
        settings = PlexSettings(
            client_id=erp.client_id,
            client_secret=Secret(erp.client_secret),
            pcn=erp.pcn,
            base_url=erp.url,
            token_url=erp.token_url,
        )
        own = {"api_key": Secret(network.api_key), "base_url": network.url, **other}
        self.plex = self._open.enter_context(Plex(settings, clock=self.time))
        self.stedi = self._open.enter_context(Stedi(StediSettings(**own), clock=self.time))
        self.store = self._open.enter_context(SQLiteStore(self.folder / "sync.db"))
        self.sync = plex_stedi.pipeline(
            self.plex, self.stedi, store=self.store, partners=self.folder / "partners.toml"
        )
        self.names |= {"plex": self.plex, "stedi": self.stedi, "store": self.store, "sync": self.sync}

    def close(self) -> None:
        for name in ("plex", "stedi", "store"):
            self.names[name].close()  # the page may have opened others
        self._open.close()

    def follow(self, heading: str, *, blocks: slice = slice(None)) -> None:
        """Do what the page says under a heading; ``letter`` is the first that waits."""
        chosen = remedies()[heading][blocks]
        if any("letter." in block for block in chosen) and (letters := self.sync.dead_letters()):
            self.names["letter"] = letters[0]
        for block in chosen:
            exec(compile(block, str(PAGE), "exec"), self.names)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")

    def order(self, number: str = "PO-10017", *, supplier: str = "ACME", **line: Any) -> None:
        first = {"part": "WB-100", "quantity": 24, "price": "3.15", **line}
        second = {"part": "RR-52", "quantity": 500, "price": "0.42"}
        self.erp.add_purchase_order(number, supplier=supplier, lines=[first, second])

    def run(self, minutes: float = 10) -> str:
        """The next run of the schedule; its report."""
        self.time.advance(60 * minutes)
        return str(self.sync.run())

    def letter(self) -> Entry:
        [letter] = self.sync.dead_letters()
        return letter

    def entry(self, number: str = "PO-10017", *, flow: str = plex_stedi.PURCHASE_ORDERS) -> Entry:
        """The newest one."""
        sync: Pipeline = self.names["sync"]
        return [each for each in sync.trail(number).entries if each.flow == flow][-1]

    def sent(self, number: str = "PO-10017") -> list[str]:
        """Which sets went out under a number, in order."""
        return [each.x12.partition("ST*")[2][:3] for each in self.network.sent if each.number == number]

    @property
    def fields(self) -> dict[str, Any]:
        return dict(self.erp.order("PO-10017")["customFields"])


@pytest.fixture
def company(
    plex_simulator: PlexSimulator,
    stedi_simulator: StediSimulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Company]:
    """Live since ten minutes ago."""
    erp, network = plex_simulator, stedi_simulator
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "PLEX_CLIENT_ID": erp.client_id,
        "PLEX_CLIENT_SECRET": erp.client_secret,
        "PLEX_PCN": erp.pcn,
        "PLEX_BASE_URL": erp.url,
        "PLEX_TOKEN_URL": erp.token_url,
        "STEDI_API_KEY": network.api_key,
        "STEDI_BASE_URL": network.url,
    }.items():
        monkeypatch.setenv(name, value)
    # What the page makes from the environment has the machine's clock; the vendors live in 2026.
    monkeypatch.setattr(runtime.SystemClock, "now", lambda self: erp.time.now())
    monkeypatch.setattr(runtime.SystemClock, "sleep", lambda self, seconds: erp.time.sleep(seconds))
    made = Company(erp, network, tmp_path)
    made.sync.baseline()
    made.time.advance(600)
    yield made
    made.close()
