"""Hostile polling walks, in short; the long form is `tests.proof.polling`."""

from __future__ import annotations

import pytest

from tests.proof.polling import LARGEST_STATE, WALKS, World


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_missed_and_nothing_goes_twice(seed: int) -> None:
    missed_without = 0
    for number in range(8):
        world = World(seed + 100, number)
        result = world.run()
        assert result.problems == []
        assert result.walks == WALKS
        assert 0 < result.largest < LARGEST_STATE
        missed_without += result.by_sweep
    assert missed_without  # the worlds are hostile enough to need the sweep


def test_the_proof_sees_what_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlconnector_sdk.adapters.plex.feeds import ChangeFeed

    async def nothing(self: ChangeFeed) -> tuple[()]:
        return ()

    monkeypatch.setattr(ChangeFeed, "records", nothing)
    assert any("the quiet walk missed" in each for n in range(3) for each in World(1, n).run().problems)
