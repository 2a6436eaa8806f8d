"""How gunicorn's answers go over the wire."""

from __future__ import annotations

import socket
from typing import Any

from gunicorn.config import Config
from gunicorn.http import wsgi
from gunicorn.http.message import Request


class Response(wsgi.Response):
    """An answer whose head goes out with the beginning of its body.

    gunicorn sends one after the other, and between the two another thread may work for milliseconds. nginx passes on a
    head as soon as it has one: of a worker that is killed then, a reader got half an answer, where nginx could have
    asked another machine.
    """

    def __init__(self, req: Request, sock: socket.socket, cfg: Config, *arguments: Any) -> None:
        super().__init__(req, _Together(sock), cfg, *arguments)

    def close(self) -> None:
        """Send what has not been sent yet: of an answer without a body, its head."""
        super().close()
        self.sock.flush()


class _Together:
    """A socket that sends what it gets first, the head, with what it gets next."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._head: bytes | None = None

    def sendall(self, data: bytes) -> None:
        if self._head is None:
            self._head = data
        else:
            head, self._head = self._head, b""
            self._sock.sendall(head + data if head else data)

    def sendfile(self, *arguments: Any, **named: Any) -> int:
        self.flush()
        return self._sock.sendfile(*arguments, **named)

    def flush(self) -> None:
        if self._head:
            self.sendall(b"")
