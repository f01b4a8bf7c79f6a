"""The view of `openrpc.py`: what the package's services answer, for `rpc.discover`."""

from dataclasses import dataclass

from rpcgen.export import openrpc
from rpcgen.language import model
from rpcgen.python import literals


@dataclass(frozen=True, slots=True)
class OpenrpcView:
    """`openrpc.py`; its lines are literals."""

    header: str
    doc: str
    lines: list[str]


def openrpc_view(package: model.Package, header: str) -> OpenrpcView:
    """Return the view of `openrpc.py`."""
    said = f"The services of `{package.name}` as an OpenRPC document."
    lines = [literals.quoted(it) for it in openrpc.lines(package)]
    return OpenrpcView(header, literals.docstring(said, 0), lines)
