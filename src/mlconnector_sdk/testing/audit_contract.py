"""What an `AuditLog` promises, as tests that any backend can inherit.

Example::

    from mlconnector_sdk.testing import AuditLogContract

    class TestMyAuditLog(AuditLogContract):
        @pytest.fixture
        def log(self):
            return MyAuditLog(...)
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlconnector_sdk.ports import AuditLog
from mlconnector_sdk.records import AuditEvent
from mlconnector_sdk.testing.contract import Contract, at_once

__all__ = ["AuditLogContract"]

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
# NUL is left out of text, because some databases cannot keep it there.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)


def _line(id: str, minute: int = 0, **changes: Any) -> AuditEvent:  # noqa: A002 - the field's own name
    """A line about purchase order PO-1."""
    about = AuditEvent(
        id=id,
        at=NOW + timedelta(minutes=minute),
        flow="orders",
        kind="sent",
        text=f"line {id}",
        entry_id="entry-1",
        number="PO-1",
        partner="ACME",
        data={"execution": "x-1"},
    )
    return evolve(about, **changes)


class AuditLogContract(Contract):
    """Every sentence of `ports.AuditLog`."""

    @pytest.fixture
    def log(self) -> Any:
        """A new, empty audit log; closed afterwards where that is needed."""
        raise NotImplementedError(f"{type(self).__name__} has to override the fixture `log`")

    def write(self, log: AuditLog, *lines: AuditEvent) -> None:
        """Hand lines over."""
        self.answer(log.write(lines))

    def read(self, log: AuditLog, **about: str) -> list[AuditEvent]:
        """Read lines back."""
        return list(self.answer(log.read(**about)))

    def test_it_is_an_audit_log(self, log: AuditLog) -> None:
        """It has the port's methods."""
        assert isinstance(log, AuditLog)

    def test_a_line_is_kept_as_it_was_written(self, log: AuditLog) -> None:
        """At once, and as often as it is read."""
        self.write(log, _line("1"))
        assert self.read(log, number="PO-1") == self.read(log, number="PO-1") == [_line("1")]

    def test_nothing_is_no_line(self, log: AuditLog) -> None:
        """Writing none is allowed, and an empty log has none."""
        self.write(log)
        assert self.read(log) == self.read(log, number="PO-1") == []

    def test_the_same_id_is_kept_once(self, log: AuditLog) -> None:
        """A repeat after a crash changes nothing, in the same call or in a later one."""
        self.write(log, _line("1"), _line("1", text="again"), _line("2", 1))
        self.write(log, _line("2", 9, text="again", number="PO-2"), _line("3", 2))
        assert self.read(log, number="PO-1") == [_line("1"), _line("2", 1), _line("3", 2)]
        assert self.read(log, number="PO-2") == []

    def test_the_oldest_comes_first(self, log: AuditLog) -> None:
        """By when it happened; of the same instant, by when it was written."""
        self.write(log, _line("c", 3), _line("b", 1))
        self.write(log, _line("z", 2), _line("a", 2))
        assert [each.id for each in self.read(log, number="PO-1")] == ["b", "z", "a", "c"]

    def test_reading_about_a_number(self, log: AuditLog) -> None:
        """All its lines, of whatever entry and flow, and no others."""
        self.write(
            log,
            _line("1"),
            _line("2", 1, entry_id="entry-2", flow="acknowledgments"),
            _line("3", 2, entry_id=""),
            _line("4", 3, number="PO-10"),
            _line("5", 4, number=""),
        )
        assert [each.id for each in self.read(log, number="PO-1")] == ["1", "2", "3"]
        assert self.read(log, number="PO") == []

    def test_reading_about_an_entry(self, log: AuditLog) -> None:
        """All its lines and no others."""
        self.write(log, _line("1"), _line("2", 1, entry_id="entry-2"), _line("3", 2, number="PO-2"))
        assert [each.id for each in self.read(log, entry_id="entry-1")] == ["1", "3"]

    def test_reading_about_an_entry_and_a_number(self, log: AuditLog) -> None:
        """Lines about both."""
        self.write(log, _line("1"), _line("2", 1, entry_id="entry-2"), _line("3", 2, number="PO-2"))
        assert [each.id for each in self.read(log, entry_id="entry-1", number="PO-1")] == ["1"]

    def test_reading_about_no_document(self, log: AuditLog) -> None:
        """What tells about whole flows: pauses, polls, baselines."""
        polled = _line("2", number="", entry_id="", kind="polled")
        self.write(log, _line("1"), polled, _line("3", number=""), _line("4", entry_id=""))
        assert self.read(log) == [polled]

    def test_a_thousand_lines(self, log: AuditLog) -> None:
        """None is lost, however they are handed over, and reading does not cut them short."""
        lines = [_line(f"{n:04}", n) for n in range(1_000)]
        self.write(log, *lines[:900])
        for each in lines[880:]:
            self.write(log, each)
        assert self.read(log, number="PO-1") == lines

    def test_writers_at_once_lose_nothing(self, log: AuditLog) -> None:
        """Eight of them, with half of their lines in common."""

        def write(n: int) -> None:
            for m in range(10):
                self.write(log, _line(f"common {m}", m), _line(f"{n} {m}", m))

        at_once(8, write)
        ids = [each.id for each in self.read(log, number="PO-1")]
        assert len(ids) == len(set(ids)) == 90

    def test_lines_survive_exactly(self, log: AuditLog) -> None:
        """Any text, and any instant to the microsecond."""
        numbers = itertools.count(1)

        @settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
        @given(
            at=st.datetimes(timezones=st.just(UTC)),
            texts=st.fixed_dictionaries(dict.fromkeys(["flow", "kind", "text", "partner"], TEXT)),
            data=st.dictionaries(TEXT, TEXT, max_size=3),
        )
        def survives(at: datetime, texts: dict[str, Any], data: dict[str, str]) -> None:
            count = next(numbers)
            written = _line(str(count), at=at, data=data, number=f"PO-{count}", **texts)
            self.write(log, written)
            assert self.read(log, number=f"PO-{count}") == [written]

        survives()
