"""A way from a container to a server on this machine's loopback address, without opening a port to any network.

Two ends of a Unix socket in a shared folder: `serve` on this machine passes on to the server; run as a program inside a
container, this file listens there and passes on to the socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

PORT = 4566

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
type Connect = Callable[[], Awaitable[Streams]]


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def _passing_on(connect: Connect) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await connect()
        await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer))

    return accept


@contextlib.contextmanager
def serve(socket: Path, port: int, *, tls: bool) -> Iterator[None]:
    """Pass on what comes to the Unix socket to a port of the loopback address, for as long as the context lasts."""
    context = ssl.create_default_context() if tls else None
    if context:
        # The other end is this very machine; its certificate is its own.
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def listen() -> None:
        await asyncio.start_unix_server(
            _passing_on(lambda: asyncio.open_connection("127.0.0.1", port, ssl=context)), path=str(socket)
        )
        ready.set()

    def run() -> None:
        loop.create_task(listen())  # noqa: RUF006 - the loop runs until the context ends
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    if not ready.wait(10):
        raise TimeoutError("the relay did not start")
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _inside(socket: str) -> None:
    server = await asyncio.start_server(
        _passing_on(lambda: asyncio.open_unix_connection(socket)),
        host="0.0.0.0",  # noqa: S104 - inside a container, on a network of its own
        port=PORT,
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_inside(sys.argv[1]))
