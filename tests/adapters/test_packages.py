"""Every adapter's package: cheap to import, complete, and of one build."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

ADAPTERS = ("plex", "stedi")


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_public_name_is_there(name: str) -> None:
    package = import_module(f"mlconnector_sdk.adapters.{name}")
    assert sorted(package.__all__) == sorted(package._HOMES)
    for public in package.__all__:
        assert getattr(package, public).__module__.startswith(package.__name__), public
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="Nonsense"):
        package.Nonsense  # noqa: B018 - reading it is the test


@pytest.mark.parametrize("name", ADAPTERS)
def test_importing_the_package_loads_next_to_nothing(name: str) -> None:
    code = (
        f"import sys, mlconnector_sdk.adapters.{name}; "
        "print(*[m for m in ('httpx', 'cattrs', 'msgspec', 'authlib', 'attrs') if m in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_mapping_loads_no_http() -> None:
    code = (
        "import sys, mlconnector_sdk.adapters.plex.convert, mlconnector_sdk.adapters.plex.acknowledgment, "
        "mlconnector_sdk.adapters.stedi.convert, mlconnector_sdk.adapters.stedi.webhooks; "
        "print('httpx' in sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == ["False"]
