"""A server in a process of its own: says its port, serves until whoever started it lets go of it."""

import asyncio
import sys
from collections.abc import Callable


def serve(make: Callable[[], asyncio.Protocol]) -> None:
    """Serve on a free port of 127.0.0.1, which is printed, until standard input ends."""
    asyncio.run(_serve(make))


async def _serve(make: Callable[[], asyncio.Protocol]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    server.close()
