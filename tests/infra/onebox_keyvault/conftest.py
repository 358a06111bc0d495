"""The vault's tests have no port in common."""

from tests.vaults import nothing_is_known_of_a_port

__all__ = ["nothing_is_known_of_a_port"]
