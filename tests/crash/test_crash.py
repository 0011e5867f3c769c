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

from mlconnector_sdk import SQLiteStore
from mlconnector_sdk.pipelines import plex_stedi
from tests.crash.plan import ACTS, CALM, Chapter, Plan, cycle, draw, places, turns
from tests.crash.story import Story, Tally
from tests.crash.verdict import judge_by_file
from tests.crash.world import ANSWERED_AFTER, Driver, World

pytestmark = pytest.mark.crash

RUNS = int(os.environ.get("CRASH_RUNS", "2"))
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
        kills = turns(SEED, number, stage.points)
        Story(stage.world, draw(SEED, number, kills, disturbed=False), tally).tell()
    every = {(act, point) for act, points in stage.points.items() for point in points}
    assert len(every) >= 24
    assert set(tally.kills) == every
    assert tally.again


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_while_the_vendors_fail(stage: Stage, part: int) -> None:
    tally = Tally()
    for number in range(part, RUNS * cycle(stage.points), PARTS):
        plan = draw(SEED, number, turns(SEED, number, stage.points))
        try:
            Story(stage.world, plan, tally).tell()
        except AssertionError as violation:
            violation.add_note(str(plan))
            raise
    assert tally.kills
    assert tally.disturbances


def test_a_report_that_is_told_again_after_another_one_is_one_line(stage: Stage) -> None:
    """Killed between telling and recording that an order was acknowledged; then its delivery is reported."""
    kills = {"receipt": "audit.write 4 after"}
    acts = sorted(ACTS, key=lambda act: act == "delivery")
    chapters = tuple(Chapter(act=act, kill_at=kills.get(act, ""), recovered=act not in kills) for act in acts)
    story = Story(stage.world, Plan(chapters=chapters), Tally())
    story.tell()
    with SQLiteStore(story.order.database) as store:
        for entry in store.find(flow=plex_stedi.PURCHASE_ORDERS):
            kinds = [line.kind for line in store.audit.read(entry_id=entry.id)]
            assert kinds.count("acknowledged") == 1


def test_an_order_that_is_listed_twice_is_one_order(stage: Stage) -> None:
    """Pages shift while they are read: the same record, with the same id, may stand on two of them."""
    world = stage.world
    order = world.new_order()
    world.driver.start(order.instructions(healthy=True))
    world.driver.result()
    world.time.advance(ANSWERED_AFTER + 120)
    world.plex.rules.repeat_records = True
    try:
        world.driver.start(order.instructions(healthy=True))
        assert world.driver.result()["letters"] == []
    finally:
        world.heal()


def test_an_answer_that_was_quicker_than_the_recovery_counts(stage: Stage) -> None:
    """The change arrived, its sender was killed and came back hours later; by then it was answered."""
    chapters = [Chapter(act=act) for act in ACTS]
    chapters[1] = Chapter(act="edit", kill_at="http POST 2 after", pause=3.0 * ANSWERED_AFTER)
    story = Story(stage.world, Plan(chapters=tuple(chapters)), Tally())
    story.tell()
    assert story.tally.kills == {("edit", "http POST 2 after"): 1}


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
