"""The whole story of one document."""

from __future__ import annotations

from attrs import frozen

from mlconnector_sdk.records import AuditEvent, Entry

__all__ = ["Trail"]


@frozen(kw_only=True)
class Trail:
    """Everything known under a business number, in the order in which it happened.

    Args:
        number: What was asked for.
        entries: The outbox entries, by flow and sequence, as they are now.
        events: The audit lines, oldest first.
    """

    number: str
    entries: tuple[Entry, ...]
    events: tuple[AuditEvent, ...]

    def __bool__(self) -> bool:
        return bool(self.entries or self.events)

    def __str__(self) -> str:
        if not self:
            return f"{self.number}: nothing is known under this number"
        lines = [f"{self.number}"]
        for entry in self.entries:
            partner = f", partner {entry.partner}" if entry.partner else ""
            lines.append(f"  {entry.flow} #{entry.sequence}: {entry.kind}{partner} is {entry.state.value}")
            lines.append(f"      id: {entry.id}")
            lines += [f"      {name}: {value}" for name, value in sorted(entry.references.items())]
            if entry.reason:
                lines.append(f"      reason: {entry.reason}")
            if entry.remedy:
                lines.append(f"      remedy: {entry.remedy}")
        lines.append("  what happened:")
        for event in self.events:
            when = event.at.strftime("%Y-%m-%d %H:%M:%S")
            lines.append(f"    {when}Z  {event.flow:<16} {event.kind:<15} {event.text}")
        return "\n".join(lines)
