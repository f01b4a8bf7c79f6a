"""A client of a part: `python -m benchmarks.growth.client_process MODULE SITE KIND`.

Says `ready`; then does what each line asks: `open` a client at a URL, `load` it, `hold` calls that
are not answered, or tell its `memory`.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from functools import partial
from types import ModuleType
from typing import Any

from benchmarks import lines
from benchmarks.growth.calling import Calls, Client
from benchmarks.growth.resident import resident
from benchmarks.growth.site import Site
from benchmarks.measure import measure_async
from benchmarks.work import Work

QUIET = 0.15
"""Seconds in which a process that waits does next to nothing."""
NOTHING = 0.01
"""Seconds of the processor: next to nothing."""


class WrongAnswer(Exception):
    """A server counted other bytes than it was given."""


class Session:
    """The client of the moment, and what it was asked to hold."""

    def __init__(self, subject: ModuleType, site: Site) -> None:
        self._subject = subject
        self._site = site
        self._client: Client | None = None
        self._held: list[asyncio.Task[object]] = []

    async def answer(self, line: lines.Line) -> Mapping[str, object]:
        """Do what a line asks."""
        if "open" in line:
            return await self._open(line["open"])
        if "load" in line:
            return await self._load(**line["load"])
        if "hold" in line:
            return await self._hold(line["hold"])
        return asdict(resident())

    async def close(self) -> None:
        """Close the client that is open."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _open(self, url: str) -> Mapping[str, object]:
        await self.close()
        self._client = await self._subject.client(replace(self._site, url=url))
        assert self._client is not None
        await self._client.add()
        return {"opened": True}

    async def _load(self, size: int, callers: int, seconds: float) -> Mapping[str, object]:
        client = self._client
        assert client is not None
        data = b"x" * size
        if size and await client.send(data) != size:
            raise WrongAnswer(f"{size} bytes were given")
        calls = Calls(partial(client.send, data) if size else client.add)
        return asdict(await measure_async(calls, Work.ADD, callers, seconds))

    async def _hold(self, count: int) -> Mapping[str, object]:
        client = self._client
        assert client is not None
        for _ in range(count - len(self._held)):
            self._held.append(asyncio.ensure_future(_held(client)))
        await _quiet()
        ended = [it for it in self._held if it.done()]
        if ended:
            ended[0].result()
        return {"held": len(self._held)}


async def _held(client: Client) -> object:
    return await client.hold()


async def _quiet() -> None:
    """Return when this process waits for others."""
    before = -1.0
    while (spent := time.process_time()) - before > NOTHING:
        before = spent
        await asyncio.sleep(QUIET)


async def _main(module: str, site: Site) -> None:
    told = lines.listen_in_turn()
    session = Session(lines.subject(module), site)
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as held:
        held.push_async_callback(session.close)
        lines.say(ready=True)
        while line := await loop.run_in_executor(None, told.get):
            await _told(session, line)


async def _told(session: Session, line: Mapping[str, Any]) -> None:
    try:
        lines.say(**await session.answer(line))
    except Exception as error:  # noqa: BLE001  # what a call raises is what the harness is told
        lines.say(failed=lines.reason(error))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Site(**json.loads(sys.argv[2]))))
