"""`StediSimulator`: what a test sees of the simulated Stedi."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from starlette.types import ASGIApp

from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.simulators.clock import VirtualTime
from mlconnector_sdk.simulators.server import LocalServer
from mlconnector_sdk.simulators.simulator import Simulator
from mlconnector_sdk.simulators.stedi import delivery, inbound, notices
from mlconnector_sdk.simulators.stedi.account import Account
from mlconnector_sdk.simulators.stedi.answers import Promise
from mlconnector_sdk.simulators.stedi.app import VERSION, endpoints
from mlconnector_sdk.simulators.stedi.notices import Shape
from mlconnector_sdk.simulators.stedi.partnerships import Partnership, Profile
from mlconnector_sdk.simulators.stedi.records import Execution, Sent, Transaction
from mlconnector_sdk.simulators.stedi.rules import StediRules
from mlconnector_sdk.simulators.stedi.storage import Storage
from mlconnector_sdk.simulators.stedi.supplier import PlayedSupplier
from mlconnector_sdk.simulators.stedi.transport import Transport
from mlconnector_sdk.simulators.webhooks import Attempt, Notice, Subscription

__all__ = ["StediSimulator"]

_USUAL = ("850", "855", "860", "810", "997")


class StediSimulator(Simulator):
    """A Stedi account with its suppliers.

    Args:
        rules: How it behaves; may be changed while it runs.
        time, port, admin: See `Simulator`.

    Attributes:
        api_key: A key that is valid from the start.

    Example:
        >>> with StediSimulator() as stedi:
        ...     acme = stedi.add_partnership("me_acme", sender="me", receiver="acme")
        ...     stedi.supplier("me_acme").answers("accept")
        ...     acme.settings["850"]
        'me_acme-850'
    """

    def __init__(
        self,
        *,
        rules: StediRules | None = None,
        time: VirtualTime | None = None,
        port: int = 0,
        admin: bool = False,
    ) -> None:
        super().__init__(time=time, port=port, admin=admin)
        self.api_key = "stedi-key"
        self.rules = StediRules() if rules is None else rules
        self._account = Account(
            time=self.time, agenda=self.agenda, rules=self.rules, base=lambda: self.url, lock=self.lock
        )
        self._account.keys.add(self.api_key)
        self._suppliers: dict[str, PlayedSupplier] = {}
        self._storage = Storage(self.time, lambda: self._storage_server.origin)
        self._storage_server = LocalServer(self._storage)

    def start(self) -> None:
        """Listen, and return when requests are answered."""
        if self._server is None:
            super().start()
            self._storage_server.start()

    def stop(self) -> None:
        """Cut every connection and end every thread; a second call does nothing."""
        super().stop()
        self._storage_server.stop()

    @property
    def url(self) -> str:
        """The base URL of the API."""
        return self.origin + VERSION

    @property
    def connection(self) -> Mapping[str, str]:
        """URLs and credentials: what a client has to be told."""
        return {"url": self.url, "api_key": self.api_key}

    @property
    def sent(self) -> list[Sent]:
        """Every document that Stedi took to deliver it, in order; `supplier` knows what arrived."""
        return self._account.sent

    @property
    def transactions(self) -> list[Transaction]:
        """Every transaction, in and out, in order."""
        with self.lock:
            return list(self._account.transactions.values())

    @property
    def executions(self) -> list[Execution]:
        """Every file, in and out, in order."""
        with self.lock:
            return list(self._account.executions.values())

    @property
    def attempts(self) -> list[Attempt]:
        """Every attempt to deliver a webhook, in order."""
        return self._account.webhooks.attempts

    @property
    def undelivered(self) -> list[Notice]:
        """Events that no attempt delivered: the error queue."""
        return self._account.webhooks.undelivered

    @property
    def leaked_authorizations(self) -> int:
        """How often a client sent credentials to the document storage, which is not Stedi's API."""
        return self._storage.leaked_authorizations

    def add_key(self, key: str) -> None:
        """Make a further API key valid, as in a rotation."""
        with self.lock:
            self._account.keys.add(key)

    def revoke_key(self, key: str) -> None:
        """Make a key invalid at once."""
        with self.lock:
            self._account.keys.discard(key)

    def add_partnership(
        self,
        id: str,  # noqa: A002 - the vendor's own name
        *,
        sender: Profile | str,
        receiver: Profile | str,
        settings: Mapping[str, str] | None = None,
        release: str = "004010",
    ) -> Partnership:
        """Let a buyer and a supplier trade.

        Args:
            id: As it stands in URLs.
            sender: The buyer; a name is enough.
            receiver: The supplier; a name is enough.
            settings: Transaction set to setting id; by default ``{id}-850`` and the like for 850, 860 and
                810, which go out, and for 855 and 997, which come in. 856 and 865 can also come in.
            release: ``004010`` or ``005010``.

        Raises:
            ConfigurationError: The id is taken or not valid, or there are no tables for a set or release.
        """
        chosen = settings or {name: f"{id.replace('.', '-')}-{name}" for name in _USUAL}
        partnership = Partnership(
            id=id,
            local=Profile.of(sender),
            partner=Profile.of(receiver),
            settings=dict(chosen),
            release=release,
        )
        with self.lock:
            if id in self._account.partnerships:
                raise ConfigurationError(f"there is a partnership {id!r} already")
            self._account.partnerships[id] = partnership
            supplier = PlayedSupplier(self._account, partnership)
            partnership.recipient = self._suppliers[id] = supplier
        return partnership

    def partnership(self, id: str) -> Partnership:  # noqa: A002 - the vendor's own name
        """A partnership by id.

        Raises:
            NotFound: There is none.
        """
        with self.lock:
            return self._account.partnership(id)

    def supplier(self, partnership: str) -> PlayedSupplier:
        """The supplier of a partnership: tell him how to answer, and see what he believes.

        Raises:
            NotFound: There is no such partnership.
        """
        return self._suppliers[self.partnership(partnership).id]

    def transport(self, partnership: str) -> Transport:
        """How files get to a supplier: tell it how long it takes, and what fails.

        Raises:
            NotFound: There is no such partnership.
        """
        return self.partnership(partnership).transport

    def retry(self, execution_id: str) -> Execution:
        """Have a failed file processed again, as a person does in the portal.

        Returns:
            The new execution, whose parent is ``RETRIED``.

        Raises:
            NotFound: There is no such execution.
            RequestRefused: It did not fail, or was retried before.
        """
        with self.lock:
            child = delivery.retry(self._account, self._account.execution(execution_id))
        self.agenda.wake()
        return child

    def announce_again(self, about: str) -> str:
        """Emit the event about a transaction once more, under a new event id.

        Args:
            about: The id of the transaction, or of an event.

        Returns:
            The new event's id.

        Raises:
            NotFound: Nothing was announced about it.
        """
        with self.lock:
            event_id = self._account.announce_again(about)
        self.agenda.wake()
        return event_id

    def drop(self, x12: str | bytes, *, filename: str = "dropped.edi") -> Execution:
        """Have a supplier deliver any file; the execution says what became of it."""
        content = x12.encode() if isinstance(x12, str) else x12
        with self.lock:
            execution = inbound.receive(self._account, content, filename)
        self.agenda.wake()
        return execution

    def inject(
        self, partnership: str, guide: Mapping[str, Any], *, set_id: str = "855", number: str = ""
    ) -> Transaction:
        """Store and announce an inbound transaction whose Guide JSON is taken as it is, unchecked.

        Args:
            guide: Also one that no table here would accept: real guides differ.
            number: The business number for listings.
        """
        with self.lock:
            sides = self._account.partnership(partnership)
            transaction = inbound.inject(self._account, sides, guide, set_id=set_id, number=number)
        self.agenda.wake()
        return transaction

    def webhook(
        self,
        url: str,
        *,
        header: tuple[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        shape: Shape = "event+artifact",
        kinds: Collection[str] = ("transaction.processed.v2",),
        retries: Sequence[float] = notices.SEED_RETRIES,
        limit: float = 5.0,
        size_limit: int = notices.LIMIT,
    ) -> Subscription:
        """Send events from now on to a receiver.

        Args:
            url: Where to.
            header: Name and value of the header that authenticates Stedi, e.g. ``("X-Api-Key", "...")``.
            basic: User and password instead; with neither, Stedi sends ``x-stedi-noauth: dummy``.
            shape: ``event+artifact``, ``event`` or ``bare``.
            kinds: Event types; others: ``file.processed.v2``, ``file.delivered.v2``, ``file.failed.v2``.
            retries: Virtual seconds between attempts.
            limit: Real seconds within which the receiver has to answer.
            size_limit: Bytes of a body, above which the artifact travels without its content.

        Returns:
            The subscription: call ``twice``, ``lose``, ``late`` or ``reverse`` on it.
        """
        subscription = Subscription(
            url=url,
            headers=notices.authentication(header, basic),
            kinds=frozenset(kinds),
            pack=notices.packer(shape, size_limit),
            retries=tuple(retries),
            limit=limit,
        )
        self._account.webhooks.subscribe(subscription)
        return subscription

    def deliver_webhooks(self) -> list[int | None]:
        """Deliver what is due.

        Returns:
            The status of every attempt since the last call (None: no answer), whoever made it.
        """
        return self._account.webhooks.deliver()

    def app(self) -> ASGIApp:
        """The vendor's endpoints."""
        return endpoints(self._account, self._storage)

    def _acknowledge(
        self, partnership: str, lines: Mapping[str, Sequence[Mapping[str, Any]]], **told: Any
    ) -> None:
        """`PlayedSupplier.acknowledge` with promises as JSON objects."""
        said = {line: [Promise(**promise) for promise in promises] for line, promises in lines.items()}
        self.supplier(partnership).acknowledge(lines=said, **told)

    def commands(self) -> Mapping[str, Callable[..., Any]]:
        """What ``POST /_sim/{command}`` may call."""
        return {
            **super().commands(),
            "add_partnership": lambda **arguments: self.add_partnership(**arguments).settings,
            "answers": lambda partnership, **habit: self.supplier(partnership).answers(**habit),
            "webhook": lambda **arguments: self.webhook(**arguments).url,
            "deliver_webhooks": self.deliver_webhooks,
            "drop": lambda **arguments: self.drop(**arguments).summary(self.url),
            "sent": lambda: self.sent,
            "attempts": lambda: self.attempts,
            "orders": lambda partnership: self.supplier(partnership).orders,
            "objections": lambda partnership: self.supplier(partnership).objections,
            "acknowledge": self._acknowledge,
            "acknowledges": lambda partnership, **how: self.supplier(partnership).translator.acknowledges(
                **how
            ),
            "rejects": lambda partnership, sets=(), **how: self.supplier(partnership).translator.rejects(
                *sets, **how
            ),
            "fails": lambda partnership, **how: self.transport(partnership).fails(**how),
            "retry": lambda execution_id: self.retry(execution_id).summary(self.url),
        }
