"""History, accepted and find: what people and loops look up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from attrs import evolve

from mlconnector_sdk.errors import StoreError
from mlconnector_sdk.ports import Store
from mlconnector_sdk.records import Entry, State
from mlconnector_sdk.testing.store_contract.samples import LATER, MINUTE, NOW, OfStore, change, order, scan

__all__ = ["FindContract"]


class FindContract(OfStore):
    """`history`, `accepted` and `find`."""

    def filled(self, store: Store) -> list[Entry]:
        """Six entries of two flows, in four states."""
        entries = self.add(
            store,
            order("PO-1", "A"),
            scan("e1", "PO-1"),
            order("PO-2", "A"),
            order("PO-1", "B"),
            scan("e2", "1Z"),
            order("PO-3", "A"),
        )
        states = [State.ACCEPTED, State.DEAD, State.DEAD, State.PENDING, State.HELD, State.ACCEPTED]
        self.save(store, *(change(entry, state=state) for entry, state in zip(entries, states, strict=True)))
        return [self.stored(store, entry) for entry in entries]

    def test_history_is_one_line_by_sequence(self, store: Store) -> None:
        """Whatever state its entries are in; an unknown key has none."""
        entries = self.filled(store)
        assert self.answer(store.history("orders|PO-1")) == [entries[0], entries[3]]
        assert self.answer(store.history("orders|PO")) == []

    def test_history_without_content(self, store: Store) -> None:
        """Everything but what the documents say."""
        [entry] = self.add(store, order("PO-1", "A"))
        self.save(store, change(entry, payload=b"ISA*00*", document=b"{}", references={"a": "b"}))
        stored = self.stored(store, entry)
        bare = evolve(stored, record=b"", payload=None, document=None)
        assert list(self.answer(store.history("orders|PO-1", content=False))) == [bare]
        assert list(self.answer(store.history("orders|PO-1", content=True))) == [stored]

    @pytest.mark.parametrize("state", list(State))
    def test_what_the_partner_has(self, store: Store, state: State) -> None:
        """What the vendor has taken, or, where it has taken nothing, what is known from before go-live."""
        [entry] = self.add(store, order("PO-1", "A"))
        self.save(store, change(entry, state=state, payload=b"ISA*00*", document=b"{}"))
        has = entry if state.taken or state is State.KNOWN else None
        assert self.answer(store.accepted("orders|PO-1")) == (has and self.stored(store, has))

    def test_what_the_partner_has_is_the_newest(self, store: Store) -> None:
        """Of what was taken; what is known counts only before that, and other lines never do."""
        line = self.add(store, *(order("PO-1", fingerprint) for fingerprint in "ABCDEF"), order("PO-2", "A"))

        def is_(*states: State) -> int | None:
            for entry, state in zip(line, states, strict=False):
                self.save(store, change(self.stored(store, entry), state=state))
            has = self.answer(store.accepted("orders|PO-1"))
            return None if has is None else has.sequence

        known, taken, dead = State.KNOWN, State.ACCEPTED, State.DEAD
        assert self.answer(store.accepted("orders|PO")) is None
        assert is_(dead, dead, dead, dead, dead, dead, taken) is None
        assert is_(known, dead, known, dead) == 3
        assert is_(known, taken, known, dead) == 2
        assert is_(known, taken, known, State.DELIVERED, State.REJECTED) == 4
        assert is_(known, State.ACKNOWLEDGED, known, State.REJECTED, State.HELD, State.SUPERSEDED) == 2

    def test_find_by_partner(self, store: Store) -> None:
        """As the source names it."""
        entries = self.add(
            store, order("PO-1", "A"), order("PO-2", "A", partner="Bolt"), order("PO-3", "A", partner="")
        )
        assert self.answer(store.find(partner="Bolt")) == entries[1:2]
        assert self.answer(store.find(partner="ACM")) == []
        assert self.answer(store.find(partner="")) == entries

    def test_find_by_reference(self, store: Store) -> None:
        """By name and value together, whichever of its references it is."""
        first, second, _ = self.add(store, *(order(f"PO-{n}", "A") for n in range(3)))

        def found(name: str, value: str) -> list[str]:
            return [entry.number for entry in self.answer(store.find(reference=(name, value)))]

        self.save(
            store,
            change(first, references={"execution": "x-1", "file": "x-2"}),
            change(second, references={"execution": "x-2", "file": "x-2"}),
        )
        assert found("execution", "x-1") == ["PO-0"]
        assert found("file", "x-2") == ["PO-0", "PO-1"]
        assert found("file", "x-1") == found("x-1", "execution") == found("execution", "x") == []
        assert self.answer(store.find(reference=("file", "x-2"), number="PO-1", flow="orders", limit=1)) == [
            self.stored(store, second)
        ]

    def test_find_by_a_reference_that_changed(self, store: Store) -> None:
        """What an entry is called now counts."""
        [entry] = self.add(store, order("PO-1", "A"))

        def found(value: str) -> int:
            return len(self.answer(store.find(reference=("control", value))))

        called: list[dict[str, str]] = [
            {"control": "1"},
            {"control": "2"},
            {"other": "2"},
            {},
            {'x"control': "1"},
            {"other": '"control":"1"', "control": "1,"},
            {"control": "1"},
        ]
        for references in called:
            self.save(store, change(self.stored(store, entry), references=references))
            assert [found("1"), found("2")] == [int(references.get("control") == value) for value in "12"]

    def test_find_by_an_odd_reference(self, store: Store) -> None:
        """What a vendor calls things is up to the vendor."""
        texts = [
            '"',
            "\\",
            '\\"',
            '","',
            '":"',
            '{"a":"b"}',
            "a",
            "",
            "%",
            "_",
            "\n",
            "\x7f",
            "株式会社",
            "🏭",
        ]
        entries = self.add(store, *(order(f"PO-{n}", "A") for n in range(len(texts))))
        rotated = dict(zip(texts, texts[1:] + texts[:1], strict=True))
        for entry, text in zip(entries, texts, strict=True):
            self.save(store, change(entry, references={text: rotated[text], "x" + text: "1"}))
        for entry, text in zip(entries, texts, strict=True):
            for name, value in ((text, rotated[text]), ("x" + text, "1")):
                [found] = self.answer(store.find(reference=(name, value)))
                assert found.number == entry.number
            assert self.answer(store.find(reference=(text, text))) == []

    def test_find_what_should_have_been_confirmed(self, store: Store) -> None:
        """Earlier than the instant; where nothing is expected, nothing is late."""
        entries = self.add(store, *(order(f"PO-{n}", "A") for n in range(4)))
        for entry, expected_by in zip(entries, [LATER, NOW, None, NOW + MINUTE], strict=True):
            self.save(store, change(entry, state=State.ACCEPTED, expected_by=expected_by))

        def found(before: datetime, **criteria: Any) -> list[str]:
            late = self.answer(store.find(expected_before=before, **criteria))
            return [entry.number for entry in late]

        assert found(NOW) == []
        assert found(NOW + MINUTE / 1_000_000) == ["PO-1"]
        assert found(LATER + MINUTE) == ["PO-0", "PO-1", "PO-3"]
        assert found(LATER + MINUTE, limit=2) == ["PO-0", "PO-1"]
        assert found(LATER + MINUTE, states=[State.ACCEPTED], flow="orders") == ["PO-0", "PO-1", "PO-3"]
        assert found(LATER + MINUTE, states=[State.DELIVERED]) == []
        with pytest.raises(StoreError):
            found(NOW.replace(tzinfo=None))

    def test_find_page_by_page(self, store: Store) -> None:
        """Behind the last position of the page before, with whatever else is asked for."""
        entries = self.filled(store)
        page = list(self.answer(store.find(limit=4)))
        assert page == entries[:4]
        page = list(self.answer(store.find(after=page[-1].position, limit=4)))
        assert page == entries[4:]
        assert self.answer(store.find(after=page[-1].position, limit=4)) == []
        dead = [entry for entry in entries if entry.state is State.DEAD]
        assert self.answer(store.find(states=[State.DEAD], after=dead[0].position)) == dead[1:]

    def test_find_by_each_criterion(self, store: Store) -> None:
        """Oldest position first."""
        entries = self.filled(store)

        def found(**criteria: Any) -> list[int]:
            return [entries.index(entry) for entry in self.answer(store.find(**criteria))]

        assert found() == [0, 1, 2, 3, 4, 5]
        assert found(flow="orders") == [0, 2, 3, 5]
        assert found(number="PO-1") == [0, 1, 3]
        assert found(entry_id=entries[4].id) == [4]
        assert found(states=[State.DEAD]) == [1, 2]
        assert found(states=[State.PENDING, State.ACCEPTED, State.PENDING]) == [0, 3, 5]
        assert found(states=tuple(State)) == [0, 1, 2, 3, 4, 5]
        assert found(states=[State.REJECTED]) == found(number="PO") == found(entry_id="x") == []

    def test_find_by_everything_given(self, store: Store) -> None:
        """Criteria narrow each other."""
        entries = self.filled(store)

        def found(**criteria: Any) -> list[int]:
            return [entries.index(entry) for entry in self.answer(store.find(**criteria))]

        assert found(flow="orders", number="PO-1") == [0, 3]
        assert found(flow="orders", states=[State.DEAD]) == [2]
        assert found(number="PO-1", states=[State.DEAD, State.ACCEPTED]) == [0, 1]
        assert found(flow="scans", number="PO-1", entry_id=entries[1].id, states=[State.DEAD]) == [1]
        assert found(flow="orders", entry_id=entries[1].id) == []

    def test_find_gives_no_more_than_asked_for(self, store: Store) -> None:
        """The oldest ones, also over several states; 100 unless told."""
        entries = self.filled(store)
        assert self.answer(store.find(limit=2)) == entries[:2]
        assert self.answer(store.find(states=[State.ACCEPTED, State.DEAD], limit=3)) == entries[:3]
        assert self.answer(store.find(limit=0)) == []
        self.add(store, *(order(f"PO-1{n}", "A") for n in range(100)))
        assert len(self.answer(store.find())) == 100
        assert len(self.answer(store.find(limit=1_000))) == 106
