"""The integrations: each a page that composes adapters, mappings and flows."""
