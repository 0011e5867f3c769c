"""Executes every Python block of README.md and docs/, page by page, against running simulators."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mlconnector_sdk import KeyRing
from mlconnector_sdk.core import runtime
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator, VirtualTime

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SETTINGS = {"850": "01HACME850", "860": "01HACME860", "855": "01HACME855", "997": "01HACME997"}
# Its blocks mend troubles that have to be there first: tests/docs executes it, heading by heading.
BY_HEADING = ROOT / "docs" / "when-something-goes-wrong.md"
PAGES = [
    page
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]
    if page != BY_HEADING and BLOCK.search(page.read_text("utf-8"))
]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualTime]:
    """Plex with an order, Stedi with its supplier, credentials in the environment, a folder to work in."""
    with ExitStack() as stack:
        time = VirtualTime(follow=True)
        plex = stack.enter_context(PlexSimulator(time=time))
        stedi = stack.enter_context(StediSimulator(time=time))
        plex.add_purchase_order(
            "PO-10017", supplier="ACME", lines=[{"part": "WB-100", "quantity": 24, "price": "3.15"}]
        )
        stedi.add_partnership("us_acme", sender="us", receiver="acme", settings=SETTINGS)
        time.advance(3600)
        for name in ("partners.toml", "orders.edi"):
            if (ROOT / "docs" / name).exists():
                (tmp_path / name).write_bytes((ROOT / "docs" / name).read_bytes())
        monkeypatch.chdir(tmp_path)
        for name, value in {
            "PLEX_CLIENT_ID": plex.client_id,
            "PLEX_CLIENT_SECRET": plex.client_secret,
            "PLEX_PCN": plex.pcn,
            "PLEX_BASE_URL": plex.url,
            "PLEX_TOKEN_URL": plex.token_url,
            "STEDI_API_KEY": stedi.api_key,
            "STEDI_BASE_URL": stedi.url,
            "STEDI_WEBHOOK_SECRET": "webhook-secret",
            "MLCONNECTOR_KEYS": KeyRing.generate().to_text().reveal(),
        }.items():
            monkeypatch.setenv(name, value)
        # The vendors live in the spring of 2026; the pages use the machine's clock.
        monkeypatch.setattr(runtime.SystemClock, "now", lambda self: time.now())
        yield time


# Pages read better without a `with` around everything: their programs end soon.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_a_page_runs(page: Path, company: VirtualTime) -> None:
    text = page.read_text()
    namespace: dict[str, Any] = {"__name__": page.stem}
    try:
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start(1))  # so that a traceback names the line of the page
            exec(compile("\n" * line + block[1], str(page), "exec"), namespace)
    finally:
        namespace.clear()
        gc.collect()  # now, while the warnings about what the page left open are ignored


def test_there_are_pages() -> None:
    assert len(PAGES) >= 4
