"""How a request proves who sends it: the strategies, of which each vendor's client is given one."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from mlconnector_sdk.core.oauth2 import OAuth2ClientCredentials, OAuth2RefreshToken
from mlconnector_sdk.core.strategy import Auth, Authorization, Line
from mlconnector_sdk.errors import ConfigurationError
from mlconnector_sdk.records import digest
from mlconnector_sdk.secret import Secret

__all__ = [
    "ApiKey",
    "Auth",
    "Authorization",
    "Basic",
    "Line",
    "NoAuth",
    "OAuth2ClientCredentials",
    "OAuth2RefreshToken",
]


class NoAuth(Auth):
    """Nothing is attached."""

    def __init__(self) -> None:
        super().__init__(digest("none"))

    async def authorize(self, line: Line) -> Authorization:
        """Nothing."""
        return Authorization()


class ApiKey(Auth):
    """A fixed key in a header of any name.

    Args:
        header: E.g. ``Authorization`` or ``X-Plex-Connect-Api-Key``.
        key: The key.
        prefix: Stands before it, e.g. ``"Key "``.
        setting: What the host calls the setting: for the remedy.
    """

    def __init__(self, header: str, key: Secret, *, prefix: str = "", setting: str = "") -> None:
        if not key:
            raise ConfigurationError("the API key is empty", path=setting)
        super().__init__(
            digest("key", header, prefix, key.reveal()), f"check {setting or 'the API key'}: it was not taken"
        )
        self._secret = key
        self._authorization = Authorization(headers=((header, Secret(prefix + key.reveal())),))

    async def authorize(self, line: Line) -> Authorization:
        """The key."""
        return self._authorization

    def secrets(self) -> Sequence[Secret]:
        """The key."""
        return (self._secret,)


class Basic(Auth):
    """HTTP Basic (RFC 7617), in UTF-8.

    Args:
        username: Without a colon.
        password: May hold anything.
        setting: What the host calls the setting of the password: for the remedy.
    """

    def __init__(self, username: str, password: Secret, *, setting: str = "") -> None:
        if not username or ":" in username:
            raise ConfigurationError("the user name is empty or holds a colon", path=setting)
        super().__init__(
            digest("basic", username, password.reveal()),
            f"check the user {username} and {setting or 'its password'}",
        )
        self._secret = password
        pair = base64.b64encode(f"{username}:{password.reveal()}".encode()).decode()
        self._authorization = Authorization(headers=(("Authorization", Secret(f"Basic {pair}")),))

    async def authorize(self, line: Line) -> Authorization:
        """User and password."""
        return self._authorization

    def secrets(self) -> Sequence[Secret]:
        """The password."""
        return (self._secret,)
