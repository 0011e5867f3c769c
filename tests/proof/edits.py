"""Edit sequences with failures between them end with each supplier's view equal to the company's.

python -m tests.proof.edits [--count 10000] [--seed 1]
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from random import Random
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.flow.world import Violation
from tests.proof.edit_company import KINDS
from tests.proof.edit_network import AFTER, BEFORE, FATES
from tests.proof.edit_world import Act, Edit, Fate, Leap, Report, Run, Step, Tally, Terms, Wait, World

__all__ = ["live", "main", "prove", "shortest", "steps", "terms", "wild"]

T = TypeVar("T")

_ACTS = ("retry", "remap", "settle", "settle", "resend", "dismiss", "pause", "resume", "resume")
_WAITS = (1, 70, 400, 4_000, 82_000, 90_000, 700_000)
_LEAPS = (0.0, 25.0, -25.0)
_HOW = ("error before", "error after", "kill before", "kill after")


def terms() -> st.SearchStrategy[Terms]:
    """What was agreed."""
    return st.builds(
        Terms,
        changes=st.sampled_from(["860", "860", "860", "replace", "hold"]),
        known_orders=st.sampled_from(["hold", "replace", "ignore"]),
        after_rejection=st.sampled_from(["original", "replace"]),
        closed_orders=st.sampled_from(["ignore", "cancel"]),
        frozen_days=st.sampled_from([0, 0, 0, 20]),
        batch=st.sampled_from([20, 1]),
        known=st.sampled_from([0, 0, 1, 2]),
        sqlite=st.sampled_from([False] * 19 + [True]),
    )


def _faults() -> st.SearchStrategy[tuple[tuple[int, str, str], ...]]:
    before = st.tuples(st.integers(0, 2), st.just("before"), st.sampled_from(BEFORE))
    after = st.tuples(st.integers(0, 2), st.just("after"), st.sampled_from(AFTER))
    return st.lists(before | after, max_size=3).map(tuple)


def _runs() -> st.SearchStrategy[Step]:
    bad = st.builds(
        Run,
        faults=_faults(),
        down=_mostly("", "outage", "password"),
        blind=_mostly(False, True),
        most=_mostly(0, 1),
    )
    broken = st.builds(Run, faults=_faults(), broken=st.integers(0, 30), how=st.sampled_from(_HOW))
    wait = st.sampled_from([Wait(400), Wait(4_000)])
    return _weighted((5, st.just(Run())), (2, bad), (1, broken), (2, wait))


def _weighted(*kinds: tuple[int, st.SearchStrategy[Step]]) -> st.SearchStrategy[Step]:
    """One kind of step or another; the first is what a failure shrinks to."""
    places = [place for place, (weight, _) in enumerate(kinds) for _ in range(weight)]
    return st.sampled_from(places).flatmap(lambda place: kinds[place][1])


def _mostly(usual: T, *others: T) -> st.SearchStrategy[T]:
    return st.sampled_from([*[usual] * 5, *others])


def _chapters() -> st.SearchStrategy[list[Step]]:
    """A few edits, perhaps something else, and a run."""
    edit = st.builds(Edit, _mostly(0, 1), st.sampled_from(KINDS), st.integers(0, 5), st.integers(0, 11))
    other = _weighted(
        (5, st.builds(Wait, st.sampled_from(_WAITS))),
        (1, st.builds(Leap, st.sampled_from(_LEAPS))),
        (2, st.builds(Fate, st.sampled_from(FATES))),
        (2, st.builds(Report)),
        (4, st.builds(Act, st.sampled_from(_ACTS), st.integers(0, 4))),
    )
    return st.tuples(
        st.lists(edit, min_size=1, max_size=3),
        st.lists(other, max_size=2),
        st.lists(_runs(), min_size=1, max_size=3),
        st.lists(other, max_size=2),
    ).map(lambda parts: [step for part in parts for step in part])


def steps() -> st.SearchStrategy[list[Step]]:
    """A sequence: one that hypothesis composes, or one that a random generator does.

    The first shrink well, the second are more varied: hypothesis likes to repeat itself.
    """
    chapters = st.lists(_chapters(), min_size=1, max_size=12)
    composed = chapters.map(lambda told: [step for chapter in told for step in chapter])
    return composed | st.integers(0, 2**64 - 1).map(lambda number: wild(Random(number)))


def wild(random: Random) -> list[Step]:
    """A random sequence."""
    story: list[Step] = []
    for _ in range(random.randint(3, 12)):
        for _ in range(random.choice([1, 1, 1, 2, 3])):
            order = random.choice([0, 0, 0, 1])
            story.append(Edit(order, random.choice(KINDS), random.randrange(6), random.randrange(12)))
        story += [_any_other(random) for _ in range(random.choice([0, 0, 1, 2]))]
        story += [_any_run(random) for _ in range(random.choice([1, 1, 2]))]
        story += [_any_other(random) for _ in range(random.choice([0, 1, 2]))]
    return story


def _any_run(random: Random) -> Step:
    faults = []
    for place in range(3):
        if random.random() < 0.2:
            faults.append((place, "before", random.choice(BEFORE)))
        elif random.random() < 0.25:
            faults.append((place, "after", random.choice(AFTER)))
    if random.random() < 0.2:
        return Run(faults=tuple(faults), broken=random.randrange(31), how=random.choice(_HOW))
    return Run(
        faults=tuple(faults),
        down=random.choice(["outage", "password"]) if random.random() < 0.05 else "",
        blind=random.random() < 0.05,
        most=1 if random.random() < 0.1 else 0,
    )


def _any_other(random: Random) -> Step:
    others: list[Step] = [
        Wait(random.choice(_WAITS)),
        Wait(random.choice(_WAITS)),
        Wait(random.choice(_WAITS)),
        Leap(random.choice(_LEAPS)),
        Fate(random.choice(FATES)),
        Report(),
        Act(random.choice(_ACTS), random.randrange(5)),
        Act(random.choice(_ACTS), random.randrange(5)),
    ]
    return random.choice(others)


def live(agreed: Terms, story: list[Step], tally: Tally) -> None:
    """Live through one sequence, rest, and compare.

    Raises:
        AssertionError: A promise was broken.
    """
    world = World(agreed, tally)
    try:
        for step in story:
            world.do(step)
        world.rest()
        world.compare()
    except Violation as violation:
        raise AssertionError(str(violation)) from violation
    finally:
        world.close()
    tally.sequences += 1
    tally.requests += world.network.requests
    tally.documents.update(sent.set_id for sent in world.network.sent)
    tally.failures.update(world.network.injected)
    tally.failures.update(sent.fate for sent in world.network.sent if sent.fate != "applied")


def shortest(agreed: Terms, story: list[Step]) -> tuple[list[Step], str]:
    """What is left of a sequence that breaks a promise when nothing more can be left out, and how it does."""
    broken = _broken(agreed, story)
    size = len(story)
    while size:
        place = 0
        while place < len(story):
            shorter = story[:place] + story[place + size :]
            if said := _broken(agreed, shorter):
                story, broken = shorter, said
            else:
                place += size
        size //= 2
    return story, broken


def _broken(agreed: Terms, story: list[Step]) -> str:
    try:
        live(agreed, story, Tally())
    except AssertionError as error:
        return str(error)
    return ""


def prove(count: int, seeded: int) -> Tally:
    """Live through so many sequences.

    Raises:
        AssertionError: A promise was broken; the message shows the shortest sequence found.
    """
    tally = Tally()
    last: list[tuple[Terms, list[Step]]] = []

    @seed(seeded)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(terms(), steps())
    def sequence(agreed: Terms, story: list[Step]) -> None:
        last[:] = [(agreed, story)]
        live(agreed, story, tally)

    try:
        sequence()
    except AssertionError as error:
        [(agreed, story)] = last  # hypothesis ends with the smallest that it has found
        story, broken = shortest(agreed, story)
        told = "\n".join(f"    {step}," for step in story)
        raise AssertionError(f"{broken or error}\n{agreed}\n[\n{told}\n]") from error
    return tally


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)  # what fails here fails on purpose
    began = time.perf_counter()
    try:
        tally = prove(arguments.count, arguments.seed)
    except AssertionError as error:
        print(f"edits: VIOLATED: {error}")
        return 1
    print(f"edits: {tally}; {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
