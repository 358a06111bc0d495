"""The sign-in page: one self-contained document without scripts."""

from html import escape

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in</title>
<style nonce="{nonce}">
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ display: grid; place-items: center; min-height: 100vh; margin: 0 }}
main {{ width: min(22rem, 90vw) }}
label {{ display: block; margin: 1rem 0 .25rem }}
input {{ box-sizing: border-box; width: 100%; padding: .6rem; font: inherit }}
button {{ width: 100%; margin-top: 1rem; padding: .7rem; font: inherit; cursor: pointer }}
p[role=alert] {{ color: #c22 }}
</style></head><body><main>
<h1>Sign in</h1>
{message}<form method="post" autocomplete="on">
<label for="username">E-mail</label>
<input id="username" name="username" type="email" autocomplete="username" required value="{email}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" minlength="8" required>
<button name="do" value="sign-in">Sign in</button>
<button name="do" value="register">Create an account</button>
</form></main></body></html>
"""


def page(nonce: str, email: str = "", message: str = "") -> str:
    """The page; everything given is escaped."""
    alert = f'<p role="alert">{escape(message)}</p>\n' if message else ""
    return _PAGE.format(nonce=escape(nonce), email=escape(email), message=alert)
