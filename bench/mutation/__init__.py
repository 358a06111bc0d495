"""Mutation check of the core: small lies are told in the source, one at a time, and the tests must notice."""
