"""Many servers or clients in a process of its own: `python -m benchmarks.fleet.member_process`.

Takes MODULE PLACE KIND as `client_process` does; MODULE has `crew(place)`. Says `ready`, then what
the crew answers to each line that it is told.
"""

import asyncio
import json
import sys
from queue import SimpleQueue

from benchmarks import lines
from benchmarks.fleet.crews import Crew
from benchmarks.subject import Place


def main(module: str, text: str, _kind: str) -> None:
    """Do what is told until the harness ends."""
    told = lines.listen_in_turn()
    place = Place(**json.loads(text))
    try:
        asyncio.run(_live(lines.subject(module).crew(place), told))
    except Exception as error:
        lines.say(failed=lines.reason(error))
        raise
    lines.end()


async def _live(crew: Crew, told: "SimpleQueue[lines.Line]") -> None:
    loop = asyncio.get_running_loop()
    lines.say(ready=True)
    while line := await loop.run_in_executor(None, told.get):
        try:
            lines.say(**await crew.do(line))
        except Exception as error:  # noqa: BLE001  # the harness shows it and ends the run
            lines.say(failed=lines.reason(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
