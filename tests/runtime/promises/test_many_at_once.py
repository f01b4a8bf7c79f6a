"""Many callers at once get their own answers."""

import asyncio
import threading

from rpcgen_runtime import Context, EventLoop, Server, connect_async
from tests.runtime.generated.new.trial.work.v1 import AsyncWorkClient, WorkClient
from tests.runtime.places import PATIENCE, Place
from tests.runtime.promises.endpoints import AsyncWorker, Worker


def test_many_threads_share_one_client(place: Place) -> None:
    client = place.client(WorkClient, place.serve(Worker()))
    together = threading.Barrier(32)
    wrong: list[object] = []

    def work(number: int) -> None:
        try:
            together.wait(PATIENCE)
            for turn in range(50):
                name = f"{number}-{turn}"
                if (found := client.run(name)) != name:
                    wrong.append((name, found))
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(it,)) for it in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_a_thousand_async_calls_at_once_are_all_answered(aside: object) -> None:
    met: list[str] = []

    async def run(_context: Context, name: str) -> str:
        met.append(name)
        await asyncio.sleep(0)
        return name

    async def main(url: str) -> list[str]:
        endpoints = [AsyncWorker(run)]
        async with (
            Server(url, endpoints, executor=EventLoop()) as server,
            connect_async(server.url) as transport,
        ):
            client = AsyncWorkClient(transport)
            return await asyncio.gather(*(client.run(str(it)) for it in range(1_000)))

    for url in ("memory://thousand", "http://127.0.0.1:0"):
        met.clear()
        assert asyncio.run(main(url)) == [str(it) for it in range(1_000)]
        assert len(met) == 1_000
