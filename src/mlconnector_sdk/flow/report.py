"""What a run has done, for a person and for a program."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from attrs import define, field

from mlconnector_sdk.errors import ConnectorError
from mlconnector_sdk.records import Entry, State

__all__ = ["FlowReport", "RunReport"]

_SHOWN = (
    (State.ACCEPTED, "accepted"),
    (State.UNCHANGED, "unchanged"),
    (State.SUPERSEDED, "superseded"),
    (State.HELD, "held"),
    (State.DEAD, "dead letters"),
    (State.IN_FLIGHT, "outcome unknown"),
    (State.PENDING, "still pending"),
)


@define(kw_only=True)
class FlowReport:
    """What one run did in one flow.

    Args:
        flow: The flow's name.
        added: Observations that became entries.
        known: Observations that said nothing new.
        outcomes: How many deliveries ended in which state.
        letters: The entries that now wait for a person, because of this run.
        problem: What stopped the flow, or None.
        rest: How long the source asks to be left alone after this poll, because it was costly (`Source`).
        capped: Whether documents that are due were left for the next run, because of ``max_sends``.
    """

    flow: str
    added: int = 0
    known: int = 0
    outcomes: Counter[State] = field(factory=Counter)
    letters: list[Entry] = field(factory=list)
    problem: ConnectorError | None = None
    capped: bool = False
    rest: timedelta = timedelta(0)

    @property
    def progress(self) -> bool:
        """Whether anything was observed or brought to an end."""
        return bool(self.added or self.outcomes.keys() - {State.IN_FLIGHT, State.PENDING})

    def __str__(self) -> str:
        parts = [f"{self.added} new", f"{self.known} known"]
        parts += [f"{self.outcomes[state]} {word}" for state, word in _SHOWN if self.outcomes[state]]
        lines = [f"{self.flow}: " + ", ".join(parts)]
        for letter in self.letters:
            lines.append(f"  {letter.state.value} {letter.kind} {letter.number}: {letter.reason}")
            if letter.remedy:
                lines.append(f"    remedy: {letter.remedy}")
        if self.capped:
            lines.append("  stopped at max_sends: what is due waits for the next run")
        if self.problem is not None:
            lines.append(f"  stopped: {self.problem}")
        return "\n".join(lines)


@define(kw_only=True)
class RunReport:
    """What one run did, flow by flow."""

    flows: list[FlowReport] = field(factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing stopped a flow and nothing was put before a person."""
        return all(flow.problem is None and not flow.letters for flow in self.flows)

    @property
    def problems(self) -> list[ConnectorError]:
        """What stopped flows."""
        return [flow.problem for flow in self.flows if flow.problem is not None]

    def raise_for_problems(self) -> None:
        """For jobs that should fail loudly: raise the first problem that stopped a flow.

        Raises:
            ConnectorError: What stopped the flow. Everything that it concerns stays pending.
        """
        for problem in self.problems:
            raise problem

    def __str__(self) -> str:
        return "\n".join(str(flow) for flow in self.flows)
