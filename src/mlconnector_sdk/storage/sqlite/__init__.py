"""SQLite, the embedded default: one file that the threads and processes of one machine share.

Any of the four stores may be given the same path, or one `Database` to share its connections.
"""

from mlconnector_sdk.storage.sqlite.audit import SQLiteAuditLog
from mlconnector_sdk.storage.sqlite.database import Database
from mlconnector_sdk.storage.sqlite.secrets import SQLiteSecretStore
from mlconnector_sdk.storage.sqlite.store import SQLiteStore
from mlconnector_sdk.storage.sqlite.tokens import SQLiteTokenStore

__all__ = ["Database", "SQLiteAuditLog", "SQLiteSecretStore", "SQLiteStore", "SQLiteTokenStore"]
