"""The endpoints of the core API, version 2023-08-01."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mlconnector_sdk.errors import InvalidDocument, NotFound, RequestRefused, Throttled, VendorError
from mlconnector_sdk.simulators import wire
from mlconnector_sdk.simulators.gate import work_time
from mlconnector_sdk.simulators.stedi import delivery, listing, outbound
from mlconnector_sdk.simulators.stedi.access import Access
from mlconnector_sdk.simulators.stedi.account import Account
from mlconnector_sdk.simulators.stedi.records import Execution, Transaction
from mlconnector_sdk.simulators.stedi.sets import OUTBOUND
from mlconnector_sdk.simulators.stedi.storage import Storage

__all__ = ["VERSION", "endpoints"]

VERSION = "/2023-08-01"

_PARTNERSHIP_ID = re.compile(r"[a-zA-Z0-9._-]{1,81}", re.ASCII)
_SETTING_ID = re.compile(r"[a-zA-Z0-9_-]{1,50}", re.ASCII)

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


def endpoints(account: Account, storage: Storage) -> ASGIApp:
    """The ASGI application of one account; documents are handed out by the storage."""
    api = _Api(account, storage)
    paths: list[tuple[str, str, Handler]] = [
        ("POST", "/partnerships/{partnership}/transactions/{setting}", api.create),
        ("GET", "/transactions", api.list_transactions),
        ("GET", "/transactions/{id}", api.get_transaction),
        ("GET", "/polling/transactions", api.poll_transactions),
        ("GET", "/polling/executions", api.poll_executions),
        ("GET", "/executions", api.list_executions),
        ("POST", "/executions/retry", api.retry_executions),
        ("GET", "/executions/{id}", api.get_execution),
        ("GET", "/executions/{id}/transactions", api.execution_transactions),
        ("GET", "/executions/{id}/faults", api.execution_faults),
        ("POST", "/events/{id}/retry", api.retry_event),
    ]
    for kind, find in (("transactions", api.transaction), ("executions", api.execution)):
        for usage in ("input", "output"):
            paths.append(("GET", f"/{kind}/{{id}}/{usage}", api.document(find, usage, redirect=True)))
            paths.append(("GET", f"/{kind}/{{id}}/{usage}-url", api.document(find, usage, redirect=False)))
    access = Access(account)
    app = Starlette(
        routes=[
            Route(VERSION + path, access.guard(f"{method} {path}", handler), methods=[method])
            for method, path, handler in paths
        ],
        exception_handlers={VendorError: api.refused, HTTPException: api.no_such_route},
    )
    app.router.redirect_slashes = False
    return app


class _Api:
    """The handlers."""

    def __init__(self, account: Account, storage: Storage) -> None:
        self._account = account
        self._storage = storage

    async def create(self, request: Request) -> Response:
        account, key = self._account, request.headers.get("idempotency-key")
        account.ledger.check(key)
        partnership_id, setting_id = (request.path_params[name] for name in ("partnership", "setting"))
        if not _PARTNERSHIP_ID.fullmatch(partnership_id) or not _SETTING_ID.fullmatch(setting_id):
            raise _bad_request("the path holds no valid partnership id and transaction setting id")
        partnership = account.partnership(partnership_id)
        set_id = partnership.set_of(setting_id)
        if set_id not in OUTBOUND:
            raise NotFound(
                f"partnership {partnership_id!r} has no outbound setting {setting_id!r}",
                status=404,
                code="RESOURCE_NOT_FOUND",
            )
        body = await request.body()
        replay = account.ledger.begin(key, f"POST {request.url.path}\n".encode() + body)
        if replay is not None:
            return _json(replay, {"idempotent-replayed": "true"})
        try:
            with account.lock:
                outgoing = outbound.check(partnership, set_id, self._read(body))
            await work_time(request.scope)
            with account.lock:
                answer = outbound.dispatch(account, partnership, outgoing, key)
        except VendorError:
            account.ledger.forget(key)
            raise
        account.ledger.finish(key, answer)
        return _json(answer)

    async def list_transactions(self, request: Request) -> Response:
        filters, size, after = listing.read_query(request.query_params)
        matches = listing.transaction_filter(filters)
        with self._account.lock:
            newest_first = reversed(self._account.transactions.values())
            items = (
                item for item in newest_first if (after is None or item.position < after) and matches(item)
            )
            return _json(listing.page(items, filters, size, base=self._account.base()))

    async def poll_transactions(self, request: Request) -> Response:
        filters, size, after = listing.read_query(request.query_params)
        now = self._account.time.now()
        start = listing.poll_start(filters, now)
        with self._account.lock:
            items = (
                item
                for item in self._account.transactions.values()
                if item.position > (after or 0) and item.processed_at > start
            )
            always = (after or 0) if self._account.rules.poll_token_when_empty else None
            base = self._account.base()
            return _json(listing.page(items, filters, size, base=base, always_token=always))

    async def get_transaction(self, request: Request) -> Response:
        with self._account.lock:
            return _json(wire.dumps(self.transaction(request).summary(self._account.base())))

    async def list_executions(self, request: Request) -> Response:
        filters, size, after = listing.read_query(request.query_params)
        matches = listing.execution_filter(filters)
        with self._account.lock:
            newest_first = reversed(self._account.executions.values())
            items = (
                item for item in newest_first if (after is None or item.position < after) and matches(item)
            )
            return _json(listing.page(items, filters, size, base=self._account.base()))

    async def poll_executions(self, request: Request) -> Response:
        filters, size, after = listing.read_query(request.query_params)
        start = listing.poll_start(filters, self._account.time.now())
        with self._account.lock:
            items = (
                item
                for item in self._account.processed[after or 0 :]
                if item.processed_at is not None and item.processed_at > start
            )
            always = (after or 0) if self._account.rules.poll_token_when_empty else None
            return _json(
                listing.page(
                    items,
                    filters,
                    size,
                    base=self._account.base(),
                    place=lambda item: item.processed_position or 0,
                    always_token=always,
                )
            )

    async def retry_executions(self, request: Request) -> Response:
        matches = listing.retry_filter(self._read(await request.body()))
        with self._account.lock:
            for execution in list(self._account.executions.values()):
                if execution.retryable and matches(execution):
                    delivery.retry(self._account, execution)
        return Response(status_code=200)

    async def get_execution(self, request: Request) -> Response:
        with self._account.lock:
            return _json(wire.dumps(self.execution(request).details(self._account.base())))

    async def execution_transactions(self, request: Request) -> Response:
        _, size, after = listing.read_query(request.query_params)
        with self._account.lock:
            found = (item for item in self.execution(request).transactions if item.position > (after or 0))
            return _json(listing.page(found, {}, size, base=self._account.base()))

    async def execution_faults(self, request: Request) -> Response:
        with self._account.lock:
            newest_first = self.execution(request).faults[::-1]
            return _json(wire.dumps({"items": newest_first}))

    async def retry_event(self, request: Request) -> Response:
        with self._account.lock:
            event_id = self._account.announce_again(request.path_params["id"])
        return _json(wire.dumps({"eventId": event_id}))

    def document(
        self, find: Callable[[Request], Transaction | Execution], usage: str, *, redirect: bool
    ) -> Handler:
        async def handler(request: Request) -> Response:
            with self._account.lock:
                found = find(request).document(usage)
                if found is None:
                    raise NotFound(f"there is no {usage} document", status=404, code="RESOURCE_NOT_FOUND")
                url = self._storage.sign(*found)
            content = wire.dumps({"documentDownloadUrl": url})
            return _json(content, {"Location": url}, status=302) if redirect else _json(content)

        return handler

    def transaction(self, request: Request) -> Transaction:
        found = self._account.transactions.get(request.path_params["id"])
        if found is None:
            raise NotFound("there is no such transaction", status=404, code="RESOURCE_NOT_FOUND")
        return found

    def execution(self, request: Request) -> Execution:
        return self._account.execution(request.path_params["id"])

    async def refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, VendorError), "registered for this class"
        content = {"message": error.message, **({"code": error.code} if error.code else {})}
        headers = {"Retry-After": "1"} if error.status == 409 else {}
        status = 429 if isinstance(error, Throttled) else error.status or 500
        return _json(wire.dumps(content), headers, status=status)

    async def no_such_route(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "registered for this class"
        # The real gateway answers 403 where a path exists for another method only.
        if error.status_code == 405:
            return _json(wire.dumps({"message": "access denied", "code": "ACCESS_DENIED"}), status=403)
        return _json(
            wire.dumps({"message": "there is no such path", "code": "RESOURCE_NOT_FOUND"}), status=404
        )

    def _read(self, body: bytes) -> object:
        if len(body) > self._account.rules.largest_transaction:
            raise _bad_request(f"the body is larger than {self._account.rules.largest_transaction} bytes")
        try:
            return wire.loads(body)
        except InvalidDocument as problem:
            raise _bad_request(problem.message) from problem


def _bad_request(message: str) -> RequestRefused:
    return RequestRefused(message, status=400, code="BAD_REQUEST")


def _json(content: bytes, headers: dict[str, str] | None = None, *, status: int = 200) -> Response:
    return Response(content, status, headers, media_type="application/json")
