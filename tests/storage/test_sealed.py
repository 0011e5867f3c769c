"""Secrets and tokens in SQLite: encrypted, bound to their names, and moved from key to key."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from mlconnector_sdk.errors import ConfigurationError, SecretUnreadable
from mlconnector_sdk.records import Token
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.storage import KeyRing
from mlconnector_sdk.storage.sqlite import SQLiteSecretStore, SQLiteStore, SQLiteTokenStore
from mlconnector_sdk.testing.store_contract.samples import NOW

CANARY = "canary-4f1c-ümläut"
OLD = KeyRing.generate("old")
BOTH = OLD.with_new("new")
NEW = KeyRing.from_text(BOTH.to_text().reveal().partition(",")[0])


def token(text):
    return Token(
        access_token=Secret(text),
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=1),
        refresh_token=Secret(f"{text} refresh"),
    )


def change_rows(path, sql, *values):
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        assert raw.execute(sql, values).rowcount > 0


def test_no_plaintext_reaches_the_disk(tmp_path):
    path = tmp_path / "vault.db"
    with (
        SQLiteSecretStore(path, keys=OLD) as secrets,
        SQLiteTokenStore(path, keys=OLD) as tokens,
    ):
        for n in range(20):
            secrets.put(f"secret {n}", Secret(f"{CANARY} {n}"))
            tokens.put(f"token {n}", token(f"{CANARY} {n}"))
        secrets.reencrypt()
        written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert b"secret 19" in written  # names are not hidden
        for plain in (CANARY.encode(), CANARY.encode("utf-16-le"), b"canary", b"refresh"):
            assert plain not in written
        for key in OLD._keys.values():
            assert key not in written
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"canary" not in written


def test_all_keys_change_without_a_stop(path):
    with SQLiteSecretStore(path, keys=OLD) as secrets, SQLiteTokenStore(path, keys=OLD) as tokens:
        for n in range(5):
            secrets.put(f"s{n}", Secret(f"secret {n}"))
            tokens.put(f"t{n}", token(f"token {n}"))
    with SQLiteSecretStore(path, keys=BOTH) as secrets, SQLiteTokenStore(path, keys=BOTH) as tokens:
        secrets.put("s0", Secret("newer"))
        assert secrets.get("s1") == Secret("secret 1")
        assert secrets.reencrypt() == 4
        assert secrets.reencrypt() == 0
        assert tokens.reencrypt() == 5
    with SQLiteSecretStore(path, keys=NEW) as secrets, SQLiteTokenStore(path, keys=NEW) as tokens:
        assert secrets.get("s0") == Secret("newer")
        assert [secrets.get(f"s{n}").reveal() for n in range(1, 5)] == [f"secret {n}" for n in range(1, 5)]
        assert [tokens.get(f"t{n}") for n in range(5)] == [token(f"token {n}") for n in range(5)]


def test_a_change_of_keys_that_cannot_read_all_changes_nothing(path):
    with SQLiteSecretStore(path, keys=OLD) as secrets:
        secrets.put("a", Secret("1"))
        secrets.put("b", Secret("2"))
    change_rows(
        path, "UPDATE sealed SET content = CAST(substr(content, 1, 30) || x'00' AS BLOB) WHERE name = 'b'"
    )
    with SQLiteSecretStore(path, keys=BOTH) as secrets, pytest.raises(SecretUnreadable, match="'b'"):
        secrets.reencrypt()
    with SQLiteSecretStore(path, keys=OLD) as secrets:
        assert secrets.get("a") == Secret("1")


@pytest.mark.parametrize("store", [SQLiteSecretStore, SQLiteTokenStore])
def test_a_key_that_is_gone(path, store):
    value = Secret(CANARY) if store is SQLiteSecretStore else token(CANARY)
    with store(path, keys=OLD) as sealed:
        sealed.put("plex", value)
    with store(path, keys=NEW) as sealed, pytest.raises(SecretUnreadable) as caught:
        sealed.get("plex")
    message = str(caught.value)
    assert "'plex'" in message
    assert "'old'" in message
    assert "Remedy:" in message
    assert "canary" not in message


def test_swapped_and_copied_rows_do_not_open(path):
    with SQLiteSecretStore(path, keys=OLD) as secrets, SQLiteTokenStore(path, keys=OLD) as tokens:
        secrets.put("plex", Secret("p"))
        secrets.put("stedi", Secret("s"))
        tokens.put("plex", token("t"))
        stolen = "(SELECT content FROM sealed WHERE purpose = 'secret' AND name = 'stedi')"
        change_rows(path, f"UPDATE sealed SET content = {stolen} WHERE name = 'plex'")
        with pytest.raises(SecretUnreadable, match="moved from another name"):
            secrets.get("plex")
        with pytest.raises(SecretUnreadable):
            tokens.get("plex")
        assert secrets.get("stedi") == Secret("s")


def test_the_same_name_as_a_secret_and_as_a_token(path):
    with SQLiteSecretStore(path, keys=OLD) as secrets, SQLiteTokenStore(path, keys=OLD) as tokens:
        secrets.put("plex", Secret("p"))
        tokens.put("plex", token("t"))
        assert (secrets.get("plex"), tokens.get("plex")) == (Secret("p"), token("t"))
        assert secrets.names() == ["plex"]
        secrets.delete("plex")
        assert tokens.get("plex") == token("t")


def test_a_claim_on_a_flow_is_no_claim_on_a_token(path):
    later = NOW + timedelta(minutes=5)
    with SQLiteStore(path) as store, SQLiteTokenStore(path, keys=OLD) as tokens:
        assert store.claim("plex", "a", now=NOW, until=later)
        assert tokens.claim("plex", "b", now=NOW, until=later)


@pytest.mark.parametrize("store", [SQLiteSecretStore, SQLiteTokenStore])
def test_a_file_that_others_may_use_is_refused(path, store):
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="mode 0640") as caught:
        store(path, keys=OLD)
    assert caught.value.remedy == f"chmod 600 {path}"
    path.chmod(0o600)
    store(path, keys=OLD).close()


def test_stores_do_not_show_what_they_hold(path):
    with SQLiteSecretStore(path, keys=OLD) as secrets, SQLiteTokenStore(path, keys=OLD) as tokens:
        assert repr(secrets) == f"SQLiteSecretStore({str(path)!r})"
        assert repr(tokens) == f"SQLiteTokenStore({str(path)!r})"
