"""Stedi as a local HTTP server: transactions in and out, webhooks, and played suppliers."""
