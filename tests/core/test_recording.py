"""recording: what goes over the wire is kept while somebody records it, and no credential with it."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
import respx
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from mlconnector_sdk.core.auth import ApiKey, Basic, NoAuth, OAuth2ClientCredentials
from mlconnector_sdk.core.call import Call, Content, Form, Json
from mlconnector_sdk.core.client import Client
from mlconnector_sdk.core.outgoing import Outgoing
from mlconnector_sdk.core.runtime import AsyncRuntime, BlockingRuntime
from mlconnector_sdk.dual import run
from mlconnector_sdk.errors import RequestRefused, VendorError
from mlconnector_sdk.ports import MOST_EXCHANGES
from mlconnector_sdk.recording import HIDDEN, MOST_BYTES, note, recorded, redacted, shown_headers
from mlconnector_sdk.records import RawExchange
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.testing.clock import VirtualClock

from .calls import GET, KEYED, POST, no_jitter, ok, profile, send, status

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def exchange(**changes: Any) -> RawExchange:
    return evolve(RawExchange(vendor="Acme", request="POST /orders", attempt=1, at=NOW), **changes)


def everything(kept: RawExchange) -> list[str]:
    """All that is stored or shown of an exchange, as text."""
    headers = [*kept.sent_headers, *kept.received_headers]
    bodies = [
        body.decode(encoding, "replace")
        for body in (kept.sent, kept.received)
        for encoding in ("utf-8", "latin-1")
    ]
    return [
        repr(kept),
        str(kept),
        kept.request,
        kept.problem,
        *bodies,
        *(part for pair in headers for part in pair),
    ]


def masked(body: str | bytes) -> str:
    data = body if isinstance(body, bytes) else body.encode()
    return redacted(exchange(received=data), secrets=()).received.decode()


# -- what is recorded -------------------------------------------------------------------------------------


def test_a_transcript(vendor: respx.Route, make: Any, clock: VirtualClock) -> None:
    vendor.side_effect = [status(400, {"message": "no such unit"}, x_request_id="r-1", set_cookie="a=b")]
    call = evolve(KEYED, params=(("from", "2026"), ("key", "x")), headers=(("X-Tenant", "4711"),))
    at = clock.now()
    with recorded() as exchanges, pytest.raises(RequestRefused):
        send(make(), call)
    [kept] = exchanges
    assert kept.at == at
    agent = dict(kept.sent_headers)["User-Agent"]
    assert str(evolve(kept, seconds=0.25)).splitlines() == [
        f"{at:%Y-%m-%d %H:%M:%S}.000Z  Acme, attempt 1, 0.250 s",
        "> POST /v1/orders?from=(hidden)&key=(hidden)",
        "> Host: api.test",
        f"> User-Agent: {agent}",
        "> Accept-Encoding: gzip, deflate",
        "> Accept: application/json",
        "> Content-Type: application/json",
        "> X-Tenant: (hidden)",
        "> Idempotency-Key: k-1",
        "> X-Key: (hidden)",
        ">",
        '> {"n":1}',
        "< status 400",
        "< x-request-id: r-1",
        "< set-cookie: (hidden)",
        "< content-length: 26",
        "< content-type: application/json",
        "<",
        '< {"message":"no such unit"}',
    ]


def test_every_attempt_is_recorded_and_what_kept_an_answer_away(vendor: respx.Route, make: Any) -> None:
    vendor.side_effect = [httpx.ReadError("x"), status(503), ok]
    with recorded() as exchanges:
        send(make(), KEYED)
    told = [(each.attempt, each.status, each.problem) for each in exchanges]
    assert told == [(1, None, "the connection broke (ReadError)"), (2, 503, ""), (3, 200, "")]
    assert str(exchanges[0]).splitlines()[-1] == "! the connection broke (ReadError)"
    assert {each.sent for each in exchanges} == {b'{"n":1}'}


def test_nothing_is_recorded_or_built_where_nobody_records(vendor: respx.Route, make: Any) -> None:
    vendor.side_effect = [ok, ok]
    client = make()
    with recorded() as exchanges:
        pass
    send(client, GET)
    assert not exchanges
    note(lambda: pytest.fail("nobody asked for it"), secrets=lambda: pytest.fail("nor for this"))


def test_the_inner_recording_takes_its_own(vendor: respx.Route, make: Any) -> None:
    vendor.side_effect = [ok, ok, ok]
    client = make()
    with recorded() as outer:
        send(client, GET)
        with recorded() as inner:
            send(client, POST)
        send(client, GET)
    assert [each.request for each in outer] == ["GET /v1/orders"] * 2
    assert [each.request for each in inner] == ["POST /v1/orders"]


def test_the_newest_are_kept() -> None:
    with recorded() as exchanges:
        for attempt in range(MOST_EXCHANGES + 5):
            note(lambda attempt=attempt: exchange(attempt=attempt), secrets=tuple)  # type: ignore[misc]  # bound now
    assert [each.attempt for each in exchanges] == list(range(5, MOST_EXCHANGES + 5))


def test_threads_record_for_themselves(vendor: respx.Route, make: Any) -> None:
    vendor.side_effect = lambda request: ok
    client = make()
    with recorded() as exchanges:
        thread = threading.Thread(target=send, args=(client, GET))
        thread.start()
        thread.join()
    assert not exchanges


def test_async_tasks_record_for_themselves_and_for_those_they_start() -> None:
    answer = httpx.MockTransport(lambda request: httpx.Response(200, json={}))

    async def main() -> None:
        runtime = AsyncRuntime(transport=answer, clock=VirtualClock())
        client = Client(profile(), ApiKey("X-Key", Secret("hush")), runtime)

        async def work(path: str) -> list[str]:
            with recorded() as exchanges:
                await asyncio.gather(*(client.send(evolve(GET, path=f"{path}/{n}")) for n in range(3)))
            return sorted(each.request for each in exchanges)

        found = await asyncio.gather(work("a"), work("b"))
        assert found == [[f"GET /v1/{path}/{n}" for n in range(3)] for path in "ab"]
        await client.close()

    asyncio.run(main())


def test_a_failure_to_record_changes_no_outcome(
    vendor: respx.Route, make: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    vendor.side_effect = [ok]

    secret = "hush"

    def broken(*_: Any, **__: Any) -> RawExchange:
        raise RuntimeError(f"a bug that quotes {secret}")

    monkeypatch.setattr("mlconnector_sdk.recording.redacted", broken)
    with recorded() as exchanges:
        assert send(make(), POST) == {"ok": True}
    assert not exchanges
    assert "could not be recorded: RuntimeError" in caplog.text
    assert "hush" not in caplog.text


# -- whose bodies are left out ------------------------------------------------------------------------------


def one(client: Client, ask: Callable[[Client], Any]) -> list[RawExchange]:
    with recorded() as exchanges:
        run(ask(client))
    run(client.close())
    return list(exchanges)


@pytest.mark.parametrize("place", ["body", "basic"])
def test_a_token_request_shows_neither_body(tokens: respx.Route, place: Any) -> None:
    respx.get("https://api.test/v1/orders").mock(ok)
    auth = OAuth2ClientCredentials("https://auth.test/token", "me", Secret("hush"), client_auth=place)
    client = Client(profile(), auth, BlockingRuntime(clock=VirtualClock()))
    asked, sent = one(client, lambda client: client.send(GET))
    assert (asked.request, asked.status) == ("POST /token", 200)
    assert asked.sent == asked.received == b"(not kept)"
    assert sent.received == ok.content
    token = json.loads(tokens.calls.last.response.content)["access_token"]
    assert not any(
        secret in text for kept in (asked, sent) for text in everything(kept) for secret in ("hush", token)
    )


@respx.mock
def test_a_failed_token_request_is_recorded(tokens: respx.Route) -> None:
    tokens.mock(side_effect=httpx.ReadTimeout("x"))
    auth = OAuth2ClientCredentials("https://auth.test/token", "me", Secret("hush"))
    client = Client(profile(attempts=1), auth, BlockingRuntime(clock=VirtualClock()))
    with recorded() as exchanges, pytest.raises(VendorError):
        send(client, GET)
    assert [(each.request, each.status) for each in exchanges] == [("POST /token", None)]
    assert exchanges[0].problem
    run(client.close())


@respx.mock
def test_a_document_behind_a_signed_address_shows_neither_signature_nor_content() -> None:
    respx.get(host="files.test").mock(httpx.Response(200, content=b"what it says"))
    client = Client(profile(), ApiKey("X-Key", Secret("hush")), BlockingRuntime(clock=VirtualClock()))
    address = "https://files.test/a/b?X-Amz-Signature=5ec2e7"
    [kept] = one(client, lambda client: client.fetch(address, allowed_hosts=("files.test",)))
    assert kept.request == "GET /a/b"
    assert kept.received == b"(not kept)"
    assert not any(
        secret in text for text in everything(kept) for secret in ("5ec2e7", "what it says", "hush")
    )


@respx.mock
def test_a_call_whose_credentials_are_not_in_its_headers_shows_neither_body() -> None:
    respx.post("https://api.test/v1/orders").mock(ok)
    client = Client(profile(), NoAuth(), BlockingRuntime(clock=VirtualClock()))
    login = evolve(POST, body=Form((("user", "me"), ("word", "open sesame"))))
    [kept] = one(client, lambda client: client.send(login))
    assert kept.sent == kept.received == b"(not kept)"


@respx.mock
def test_a_strategys_own_requests_show_neither_body_however_they_are_made() -> None:
    respx.post("https://auth.test/token").mock(ok)
    outgoing = Outgoing(
        name="POST token URL",
        method="POST",
        url="https://auth.test/token",
        headers=(("Authorization", Secret("hush")),),
        content=b"a code",
        timeout=5,
        max_bytes=1_000,
    )
    client = Client(profile(), NoAuth(), BlockingRuntime(clock=VirtualClock()))
    [kept] = one(client, lambda client: client._service.ask(outgoing))
    assert kept.sent == kept.received == b"(not kept)"
    assert outgoing.open
    assert not evolve(outgoing, quiet=True).open
    assert not evolve(outgoing, content=Secret("a code")).open
    assert not evolve(outgoing, headers=()).open


# -- headers ------------------------------------------------------------------------------------------------


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), st.text())
def test_headers_nobody_knows_are_hidden(name: str, value: str) -> None:
    known = dict(shown_headers([(name, "shown")]))[name] == "shown"
    assume(not known)
    assert shown_headers([(name, value)]) == ((name, HIDDEN),)


@pytest.mark.parametrize(
    "name", ["Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "Location", "Proxy-Authorization", "X-Key"]
)
def test_headers_that_carry_secrets_are_hidden(name: str) -> None:
    assert shown_headers([(name, "x")]) == ((name, HIDDEN),)


@pytest.mark.parametrize(
    "name", ["Content-Type", "x-amzn-RequestId", "Retry-After", "X-RateLimit-Remaining", "Date"]
)
def test_headers_that_help_are_shown(name: str) -> None:
    assert shown_headers([(name, "x")]) == ((name, "x"),)
    assert shown_headers([(name, Secret("x"))]) == ((name, HIDDEN),)


# -- credentials --------------------------------------------------------------------------------------------

SPELLINGS: list[Callable[[str], bytes]] = [
    lambda secret: secret.encode(),
    lambda secret: secret.encode("latin-1", "ignore"),
    lambda secret: json.dumps({"said": secret}).encode(),
    lambda secret: json.dumps([secret], ensure_ascii=False).encode(),
    lambda secret: json.dumps(secret).replace("/", "\\/").encode(),
    lambda secret: b"a=" + quote(secret, safe="").encode() + b"&b=1",
    lambda secret: quote_plus(secret).encode(),
    lambda secret: f"<a>{html.escape(secret)}</a>".encode(),
    lambda secret: f"<a>{html.escape(secret, quote=False)}</a>".encode(),
    lambda secret: secret.encode() * 3,
]
SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=255, exclude_categories=["Cc"]), min_size=6, max_size=40
)


@given(
    secret=SECRETS,
    spelling=st.sampled_from(SPELLINGS),
    around=st.tuples(st.binary(max_size=30), st.binary(max_size=30)),
)
def test_no_spelling_of_a_credential_stays(secret: str, spelling: Any, around: tuple[bytes, bytes]) -> None:
    body = around[0] + spelling(secret) + around[1]
    raw = exchange(
        request=f"GET /{secret}",
        sent=body,
        received=body,
        problem=f"{secret} was refused",
        received_headers=((secret, "x"), ("Server", f"x {secret}")),
        status=200,
    )
    assume(not any(secret in text for text in everything(exchange(status=200))))
    kept = redacted(raw, secrets=[secret, ""])
    assert not any(secret in text for text in everything(kept))
    for each in (kept.sent, kept.received):
        assert len(spelling(secret)) < 6 or spelling(secret) not in each


AUTHS: dict[str, Callable[[str], Any]] = {
    "authorization": lambda secret: ApiKey("Authorization", Secret(secret), prefix="Key "),
    "a header that is shown": lambda secret: ApiKey("X-Request-Id", Secret(secret)),
    "basic": lambda secret: Basic("me", Secret(secret)),
}


def repeated(name: str, secret: str, spelling: Callable[[str], bytes], code: int) -> RawExchange:
    """What is kept of an exchange with a vendor that repeats all it was given, in bodies and headers."""
    pair = base64.b64encode(f"me:{secret}".encode()).decode()

    def repeat(request: httpx.Request) -> httpx.Response:
        heard = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
        content = (
            spelling(secret) + (spelling(pair) if name == "basic" else b"") + heard.encode() + request.content
        )
        return httpx.Response(code, content=content, headers={"Server": heard.replace("\n", " ")})

    runtime = BlockingRuntime(transport=httpx.MockTransport(repeat), clock=VirtualClock())
    also = {"X-Also": Secret(secret[::-1])}
    client = Client(profile(attempts=1), AUTHS[name](secret), runtime, jitter=no_jitter, headers=also)
    call = evolve(POST, answer=bytes, body=Json({"note": secret}), params=(("q", secret),))
    with recorded() as exchanges:
        try:
            run(client.send(call))
        except VendorError:
            assert code != 200
    run(client.close())
    [kept] = exchanges
    return kept


ORDINARY = "\n".join(
    text for name in AUTHS for text in everything(repeated(name, "Zr4#unlike-anything", SPELLINGS[0], 200))
)


@given(
    name=st.sampled_from(list(AUTHS)),
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40),
    spelling=st.sampled_from(SPELLINGS),
    code=st.sampled_from([200, 400, 401, 500]),
)
def test_whatever_the_vendor_repeats_no_credential_is_kept(
    name: str, secret: str, spelling: Callable[[str], bytes], code: int
) -> None:
    assume(secret not in ORDINARY)
    assume(secret[::-1] not in ORDINARY)
    pair = base64.b64encode(f"me:{secret}".encode()).decode()
    for text in everything(repeated(name, secret, spelling, code)):
        assert secret not in text
        assert secret[::-1] not in text
        assert json.dumps(secret)[1:-1] not in text
        assert pair not in text


def test_a_credential_across_the_cut_leaves_no_beginning() -> None:
    secret = "s3cr3t" * 20
    for shift in (0, 1, 60, 119, 120):
        body = b"x" * (MOST_BYTES - 120 + shift) + secret.encode() + b"y" * 100
        kept = redacted(exchange(received=body), secrets=[secret]).received
        assert b"s3cr3t" not in kept


# -- bodies -----------------------------------------------------------------------------------------------


def test_a_long_body_is_cut_with_a_mark() -> None:
    kept = redacted(exchange(sent=b"a" * 200_000, received=b"b" * MOST_BYTES), secrets=())
    assert kept.sent == b"a" * MOST_BYTES + b"\n(cut: 200000 bytes in all)"
    assert kept.received == b"b" * MOST_BYTES


def test_what_is_no_text_is_not_kept() -> None:
    kept = redacted(exchange(sent="hush".encode("utf-16"), received=b"%PDF\0"), secrets=["hush"])
    assert kept.sent == b"(10 bytes that are not text)"
    assert kept.received == b"(5 bytes that are not text)"


@given(st.binary(max_size=200).filter(lambda body: b"\0" not in body))
def test_other_bodies_are_kept_byte_by_byte(body: bytes) -> None:
    assume(
        not any(
            mark in body.lower() for mark in (b"=", b":", b"<", b"isa", b"bearer", b"basic", b"negotiate")
        )
    )
    assert redacted(exchange(sent=body), secrets=["not in it"]).sent == body


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ('{"password":"x","a":1}', '{"password":"(hidden)","a":1}'),
        ('{"apiKey" : "x"}', '{"apiKey" : "(hidden)"}'),
        ('{"api_key":["x","y"],"a":1}', '{"api_key":"(hidden)","a":1}'),
        ('{"client-secret":{"value":"x"},"a":1}', '{"client-secret":"(hidden)","a":1}'),
        ('{"accessToken":12}', '{"accessToken":"(hidden)"}'),
        ('{"pass\\u0077ord":"x"}', '{"pass\\u0077ord":"(hidden)"}'),
        ('{"token":"x","token":"y"}', '{"token":"(hidden)","token":"(hidden)"}'),
        ('{"Authorization":"x \\" y","a":"z"}', '{"Authorization":"(hidden)","a":"z"}'),
        ('{"token":"it goes on and', '{"token":"(hidden)"'),
        ('{"token":no json', '{"token":"(hidden)"'),
        ('{"token":null,"secrets":[],"password":""}', '{"token":null,"secrets":[],"password":""}'),
        ('{"m":"{\\"password\\": \\"x y\\"}"}', '{"m":"{\\"password\\": \\"(hidden)\\"}"}'),
        ("a=1&client_secret=x%20y&b=2", "a=1&client_secret=(hidden)&b=2"),
        ("client%5Fsecret=x", "client%5Fsecret=(hidden)"),
        (
            "<wsse:Password T='a'>x</wsse:Password><b>y</b>",
            "<wsse:Password T='a'>(hidden)</wsse:Password><b>y</b>",
        ),
        ("<credentials><a>x</a></credentials>", "<credentials>(hidden)</credentials>"),
        ("<password><![CDATA[x<y]]></password>", "<password>(hidden)</password>"),
        ("<password>cut", "<password>(hidden)"),
        ('<login password="x y" user="z"/>', '<login password=(hidden) user="z"/>'),
        ("Authorization was Bearer abcdefghijklmnop!", "Authorization was Bearer (hidden)!"),
        ('"https://s3.test/a?X-Amz-Sig=x&b=y"', '"https://s3.test/a?(hidden)"'),
        ('"https:\\/\\/s3.test\\/a?b=y"', '"https:\\/\\/s3.test\\/a?(hidden)"'),
        ("ISA*00*          *01*PASSWORD12*ZZ*", "ISA*00*          *01*(hidden)  *ZZ*"),
        ("ISA*03*AUTHORIZED*00*          *ZZ*", "ISA*03*(hidden)  *00*          *ZZ*"),
    ],
)
def test_what_is_named_like_a_secret_is_hidden(body: str, kept: str) -> None:
    assert masked(body) == kept


NAMES = st.sampled_from(
    ["password", "Client_Secret", "api-key", "ACCESS_TOKEN", "authorization", "X-Api-Key"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(document=JSON, name=NAMES, indent=st.sampled_from([None, 2]), escaped=st.booleans())
def test_json_stays_json_and_its_secrets_go(
    document: Any, name: str, indent: int | None, escaped: bool
) -> None:
    hidden = {"canary": ["canary-1", {"deep": "canary-2"}]}
    body = json.dumps({"a": document, name: hidden, "b": document}, indent=indent, ensure_ascii=escaped)
    assume(not any(mark in body for mark in ("=", "<", "?", "\\\\")))
    kept = json.loads(masked(body))
    assert kept[name] == HIDDEN
    assert "canary" not in json.dumps(kept)


HOSTILE = [
    *(
        '"',
        '\\"',
        "a",
        '"a":',
        "<token>",
        "<a ",
        "http://",
        "a=",
        'a="',
        '"secret":',
        '"secret":[',
        "[",
        " ",
        "\\",
    ),
    *('\\"a\\"', "<token><token ", "ISA*", '"secret":1,', '"\\u', "Bearer ", "%", "token=", "<token a"),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_body_takes_long(piece: str) -> None:
    body = ("%password" + piece * MOST_BYTES).encode()
    started = time.process_time()
    redacted(exchange(sent=body[:MOST_BYTES]), secrets=())
    assert time.process_time() - started < 5  # quadratic ones take minutes


@given(st.text())
def test_a_transcript_commands_no_terminal_and_imitates_nothing(text: str) -> None:
    shown = str(exchange(received=text.encode("utf-8", "surrogatepass"), status=200, problem=text))
    lines = shown.split("\n")
    assert all(char.isprintable() or char == "\t" for line in lines for char in line)
    assert lines[1] == "> POST /orders"
    assert all(line.startswith(("<", "!")) for line in lines[2:])


def test_content_is_shown_as_it_was_sent(vendor: respx.Route, make: Any) -> None:
    vendor.side_effect = [ok]
    x12 = b"ISA*00*          *00*          *ZZ*US~GS*PO\x1d~"
    with recorded() as exchanges:
        send(
            make(),
            Call(method="POST", path="orders", answer=object, body=Content(x12, "application/edi-x12")),
        )
    assert exchanges[0].sent == x12
    assert "> ISA*00*          *00*          *ZZ*US~GS*PO\\x1d~" in str(exchanges[0])
