"""onebox: the host side of Azure Functions on one machine. Knows nothing of what the app is about."""
