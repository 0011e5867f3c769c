"""Many callers, few commits; and one that fails fails alone."""

from __future__ import annotations

import signal
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.records import Collection
from mlconnector_sdk.storage.sqlite import Database, SQLiteStore, outbox
from mlconnector_sdk.storage.sqlite.group_commit import GroupCommit
from mlconnector_sdk.testing.store_contract.samples import event, order, scan

DEADLINE = 30.0


@pytest.fixture
def statements():
    return []


@pytest.fixture
def group(path, statements):
    """A group commit whose statements are written down."""

    def connect():
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.set_trace_callback(statements.append)
        return connection

    group = GroupCommit(connect, patience=0.01)
    yield group
    group.pause()


def insert(name):
    return lambda connection: (
        connection.execute("INSERT INTO checkpoints VALUES (?, '{}', 1)", (name,)).lastrowid
    )


def flows(path):
    with closing(sqlite3.connect(path)) as connection:
        return sorted(flow for (flow,) in connection.execute("SELECT flow FROM checkpoints"))


@pytest.fixture
def interruptible():
    """A shell starts what runs in the background with SIGINT ignored, and Python leaves it so."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def gathered(group, operations):
    """Run the operations so that all of them are queued, in this order, before one of them leads."""
    group.pause()
    futures = []
    with ThreadPoolExecutor(len(operations)) as pool:
        for operation in operations:
            futures.append(pool.submit(group.run, operation))
            wait_until(lambda: len(group._queue) == len(futures))
        group.resume()
    return futures


def wait_until(holds):
    waiting = threading.Event()
    for _ in range(int(DEADLINE / 0.001)):
        if holds():
            return
        waiting.wait(0.001)
    raise AssertionError("it never happened")


def test_one_thread_has_one_commit_per_call(group, statements, path):
    for n in range(5):
        group.run(insert(str(n)))
    assert statements.count("COMMIT") == 5
    assert flows(path) == list("01234")


def test_sixteen_threads_share_a_commit(group, statements, path):
    futures = gathered(group, [insert(f"{n:02}") for n in range(16)])
    assert sorted(future.result() for future in futures) == list(range(1, 17))
    assert statements.count("COMMIT") == 1
    assert len(flows(path)) == 16


def test_an_operation_that_fails_takes_no_other_with_it(group, statements, path):
    def fails(connection):
        insert("fails")(connection)
        raise ValueError("mine alone")

    futures = gathered(group, [insert("a"), fails, insert("b"), insert("b"), insert("c")])
    assert isinstance(futures[1].exception(), ValueError)
    failed = [future.exception() for future in futures]
    assert sum(isinstance(error, sqlite3.IntegrityError) for error in failed) == 1
    assert sum(error is None for error in failed) == 3
    assert statements.count("COMMIT") == 3  # each of the others has one of its own
    assert flows(path) == ["a", "b", "c"]


def failing_at_first(then=None):
    """An operation that fails in the company of others: the disk was too full for all of them."""
    calls = []

    def operation(connection):
        calls.append("call")
        if len(calls) == 1:
            raise ValueError
        if then is not None:
            raise then
        return insert("second try")(connection)

    return operation


def test_an_operation_that_fails_in_company_gets_a_second_try(group, path):
    futures = gathered(group, [insert("a"), failing_at_first(), insert("b")])
    assert [future.result() for future in futures] == [1, 2, 3]
    assert flows(path) == ["a", "b", "second try"]


def test_what_was_committed_before_an_interrupt_is_committed(group, path):
    futures = gathered(group, [insert("a"), failing_at_first(then=KeyboardInterrupt), insert("b")])
    assert flows(path) == ["a"]
    if not isinstance(futures[0].exception(), KeyboardInterrupt):  # it led, and was interrupted after
        assert futures[0].result() == 1
    assert futures[2].exception() is not None


def test_one_that_fails_alone_is_not_tried_again(group, statements, path):
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        group.run(lambda connection: connection.execute("INSERT INTO missing VALUES (1)"))
    assert statements == ["BEGIN IMMEDIATE", "ROLLBACK"]


def test_an_operation_returns_no_cursor(group, path):
    """Freed by its own thread, it would reset the statement that another thread is running."""
    with pytest.raises(TypeError, match="not a cursor"):
        group.run(lambda connection: connection.execute("INSERT INTO checkpoints VALUES ('a', '{}', 1)"))
    assert flows(path) == []


def test_nobody_waits_for_a_lock_in_turn(group, path):
    """When the file stays locked, all that are queued give up together."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        futures = gathered(group, [insert(str(n)) for n in range(4)])
        errors = {id(future.exception()) for future in futures}
        assert [future.exception().sqlite_errorcode for future in futures] == [sqlite3.SQLITE_BUSY] * 4
        assert len(errors) == 1
    assert flows(path) == []


