"""Stedi's webhooks: checked, and told to the sources that they interest. Pure.

Stedi does not sign the webhooks of its EDI platform: the endpoint is protected by an API key in a header of
any name, or by HTTP Basic, as configured in the portal's credential set.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType

from attrs import frozen

from mlconnector_sdk.adapters.stedi.events import (
    FAILED,
    ProcessedFile,
    ProcessedTransaction,
    has_mode,
    read_event,
)
from mlconnector_sdk.errors import AnswerTooLarge, ConfigurationError, UnreadableAnswer, WebhookRefused
from mlconnector_sdk.records import Event
from mlconnector_sdk.secret import Secret

__all__ = [
    "ALL_SOURCES",
    "FAILED_FILES",
    "FILES",
    "FUNCTIONAL_ACKNOWLEDGMENTS",
    "OUTBOUND",
    "TRANSACTIONS",
    "StediWebhook",
]

TRANSACTIONS = "stedi.transactions"
"""The source of what partners answer: 855."""
FUNCTIONAL_ACKNOWLEDGMENTS = "stedi.functional_acknowledgments"
"""The source of what partners' translators answer: 997."""
OUTBOUND = "stedi.outbound"
"""The source of what Stedi made of our documents: their control numbers."""
FILES = "stedi.files"
"""The source of what became of our files: delivered or failed."""
FAILED_FILES = "stedi.failed_files"
"""The source of files that came in and could not be processed."""

ALL_SOURCES: Mapping[str, Collection[str]] = MappingProxyType(
    {
        TRANSACTIONS: ("855",),
        FUNCTIONAL_ACKNOWLEDGMENTS: ("997",),
        OUTBOUND: ("outbound",),
        FILES: ("files",),
        FAILED_FILES: ("failed files",),
    }
)
"""What each source of a pipeline wants to hear of."""

_INTEREST = re.compile(r"[0-9]{3}|outbound|files|failed files", re.ASCII)


@frozen(kw_only=True)
class StediWebhook:
    """Checks and reads what Stedi posts (see `mlconnector_sdk.webhooks` for the mounts).

    Args:
        secret: The whole value of the header.
        header: The header's name.
        previous: Also taken, while a rotated secret is not yet everywhere.
        sources: What interests which source, by the source's name: ``855`` and the like are inbound
            transactions of that set, ``outbound`` transactions that were sent, ``files`` what became of the
            files that they went in, ``failed files`` inbound files that could not be processed. Name only
            sources that a flow reads.
        mode: Only transactions of this mode are taken, as by the sources; empty: of any. What is told of
            files has no mode.
        max_bytes: The largest body; Stedi's own limit is 1 MB.
        max_depth: The deepest JSON.

    Example:
        >>> hook = StediWebhook(
        ...     secret=Secret("k-123"), header="x-api-key", sources={"stedi.transactions": ("855",)}
        ... )
        >>> for source in ALL_SOURCES:  # what is heard without an argument
        ...     print(source)
        stedi.transactions
        stedi.functional_acknowledgments
        stedi.outbound
        stedi.files
        stedi.failed_files
    """

    secret: Secret
    header: str = "authorization"
    previous: Secret | None = None
    sources: Mapping[str, Collection[str]] = ALL_SOURCES
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
        for source, interests in self.sources.items():
            for each in interests:
                if not _INTEREST.fullmatch(each):
                    raise ConfigurationError(
                        f"the source {source} wants {each!r}, which no webhook of Stedi's speaks of",
                        remedy="name transaction sets such as '855', 'outbound', 'files' or 'failed files'",
                        path="sources",
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
            ConfigurationError: A password is empty, or a source wants what there is not.
        """

        def header(one: Secret) -> Secret:
            if not one:
                raise ConfigurationError("a webhook with an empty password would take every forgery")
            return Secret("Basic " + b64encode(f"{username}:{one.reveal()}".encode()).decode())

        return cls(
            secret=header(password),
            previous=None if previous is None else header(previous),
            sources=ALL_SOURCES if sources is None else sources,
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
        if found is None:
            return ()
        topic = self._topic(found)
        return tuple(
            Event(source=source, event_id=found.event_id, body=body, received_at=received_at)
            for source, interests in self.sources.items()
            if topic in interests
        )

    def _topic(self, found: ProcessedTransaction | ProcessedFile) -> str:
        """What it is about, in the words of ``sources``; empty: nothing that could interest anybody."""
        if isinstance(found, ProcessedFile):
            if (found.result.direction or "").upper() != "INBOUND":
                return "files"
            return "failed files" if found.status == FAILED else ""
        if has_mode(found.transaction, "INBOUND", self.mode):
            return found.transaction.transaction_set
        return "outbound" if has_mode(found.transaction, "OUTBOUND", self.mode) else ""

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
