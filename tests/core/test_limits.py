"""limits: never over the limit as the vendor counts, never asleep."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlconnector_sdk.core.headers import Quota
from mlconnector_sdk.core.limits import Bucket, Concurrency, LimitSpec, Rate, Refusal, Slot


def take(bucket: Bucket, now: float) -> Slot:
    slot = bucket.reserve(now)
    assert isinstance(slot, Slot), slot
    return slot


def refused(bucket: Bucket, now: float) -> Refusal:
    refusal = bucket.reserve(now)
    assert isinstance(refusal, Refusal), refusal
    return refusal


def test_without_limits_there_is_always_a_slot() -> None:
    bucket = Bucket()
    for _ in range(1000):
        take(bucket, 0.0)


def test_a_slot_is_held_until_one_window_after_the_answer() -> None:
    bucket = Bucket((Rate(1, 60.0),))
    slot = take(bucket, 100.0)
    assert refused(bucket, 100.0).wait == 60.0
    assert refused(bucket, 130.0).wait == 60.0  # still running: it may be counted only now
    bucket.release(slot, 140.0)
    assert refused(bucket, 140.0).wait == 60.0
    assert refused(bucket, 199.0).wait == 1.0
    take(bucket, 200.0)


def test_a_request_that_never_left_costs_nothing() -> None:
    bucket = Bucket((Rate(1, 60.0),))
    bucket.release(take(bucket, 0.0), 0.0, counted=False)
    take(bucket, 0.0)


def test_a_slot_is_released_once() -> None:
    bucket = Bucket((Rate(2, 60.0), Concurrency(2)))
    slot = take(bucket, 0.0)
    for _ in range(3):
        bucket.release(slot, 0.0)
    take(bucket, 0.0)
    assert refused(bucket, 0.0).wait == 60.0


def test_several_limits_hold_at_once() -> None:
    bucket = Bucket((Rate(2, 1.0), Rate(3, 60.0)))
    for _ in range(2):
        bucket.release(take(bucket, 0.0), 0.0)
    assert refused(bucket, 0.0).wait == 1.0
    bucket.release(take(bucket, 1.0), 1.0)
    refusal = refused(bucket, 2.0)
    assert refusal.wait == 58.0
    assert refusal.reason == "the limit of 3 in 60 s"


def test_concurrency_tells_when_somebody_leaves() -> None:
    bucket = Bucket((Concurrency(1),))
    slot = take(bucket, 0.0)
    refusal = refused(bucket, 0.0)
    assert refusal.freed is not None
    assert not refusal.freed.done()
    bucket.release(slot, 5.0)
    assert refusal.freed.done()
    take(bucket, 5.0)


def test_a_pause_holds_everybody_and_is_never_shortened() -> None:
    bucket = Bucket()
    bucket.pause(30.0)
    bucket.pause(10.0)
    assert refused(bucket, 5.0).wait == 25.0
    take(bucket, 30.0)


def test_asking_takes_nothing() -> None:
    bucket = Bucket((Rate(1, 60.0),))
    assert bucket.refusal(0.0) is None
    assert bucket.refusal(0.0) is None
    take(bucket, 0.0)
    refusal = bucket.refusal(0.0)
    assert refusal is not None
    assert refusal.wait == 60.0


# --- the vendor's own count


def test_nothing_is_left_until_the_reset() -> None:
    bucket = Bucket()
    bucket.learn(Quota(remaining=0, reset=17.0), 100.0)
    assert refused(bucket, 100.0).wait == 17.0
    take(bucket, 117.0)


def test_what_is_left_is_shared_with_requests_under_way() -> None:
    bucket = Bucket()
    first, _second = take(bucket, 0.0), take(bucket, 0.0)
    bucket.release(first, 1.0)
    bucket.learn(Quota(remaining=2, reset=10.0), 1.0)  # may not know of the second yet
    take(bucket, 1.0)
    assert refused(bucket, 1.0).wait == 10.0


def test_answers_that_overtake_each_other_do_not_give_more() -> None:
    bucket = Bucket()
    bucket.learn(Quota(remaining=1, reset=10.0), 0.0)
    bucket.learn(Quota(remaining=5, reset=10.0), 0.5)  # older, of the same window
    take(bucket, 1.0)
    assert refused(bucket, 1.0).wait == pytest.approx(9.5)


def test_a_new_window_starts_afresh() -> None:
    bucket = Bucket()
    bucket.learn(Quota(remaining=0, reset=10.0), 0.0)
    bucket.learn(Quota(remaining=40, reset=60.0), 0.0)
    take(bucket, 0.0)


def test_a_rate_that_learns_takes_the_vendors_limit() -> None:
    bucket = Bucket((Rate(1, 60.0, learns=True), Rate(100, 3600.0)))
    bucket.release(take(bucket, 0.0), 0.0)
    refused(bucket, 0.0)
    bucket.learn(Quota(limit=3), 0.0)
    take(bucket, 0.0)
    take(bucket, 0.0)
    refused(bucket, 0.0)


# --- properties


class Vendor:
    """Counts each request at a moment of its own choice between departure and answer."""

    def __init__(self) -> None:
        self.counted: list[float] = []

    def most_within(self, seconds: float) -> int:
        times = sorted(self.counted)
        return max((sum(start <= t < start + seconds for t in times) for start in times), default=0)


rates = st.builds(Rate, st.integers(1, 4), st.sampled_from([1.0, 5.0, 10.0]))


@settings(max_examples=150)
@given(
    st.lists(rates, min_size=1, max_size=2),
    st.lists(st.tuples(st.floats(0, 6), st.floats(0, 8), st.floats(0, 1)), min_size=1, max_size=30),
)
def test_no_window_at_the_vendor_ever_holds_more_than_the_limit(
    specs: list[Rate], demands: list[tuple[float, float, float]]
) -> None:
    """Requests come with gaps, take their time, and are counted anywhere on their way."""
    bucket, vendor, now = Bucket(tuple(specs)), Vendor(), 0.0
    running: list[tuple[float, Slot]] = []
    for gap, latency, share in demands:
        now += gap
        while True:
            for end, slot in [each for each in running if each[0] <= now]:
                bucket.release(slot, end)
                running.remove((end, slot))
            given = bucket.reserve(now)
            if isinstance(given, Slot):
                break
            assert given.wait > 0
            now += given.wait + 1e-9
        vendor.counted.append(now + latency * share)
        running.append((now + latency, given))
    for spec in specs:
        assert vendor.most_within(spec.seconds - 1e-6) <= spec.calls


@given(st.lists(st.sampled_from([Rate(2, 5.0), Rate(3, 1.0), Concurrency(2)]), max_size=3))
def test_a_refusal_takes_nothing(specs: list[LimitSpec]) -> None:
    bucket = Bucket(tuple(specs))
    slots: list[Slot] = []
    while isinstance(slot := bucket.reserve(0.0), Slot) and len(slots) < 10:
        slots.append(slot)
    for _ in range(5):
        bucket.reserve(0.0)
    for slot in slots:
        bucket.release(slot, 0.0)
    again = 0
    while isinstance(bucket.reserve(100.0), Slot) and again < 10:
        again += 1
    assert again == min(len(slots), 10)


def test_many_threads_share_one_limit() -> None:
    bucket = Bucket((Rate(50, 60.0), Concurrency(50)))
    got: list[Slot] = []

    def grab() -> None:
        for _ in range(20):
            slot = bucket.reserve(0.0)
            if isinstance(slot, Slot):
                got.append(slot)

    threads = [threading.Thread(target=grab) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 50
