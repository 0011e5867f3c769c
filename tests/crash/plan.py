"""What is to happen in one story: where it is killed, how often, and what else goes wrong meanwhile.

A plan follows from a seed and a number alone, so that any story can be told again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from attrs import frozen

from mlconnector_sdk.pipelines import plex_stedi
from mlconnector_sdk.simulators import faults
from mlconnector_sdk.simulators.faults import Fault

__all__ = ["ACTS", "CALM", "Chapter", "Disturbance", "Plan", "cycle", "draw", "places", "turns"]

ACTS: Mapping[str, str] = {
    "order": plex_stedi.PURCHASE_ORDERS,
    "edit": plex_stedi.PURCHASE_ORDERS,
    "control": plex_stedi.CONTROL_NUMBERS,
    "delivery": plex_stedi.DELIVERIES,
    "receipt": plex_stedi.FUNCTIONAL_ACKNOWLEDGMENTS,
    "answer": plex_stedi.ACKNOWLEDGMENTS,
}
"""The acts of a story in their order, and the flow that each runs."""

_REQUESTS: Mapping[str, Sequence[tuple[str, str]]] = {
    "order": (("stedi", "POST"), ("stedi", "POST"), ("plex", "GET"), ("plex", "POST")),
    "edit": (("stedi", "POST"), ("stedi", "POST"), ("plex", "GET"), ("plex", "POST")),
    "control": (("stedi", "GET"),),
    "delivery": (("stedi", "GET"),),
    "receipt": (("stedi", "GET"),),
    "answer": (("plex", "PUT"), ("plex", "PUT"), ("plex", "GET"), ("plex", "POST"), ("stedi", "GET")),
}
"""What each act asks of the vendors, so that a fault finds something to strike."""

_WEBHOOKS = ("", "repeated", "reordered", "withheld", "late")
_KEYLESS = 0.2
_CALM = 0.3  # of the acts
_PAUSES = (200.0, 1_000.0, 1_000.0, 1_000.0, 9_000.0, 108_000.0)
"""Too early to look; usual; after the supplier has answered; after the vendor has forgotten the key."""


@frozen(kw_only=True)
class Disturbance:
    """What goes wrong between the program and a vendor.

    Args:
        kind: For the count.
        vendor: ``plex`` or ``stedi``.
        fault: As the simulator's plan takes it; None: a listing names every record twice.
        method: Of the requests that it strikes.
        nth: The first of them.
        times: How many in a row; None: until it is over.
    """

    kind: str
    vendor: str
    fault: Fault | None
    method: str = "*"
    nth: int = 1
    times: int | None = 1


@frozen(kw_only=True)
class Chapter:
    """One act, and what becomes of the processes in it.

    Args:
        kill_at: Where the first process is killed; empty: it lives.
        again: Where the processes that follow it are killed, as the number of the point they reach.
        pause: Seconds until the next process.
        recovered: Whether a process then does the act to its end; else a later act has to make up for it.
        disturbance: None: nothing goes wrong.
        lasts: Whether it goes on until the act is over, or only until the first process is killed.
    """

    act: str
    kill_at: str = ""
    again: tuple[int, ...] = ()
    pause: float = 3_600.0
    recovered: bool = True
    disturbance: Disturbance | None = None
    lasts: bool = False


@frozen(kw_only=True)
class Plan:
    """One story.

    Args:
        keyless: Orders go to a vendor that knows no idempotency keys.
        quantity: What the first line is edited to.
        webhooks: What happens to them on their way; empty: nothing.
        events: To how many of them.
    """

    seed: int = 0
    number: int = 0
    keyless: bool = False
    quantity: int = 30
    webhooks: str = ""
    events: int = 0
    chapters: tuple[Chapter, ...]

    def __str__(self) -> str:
        told = [f"story {self.number} of seed {self.seed}: quantity {self.quantity}"]
        told += ["without idempotency keys"] if self.keyless else []
        told += [f"{self.events} webhooks {self.webhooks}"] if self.webhooks else []
        return "\n  ".join([", ".join(told), *map(str, self.chapters)])


CALM = Plan(chapters=tuple(Chapter(act=act) for act in ACTS))
"""A story in which nothing goes wrong."""


def places(reached: Sequence[str]) -> list[str]:
    """The points of an act that differ: ``after`` an effect is the same place as ``before`` the next."""
    return [*reached[:1], *(point for point in reached if point.endswith("after"))]


def cycle(points: Mapping[str, Sequence[str]]) -> int:
    """In how many successive stories each point of each act has its turn once."""
    return max(len(each) for each in points.values())


def turns(seed: int, number: int, points: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The points whose turn it is in a story, by act; each cycle has another order, and other pairs."""
    length = cycle(points)
    past, place = divmod(number, length)
    found = {}
    for act, each in points.items():
        order = [*each, *[""] * (length - len(each))]
        Random(f"{seed}/{act}/{past}").shuffle(order)
        found[act] = order[place]
    return found


def draw(seed: int, number: int, kills: Mapping[str, str], *, disturbed: bool = True) -> Plan:
    """Plan a story.

    Args:
        seed: Of all stories.
        number: Of this one.
        kills: The point at which each act is killed; empty, or no such act: nowhere.
        disturbed: False: it is killed and recovers soon, and nothing else goes wrong.
    """
    random = Random(f"{seed}/{number}")
    webhooks = random.choice(_WEBHOOKS) if disturbed else ""
    return Plan(
        seed=seed,
        number=number,
        keyless=disturbed and random.random() < _KEYLESS,
        quantity=random.choice([18, 30]),
        webhooks=webhooks,
        events=random.randint(1, 8) if webhooks else 0,
        chapters=tuple(_chapter(random, act, kills.get(act, ""), disturbed) for act in ACTS),
    )


def _chapter(random: Random, act: str, kill_at: str, disturbed: bool) -> Chapter:
    again = [random.randint(1, 24) for _ in range(random.choice([0, 0, 1, 1, 2]))]
    return Chapter(
        act=act,
        kill_at=kill_at,
        again=tuple(again),
        pause=random.choice(_PAUSES) if disturbed else 1_000.0,
        recovered=act in ("order", "edit") or not disturbed or random.random() < 0.5,
        disturbance=_disturbance(random, act) if disturbed and random.random() > _CALM else None,
        lasts=random.random() < 0.3,
    )


def _disturbance(random: Random, act: str) -> Disturbance:
    vendor, method = random.choice(_REQUESTS[act])
    nth = random.randint(1, 3) if method == "GET" else 1
    kinds = ["lost answer", "reset", "outage", "throttled", "slow", "cut short"]
    kind = random.choice([*kinds, "listed twice"] if vendor == "plex" else kinds)
    fault: Fault
    times: int | None = random.randint(1, 3)
    if kind == "listed twice":
        return Disturbance(kind=kind, vendor="plex", fault=None, method="GET")
    if kind == "lost answer":
        fault = faults.LoseAnswer(random.choice(["reset", "close"]))
    elif kind == "reset":
        fault = faults.Drop(random.choice(["before reading", "before answering"]))
    elif kind == "outage":
        fault, method, times = faults.Answer(503), "*", None
    elif kind == "throttled":
        fault = faults.Answer(429, retry_after=random.choice([None, 1, 30, 120]))
    elif kind == "slow":
        fault, times = (faults.Hang() if random.random() < 0.5 else faults.LoseAnswer("hang")), 1
        if (vendor, method) == ("plex", "POST"):
            method = "GET"  # for a token a client waits half a minute, really
    else:
        fault = faults.Truncate()
    return Disturbance(kind=kind, vendor=vendor, fault=fault, method=method, nth=nth, times=times)
