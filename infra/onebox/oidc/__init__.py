"""A small OpenID Connect issuer, so that a machine of one's own needs no identity provider."""

from .service import OidcService

__all__ = ["OidcService"]
