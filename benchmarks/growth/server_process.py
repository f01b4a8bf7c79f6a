"""A server of a part: `python -m benchmarks.growth.server_process MODULE SITE KIND`.

Says `ready` once; then, when asked anything, its processor time, or its memory if it is asked that.
"""

import json
import sys
import time
from dataclasses import asdict

from benchmarks import lines
from benchmarks.growth.resident import resident
from benchmarks.growth.site import Site
from benchmarks.subject import Host


def main(module: str, text: str) -> None:
    """Serve until the harness ends."""
    site = Site(**json.loads(text))
    lines.listen(_answer)
    try:
        lines.subject(module).serve(site, Host(lambda: lines.say(ready=True)))
    except Exception as error:
        lines.say(failed=lines.reason(error))
        raise


def _answer(line: lines.Line) -> None:
    try:
        lines.say(**(asdict(resident()) if "memory" in line else {"cpu": time.process_time()}))
    except OSError as error:
        lines.say(failed=lines.reason(error))


if __name__ == "__main__":
    main(*sys.argv[1:3])
