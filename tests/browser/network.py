"""A network that can be cut: between Chromium and the demo, so that not even a service worker gets past it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Network:
    """Carries bytes to `base` from a port of its own; while cut, connections end and none is made."""

    def __init__(self, base: str) -> None:
        self.far = (urlsplit(base).hostname or "", urlsplit(base).port or 80)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        self.is_cut = False
        self.open: set[socket.socket] = set()
        self.change = threading.Lock()  # of the two above

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self.door.close()

    def cut(self) -> None:
        """From now on there is no network, for those who are talking too."""
        with self.change:
            self.is_cut = True
            for one in self.open:
                _end(one)
            self.open.clear()

    def mend(self) -> None:
        """The network is back."""
        self.is_cut = False

    def _listen(self) -> None:
        while True:
            try:
                near, _address = self.door.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.far)
            except OSError:
                near.close()
                continue
            with self.change:
                if self.is_cut:
                    near.close()
                    far.close()
                    continue
                self.open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while content := one.recv(65536):
                other.sendall(content)
        except OSError:
            pass
        for end in (one, other):
            _end(end)


def _end(one: socket.socket) -> None:
    """End a connection, for those too who wait for what it brings."""
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
