"""Secret: a value that hides itself."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback

import pytest

from mlconnector_sdk.secret import Secret

CANARY = "canary-4f1c"


def test_it_shows_itself_only_when_asked() -> None:
    secret = Secret(CANARY)
    assert secret.reveal() == CANARY
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret:>40}", f"{secret!r}", f"{secret}"):
        assert CANARY not in shown


def test_it_hides_in_containers_logs_and_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(CANARY)
    assert CANARY not in repr({"a": [secret, (secret,)]})
    logging.getLogger("x").warning("using %s and %r", secret, secret)
    assert CANARY not in caplog.text
    try:
        raise ValueError(secret)
    except ValueError as error:
        assert CANARY not in "".join(traceback.format_exception(error))


def test_it_cannot_leave_the_process() -> None:
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(Secret(CANARY))
    with pytest.raises(TypeError):
        json.dumps(Secret(CANARY))


def test_it_cannot_be_changed_and_copies_are_itself() -> None:
    secret = Secret(CANARY)
    with pytest.raises(AttributeError):
        secret._text = "x"
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_equality_and_truth() -> None:
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert not Secret("")
    with pytest.raises(TypeError):
        Secret(b"a")  # type: ignore[arg-type]  # the mistake is the point
