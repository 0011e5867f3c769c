"""Stedi's webhooks: checked, read in their three shapes, turned into events. Pure.

Stedi does not sign the webhooks of its EDI platform: the endpoint is protected by an API key in a header of
any name, or by HTTP Basic, as configured in the portal's credential set. One body holds one event, either
``{"event": ..., "artifact": ...}`` with the document inside, ``{"event": ...}``, or the bare event.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from mlconnector_sdk.adapters.stedi.models import Transaction
from mlconnector_sdk.codec import decode, encode
from mlconnector_sdk.errors import AnswerTooLarge, ConfigurationError, UnreadableAnswer, WebhookRefused
from mlconnector_sdk.records import Event
from mlconnector_sdk.secret import Secret

__all__ = ["SOURCE", "ProcessedTransaction", "StediWebhook", "is_inbound", "read_event"]

SOURCE = "stedi.transactions"
"""The name of the one source that most programs have."""

_PROCESSED = "transaction.processed.v2"


@frozen(kw_only=True)
class ProcessedTransaction:
    """What one ``transaction.processed.v2`` says.

    Args:
        event_id: Stedi's id of the event; a manual retry has a new one.
        transaction: The transaction; its id is the same on every retry.
        document: The Guide JSON that came along, or None where it has to be fetched.
    """

    event_id: str
    transaction: Transaction
    document: bytes | None = field(repr=False)


@frozen(kw_only=True)
class StediWebhook:
    """Checks and reads what Stedi posts (see `mlconnector_sdk.webhooks` for the mounts).

    Args:
        secret: The whole value of the header.
        header: The header's name.
        previous: Also taken, while a rotated secret is not yet everywhere.
        sources: Which inbound transaction sets interest which source, by the source's name.
        mode: Only transactions of this mode are taken, as by the source; empty: of any.
        max_bytes: The largest body; Stedi's own limit is 1 MB.
        max_depth: The deepest JSON.

    Example:
        >>> hook = StediWebhook(secret=Secret("k-123"), header="x-api-key")
        >>> hook.sources
        {'stedi.transactions': ('855',)}
    """

    secret: Secret
    header: str = "authorization"
    previous: Secret | None = None
    sources: Mapping[str, Collection[str]] = field(factory=lambda: {SOURCE: ("855",)})
    mode: str = "production"
    max_bytes: int = 2 * 1024 * 1024
    max_depth: int = 64

    def __attrs_post_init__(self) -> None:
        if not self.secret or (self.previous is not None and not self.previous):
            raise ConfigurationError(
                "a webhook with an empty secret would take every forgery",
                remedy="give the value that the credential set in the Stedi portal sends",
                path="secret",
            )

    @classmethod
    def basic(
        cls,
        username: str,
        password: Secret,
        *,
        previous: Secret | None = None,
        sources: Mapping[str, Collection[str]] | None = None,
        mode: str = "production",
    ) -> StediWebhook:
        """A webhook whose credential set is of type Basic.

        Args:
            username: The same for both passwords.
            password: Of the credential set.
            previous: Also taken, while a rotated password is not yet everywhere.
            sources: As of the class.
            mode: As of the class.

        Raises:
            ConfigurationError: A password is empty.
        """

        def header(one: Secret) -> Secret:
            if not one:
                raise ConfigurationError("a webhook with an empty password would take every forgery")
            return Secret("Basic " + b64encode(f"{username}:{one.reveal()}".encode()).decode())

        return cls(
            secret=header(password),
            previous=None if previous is None else header(previous),
            sources=sources or {SOURCE: ("855",)},
            mode=mode,
        )

    def parse(self, headers: Mapping[str, str], body: bytes, *, received_at: datetime) -> tuple[Event, ...]:
        """The events in a request: one for each source that it interests, often none.

        Args:
            headers: Names in lower case.
            body: As it arrived.
            received_at: When it was taken.

        Raises:
            WebhookRefused: The header is missing or wrong (401), the body is too large or nests too deep
                (413), or is no event of Stedi's (400).
        """
        self._authenticate(headers.get(self.header.lower(), ""))
        if len(body) > self.max_bytes:
            raise WebhookRefused(f"the body has more than {self.max_bytes} bytes", status=413)
        try:
            found = read_event(body, max_depth=self.max_depth)
        except AnswerTooLarge as error:
            raise WebhookRefused(error.message, status=413) from None
        except UnreadableAnswer as error:
            raise WebhookRefused(f"the body is no event of Stedi's: {error}", status=400) from None
        if found is None or not is_inbound(found.transaction, mode=self.mode):
            return ()
        return tuple(
            Event(source=source, event_id=found.event_id, body=body, received_at=received_at)
            for source, kinds in self.sources.items()
            if found.transaction.transaction_set in kinds
        )

    def _authenticate(self, given: str) -> None:
        presented = given.encode("utf-8", "surrogateescape")
        accepted = [secret.reveal().encode() for secret in (self.secret, self.previous) if secret is not None]
        # Every comparison is made, so that the time taken says nothing about which one failed.
        matches = [hmac.compare_digest(presented, each) for each in accepted]
        if not any(matches):
            raise WebhookRefused(
                f"the header {self.header!r} is {'wrong' if given else 'missing'}",
                status=401,
                remedy="compare the credential set in the Stedi portal with the secret configured here",
            )


def is_inbound(transaction: Transaction, *, mode: str) -> bool:
    """Whether a partner sent it, in this mode (empty: in any).

    Stedi tells of transactions that we sent ourselves in the same way.
    """
    inbound = (transaction.direction or "").upper() == "INBOUND"
    return inbound and (not mode or transaction.mode == mode)


def read_event(body: bytes, *, max_depth: int = 64) -> ProcessedTransaction | None:
    """Read a webhook's body; None when it speaks of something else than a processed transaction.

    Raises:
        UnreadableAnswer: It is no event of Stedi's; ``path`` says where.
        AnswerTooLarge: It nests too deep.
    """
    content = decode(body, dict[str, Any], max_depth=max_depth, strict=True)
    event = content.get("event", content)
    if not isinstance(event, dict) or not isinstance(event.get("detail-type"), str):
        raise UnreadableAnswer("there is no event in it", path="event.detail-type")
    if event["detail-type"] != _PROCESSED:
        return None
    event_id = event.get("id")
    if not isinstance(event_id, str) or not event_id:
        raise UnreadableAnswer("the event has no id", path="event.id")
    try:
        transaction = decode(encode(event.get("detail")), Transaction, max_depth=max_depth)
    except UnreadableAnswer as error:
        raise UnreadableAnswer(error.message, path=f"event.detail.{error.path}".rstrip(".")) from None
    return ProcessedTransaction(
        event_id=event_id, transaction=transaction, document=_attached(content.get("artifact"))
    )


def _attached(artifact: object) -> bytes | None:
    """The document that came along; older webhook destinations attach it up to 1 MB."""
    if not isinstance(artifact, dict) or artifact.get("usage", "output") != "output":
        return None
    document = artifact.get("detail")
    return encode(document) if isinstance(document, dict) else None
