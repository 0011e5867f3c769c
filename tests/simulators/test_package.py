"""The simulators as others use them: fixtures, processes, and what is loaded when."""

from __future__ import annotations

import doctest
import importlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import mlconnector_sdk.simulators as simulators
from mlconnector_sdk.simulators import PlexSimulator, StediSimulator, VirtualTime

FOLDER = Path(simulators.__file__).parent


def test_the_fixtures_share_a_clock(
    plex_simulator: PlexSimulator, stedi_simulator: StediSimulator, simulator_time: VirtualTime
) -> None:
    before = simulator_time.now()
    plex_simulator.advance(60)
    assert (stedi_simulator.time.now() - before).total_seconds() == 60
    assert httpx.get(plex_simulator.url).status_code == 404


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_the_fixtures_load_nothing_before_they_are_used() -> None:
    code = (
        "import sys, mlconnector_sdk.simulators.fixtures; print({'starlette', 'asyncio'} & set(sys.modules))"
    )
    assert run(code).stdout.strip() == "set()"


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_a_missing_extra_says_how_to_install_it(missing: str) -> None:
    done = run(
        f"import sys; sys.modules['{missing}'] = None; from mlconnector_sdk.simulators import PlexSimulator"
    )
    assert 'pip install "mlconnector-sdk[simulators]"' in done.stderr.splitlines()[-1]


def test_every_public_name_is_there() -> None:
    for name in simulators.__all__:
        assert getattr(simulators, name).__name__ == name
    with pytest.raises(AttributeError, match="Sage"):
        _ = simulators.SageSimulator


@contextmanager
def process(*arguments: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "mlconnector_sdk.simulators", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield json.loads(running.stdout.readline())
        finally:
            running.send_signal(signal.SIGTERM)
            assert running.wait(10) == 0


def test_plex_as_a_process(tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    file.write_text('[{"poNumber": "PO-1"}]')
    with process("plex", "--load", str(file)) as told:
        origin = told["url"].removesuffix("/api")
        assert set(told) == {"url", "token_url", "client_id", "client_secret", "pcn"}
        orders = {"number": "PO-1"}
        assert httpx.post(f"{origin}/_sim/order", json=orders).json()["poNumber"] == "PO-1"
        lines = [{"part": "WB-100", "quantity": 2.5}]
        more = {"order": "PO-2", "supplier": "ACME", "lines": lines}
        answer = httpx.post(f"{origin}/_sim/add_purchase_order", json=more)
        assert answer.json()["releases"][0]["quantity"] == 2.5
        fault = {"fault": "Answer", "options": {"status": 503}, "path": "*/tenants"}
        assert httpx.post(f"{origin}/_sim/fault", json=fault).status_code == 200
        assert httpx.get(f"{told['url']}/mdm/v1/tenants").status_code == 503
        assert httpx.get(f"{told['url']}/mdm/v1/tenants").status_code == 401
        seen = httpx.post(f"{origin}/_sim/requests").json()
        assert [request["status"] for request in seen] == [503, 401]
        for command, body, status in (
            ("order", {"number": "PO-9"}, 400),
            ("order", {"nummer": "PO-1"}, 400),
            ("fault", {"fault": "FaultPlan"}, 400),
            ("exit", {}, 404),
        ):
            assert httpx.post(f"{origin}/_sim/{command}", json=body).status_code == status
        assert httpx.get(f"{origin}/_sim/order").status_code == 404


def test_stedi_as_a_process() -> None:
    with process("stedi") as told:
        origin = told["url"].removesuffix("/2023-08-01")

        def ask(command: str, **arguments: Any) -> Any:
            answer = httpx.post(f"{origin}/_sim/{command}", json=arguments)
            assert answer.status_code == 200, answer.text
            return answer.json()

        settings = ask("add_partnership", id="me_acme", sender="me", receiver="acme")
        assert settings == {name: f"me_acme-{name}" for name in ("850", "855", "860", "810", "997")}
        ask("answers", partnership="me_acme", behaviour="accept", delay=60)
        assert ask("webhook", url="http://127.0.0.1:9/hook") == "http://127.0.0.1:9/hook"
        assert ask("drop", x12="nonsense")["status"] == "FAILED"
        ask("advance", seconds=60)
        assert ask("sent") == ask("attempts") == ask("deliver_webhooks") == []


def test_a_process_that_cannot_start_says_why(plex_simulator: PlexSimulator) -> None:
    port = plex_simulator.origin.rpartition(":")[2]
    command = [sys.executable, "-m", "mlconnector_sdk.simulators", "plex", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_admin_nobody_may_seed_over_http(plex_simulator: PlexSimulator) -> None:
    assert httpx.post(f"{plex_simulator.origin}/_sim/advance", json={"seconds": 1}).status_code == 404


def modules() -> list[str]:
    paths = (path.relative_to(FOLDER.parent.parent).with_suffix("") for path in FOLDER.rglob("*.py"))
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in paths if path.stem != "__main__")


@pytest.mark.parametrize("name", modules())
def test_the_examples_in_docstrings_are_true(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, globs=vars(module).copy()).failed == 0
