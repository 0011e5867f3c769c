"""The endpoints: what they answer, and the errors in Plex's words."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from threading import RLock
from typing import TypeAlias
from urllib.parse import parse_qsl

from attrs import frozen
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mlconnector_sdk.errors import InvalidDocument, RequestRefused, Throttled, VendorError
from mlconnector_sdk.simulators import wire
from mlconnector_sdk.simulators.gate import work_time
from mlconnector_sdk.simulators.plex import listing
from mlconnector_sdk.simulators.plex.access import Access
from mlconnector_sdk.simulators.plex.data import PlexData
from mlconnector_sdk.simulators.plex.rules import holds
from mlconnector_sdk.simulators.plex.table import Record
from mlconnector_sdk.simulators.plex.update import update_order
from mlconnector_sdk.simulators.tokens import TokenEndpoint

__all__ = ["endpoints"]

_LONGEST_URL = 8192

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


@frozen
class _Resource:
    """A kind of record: its name, where it is listed, and which filters are known there."""

    name: str
    path: str
    filters: Mapping[str, str]


def endpoints(data: PlexData, *, access: Access, tokens: TokenEndpoint, prefix: str, lock: RLock) -> ASGIApp:
    """The ASGI application of one Plex.

    Args:
        data: What it knows.
        access: Who is let in.
        tokens: Answers at ``/oauth2/token``.
        prefix: In front of every resource: ``/api``, or nothing.
        lock: Held while data is read or changed.
    """
    api = _Api(data, access, lock)
    suppliers = _Resource("suppliers", "mdm/v1/suppliers", _same("id code name type status"))
    parts = _Resource("parts", "mdm/v1/parts", _same("id number revision status"))
    orders = _Resource(
        "purchase-orders",
        "purchasing/v1/purchase-orders",
        {**_same("id supplierId status"), "pONumber": "poNumber"},
    )
    releases = _Resource("releases", "purchasing/v1/releases", _same("id poId poLineItemId partId status"))
    lines = _Resource("line-items", f"{orders.path}/{{id}}/line-items", _same("id status"))
    ar_invoices = _Resource(
        "ar-invoices",
        "accounting/v1/ar-invoices",
        _same("id invoiceNumber customerId customerCode customerPONo status type"),
    )
    routes = [
        Route("/oauth2/token", tokens.answer, methods=["POST"]),
        Route(f"{prefix}/mdm/v1/tenants", api.tenants, methods=["GET"]),
        Route(f"{prefix}/{orders.path}/{{id}}", api.put_order(orders), methods=["PUT"]),
        Route(f"{prefix}/{lines.path}", api.lines(lines), methods=["GET"]),
        Route(f"{prefix}/{lines.path}/{{line}}", api.line(lines), methods=["GET"]),
    ]
    for resource in (suppliers, parts, orders, releases, ar_invoices):
        routes.append(Route(f"{prefix}/{resource.path}", api.listing(resource), methods=["GET"]))
        if resource is not releases:
            routes.append(Route(f"{prefix}/{resource.path}/{{id}}", api.one(resource), methods=["GET"]))
    app = Starlette(
        routes=routes,
        exception_handlers={VendorError: api.refused, HTTPException: api.no_such_route},
    )
    app.router.redirect_slashes = False
    return app


class _Api:
    """The handlers; each takes the resource that it answers for."""

    def __init__(self, data: PlexData, access: Access, lock: RLock) -> None:
        self._data = data
        self._access = access
        self._lock = lock

    async def tenants(self, request: Request) -> Response:
        visible = self._enter(request, "tenants")
        tenant = {"id": self._data.id_of("tenant"), "code": self._data.pcn, "name": "Simulated plant"}
        return _json(wire.dumps([tenant] if visible else []))

    def listing(self, resource: _Resource) -> Handler:
        async def handler(request: Request) -> Response:
            visible = self._enter(request, resource.name)
            with self._lock:
                answer = self._listing(resource, self._select(request, resource) if visible else [])
            await work_time(request.scope)  # what was read grows old before it arrives
            return answer

        return handler

    def one(self, resource: _Resource) -> Handler:
        async def handler(request: Request) -> Response:
            visible = self._enter(request, resource.name)
            with self._lock:
                seen = self._data.seen(resource.name)
                return _one(seen.get(request.path_params["id"]) if visible else None)

        return handler

    def put_order(self, resource: _Resource) -> Handler:
        async def handler(request: Request) -> Response:
            visible = self._enter(request, resource.name)
            body = await _body(request)
            await work_time(request.scope)
            with self._lock:
                record = self._data.orders.get(request.path_params["id"]) if visible else None
                if record is not None:
                    update_order(self._data, record, body)
                    if self._data.rules.empty_answer_to_put:
                        return Response(status_code=204)
                return _one(record)

        return handler

    def lines(self, resource: _Resource) -> Handler:
        async def handler(request: Request) -> Response:
            visible = self._enter(request, resource.name)
            with self._lock:
                order = request.path_params["id"]
                if self._data.orders.get(order) is None:
                    raise _not_found()
                lines = self._data.seen(resource.name).find("poId", (order,))
                answer = self._listing(
                    resource, self._select(request, resource, within=lines) if visible else []
                )
            await work_time(request.scope)
            return answer

        return handler

    def line(self, resource: _Resource) -> Handler:
        async def handler(request: Request) -> Response:
            visible = self._enter(request, resource.name)
            with self._lock:
                seen = self._data.seen(resource.name)
                record = seen.get(request.path_params["line"]) if visible else None
                if record is not None and record.data["poId"] != request.path_params["id"]:
                    record = None
                return _one(record)

        return handler

    async def refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, VendorError), "registered for this class"
        headers = {}
        if isinstance(error, Throttled) and self._data.rules.retry_after:
            wait = (error.not_before - self._data.time.now()).total_seconds()
            headers["Retry-After"] = str(max(1, math.ceil(wait)))
        return _error(error.status or 500, error.code, error.message, headers)

    async def no_such_route(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "registered for this class"
        if error.status_code == 405:
            return _error(405, "METHOD_NOT_ALLOWED", f"{request.method} is not allowed here")
        return _error(404, "RESOURCE_NOT_FOUND", "no such route")

    def _enter(self, request: Request, resource: str) -> bool:
        if len(request.scope["raw_path"]) + len(request.scope["query_string"]) > _LONGEST_URL:
            raise RequestRefused("the URL is too long", status=414, code="URI_TOO_LONG")
        return self._access.check(request, resource)

    def _select(
        self, request: Request, resource: _Resource, *, within: Iterable[Record] | None = None
    ) -> list[Record]:
        table, rules = self._data.seen(resource.name), self._data.rules
        if holds(rules.ignore_filters, resource.name):
            return list(table if within is None else within)
        query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        try:
            exclusive = holds(rules.exclusive_filters, resource.name)
            return listing.select(table, resource.filters, query, within=within, exclusive=exclusive)
        except InvalidDocument as problem:
            raise RequestRefused(problem.message, status=400, code="ARGUMENT_INVALID") from problem

    def _listing(self, resource: _Resource, records: list[Record]) -> Response:
        if holds(self._data.rules.repeat_records, resource.name):
            records = records * 2
        if not records and self._data.rules.empty_is_404:
            raise _not_found()
        return _json(b"[" + b",".join([record.text for record in records]) + b"]")


async def _body(request: Request) -> object:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise RequestRefused(
            "the content type must be application/json", status=400, code="REQUEST_MALFORMED"
        )
    try:
        return wire.loads(await request.body())
    except InvalidDocument as problem:
        raise RequestRefused(problem.message, status=400, code="REQUEST_MALFORMED") from problem


def _one(record: Record | None) -> Response:
    if record is None:
        raise _not_found()
    return _json(record.text)


def _not_found() -> RequestRefused:
    return RequestRefused("there is no such resource", status=404, code="RESOURCE_NOT_FOUND")


def _error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    content = wire.dumps({"code": code, "message": message})
    return Response(content, status, headers, media_type="application/json")


def _json(text: bytes) -> Response:
    return Response(text, media_type="application/json")


def _same(names: str) -> dict[str, str]:
    """Filters that are spelled like the field."""
    return {name: name for name in names.split()}
