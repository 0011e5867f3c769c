"""Cut connections: every one is classified right, and no write without a key is sent again by itself.

The real clients, blocking and async, speak over real sockets to a server that cuts connections, and that
knows what it has received completely. What a client has to say then:

=====================================  ==============================  ==================================
the connection is cut                  the vendor has                  ``reached`` of a write
=====================================  ==============================  ==================================
never came about: refused, no room     nothing                         NO
while a token was being asked for      nothing of the call             NO
idle, before the client goes on        nothing                         no failure: a new one is opened
idle, at the same moment               nothing, or all                 NO or MAYBE
right after it was accepted            nothing                         NO or MAYBE (bytes had left)
inside the request's head or body      a part                          MAYBE (bytes had left)
after the request                      all of it                       MAYBE
inside the answer's head or body       all of it                       MAYBE
never, but the time-out passes         any of these                    MAYBE
after the whole answer                 all of it                       no failure
=====================================  ==============================  ==================================

NO is said only where no vendor can have carried the request out. After it, any call goes again; after MAYBE,
a read, a write with a key and a converging write go again, with the same bytes and the same key, and a write
without a key ends as `OutcomeUnknown`. A failed read says NO in any case: nothing was to be carried out.

    python -m tests.proof.connections [--count 2000] [--seed 1] [--case N]
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections import Counter
from random import Random
from typing import Any

from attrs import define, evolve, field, frozen

from mlconnector_sdk.adapters.plex import AsyncPlex, Plex, PlexSettings, plex_profile
from mlconnector_sdk.adapters.plex.purchase_orders import PurchaseOrders
from mlconnector_sdk.adapters.stedi import AsyncStedi, Stedi, StediSettings, stedi_profile
from mlconnector_sdk.adapters.stedi.transactions import Transactions
from mlconnector_sdk.core.call import Call, Content
from mlconnector_sdk.core.events import Hooks
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import OutcomeUnknown, Reached, UnreadableAnswer, VendorError, VendorUnavailable
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock
from tests.proof.connections_server import Arrival, CuttingServer, Fault

ANSWER, NO, MAYBE = "answer", "NO", "MAYBE"
ALWAYS = 99
PATIENCE = 0.15
"""Seconds: the time-out where the server is too slow for any."""


@frozen(kw_only=True)
class Row:
    """One row of the table: where the connection is cut, and what a client may say of a write."""

    stage: str
    says: frozenset[str]
    phase: str
    stalls: bool = False


def _row(stage: str, *says: str, phase: str, stalls: bool = False) -> Row:
    return Row(stage=stage, says=frozenset(says), phase=phase, stalls=stalls)


ROWS = (
    _row("refused", NO, phase="before send"),
    _row("no room", NO, phase="before send", stalls=True),
    _row("token", NO, phase="before send"),
    _row("idle", ANSWER, phase="before send"),
    _row("idle race", ANSWER, NO, MAYBE, phase="before send"),
    _row("accept", NO, MAYBE, phase="before send"),
    _row("head", MAYBE, phase="mid request"),
    _row("body", MAYBE, phase="mid request"),
    _row("deaf", MAYBE, phase="mid request", stalls=True),
    _row("request", MAYBE, phase="after request"),
    _row("silence", MAYBE, phase="after request", stalls=True),
    _row("answer head", MAYBE, phase="mid answer"),
    _row("length", MAYBE, phase="mid answer"),
    _row("chunked", MAYBE, phase="mid answer"),
    _row("gzip", MAYBE, phase="mid answer"),
    _row("short gzip", MAYBE, phase="mid answer"),
    _row("open end", ANSWER, MAYBE, phase="mid answer"),
    _row("nonsense", MAYBE, phase="mid answer"),
    _row("stall answer head", MAYBE, phase="mid answer", stalls=True),
    _row("stall length", MAYBE, phase="mid answer", stalls=True),
    _row("drip", MAYBE, phase="mid answer", stalls=True),
    _row("whole answer", ANSWER, phase="after answer"),
)

KINDS = (
    ("plex", "read"),
    ("stedi", "read"),
    ("stedi", "keyed"),
    ("plex", "converging"),
    ("stedi", "converging"),
    ("plex", "keyless"),
    ("stedi", "keyless"),
)


@frozen(kw_only=True)
class Case:
    """One call that meets one fault."""

    name: str
    row: Row
    vendor: str
    kind: str
    blocking: bool
    reused: bool
    fault: Fault
    size: int
    padding: int

    @property
    def writes(self) -> bool:
        return self.kind != "read"

    @property
    def expected(self) -> frozenset[str]:
        """What may come of it."""
        heals = self.fault.times < ALWAYS
        outcomes: set[str] = set()
        for says in self.row.says:
            goes_again = says == NO or (says == MAYBE and self.kind != "keyless")
            if says == ANSWER or (goes_again and heals):
                outcomes.add(ANSWER)
            else:
                outcomes.add(says)
        if self.row.stage == "open end" and self.kind != "keyless":
            outcomes.add(MAYBE)  # it looks whole until it is read, and then it is too late to ask again
        if not self.writes:
            outcomes = {NO if each == MAYBE else each for each in outcomes}
        return frozenset(outcomes)


def case(seed: int, number: int) -> Case:
    """The nth case: the rows in turn, all else at random."""
    random = Random(f"{seed}/{number}")
    row = ROWS[number % len(ROWS)]
    vendor, kind = random.choice(KINDS)
    if row.stage == "token":
        vendor, kind = "plex", random.choice(["read", "converging", "keyless"])
    if row.stage == "body" and kind == "read":
        kind = "keyless"  # a read has no body
    stage = random.choice(["accept", "head", "request", "length"]) if row.stage == "token" else row.stage
    idle = row.stage in ("idle", "idle race")
    return Case(
        name=f"case {number} of seed {seed}",
        row=row,
        vendor=vendor,
        kind=kind,
        blocking=random.random() < 0.5,
        reused=idle or (not row.stalls and row.stage != "refused" and random.random() < 0.4),
        fault=Fault(
            stage="idle" if idle else stage,
            reset=random.random() < 0.5,
            share=random.choice([0.0, 0.5, 0.9, 1.0, random.random()]),
            times=ALWAYS if row.stalls else random.choice([1, 1, 2, ALWAYS]),
            after=random.random() * 0.002 if row.stage == "idle race" else None,
        ),
        size=random.choice([10, 500, 70_000, 70_000, 4_000_000 if number % 4 == 0 else 500]),
        padding=random.choice([0, 300, 100_000]),
    )


@define
class Outcome:
    """What the client said, and what the server knows."""

    says: str
    error: BaseException | None
    arrivals: list[Arrival]
    repeats: int


def live(this: Case) -> Outcome:
    """Let it happen."""
    at_token = this.row.stage == "token"
    healthy = CuttingServer(fault=this.fault if at_token else None)
    server = CuttingServer(
        fault=None if at_token or this.row.stage in ("refused", "no room") else this.fault,
        warm=this.reused and not at_token,
        padding=this.padding,
        listens=this.row.stage != "refused",
        room=this.row.stage != "no room",
    )
    repeats: list[object] = []

    def again(event: object) -> None:
        repeats.append(event)
        if this.row.stage == "refused" and len(repeats) == this.fault.times:
            server.heal()

    # Where the server itself is not what is slow, the machine's load must not look like it.
    timeout = PATIENCE if this.row.stalls else 20.0
    try:
        if this.blocking:
            error = _blocking(this, server, healthy.url, Hooks(on_retry=again), timeout)
        else:
            error = asyncio.run(_async(this, server, healthy.url, Hooks(on_retry=again), timeout))
    finally:
        server.close()
        healthy.close()
    return Outcome(says=_says(error), error=error, arrivals=server.arrivals, repeats=len(repeats))


def _client(this: Case, url: str, token_url: str, hooks: Hooks, timeout: float) -> Any:
    limits: dict[str, Any] = {"attempts": 2 if this.row.stalls else 8, "timeout": timeout}
    clock = VirtualClock()
    if this.vendor == "plex":
        settings = PlexSettings(
            client_id="c", client_secret=Secret("s"), pcn="1", base_url=url, token_url=f"{token_url}/token"
        )
        plex = Plex if this.blocking else AsyncPlex
        return plex(settings, profile=evolve(plex_profile(), **limits), clock=clock, hooks=hooks)
    keyed = StediSettings(api_key=Secret("k"), base_url=url)
    stedi = Stedi if this.blocking else AsyncStedi
    return stedi(keyed, profile=evolve(stedi_profile(), **limits), clock=clock, hooks=hooks)


def _call(this: Case, client: Any) -> Call[Any]:
    """The same endpoints that users call, as values."""
    body = b'{"n":"' + b"y" * this.size + b'"}'
    match this.vendor, this.kind:
        case "plex", "read":
            return PurchaseOrders.get(client.purchase_orders, "1")
        case "stedi", "read":
            return Transactions.get(client.transactions, "1")
        case _, "keyed":
            return Transactions.submit(client.transactions, "p", "s", body, idempotency_key="key-1")
        case "plex", "converging":
            return PurchaseOrders.set_custom_fields(client.purchase_orders, "1", {"n": "y" * this.size})
        case _, "converging":
            return Call(method="PUT", path="things/1", answer=object, body=Content(body), converges=True)
        case _:
            return Call(method="POST", path="things", answer=object, body=Content(body))


_WARM_UP = Call(method="GET", path="warm", answer=object)


def _blocking(
    this: Case, server: CuttingServer, token_url: str, hooks: Hooks, timeout: float
) -> Exception | None:
    with _client(this, server.url, token_url, hooks, timeout) as client:
        try:
            if server.warm:
                run(client.client.send(_WARM_UP))
                _wait_until_cut(this, server)
            run(client.client.send(_call(this, client)))
        except VendorError as error:
            return error
    return None


async def _async(
    this: Case, server: CuttingServer, token_url: str, hooks: Hooks, timeout: float
) -> Exception | None:
    async with _client(this, server.url, token_url, hooks, timeout) as client:
        try:
            if server.warm:
                await client.client.send(_WARM_UP)
                _wait_until_cut(this, server)
            await client.client.send(_call(this, client))
        except VendorError as error:
            return error
    return None


def _wait_until_cut(this: Case, server: CuttingServer) -> None:
    if this.row.stage == "idle":
        assert server.cut.wait(10), "the idle connection was not cut"


def _says(error: Exception | None) -> str:
    if error is None:
        return ANSWER
    assert isinstance(error, VendorError)
    return {Reached.NO: NO, Reached.MAYBE: MAYBE}.get(error.reached, "YES")


def problems(this: Case, outcome: Outcome) -> list[str]:
    """What is wrong with what a client said and did; nothing, if all is well."""
    found = []
    error, arrivals = outcome.error, outcome.arrivals
    complete = [arrival for arrival in arrivals if arrival.complete]
    if outcome.says not in this.expected:
        found.append(f"it says {outcome.says}, expected {' or '.join(sorted(this.expected))}")
    if outcome.says == ANSWER and not complete:
        found.append("it speaks of an answer to a request that never arrived")
    if outcome.says == NO and this.writes and complete:
        found.append("it says that a write did not arrive, which arrived whole")
    classes = (VendorUnavailable, UnreadableAnswer)
    if this.kind == "keyless":
        classes = (OutcomeUnknown,) if outcome.says == MAYBE else (VendorUnavailable,)
        if isinstance(error, OutcomeUnknown) and not isinstance(error.__cause__, VendorError):
            found.append("the unknown outcome does not say why")
        if resent(this, outcome):
            found.append(f"a write without a key was sent again: {len(arrivals)} times")
    if error is not None and not isinstance(error, classes):
        found.append(f"it is a {type(error).__name__}")
    whole = {(arrival.head, arrival.body) for arrival in complete}
    if len(whole) > 1:
        found.append("repeats differ")
    if whole:
        (head, body), *_ = whole
        parts = [each.received for each in arrivals if not each.complete]
        if any(not (head + b"\r\n\r\n" + body).startswith(part) for part in parts):
            found.append("a part that arrived differs from the whole")
        if this.kind == "keyed" and b"Idempotency-Key: key-1" not in head:
            found.append("the key is missing")
    return found


def resent(this: Case, outcome: Outcome) -> bool:
    """Whether a write without a key went again after any byte of it had arrived."""
    return this.kind == "keyless" and sum(bool(arrival.received) for arrival in outcome.arrivals) > 1


@define
class Result:
    """What was measured."""

    cases: int = 0
    right: int = 0
    keyless: int = 0
    resent: int = 0
    repeats: int = 0
    says: Counter[str] = field(factory=Counter)
    phases: Counter[str] = field(factory=Counter)
    problems: list[str] = field(factory=list)

    def take(self, this: Case, outcome: Outcome) -> None:
        found = problems(this, outcome)
        self.cases += 1
        self.right += not found
        self.keyless += this.kind == "keyless"
        self.resent += resent(this, outcome)
        self.repeats += outcome.repeats
        self.says[outcome.says] += 1
        self.phases[this.row.phase] += 1
        self.problems += [f"{this.name}: {each}; {this}; {outcome.error!r}" for each in found]


def prove(count: int, seed: int) -> Result:
    """So many cases."""
    result = Result()
    for number in range(count):
        this = case(seed, number)
        result.take(this, live(this))
    return result


def main() -> int:
    """Print one line, and what went wrong."""
    logging.disable(logging.INFO)
    parser = argparse.ArgumentParser(description="cut connections")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=int, help="only this case, to repeat a failure")
    options = parser.parse_args()
    began = time.monotonic()
    if options.case is None:
        result = prove(options.count, options.seed)
    else:
        result = Result()
        this = case(options.seed, options.case)
        result.take(this, live(this))
    for problem in result.problems[:20]:
        print(problem, file=sys.stderr)
    where = ", ".join(f"{count} {phase}" for phase, count in result.phases.items())
    said = ", ".join(f"{count} {says}" for says, count in sorted(result.says.items()))
    print(
        f"{result.cases} cut connections (seed {options.seed}: {where}): {result.right} classified right "
        f"({said}); {result.repeats} repeats; {result.keyless} writes without a key, {result.resent} of them "
        f"resent; {time.monotonic() - began:.0f} s"
    )
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main())
