"""What a reader found: one value per finding, with the place where it was found."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from attrs import define, evolve, field, frozen

from mlconnector_sdk.errors import InvalidDocument

__all__ = ["Diagnostic", "Findings", "Severity"]


class Severity(Enum):
    """What a finding means for the document."""

    INFO = "info"
    """Nothing is wrong; worth knowing, e.g. a segment that has no table of its own."""
    WARNING = "warning"
    """A rule is broken, but what was meant is clear; strict reading refuses it."""
    ERROR = "error"
    """What was meant cannot be known: no document is made of it."""


@frozen(kw_only=True)
class Diagnostic:
    """One finding.

    Args:
        code: A short stable name, e.g. ``se_missing`` or ``too_long``.
        severity: What it means for the document.
        sentence: For a person.
        segment_id: ``PO1``, or the empty string where no segment is to blame.
        segment_number: Counted from 1 over everything that was read (ISA is 1); 0 where unknown.
        element: Position in the segment, counted from 1; 0 for the segment as a whole.
        component: Position in a composite element, counted from 1; 0 for the element as a whole.
        offset: Where the segment starts: characters into a text, bytes into bytes. None for Guide JSON.
        path: The place in words of the format: ``PO1[2]-02``, or a path into Guide JSON.
    """

    code: str
    severity: Severity
    sentence: str
    segment_id: str = ""
    segment_number: int = 0
    element: int = 0
    component: int = 0
    offset: int | None = None
    path: str = ""

    def error(self) -> InvalidDocument:
        """The same finding as an error, for callers that cannot go on."""
        where = f" (segment {self.segment_number}" if self.segment_number else ""
        if where and self.offset is not None:
            where += f", offset {self.offset}"
        return InvalidDocument(
            self.sentence + (where + ")" if where else ""),
            path=self.path or self.segment_id,
            remedy="have the sender correct the document, or correct it and read it again",
        )


@define
class Findings:
    """Collects diagnostics, at most ``limit`` of them: junk must not fill the memory.

    Args:
        strict: Raise the first finding that is more than information.
        limit: Beyond it one closing error is kept and the rest is not.
    """

    strict: bool = False
    limit: int = 1000
    found: list[Diagnostic] = field(factory=list, init=False)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a finding.

        Raises:
            InvalidDocument: In strict mode, for a warning or an error.
        """
        if self.strict and diagnostic.severity is not Severity.INFO:
            raise diagnostic.error()
        if len(self.found) < self.limit:
            self.found.append(diagnostic)
        elif len(self.found) == self.limit:
            self.found.append(
                evolve(
                    diagnostic,
                    code="too_many_findings",
                    severity=Severity.ERROR,
                    sentence=f"more than {self.limit} findings: the others are not listed",
                )
            )

    @property
    def full(self) -> bool:
        """Whether the limit is passed."""
        return len(self.found) > self.limit

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.found)
