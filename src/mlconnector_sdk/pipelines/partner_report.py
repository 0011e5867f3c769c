"""What a check of the partner files against the systems found."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from attrs import frozen

__all__ = ["Finding", "Kind", "PartnerReport"]


class Kind(Enum):
    """What is wrong."""

    UNMAPPED = "unmapped"
    """A system uses something that the files do not name: its documents will be dead letters."""
    VANISHED = "vanished"
    """The files name something that the system does not have: misspelt, renamed or removed."""
    AMBIGUOUS = "ambiguous"
    """One name stands for several things: a document that uses it will be a dead letter."""
    UNVERIFIABLE = "unverifiable"
    """It could not be checked: a role is missing, a system is down, or it offers no way to ask."""


@frozen(kw_only=True)
class Finding:
    """One line of a report.

    Args:
        kind: What is wrong.
        file: The file to look at; or the system, where no file is to blame.
        line: In the file; 0 where there is none.
        key: What it is about: a key of the partner file, the key of a row, or what a row is missing for.
        sentence: What was seen.
        remedy: What a person should do.
    """

    kind: Kind
    file: str
    line: int = 0
    key: str
    sentence: str
    remedy: str


@frozen
class PartnerReport:
    """All findings; ``str()`` gives a table for a person.

    Example:
        >>> print(PartnerReport((
        ...     Finding(
        ...         kind=Kind.UNMAPPED, file="units.toml", key="DZ",
        ...         sentence="the unit of PO-7 has no row", remedy="add a row",
        ...     ),
        ... )))
        unmapped  units.toml  DZ  the unit of PO-7 has no row
                                  -> add a row
    """

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing needs a person."""
        return not self.findings

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __str__(self) -> str:
        if self.ok:
            return "ok"
        cells = [(each.kind.value, _place(each), each.key) for each in self.findings]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = []
        for each, row in zip(self.findings, cells, strict=True):
            start = "".join(f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=True))
            lines += [start + each.sentence, " " * len(start) + f"-> {each.remedy}"]
        return "\n".join(lines)


def _place(finding: Finding) -> str:
    return f"{finding.file} line {finding.line}" if finding.line else finding.file
