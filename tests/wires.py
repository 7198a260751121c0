"""A wire between a browser and a server on this machine, which a test cuts in the middle of a file, or holds there."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from puljeport_cli.processes import LOOPBACK
from servers import listening

AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing resets the connection instead of ending it in order (socket(7))."""

PATIENCE = 60

type Fault = Literal["", "cut", "silence", "hold"]


class Wire(socketserver.ThreadingTCPServer):
    """Passes on what comes to `port` to another port of the loopback address, both ways.

    A connection that has carried `after` bytes from the browser meets the `fault` of that moment: `cut` resets it,
    `silence` carries the rest and resets it in place of the answer, `hold` carries the rest when the test lets it.
    `met` has one event for each connection that did: set when it happened, or (`hold`) for the test to set.
    """

    daemon_threads = True

    def __init__(self, upstream: int) -> None:
        super().__init__((LOOPBACK, 0), _Connection)
        self.upstream = upstream
        self.fault: Fault = ""
        self.after = 0
        self.met: list[threading.Event] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Connection(socketserver.BaseRequestHandler):
    server: Wire
    request: socket.socket

    def handle(self) -> None:
        """Pass on until one side ends, or a fault ends it."""
        self.silent = self.reset = False
        with socket.create_connection((LOOPBACK, self.server.upstream)) as there:
            answering = threading.Thread(target=self._answer, args=(there,), daemon=True)
            answering.start()
            with contextlib.suppress(OSError):
                self._pass_on(there)
            if self.reset:
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                self.request.close()
            with contextlib.suppress(OSError):
                there.shutdown(socket.SHUT_RDWR)
            answering.join(PATIENCE)

    def _pass_on(self, there: socket.socket) -> None:
        carried, fault = 0, ""
        while data := self.request.recv(65536):
            room = self.server.after - carried
            if self.server.fault and not fault and len(data) >= room:
                fault = self.server.fault
                self.silent = fault == "silence"
                there.sendall(data[:room])
                data, carried = data[room:], carried + room
                self.server.met.append(event := threading.Event())
                if fault == "hold":
                    event.wait(PATIENCE)
                event.set()
                if fault == "cut":
                    self.reset = True
                    return
            there.sendall(data)
            carried += len(data)

    def _answer(self, there: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := there.recv(65536):
                if self.silent:
                    self.reset = True
                    break
                self.request.sendall(data)
            # Whoever waits for the browser's next words is woken, and ends the connection.
            self.request.shutdown(socket.SHUT_RD if self.reset else socket.SHUT_WR)


@contextmanager
def strung(upstream: int) -> Iterator[Wire]:
    """A wire to a port, for as long as the context lasts."""
    wire = Wire(upstream)
    with listening(wire):
        yield wire
