"""An HTTP server for this machine alone, whose stop leaves no thread behind."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class LoopbackServer(ThreadingHTTPServer):
    """Listens on the loopback address, a thread a connection.

    Args:
        port: where; 0 for any that is free.
        handler: answers the requests.
        name: of the thread that listens.

    Raises:
        OSError: the port is taken.
    """

    daemon_threads = False  # so that closing waits for every answer under way
    request_queue_size = 128

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler], name: str) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.01,), name=name, daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests, cut what is idle, and wait for the answers under way."""
        self.shutdown()
        self._thread.join()
        for connection in tuple(self._open):
            cut(connection)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def cut(connection: socket.socket) -> None:
    """Close a connection, unanswered if something was asked."""
    with suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)
