"""Who owns which name until when, in SQL."""

from __future__ import annotations

from datetime import datetime

from mlconnector_sdk.storage.sqlite.database import Database
from mlconnector_sdk.storage.sqlite.values import micros

__all__ = ["Claims"]

_CLAIM = """
    INSERT INTO claims (purpose, name, owner, until) VALUES (:purpose, :name, :owner, :until)
    ON CONFLICT DO UPDATE SET owner = :owner, until = :until WHERE owner = :owner OR until <= :now
"""
_RELEASE = "DELETE FROM claims WHERE purpose = ? AND name = ? AND owner = ?"


class Claims:
    """Names that one owner holds at a time, over threads and processes.

    Args:
        database: Where they are kept.
        purpose: Keeps the names of one store apart from those of another in the same file.
    """

    def __init__(self, database: Database, purpose: str) -> None:
        self._database = database
        self._purpose = purpose

    def claim(self, name: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Become the only owner of a name until then; again by the same owner extends. False: taken."""
        values = {
            "purpose": self._purpose,
            "name": name,
            "owner": owner,
            "now": micros(now),
            "until": micros(until),
        }
        return self._database.change(_CLAIM, values) == 1

    def release(self, name: str, owner: str) -> None:
        """Give a claim back; not ours or not there: nothing happens."""
        self._database.change(_RELEASE, (self._purpose, name, owner))
