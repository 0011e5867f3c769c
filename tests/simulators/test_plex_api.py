"""The simulated Plex over HTTP: who is let in, what is listed, what may be written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from mlconnector_sdk.simulators import PlexRules, PlexSimulator
from tests.simulators.conftest import token

ORDERS = "/purchasing/v1/purchase-orders"
LINES: list[dict[str, Any]] = [
    {"part": "WB-100", "quantity": 24, "price": "3.15", "due": "2026-03-20"},
    {"part": "WB-200", "releases": [("5.5", "2026-03-20"), (6, "2026-04-03")], "price": "1.10", "unit": "LB"},
]


@pytest.fixture
def order(plex_simulator: PlexSimulator) -> dict[str, Any]:
    return plex_simulator.add_purchase_order("PO-1", supplier="ACME", lines=LINES)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert set(answer.json()) == {"code", "message"}
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("value", ["", "Bearer nonsense", "Basic cGxleA==", "nonsense"])
def test_without_a_good_token(plex_simulator: PlexSimulator, value: str) -> None:
    headers = {"X-Plex-Connect-Customer-Id": plex_simulator.pcn, "Authorization": value}
    answer = httpx.get(f"{plex_simulator.url}/mdm/v1/tenants", headers=headers)
    assert refusal(answer) == (401, "REQUEST_NOT_AUTHENTICATED")


@pytest.mark.parametrize("pcn", [None, "100201"])
def test_without_the_right_company_code(plex_simulator: PlexSimulator, pcn: str | None) -> None:
    headers = {"Authorization": f"Bearer {token(plex_simulator)}"}
    if pcn is not None:
        headers["X-Plex-Connect-Customer-Id"] = pcn
    answer = httpx.get(f"{plex_simulator.url}/mdm/v1/tenants", headers=headers)
    assert refusal(answer) == (401, "REQUEST_NOT_AUTHENTICATED")


def test_the_connect_profile_takes_a_key_in_a_header_only() -> None:
    with PlexSimulator(profile="connect") as plex, httpx.Client(base_url=plex.url) as client:
        headers = {"X-Plex-Connect-Api-Key": plex.api_key}
        assert client.get("/mdm/v1/tenants", headers=headers).status_code == 200
        assert client.get("/mdm/v1/tenants", params=headers).status_code == 401
        headers["X-Plex-Connect-Customer-Id"] = "100201"
        assert client.get("/mdm/v1/tenants", headers=headers).status_code == 401
        assert set(plex.connection) == {"url", "pcn", "api_key"}


def test_unknown_routes_and_methods(plex: httpx.Client, order: dict[str, Any]) -> None:
    assert refusal(plex.get("/purchasing/v1/purchase-orders-lines")) == (404, "RESOURCE_NOT_FOUND")
    assert refusal(plex.get(f"{ORDERS}/")) == (404, "RESOURCE_NOT_FOUND")
    assert refusal(plex.get(f"{ORDERS}/{'0' * 36}")) == (404, "RESOURCE_NOT_FOUND")
    assert refusal(plex.delete(f"{ORDERS}/{order['id']}")) == (405, "METHOD_NOT_ALLOWED")


def test_a_url_that_is_too_long(plex: httpx.Client) -> None:
    ids = "&".join(f"id={'0' * 36}" for _ in range(250))
    assert refusal(plex.get(f"{ORDERS}?{ids}"))[0] == 414


def test_lists_are_bare_arrays_and_numbers_keep_their_digits(
    plex: httpx.Client, order: dict[str, Any]
) -> None:
    answer = plex.get(ORDERS)
    assert answer.headers["content-type"] == "application/json"
    (listed,) = answer.json()
    assert listed["poNumber"] == "PO-1"
    assert listed["status"] == "On Order"
    assert '"lineItemTotal":88.250' in answer.text
    assert listed["lineItemCount"] == 2
    assert plex.get(f"{ORDERS}/{order['id']}").json() == listed
    lines = plex.get(f"{ORDERS}/{order['id']}/line-items").json()
    assert [(line["lineItemNumber"], line["unit"], line["unitPrice"]) for line in lines] == [
        (1, "EA", 3.15),
        (2, "LB", 1.1),
    ]
    assert "poId" not in lines[0]
    assert plex.get(f"{ORDERS}/{order['id']}/line-items/{lines[1]['id']}").json() == lines[1]
    assert plex.get(f"{ORDERS}/other/line-items/{lines[1]['id']}").status_code == 404
    assert plex.get(f"{ORDERS}/other/line-items").status_code == 404
    releases = plex.get("/purchasing/v1/releases", params={"poId": order["id"]}).json()
    assert [(r["lineItemNo"], r["releaseLineNumber"], r["quantity"]) for r in releases] == [
        (1, 1, 24),
        (2, 1, 5.5),
        (2, 2, 6),
    ]
    assert releases[2]["dueDateTime"] == "2026-04-03T00:00:00Z"


def test_filters_by_value(plex_simulator: PlexSimulator, plex: httpx.Client) -> None:
    for number in ("PO-1", "PO-2", "PO-3"):
        plex_simulator.add_purchase_order(number, supplier=f"S-{number}", lines=LINES[:1])
    wanted = {"pONumber": ["PO-1", "PO-3"]}
    assert [o["poNumber"] for o in plex.get(ORDERS, params=wanted).json()] == ["PO-1", "PO-3"]
    ids = [o["id"] for o in plex.get(ORDERS, params=wanted).json()]
    assert len(plex.get(ORDERS, params={"id": ids}).json()) == 2
    assert len(plex.get(ORDERS, params={"id": ids, "pONumber": "PO-3"}).json()) == 1
    assert plex.get(ORDERS, params={"pONumber": "po-1"}).json() == []
    assert [s["name"] for s in plex.get("/mdm/v1/suppliers", params={"code": "S-PO-2"}).json()] == ["S-PO-2"]
    assert [p["revision"] for p in plex.get("/mdm/v1/parts", params={"number": "WB-100"}).json()] == [None]
    assert len(plex.get(ORDERS, params={"limit": "1", "updatedAfter": "nonsense"}).json()) == 3


def test_date_bounds_are_inclusive_and_exact(plex_simulator: PlexSimulator, plex: httpx.Client) -> None:
    plex_simulator.add_purchase_order("PO-1", supplier="ACME", lines=LINES)
    plex_simulator.advance(600)
    plex_simulator.add_purchase_order("PO-2", supplier="ACME", lines=LINES)
    second = plex.get(ORDERS).json()[1]["modifiedDate"]
    assert [o["poNumber"] for o in plex.get(ORDERS, params={"modified_date": second}).json()] == ["PO-2"]
    later = (plex_simulator.time.now() + timedelta(seconds=1)).isoformat()
    assert plex.get(ORDERS, params={"modified_date": later}).json() == []
    plus_two = "2026-03-02T10:10+02:00"  # the same instant in another zone, without seconds
    assert len(plex.get(ORDERS, params={"created_date": plus_two}).json()) == 1


@pytest.mark.parametrize(
    "bound",
    [
        "2026-03-02",
        "2026-03-02T08:00:00",
        "2026-03-02T08:00:00.12345678Z",
        "2026-03-02T08:00:00 02:00",
        "2026-02-30T08:00:00Z",
        "yesterday",
        "",
    ],
)
def test_bounds_without_time_or_zone_are_refused(plex: httpx.Client, bound: str) -> None:
    answer = plex.get(ORDERS, params={"modified_date": bound})
    assert refusal(answer) == (400, "ARGUMENT_INVALID")


def test_dates_have_up_to_seven_digits_and_never_repeat(
    plex_simulator: PlexSimulator, plex: httpx.Client
) -> None:
    for n in range(12):
        plex_simulator.add_purchase_order(f"PO-{n}", supplier="ACME", lines=LINES)
        plex_simulator.advance(0.12)
    dates = [o["modifiedDate"] for o in plex.get(ORDERS).json()]
    assert len(set(dates)) == 12
    digits = {len(date.rstrip("Z").partition(".")[2]) for date in dates}
    assert 7 in digits
    assert len(digits) >= 3


def test_a_put_merges_custom_fields_and_moves_the_date(
    plex_simulator: PlexSimulator, plex: httpx.Client, order: dict[str, Any]
) -> None:
    path = f"{ORDERS}/{order['id']}"
    plex_simulator.advance(60)
    first = plex.put(path, json={"customFields": {"ackCode": "AD", "ackedBy": None}})
    assert first.status_code == 200
    assert first.json()["modifiedDate"] > order["modifiedDate"]
    second = plex.put(path, json={"note": "seen", "customFields": {"ackedBy": "ACME", "ackQuantity": 2.50}})
    assert second.json()["customFields"] == {"ackCode": "AD", "ackedBy": "ACME", "ackQuantity": 2.5}
    assert second.json()["note"] == "seen"
    assert second.json()["status"] == "On Order"
    assert [write.number for write in plex_simulator.writes] == ["PO-1", "PO-1"]
    assert plex_simulator.writes[1].before["customFields"] == {"ackCode": "AD", "ackedBy": None}
    assert (plex_simulator.writes[0].at - plex_simulator.time.now()).total_seconds() == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"acknowledged": True}, "REQUEST_MALFORMED"),
        ({"note": 7}, "REQUEST_MALFORMED"),
        ({"active": "yes"}, "REQUEST_MALFORMED"),
        ({"dueDate": "2026-03-02"}, "REQUEST_MALFORMED"),
        ({"customFields": []}, "REQUEST_MALFORMED"),
        ({"customFields": {"lines": [1]}}, "REQUEST_MALFORMED"),
        ({"customFields": {"ack code": "AD"}}, "REQUEST_MALFORMED"),
        ([], "REQUEST_MALFORMED"),
        ({"poNumber": "PO-2"}, "REQUEST_VALIDATION_FAILED"),
        ({"modifiedDate": "2026-03-02T08:00:00Z"}, "REQUEST_VALIDATION_FAILED"),
        ({"supplierId": "nobody"}, "REQUEST_VALIDATION_FAILED"),
    ],
)
def test_a_put_that_does_not_fit(
    plex_simulator: PlexSimulator, plex: httpx.Client, order: dict[str, Any], body: Any, code: str
) -> None:
    answer = plex.put(f"{ORDERS}/{order['id']}", json=body)
    assert refusal(answer) == (400, code)
    assert plex_simulator.writes == []
    assert plex_simulator.order("PO-1") == order


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b'{"note":"a","note":"b"}', "application/json"),
        (b'{"note":', "application/json"),
        (b'{"lineItemTotal":NaN}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"note":"a"}', "text/plain"),
    ],
)
def test_a_put_that_is_no_json(
    plex: httpx.Client, order: dict[str, Any], content: bytes, media_type: str
) -> None:
    answer = plex.put(f"{ORDERS}/{order['id']}", content=content, headers={"Content-Type": media_type})
    assert refusal(answer) == (400, "REQUEST_MALFORMED")


def test_only_defined_custom_fields(
    plex_simulator: PlexSimulator, plex: httpx.Client, order: dict[str, Any]
) -> None:
    plex_simulator.rules.custom_fields = frozenset({"ackCode"})
    path = f"{ORDERS}/{order['id']}"
    assert plex.put(path, json={"customFields": {"ackCode": "AD"}}).status_code == 200
    answer = plex.put(path, json={"customFields": {"other": "AD"}})
    assert refusal(answer) == (400, "REQUEST_VALIDATION_FAILED")


def test_ignored_filters(plex_simulator: PlexSimulator, plex: httpx.Client, order: dict[str, Any]) -> None:
    plex_simulator.rules.ignore_filters = True
    answer = plex.get(ORDERS, params={"modified_date": "nonsense", "pONumber": "other"})
    assert [o["poNumber"] for o in answer.json()] == ["PO-1"]


def test_a_role_that_lacks_permission(
    plex_simulator: PlexSimulator, plex: httpx.Client, order: dict[str, Any]
) -> None:
    path = f"{ORDERS}/{order['id']}"
    plex_simulator.rules.deny = {"suppliers": "403", "releases": "empty", "purchase-orders": "read-only"}
    assert refusal(plex.get("/mdm/v1/suppliers")) == (403, "FORBIDDEN")
    assert plex.get("/purchasing/v1/releases").json() == []
    assert plex.get(path).status_code == 200
    assert refusal(plex.put(path, json={"note": "x"})) == (403, "FORBIDDEN")
    plex_simulator.rules.deny = {"purchase-orders": "empty"}
    assert plex.get(ORDERS).json() == []
    assert refusal(plex.get(path)) == (404, "RESOURCE_NOT_FOUND")


def test_a_rate_limit_in_real_windows(plex_simulator: PlexSimulator, plex: httpx.Client) -> None:
    plex_simulator.rules.requests_per_minute = 3
    for _ in range(3):
        assert plex.get(ORDERS).status_code == 200
        plex_simulator.advance(10)
    answer = plex.get(ORDERS)
    assert refusal(answer) == (429, "TOO_MANY_REQUESTS")
    assert "retry-after" not in answer.headers
    plex_simulator.rules.retry_after = True
    wait = int(plex.get(ORDERS).headers["retry-after"])
    assert wait == 30
    plex_simulator.advance(wait)
    assert plex.get(ORDERS).status_code == 200
    assert plex.get(ORDERS).status_code == 429


def test_other_things_that_real_tenants_do() -> None:
    rules = PlexRules(null_modified=True, empty_is_404=True, empty_answer_to_put=True)
    with PlexSimulator(rules=rules) as plex:
        headers = {"Authorization": f"Bearer {token(plex)}", "X-Plex-Connect-Customer-Id": plex.pcn}
        with httpx.Client(base_url=plex.url, headers=headers) as client:
            assert refusal(client.get(ORDERS)) == (404, "RESOURCE_NOT_FOUND")
            order = plex.add_purchase_order("PO-1", supplier="ACME", lines=LINES)
            assert order["modifiedDate"] is None
            since = {"modified_date": "2020-01-01T00:00:00Z"}
            assert client.get(ORDERS, params=since).status_code == 404
            answer = client.put(f"{ORDERS}/{order['id']}", json={"note": "x"})
            assert (answer.status_code, answer.content) == (204, b"")
            assert len(client.get(ORDERS, params=since).json()) == 1
