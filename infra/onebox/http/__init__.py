"""The public door: the app's HTTP functions, the static site, and the browser-facing parts of the services."""
