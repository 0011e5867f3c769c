"""The key ring: what it takes, what it opens, and that it never shows a key."""

from __future__ import annotations

import base64
import os
import pickle
import stat
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlconnector_sdk.errors import ConfigurationError, ConnectorError, MissingSetting, SecretUnreadable
from mlconnector_sdk.storage import KeyRing

KEY = bytes(range(32))
OTHER = bytes(range(32, 64))
TEXT = base64.b64encode(KEY).decode()
OTHER_TEXT = base64.b64encode(OTHER).decode()


def ring(**keys):
    return KeyRing(keys, active=next(iter(keys)))


@given(st.binary(), st.text(), st.text())
def test_what_is_sealed_opens(plaintext, purpose, name):
    purpose, name = (text.encode("utf-8", "replace").decode() for text in (purpose, name))
    keys = ring(k1=KEY)
    sealed = keys.seal(plaintext, purpose=purpose, name=name)
    assert keys.open(sealed, purpose=purpose, name=name) == plaintext
    assert len(sealed) == 1 + 1 + len("k1") + 12 + len(plaintext) + 16


def test_sealing_twice_gives_two_texts():
    keys = ring(k1=KEY)
    sealed = {keys.seal(b"same", purpose="secret", name="n") for _ in range(100)}
    assert len(sealed) == 100
    assert not any(b"same" in each for each in sealed)


def test_the_active_key_seals_and_all_open():
    old, both = ring(k1=KEY), ring(k2=OTHER, k1=KEY)
    sealed = old.seal(b"x", purpose="secret", name="n")
    assert both.open(sealed, purpose="secret", name="n") == b"x"
    assert both.key_of(sealed, purpose="secret", name="n") == "k1"
    assert both.key_of(both.seal(b"x", purpose="secret", name="n"), purpose="secret", name="n") == "k2"
    assert both.names == ("k2", "k1")


def test_the_active_key_need_not_be_given_first():
    keys = KeyRing({"k1": KEY, "k2": OTHER}, active="k2")
    assert keys.names == ("k2", "k1")
    assert keys.to_text().reveal() == f"k2:{OTHER_TEXT},k1:{TEXT}"


def unreadable(keys, sealed, *, purpose="secret", name="plex"):
    with pytest.raises(SecretUnreadable) as caught:
        keys.open(sealed, purpose=purpose, name=name)
    assert name in str(caught.value)
    assert caught.value.remedy
    assert "canary" not in str(caught.value)
    return str(caught.value)


def test_a_key_that_is_not_there():
    sealed = ring(k1=KEY).seal(b"canary", purpose="secret", name="plex")
    message = unreadable(ring(k2=OTHER), sealed)
    assert "'k1', which is not at hand (there are: k2)" in message


def test_a_key_of_the_same_name_with_another_value():
    sealed = ring(k1=KEY).seal(b"canary", purpose="secret", name="plex")
    assert "does not open with the key 'k1'" in unreadable(ring(k1=OTHER), sealed)


@pytest.mark.parametrize("purpose, name", [("token", "plex"), ("secret", "stedi"), ("secretp", "lex")])
def test_what_was_sealed_for_something_else(purpose, name):
    keys = ring(k1=KEY)
    sealed = keys.seal(b"canary", purpose="secret", name="plex")
    unreadable(keys, sealed, purpose=purpose, name=name)


def test_every_changed_byte_is_noticed():
    keys = ring(k1=KEY, k2=KEY)  # the same value under two names: the name itself is authenticated
    sealed = keys.seal(b"canary", purpose="secret", name="plex")
    for position in range(len(sealed)):
        for change in (0x01, 0x03, 0x80):
            changed = bytearray(sealed)
            changed[position] ^= change
            unreadable(keys, bytes(changed))
    for length in range(len(sealed)):
        unreadable(keys, sealed[:length])
    unreadable(keys, sealed + b"x")


