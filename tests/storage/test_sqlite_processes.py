"""Several processes and one file; and processes that are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlconnector_sdk.records import State
from mlconnector_sdk.storage.sqlite import SQLiteStore

HERE = Path(__file__).parent
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork and no SIGKILL")


def script(name: str, *arguments: object) -> list[str]:
    return [sys.executable, str(HERE / name), *map(str, arguments)]


def output_of(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_processes_poll_and_deliver_at_once(tmp_path):
    path = tmp_path / "sync.db"
    processes = [
        subprocess.Popen(
            script("process_polling.py", path, name),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    did = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    with SQLiteStore(path) as store:
        entries = store.find(limit=1_000)
        added = did[0]["added"] + did[1]["added"]
        assert sorted(added) == sorted(entry.id for entry in entries)
        assert len(entries) == 200
        delivered = did[0]["delivered"] + did[1]["delivered"]
        assert len(delivered) == len(set(delivered))
        assert set(delivered) == {entry.id for entry in entries if entry.state is State.ACCEPTED}
        assert sorted(did[0]["moved"] + did[1]["moved"], key=int) == [str(n) for n in range(20)]
        assert store.checkpoint("orders").revision == 20


@posix
def test_what_a_killed_writer_leaves_behind(tmp_path):
    assert "30 kills, " in output_of(script("process_killing.py", tmp_path))


@posix
def test_a_fork_opens_the_file_anew(tmp_path):
    assert "beside 6 children" in output_of(script("process_forking.py", tmp_path / "sync.db"))
