"""call: a request as a value, and methods that send what they build."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.core.call import Call, Content, Form, Json, Resource, endpoint, path
from mlconnector_sdk.dual import Blocking, Colour, NonBlocking
from mlconnector_sdk.errors import InvalidDocument


def test_a_path_quotes_each_segment_as_one() -> None:
    assert (
        path("mdm/v1/customers", "A/B?x=1#y", "addresses") == "mdm/v1/customers/A%2FB%3Fx%3D1%23y/addresses"
    )
    assert path("ship/v1/endofday/") == "ship/v1/endofday/"
    assert path("/orders/", "7") == "orders/7"


@pytest.mark.parametrize("segment", ["", ".", "..", "\ud800"])
def test_what_cannot_be_one_segment_is_refused(segment: str) -> None:
    with pytest.raises(InvalidDocument):
        path("orders", segment)


@given(st.lists(st.text(min_size=1).filter(lambda each: each not in (".", ".."))))
def test_no_id_can_leave_its_segment(ids: list[str]) -> None:
    try:
        joined = path("orders", *ids)
    except InvalidDocument:
        assert any(0xD800 <= ord(char) <= 0xDFFF for each in ids for char in each)
        return
    assert [unquote(each) for each in joined.split("/")] == ["orders", *ids]
    assert not set(joined) & set("?#\\ \n\r\t")


@pytest.mark.parametrize(
    ("changes", "writes", "repeatable"),
    [
        ({"method": "GET"}, False, True),
        ({"method": "POST"}, True, False),
        ({"method": "POST", "safe": True}, False, True),
        ({"method": "POST", "idempotency_key": "k"}, True, True),
        ({"method": "PUT"}, True, False),
        ({"method": "PUT", "converges": True}, True, True),
        ({"method": "DELETE"}, True, False),
    ],
)
def test_what_may_be_repeated(changes: dict[str, Any], writes: bool, repeatable: bool) -> None:
    call = Call(path="x", answer=object, **changes)
    assert (call.writes, call.repeatable) == (writes, repeatable)


def test_bodies_and_links_stay_out_of_reprs() -> None:
    for body in (Json({"a": "hush"}), Form((("a", "hush"),)), Content(b"hush")):
        assert "hush" not in repr(Call(method="POST", path="x", answer=object, body=body))
    assert "hush" not in repr(Call(method="GET", path="x", answer=object, link="https://x.test/a?sig=hush"))
    assert Call(method="GET", path="/x", answer=object, params=(("q", "hush"),)).name == "GET /x"


class FakeClient:
    def __init__(self) -> None:
        self.sent: list[Call[Any]] = []

    async def send(self, call: Call[Any]) -> Any:
        self.sent.append(call)
        return f"answer to {call.path}"


class Orders(Resource[Colour]):
    @endpoint
    def get(self, number: str, *, full: bool = False) -> Call[str]:
        """One order."""
        return Call(method="GET", path=path("orders", number), answer=str, params=(("full", str(full)),))


def test_an_endpoint_sends_in_its_colour() -> None:
    client: Any = FakeClient()
    assert Orders[Blocking](client, True).get("7", full=True) == "answer to orders/7"
    assert asyncio.run(Orders[NonBlocking](client, False).get("8")) == "answer to orders/8"
    assert [call.params for call in client.sent] == [(("full", "True"),), (("full", "False"),)]


def test_read_from_its_class_an_endpoint_is_the_pure_builder() -> None:
    client: Any = FakeClient()
    call = Orders.get(Orders[Blocking](client, True), "7")
    assert call.path == "orders/7"
    assert client.sent == []
    assert Orders[Blocking](client, True).get.__doc__ == "One order."
