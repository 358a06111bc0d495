"""A durable task engine over SQLite that speaks the wire format of the stock azure-functions-durable 1.x."""
