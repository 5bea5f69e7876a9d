"""A way to the shop that breaks at a known place."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from tests.support.postgres import free_port


class Proxy:
    """Passes bytes on to a port, until it is cut."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self._open: list[socket.socket] = []
        self._passed = 0
        self._limit: tuple[int, Callable[[], object]] | None = None

    @property
    def address(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self.port}"

    def after(self, size: int, do: Callable[[], object]) -> None:
        """Does something, once, when that many bytes of requests have passed."""
        self._limit = (size, do)

    def mend(self) -> None:
        """Lets connections in."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self._open.append(listener)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Ends every connection and lets none in."""
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._open += [near, far]
                threading.Thread(target=self._pass_on, args=(near, far, self._count), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(far, near, len), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, count: Callable[[bytes], object]) -> None:
        with suppress(OSError):
            while content := source.recv(4096):
                count(content)
                sink.sendall(content)

    def _count(self, content: bytes) -> None:
        self._passed += len(content)
        if self._limit is not None and self._passed > self._limit[0]:
            (_, do), self._limit = self._limit, None
            do()
