"""A client in a process of its own: `python -m benchmarks.client_process MODULE PLACE KIND`.

Says `ready`, with what is installed; then, for each line that it is told, that an answer is right,
what it measured, or why it could not. KIND is `async` or `threads`.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from queue import SimpleQueue
from types import ModuleType

from benchmarks import lines
from benchmarks.measure import Threads, measure_async
from benchmarks.subject import AsyncClient, Client, Hearing, Place, Tally
from benchmarks.work import Work, is_right

PATIENCE = 10.0
"""Seconds in which the first call must come about: some servers are ready later than they say."""
PAUSE = 0.1


class WrongAnswer(Exception):
    """A subject answers something else than what the work comes to."""


def main(module: str, text: str, kind: str) -> None:
    """Do what is told until the harness ends."""
    told = lines.listen_in_turn()
    place = Place(**json.loads(text))
    if place.is_uvloop:
        lines.use_uvloop()
    try:
        subject = lines.subject(module)
        if kind == "async":
            asyncio.run(_in_coroutines(subject, place, told))
        else:
            _in_threads(subject, place, told)
    except Exception as error:
        lines.say(failed=lines.reason(error))
        raise
    lines.end()


async def _in_coroutines(
    subject: ModuleType, place: Place, told: "SimpleQueue[lines.Line]"
) -> None:
    loop = asyncio.get_running_loop()
    client: AsyncClient = await subject.client(place)
    await _first(client)
    lines.say(ready=lines.versions())
    while line := await loop.run_in_executor(None, told.get):
        try:
            if "tally" in line:
                _tell(client)
                continue
            if "check" in line:
                work = Work(line["check"])
                _judge(work, await client.call(work))
                continue
            found = await measure_async(
                client, Work(line["work"]), line["callers"], line["seconds"]
            )
            lines.say(**asdict(found))
        except Exception as error:  # noqa: BLE001  # a subject may raise anything
            lines.say(failed=lines.reason(error))
    await client.close()


async def _first(client: AsyncClient) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(Exception):
            await asyncio.wait_for(client.call(Work.ADD), until - time.monotonic())
            return
        await asyncio.sleep(PAUSE)
    await client.call(Work.ADD)


def _in_threads(subject: ModuleType, place: Place, told: "SimpleQueue[lines.Line]") -> None:
    client: Client = subject.client(place)
    _at_last(lambda: client.call(Work.ADD))
    lines.say(ready=lines.versions())
    crew: Threads | None = None
    size = 0
    while line := told.get():
        try:
            if "tally" in line:
                _tell(client)
                continue
            if "check" in line:
                work = Work(line["check"])
                _judge(work, client.call(work))
                continue
            if crew is None or size != line["callers"]:
                if crew is not None:
                    crew.close()
                size = line["callers"]
                crew = Threads(client, size)
            lines.say(**asdict(crew.measure(Work(line["work"]), line["seconds"])))
        except Exception as error:  # noqa: BLE001  # a subject may raise anything
            lines.say(failed=lines.reason(error))
            crew = None
    client.close()


def _at_last(call: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(Exception):
            call()
            return
        time.sleep(PAUSE)
    call()


def _tell(client: object) -> None:
    """Tell the tally of the server in this process, where it counts."""
    tally = client.tally() if isinstance(client, Hearing) else Tally(0, 0.0, 0.0)
    lines.say(**asdict(tally))


def _judge(work: Work, answer: object) -> None:
    if not is_right(work, answer):
        raise WrongAnswer(f"`{work.value}` was answered `{str(answer)[:60]}`")
    lines.say(right=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
