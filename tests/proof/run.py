"""A run of the proof: so many pairs from a seed, on one event loop."""

import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proof.judge import Judged, judged
from tests.proof.pairs import Base, Pair, bases, edited
from tests.proof.sides import Compiler, Refused, Side, imported
from tests.proof.tally import Tally, fault

ALL_METHODS = 10
"""Every so many pairs, methods are tried that the edits do not touch."""


async def run(pairs: int, seed: int, progress: Callable[[Tally], None]) -> Tally:
    """Return what that many pairs came to."""
    tally = Tally(seed)
    with _quiet(), TemporaryDirectory(prefix="rpcgen-proof-") as folder:
        compiler = Compiler(Path(folder))
        for base in bases(seed):
            async for _ in _of(base, compiler, tally):
                progress(tally)
                if tally.pairs >= pairs:
                    return tally
    raise AssertionError("bases never end")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the runtime's log from the terminal: what handlers raise here they raise on purpose."""
    log, silence = logging.getLogger("rpcgen_runtime"), logging.NullHandler()
    log.addHandler(silence)
    try:
        yield
    finally:
        log.removeHandler(silence)


async def _of(base: Base, compiler: Compiler, tally: Tally) -> AsyncGenerator[Pair]:
    """Judge the pairs of one contract; what the language refuses is left out."""
    with suppress(Refused), imported(compiler.compile(base.contract.files())) as was:
        for pair in base.pairs():
            all_methods = tally.pairs % ALL_METHODS == 0
            try:
                found = await _judged(pair, was, compiler, all_methods=all_methods)
            except Refused:
                tally.refused += 1
                continue
            tally.add(*await _smaller(pair, found, base, was, compiler))
            yield pair


async def _judged(
    pair: Pair, was: Side, compiler: Compiler, *, all_methods: bool = False
) -> Judged:
    with imported(compiler.compile(pair.now)) as now:
        try:
            return await judged(was, now, pair.name, all_methods=all_methods)
        except ValueError as error:
            # Such as two services of one server that answer to one name.
            raise Refused(str(error)) from error


async def _smaller(
    pair: Pair, found: Judged, base: Base, was: Side, compiler: Compiler
) -> tuple[Pair, Judged]:
    """Return a pair with one of the edits that is wrong the same way, if there is one."""
    if fault(found) is None or len(pair.done) == 1:
        return pair, found
    for step in pair.steps:
        single = edited(base.contract, [step], pair.name)
        with suppress(Refused):
            other = None if single is None else await _judged(single, was, compiler)
            if single is not None and other is not None and fault(other) == fault(found):
                return single, other
    return pair, found
