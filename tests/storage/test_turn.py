"""Processes take turns at a file; here two databases play them, which share nothing but the file."""

from __future__ import annotations

import itertools
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.storage.sqlite import Database, SQLiteStore
from mlconnector_sdk.storage.sqlite.turn import Turn
from mlconnector_sdk.testing.store_contract.samples import event

posix = pytest.mark.skipif(sys.platform == "win32", reason="this system has no such locks")


@posix
def test_one_has_the_turn(tmp_path):
    one, other = Turn(tmp_path / "turn"), Turn(tmp_path / "turn")
    assert one.taken()
    assert one.taken()
    assert not other.taken()
    one.give_up()
    assert other.taken()
    other.close()
    assert one.taken()
    one.close()


def test_it_is_always_our_turn_where_nobody_shares():
    turn = Turn(None)
    assert turn.taken()
    turn.give_up()
    turn.close()


@posix
def test_a_turn_that_cannot_be_taken(path):
    path.with_name("sync.db-turn").mkdir()
    with (
        SQLiteStore(path) as store,
        pytest.raises(StoreError, match="by which processes take turns") as caught,
    ):
        store.admit(event("e1"))
    assert "sync.db-turn" in str(caught.value)


@posix
def test_who_commits_again_and_again_lets_others_in(path):
    """By luck alone, whoever wrote last would nearly always write next."""
    writers = []

    def commit_again_and_again(name):
        def operation(connection):
            threading.Event().wait(0.003)
            writers.append(name)

        with closing(Database(path)) as database:
            while len(writers) < 100:
                database.write(operation)

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(commit_again_and_again, name) for name in "ab"]:
            future.result()
    took_turns = sum(one != next_one for one, next_one in itertools.pairwise(writers))
    assert took_turns > 50


@posix
def test_who_keeps_the_turn_and_dies_is_not_waited_for(path):
    stopped = Turn(path.with_name("sync.db-turn"))  # of a process that does not go on
    assert stopped.taken()
    with SQLiteStore(path, busy_timeout=0.02) as store:
        assert store.admit(event("e1"))
    stopped.close()
