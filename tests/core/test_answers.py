"""answers: bodies are inflated under a cap, and must be whole."""

from __future__ import annotations

import gzip
import zlib
from itertools import pairwise
from types import NoneType
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.core.answers import Answer, Intake, Location, read_answer, require_json
from mlconnector_sdk.core.call import Call
from mlconnector_sdk.errors import AnswerTooLarge, UnreadableAnswer

BODY = b'{"a": 1}' * 50


def bare_deflate(data: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeezer.compress(data) + squeezer.flush()


SQUEEZED = {
    "": BODY,
    "identity": BODY,
    "gzip": gzip.compress(BODY),
    "x-gzip": gzip.compress(BODY),
    "GZIP": gzip.compress(BODY[:100]) + gzip.compress(BODY[100:]),
    "deflate": zlib.compress(BODY),
    "Deflate": bare_deflate(BODY),
}


def take(encoding: str, chunks: list[bytes], *, length: str | None = None, cap: int = 10_000) -> bytes:
    intake = Intake(encoding, length, cap)
    for chunk in chunks:
        intake.feed(chunk)
    return intake.finish()


@pytest.mark.parametrize("encoding", SQUEEZED)
@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_bodies_come_whole_however_they_are_cut_into_chunks(encoding: str, size: int) -> None:
    data = SQUEEZED[encoding]
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    assert take(encoding, chunks, length=str(len(data))) == BODY


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
def test_any_body_survives_gzip_in_any_chunks(data: bytes, cuts: list[int]) -> None:
    squeezed = gzip.compress(data)
    edges = sorted({0, len(squeezed), *(cut for cut in cuts if cut < len(squeezed))})
    chunks = [squeezed[start:end] for start, end in pairwise(edges)]
    assert take("gzip", chunks) == data


@pytest.mark.parametrize("encoding", ["gzip", "deflate", ""])
def test_a_body_beyond_the_cap_is_too_large_and_is_never_built(encoding: str) -> None:
    squeeze: Any = {"gzip": gzip.compress, "deflate": zlib.compress, "": bytes}[encoding]
    bomb = squeeze(bytes(50_000_000))
    intake = Intake(encoding, None, 10_000)
    with pytest.raises(AnswerTooLarge, match="larger than 10000 bytes"):
        intake.feed(bomb)
    assert sum(map(len, intake._parts)) <= 10_000


def test_the_cap_itself_is_allowed() -> None:
    assert take("", [b"x" * 10_000]) == b"x" * 10_000
    assert take("gzip", [gzip.compress(b"x" * 10_000)]) == b"x" * 10_000


def test_a_stated_length_beyond_the_cap_is_refused_at_once() -> None:
    with pytest.raises(AnswerTooLarge):
        Intake("", "10001", 10_000)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_body_that_is_cut_short_is_no_answer(encoding: str) -> None:
    data = SQUEEZED[encoding]
    for end in (1, 2, 10, len(data) - 1):
        with pytest.raises(UnreadableAnswer, match="cut short"):
            take(encoding, [data[:end]])
    with pytest.raises(UnreadableAnswer, match="7 of 8 bytes"):
        take("", [b"1234567"], length="8")


def test_a_broken_body_and_an_unknown_encoding() -> None:
    with pytest.raises(UnreadableAnswer, match="broken"):
        take("gzip", [b"no gzip at all"])
    with pytest.raises(UnreadableAnswer, match="'br' was not asked for"):
        take("br", [b""])


def test_an_empty_body_needs_no_gzip_frame() -> None:
    assert take("gzip", []) == b""
    assert take("gzip", [], length="0") == b""


# --- what the body becomes


def answer(body: bytes = b"{}", status: int = 200, **headers: str) -> Answer:
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=httpx.Headers(lines), body=body)


def read(wanted: Any, given: Answer, **changes: Any) -> Any:
    return read_answer(Call(method="GET", path="x", answer=wanted, **changes), given, max_depth=64)


def test_what_a_call_asks_for() -> None:
    given = answer(b'{"a": 1.50}')
    assert read(NoneType, given) is None
    assert read(bytes, given) == b'{"a": 1.50}'
    assert read(Answer, given) is given
    assert str(read(object, given)["a"]) == "1.50"


def test_strict_calls_refuse_double_keys() -> None:
    assert read(object, answer(b'{"a":1,"a":2}')) == {"a": 2}
    with pytest.raises(UnreadableAnswer):
        read(object, answer(b'{"a":1,"a":2}'), strict=True)


def test_a_redirect_as_the_answer() -> None:
    found = read(Location, answer(b"", 302, location="https://files.test/a?sig=hush"))
    assert found.url.endswith("sig=hush")
    assert "hush" not in repr(found)
    with pytest.raises(UnreadableAnswer, match="expected a redirect"):
        read(Location, answer(b"{}"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer(b"  "), "empty"),
        (answer(b"<!DOCTYPE html><p>hush", content_type="text/html; charset=utf-8"), "HTML or XML"),
        (answer(b"\xef\xbb\xbf\n <html>hush"), "HTML or XML"),
        (answer(b"hush", content_type="text/html"), "text, 4 bytes, content type text/html"),
    ],
)
def test_what_is_plainly_no_json(given: Answer, words: str) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        require_json(given)
    assert words in str(caught.value)
    assert "hush" not in str(caught.value)


def test_bodies_and_headers_stay_out_of_reprs() -> None:
    assert "hush" not in repr(answer(b"hush", set_cookie="hush"))
