"""Claims, the audit log beside the store, and the end."""

from __future__ import annotations

from mlconnector_sdk.ports import AuditLog, Store
from mlconnector_sdk.records import AuditEvent
from mlconnector_sdk.testing.contract import at_once
from mlconnector_sdk.testing.store_contract.samples import LATER, MINUTE, NOW, OfStore

__all__ = ["ClaimContract"]


class ClaimContract(OfStore):
    """`claim`, `release`, `audit` and `close`."""

    def test_a_name_has_one_owner(self, store: Store) -> None:
        """Others are refused; other names are free."""
        assert self.answer(store.claim("orders", "a", now=NOW, until=LATER))
        assert not self.answer(store.claim("orders", "b", now=NOW, until=LATER))
        assert self.answer(store.claim("scans", "b", now=NOW, until=LATER))

    def test_the_owner_extends_its_claim(self, store: Store) -> None:
        """As often as it likes."""
        self.answer(store.claim("orders", "a", now=NOW, until=LATER))
        assert self.answer(store.claim("orders", "a", now=NOW + MINUTE, until=LATER + MINUTE))
        assert not self.answer(store.claim("orders", "b", now=LATER, until=LATER + MINUTE))

    def test_a_claim_ends(self, store: Store) -> None:
        """At its last instant it is free for anybody."""
        self.answer(store.claim("orders", "a", now=NOW, until=LATER))
        assert self.answer(store.claim("orders", "b", now=LATER, until=LATER + MINUTE))
        assert not self.answer(store.claim("orders", "a", now=LATER, until=LATER + MINUTE))

    def test_a_claim_is_given_back_by_its_owner_alone(self, store: Store) -> None:
        """Releasing somebody else's, or none, does nothing."""
        self.answer(store.release("orders", "a"))
        self.answer(store.claim("orders", "a", now=NOW, until=LATER))
        self.answer(store.release("orders", "b"))
        assert not self.answer(store.claim("orders", "b", now=NOW, until=LATER))
        self.answer(store.release("orders", "a"))
        assert self.answer(store.claim("orders", "b", now=NOW, until=LATER))

    def test_of_many_at_once_one_gets_the_name(self, store: Store) -> None:
        """One run per flow at a time."""
        won = at_once(8, lambda n: self.answer(store.claim("orders", str(n), now=NOW, until=LATER)))
        assert sum(won) == 1

    def test_an_audit_log_is_kept_beside_the_documents(self, store: Store) -> None:
        """The same one each time; `AuditLogContract` says what it promises."""
        assert isinstance(store.audit, AuditLog)
        line = AuditEvent(id="1", at=NOW, flow="orders", kind="sent", text="850 PO-1 sent", number="PO-1")
        self.answer(store.audit.write([line]))
        assert list(self.answer(store.audit.read(number="PO-1"))) == [line]

    def test_a_store_is_closed(self, store: Store) -> None:
        """Closing it once more, as a fixture does, is no error."""
        self.answer(store.close())
        self.answer(store.close())
