"""A client that asks faster than a server in Python answers, and looks at each answer.

It works in one thread, and keeps its connections, as a proxy does. A server may close one between two answers, as
gunicorn does where a worker is followed by a new one; then the question is asked again, as a proxy does too.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Final, NamedTuple

LONGEST_WAIT: Final = 30.0
"""Seconds after which nothing more is waited for."""
_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length: "


class Question(NamedTuple):
    """A request as it is sent, and the answer that is right."""

    sent: bytes
    status: int = 200
    length: int | None = None
    """How long the body is, where that is known before."""


def question(path: str, status: int = 200, length: int | None = None, **headers: str) -> Question:
    """Return the request of a browser for ``path``."""
    head = {
        "Host": "127.0.0.1",
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": "en-GB,en;q=0.5",
        "Accept-Encoding": "gzip",
        **headers,
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    return Question("\r\n".join(lines).encode(), status, length)


@dataclass
class Answer:
    """What has come of an answer so far."""

    data: bytes = b""
    end_of_head: int = -1
    length: int = 0
    """How long the body is, once the head is there."""

    def take(self, data: bytes) -> bool:
        """Take what came; return whether all is there."""
        self.data += data
        if self.end_of_head < 0 and (end := self.data.find(_END_OF_HEAD)) >= 0:
            self.end_of_head = end
            _before, _name, length = self.head.partition(_LENGTH)
            self.length = int(length.partition(b"\r\n")[0] or 0)
        return self.end_of_head >= 0 and len(self.data) >= self.end_of_head + len(_END_OF_HEAD) + self.length

    @property
    def head(self) -> bytes:
        """Return the head, in small letters."""
        return self.data[: self.end_of_head].lower()

    @property
    def body(self) -> bytes:
        """Return the body as it came."""
        return self.data[self.end_of_head + len(_END_OF_HEAD) :]

    @property
    def status(self) -> int:
        """Return the status."""
        return int(self.data[9:12])

    def is_right_for(self, asked: Question) -> bool:
        """Whether it has the status and the length that it should have."""
        return self.status == asked.status and asked.length in (None, self.length)


class Connection:
    """A connection to a server on this machine, with what was asked on it last."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connect()

    def connect(self) -> None:
        """Begin anew."""
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=LONGEST_WAIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answered = 0

    def ask(self, asked: Question, since: float) -> None:
        """Send a question, whose answer has been wanted ``since`` then."""
        self.asked, self.since, self.answer = asked, since, Answer()
        self.socket.sendall(asked.sent)


@dataclass
class Answers:
    """What came back."""

    seconds: list[float] = field(default_factory=list)
    """How long each right answer took."""
    errors: list[str] = field(default_factory=list)
    repeated: int = 0
    """How many questions were asked again, because the server had closed the connection."""

    def milliseconds(self, percent: int) -> float:
        """Return within how many milliseconds ``percent`` of the right answers came."""
        return quantiles(self.seconds, n=100, method="inclusive")[percent - 1] * 1000


class Client:
    """Asks a server on this machine."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers = Answers()
        self._idle: list[Connection] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Client:
        """Return the client itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close all connections."""
        for connection in self._idle:
            connection.socket.close()
        self._selector.close()

    def ask_for(self, seconds: float, asked: Question, connections: int, before: Callable[[], None]) -> None:
        """Ask on each of ``connections`` again as soon as there is an answer; call ``before`` before each question."""
        end = time.perf_counter() + seconds
        for _ in range(connections):
            before()
            self._ask(asked, time.perf_counter())
        while self._is_waiting:
            for _ in range(self._listen(LONGEST_WAIT)):
                if time.perf_counter() < end:
                    before()
                    self._ask(asked, time.perf_counter())

    def ask_at(self, rate: float, questions: Iterator[Question]) -> None:
        """Ask ``rate`` questions a second whether or not those before have been answered.

        An answer is wanted since the moment at which its question was due, whenever it could be asked.
        """
        start = time.perf_counter()
        due = start
        for number, asked in enumerate(questions, start=1):
            while (left := due - time.perf_counter()) > 0:
                self._listen(left)
            self._ask(asked, due)
            due = start + number / rate
        while self._is_waiting:
            self._listen(LONGEST_WAIT)

    @property
    def _is_waiting(self) -> bool:
        return bool(self._selector.get_map())

    def _ask(self, asked: Question, since: float) -> None:
        connection = self._idle.pop() if self._idle else Connection(self.port)
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self._send(connection, asked, since)

    def _send(self, connection: Connection, asked: Question, since: float) -> None:
        try:
            connection.ask(asked, since)
        except ConnectionError:
            self._repeat(connection)

    def _listen(self, longest: float) -> int:
        """Wait at most ``longest`` seconds for something to come; return how many questions are done with."""
        events = self._selector.select(longest)
        if not events and longest == LONGEST_WAIT:
            raise TimeoutError(f"{len(self._selector.get_map())} questions were not answered.")
        return sum(self._is_done(key.data) for key, _events in events)

    def _is_done(self, connection: Connection) -> bool:
        try:
            data = connection.socket.recv(1 << 18)
        except ConnectionError:
            data = b""
        if not data:
            return self._repeat(connection)
        if not connection.answer.take(data):
            return False
        self._selector.unregister(connection.socket)
        self._note(connection)
        return True

    def _note(self, connection: Connection) -> None:
        taken = time.perf_counter() - connection.since
        answer, asked = connection.answer, connection.asked
        if answer.is_right_for(asked):
            self.answers.seconds.append(taken)
        else:
            line = asked.sent.partition(b"\r\n")[0].decode()
            self.answers.errors.append(f"{line}: {answer.status}, {answer.length} bytes")
        if b"\r\nconnection: close" in answer.head:
            connection.socket.close()
        else:
            connection.answered += 1
            self._idle.append(connection)

    def _repeat(self, connection: Connection) -> bool:
        """Ask again on a new connection, unless the server has closed one without having answered ever."""
        self._selector.unregister(connection.socket)
        connection.socket.close()
        if not connection.answered or connection.answer.data:
            self.answers.errors.append(f"The connection was closed after {len(connection.answer.data)} bytes.")
            return True
        self.answers.repeated += 1
        connection.connect()
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self._send(connection, connection.asked, connection.since)
        return False


def ask(port: int, asked: Question) -> Answer:
    """Return the answer to one question."""
    connection = Connection(port)
    with connection.socket:
        connection.ask(asked, time.perf_counter())
        while data := connection.socket.recv(1 << 18):
            if connection.answer.take(data):
                return connection.answer
    raise ConnectionError("The connection was closed before the answer was complete.")
