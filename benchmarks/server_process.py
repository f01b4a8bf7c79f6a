"""A server in a process of its own: `python -m benchmarks.server_process MODULE PLACE`.

Says `ready` once; says its tally when asked anything.
"""

import json
import sys
from dataclasses import asdict

from benchmarks import lines
from benchmarks.subject import Host, Place


def main(module: str, text: str) -> None:
    """Serve until the harness ends."""
    place = Place(**json.loads(text))
    host = Host(lambda: lines.say(ready=True))
    lines.listen(lambda _: lines.say(**asdict(host.tally())))
    if place.is_uvloop:
        lines.use_uvloop()
    try:
        lines.subject(module).serve(place, host)
    except Exception as error:
        lines.say(failed=lines.reason(error))
        raise


if __name__ == "__main__":
    main(*sys.argv[1:])
