"""A network that can be cut: between Chromium and the demo, so that not even a service worker gets past it."""

from __future__ import annotations

import socket
import threading
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
        self.is_cut = True
        for one in list(self.open):
            one.close()
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
            if self.is_cut:
                near.close()
                continue
            far = socket.create_connection(self.far)
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
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
