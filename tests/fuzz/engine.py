"""Fuzzes one target in this process; the only file that imports atheris.

python -m tests.fuzz.engine TARGET [LIBFUZZER ARGUMENT…]
"""

import shlex
import sys
from random import Random

import atheris
from atheris.import_hook import instrument_imports

from tests.fuzz.mutations import changed
from tests.fuzz.words import words

AT_RANDOM = 0.4
"""How many changes are libFuzzer's own: of bytes, or by the dictionary."""


def main() -> None:
    """Fuzz; ends the process."""
    target, *arguments = sys.argv[1:]
    known, separator = words(target), b"\n" if target == "contract" else b","
    with instrument_imports(include=["rpcgen", "rpcgen_runtime"]):
        from tests.fuzz.targets import TARGETS

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        pick = Random(seed)
        if pick.random() < AT_RANDOM:
            random: bytes = atheris.Mutate(data, max_size)
            return random
        return changed(data, pick, known, separator)[:max_size]

    # A merge starts this command again, through a shell, for each input that ends it.
    command = f"{shlex.quote(sys.executable)} -m tests.fuzz.engine {target}"
    atheris.Setup([command, *arguments], TARGETS[target], custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
