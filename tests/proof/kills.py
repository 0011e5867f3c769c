"""Kills at every point of the pipeline, hundreds of times each, while the vendors fail at random.

Each story is an order, an edit of it, its reports and its answers; most acts of it are killed, many of the
processes that recover are killed again, and the simulators lose answers, reset connections, throttle and so
on. At the end of each nothing is lost, nothing doubled, and a person knows what is uncertain.

    python -m tests.proof.kills [--points 24] [--runs 500] [--seed 1] [--jobs 2]

A story that broke a promise is told again, alone, by its number and by the points at which it was killed::

    python -m tests.proof.kills --seed 1 --story 151 --kill "order: store.save 2 after"
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack
from multiprocessing import get_context

from attrs import define, field

from tests.crash.plan import CALM, Plan, draw, places, turns
from tests.crash.story import Story, Tally
from tests.crash.verdict import Violation
from tests.crash.world import Driver, World

__all__ = ["main"]

Points = Mapping[str, Sequence[str]]

_CHUNK = 50  # stories of one world: its tables must not grow for ever
_ENOUGH = 5  # stories that broke a promise, after which it stops
_PATIENCE = 8  # times as many stories as there would be if every point was reached in its turn

_drivers = ExitStack()
_driver: list[Driver] = []


@define
class Result:
    """What was done, and what went wrong: the story and how it broke a promise."""

    tally: Tally = field(factory=Tally)
    broken: list[str] = field(factory=list)


def driver() -> Driver:
    """The one of this process, warm: its children find everything imported."""
    if not _driver:
        _driver.append(_drivers.enter_context(Driver()))
        with ExitStack() as stack:
            Story(World(stack, _driver[0]), CALM, Tally(), fork=False).tell()
    return _driver[0]


def find_points() -> Points:
    """The points that a calm story reaches."""
    with ExitStack() as stack:
        calm = Story(World(stack, driver()), CALM, Tally())
        calm.tell()
    return {act: places(reached) for act, reached in calm.points.items()}


def tell(plans: Sequence[Plan]) -> Result:
    """Tell some stories in a world of their own."""
    result = Result()
    with ExitStack() as stack:
        world = World(stack, driver())
        for plan in plans:
            try:
                Story(world, plan, result.tally).tell()
            except Violation as violation:
                result.broken.append(f"{violation}\n{plan}")
    return result


def prove(seed: int, runs: int, jobs: int, points: Points) -> Result:
    """Tell stories until every point was killed so often."""
    total = Result()
    planned = 0
    most = _PATIENCE * runs * max(len(each) for each in points.values())
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running: set[Future[Result]] = set()
        while True:
            lacking = {
                act: [point for point in each if total.tally.kills[act, point] < runs]
                for act, each in points.items()
            }
            going = any(lacking.values()) and len(total.broken) < _ENOUGH and planned < most
            while going and len(running) < jobs:
                numbers = range(planned, planned + _CHUNK)
                plans = [draw(seed, number, turns(seed, number, lacking)) for number in numbers]
                running.add(pool.submit(tell, plans))
                planned += _CHUNK
            if not running:
                return total
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                total.tally.add(each.result().tally)
                total.broken += each.result().broken
                for broken in each.result().broken:
                    print(f"A PROMISE WAS BROKEN: {broken}\n", flush=True)
            left = sum(map(len, lacking.values()))
            print(f"{total.tally.stories} stories, {left} points to go", file=sys.stderr, flush=True)


def summary(result: Result, points: Points, seconds: float) -> str:
    """One line."""
    tally = result.tally
    counts = [tally.kills[act, point] for act, each in points.items() for point in each]
    first, again = sum(counts), sum(tally.again.values())
    troubles = ", ".join(f"{count} {kind}" for kind, count in sorted(tally.disturbances.items()))
    return (
        f"kills: {len(counts)} points x {min(counts)} to {max(counts)} runs: {first} processes killed, and "
        f"{again} of those that came to recover ({len(tally.again)} different pairs), in {tally.stories} "
        f"stories; meanwhile {troubles}; {tally.questions} uncertain sends put before a person; "
        f"{len(result.broken)} violations; {seconds:.0f} s, {(first + again) / seconds:.0f} kills a second"
    )


def main() -> int:
    """Tell stories and print what was measured; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--points", type=int, default=24, help="the least number of points to be found")
    parser.add_argument("--runs", type=int, default=500, help="kills at each point")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--story", type=int, help="tell this one alone")
    parser.add_argument("--kill", action="append", default=[], help="'act: point', for --story")
    asked = parser.parse_args()
    started = time.monotonic()
    points = find_points()
    if asked.story is not None:
        kills = dict(each.split(": ", 1) for each in asked.kill)
        plan = draw(asked.seed, asked.story, kills)
        print(plan)
        result = tell([plan])
        for broken in result.broken:
            print(f"A PROMISE WAS BROKEN: {broken}\n")
    else:
        result = prove(asked.seed, asked.runs, asked.jobs, points)
    print(summary(result, points, time.monotonic() - started))
    enough = sum(map(len, points.values())) >= asked.points
    reached = asked.story is not None or all(
        result.tally.kills[act, point] >= asked.runs for act, each in points.items() for point in each
    )
    return 0 if enough and reached and not result.broken else 1


if __name__ == "__main__":
    with _drivers:
        sys.exit(main())
