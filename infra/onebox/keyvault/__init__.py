"""A Key Vault endpoint for secrets on one machine, spoken to by the unmodified azure-keyvault-secrets client."""

from .service import KeyVaultService

__all__ = ["KeyVaultService"]
