"""Bugs planted one at a time in flow and storage: each has to make the suite fail.

Every bug of `planted_bugs` is written into a copy of the tree of its own, and the tests that have to notice
it are run there. The copy as it is must pass all of them first.

    python -m tests.proof.planted [--only TEXT] [--jobs 2]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attrs import frozen

from tests.proof.planted_bugs import BUGS, Bug

__all__ = ["main", "occurrences"]

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests", "pyproject.toml")
LIMIT = 300
"""Seconds for the tests of one bug. A bug that merely makes them hang was not noticed."""

_IGNORED = shutil.ignore_patterns(".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache")
_FAILED = re.compile(r"^FAILED (.+?)(?: - |$)", re.MULTILINE)
_TESTS_FAILED = 1  # pytest's exit code; the others say that it could not even run them


class NotProven(Exception):
    """The run says nothing: the table is out of date, or the tree fails without any bug."""


@frozen(kw_only=True)
class Verdict:
    """What became of one bug.

    Args:
        bug: Which one.
        killed_by: The test that has noticed it; empty: none has.
        seconds: How long that took.
        why: If none has: what happened instead.
    """

    bug: Bug
    killed_by: str = ""
    seconds: float
    why: str = ""

    def __str__(self) -> str:
        end = f"killed by {self.killed_by}" if self.killed_by else f"SURVIVES: {self.why}"
        return f"{self.bug.name} ({self.bug.file}): {end} [{self.seconds:.1f} s]"


def occurrences(bug: Bug) -> int:
    """How often the text that a bug replaces is in the tree: once, if the table is up to date."""
    return _source(ROOT, bug).read_text(encoding="utf-8").count(bug.old)


def main(arguments: Sequence[str] | None = None) -> int:
    """Plant them; 0 if each was noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="plant the bugs whose name or file has this in it")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    bugs = [bug for bug in BUGS if options.only in f"{bug.name} ({bug.file})"]
    began = time.monotonic()
    try:
        _require_up_to_date(bugs)
        with tempfile.TemporaryDirectory(prefix="planted-") as folder:
            verdicts = _plant_all(bugs, Path(folder), jobs=options.jobs)
    except NotProven as problem:
        print(problem)
        return 1
    survivors = [verdict for verdict in verdicts if not verdict.killed_by]
    killed = f"{len(verdicts) - len(survivors)} of {len(verdicts)} planted bugs were noticed"
    print(f"{killed}, in {time.monotonic() - began:.0f} s")
    for verdict in survivors:
        print(f"SURVIVES: {verdict.bug.name} ({verdict.bug.file})")
    return 1 if survivors else 0


def _require_up_to_date(bugs: Sequence[Bug]) -> None:
    if not bugs:
        raise NotProven("there is no such bug")
    for bug in bugs:
        if (count := occurrences(bug)) != 1:
            raise NotProven(f"the table is out of date: {bug.name}: its text is {count} times in {bug.file}")


def _plant_all(bugs: Sequence[Bug], folder: Path, *, jobs: int) -> list[Verdict]:
    sound = folder / "sound"
    _copy(ROOT, sound)
    tests = sorted({test for bug in bugs for test in bug.tests})
    code, output = _run(sound, tests, limit=LIMIT * 4, compiling=True)
    if code != 0:
        raise NotProven(f"the tests fail without any bug:\n{output}")
    verdicts = []
    with ThreadPoolExecutor(jobs) as pool:
        for verdict in pool.map(lambda bug: _plant(bug, sound, folder), bugs):
            print(verdict, flush=True)
            verdicts.append(verdict)
    return verdicts


def _plant(bug: Bug, sound: Path, folder: Path) -> Verdict:
    began = time.monotonic()
    tree = Path(tempfile.mkdtemp(dir=folder)) / "tree"
    _copy(sound, tree)
    source = _source(tree, bug)
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace(bug.old, bug.new), encoding="utf-8")
    # Python tells an old compiled file by time and size alone, and a quick swap may keep both.
    for compiled in (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"):
        compiled.unlink()
    code, output = _run(tree, bug.tests, limit=LIMIT)
    shutil.rmtree(tree)
    seconds = time.monotonic() - began
    failed = _FAILED.search(output)
    if code == _TESTS_FAILED and failed is not None:
        return Verdict(bug=bug, killed_by=failed[1], seconds=seconds)
    why = "all tests pass" if code == 0 else f"pytest ended with {code}:\n{output}"
    return Verdict(bug=bug, seconds=seconds, why=why)


def _run(tree: Path, tests: Sequence[str], *, limit: float, compiling: bool = False) -> tuple[int, str]:
    """Run tests in a copy, sure that it is the copy whose package they import."""
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONHASHSEED": "0"}
    if not compiling:
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    package = tree / "src" / "mlconnector_sdk" / "__init__.py"
    where = [sys.executable, "-c", "import mlconnector_sdk; print(mlconnector_sdk.__file__)"]
    imported = subprocess.run(where, cwd=tree, env=environment, capture_output=True, text=True, check=True)
    if Path(imported.stdout.strip()).resolve() != package.resolve():
        raise NotProven(f"not the copy is imported, but {imported.stdout.strip()}")
    options = ["-x", "-q", "-n", "0", "--tb=short", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return -1, f"it took longer than {limit:.0f} s"
    return done.returncode, done.stdout + done.stderr


def _copy(tree: Path, to: Path) -> None:
    to.mkdir(parents=True)
    for name in COPIED:
        if (tree / name).is_dir():
            shutil.copytree(tree / name, to / name, ignore=_IGNORED)
        else:
            shutil.copy2(tree / name, to / name)


def _source(tree: Path, bug: Bug) -> Path:
    return tree / "src" / "mlconnector_sdk" / bug.file


if __name__ == "__main__":
    sys.exit(main())
