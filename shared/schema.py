"""The shape of the documents we write: their `schema`. Apart from the read models, so that writing a number loads none of them."""

SCHEMA = 1
