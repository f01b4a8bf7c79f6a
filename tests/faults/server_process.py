"""A server in a process of its own: `python -m tests.faults.server_process SIDE URL NAME LOG`.

Says `ready URL` once it takes requests. Ends by SIGTERM, or when its standard input does: so none
outlives the rig.
"""

import ctypes
import logging
import os
import sys
import threading
import time
from pathlib import Path

from tests.faults.log import Log
from tests.faults.sides import side
from tests.faults.work import Fate, Job, Kind, Refused


def main(name_of_side: str, url: str, name: str, path: str) -> None:
    """Serve until told to end."""
    logging.basicConfig(format="%(asctime)s.%(msecs)03d %(name)s %(levelname)s %(message)s")
    logging.getLogger().setLevel(logging.INFO)
    log = Log(Path(path))
    threading.Thread(target=end_with_the_rig, name="rig", daemon=True).start()

    def run(kind: Kind, job: Job, message: str) -> str:
        number = log.started(job.key, kind, message)
        work(job)
        log.ended(number)
        return job.key

    side(name_of_side).serve(url, name, run, ready)


def work(job: Job) -> None:
    """Do what the job says. Raises Refused where it says so."""
    match job.fate:
        case Fate.LIVE:
            time.sleep(job.seconds)
        case Fate.CRASH:
            ctypes.string_at(0)
        case Fate.SPIN:
            # Unlike CDLL, PyDLL keeps the interpreter's lock.
            ctypes.PyDLL(None).usleep(int(job.seconds * 1_000_000))
        case Fate.REFUSE:
            raise Refused


def ready(url: str) -> None:
    """Tell the rig."""
    print("ready", url, flush=True)


def end_with_the_rig() -> None:
    """Wait for the end of standard input."""
    # Not through sys.stdin, whose lock would be held when the interpreter ends.
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
