"""In short what `tests.proof.suppliers` shows at length: changes reach Stedi in time, whoever fails."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.proof.suppliers import BOUND, PLEX_A_MINUTE, Day

from .conftest import Company


@pytest.mark.parametrize("down", [False, True], ids=["down now and then", "down all the time"])
def test_a_change_is_there_within_one_interval_and_a_minute(tmp_path: Path, down: bool) -> None:
    day = Day(tmp_path, suppliers=10, rounds=[0.05, 0.5], length=timedelta(minutes=6), down=down, seed=1)
    result = day.run()
    assert result.problems == []
    assert result.changes == 20
    assert len(result.times) == 16, "all but those of the two suppliers that fail"
    assert max(result.times) <= BOUND
    assert bool(result.delayed) is not down


def test_more_orders_than_plex_shows_in_a_minute_are_read(company: Company) -> None:
    company.erp.rules.requests_per_minute = PLEX_A_MINUTE
    for number in range(70):
        company.order(f"PO-{number}")
    for _ in range(3):
        company.sync.run()
        company.later(300)
    assert len(company.network.sent) == 70
