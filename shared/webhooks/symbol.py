"""How senders spell a market, compared with how we do: `BINANCE:BTCUSDT.P`, `USDT_BTC`, `BTC/USDT:USDT` may all mean one of ours."""

from __future__ import annotations


def spelled(symbol: str) -> str:
    """A symbol without its exchange, its separators and its perpetual mark: `BINANCE:BTC/USDT.P` is `BTCUSDT`."""
    text = symbol.upper().strip()
    head, colon, tail = text.partition(":")
    if colon and "/" not in head:  # an exchange stands before the colon, a settlement currency behind it
        text = tail.partition(":")[0] if "/" in tail else tail
    elif colon:
        text = head
    text = text.removesuffix(".P").removesuffix("PERP") if not text.endswith("/PERP") else text
    return "".join(one for one in text if one.isalnum())


def is_same(said: str, ours: str) -> bool:
    """Whether what the alert says can mean our symbol; `QUOTE_BASE` is 3Commas' order."""
    base, _, quote = ours.partition("/")
    quote = quote.partition(":")[0]
    if "_" in said and "/" not in said:
        first, _, second = said.upper().partition("_")
        return (second, first) == (base, quote) or (first, second) == (base, quote)
    return spelled(said) == f"{base}{quote}".upper()
