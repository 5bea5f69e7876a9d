"""Health and metrics over HTTP, at the paths where Triton has them."""

import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from services.inference.metrics import CONTENT_TYPE

Answer = tuple[HTTPStatus, bytes]
Routes = dict[str, Callable[[], Answer]]


def serve(listen: str, routes: Routes) -> tuple[int, Callable[[], None]]:
    """Answers GET in threads of its own; returns the port, and what stops it.

    Raises:
        OSError: the address is taken.
    """
    host, _, port = listen.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), _handler(routes))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return server.server_address[1], stop


def _handler(routes: Routes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5.0  # of a peer that sends nothing: it must not hold a thread for ever

        def do_GET(self) -> None:
            route = routes.get(self.path.partition("?")[0])
            status, body = route() if route else (HTTPStatus.NOT_FOUND, b"")
            self.send_response(status)
            self.send_header("content-type", CONTENT_TYPE)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Health is asked every second: nobody wants to read that."""

    return Handler
