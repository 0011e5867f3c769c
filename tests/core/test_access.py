"""access: findings for a person, and state that clients share."""

from __future__ import annotations

import gc

from mlconnector_sdk.core.access import AccessReport, Finding, Status
from mlconnector_sdk.core.credential import credential
from mlconnector_sdk.core.limits import Rate
from mlconnector_sdk.core.runtime import AsyncSystemClock, SystemClock
from mlconnector_sdk.testing.clock import VirtualClock


def test_a_report_is_a_table_for_a_person() -> None:
    report = AccessReport(
        (
            Finding(subject="credentials", status=Status.OK, sentence="were taken"),
            Finding(
                subject="purchase orders: read",
                status=Status.DENIED,
                sentence="403",
                remedy="ask the administrator for the role Purchase_Order",
            ),
        )
    )
    assert str(report).splitlines() == [
        "ok      credentials            were taken",
        "denied  purchase orders: read  403",
        "                               -> ask the administrator for the role Purchase_Order",
    ]
    assert not report.ok
    assert [finding.status for finding in report] == [Status.OK, Status.DENIED]
    assert AccessReport(report.findings[:1]).ok
    assert str(AccessReport(())) == ""


def test_all_system_clocks_are_one_and_every_other_is_its_own() -> None:
    assert credential("k", SystemClock()) is credential("k", AsyncSystemClock())
    assert credential("k", SystemClock()) is not credential("other", SystemClock())
    first, second = VirtualClock(), VirtualClock()
    assert credential("k", first) is credential("k", first)
    assert credential("k", first) is not credential("k", second)


def test_state_on_a_virtual_clock_goes_with_it() -> None:
    from mlconnector_sdk.core import credential as module

    before = len(module._virtual)
    clock = VirtualClock()
    credential("k", clock)
    assert len(module._virtual) == before + 1
    del clock
    gc.collect()
    assert len(module._virtual) <= before


def test_a_bucket_is_made_once() -> None:
    state = credential("k", VirtualClock())
    assert state.bucket("", (Rate(1, 1.0),)) is state.bucket("", ())
