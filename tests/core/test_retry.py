"""retry: what an answer means, whether a repeat can be afforded, and how long to wait."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.core.answers import Answer
from mlconnector_sdk.core.retry import Budget, Fault, Kind, Row, Verdict, Verdicts, read_fault, retry_wait
from mlconnector_sdk.errors import NotFound, RequestRefused, Scope, Throttled, VendorUnavailable


def answer(status: int, body: Any = None) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, headers=httpx.Headers(), body=data)


def kind(verdicts: Verdicts, status: int, body: Any = None) -> Kind | None:
    judged = verdicts.judge(answer(status, body))
    return judged and judged[0].kind


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, None),
        (204, None),
        (301, Kind.REFUSED),
        (304, Kind.REFUSED),
        (400, Kind.REFUSED),
        (401, Kind.UNAUTHORIZED),
        (403, Kind.FORBIDDEN),
        (404, Kind.MISSING),
        (408, Kind.UNAVAILABLE),
        (409, Kind.REFUSED),
        (418, Kind.REFUSED),
        (422, Kind.REFUSED),
        (429, Kind.THROTTLED),
        (500, Kind.UNAVAILABLE),
        (503, Kind.UNAVAILABLE),
        (599, Kind.UNAVAILABLE),
        (700, Kind.UNAVAILABLE),
    ],
)
def test_what_statuses_usually_mean(status: int, expected: Kind | None) -> None:
    assert kind(Verdicts(), status) is expected


def test_a_vendors_own_rows_come_first_in_order() -> None:
    quota = Verdict(kind=Kind.THROTTLED, pause=600.0)
    verdicts = Verdicts(
        rows=(
            Row(status=403, code="QUOTA", verdict=quota),
            Row(status=409, verdict=Verdict(kind=Kind.IN_PROGRESS)),
            Row(status="5xx", code="BAD_FIELD", verdict=Verdict(kind=Kind.REFUSED)),
        )
    )
    assert verdicts.judge(answer(403, {"code": "QUOTA"})) == (quota, Fault(code="QUOTA"))
    assert kind(verdicts, 403, {"code": "ROLE"}) is Kind.FORBIDDEN
    assert kind(verdicts, 409) is Kind.IN_PROGRESS
    assert kind(verdicts, 500, {"code": "BAD_FIELD"}) is Kind.REFUSED
    assert kind(verdicts, 500) is Kind.UNAVAILABLE


def test_an_error_inside_a_good_answer() -> None:
    def inspect(answer: Answer) -> Verdict | None:
        return Verdict(kind=Kind.REFUSED) if answer.json().get("Result_Error") else None

    verdicts = Verdicts(inspect=inspect)
    assert kind(verdicts, 200, {"Result_Error": True, "message": "no"}) is Kind.REFUSED
    assert kind(verdicts, 200, {"ok": 1}) is None


def test_a_verdict_knows_what_is_usual_for_its_kind() -> None:
    assert Verdict(kind=Kind.MISSING).error is NotFound
    assert Verdict(kind=Kind.THROTTLED).error is Throttled
    assert Verdict(kind=Kind.REFUSED).certain
    assert not Verdict(kind=Kind.UNAVAILABLE).certain
    assert not Verdict(kind=Kind.IN_PROGRESS).certain
    own = Verdict(kind=Kind.UNAVAILABLE, certain=True, error=RequestRefused, scope=Scope.FLOW)
    assert (own.certain, own.error, own.scope) == (True, RequestRefused, Scope.FLOW)
    assert Verdict(kind=Kind.UNAVAILABLE).error is VendorUnavailable


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"code": "A", "message": "m"}, "A", "m"),
        ({"error": "invalid_client", "error_description": "d"}, "invalid_client", "d"),
        ({"error": {"code": 7, "message": "m"}}, "7", "m"),
        ({"errors": [{"code": "A", "message": "m"}, {"code": "B"}]}, "A", "m"),
        ([{"$errorCode": "E", "message": "m"}], "E", "m"),
        ({"Message": "m", "ExceptionMessage": "x"}, "", "m"),
        ({"title": "t", "detail": "d"}, "", "d"),
        ({"errors": []}, "", ""),
        ({"code": None, "message": ["no text"]}, "", ""),
        ("text", "", ""),
        (None, "", ""),
        (b"<html>", "", ""),
        (b"", "", ""),
        (b"[" * 5000, "", ""),
    ],
)
def test_error_bodies_in_their_usual_shapes(body: Any, code: str, message: str) -> None:
    assert read_fault(answer(500, body)) == Fault(code=code, message=message)


def test_a_failing_service_drains_the_budget_and_successes_fill_it() -> None:
    budget = Budget(capacity=100.0, cost=5.0)
    assert sum(budget.spend() for _ in range(1000)) == 20
    for _ in range(4):
        budget.earn(retried=False)
    assert not budget.spend()
    budget.earn(retried=True)
    assert budget.spend()


def test_a_budget_never_overflows() -> None:
    budget = Budget(capacity=10.0, cost=5.0)
    for _ in range(100):
        budget.earn(retried=True)
    assert sum(budget.spend() for _ in range(10)) == 2


def test_many_threads_share_one_budget() -> None:
    budget = Budget()
    spent: list[bool] = []
    threads = [
        threading.Thread(target=lambda: spent.extend(budget.spend() for _ in range(50))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(spent) == 20


def test_waits_double_up_to_their_ceiling() -> None:
    assert [retry_wait(attempt, lambda ceiling: ceiling) for attempt in (1, 2, 3, 4, 5, 6, 7, 8, 99)] == [
        0.5,
        1,
        2,
        4,
        8,
        16,
        30,
        30,
        30,
    ]


@given(st.integers(1, 50))
def test_full_jitter_stays_below_its_ceiling(attempt: int) -> None:
    assert 0 <= retry_wait(attempt) <= retry_wait(attempt, lambda ceiling: ceiling)
