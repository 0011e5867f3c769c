"""How files get to a partner's system, and what goes wrong on the way."""

from __future__ import annotations

__all__ = ["Transport"]


class Transport:
    """Delivers at once and without trouble until told otherwise.

    Example:
        >>> transport = Transport()
        >>> transport.fails(attempts=2)
        >>> [transport.next_problem() for _ in range(3)]
        ['the connection was refused', 'the connection was refused', None]
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        """Virtual seconds between the request and the first attempt to deliver its file."""
        self._failing: int | None = 0
        self._message = ""

    def takes(self, seconds: float) -> None:
        """Deliver every file so many virtual seconds after it was made."""
        self.seconds = seconds

    def fails(self, attempts: int | None = None, *, message: str = "the connection was refused") -> None:
        """Let the next attempts fail.

        Args:
            attempts: How many, whichever files they belong to; None for all until `recovers`.
            message: What the report says.
        """
        self._failing, self._message = attempts, message

    def recovers(self) -> None:
        """Let attempts succeed again."""
        self._failing = 0

    def next_problem(self) -> str | None:
        """Count an attempt: why it fails, or None."""
        if self._failing == 0:
            return None
        if self._failing is not None:
            self._failing -= 1
        return self._message
