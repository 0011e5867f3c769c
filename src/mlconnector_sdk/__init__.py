"""Typed clients, pure EDI mappings and crash-safe pipelines for manufacturing and distribution."""
