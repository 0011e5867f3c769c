"""paging: walks over listings, in both colours; resumed, never endless, never elsewhere."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.codec import Record, wire
from mlconnector_sdk.core.answers import Answer
from mlconnector_sdk.core.auth import ApiKey
from mlconnector_sdk.core.call import Call
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.paging import Cursor, NextLink, Offset, PageNumber, Pages, Paginator, SinglePage
from mlconnector_sdk.core.runtime import AsyncRuntime, BlockingRuntime
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import (
    ConfigurationError,
    NotFound,
    Reached,
    RepeatedPointer,
    RequestRefused,
    UnreadableAnswer,
)
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock

from .calls import no_jitter, profile

LIST = Call(method="GET", path="orders", answer=object, params=(("status", "open"),))
CURSOR = Cursor(param="pageToken", at=("nextPageToken", "next_page_token"), items="items")


@frozen(kw_only=True)
class Order(Record):
    id: int = wire("id")


def ids(count: int, start: int = 0) -> list[dict[str, int]]:
    return [{"id": start + number} for number in range(count)]


class Vendor:
    """Seven orders behind every way of paging."""

    total = 7

    def __init__(self, size: int = 3) -> None:
        self.size = size
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        params = request.url.params
        start = int(
            params.get("offset") or params.get("pageToken") or (int(params.get("page", 1)) - 1) * self.size
        )
        items = ids(min(self.size, max(self.total - start, 0)), start)
        following = start + len(items)
        body: dict[str, Any] = {"items": items, "total": self.total, "pages": -(-self.total // self.size)}
        if following < self.total:
            body["nextPageToken"] = str(following)
            body["$next"] = {"$url": f"https://api.test/v1/orders?offset={following}"}
        headers = {"Link": f'<https://api.test/v1/orders?offset={following}>; rel="next"'}
        return httpx.Response(200, json=body, headers=headers if following < self.total else {})


PAGINATORS: dict[str, Paginator] = {
    "cursor": CURSOR,
    "link": NextLink(at=("$next.$url",), items="items"),
    "header": NextLink(items="items"),
    "page": PageNumber(param="page", items="items"),
    "page of pages": PageNumber(param="page", items="items", pages="pages"),
    "short page": PageNumber(param="page", items="items", size=3),
    "offset": Offset(param="offset", items="items"),
    "offset of total": Offset(param="offset", items="items", total="total"),
}


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with respx.mock:
        vendor = Vendor()
        respx.route(host="api.test").mock(side_effect=vendor)
        yield vendor


def client(clock: VirtualClock | None = None) -> Client:
    runtime = BlockingRuntime(clock=clock or VirtualClock())
    return Client(profile(), ApiKey("X-Key", Secret("k")), runtime, jitter=no_jitter)


def walk(paginator: Paginator, **changes: Any) -> Pages[Order]:
    return client().pages(LIST, paginator, Order, **changes)


@pytest.mark.parametrize("name", PAGINATORS)
def test_every_item_once_and_in_order(vendor: Vendor, name: str) -> None:
    orders = list(walk(PAGINATORS[name]))
    assert [order.id for order in orders] == list(range(7))
    assert json.loads(orders[3].raw) == {"id": 3}
    if name == "page of pages":
        assert len(vendor.requests) == 3
    assert vendor.requests[0].url.params["status"] == "open"


@pytest.mark.parametrize("name", PAGINATORS)
def test_every_item_once_async(vendor: Vendor, name: str) -> None:
    async def main() -> list[int]:
        runtime = AsyncRuntime(clock=VirtualClock())
        acme = Client(profile(), ApiKey("X-Key", Secret("k")), runtime)
        async with acme.pages(LIST, PAGINATORS[name], Order) as orders:
            found = [order.id async for order in orders]
        await acme.close()
        return found

    assert asyncio.run(main()) == list(range(7))


@pytest.mark.parametrize("name", PAGINATORS)
@pytest.mark.parametrize("stop", [1, 2])
def test_a_walk_is_resumed_in_another_process(vendor: Vendor, name: str, stop: int) -> None:
    seen: list[int] = []
    resume = None
    for count, page in enumerate(walk(PAGINATORS[name]).pages(), start=1):
        seen += [order.id for order in page.items]
        resume = page.resume
        if count == stop:
            break
    assert json.loads(json.dumps(resume)) == resume
    seen += [order.id for order in walk(PAGINATORS[name], resume=resume)]
    assert seen == list(range(7))


def test_a_full_last_page_does_not_end_a_walk_too_early(vendor: Vendor) -> None:
    vendor.total = 6
    assert len(list(walk(PAGINATORS["page"]))) == 6
    assert len(list(walk(PAGINATORS["offset"]))) == 6
    assert len(list(walk(PAGINATORS["short page"]))) == 6


def test_a_server_that_gives_less_than_asked_loses_nothing(vendor: Vendor) -> None:
    asked = evolve(LIST, params=(("limit", "1000"),))
    orders = client().pages(asked, Offset(param="offset", items="items"), Order)
    assert len(list(orders)) == 7


def test_a_bare_list_in_one_page() -> None:
    with respx.mock:
        respx.get("https://api.test/v1/orders").respond(json=ids(3))
        assert [order.id for order in walk(SinglePage())] == [0, 1, 2]


def test_shared_code_asks_for_batches(vendor: Vendor) -> None:
    async def shared() -> tuple[list[int], None]:
        orders = walk(CURSOR)
        sizes = []
        while (batch := await orders.batch()) is not None:
            sizes.append(len(batch))
            if len(sizes) == 2:
                await orders.close()
        return sizes, await orders.batch()  # type: ignore[return-value]  # None, after the end

    assert run(shared()) == ([3, 3], None)


def test_a_walk_goes_on_where_it_stands(vendor: Vendor) -> None:
    with walk(CURSOR) as orders:
        for order in orders:
            if order.id == 2:
                break
        assert [order.id for order in orders] == [3, 4, 5, 6]
        assert list(orders) == []


def test_nothing_is_fetched_before_it_is_asked_for(vendor: Vendor) -> None:
    orders = walk(CURSOR)
    assert vendor.requests == []
    next(iter(orders))
    assert len(vendor.requests) == 1


def test_the_wrong_colour_says_which_one_is_right(vendor: Vendor) -> None:
    orders = walk(CURSOR)

    async def wrong() -> None:
        async for _ in orders:
            pass

    with pytest.raises(TypeError, match="use 'for' and 'with'"):
        asyncio.run(wrong())

    async def other() -> None:
        acme = Client(profile(), ApiKey("X-Key", Secret("k")), AsyncRuntime(clock=VirtualClock()))
        for use in (iter, lambda pages: pages.__enter__()):
            with pytest.raises(TypeError, match="use 'async for'"):
                next(use(acme.pages(LIST, CURSOR, Order)))
        await acme.close()

    asyncio.run(other())


# --- walks that must not go on


def pages_of(*bodies: Any) -> respx.Route:
    route = respx.route(host="api.test")
    route.side_effect = [
        each if isinstance(each, httpx.Response) else httpx.Response(200, json=each) for each in bodies
    ]
    return route


@respx.mock
def test_the_same_pointer_twice_is_an_error() -> None:
    pages_of(*[{"items": ids(1), "nextPageToken": token} for token in ("a", "b", "a")])
    with pytest.raises(RepeatedPointer, match="would never end") as caught:
        list(walk(CURSOR))
    assert (caught.value.vendor, caught.value.request) == ("Acme", "GET /orders")


@respx.mock
@pytest.mark.parametrize("name", ["page", "offset"])
def test_a_server_that_ignores_the_page_is_noticed(name: str) -> None:
    pages_of(*[{"items": ids(3)}] * 5)
    with pytest.raises(RepeatedPointer):
        list(walk(PAGINATORS[name]))


@respx.mock
@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/v1/orders?page=2",
        "//evil.test/",
        "http://api.test/v1/orders",
        "https://x@api.test/",
    ],
)
def test_a_link_to_another_origin_is_never_followed(link: str) -> None:
    evil = respx.route(host="evil.test")
    route = pages_of({"items": ids(1), "$next": {"$url": link}})
    with pytest.raises(UnreadableAnswer, match=r"Acme GET /orders: a link in the answer"):
        list(walk(PAGINATORS["link"]))
    assert (route.call_count, evil.call_count) == (1, 0)


@respx.mock
@pytest.mark.parametrize(
    ("body", "path", "words"),
    [
        ({"things": []}, "items", "there is no 'items'"),
        ({"items": {}}, "items", "expected a list"),
        ({"items": [{"id": 1}, {"id": "x"}]}, "items[1].id", "expected a whole number"),
        ({"items": [], "nextPageToken": {"a": 1}}, "nextPageToken", "expected a pointer"),
        (httpx.Response(200, text="<html>"), "", "not JSON"),
        (httpx.Response(200, text=""), "", "empty"),
    ],
)
def test_which_path_was_missing_in_which_answer(body: Any, path: str, words: str) -> None:
    pages_of(body)
    with pytest.raises(UnreadableAnswer) as caught:
        list(walk(CURSOR))
    assert words in caught.value.message
    assert caught.value.message.startswith("Acme GET /orders: ")
    assert (caught.value.path, caught.value.reached) == (path, Reached.NO)


@respx.mock
def test_the_number_of_pages_must_be_a_number() -> None:
    pages_of({"items": ids(1), "pages": "many"})
    with pytest.raises(UnreadableAnswer, match="whole number"):
        list(walk(PAGINATORS["page of pages"]))


@respx.mock
def test_a_failed_page_can_be_asked_for_again() -> None:
    route = pages_of({"items": ids(1), "nextPageToken": "a"}, httpx.Response(400), {"items": ids(1, 1)})
    orders = walk(CURSOR)
    first = run(orders.batch())
    with pytest.raises(RequestRefused):
        run(orders.batch())
    assert [order.id for order in [*(first or []), *orders]] == [0, 1]
    assert [call.request.url.params.get("pageToken") for call in route.calls] == [None, "a", "a"]


@respx.mock
def test_404_may_mean_that_there_is_nothing() -> None:
    pages_of(httpx.Response(404))
    assert list(walk(CURSOR, missing_is_empty=True)) == []
    pages_of(httpx.Response(404))
    with pytest.raises(NotFound):
        list(walk(CURSOR))
    pages_of({"items": ids(1), "nextPageToken": "a"}, httpx.Response(404))
    with pytest.raises(NotFound):  # in the middle of a walk it means no such thing
        list(walk(CURSOR, missing_is_empty=True))


@respx.mock
def test_one_unreadable_record_need_not_stop_a_page() -> None:
    pages_of({"items": [{"id": 1}, {"id": "x"}]})
    texts = list(client().pages(LIST, CURSOR, bytes))
    assert texts == [b'{"id":1}', b'{"id":"x"}']


# --- resume tokens


@pytest.mark.parametrize("token", ["", "x", "x.y", "{}.", "\u00e9"])
def test_a_foreign_resume_token_is_refused(vendor: Vendor, token: str) -> None:
    if not token:
        assert len(list(walk(CURSOR, resume=token))) == 7
        return
    with pytest.raises(ConfigurationError, match="does not belong to GET /orders"):
        walk(CURSOR, resume=token)


def test_a_resume_token_of_another_listing_is_refused(vendor: Vendor) -> None:
    token = next(iter(walk(CURSOR).pages())).resume
    with pytest.raises(ConfigurationError):
        client().pages(evolve(LIST, params=(("status", "closed"),)), CURSOR, Order, resume=token)
    with pytest.raises(ConfigurationError):
        client().pages(LIST, PAGINATORS["offset"], Order, resume=token)


def test_a_resumed_link_stays_in_the_origin_too(vendor: Vendor) -> None:
    page = next(iter(walk(PAGINATORS["link"]).pages()))
    assert page.resume is not None
    listing = page.resume.split(".")[0]
    forged = f"{listing}.{base64.urlsafe_b64encode(b'https://evil.test/').decode()}"
    with pytest.raises(UnreadableAnswer):
        list(walk(PAGINATORS["link"], resume=forged))


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_any_cursor_survives_the_way_into_a_url_and_a_resume_token(cursor: str) -> None:
    first = httpx.Response(200, content=json.dumps({"items": [], "nextPageToken": cursor}).encode())
    with respx.mock:
        route = pages_of(first, {"items": []})
        page = next(iter(walk(CURSOR).pages()))
        list(walk(CURSOR, resume=page.resume))
        assert route.calls[1].request.url.params["pageToken"] == cursor


# --- paginators are values


def test_paginators_keep_nothing() -> None:
    answer = Answer(status=200, headers={}, body=b'{"nextPageToken": "a"}')
    for _ in range(2):
        assert CURSOR.next(answer, "", 1) == "a"
    assert LIST.params == (("status", "open"),)
    assert CURSOR.turn(CURSOR.turn(LIST, "a"), "b").params == (("status", "open"), ("pageToken", "b"))


@pytest.mark.parametrize(
    ("header", "pointer"),
    [
        ('<https://x/2>; rel="next"', "https://x/2"),
        ("<https://x/2>; rel=next", "https://x/2"),
        ('<https://x/1>; rel="prev", <https://x/3>; title="a"; rel="next"', "https://x/3"),
        ('<https://x/3>; rel="last next"', "https://x/3"),
        ('<https://x/9>; rel="last"', None),
        ('<https://x/9>; rel="nextish"', None),
        ("", None),
    ],
)
def test_link_headers(header: str, pointer: str | None) -> None:
    answer = Answer(status=200, headers={"link": header}, body=b"{}")
    assert NextLink().next(answer, "", 1) == pointer


@pytest.mark.parametrize("text", ["<", "<a>", "<a>;", "<a>; rel", '<a>; rel="', '"<', " ", "<a>; a=b"])
def test_a_hostile_link_header_takes_no_time(text: str) -> None:
    answer = Answer(status=200, headers={"link": text * 20_000}, body=b"{}")
    started = time.process_time()
    NextLink().next(answer, "", 1)
    assert time.process_time() - started < 2
