"""SIGKILL at every effect of five flows, and of the processes that come after; then a person looks.

Real processes are really killed; the vendors are the simulators, on real sockets; the store is SQLite. The
long form is ``python -m tests.proof.kills``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

import pytest
from attrs import frozen

from tests.crash.plan import CALM, cycle, draw, places
from tests.crash.story import Story, Tally
from tests.crash.verdict import judge_by_file
from tests.crash.world import ANSWERED_AFTER, Driver, World

pytestmark = pytest.mark.crash

RUNS = int(os.environ.get("CRASH_RUNS", "4"))
"""How often each point has its turn while the vendors fail."""
PARTS = 4
SEED = 1


@frozen
class Stage:
    """A world with a warm driver, and the points that a calm story reaches."""

    world: World
    points: Mapping[str, Sequence[str]]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with ExitStack() as stack:
        world = World(stack, stack.enter_context(Driver()))
        calm = Story(world, CALM, Tally(), fork=False)
        calm.tell()
        yield Stage(world, {act: places(reached) for act, reached in calm.points.items()})


def test_killed_at_every_point(stage: Stage) -> None:
    tally = Tally()
    for number in range(cycle(stage.points)):
        Story(stage.world, draw(SEED, number, stage.points, disturbed=False), tally).tell()
    every = {(act, point) for act, points in stage.points.items() for point in points}
    assert len(every) >= 24
    assert set(tally.kills) == every
    assert tally.again


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_while_the_vendors_fail(stage: Stage, part: int) -> None:
    tally = Tally()
    for number in range(part, RUNS * cycle(stage.points), PARTS):
        plan = draw(SEED, number, stage.points)
        try:
            Story(stage.world, plan, tally).tell()
        except AssertionError as violation:
            violation.add_note(str(plan))
            raise
    assert tally.kills
    assert tally.disturbances


def test_two_processes_at_once_create_one_entry(stage: Stage) -> None:
    world = stage.world
    with Driver() as other:
        for _ in range(5):
            order = world.new_order()
            for seconds, about in ((0, ""), (ANSWERED_AFTER + 120, "855")):
                world.time.advance(seconds)
                act = order.instructions(webhooks=order.webhooks(about), healthy=True)
                for driver in (world.driver, other):
                    driver.start(act)
                assert [driver.result()["failure"] for driver in (world.driver, other)] == ["", ""]
            judge_by_file(order)
