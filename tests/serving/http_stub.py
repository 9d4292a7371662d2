"""A real HTTP server whose answers a test chooses, one after the other; the last one stays.

with HttpStub([(503, {"Retry-After": "1"}, b""), (200, {}, b"...")]) as stub:
    httpx.post(stub.url + "/v1/colourise")
    stub.requests[0].headers
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True)
class Received:
    """A request, and when it came by `time.monotonic()`."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


class HttpStub:
    """Serves as long as the context.

    A status of 0 ends the connection without an answer; a Content-Length among the headers may promise more than comes;
    with `slowly` each byte of a body takes so many seconds.
    """

    def __init__(self, answers: Sequence[Answer], slowly: float = 0.0):
        self.requests: list[Received] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                stub.requests.append(Received(self.command, self.path, self.headers, body, time.monotonic()))
                status, headers, content = answers[min(len(stub.requests), len(answers)) - 1]
                if not status:
                    self.close_connection = True
                    return
                self.close_connection = "Content-Length" in headers  # which is then a lie
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    for piece in [bytes([byte]) for byte in content] if slowly else [content]:
                        self.wfile.write(piece)
                        time.sleep(slowly)
                except OSError:
                    self.close_connection = True

            do_GET = do_POST = answer

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> HttpStub:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
