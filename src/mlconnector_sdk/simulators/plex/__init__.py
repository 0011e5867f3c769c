"""Plex as a local HTTP server: the purchasing part of the REST API, and its token endpoint."""
