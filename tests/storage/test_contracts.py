"""The contracts themselves: they take async backends, stay whole, and catch backends that break a promise."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from mlconnector_sdk.storage.memory import (
    MemoryAuditLog,
    MemorySecretStore,
    MemoryStore,
    MemoryTokenStore,
)
from mlconnector_sdk.testing import (
    AuditLogContract,
    SecretStoreContract,
    StoreContract,
    TokenStoreContract,
)

HERE = Path(__file__).parent


class Awaited:
    """A backend whose methods return awaitables."""

    def __init__(self, backend):
        self._backend = backend

    def __getattr__(self, name):
        method = getattr(self._backend, name)

        async def awaited(*arguments, **options):
            return method(*arguments, **options)

        return awaited

    # Named, so that runtime checks of the protocol see them.
    async def write(self, events):
        self._backend.write(events)

    async def read(self, **about):
        return self._backend.read(**about)


class AwaitedStore(Awaited):
    @property
    def audit(self):
        return Awaited(self._backend.audit)


class TestAsyncStore(StoreContract):
    walks = 3

    @pytest.fixture
    def store(self):
        return AwaitedStore(MemoryStore())


class TestAsyncAuditLog(AuditLogContract):
    @pytest.fixture
    def log(self):
        return Awaited(MemoryAuditLog())


class TestAsyncSecretStore(SecretStoreContract):
    @pytest.fixture
    def secrets(self):
        return Awaited(MemorySecretStore())


class TestAsyncTokenStore(TokenStoreContract):
    @pytest.fixture
    def tokens(self):
        return Awaited(MemoryTokenStore())


def test_a_contract_stays_whole():
    with pytest.raises(
        TypeError, match="test_there_is_no_token_before_the_first, which is part of the contract"
    ):

        class Weaker(TokenStoreContract):
            def test_there_is_no_token_before_the_first(self, tokens):
                pass


def test_a_test_may_be_excused_with_a_reason():
    class Excused(TokenStoreContract):
        @pytest.mark.xfail(reason="our vault makes one up")
        def test_there_is_no_token_before_the_first(self, tokens):
            super().test_there_is_no_token_before_the_first(tokens)

    with pytest.raises(TypeError):

        class Silent(TokenStoreContract):
            @pytest.mark.xfail
            def test_there_is_no_token_before_the_first(self, tokens):
                super().test_there_is_no_token_before_the_first(tokens)


def test_a_backend_may_add_tests_of_its_own():
    class More(TokenStoreContract):
        def test_something_else(self, tokens):
            pass


# Enough to catch each of them; the long and the many-fold tests are left out.
SHORT = "not walks and not survive and not State. and not odd and not at_once or pollers_at_once_create"
FOUND_BY_WALKING = {
    "TestNoFence",
    "TestNoDedupeOfEvents",
    "TestStatesComparedWithAllOfTheLine",
    "TestEventsKnownAcrossFlows",
    "TestBaselineNotCompared",
    "TestNothingBlocks",
    "TestLeaseExcludesNobody",
    "TestHalfACollection",
    "TestFollowOnsOfRefusedSaves",
    "TestDueTimeIgnored",
    "TestDeliberateIsCompared",
    "TestDocumentNotSaved",
    "TestDueOfEverybody",
    "TestKnownIsAccepted",
    "TestPurgeOfEveryState",
    "TestPurgedComesBack",
}


def failures(folder, expression):
    """Which tests fail for which of the broken backends."""
    report = folder / "report.xml"
    files = [str(HERE / "broken_backends.py"), str(HERE / "broken_purges.py")]
    command = [sys.executable, "-m", "pytest", *files, "-k", expression]
    options = ["-q", "--tb=no", f"--junitxml={report}", "-p", "no:cacheprovider", "-o", "addopts="]
    subprocess.run([*command, *options], capture_output=True, timeout=300, check=False)
    failed: dict[str, list[str]] = {}
    for case in ET.parse(report).iter("testcase"):
        name = case.attrib["classname"].rpartition(".")[2]
        failed.setdefault(name, [])
        if case.find("failure") is not None:
            failed[name].append(case.attrib["name"])
    return failed


def test_broken_backends_are_caught(tmp_path):
    failed = failures(tmp_path, SHORT)
    assert len(failed) == 61
    assert [name for name, tests in failed.items() if not tests] == []


def test_random_walks_alone_catch_broken_backends(tmp_path):
    failed = failures(tmp_path, f"walks_of_entries and ({' or '.join(FOUND_BY_WALKING)})")
    assert {name for name, tests in failed.items() if tests} == FOUND_BY_WALKING
