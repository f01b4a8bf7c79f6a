"""What compiling and importing a contract costs, against the number of its methods.

    python benchmarks/compile.py [METHODS…]        (default: 10 100 1000)

Each figure is the median of whole processes: `rpcgen build` into an empty folder, and an
interpreter that imports the client (`import` less an interpreter that does nothing), with the
bytecode that the first import leaves.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 5
IMPORT = "from acme.large.v1 import LargeClient"


def contract(methods: int) -> str:
    """Return a contract with half as many structs as methods, of eight fields each."""
    parts = [
        "## A large control plane.\npackage acme.large 1.3",
        "type Name = str(min_length=1, max_length=64)",
        "enum Kind { small, medium, large since 1.2 }",
        "error NotFound(1001) { id: uuid }",
        "error Refused(1002) retryable { reason: str, after: duration? }",
    ]
    structs = max(1, methods // 2)
    parts += [_struct(number) for number in range(structs)]
    body = "\n".join(_method(number, structs) for number in range(methods))
    parts.append(f"## Everything at once.\nservice Large {{\n{body}\n}}")
    return "\n\n".join(parts) + "\n"


def _struct(number: int) -> str:
    # Each tenth struct starts a new chain, as nesting is bounded.
    inner = f"  before: Item{number - 1}?\n" if number % 10 else "  note: str?\n"
    return (
        f"## Item number {number}.\nstruct Item{number} {{\n  id: uuid\n  name: Name\n"
        "  size: int(ge=1, le=16384) = 1\n  kind: Kind = small since 1.1\n"
        f"  labels: map[str, str] = {{}}\n  at: datetime\n  host: str?\n{inner}}}"
    )


def _method(number: int, structs: int) -> str:
    item = f"Item{number % structs}"
    return (
        f"  ## Do the thing number {number}.\n"
        f"  call do_{number}(id: uuid, item: {item}, kind: Kind = small since 1.1,"
        f" tags: list[str] = []) -> list[{item}] raises NotFound, Refused timeout 30s"
    )


def _median(run: Callable[[], float]) -> float:
    return statistics.median(run() for _ in range(ROUNDS))


def _seconds(command: list[str], folder: Path) -> float:
    start = time.perf_counter()
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start


def measure(methods: int) -> tuple[float, float]:
    """Return the seconds of one build, and of one import."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "large.rpc").write_text(contract(methods), encoding="utf-8")
        rounds = iter(range(1_000))

        def build() -> float:
            out = f"out{next(rounds)}"
            command = [sys.executable, "-m", "rpcgen", "build", "large.rpc", "--out", out]
            return _seconds(command, folder)

        built = _median(build)
        home = folder / "out0"
        _seconds([sys.executable, "-c", IMPORT], home)  # writes the bytecode
        imported = _median(lambda: _seconds([sys.executable, "-c", IMPORT], home))
        empty = _median(lambda: _seconds([sys.executable, "-c", "pass"], home))
        return built, imported - empty


def main() -> None:
    """Print a row for each size."""
    sizes = [int(it) for it in sys.argv[1:]] or [10, 100, 1_000]
    print(f"{'methods':>8} {'structs':>8} {'build s':>9} {'ms/method':>10} {'import s':>9}")
    for methods in sizes:
        built, imported = measure(methods)
        each = built / methods * 1000
        structs = max(1, methods // 2)
        print(f"{methods:>8} {structs:>8} {built:>9.2f} {each:>10.2f} {imported:>9.2f}")


if __name__ == "__main__":
    main()
