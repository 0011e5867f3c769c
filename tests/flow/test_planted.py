"""The table of planted bugs fits the code: whoever rewrites a place plants its bug anew."""

from __future__ import annotations

import ast

import pytest

from tests.proof.planted import ROOT, occurrences
from tests.proof.planted_bugs import BUGS, Bug


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_can_be_planted(bug: Bug) -> None:
    assert occurrences(bug) == 1
    source = (ROOT / "src" / "mlconnector_sdk" / bug.file).read_text(encoding="utf-8")
    ast.parse(source.replace(bug.old, bug.new))  # it is a bug, not a file that nobody can load
    for test in bug.tests:
        assert (ROOT / test.partition("::")[0]).is_file()


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 40
