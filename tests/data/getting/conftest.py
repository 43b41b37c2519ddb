"""A server on this machine that gives out files and misbehaves on demand."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest


class Publisher(ThreadingHTTPServer):
    """Serves ``files`` by path.

    Attributes:
        ranges: Whether it goes on from the middle of a file.
        heeds_if_range: Whether it looks if that is still the same file.
        validator: The header by which it tells versions of a file apart; empty: by none.
        declares_length: Whether it says how long a file is.
        cuts: After how many bytes it drops the connection, one entry per answer; empty: no more.
        failures: Status codes that it answers first.
        redirects: Paths that it has moved, and where to.
        log: What it was asked for: path, range and the status it answered.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.ranges = self.heeds_if_range = self.declares_length = True
        self.validator = "ETag"
        self.cuts: list[int] = []
        self.failures: list[int] = []
        self.redirects: dict[str, str] = {}
        self.log: list[tuple[str, str, int]] = []
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def address(self, name: str) -> str:
        """Where a file is."""
        return f"http://127.0.0.1:{self.server_port}/{name}"


class _Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        if moved := self.server.redirects.get(self.path):
            self.send_response(302)
            self.send_header("Location", moved)
            return self.end_headers()
        content = self.server.files.get(self.path.lstrip("/"))
        asked = self.headers.get("Range", "")
        if self.server.failures or content is None:
            return self._fail(self.server.failures.pop(0) if self.server.failures else 404, asked)
        tag = f'"{hash(content)}"'
        start = 0
        unchanged = not self.server.heeds_if_range or self.headers.get("If-Range") == tag
        if self.server.ranges and unchanged and (match := re.fullmatch(r"bytes=(\d+)-", asked)):
            start = int(match[1])
        if start >= len(content) > 0:
            return self._fail(416, asked)
        self.server.log.append((self.path, asked, 206 if start else 200))
        self.send_response(206 if start else 200)
        if self.server.declares_length:
            self.send_header("Content-Length", str(len(content) - start))
        if self.server.validator:
            self.send_header(self.server.validator, tag)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else len(content)
        self.wfile.write(content[start : start + cut])

    def _fail(self, status: int, asked: str) -> None:
        self.server.log.append((self.path, asked, status))
        self.send_error(status)

    def log_message(self, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def start_publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Publisher]]:
    """Start a server; it stops with the test."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ExitStack() as servers:

        def start() -> Publisher:
            server = servers.enter_context(Publisher())
            servers.callback(server.shutdown)
            return server

        yield start
