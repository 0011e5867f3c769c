"""The demo tells its whole story, also with somebody's own orders."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parent.parent.parent / "examples" / "quickstart.py"
OWN = [
    {"poNumber": "X-1", "status": "Draft", "supplierId": "s-0", "lineItems": [], "releases": []},
    {
        "poNumber": "X-2",
        "status": "On Order",
        "poDate": "2026-02-03T09:30:00Z",
        "currencyCode": "EUR",
        "supplierId": "s-1",
        "lineItems": [{"lineItemNumber": 10, "orderUnit": "KG", "unitPrice": 1.5, "status": "Open"}],
        "releases": [
            {
                "lineItemNo": 10,
                "releaseLineNumber": 1,
                "status": "Open",
                "quantity": 1250.5,
                "dueDateTime": "2026-03-20T17:00:00Z",
                "partNumber": "P-1",
                "supplierCode": "BOB GmbH & Co.",
            }
        ],
    },
]


@pytest.mark.parametrize("own", [False, True])
def test_the_demo(tmp_path: Path, own: bool) -> None:
    orders = tmp_path / "orders.json"
    orders.write_text(json.dumps(OWN), "utf-8")
    arguments = [str(orders)] if own else []
    ended = subprocess.run(
        [sys.executable, str(DEMO), *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    said = [
        "confirmed 937 of 1250.5 KG" if own else "confirmed 18 of 24 EA",
        "BCH*04*SA*",
        "is in flight",
        "KILLED-1 reached the supplier 1 time",
        "units.toml has no row for 'Barrel'",
        "row Barrel added",
        "dead letters: 0",
        "nothing is new",
        "0 dead letters, 0 overdue",
    ]
    if sys.platform == "win32":
        said = [each for each in said if "KILLED" not in each and "in flight" not in each]
    assert [each for each in said if each not in ended.stdout] == []
    theirs, ours = (
        next(line.partition(":")[2].strip() for line in ended.stdout.splitlines() if line.startswith(start))
        for start in ("what the supplier has now", "what Plex has now")
    )
    assert theirs == ours
