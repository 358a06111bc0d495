"""A Web PubSub endpoint for one machine, spoken to by the official service and client libraries."""

from .service import WebPubSubService

__all__ = ["WebPubSubService"]
