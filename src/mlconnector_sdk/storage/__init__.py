"""Backends of the ports: memory, and SQLite as the embedded default."""
