"""A subject that never answers where there are records, and loses what nobody answers."""

import asyncio
import threading

from benchmarks.subject import Host, Place
from benchmarks.work import DATA, Work


class _Client:
    async def call(self, work: Work) -> object:
        if work is Work.RECORDS:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return 5 if work is Work.ADD else len(DATA)

    async def close(self) -> None: ...


def serve(place: Place, host: Host) -> None:
    host.ready()
    threading.Event().wait()


async def client(place: Place) -> _Client:
    return _Client()
