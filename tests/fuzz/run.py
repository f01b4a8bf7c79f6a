"""`make fuzz`: fuzz targets one after the other, say how it goes, keep what ends them.

    python -m tests.fuzz.run [--seconds N] [TARGET…]    fuzz; exit code 1 for a crash
    python -m tests.fuzz.run --input FILE TARGET        run one input, without atheris
    python -m tests.fuzz.run --merge [TARGET…]          take what was found into the corpus

What a run finds stays in `found/`, where the next one goes on; a merge moves to `corpus/` what
reaches code that nothing there does, and drops the rest.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.kept import CORPUS, MAX_BYTES, MAX_FILES, inputs, name_of, size_of
from tests.fuzz.targets import TARGETS
from tests.fuzz.words import DICTIONARIES

HERE = Path(__file__).parent
FOUND, CRASHES = HERE / "found", HERE / "crashes"

MAX_LENGTH = 4_096
"""Bytes of an input."""
MAX_SECONDS = 10
"""For one input; more is a crash."""
MAX_MEMORY = 2_048
"""MiB; more is a crash."""
MEMORY = Path("/dev/shm")
"""Where it is there, the files of an input never reach a disk."""
EVERY = 5.0
"""Seconds between two lines about how it goes."""

_STATE = re.compile(r"#(\d+)\t\w+ +cov: (\d+) ft: \d+ corp: (\d+)/")
_NOISE = re.compile(r"INFO: |WARNING: Failed to find|#\d+\t|\"|#{6}|Dictionary: |Done |MS: |0x|$")


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--input", type=Path, metavar="FILE", help="run this one input")
    parser.add_argument("--merge", action="store_true", help="take what was found into the corpus")
    given = parser.parse_args(arguments)
    targets = given.targets or list(TARGETS)
    unknown = [it for it in targets if it not in TARGETS]
    if unknown:
        parser.error(f"there is no target `{unknown[0]}`; there are {', '.join(TARGETS)}")
    if given.input is not None:
        TARGETS[targets[0]](given.input.read_bytes())
        return 0
    if find_spec("atheris") is None:
        parser.error("atheris is missing; `make fuzz` installs it")
    try:
        statuses = [_merge(it) if given.merge else _fuzz(it, given.seconds) for it in targets]
    except KeyboardInterrupt:
        return 130
    return max(statuses)


def _fuzz(target: str, seconds: int) -> int:
    """Fuzz one target; return 1 for a crash."""
    found = FOUND / target
    for folder in (found, CRASHES):
        folder.mkdir(parents=True, exist_ok=True)
    started = time.time()
    print(f"{target}: {seconds} s", flush=True)
    status, said = _watched(
        target,
        f"-max_total_time={seconds}",
        # How inputs differ, coverage tells of contracts alone: the other parsers are not Python.
        f"-keep_seed={int(target != 'contract')}",
        f"-dict={DICTIONARIES[target]}",
        f"-artifact_prefix={CRASHES}/{target}-",
        *(str(found), str(CORPUS / target)),
    )
    if status == 0:
        return 0
    print(*said, sep="\n", file=sys.stderr)
    for crash in CRASHES.glob(f"{target}-*"):
        if crash.stat().st_mtime >= started:
            python, file = os.path.relpath(sys.executable), os.path.relpath(crash)
            print(f"{target}: a crash; to see it again:", file=sys.stderr)
            print(f"    {python} -m tests.fuzz.run --input {file} {target}", file=sys.stderr)
    return 1


def _merge(target: str) -> int:
    """Copy what reaches more into the corpus; return 1 where that gets too large."""
    (FOUND / target).mkdir(parents=True, exist_ok=True)
    folders = str(CORPUS / target), str(FOUND / target)
    # Code that is reached counts, not how often.
    status, said = _watched(target, "-merge=1", "-use_counters=0", *folders)
    if status:
        print(*said, sep="\n", file=sys.stderr)
        return 1
    shutil.rmtree(FOUND / target)
    for new in inputs(target):
        new.rename(new.with_name(name_of(new.read_bytes())))
    count, size = size_of(target)
    print(f"{target}: {count} inputs, {size:,} bytes", flush=True)
    if count > MAX_FILES or size > MAX_BYTES:
        print(f"more than {MAX_FILES} files or {MAX_BYTES:,} bytes; drop some", file=sys.stderr)
        return 1
    return 0


def _watched(target: str, *arguments: str) -> tuple[int, list[str]]:
    """Run the engine; print how it goes, return its exit code and what else it said."""
    limits = [f"-timeout={MAX_SECONDS}", f"-rss_limit_mb={MAX_MEMORY}", f"-max_len={MAX_LENGTH}"]
    command = [sys.executable, "-m", "tests.fuzz.engine", target, *limits, *arguments]
    # What the engine leaves behind ends with this folder: it does not end as Python does.
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        environment = {**os.environ, "TMPDIR": place}
        with subprocess.Popen(
            command, env=environment, stderr=subprocess.PIPE, text=True, errors="replace"
        ) as engine:
            said = list(_told(target, engine.stderr or ()))
    return engine.returncode, said


def _told(target: str, lines: Iterable[str]) -> Iterator[str]:
    """Print now and then how it goes, and at the end; yield what is no noise."""
    started = told = time.monotonic()
    state: re.Match[str] | None = None
    for line in lines:
        now = time.monotonic()
        state = _STATE.match(line) or state
        if state is not None and now - told >= EVERY:
            told = now
            _tell(target, now - started, state)
        if _NOISE.match(line) is None:
            yield line.rstrip("\n")
    if state is not None:
        _tell(target, time.monotonic() - started, state)


def _tell(target: str, seconds: float, state: re.Match[str]) -> None:
    runs, reached, kept = (f"{int(it):,}" for it in state.groups())
    print(
        f"{target}: {seconds:5.0f} s {runs:>12} runs, {reached} places reached, {kept} inputs kept",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
