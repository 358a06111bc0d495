"""Reads Cosmos SQL text into a syntax tree; what a tree means is decided in `translate`.

Rules
1. Only the parser library looks at the text. Nothing here is matched by pattern.
2. Every function stays anonymous, so its arguments keep the order the caller wrote.
"""

from functools import lru_cache
from typing import NamedTuple

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser
from sqlglot.tokens import Tokenizer, TokenType

from .errors import bad_query

_LONGEST_QUERY = 256 * 1024  # Cosmos' own limit for the text of a query


class CosmosSql(Dialect):
    """Single and double quotes are both strings; brackets are property access."""

    class Tokenizer(Tokenizer):
        QUOTES = ["'", '"']
        IDENTIFIERS = ["`"]  # the library wants one; Cosmos has none, and `translate` refuses it
        STRING_ESCAPES = ["\\"]
        KEYWORDS = {**Tokenizer.KEYWORDS, "TOP": TokenType.TOP}

    class Parser(Parser):
        FUNCTIONS = {}
        FUNCTION_PARSERS = {}
        NO_PAREN_FUNCTIONS = {}
        NO_PAREN_FUNCTION_PARSERS = {}


class Parsed(NamedTuple):
    """One SELECT: its tree, and whether it said VALUE."""

    tree: exp.Select
    is_value: bool


@lru_cache(maxsize=512)
def parse(text: str) -> Parsed:
    """The tree of one SELECT; refuses anything else with 400."""
    if len(text) > _LONGEST_QUERY:
        raise bad_query("the query text is too long")
    try:
        tokens, is_value = _without_value(CosmosSql.Tokenizer().tokenize(text))
        trees = CosmosSql.Parser(dialect=CosmosSql).parse(tokens, text)
    except (SqlglotError, RecursionError, IndexError) as error:
        raise bad_query(f"Syntax error: {str(error).splitlines()[0] if str(error) else 'not readable'}") from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Select):
        raise bad_query("Syntax error: one SELECT is expected")
    return Parsed(trees[0], is_value)


def _without_value(tokens):
    """Takes the word VALUE out, which no other dialect has in this place."""
    at = 1
    while at < len(tokens) and tokens[at].token_type in (TokenType.DISTINCT, TokenType.TOP):
        if tokens[at].token_type is TokenType.TOP:
            at += 1 if tokens[at + 1].token_type is TokenType.NUMBER else 2
        at += 1
    follows = tokens[at + 1].token_type if at + 1 < len(tokens) else None
    is_value = (
        at < len(tokens) and tokens[at].text.upper() == "VALUE" and follows not in (TokenType.COMMA, TokenType.DOT, TokenType.FROM, None)
    )
    return (tokens[:at] + tokens[at + 1 :], True) if is_value else (tokens, False)
