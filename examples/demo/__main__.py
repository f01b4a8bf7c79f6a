"""`python -m examples.demo`: the tour, from the first step to the last.

Exit codes: 0 all seen, 1 a step failed, 130 stopped by Ctrl-C or another signal.
"""

import os
import signal
import subprocess
import sys
from types import FrameType


def main() -> int:
    """Take the tour; return the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_signal)
    try:
        return _tour()
    except _Stopped:
        return _stopped("stopped; nothing is left running", 130)


def _tour() -> int:
    # Imported here, so that a Ctrl-C is clean even now.
    from examples.demo import steps
    from examples.demo.broker_step import broker
    from examples.demo.cloud_step import cloud
    from examples.demo.commands import StepFailed, served
    from examples.demo.screen import Screen
    from rpcgen_runtime import RpcError

    screen = Screen(steps=9)
    try:
        screen.title("rpcgen: declare a service once, call it with types.")
        steps.contract(screen)
        steps.compiler(screen)
        steps.type_checker(screen)
        with served("examples.calculator:Calculator") as url:
            steps.wire(screen, url)
            steps.shell(screen, url)
            cloud(screen)
            steps.many_calls(screen, url)
        broker(screen)
        steps.what_next(screen)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (StepFailed, RpcError, OSError, subprocess.SubprocessError) as error:
        return _stopped(f"the tour cannot go on: {error}", 1)
    return 0


def _stopped(why: str, code: int) -> int:
    print(f"\n{why}", file=sys.stderr)
    return code


class _Stopped(SystemExit):
    """A signal came.

    Not a KeyboardInterrupt: once one was raised within an import, Python ends by the signal and not
    with our exit code. Event loops let both through.
    """


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


if __name__ == "__main__":
    sys.exit(main())
