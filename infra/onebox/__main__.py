"""`python -m infra.onebox`: run the app in the foreground until SIGINT or SIGTERM."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from infra.onebox import log, loop
from infra.onebox.config import BadConfig
from infra.onebox.host import Host, Installation
from infra.onebox.lock import InUse
from infra.onebox.tidy import set_apart
from infra.onebox.worker.function import AppBroken

LOG = log.get("host")
MOST_WORKERS = 10
WORKERS = "2"  # one for HTTP, one for all that nobody waits for
WORKERS_HELP = f"processes that run the app (default FUNCTIONS_WORKER_PROCESS_COUNT or {WORKERS}); 0 runs it inside the host"


def port(text: str) -> int:
    """A port as the command line or PORT gives it."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")
    return int(text)


def worker_count(text: str) -> int:
    """How many processes, as the command line or Azure's own setting gives it."""
    if not text.isdecimal() or int(text) > MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"a number of worker processes is from 0 to {MOST_WORKERS}, not {text!r}")
    return int(text)


def parse(arguments: list[str]) -> Installation:
    """The installation from the command line; PORT and DATA of the environment stand in for what is not given."""
    parser = argparse.ArgumentParser(prog="python -m infra.onebox", description="Run the Functions app on this machine.")
    parser.add_argument("--app", type=Path, default=Path("."), help="folder of function_app.py (default: here)")
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"), help="address to bind (default 127.0.0.1)")
    parser.add_argument("--port", type=port, default=os.environ.get("PORT", "7071"), help="public port, 0 for any (default 7071)")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("DATA", ".data")), help="folder of all state (default .data)")
    parser.add_argument("--static", type=Path, default=None, help="static site (default: frontend/out of the app)")
    parser.add_argument("--resources", type=Path, default=None, help="default: infra/resources.json of the app")
    parser.add_argument("--settings", type=Path, default=None, help="default: infra/onebox.settings.json of the app")
    parser.add_argument("--public-url", default=os.environ.get("PUBLIC_URL", ""), help="address browsers use, if not the one bound")
    parser.add_argument(
        "--workers", type=worker_count, default=os.environ.get("FUNCTIONS_WORKER_PROCESS_COUNT", WORKERS), help=WORKERS_HELP
    )
    given = parser.parse_args(arguments)
    app = given.app
    return Installation(
        app,
        given.data,
        given.host,
        given.port,
        given.static or app / "frontend" / "out",
        given.resources or app / "infra" / "resources.json",
        given.settings or app / "infra" / "onebox.settings.json",
        given.public_url.rstrip("/"),
        workers=given.workers,
    )


async def run(installation: Installation) -> int:
    """Until a signal, or until the host fails; the exit status."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    host = Host(installation)
    try:
        await host.start()
        set_apart()
        print(f"{host.url} — sign up with any e-mail and password on the page", flush=True)
        waiting = asyncio.ensure_future(stopped.wait())
        await asyncio.wait({waiting, host.failed}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        return 1 if host.failed.done() else 0
    except (BadConfig, InUse, AppBroken, OSError) as error:
        LOG.critical("%s", error)
        return 1
    finally:
        await host.stop()


def main() -> None:
    log.configure()
    os.umask(0o077)  # whatever is kept is its owner's alone, also in a folder that was there before
    status = loop.run(run(parse(sys.argv[1:])))
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of functions that never return must not hold the process: everything promised is on disk by now.
    os._exit(status)


if __name__ == "__main__":
    main()
