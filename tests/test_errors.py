"""errors: one tree; each error says what, why, where, how far it reached, and what to do."""

from __future__ import annotations

import copy
import inspect
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from mlconnector_sdk import errors
from mlconnector_sdk.errors import ConnectorError, OutcomeUnknown, Reached, Scope, Throttled, VendorError

LATER = datetime(2026, 3, 2, tzinfo=UTC)


def build(kind: type[ConnectorError]) -> ConnectorError:
    """One of a class, with everything that it takes."""
    needs: dict[str, Any] = {
        "remedy": "do this",
        "table": "suppliers",
        "key": "ACME",
        "status": 400,
        "not_before": LATER,
        "vendor": "Plex",
        "request": "GET /x",
        "code": "E1",
    }
    takes = inspect.signature(kind).parameters
    open_ended = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in takes.values())
    given = {name: value for name, value in needs.items() if name in takes}
    if open_ended:
        given |= {name: needs[name] for name in ("vendor", "request", "status", "code", "remedy")}
    return kind("it happened", **given)


KINDS = [getattr(errors, name) for name in errors.__all__ if name not in ("Reached", "Scope")]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_is_in_the_one_tree_and_survives_a_process_border(kind: type[ConnectorError]) -> None:
    assert issubclass(kind, ConnectorError)
    assert kind.__doc__
    error = build(kind)
    assert isinstance(error.scope, Scope)
    assert isinstance(error.reached, Reached)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is kind
        assert str(twin) == str(error)
        assert twin.__dict__ == error.__dict__
        assert twin.args == error.args


def test_the_text_names_thing_place_and_remedy() -> None:
    error = ConnectorError("the unit is unknown", path="lines[2].unit", remedy="add it to units.csv")
    assert str(error) == "the unit is unknown [at lines[2].unit] Remedy: add it to units.csv"
    assert str(ConnectorError("short")) == "short"


def test_scope_and_reach_can_be_overridden() -> None:
    error = VendorError("x", scope=Scope.DOCUMENT, reached=Reached.NO)
    assert (error.scope, error.reached) == (Scope.DOCUMENT, Reached.NO)
    assert (VendorError.scope, VendorError.reached) == (Scope.VENDOR, Reached.MAYBE)


def test_what_certainly_did_nothing_may_be_repeated() -> None:
    for kind in (
        errors.RequestRefused,
        errors.NotFound,
        errors.AuthenticationFailed,
        errors.PermissionDenied,
    ):
        assert kind.reached is Reached.NO
    assert Throttled.reached is Reached.NO
    assert OutcomeUnknown.reached is Reached.MAYBE
