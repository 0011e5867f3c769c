"""150 suppliers: an order changed in Plex reaches Stedi within one polling interval plus a minute.

Both simulators answer over real sockets with their real limits, on a virtual clock: Plex takes 200 requests a
minute, of which its client was told, Stedi ten a second at each endpoint, and each request takes its time.
The pipeline runs as a service, every five minutes. Meanwhile orders are entered and edited, one of each
supplier in every round: most of them at random instants, twenty at once right after a poll, when they wait
longest. All documents of one supplier are refused; the connection of another one is down, always or now and
then, for longer than the client is ready to repeat a request. Neither of them may delay the others. After a
day, all open orders are read again (`Sweep`); nor may that.

What is measured is the virtual time from the edit in Plex until Stedi has taken the document.

    python -m tests.proof.suppliers [--suppliers 150] [--seed 1]
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from pathlib import Path

import httpx
from attrs import define, evolve, field, frozen

from mlconnector_sdk.adapters.plex import Plex, PlexSettings, plex_profile
from mlconnector_sdk.adapters.stedi import Stedi, StediSettings
from mlconnector_sdk.core.limits import Rate
from mlconnector_sdk.flow import Every, Pipeline
from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.records import State
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator, VirtualTime
from mlconnector_sdk.simulators.faults import Answer
from mlconnector_sdk.simulators.plex.rules import PlexRules
from mlconnector_sdk.simulators.stedi.rules import StediRules
from mlconnector_sdk.storage.sqlite import SQLiteStore

__all__ = ["BOUND", "Day", "Result", "main"]

INTERVAL = timedelta(minutes=5)
BOUND = INTERVAL + timedelta(seconds=60)
PLEX_A_MINUTE, STEDI_A_SECOND = 200, 10
PLEX_TAKES, STEDI_TAKES = 0.15, 0.3
"""Seconds for each request."""

REFUSED, DOWN = "S002", "S003"
"""The supplier whose documents are all refused, and the one whose connection is down now and then."""

BURST = 20
_REPEATS = 5  # attempts of the client for one call


@frozen(kw_only=True)
class Change:
    """An order that was entered or edited in Plex."""

    at: datetime
    number: str
    supplier: str


@define
class Result:
    """What was measured."""

    changes: int = 0
    runs: int = 0
    times: list[timedelta] = field(factory=list)
    delayed: list[timedelta] = field(factory=list)
    dead: int = 0
    problems: list[str] = field(factory=list)

    def __str__(self) -> str:
        return (
            f"{self.changes} changes, {self.runs} runs: until Stedi had it, "
            f"median {_share(self.times, 0.5)}, p99 {_share(self.times, 0.99)}, max {_share(self.times, 1)}; "
            f"over the connection that was down, max {_share(self.delayed, 1)}; "
            f"{self.dead} refused documents before a person"
        )


class Slow(httpx.HTTPTransport):
    """Real sockets, and so many virtual seconds for each request."""

    def __init__(self, clock: VirtualTime, seconds: float) -> None:
        super().__init__()
        self._clock = clock
        self._seconds = seconds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._clock.advance(self._seconds)
        return super().handle_request(request)


class Diary:
    """What people do at their instants: the clock stops at each, also in the middle of a request."""

    def __init__(self, clock: VirtualTime) -> None:
        self._clock = clock
        self._acts: list[tuple[datetime, int, Callable[[], None]]] = []

    def at(self, due: datetime, act: Callable[[], None]) -> None:
        heappush(self._acts, (due, len(self._acts), act))

    def next_due(self) -> datetime | None:
        return self._acts[0][0] if self._acts else None

    def run_due(self) -> None:
        while self._acts and self._acts[0][0] <= self._clock.now():
            heappop(self._acts)[2]()


class Day:
    """A company, its suppliers, and what happens in a day or a part of it.

    Args:
        folder: For the partner file and the store.
        suppliers: How many.
        rounds: When each round of changes begins, in hours after go-live; the first enters the orders.
        length: Of a round. An order is not edited twice within twenty minutes, or both edits might go as one.
        down: Whether the connection that is down stays down; else it comes and goes.
        seed: Of all chance.
    """

    def __init__(
        self,
        folder: Path,
        *,
        suppliers: int,
        rounds: Sequence[float],
        length: timedelta,
        down: bool,
        seed: int,
    ) -> None:
        random.seed(seed)  # the client's jitter, too
        self.random = random.Random(seed)
        self.folder = folder
        self.suppliers = [f"S{number:03}" for number in range(1, suppliers + 1)]
        self.rounds, self.length = [timedelta(hours=hours) for hours in rounds], length
        self.down = down
        self.bursts: list[tuple[datetime, int, list[str]]] = []
        self.clock = VirtualTime()
        self.diary = Diary(self.clock)
        self.changes: list[Change] = []
        self.result = Result()
        rules = PlexRules(requests_per_minute=PLEX_A_MINUTE)
        self.erp = PlexSimulator(time=self.clock, rules=rules)
        limits = StediRules(requests_per_second=STEDI_A_SECOND)
        self.network = StediSimulator(time=self.clock, rules=limits)

    def run(self) -> Result:
        """Live through it."""
        with self.erp, self.network, SQLiteStore(self.folder / "sync.db") as store:
            with self._plex() as plex, self._stedi() as stedi:
                sync = plex_stedi.pipeline(plex, stedi, store=store, partners=self._partners())
                sync.baseline()
                end = self._plan()
                self.clock.join(self.diary)
                sync.run_every(Every(INTERVAL), on_report=self._ran, until=lambda: self.clock.now() >= end)
                self.clock.leave(self.diary)
            self._measure(sync)
        return self.result

    # -- what happens ----------------------------------------------------------------------------------

    def _plan(self) -> datetime:
        """Enter it all into the diary; when it is over."""
        go_live = self.clock.now()
        for number, begins in enumerate(self.rounds):
            others = [supplier for supplier in self.suppliers if supplier not in (DOWN, REFUSED)]
            at_once = [DOWN, REFUSED, *self.random.sample(others, min(BURST, len(others) // 2))]
            self.bursts.append((go_live + begins + self.length / 2, number, at_once))
            for supplier in self.suppliers:
                if supplier not in at_once:
                    at = go_live + begins + self.random.random() * self.length
                    self._note(at, supplier, number)
        if self.down:
            self._fails(DOWN, Answer(503), nth=1, times=None)
        for nth in range(1, 1_000, 8 * _REPEATS):  # two calls and a half fail, and later a single attempt
            self._fails(DOWN, Answer(503), nth=nth, times=2 * _REPEATS + 2)
            self._fails(DOWN, Answer(503), nth=nth + 5 * _REPEATS, times=1)
        self._fails(REFUSED, Answer(400), nth=1, times=None)
        return go_live + self.rounds[-1] + self.length + 3 * BOUND

    def _note(self, at: datetime, supplier: str, number: int) -> None:
        self.diary.at(at, lambda: self._change(supplier, number))

    def _change(self, supplier: str, number: int) -> None:
        order, quantity = f"PO-{supplier}", 10 + number
        if number:
            self.erp.edit_release(order, 1, quantity=quantity)
        else:
            lines = [{"part": "WB-100", "quantity": quantity, "price": "3.15"}]
            self.erp.add_purchase_order(order, supplier=supplier, lines=lines)
        self.changes.append(Change(at=self.clock.now(), number=order, supplier=supplier))

    def _fails(self, supplier: str, answer: Answer, *, nth: int, times: int | None) -> None:
        path = f"*/partnerships/{_partnership(supplier)}/*"
        self.network.faults.add(answer, method="POST", path=path, nth=nth, times=times)

    def _ran(self, _report: object) -> None:
        self.result.runs += 1
        now = self.clock.now()
        if self.bursts and self.bursts[0][0] <= now:
            _, number, at_once = self.bursts.pop(0)
            for supplier in at_once:
                self._note(now + timedelta(seconds=1), supplier, number)

    # -- what became of it -----------------------------------------------------------------------------

    def _measure(self, sync: Pipeline) -> None:
        result = self.result
        sent = defaultdict(list)
        for document in self.network.sent:
            sent[document.number].append(document)
        wanted = defaultdict(list)
        for change in self.changes:
            wanted[change.number].append(change)
        result.changes = len(self.changes)
        for number, changes in wanted.items():
            supplier, documents = changes[0].supplier, sent[number]
            if supplier == REFUSED:
                result.problems += [f"{number} was sent"] if documents else []
                continue
            kinds = [document.set_id for document in documents]
            if kinds != ["850", *["860"] * (len(changes) - 1)] and supplier != DOWN:
                result.problems.append(f"{number} was changed {len(changes)} times and went as {kinds}")
                continue
            if supplier == DOWN:
                # What is edited while the connection is down goes with the next document.
                went = [[document.at for document in documents if document.at >= each.at] for each in changes]
                result.delayed += [min(at) - each.at for at, each in zip(went, changes, strict=True) if at]
                continue
            for change, document in zip(changes, documents, strict=True):
                took = document.at - change.at
                result.times.append(took)
                if not timedelta(0) <= took <= BOUND:
                    result.problems.append(f"{change} took {took}")
        result.dead = len(sync.dead_letters())
        if any(letter.partner != REFUSED or letter.state is not State.DEAD for letter in sync.dead_letters()):
            result.problems.append(f"before a person: {sync.dead_letters()}")

    # -- the company -----------------------------------------------------------------------------------

    def _plex(self) -> Plex:
        erp = self.erp
        settings = PlexSettings(
            client_id=erp.client_id,
            client_secret=Secret(erp.client_secret),
            pcn=erp.pcn,
        )
        profile = evolve(
            plex_profile(base_url=erp.url, token_url=erp.token_url), limits={"": (Rate(PLEX_A_MINUTE, 60),)}
        )
        return Plex(settings, profile=profile, transport=Slow(self.clock, PLEX_TAKES), clock=self.clock)

    def _stedi(self) -> Stedi:
        settings = StediSettings(api_key=Secret(self.network.api_key), base_url=self.network.url)
        return Stedi(settings, transport=Slow(self.clock, STEDI_TAKES), clock=self.clock)

    def _partners(self) -> Path:
        text = ['units = "units.toml"', 'parts = "parts.csv"']
        for supplier in self.suppliers:
            name = _partnership(supplier)
            self.network.add_partnership(name, sender="us", receiver=supplier)
            self.network.supplier(name).answers("accept", delay=self.random.uniform(600, 3600))
            text += [
                f"[partners.{supplier}]",
                f'supplier = "{supplier}"',
                'buyer = { id = "US", qualifier = "92" }',
                f'account = {{ id = "{supplier}", qualifier = "92" }}',
                f"[partners.{supplier}.stedi]",
                f'partnership = "{name}"',
                f'settings = {{ 850 = "{name}-850", 860 = "{name}-860" }}',
            ]
        (self.folder / "units.toml").write_text('EA = "EA"\n')
        (self.folder / "parts.csv").write_text(
            "number,revision,buyer_part,vendor_part\nWB-100,*,WB-100,B-2207\n"
        )
        file = self.folder / "partners.toml"
        file.write_text("\n".join(text))
        return file


def _partnership(supplier: str) -> str:
    return f"us_{supplier.lower()}"


def _share(times: Sequence[timedelta], share: float) -> str:
    if not times:
        return "-"
    ordered = sorted(times)
    return f"{ordered[min(int(len(ordered) * share), len(ordered) - 1)].total_seconds():.0f} s"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 if every change was there in time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suppliers", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)  # what is refused is refused on purpose
    failed = False
    for down in (False, True):
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            day = Day(
                Path(folder),
                suppliers=options.suppliers,
                rounds=[0.5, 3, 5.5, 8, 23.5],
                length=timedelta(hours=2),
                down=down,
                seed=options.seed,
            )
            result = day.run()
        name = "one connection down all day" if down else "one connection down now and then"
        print(f"{options.suppliers} suppliers, {name}: {result}, in {time.monotonic() - began:.0f} s")
        for problem in result.problems:
            print(f"PROBLEM: {problem}")
        failed = failed or bool(result.problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
