"""What `check_access()` answers: who may do what, and what to ask the administrator for."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from attrs import frozen

__all__ = ["AccessReport", "Finding", "Status"]


class Status(Enum):
    """The result of one check."""

    OK = "ok"
    """Works."""
    DENIED = "denied"
    """The vendor says no."""
    EMPTY = "empty"
    """The vendor answers with nothing where something is expected: often a missing role."""
    MISSING = "missing"
    """What the settings name does not exist at the vendor."""
    UNVERIFIABLE = "unverifiable"
    """It could not be checked, e.g. during an outage or because the vendor offers no way."""


@frozen(kw_only=True)
class Finding:
    """One line of an access report.

    Args:
        subject: What was checked, e.g. ``purchase orders: read``.
        status: The result.
        sentence: What was seen.
        remedy: What a person should do; empty where nothing is wrong.
    """

    subject: str
    status: Status
    sentence: str
    remedy: str = ""


@frozen
class AccessReport:
    """All findings about one set of credentials; ``str()`` gives a table for a person.

    Example:
        >>> report = AccessReport((Finding(subject="key", status=Status.OK, sentence="was taken"),))
        >>> report.ok
        True
        >>> print(report)
        ok  key  was taken
    """

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing needs a person: every finding is ``OK``."""
        return all(finding.status is Status.OK for finding in self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __str__(self) -> str:
        states = max((len(finding.status.value) for finding in self.findings), default=0)
        subjects = max((len(finding.subject) for finding in self.findings), default=0)
        lines = []
        for finding in self.findings:
            line = f"{finding.status.value:<{states}}  {finding.subject:<{subjects}}  {finding.sentence}"
            lines.append(line.rstrip())
            if finding.remedy:
                lines.append(f"{'':<{states}}  {'':<{subjects}}  -> {finding.remedy}")
        return "\n".join(lines)
