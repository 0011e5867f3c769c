"""Encryption of what must never lie about in plain text: AES-256-GCM under named keys.

A sealed value says with which key it was sealed, and opens only as what it was sealed for: the purpose,
the name and the key are authenticated with it, so a row that was copied over another does not open.

The format, in bytes: version (1), length of the key's name (1), the key's name, nonce (12), ciphertext
with its 16-byte tag.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from mlconnector_sdk.errors import ConfigurationError, MissingSetting, SecretUnreadable
from mlconnector_sdk.secret import Secret
from mlconnector_sdk.storage.private_file import check_private, create_private

__all__ = ["KeyRing"]

_VERSION = 1
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class KeyRing:
    """Several named 256-bit keys: the active one seals, all of them open.

    To change the key, put a new one in front (`with_new`), let the stores `reencrypt()`, then drop the old.

    Args:
        keys: 32 bytes each, by name.
        active: The name of the key that seals.

    Raises:
        ConfigurationError: A key has another length, a name is not allowed, or the active key is not there.

    Example:
        >>> keys = KeyRing.generate("2026-01")
        >>> sealed = keys.seal(b"pass word", purpose="secret", name="plex")
        >>> keys.open(sealed, purpose="secret", name="plex")
        b'pass word'
    """

    __slots__ = ("_keys", "active")

    def __init__(self, keys: Mapping[str, bytes], *, active: str) -> None:
        for name, key in keys.items():
            _check_name(name)
            if len(key) != _KEY_BYTES:
                raise ConfigurationError(
                    f"the encryption key {name!r} has {len(key) * 8} bits, it needs 256",
                    remedy="make one with KeyRing.generate(name), or 32 random bytes in base64",
                    path=name,
                )
        if active not in keys:
            raise ConfigurationError(
                f"the active encryption key {active!r} is not among the keys", path=active
            )
        self._keys = {active: keys[active], **keys}
        self.active = active

    @classmethod
    def generate(cls, name: str = "key-1") -> KeyRing:
        """A ring with one new random key."""
        return cls({name: os.urandom(_KEY_BYTES)}, active=name)

    @classmethod
    def from_text(cls, text: str) -> KeyRing:
        """Read ``name:base64`` pairs, parted by commas or line ends; the first is active, # begins a comment.

        Raises:
            ConfigurationError: The text has another form. It never appears in the message.
        """
        keys: dict[str, bytes] = {}
        for line in text.splitlines():
            for pair in filter(None, (part.strip() for part in line.partition("#")[0].split(","))):
                name, key = _parse(pair)
                if name in keys:
                    raise ConfigurationError(f"the encryption key {name!r} is there twice", path=name)
                keys[name] = key
        if not keys:
            raise ConfigurationError(
                "there is no encryption key", remedy="give name:base64, the active one first"
            )
        return cls(keys, active=next(iter(keys)))

    @classmethod
    def from_env(cls, variable: str = "MLCONNECTOR_KEYS") -> KeyRing:
        """Read the keys from an environment variable, in the form of `from_text`.

        Raises:
            MissingSetting: It is not set.
            ConfigurationError: It has another form.
        """
        text = os.environ.get(variable, "")
        if not text:
            raise MissingSetting(
                f"the environment variable {variable} with the encryption keys is not set",
                remedy="set it to name:base64, the active key first; KeyRing.generate().to_text() makes one",
                path=variable,
            )
        return cls.from_text(text)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> KeyRing:
        """Read the keys from a file, in the form of `from_text`.

        Raises:
            MissingSetting: There is no such file.
            ConfigurationError: Others than its owner may use it, or it has another form.
        """
        file = Path(path)
        try:
            check_private(file)
            return cls.from_text(file.read_text(encoding="ascii"))
        except FileNotFoundError as error:
            raise MissingSetting(
                f"the key file {file} does not exist",
                remedy="make one with KeyRing.generate().to_file(path), and keep a copy of it elsewhere",
                path=str(file),
            ) from error
        except UnicodeDecodeError:
            raise ConfigurationError(f"the key file {file} is not text", path=str(file)) from None
        except OSError as error:
            raise ConfigurationError(
                f"the key file {file} cannot be read: {error.strerror}", path=str(file)
            ) from error

    def with_new(self, name: str) -> KeyRing:
        """A ring with a new random key, which is active, in front of these.

        Raises:
            ConfigurationError: There is a key of that name.
        """
        if name in self._keys:
            raise ConfigurationError(f"there is an encryption key {name!r} already", path=name)
        return KeyRing({name: os.urandom(_KEY_BYTES), **self._keys}, active=name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the keys, the active one first."""
        return tuple(self._keys)

    def to_text(self) -> Secret:
        """The keys in the form of `from_text`: for a vault, or the environment of a process."""
        return Secret(
            ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in self._keys.items())
        )

    def to_file(self, path: str | os.PathLike[str]) -> None:
        """Write the keys to a new file that its owner alone may read (mode 0600).

        Raises:
            ConfigurationError: It is there already (keys are never overwritten), or cannot be created.
        """
        file = Path(path)
        try:
            descriptor = create_private(file)
        except OSError as error:
            raise ConfigurationError(
                f"the key file {file} cannot be created: {error.strerror}",
                remedy="give a path that does not exist yet, in a folder that this user may write",
                path=str(file),
            ) from error
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(self.to_text().reveal().replace(",", "\n") + "\n")

    def seal(self, plaintext: bytes, *, purpose: str, name: str) -> bytes:
        """Encrypt with the active key, under a random nonce.

        Args:
            purpose: What kind of thing it is, e.g. ``secret``; needed again to open it.
            name: Which one it is; needed again to open it.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        header = _header(self.active)
        nonce = os.urandom(_NONCE_BYTES)
        context = _context(header, purpose, name)
        return header + nonce + AESGCM(self._keys[self.active]).encrypt(nonce, plaintext, context)

    def open(self, sealed: bytes, *, purpose: str, name: str) -> bytes:
        """Decrypt what `seal` made for the same purpose and name.

        Raises:
            SecretUnreadable: Its key is not in the ring, or it is not what was sealed for this name.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        what = f"the {purpose} {name!r}"
        key_name, header, rest = self._split(sealed, what)
        key = self._keys.get(key_name)
        if key is None:
            raise SecretUnreadable(
                f"{what} is sealed with the key {key_name!r}, which is not at hand "
                f"(there are: {', '.join(self.names)})",
                remedy=f"add the key {key_name!r} behind the active one, or put the {purpose} again",
                path=name,
            )
        nonce, ciphertext = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, _context(header, purpose, name))
        except InvalidTag:
            raise SecretUnreadable(
                f"{what} does not open with the key {key_name!r}: the key has another value than the one it "
                f"was sealed with, or the stored bytes were changed or moved from another name",
                remedy=f"give the right key {key_name!r}, restore the file, or put the {purpose} again",
                path=name,
            ) from None

    def key_of(self, sealed: bytes, *, purpose: str, name: str) -> str:
        """The name of the key with which something was sealed.

        Raises:
            SecretUnreadable: It was not made by `seal`.
        """
        return self._split(sealed, f"the {purpose} {name!r}")[0]

    def _split(self, sealed: bytes, what: str) -> tuple[str, bytes, bytes]:
        """The key's name, the header that holds it, and what follows."""
        if len(sealed) >= 2 and sealed[0] == _VERSION:
            end = 2 + sealed[1]
            key_name = sealed[2:end].decode("ascii", "replace")
            if _NAME.fullmatch(key_name) and len(sealed) >= end + _NONCE_BYTES + _TAG_BYTES:
                return key_name, sealed[:end], sealed[end:]
        raise SecretUnreadable(
            f"{what} is damaged: the stored bytes were not sealed by this version",
            remedy="restore the file from a backup, put it again, or upgrade mlconnector-sdk",
            path=what,
        )

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.names)}; active: {self.active})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a KeyRing is never pickled: let the other process read its keys itself")


def _parse(pair: str) -> tuple[str, bytes]:
    name, colon, text = pair.partition(":")
    if not colon:
        raise ConfigurationError(
            "an encryption key has no name", remedy="write name:base64, e.g. the output of KeyRing.to_text()"
        )
    _check_name(name)
    try:
        return name, base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ConfigurationError(f"the encryption key {name!r} is not base64", path=name) from None


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            "the name of an encryption key is not allowed",  # not shown: it may be the key itself
            remedy="use 1 to 64 letters, digits, dots, dashes and underscores, e.g. 2026-01",
        )


def _header(key_name: str) -> bytes:
    name = key_name.encode("ascii")
    return bytes((_VERSION, len(name))) + name


def _context(header: bytes, purpose: str, name: str) -> bytes:
    """What is authenticated beside the ciphertext; the lengths keep its parts apart."""
    parts = (header, purpose.encode(), name.encode())
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
