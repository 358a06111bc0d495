"""Request units, estimated: Cosmos publishes two points of each curve (1 KB and 100 KB), these are straight lines through them.

read   1 RU at 1 KB, 10 at 100 KB        create 5 at 1 KB, 50 at 100 KB
delete as create                          replace, upsert, patch of an existing item: twice a create (old index out, new one in)
query  2.3 RU, and 0.03 and a hundredth per KB for every item returned
"""

from collections.abc import Sequence


def of_read(size: int) -> float:
    return round(1 + 9 / 99 * _extra_kb(size), 2)


def of_create(size: int) -> float:
    return round(5 + 45 / 99 * _extra_kb(size), 2)


def of_replace(size: int) -> float:
    return round(2 * of_create(size), 2)


def of_query(sizes: Sequence[int]) -> float:
    return round(2.3 + 0.03 * len(sizes) + 0.01 * sum(sizes) / 1024, 2)


def _extra_kb(size: int) -> float:
    return max(0.0, size / 1024 - 1)
