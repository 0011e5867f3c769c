"""Verified webhooks into the inbox: one receiver, mounted as ASGI or WSGI."""

from mlconnector_sdk.webhooks.asgi import asgi_app
from mlconnector_sdk.webhooks.receiver import Receiver, Reply, WebhookParser
from mlconnector_sdk.webhooks.wsgi import wsgi_app

__all__ = ["Receiver", "Reply", "WebhookParser", "asgi_app", "wsgi_app"]
