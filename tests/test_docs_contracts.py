"""Runs the contract tests that docs/storage-and-audit.md shows, against the backends that it shows."""

from __future__ import annotations

import re
from pathlib import Path

from tests.test_docs import BLOCK

PAGE = Path(__file__).parent.parent / "docs" / "storage-and-audit.md"

# The page's classes and their tests become this module's own, and pytest collects them.
for block in BLOCK.finditer(PAGE.read_text("utf-8")):
    if re.search(r"^class ", block[1], re.MULTILINE):
        exec(compile(block[1], str(PAGE), "exec"), globals())


def test_the_page_shows_both() -> None:
    assert {"TestTableAuditLog", "TestAlertingStore"} <= set(globals())
