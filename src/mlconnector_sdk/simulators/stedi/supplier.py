"""A supplier: he reads what is delivered to him, keeps his orders, and answers as told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from attrs import field, frozen

from mlconnector_sdk.errors import ConfigurationError, NotFound
from mlconnector_sdk.simulators.stedi import envelope, inbound
from mlconnector_sdk.simulators.stedi.account import Account
from mlconnector_sdk.simulators.stedi.answers import (
    BEHAVIOURS,
    Behaviour,
    Promise,
    Reply,
    acknowledgment,
    replies,
)
from mlconnector_sdk.simulators.stedi.guide_in import Row
from mlconnector_sdk.simulators.stedi.guide_out import to_guide
from mlconnector_sdk.simulators.stedi.orderbook import OrderBook
from mlconnector_sdk.simulators.stedi.orders import Objection, SupplierOrder
from mlconnector_sdk.simulators.stedi.partnerships import Partnership
from mlconnector_sdk.simulators.stedi.sets import transaction_set
from mlconnector_sdk.simulators.stedi.translator import Translator, functional_acknowledgment

__all__ = ["Habit", "PlayedSupplier", "Promises", "Received"]

Promises: TypeAlias = str | Promise | Iterable[Promise]
"""What is said about a line: a code for all of it, one promise, or several."""


def _checked_behaviour(habit: Habit, attribute: object, value: str) -> None:
    if value not in BEHAVIOURS:
        raise ConfigurationError(f"a supplier cannot {value!r}", remedy=f"one of {', '.join(BEHAVIOURS)}")


@frozen(kw_only=True)
class Habit:
    """How an order is answered.

    Args:
        behaviour: See `Behaviour`.
        delay: Virtual seconds until the answer is sent.
        times: How many times it is sent, each time in a file and a transaction of its own.
        announced: How many events Stedi emits about each transaction, each with an id of its own.
        interval: Virtual seconds between the documents of an answer that takes several.
        to: The transaction sets that are answered like this.
    """

    behaviour: Behaviour = field(validator=_checked_behaviour)
    delay: float = 0.0
    times: int = 1
    announced: int = 1
    interval: float = 0.0
    to: Collection[str] = ("850",)


@frozen(kw_only=True)
class Received:
    """A transaction that was delivered to a supplier.

    Args:
        control_number: Of the interchange and of the group.
        refused: His translator did not let it through.
    """

    at: datetime
    set_id: str
    filename: str
    control_number: int
    refused: bool


class PlayedSupplier:
    """Silent until told otherwise.

    Attributes:
        translator: Sends the functional acknowledgments.
        received: Every transaction that was delivered, in order.

    Example:
        A supplier who confirms at once, and a day later less than he was asked for::

            acme = network.supplier("us_acme")
            acme.answers("accept")
            acme.also_answers("change", delay=86_400)
            acme.translator.acknowledges(delay=60)

        And one who is told what to say::

            acme.acknowledge("PO-1", lines={"10": "IA", "20": [Promise(code="IQ", quantity=18)]})
    """

    def __init__(self, account: Account, partnership: Partnership) -> None:
        self.translator = Translator()
        self.received: list[Received] = []
        self._account = account
        self._partnership = partnership
        self._book = OrderBook()
        self._habits: list[Habit] = []
        self._exceptions: dict[str, list[Habit]] = {}
        self._usage = "P"

    @property
    def orders(self) -> Mapping[str, SupplierOrder]:
        """What he believes his orders to be, by number, as of now."""
        with self._account.lock:
            return dict(self._book.orders)

    @property
    def objections(self) -> list[Objection]:
        """What he did not accept, in order; what he objects to he does not apply."""
        with self._account.lock:
            return list(self._book.objections)

    def answers(
        self,
        behaviour: Behaviour,
        *,
        delay: float = 0.0,
        times: int = 1,
        announced: int = 1,
        interval: float = 0.0,
        to: Collection[str] = ("850",),
        number: str | None = None,
    ) -> None:
        """Answer orders like this from now on.

        Args:
            behaviour, delay, times, announced, interval, to: See `Habit`.
            number: Only the order with this number.

        Raises:
            ConfigurationError: There is no such behaviour.
        """
        habit = Habit(
            behaviour=behaviour, delay=delay, times=times, announced=announced, interval=interval, to=to
        )
        if number is None:
            self._habits = [habit]
        else:
            self._exceptions[number] = [habit]

    def also_answers(
        self,
        behaviour: Behaviour,
        *,
        delay: float = 0.0,
        times: int = 1,
        announced: int = 1,
        interval: float = 0.0,
        to: Collection[str] = ("850",),
        number: str | None = None,
    ) -> None:
        """Give this answer too, beside those that were told before; arguments as for `answers`."""
        habit = Habit(
            behaviour=behaviour, delay=delay, times=times, announced=announced, interval=interval, to=to
        )
        if number is None:
            self._habits = [*self._habits, habit]
        else:
            self._exceptions[number] = [*self._exceptions.get(number, self._habits), habit]

    def acknowledge(
        self,
        number: str,
        *,
        lines: Mapping[str, Promises] | None = None,
        header: str = "",
        prices: Mapping[str, object] | None = None,
        made_at: datetime | None = None,
        delay: float = 0.0,
        times: int = 1,
        announced: int = 1,
    ) -> None:
        """Send one 855 about an order that he has.

        It is made now, also where it is sent later: one that is made after it may arrive before it.

        Args:
            number: Of the order.
            lines: What he says, by line number; None accepts every line. Lines left out are not answered.
            header: BAK02; empty to have it follow from the lines.
            prices: By line number, where he confirms another price.
            made_at: The date and time of the document and of its group; now by default.
            delay, times, announced: As for `Habit`.

        Raises:
            NotFound: He has no such order.
        """
        with self._account.lock:
            order = self._book.orders.get(number)
            if order is None:
                raise NotFound(f"the supplier of {self._partnership.id} has no order {number!r}")
            told = dict.fromkeys(order.lines, "IA") if lines is None else lines
            reply = Reply(
                header=header,
                lines={line: _promises(said) for line, said in told.items()},
                prices={line: Decimal(str(price)) for line, price in (prices or {}).items()},
            )
            made = made_at or self._account.time.now()
            rows = acknowledgment(order, reply, made_on=made.date())
            for _ in range(times):
                self._later(delay, partial(self._bring, *self._file("855", rows, made), announced))
        self._account.agenda.wake()

    def receive(self, x12: str, filename: str) -> None:
        """Take a file that was delivered."""
        now = self._account.time.now()
        for interchange in envelope.read(x12):
            self._usage = interchange.usage
            for group in interchange.groups:
                receipt = self.translator.judge(group.transactions[0].set_id)
                if not receipt.lost:
                    self._later(
                        receipt.delay, partial(self._send, "997", functional_acknowledgment(group, receipt))
                    )
                for transaction in group.transactions:
                    self.received.append(
                        Received(
                            at=now,
                            set_id=transaction.set_id,
                            filename=filename,
                            control_number=group.control_number,
                            refused=receipt.verdict == "R",
                        )
                    )
                    if receipt.verdict != "R":
                        self._read(transaction, filename)

    def _read(self, transaction: envelope.Transaction, filename: str) -> None:
        spec = transaction_set(transaction.set_id, self._partnership.release)
        guide = to_guide(transaction.rows, spec)
        order = self._book.take(spec.id, guide, at=self._account.time.now(), filename=filename)
        if order is None or order.cancelled:
            return
        for habit in self._exceptions.get(order.number, self._habits):
            if spec.id not in habit.to:
                continue
            for place, reply in enumerate(replies(order, habit.behaviour)):
                for _ in range(habit.times):
                    answer = partial(self._answer, order, reply, habit.announced)
                    self._later(habit.delay + place * habit.interval, answer)

    def _answer(self, order: SupplierOrder, reply: Reply, announced: int) -> None:
        rows = acknowledgment(order, reply, made_on=self._account.time.now().date())
        self._send("855", rows, announced)

    def _send(self, set_id: str, rows: list[Row], announced: int = 1) -> None:
        """Write a file now, and bring it to Stedi."""
        self._bring(*self._file(set_id, rows, self._account.time.now()), announced)

    def _file(self, set_id: str, rows: list[Row], made_at: datetime) -> tuple[bytes, str]:
        partnership = self._partnership
        spec = transaction_set(set_id, partnership.release)
        file = envelope.File(
            sender=partnership.partner.address,
            receiver=partnership.local.address,
            at=made_at,
            control_number=partnership.next_partner_control_number(),
            functional_id=spec.functional_id,
            set_id=spec.id,
            release=spec.release,
            usage=self._usage,
        )
        return envelope.write(file, rows).encode(), f"{set_id}-{file.control_number}.edi"

    def _bring(self, content: bytes, filename: str, announced: int) -> None:
        with self._account.lock:
            execution = inbound.receive(self._account, content, filename)
            for transaction in execution.transactions:
                for _ in range(announced - 1):
                    self._account.announce_again(transaction.id)

    def _later(self, seconds: float, action: partial[None]) -> None:
        if seconds:
            self._account.agenda.at(self._account.time.now() + timedelta(seconds=seconds), action)
        else:
            action()


def _promises(said: Promises) -> tuple[Promise, ...]:
    if isinstance(said, str):
        return (Promise(code=said),)
    return (said,) if isinstance(said, Promise) else tuple(said)