@pytest.fixture
def locked(group, statements, path):
    """The patient leader finds the file locked, until the function that is given here is called."""
    group._tries = int(DEADLINE / 0.001)
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")

        def unlock(queued):
            wait_until(lambda: statements.count("BEGIN IMMEDIATE") > 3 and len(group._queue) == queued)
            assert "COMMIT" not in statements
            other.execute("ROLLBACK")

        yield unlock


def test_what_comes_while_the_leader_waits_is_in_the_same_commit(group, statements, path, locked):
    with ThreadPoolExecutor(5) as pool:
        futures = [pool.submit(group.run, insert(str(n))) for n in range(5)]
        locked(queued=5)
        assert sorted(future.result() for future in futures) == [1, 2, 3, 4, 5]
    assert statements.count("COMMIT") == 1
    assert flows(path) == list("01234")


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system sends no signals to threads")
@pytest.mark.usefixtures("interruptible")
def test_a_leader_that_is_interrupted_while_it_waits_is_followed_by_another(group, path, locked):
    futures = []

    def interrupt(pool):
        wait_until(lambda: len(group._queue) == 1)
        futures.append(pool.submit(group.run, insert("goes on")))
        wait_until(lambda: len(group._queue) == 2)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    with ThreadPoolExecutor(2) as pool:
        pool.submit(interrupt, pool)
        with pytest.raises(KeyboardInterrupt):
            group.run(insert("given up"))
        locked(queued=1)
        assert futures[0].result() == 1
    assert flows(path) == ["goes on"]


def test_a_commit_that_fails_is_told_to_everybody(group, path):
    def deferred_violation(connection):
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("INSERT INTO child VALUES (7)")  # found out by the commit

    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE child (id INTEGER REFERENCES parent)")
    futures = gathered(group, [insert("a"), deferred_violation])
    assert all(isinstance(future.exception(), sqlite3.IntegrityError) for future in futures)
    assert flows(path) == []
    group.run(insert("after"))
    assert flows(path) == ["after"]


def test_an_interrupted_leader_interrupts_nobody_else(group, path):
    def interrupted(connection):
        raise KeyboardInterrupt

    futures = gathered(group, [insert("a"), interrupted, insert("b")])
    errors = [future.exception() for future in futures]
    assert sum(isinstance(error, KeyboardInterrupt) for error in errors) <= 1
    assert all(isinstance(error, KeyboardInterrupt | sqlite3.OperationalError) for error in errors)
    assert flows(path) == []
    group.run(insert("after"))
    assert flows(path) == ["after"]


def test_what_a_full_disk_undoes_is_told_to_everybody(path):
    with closing(Database(path)) as database, SQLiteStore(database) as store:
        group = database._writer
        connect = group._connect

        def connect_to_a_small_disk():
            connection = connect()
            connection.execute("PRAGMA max_page_count = 60")
            return connection

        group._connect = connect_to_a_small_disk
        big = tuple(order(f"PO-{n}", "A", record=bytes(9_000)) for n in range(99))
        small, large = gathered(group, [insert("a"), lambda c: outbox.add(c, big)])
        assert large.exception().sqlite_errorcode == sqlite3.SQLITE_FULL
        assert flows(path) == ([] if small.exception() else ["a"])
        assert store.find() == []
        assert group.run(insert("after"))


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system sends no signals to threads")
@pytest.mark.usefixtures("interruptible")
def test_what_nobody_waits_for_any_more_does_not_happen(group, path):
    def interrupt():
        wait_until(lambda: group._queue)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    group.pause()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            group.run(insert("given up"))
    group.resume()
    group.run(insert("after"))
    assert flows(path) == ["after"]


def test_calls_of_one_commit_see_each_other(path):
    with SQLiteStore(path) as store:
        group = store._database._writer
        store._database.pause()
        with ThreadPoolExecutor(8) as pool:
            futures = [
                pool.submit(store.collect, Collection(entries=(order("PO-1", "A"), scan(str(n)))))
                for n in range(8)
            ]
            wait_until(lambda: len(group._queue) == 8)
            store._database.resume()
        results = [future.result() for future in futures]
        assert sum(len(result.added) for result in results) == 9
        assert [entry.sequence for entry in store.history("scans|1Z")] == list(range(1, 9))


def test_readers_do_not_wait_for_a_writer(path):
    with SQLiteStore(path) as store:
        store.admit(event("e1"))
        writing, read = threading.Event(), threading.Event()

        def slow(connection):
            connection.execute("UPDATE inbox SET closed = 1")
            writing.set()
            assert read.wait(DEADLINE)

        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(store._database.write, slow)
            assert writing.wait(DEADLINE)
            assert len(store.pending_events("stedi.transactions")) == 1  # as it was before
            read.set()
            future.result()
        assert store.pending_events("stedi.transactions") == []


def test_what_waits_when_a_store_is_closed_is_refused(path):
    store = SQLiteStore(path)
    store._database.pause()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(store.collect, Collection())
        wait_until(lambda: store._database._writer._queue)
        store._database._closed = True
        store._database.resume()
        assert isinstance(future.exception(), StoreError)
    store.close()
