"""Any sequence of edits and failures ends with the supplier's view equal to the company's.

The short form of ``python -m tests.proof.edits``, and what its long form has found.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.proof.edit_world import Act, Edit, Fate, Report, Run, Step, Tally, Terms, Wait
from tests.proof.edits import live, prove

ENTER = UP = Edit(0, "quantity", 0, 1)
OTHER = Edit(0, "quantity", 0, 3)
DATE = Edit(0, "due date", 0, 3)
TO_BOLT = Edit(0, "supplier", 0, 1)
TO_NOBODY = Edit(0, "supplier", 0, 10)
CANCEL, REOPEN = Edit(0, "cancel"), Edit(0, "reopen")
REFUSED = Fate("rejected")
CRASH = Run(faults=((0, "before", "crash"),))

FOUND: dict[str, tuple[Terms, Sequence[Step]]] = {
    "an order is rejected after its change went": (Terms(), [ENTER, REFUSED, Run(), UP, Run(), OTHER, Run()]),
    "a change is rejected after the next one went": (
        Terms(),
        [ENTER, Run(), REFUSED, OTHER, Run(), DATE, Run(), Report(), Run()],
    ),
    "a change of what was rejected goes again with the same bytes": (
        Terms(batch=1),
        [ENTER, Run(), Fate("undelivered"), OTHER, Run(), DATE, CRASH, Report(), Run(), Act("settle"), Run()],
    ),
    "wanting it again is rejected after the next change went": (
        Terms(),
        [ENTER, Run(), CANCEL, Run(), REFUSED, REOPEN, Run(), OTHER, Report(), Run(), TO_BOLT, Run()],
    ),
    "a duplicate is rejected after the next change went": (
        Terms(),
        [ENTER, Run(), REFUSED, Act("resend"), Run(), OTHER, Run(), DATE, REFUSED, Run()],
    ),
    "a duplicate while an edit is held": (
        Terms(frozen_days=20),
        [ENTER, Run(), TO_BOLT, Run(), Act("resend")],
    ),
    "a duplicate of what a person left as it was": (
        Terms(changes="hold"),
        [ENTER, Run(), TO_NOBODY, Run(), Act("dismiss"), Act("resend"), Run()],
    ),
    "there and back again, and the last outcome is unknown for a day": (
        Terms(known_orders="replace", known=1),
        [DATE, Run(), CANCEL, Run(), REOPEN, Run(faults=((0, "before", "killed"),)), Wait(90_000), Run()],
    ),
    "a cancellation of what was rejected, to a supplier without 860": (
        Terms(changes="replace"),
        [ENTER, REFUSED, Run(), CANCEL, Run(), Report(), REOPEN, Run()],
    ),
    "a rejection is told before the send that it speaks of is known": (
        Terms(),
        [
            ENTER,
            REFUSED,
            Run(faults=((0, "after", "lost"),)),
            Report(),
            Run(),
            Wait(4_000),
            Run(),
            Act("settle"),
        ],
    ),
}


@pytest.mark.parametrize(("terms", "story"), FOUND.values(), ids=list(FOUND))
def test_what_was_found(terms: Terms, story: Sequence[Step]) -> None:
    tally = Tally()
    live(terms, list(story), tally)
    assert tally.documents


def test_some_hundred_sequences() -> None:
    tally = prove(250, 20)
    assert tally.sequences >= 250
    assert tally.compared > 500
    assert min(tally.documents["850"], tally.documents["860"]) > 50
    assert {"lost after", "killed at the store", "store error", "rejected"} <= set(tally.failures)
