"""Hostile polling walks: nothing is missed, nothing goes downstream twice, the state stays small.

Worlds of orders are edited at random while the real source, collector and store poll a `HostilePlex`. When it
has gone quiet, one walk must have found every state that a change feed can show, and one more sweep every
other. The rules are in `polling_model`: what is dated within the overlap is the feed's, the rest the sweep's.

    python -m tests.proof.polling [--count 10000] [--seed 1] [--world N]
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import httpx
from attrs import define, evolve, field

from mlconnector_sdk.adapters.plex import Plex, PlexSettings, PurchaseOrderSource, convert, plex_profile
from mlconnector_sdk.adapters.plex.sweep import Sweep
from mlconnector_sdk.codec import decode
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import VendorUnavailable
from mlconnector_sdk.flow.collect import Collector
from mlconnector_sdk.flow.flow import Flow
from mlconnector_sdk.flow.journal import Journal
from mlconnector_sdk.flow.report import FlowReport
from mlconnector_sdk.records import Collected, Collection, NewEntry
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.storage.memory import MemoryStore
from mlconnector_sdk.testing.clock import VirtualClock
from tests.proof.polling_model import OVERLAP, HostilePlex, habits

WALKS = 10
"""Hostile walks in one world, before it goes quiet."""

LARGEST_STATE = 64 * 1024


@define
class Result:
    """What was measured."""

    walks: int = 0
    quiet: int = 0
    states: int = 0
    by_sweep: int = 0
    admitted: int = 0
    missed: int = 0
    twice: int = 0
    largest: int = 0
    problems: list[str] = field(factory=list)

    def add(self, other: Result) -> None:
        self.walks += other.walks
        self.quiet += other.quiet
        self.states += other.states
        self.by_sweep += other.by_sweep
        self.admitted += other.admitted
        self.missed += other.missed
        self.twice += other.twice
        self.largest = max(self.largest, other.largest)
        self.problems += other.problems


class Downstream(MemoryStore):
    """A store that remembers what it admitted, by order id."""

    def __init__(self) -> None:
        super().__init__()
        self.admitted: dict[str, list[str]] = defaultdict(list)

    def collect(self, collection: Collection) -> Collected:
        collected = super().collect(collection)
        for entry in collected.added:
            if not entry.reason:
                order = decode(entry.record, dict[str, Any])["order"]
                self.admitted[order["id"]].append(entry.fingerprint)
        return collected


class World:
    """One Plex, one flow, and the walks between them."""

    def __init__(self, seed: int, number: int) -> None:
        self.name = f"world {number} of seed {seed}"
        self.random = Random(f"{seed}/{number}")
        self.clock = VirtualClock()
        self.plex = HostilePlex(self.random, self.clock, habits(self.random))
        self.plex.busy = self.random.choice([0.0, 0.1])
        self.store = Downstream()
        self.result = Result()

    def run(self) -> Result:
        """Live through it."""
        settings = PlexSettings(client_id="c", client_secret=Secret("s"), pcn="1")
        profile = evolve(plex_profile(), attempts=1)
        transport = httpx.MockTransport(self.plex.answer)
        with Plex(settings, profile=profile, transport=transport, clock=self.clock) as client:
            sweep = Sweep(every=timedelta(hours=24), most=self.random.choice([3, 200]))
            source = PurchaseOrderSource(client, overlap=OVERLAP, sweep=sweep)
            self.flow = Flow(name="orders", kind="850", source=source, map=_never, sink=_NoSink())
            journal = Journal(log=self.store.audit, clock=self.clock)
            self.collector = Collector(store=self.store, journal=journal, clock=self.clock)
            self._begin()
            for _ in range(WALKS):
                self._live()
                self.result.walks += self._walk(outage=self.random.random() < self.plex.habits.outages)
            self._end()
        return self.result

    def _begin(self) -> None:
        for _ in range(self.random.randint(3, 12)):
            self.plex.begin_commit("new order")
            self.clock.advance(self.random.choice([0, 60, 86400 * 4]))
            self.plex.settle()
        self.plex.settle(all_of_it=True)
        self.clock.advance(86400 * 4)
        report = FlowReport(flow=self.flow.name)
        if self.random.random() < 0.3:
            self.plex.begins(self.clock.now())
            run(self.collector.collect(self.flow, report, since=self.plex.since))
        else:
            run(self.collector.baseline(self.flow, report))

    def _live(self) -> None:
        for _ in range(self.random.randint(0, 6)):
            self.clock.advance(self.random.choice([0, 0, 1, 10, 30, 90]))
            self.plex.begin_commit()
        self.clock.advance(self.random.choice([1, 20, 60, 100, 300, 300, 900, 7200, 90000]))
        self.plex.settle()

    def _walk(self, *, outage: bool = False) -> int:
        self.plex.reading = True
        self.plex.fails_in = self.random.randint(0, 12) if outage else -1
        try:
            run(self.collector.collect(self.flow, FlowReport(flow=self.flow.name)))
        except VendorUnavailable:
            if not outage:
                raise
        finally:
            self.plex.reading, self.plex.fails_in = False, -1
        self.result.largest = max(self.result.largest, len(json.dumps(self._cursors())))
        return 1

    def _cursors(self) -> dict[str, str]:
        checkpoint = self.store.checkpoint(self.flow.name)
        assert checkpoint is not None
        return dict(checkpoint.cursors)

    def _end(self) -> None:
        """Everything is committed, nobody edits any more."""
        self.plex.busy = 0.0
        self.plex.settle(all_of_it=True)
        self.clock.advance(1)
        self.result.quiet += self._walk()
        self._compare(swept=False)
        self.clock.advance(86400)
        quiet_since = f"{self.clock.now():%Y-%m-%dT%H:%M:%S}"
        for _ in range(2 * len(self.plex.orders) + 2):  # a round may be under way; a whole one has to follow
            self.result.quiet += self._walk()
            begun, under_way, _ = self._cursors()["sweep"].partition(" up to ")
            if begun >= quiet_since and not under_way:
                break
        else:
            self._problem("the sweep comes to no end")
        self._compare(swept=True)
        self._count()

    def _compare(self, *, swept: bool) -> None:
        for order_id, order, lines, releases in self.plex.truth():
            if not self.plex.expected(order_id, swept=swept):
                continue
            record = convert.record(order, lines, releases, "ACME")
            seen = self.store.admitted[order_id][-1:] == [convert.fingerprint(record)]
            if swept:
                self.result.states += 1
                self.result.by_sweep += self.plex.tallies[order_id].found_by == "sweep"
            if not seen:
                self.result.missed += 1
                when = "the sweep" if swept else "the quiet walk"
                self._problem(f"{order['poNumber']}: {when} missed its newest state")

    def _count(self) -> None:
        for order_id, prints in self.store.admitted.items():
            self.result.admitted += len(prints)
            again = sum(one == other for one, other in pairwise(prints))
            tally = self.plex.tallies.get(order_id)
            if tally is not None:
                again += bool(prints) and self.plex.since is not None and not tally.ours
                again += max(0, len(prints) - tally.commits - tally.torn - (self.plex.since is None))
            if again:
                self.result.twice += again
                self._problem(f"{order_id}: {again} observations too many")
        if self.result.largest >= LARGEST_STATE:
            self._problem(f"the checkpoint has {self.result.largest} bytes")

    def _problem(self, text: str) -> None:
        self.result.problems.append(f"{self.name}: {text}; {self.plex.habits}")


class _NoSink:
    """Nothing is delivered here."""

    name = "nowhere"


def _never(*_: NewEntry) -> Any:
    raise AssertionError("nothing is mapped")


def prove(count: int, seed: int) -> Result:
    """Worlds until so many hostile walks were made."""
    result = Result()
    number = 0
    while result.walks < count:
        result.add(World(seed, number).run())
        number += 1
    return result


def main() -> int:
    """Print one line, and what went wrong."""
    logging.disable(logging.WARNING)  # ignored filters are no news here
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="hostile walks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--world", type=int, help="only this world, to repeat a failure")
    options = parser.parse_args()
    began = time.monotonic()
    if options.world is None:
        result = prove(options.count, options.seed)
    else:
        result = World(options.seed, options.world).run()
    for problem in result.problems[:20]:
        print(problem, file=sys.stderr)
    print(
        f"{result.walks} hostile polling walks and {result.quiet} quiet ones (seed {options.seed}): "
        f"{result.states} last states, {result.missed} missed ({result.by_sweep} of them only a sweep could "
        f"find), {result.admitted} observations admitted, {result.twice} twice, "
        f"largest checkpoint {result.largest} bytes; {time.monotonic() - began:.0f} s"
    )
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main())
