"""What a strategy of authorization is: the two questions that the client asks it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from mlconnector_sdk.records import Token
from mlconnector_sdk.secret import Secret

if TYPE_CHECKING:
    from mlconnector_sdk.core.answers import Answer
    from mlconnector_sdk.core.credential import Credential
    from mlconnector_sdk.core.outgoing import Outgoing
    from mlconnector_sdk.core.runtime import Runtime

__all__ = ["Auth", "Authorization", "Line"]


@frozen(kw_only=True)
class Authorization:
    """What one request was sent with.

    Args:
        headers: To be attached.
        token: The token in them, for strategies that have one.
    """

    headers: tuple[tuple[str, Secret], ...] = ()
    token: Token | None = None


class Line(Protocol):
    """What a strategy may use: the client lends it for the length of a call."""

    @property
    def runtime(self) -> Runtime:
        """Time, waiting and sending."""
        ...

    @property
    def credential(self) -> Credential:
        """The state that clients with the same credential share."""
        ...

    async def ask(self, outgoing: Outgoing) -> Answer:
        """Exchange a token request: logged and shown to hooks as any other, but never repeated by itself."""
        ...


class Auth:
    """A strategy: what to attach to a request, and whether one that was answered 401 is worth another try.

    Args:
        key: Names the credential without giving it away: a digest. Clients with the same key share limits,
            budget and token.
        remedy: What a person should do when the vendor refuses the credential.
    """

    def __init__(self, key: str, remedy: str = "") -> None:
        self.key = key
        self.remedy = remedy

    async def authorize(self, line: Line) -> Authorization:
        """What to attach to a request.

        Raises:
            AuthenticationFailed: The credentials were refused.
            Throttled: No token may be asked for now.
            VendorUnavailable: The token URL cannot be reached.
        """
        raise NotImplementedError

    def refused(self, authorization: Authorization, line: Line, *, again: bool) -> bool:
        """The vendor answered 401: whether another try is worth while.

        Args:
            authorization: What the request was sent with.
            line: The client's.
            again: The token was new already: renewing is not the cure.
        """
        return False

    def secrets(self) -> Sequence[Secret]:
        """What must not be quoted, should the vendor repeat it in an error message."""
        return ()
