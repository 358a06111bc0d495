"""Our parquet files, read back by the library everybody reads them with."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet as reader
from pyarrow import string

from shared.parquet import table

TEXT = st.one_of(st.none(), st.text(max_size=40))
GROUPS = st.lists(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=300), max_size=4)


def read(content):
    return reader.read_table(io.BytesIO(content))


@settings(max_examples=60, deadline=None)
@given(GROUPS)
def test_what_is_written_is_read(groups):
    content = b"".join(table(("price", "note"), ({"price": [a for a, _ in rows], "note": [b for _, b in rows]} for rows in groups)))
    found = read(content)
    assert found.column_names == ["price", "note"] and all(field.type == string() for field in found.schema)
    everything = [row for rows in groups for row in rows]
    assert list(zip(found["price"].to_pylist(), found["note"].to_pylist(), strict=True)) == everything


def test_many_columns_and_many_groups_fit_the_long_forms_of_lists_and_numbers():
    names = [f"column {k}" for k in range(40)]
    groups = [{name: [f"{name}/{g}/{row}" * 50 for row in range(g + 1)] for name in names} for g in range(20)]
    found = read(b"".join(table(names, groups)))
    assert found.num_rows == 210 and found["column 39"][-1].as_py() == "column 39/19/19" * 50
    assert reader.ParquetFile(io.BytesIO(b"".join(table(names, groups)))).num_row_groups == 20


def test_a_file_without_rows_still_names_its_columns():
    assert read(b"".join(table(("at", "price"), ()))).column_names == ["at", "price"]
    assert read(b"".join(table(("at",), ({"at": []},)))).num_rows == 0


def test_money_stays_the_text_it_was_and_the_bytes_are_the_same_each_time():
    group = {"amount": ["0.00000001", "123456789012345678.1", None]}
    first = b"".join(table(("amount",), [group]))
    assert first == b"".join(table(("amount",), [group]))
    assert read(first)["amount"].to_pylist() == group["amount"]


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="not as long"):
        b"".join(table(("a", "b"), [{"a": ["1"], "b": []}]))
