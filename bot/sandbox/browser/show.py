"""`python -m bot demo --browser`: serves the workspace, and prints where, until told to stop."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.errors import SettingsError
from bot.sandbox.browser.desk import Desk
from bot.sandbox.browser.server import Server
from bot.sandbox.demo import without_proxy
from bot.serve import until_stopped

DEFAULT_PORT = 3000
_LOG = "casebell.log"


def show(port: int) -> None:
    """Serve the workspace on this machine until SIGINT or SIGTERM.

    Args:
        port: where; if it is taken, a free one instead.

    Raises:
        SettingsError: there is no port to be had.
    """
    with TemporaryDirectory() as directory, without_proxy():
        _log_to(Path(directory) / _LOG)
        with Desk(f"sqlite:///{directory}/casebell.db") as desk:
            server = _listen(desk, port)
            until_stopped(lambda: _begin(server, directory), server.stop)
            print("\nThe workspace is closed, and everything in it is gone.")


def _begin(server: Server, directory: str) -> None:
    server.start()
    print(f"Casebell and a Slack workspace of its own are running.\n\n    {server.url}\n")
    print(f"Open that in your browser. What the bot logs is in {directory}/{_LOG}.")
    print("Stop it with Ctrl-C.", flush=True)


def _listen(desk: Desk, port: int) -> Server:
    try:
        return Server(desk, port)
    except OSError as error:
        print(f"Port {port} is taken ({error.strerror}); a free one is used instead.")
    try:
        return Server(desk, 0)
    except OSError as error:
        raise SettingsError(f"No port can be listened on: {error.strerror}.") from error


def _log_to(path: Path) -> None:
    logging.basicConfig(
        filename=path, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
