"""Cut connections, in short; the long form is `tests.proof.connections`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from attrs import evolve

from mlconnector_sdk.core.outgoing import Progress
from mlconnector_sdk.errors import OutcomeUnknown, Reached, VendorUnavailable
from tests.proof.connections import ANSWER, KINDS, MAYBE, NO, ROWS, Case, Outcome, case, live, problems
from tests.proof.connections_server import Arrival

HEAD = b"POST /things HTTP/1.1\r\nContent-Length: 2"


@pytest.mark.parametrize("number", range(2 * len(ROWS)), ids=lambda n: f"{ROWS[n % len(ROWS)].stage} {n}")
def test_a_cut_connection_is_classified_right(number: int) -> None:
    this = case(7, number)
    outcome = live(this)
    assert problems(this, outcome) == []


def test_every_kind_of_call_meets_every_row_in_both_colours() -> None:
    met = {(c.row.stage, c.vendor, c.kind, c.blocking) for c in (case(1, number) for number in range(2000))}
    assert len(ROWS) == len({row.stage for row in ROWS})
    for row in ROWS:
        kinds = {(vendor, kind) for stage, vendor, kind, _ in met if stage == row.stage}
        limited = row.stage in ("token", "body")
        assert len(kinds) >= (3 if limited else len(KINDS)), row.stage
        assert {blocking for stage, _, _, blocking in met if stage == row.stage} == {True, False}


def keyless(stage: str, **changes: Any) -> Case:
    row = next(row for row in ROWS if row.stage == stage)
    cases = (case(1, number) for number in range(9999))
    found = next(each for each in cases if each.row is row and each.kind == "keyless")
    return evolve(found, **changes)


def arrival(body: bytes = b"ok", *, complete: bool = True, head: bytes = HEAD) -> Arrival:
    return Arrival(received=head + b"\r\n\r\n" + body, complete=complete)


def unknown() -> OutcomeUnknown:
    error = OutcomeUnknown("nobody can say", vendor="V")
    error.__cause__ = VendorUnavailable("cut")
    return error


def outcome(says: str, error: Exception | None, *arrivals: Arrival) -> Outcome:
    return Outcome(says=says, error=error, arrivals=list(arrivals), repeats=0)


@pytest.mark.parametrize(
    ("stage", "told", "problem"),
    [
        ("request", outcome(MAYBE, unknown(), arrival(), arrival()), "sent again: 2 times"),
        ("body", outcome(MAYBE, unknown(), arrival(b"o", complete=False), arrival()), "sent again"),
        (
            "request",
            outcome(NO, VendorUnavailable("x", reached=Reached.NO), arrival()),
            "which arrived whole",
        ),
        ("request", outcome(MAYBE, VendorUnavailable("x"), arrival()), "it is a VendorUnavailable"),
        ("refused", outcome(MAYBE, unknown()), "expected"),
        ("idle", outcome(ANSWER, None), "never arrived"),
        ("accept", outcome(ANSWER, None, arrival(b"ok"), arrival(b"no")), "repeats differ"),
        ("accept", outcome(ANSWER, None, arrival(b"n", complete=False), arrival()), "part that arrived"),
        ("request", outcome(MAYBE, OutcomeUnknown("x"), arrival()), "does not say why"),
    ],
)
def test_the_judge_sees_what_is_wrong(stage: str, told: Outcome, problem: str) -> None:
    assert any(problem in each for each in problems(keyless(stage), told))


def test_the_judge_lets_what_is_right_pass() -> None:
    assert problems(keyless("request"), outcome(MAYBE, unknown(), arrival())) == []


class WriteError(Exception):
    """Named like httpcore's."""


class WriteTimeout(Exception):
    """Named like httpcore's."""


STARTED = ("http11.send_request_headers.started", {})
GONE = {"exception": WriteError()}


@pytest.mark.parametrize(
    ("events", "reached"),
    [
        ([], Reached.MAYBE),
        ([("connection.connect_tcp.started", {})], Reached.NO),
        ([STARTED], Reached.MAYBE),
        ([STARTED, ("http11.send_request_headers.failed", GONE)], Reached.NO),
        ([STARTED, ("http11.send_request_headers.failed", {"exception": WriteTimeout()})], Reached.MAYBE),
        (
            [STARTED, ("http11.send_request_headers.failed", {"exception": asyncio.CancelledError()})],
            Reached.MAYBE,
        ),
        ([STARTED, ("http11.send_request_body.failed", GONE)], Reached.MAYBE),
        ([STARTED, ("http2.send_request_headers.failed", GONE)], Reached.MAYBE),
        ([STARTED, ("http11.send_request_headers.failed", GONE), STARTED], Reached.MAYBE),
    ],
)
def test_a_head_that_was_not_taken_never_arrived(events: list[tuple[str, Any]], reached: Reached) -> None:
    progress = Progress()
    for event, info in events:
        progress.note(event, info)
    assert progress.reached is reached
