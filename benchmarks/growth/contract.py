"""Contracts of any size, as text: `add`, and methods that take and return a model. Pure."""

PACKAGE = "acme.large.v1"

_HEAD = """\
## A large control plane.
package acme.large 1.3

type Name = str(min_length=1, max_length=64)

enum Kind { small, medium, large since 1.2 }

error NotFound(1001) { id: uuid }

error Refused(1002) retryable { reason: str, after: duration? }
"""
_ADD = "  call add(a: int, b: int) -> int"


def contract(methods: int, models: int) -> str:
    """Return a contract with so many methods beside `add`, and models of eight fields each."""
    body = "\n".join([_ADD, *(_method(number, models) for number in range(methods))])
    service = f"## Everything at once.\nservice Large {{\n{body}\n}}"
    return "\n\n".join([_HEAD, *map(_struct, range(models)), service]) + "\n"


def _struct(number: int) -> str:
    # Each tenth struct starts a new chain, as nesting is bounded.
    inner = f"  before: Item{number - 1}?\n" if number % 10 else "  note: str?\n"
    return (
        f"## Item number {number}.\nstruct Item{number} {{\n  id: uuid\n  name: Name\n"
        "  size: int(ge=1, le=16384) = 1\n  kind: Kind = small since 1.1\n"
        f"  labels: map[str, str] = {{}}\n  at: datetime\n  host: str?\n{inner}}}"
    )


def _method(number: int, models: int) -> str:
    item = f"Item{number % models}"
    return (
        f"  ## Do the thing number {number}.\n"
        f"  call do_{number}(id: uuid, item: {item}, kind: Kind = small since 1.1,"
        f" tags: list[str] = []) -> list[{item}] raises NotFound, Refused timeout 30s"
    )