def test_reading_keys_from_text():
    keys = KeyRing.from_text(f"# rotated in March\n k2:{OTHER_TEXT} , k1:{TEXT}\n\nk0:{TEXT} # old\n")
    assert keys.names == ("k2", "k1", "k0")
    assert keys.active == "k2"
    assert KeyRing.from_text(keys.to_text().reveal()).names == keys.names


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "no encryption key"),
        ("# nothing", "no encryption key"),
        (TEXT, "has no name"),
        (f"a b:{TEXT}", "not allowed"),
        (f":{TEXT}", "not allowed"),
        (f"k1:{TEXT},k1:{OTHER_TEXT}", "'k1' is there twice"),
        (f"k1:{TEXT[:-1]}", "'k1' is not base64"),
        ("k1:*" + TEXT[1:], "'k1' is not base64"),
        ("k1:" + base64.b64encode(KEY[:16]).decode(), "'k1' has 128 bits"),
        ("k1:" + base64.b64encode(KEY + b"x").decode(), "'k1' has 264 bits"),
        ("k1:", "'k1' has 0 bits"),
    ],
)
def test_keys_that_cannot_be_read(text, reason):
    with pytest.raises(ConfigurationError, match=reason) as caught:
        KeyRing.from_text(text)
    assert TEXT[:10] not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_active_key_has_to_be_there():
    with pytest.raises(ConfigurationError, match="'k2' is not among the keys"):
        KeyRing({"k1": KEY}, active="k2")


def test_keys_from_the_environment(monkeypatch):
    monkeypatch.delenv("MLCONNECTOR_KEYS", raising=False)
    with pytest.raises(MissingSetting, match="MLCONNECTOR_KEYS") as caught:
        KeyRing.from_env()
    assert caught.value.path == "MLCONNECTOR_KEYS"
    monkeypatch.setenv("MLCONNECTOR_KEYS", f"k2:{OTHER_TEXT},k1:{TEXT}")
    assert KeyRing.from_env().names == ("k2", "k1")
    monkeypatch.setenv("MY_KEYS", f"k1:{TEXT}")
    assert KeyRing.from_env("MY_KEYS").names == ("k1",)


def test_keys_from_a_file(tmp_path):
    path = tmp_path / "keys"
    keys = KeyRing.generate("2026-01").with_new("2026-02")
    keys.to_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("2026-02:")
    sealed = keys.seal(b"x", purpose="secret", name="n")
    assert KeyRing.from_file(path).open(sealed, purpose="secret", name="n") == b"x"
    with pytest.raises(ConfigurationError, match="cannot be created: File exists"):
        keys.to_file(path)


def test_a_key_file_is_private_whatever_the_mask(tmp_path):
    mask = os.umask(0)
    try:
        KeyRing.generate().to_file(tmp_path / "keys")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_file_that_others_may_use_is_refused(tmp_path, mode):
    path = tmp_path / "keys"
    KeyRing.generate().to_file(path)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match=f"mode {mode:04o}") as caught:
        KeyRing.from_file(path)
    assert caught.value.remedy == f"chmod 600 {path}"


def test_key_files_that_cannot_be_read(tmp_path):
    with pytest.raises(MissingSetting, match="does not exist") as missing:
        KeyRing.from_file(tmp_path / "keys")
    assert "generate" in missing.value.remedy
    tmp_path.chmod(0o700)
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        KeyRing.from_file(tmp_path)
    (tmp_path / "keys").write_bytes(KEY + OTHER + b"\xff")
    (tmp_path / "keys").chmod(0o600)
    with pytest.raises(ConfigurationError, match="is not text"):
        KeyRing.from_file(tmp_path / "keys")


def test_a_new_key_is_random_and_active():
    keys = KeyRing.generate("k1")
    assert keys.to_text() != KeyRing.generate("k1").to_text()
    assert keys.with_new("k2").names == ("k2", "k1")
    with pytest.raises(ConfigurationError, match="'k1' already"):
        keys.with_new("k1")


def test_keys_do_not_show():
    keys = ring(k1=KEY, k2=OTHER)
    assert repr(keys) == str(keys) == "KeyRing(k1, k2; active: k1)"
    assert "***" in repr(keys.to_text())
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(keys)
    assert not hasattr(keys, "__dict__")


def test_every_refusal_is_one_of_ours():
    for kind in (MissingSetting, SecretUnreadable, ConfigurationError):
        assert issubclass(kind, ConnectorError)


def test_cryptography_is_loaded_by_the_first_use_alone():
    code = (
        "import sys, mlconnector_sdk.storage.memory; assert 'sqlite3' not in sys.modules;"
        "import mlconnector_sdk.storage.vault as vault, mlconnector_sdk.storage.sqlite;"
        "keys = vault.KeyRing.generate(); assert 'cryptography' not in sys.modules;"
        "keys.seal(b'', purpose='', name=''); assert 'cryptography' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
