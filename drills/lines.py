"""A bad line between phones and the server, of bytes: slow, in pieces, and cut whenever it likes."""

import random
import socket
import threading
import time
from contextlib import suppress

PIECE = 512  # bytes


class Line:
    """One port in front of another. `delay` is what each piece takes, in seconds; of the pieces `cut` are the last."""

    def __init__(self, behind: int, *, delay: float, cut: float, seed: int = 0) -> None:
        self.behind, self.delay, self.cut = behind, delay, cut
        self.chance = random.Random(seed)
        self.cuts = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """For who comes; who is there stays."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                phone, _where = self.listener.accept()
                threading.Thread(target=self._connect, args=(phone,), daemon=True).start()

    def _connect(self, phone: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.behind))
        except OSError:
            phone.close()
            return
        for one, other in ((phone, server), (server, phone)):
            threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while piece := one.recv(PIECE):
                time.sleep(self.delay * self.chance.random())
                if self.chance.random() < self.cut:
                    self.cuts += 1
                    break
                other.sendall(piece)
        for end in (one, other):
            # Both ways at once, so that each side hears of it.
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
