from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.mapping.partners import Partner, Partners
from mlconnector_sdk.mapping.policies import (
    AfterRejection,
    Changes,
    ClosedOrders,
    KnownOrders,
    PartialAcknowledgments,
    Policies,
)
from mlconnector_sdk.mapping.step_limits import NOT_STATED, StepLimits
from mlconnector_sdk.mapping.tolerance import Margin, Tolerance

FILE = """
units = "as_is"
parts = "as_is"
{all}
[partners.ACME]
supplier = "ACME"
buyer = {{ id = "US", qualifier = "92" }}
account = {{ id = "1", qualifier = "92" }}
{one}
"""


def partner(one: str = "", all_: str = "") -> Partner:
    return Partners.from_toml(FILE.format(one=one, all=all_))["ACME"]


def test_what_holds_where_nothing_is_said() -> None:
    assert partner().policies == Policies(
        changes=Changes.CHANGE_ORDER,
        known_orders=KnownOrders.HOLD,
        after_rejection=AfterRejection.ORIGINAL,
        closed_orders=ClosedOrders.IGNORE,
        frozen_days=0,
        partial_acknowledgments=PartialAcknowledgments.REPLACE,
        tolerance=Tolerance(),
        time_zone=ZoneInfo("UTC"),
    )
    assert partner().limits == StepLimits()


def test_every_policy_can_be_set() -> None:
    policies = partner("""
[partners.ACME.policies]
changes = "replace"
known_orders = "ignore"
after_rejection = "replace"
closed_orders = "cancel"
frozen_days = 5
partial_acknowledgments = "add"
tolerance = { under = "2.5%", over = "5" }
time_zone = "America/Detroit"
""").policies
    assert policies == Policies(
        changes=Changes.REPLACE,
        known_orders=KnownOrders.IGNORE,
        after_rejection=AfterRejection.REPLACE,
        closed_orders=ClosedOrders.CANCEL,
        frozen_days=5,
        partial_acknowledgments=PartialAcknowledgments.ADD,
        tolerance=Tolerance(
            under=Margin(amount=Decimal("2.5"), percent=True), over=Margin(amount=Decimal(5))
        ),
        time_zone=ZoneInfo("America/Detroit"),
    )
    assert policies.time_zone.key == "America/Detroit"


def test_a_partner_differs_from_all_only_where_it_says_so() -> None:
    policies = partner(
        "policies = { changes = '860', tolerance = { over = '1' } }",
        "[policies]\nchanges = 'hold'\nfrozen_days = 3\ntolerance = { under = '2%', over = '9%' }",
    ).policies
    assert (policies.changes, policies.frozen_days) == (Changes.CHANGE_ORDER, 3)
    assert str(policies.tolerance) == "-2% +1"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("changes = 860", 'changes is 860 .* one of "860", "replace", "hold", in quotes'),
        ('changes = "no"', 'changes is "no"'),
        ('chages = "860"', "nobody knows the key .*'changes'"),
        ('known_orders = ""', "ignore"),
        ("frozen_days = -1", "whole number from 0 to 365"),
        ("frozen_days = 366", "whole number"),
        ("frozen_days = 1.5", "whole number"),
        ("frozen_days = true", "whole number"),
        ('frozen_days = "5"', "whole number"),
        ("tolerance = 5", "must be a table"),
        ('tolerance = "5"', "must be a table"),
        ("tolerance = { under = 2 }", "text in quotes"),
        ('tolerance = { under = "two" }', "under = 'two', over = '0'"),
        ('tolerance = { under = "-2%" }', "cannot be"),
        ('tolerance = { under = "2% +5" }', "cannot be"),
        ('tolerance = { under = "100%" }', "less than 100%"),
        ('tolerance = { below = "2%" }', "nobody knows the key"),
        ('time_zone = "Detroit"', "IANA"),
        ('time_zone = "../../etc/passwd"', "IANA"),
        ('time_zone = "America"', "IANA"),
    ],
)
def test_a_wrong_policy_names_line_and_key(line: str, message: str) -> None:
    for file, at, path in (
        (FILE.format(one=f"[partners.ACME.policies]\n{line}", all=""), 10, "partners.ACME.policies"),
        (FILE.format(one="", all=f"[policies]\n{line}"), 5, "policies"),
    ):
        with pytest.raises(ConfigurationError, match=message) as caught:
            Partners.from_toml(file)
        assert str(caught.value).startswith(f"partners.toml line {at}: ")
        assert caught.value.path.startswith(path + ".")


def test_limits_in_minutes_hours_and_days_or_never() -> None:
    limits = partner(
        '[partners.ACME.limits]\npending = "30m"\nanswered = "2d"\nacknowledged = "never"',
        '[limits]\npending = "3h"\ndelivered = "4h"\nacknowledged = "1h"\nanswered = "never"',
    ).limits
    assert limits == StepLimits(
        pending=timedelta(minutes=30),
        delivered=timedelta(hours=4),
        acknowledged=None,
        answered=timedelta(days=2),
    )
    assert partner().limits.delivered is NOT_STATED
    assert partner().limits.stated() == {}
    assert limits.stated() == {
        "pending": timedelta(minutes=30),
        "delivered": timedelta(hours=4),
        "acknowledged": None,
        "answered": timedelta(days=2),
    }


@pytest.mark.parametrize(
    "text", ["1w", "0h", "h", "-1h", "1.5h", "1h30m", "", "100000d", "1 hour", "\u0661h"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^partners\.toml line 10: partners\.ACME\.limits\.pending"):
        partner(f'[partners.ACME.limits]\npending = "{text}"')


def test_unknown_limits_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'answered'"):
        partner('[partners.ACME.limits]\nanswerd = "1d"')
