"""Service Bus on one machine: queues on SQLite, an AMQP 1.0 endpoint for the official SDK, and the trigger that runs functions."""
