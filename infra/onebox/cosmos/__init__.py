"""A Cosmos DB endpoint for one machine, spoken to by the unmodified azure-cosmos clients."""

from .service import CosmosService

__all__ = ["CosmosService"]
