"""A Plex whose clocks, filters and commits are as bad as they can be; in process, on a virtual clock.

Every commit says which question must find it: the change feed, when it is dated close enough to what was seen
before, or only the sweep, when it is dated too early or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qs

import httpx
from attrs import define, field, frozen

from mlconnector_sdk.testing.clock import VirtualClock

OVERLAP = timedelta(minutes=2)
"""What the source reaches back; a commit that lags less, by more than the grain of the times, is found."""

_REACH = timedelta(days=2)
"""A finished order that changed so recently is in the sweep, which looks three days back."""

_SLACK = timedelta(seconds=5)
_SUPPLIER = {"id": "s-1", "code": "ACME"}
_HIDDEN = ("_stamp", "_created", "_shown")
_STATUSES = ["Open", "Open", "Open", "Open", "Closed", "Draft"]


@frozen(kw_only=True)
class Habits:
    """How one Plex misbehaves.

    Args:
        filters: ``honoured``, ``exclusive`` (later than the bound, not at it), ``minutes`` (the bound's
            seconds are dropped) or ``ignored`` (everything is returned).
        grain: What times are cut to: many records then have equal times.
        form: How times are written: ``short``, ``ticks`` (seven digits) or ``offset`` (another zone).
        skews: How far the clocks of Plex's machines are off; each commit gets one of them.
        late: How long a commit may take after it was dated.
        nulls: The share of new records that have no time of change, and of edits that give them none.
        unreadable: The share of records whose time of change nobody can read.
        silent: The share of edits that move no date: a line's price, a deleted or moved release.
        outages: The share of walks that break off in the middle.
        repeats: Whether listings name records twice, in any order.
    """

    filters: str
    grain: timedelta
    form: str
    skews: tuple[timedelta, ...]
    late: timedelta
    nulls: float
    unreadable: float
    silent: float
    outages: float
    repeats: bool


def habits(random: Random) -> Habits:
    """Any combination."""
    seconds = [timedelta(seconds=each) for each in (0, 20, -20, 3600, -3600)]
    skews = random.choice([(0,), (0,), (1, 2), (3,), (4,), (0, 3), (0, 4)])
    return Habits(
        filters=random.choice(["honoured", "honoured", "exclusive", "minutes", "ignored"]),
        grain=timedelta(seconds=random.choice([0, 0, 1, 60])),
        form=random.choice(["short", "ticks", "offset"]),
        skews=tuple(seconds[each] for each in skews),
        late=timedelta(seconds=random.choice([0, 50, 90, 110, 3 * 3600])),
        nulls=random.choice([0.0, 0.0, 0.3, 1.0]),
        unreadable=random.choice([0.0, 0.0, 0.2]),
        silent=random.choice([0.0, 0.0, 0.3]),
        outages=random.choice([0.0, 0.2]),
        repeats=random.random() < 0.5,
    )


@define
class Tally:
    """What happened to one order.

    Args:
        found_by: What must find its newest state: ``feed``, ``sweep``, or nothing (``before``: it did not
            change since the flow began).
        commits: How many states it has had.
        torn: How many of them began while a walk was reading.
        ours: Whether any of them came after the flow began.
    """

    found_by: str
    commits: int = 1
    torn: int = 0
    ours: bool = False


@define
class HostilePlex:
    """Orders with one line each and some releases, edited at random.

    Args:
        random: Decides everything.
        clock: The time that we believe in.
        habits: How it misbehaves.
        since: Where the flow begins, once it has begun there; what is dated before is not ours.
    """

    random: Random
    clock: VirtualClock
    habits: Habits
    since: datetime | None = None
    reading: bool = False
    busy: float = 0.0
    fails_in: int = -1
    orders: dict[str, dict[str, Any]] = field(factory=dict)
    lines: dict[str, dict[str, Any]] = field(factory=dict)
    releases: dict[str, dict[str, Any]] = field(factory=dict)
    tallies: dict[str, Tally] = field(factory=dict)
    requests: int = 0
    _pending: list[tuple[datetime, int, str, datetime]] = field(factory=list)
    _highest: datetime | None = None
    _count: int = 0

    # What people do in Plex.

    def begin_commit(self, kind: str = "") -> None:
        """Somebody saves something: it is dated now, by one of the clocks, and seen now or later."""
        stamp = self.clock.now() + self.random.choice(self.habits.skews)
        visible = self.clock.now() + self.habits.late * self.random.choice([0, 0, 0.5, 1])
        self._count += 1
        kind = (
            kind
            or self.random.choices(
                ["new order", "edit order", "edit release", "new release", "delete order", "silent"],
                [2, 4, 4, 1, 0.3, 12 * self.habits.silent],
            )[0]
        )
        self._pending.append((visible, self._count, kind, stamp))
        self.settle()

    def settle(self, *, all_of_it: bool = False) -> None:
        """Make visible what was saved and is due."""
        for each in sorted(self._pending):
            visible, _, kind, stamp = each
            if all_of_it or visible <= self.clock.now():
                self._pending.remove(each)
                self._commit(kind, stamp)

    def _commit(self, kind: str, stamp: datetime) -> None:
        order_id = self.random.choice(list(self.orders)[1:] or [""])
        if kind == "new order" or not order_id:
            self._new_order(stamp)
        elif kind == "edit order":
            order = self.orders[order_id]
            order["note"], order["status"] = f"note {self._count}", self.random.choice(_STATUSES)
            self._dated(order, order_id, stamp)
        elif kind == "edit release":
            release = self.releases[self.random.choice(list(self.releases)[1:])]
            release["quantity"] = self._count
            self._dated(release, release["poId"], stamp)
        elif kind == "new release":
            self._new_release(order_id, stamp)
        elif kind == "delete order" and order_id != next(iter(self.orders)):
            for table in (self.orders, self.lines, self.releases):
                for key in [key for key, record in table.items() if order_id in (key, record.get("poId"))]:
                    del table[key]
            del self.tallies[order_id]
        elif kind == "silent":
            self._silently(order_id)

    def _new_order(self, stamp: datetime) -> None:
        order_id = f"o-{self._count}-{self.random.getrandbits(32):08x}"
        self.orders[order_id] = {
            "id": order_id,
            "poNumber": f"PO-{self._count}",
            "status": self.random.choice(_STATUSES),
            "supplierId": _SUPPLIER["id"],
            "note": None,
        }
        self.lines[f"l-{order_id}"] = {"id": f"l-{order_id}", "poId": order_id, "unitPrice": 1}
        self.tallies[order_id] = Tally("before", 0)
        self._created(self.orders[order_id], order_id, stamp, "Date")
        self._new_release(order_id, stamp)

    def _new_release(self, order_id: str, stamp: datetime) -> None:
        self._count += 1
        release = {"id": f"r-{self._count}", "poId": order_id, "poLineItemId": f"l-{order_id}", "quantity": 5}
        self.releases[release["id"]] = release
        self._created(release, order_id, stamp, "DateTime")

    def _silently(self, order_id: str) -> None:
        """An edit that moves no date of an order or a release which still leads to it."""
        own = [key for key, release in self.releases.items() if release["poId"] == order_id]
        what = self.random.choice(["price", "delete", "move"]) if len(own) > 1 else "price"
        if what == "price":
            self.lines[f"l-{order_id}"]["unitPrice"] = self._count + 1
        elif what == "delete":
            del self.releases[own[0]]
        else:
            other = self.random.choice(list(self.orders)[1:])
            release = self.releases[own[0]]
            release["poId"], release["poLineItemId"] = other, f"l-{other}"
            self._changed(other, "sweep")
        self._changed(order_id, "sweep")

    # Dates, and who has to find them.

    def _created(self, record: dict[str, Any], order_id: str, stamp: datetime, suffix: str) -> None:
        stamp = self._cut(stamp)
        record["_created"] = stamp
        record[f"created{suffix}"] = self._text(stamp)
        record[f"modified{suffix}"] = None
        record["_stamp"] = record["_shown"] = None
        # The first one is as it should be: without a single old date no listing shows that it is unfiltered.
        if len(self.orders) > 1 and self.random.random() < self.habits.nulls:
            self._changed(order_id, self._finder(stamp))
        else:
            self._dated(record, order_id, stamp, always=True)

    def _dated(self, record: dict[str, Any], order_id: str, stamp: datetime, *, always: bool = False) -> None:
        """A record was changed; where Plex does not date it, no feed can show it."""
        if not always and record["_stamp"] is None and self.random.random() < self.habits.nulls / 2:
            self._changed(order_id, "sweep")
            return
        stamp = self._cut(stamp)
        name = "modifiedDate" if "modifiedDate" in record else "modifiedDateTime"
        record["_stamp"] = stamp
        unreadable = len(self.orders) > 1 and self.random.random() < self.habits.unreadable
        record[name] = f"{stamp:%d.%m.%Y %H:%M}" if unreadable else self._text(stamp)
        record["_shown"] = None if unreadable else stamp
        finder = self._finder(stamp)
        if finder == "feed" and unreadable and self.habits.filters == "ignored" and self._old(record):
            finder = "sweep"  # nothing says that it changed after the flow began, not even that it is listed
        self._changed(order_id, finder)

    def _old(self, record: dict[str, Any]) -> bool:
        """Whether a record was there before the flow began."""
        created: datetime = record["_created"]
        return self.since is not None and created < self.since

    def _finder(self, stamp: datetime) -> str:
        """What must find a commit that is dated so, when it becomes visible now."""
        seen = min(self._highest or stamp, self.clock.now())  # no cursor goes further
        self._highest = max(self._highest or stamp, stamp)
        if self.since is not None and stamp < self.since:
            return "before"
        return "feed" if seen - stamp <= OVERLAP - self.habits.grain - _SLACK else "sweep"

    def _changed(self, order_id: str, finder: str) -> None:
        tally = self.tallies[order_id]
        tally.found_by = finder
        tally.commits += 1
        tally.torn += self.reading
        tally.ours = tally.ours or finder != "before"

    def expected(self, order_id: str, *, swept: bool) -> bool:
        """Whether the newest state of an order must have been observed by now."""
        order = self.orders[order_id]
        if order["status"] == "Draft":
            return False
        dated = order["_shown"] or order["_created"]
        ours = self.since is None or dated >= self.since
        found_by = self.tallies[order_id].found_by
        if found_by != "sweep" or not swept:
            return found_by == "feed"
        return ours and (order["status"] == "Open" or dated >= self.clock.now() - _REACH)

    def begins(self, since: datetime) -> None:
        """A flow begins here, and knows nothing of what was before."""
        self.since = since
        self.tallies = {order_id: Tally("before", 0) for order_id in self.orders}

    # What it answers.

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The handler of an `httpx.MockTransport`."""
        path = request.url.path
        if path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "t", "expires_in": 10**6})
        self.requests += 1
        if self.fails_in == 0:
            return httpx.Response(503)
        self.fails_in -= 1
        if self.reading and self.random.random() < self.busy:
            for _ in range(self.random.choice([1, 1, 3])):
                self.clock.advance(self.random.choice([0.5, 3, 200]))
                self.begin_commit()
        query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        found = self._find(path.partition("/v1/")[2].split("/"), query)
        if found is None:
            return httpx.Response(404, json={"code": "RESOURCE_NOT_FOUND", "message": "gone"})
        return httpx.Response(200, content=json.dumps(found), headers={"Content-Type": "application/json"})

    def _find(self, path: list[str], query: dict[str, str]) -> Any:
        match path:
            case ["purchase-orders"]:
                return self._listed(self.orders, query)
            case ["releases"] if "poId" in query:
                return [_shown(each) for each in self.releases.values() if each["poId"] == query["poId"]]
            case ["releases"]:
                return self._listed(self.releases, query)
            case ["purchase-orders", order_id]:
                return _shown(self.orders[order_id]) if order_id in self.orders else None
            case ["purchase-orders", order_id, "line-items"]:
                return [_shown(each) for each in self.lines.values() if each["poId"] == order_id]
            case ["suppliers", _]:
                return _SUPPLIER
        raise AssertionError(f"nobody knows {path}")

    def _listed(self, table: dict[str, dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
        found = [_shown(each) for each in table.values() if self._passes(each, query)]
        if self.habits.repeats and found:
            found += self.random.choices(found, k=2)
            self.random.shuffle(found)
        return found

    def _passes(self, record: dict[str, Any], query: dict[str, str]) -> bool:
        if self.habits.filters == "ignored":
            return True
        for name, value in (("modified_date", record["_stamp"]), ("created_date", record["_created"])):
            if name not in query:
                continue
            bound = datetime.fromisoformat(query[name])
            if self.habits.filters == "minutes":
                bound = bound.replace(second=0, microsecond=0)
            if value is None or value < bound or (self.habits.filters == "exclusive" and value == bound):
                return False
        return True

    def truth(self) -> Iterator[tuple[str, dict[str, Any], list[Any], list[Any]]]:
        """Every order as it is now: id, head, lines, releases."""
        for order_id, order in self.orders.items():
            lines = [_shown(each) for each in self.lines.values() if each["poId"] == order_id]
            releases = [_shown(each) for each in self.releases.values() if each["poId"] == order_id]
            yield order_id, _shown(order), lines, releases

    def _cut(self, stamp: datetime) -> datetime:
        if self.habits.grain >= timedelta(minutes=1):
            return stamp.replace(second=0, microsecond=0)
        return stamp.replace(microsecond=0) if self.habits.grain else stamp

    def _text(self, stamp: datetime) -> str:
        if self.habits.form == "ticks":
            return f"{stamp:%Y-%m-%dT%H:%M:%S.%f}7Z"
        if self.habits.form == "offset":
            return f"{stamp + timedelta(hours=2):%Y-%m-%dT%H:%M:%S.%f}+02:00"
        return f"{stamp:%Y-%m-%dT%H:%M:%S.%f}".rstrip("0").rstrip(".") + "Z"


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in _HIDDEN}
