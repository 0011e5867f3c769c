"""Transactions: created, listed, and their documents fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mlconnector_sdk.adapters.stedi.listing import StediResource, listing_call
from mlconnector_sdk.adapters.stedi.models import DocumentAddress, Submission, Transaction
from mlconnector_sdk.adapters.stedi.outbound import request_body
from mlconnector_sdk.codec import encode
from mlconnector_sdk.core.call import Call, Content, endpoint, path
from mlconnector_sdk.core.origin import is_allowed, without_query
from mlconnector_sdk.core.paging import Pages
from mlconnector_sdk.dual import Colour, shared
from mlconnector_sdk.errors import ConfigurationError, InvalidDocument

__all__ = ["Transactions"]

_PARTNERSHIP = re.compile(r"[a-zA-Z0-9._-]{1,81}", re.ASCII)
_SETTING = re.compile(r"[a-zA-Z0-9_-]{1,50}", re.ASCII)
_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)


class Transactions(StediResource[Colour]):
    """Transactions: ``stedi.transactions``."""

    @endpoint
    def create(
        self,
        partnership: str,
        setting: str,
        transaction: Mapping[str, Any],
        *,
        idempotency_key: str,
        filename: str = "",
        usage: str = "P",
    ) -> Call[Submission]:
        """Send one transaction to a partner: Stedi writes the X12, puts it into a file and delivers it.

        Args:
            partnership: Its id.
            setting: The id of the transaction setting, which says which set by which guide.
            transaction: Guide JSON; numbers as `int` or `Decimal`.
            idempotency_key: For 24 hours the same key brings the first answer back instead of a second file.
            filename: The file's name at the partner; used twice, the first file is overwritten.
            usage: ISA15: ``P`` production, ``T`` test, ``I`` information.

        Raises:
            InvalidDocument: An argument is none that Stedi takes.
            NotFound: There is no such partnership or setting.
            RequestRefused: The transaction breaks a rule of the guide, or the key was used for another one.
        """
        body = encode(request_body(transaction, filename=filename, usage=usage))
        return Transactions.submit(self, partnership, setting, body, idempotency_key=idempotency_key)

    @endpoint
    def submit(
        self, partnership: str, setting: str, body: bytes, *, idempotency_key: str
    ) -> Call[Submission]:
        """The same with a body that was frozen earlier: a repeat has to be equal byte for byte.

        Args:
            partnership: Its id.
            setting: The id of the transaction setting.
            body: The JSON of a `request_body`.
            idempotency_key: See `create`.

        Raises:
            InvalidDocument: An argument is none that Stedi takes.
        """
        for value, form, what in (
            (partnership, _PARTNERSHIP, "partnership"),
            (setting, _SETTING, "setting"),
            (idempotency_key, _KEY, "idempotency_key"),
        ):
            if not form.fullmatch(value):
                raise InvalidDocument(
                    f"{value!r} cannot be a {what} of Stedi's",
                    path=what,
                    remedy=f"it must match {form.pattern}",
                )
        return Call(
            method="POST",
            path=path("partnerships", partnership, "transactions", setting),
            answer=Submission,
            body=Content(body),
            idempotency_key=idempotency_key,
        )

    @endpoint
    def get(self, id: str) -> Call[Transaction]:  # noqa: A002 - the field's own name
        """One transaction."""
        return Call(method="GET", path=path("transactions", id), answer=Transaction)

    def list(
        self,
        *,
        business_identifier: str | None = None,
        partnership: str | None = None,
        direction: str | None = None,
        transaction_set: str | None = None,
        mode: str | None = None,
        status: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = 100,
        resume: str | None = None,
    ) -> Pages[Transaction]:
        """Transactions that match everything given, the newest first.

        Args:
            business_identifier: E.g. the purchase order number.
            partnership: Its id.
            direction: ``INBOUND`` or ``OUTBOUND``.
            transaction_set: ``850`` ...
            mode: ``production``, ``test`` or ``other``.
            status: ``succeeded`` or ``failed``.
            since: Processed at or after this instant.
            until: Processed at or before this instant.
            page_size: 1 to 500.
            resume: `Page.resume` of an earlier walk with the same arguments.

        Raises (while walking):
            VendorError: As any call.
        """
        call = listing_call(
            "transactions",
            page_size=page_size,
            businessIdentifier=business_identifier,
            partnershipId=partnership,
            direction=direction,
            transactionSetId=transaction_set,
            mode=mode,
            status=status,
            **{"from": since, "to": until},
        )
        return self.pages(call, Transaction, resume=resume)

    @shared
    async def input(self, id: str) -> bytes:  # noqa: A002 - the field's own name
        """The document before translation: Guide JSON of an outbound transaction, X12 of an inbound one.

        Raises:
            NotFound: There is no such transaction, or it has no such document.
            ConfigurationError: It is kept at a host that is not among the profile's ``storage_hosts``.
        """
        return await self._document(id, "input-url")

    @shared
    async def output(self, id: str) -> bytes:  # noqa: A002 - the field's own name
        """The document after translation: X12 of an outbound transaction, Guide JSON of an inbound one.

        Raises:
            NotFound: There is no such transaction, or it has no such document.
            ConfigurationError: It is kept at a host that is not among the profile's ``storage_hosts``.
        """
        return await self._document(id, "output-url")

    async def _document(self, id: str, which: str) -> bytes:  # noqa: A002 - the field's own name
        """Ask for the signed address, then fetch it from the storage, which must not see our key."""
        asked = Call(method="GET", path=path("transactions", id, which), answer=DocumentAddress)
        address = await self.client.send(asked)
        hosts = self.profile.storage_hosts
        if not is_allowed(address.url, hosts, loopback=True):  # `fetch` refuses it too, as one bad answer
            raise ConfigurationError(
                f"Stedi keeps its documents at {without_query(address.url)}, which is not allowed",
                remedy=f"allowed are https URLs on {', '.join(hosts) or 'no host'}: if that address is "
                "Stedi's, give the client a profile with its host in storage_hosts",
                path="storage_hosts",
            )
        return await self.client.fetch(address.url, allowed_hosts=hosts)
