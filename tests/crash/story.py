"""Tells one story as planned: an order, its edit, reports and answers, and kills all the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain

from attrs import define, field

from mlconnector_sdk import SQLiteStore
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator
from tests.crash.driver import Ended
from tests.crash.plan import ACTS, Chapter, Disturbance, Plan
from tests.crash.verdict import Violation, finished, judge, uncertain
from tests.crash.world import ANSWERED_AFTER, Order, World

__all__ = ["Story", "Tally"]

_IMPATIENT = 0.1  # real seconds after which a slow answer is too late
_ROUNDS = 8
_LATER: Mapping[str, float] = {"edit": 3_600, "control": 120, "receipt": 700, "answer": ANSWERED_AFTER}
"""Seconds that pass before an act."""
_WEBHOOKS: Mapping[str, str] = {"delivery": "file.delivered.v2", "answer": "855"}
"""What is told by webhook; what is not, and what is lost of it, is found by polling."""


@define
class Tally:
    """What was done.

    Args:
        kills: By act and point, of the first process of an act.
        again: Of the processes that came after a killed one, by the two points.
        disturbances: By kind; only those that struck.
        questions: Uncertain sends that a person was asked about.
        stories: How many.
        processes: How many acts were run.
    """

    kills: Counter[tuple[str, str]] = field(factory=Counter)
    again: Counter[tuple[str, str, str]] = field(factory=Counter)
    disturbances: Counter[str] = field(factory=Counter)
    questions: int = 0
    stories: int = 0
    processes: int = 0

    def add(self, other: Tally) -> None:
        """Count what another one has counted."""
        self.kills += other.kills
        self.again += other.again
        self.disturbances += other.disturbances
        self.questions += other.questions
        self.stories += other.stories
        self.processes += other.processes


class Story:
    """One order from its beginning to its end.

    Args:
        world: Where.
        plan: What is to happen.
        tally: Counts it.
        fork: False: the driver does it all itself, so that its children find everything imported.
    """

    def __init__(self, world: World, plan: Plan, tally: Tally, *, fork: bool = True) -> None:
        self.fork = fork
        self.world = world
        self.plan = plan
        self.tally = tally
        self.points: dict[str, list[str]] = {}
        """What the first process of each act has reached, if it was not killed."""

    def tell(self) -> None:
        """Live through it.

        Raises:
            Violation: A promise was broken.
        """
        self.order = self.world.new_order()
        self.order.keyless = self.plan.keyless
        self._disturb_webhooks()
        try:
            for chapter in self.plan.chapters:
                self._chapter(chapter)
        finally:
            self.world.heal()
        self._end()
        self.tally.stories += 1

    def _chapter(self, chapter: Chapter) -> None:
        self.world.time.advance(_LATER.get(chapter.act, 0))
        if chapter.act == "edit":
            self.world.plex.edit_release(self.order.number, 1, quantity=self.plan.quantity)
            self.world.time.advance(1)
        with _disturbed(self.world, chapter.disturbance, self.tally):
            ended = self._act(chapter, kill_at=chapter.kill_at)
            if not ended["signal"]:
                self.points[chapter.act] = ended["points"]
                return
            self.tally.kills[chapter.act, chapter.kill_at] += 1
            if not chapter.lasts:
                self.world.heal()
            for kill_at in chapter.again:
                self.world.time.advance(chapter.pause)
                ended = self._act(chapter, kill_at=kill_at)
                if ended["signal"]:
                    self.tally.again[chapter.act, chapter.kill_at, ended["points"][0]] += 1
            if chapter.recovered:
                self.world.time.advance(chapter.pause)
                self._act(chapter)

    def _act(self, chapter: Chapter, *, kill_at: str | int = "") -> Ended:
        about = _WEBHOOKS.get(chapter.act)
        slow = chapter.disturbance is not None and chapter.disturbance.kind == "slow"
        return self._process(
            self.order,
            flows=[ACTS[chapter.act]],
            # Who was killed has not answered: what it was handed comes again.
            webhooks=self.order.webhooks(about) if about else [],
            kill_at=kill_at,
            timeout=_IMPATIENT if slow else 0.0,
            healthy=chapter.disturbance is None,
        )

    def _process(self, order: Order, flows: Sequence[str] = (), **how: object) -> Ended:
        self.tally.processes += 1
        ended = order.act(flows, fork=self.fork, **how)
        if ended["failure"]:
            raise Violation(f"a process failed:\n{ended['failure']}")
        return ended

    def _end(self) -> None:
        """Nothing goes wrong any more, time passes, and processes run until nothing is left to do."""
        settled: list[tuple[str, bool]] = []
        left: list[str] = []
        for _ in range(_ROUNDS):
            self.world.time.advance(ANSWERED_AFTER + 120)
            bodies = list(chain.from_iterable(self.order.webhooks(about) for about in _WEBHOOKS.values()))
            ended = self._process(self.order, webhooks=bodies, settled=settled, healthy=True)
            with SQLiteStore(self.order.database) as store:
                settled = uncertain(self.order, store, ended["letters"])
                self.tally.questions += len(settled)
                left = finished(self.order, store)
                if not (settled or left):
                    judge(self.order, store)
                    return
        raise Violation(f"it does not come to an end: {left}")

    def _disturb_webhooks(self) -> None:
        subscription, events = self.world.subscription, self.plan.events
        match self.plan.webhooks:
            case "repeated":
                subscription.twice(events)
            case "reordered":
                subscription.reverse(events)
            case "withheld":
                subscription.lose(events)
            case "late":
                subscription.late(5_000.0, events)
            case _:
                return
        self.tally.disturbances[f"webhooks {self.plan.webhooks}"] += 1


@contextmanager
def _disturbed(world: World, disturbance: Disturbance | None, tally: Tally) -> Iterator[None]:
    """Let it go wrong; count it if it has struck."""
    if disturbance is None:
        yield
        return
    vendor: PlexSimulator | StediSimulator = world.plex if disturbance.vendor == "plex" else world.stedi
    before = len(vendor.faults.struck)
    if disturbance.fault is None:
        world.plex.rules.repeat_records = True
    else:
        vendor.faults.add(
            disturbance.fault, method=disturbance.method, nth=disturbance.nth, times=disturbance.times
        )
    try:
        yield
    finally:
        world.heal()
        if disturbance.fault is None or len(vendor.faults.struck) > before:
            tally.disturbances[disturbance.kind] += 1
