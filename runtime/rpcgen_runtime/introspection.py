"""What any server can tell about itself: `rpc.ping`, `rpc.contract`, `rpc.discover`. No I/O.

Names that begin with `rpc.` are what JSON-RPC 2.0 leaves to extensions (section 4).
"""

from collections.abc import Sequence

from pydantic import JsonValue

from rpcgen_runtime.discovery import together
from rpcgen_runtime.endpoint import Binding, Endpoint, Listener, bind
from rpcgen_runtime.facts import Minors, Service
from rpcgen_runtime.methods import Call
from rpcgen_runtime.targets import Target

_RPC = Service(
    package="rpc",
    name="rpc",
    target=Target(topic="rpc", namespace="rpc", version="1.0"),
    minors=Minors(),
)
PING = Call[None](_RPC, "ping", [], readonly=True)
CONTRACT = Call[JsonValue](_RPC, "contract", [], result=JsonValue, readonly=True)
DISCOVER = Call[JsonValue](_RPC, "discover", [], result=JsonValue, readonly=True)


class Ping(Endpoint):
    """`rpc.ping() -> null`: whoever gets the answer knows that the server is there."""

    def __rpc_bindings__(self) -> Sequence[Binding]:
        """Return the method with what runs it."""
        return [bind(PING, self.ping)]

    async def ping(self, _ctx: object) -> None:
        """Answer."""


class Introspection(Endpoint):
    """`rpc.contract()`: what the server serves, and the contract of it.

        {"server": "node-7", "packages": [{"name": "demo.compute", "version": "2.3",
         "services": ["Compute", "Conductor"], "files": {"demo/common.rpc": "package …", …}}]}

    `server` is null where the server has no name. There is one entry for each package and version;
    its `services` are those that this server serves, its `files` the texts of the package and of
    all that it imports, by their paths below the source root, without comments. An endpoint
    without generated files, and a listener, is not told of.

    `rpc.discover()`: the same as an OpenRPC document, for the tools of others (OpenRPC 1.4, Service
    Discovery Method).
    """

    def __init__(self, endpoints: Sequence[Endpoint], server_name: str | None) -> None:
        """Tell of `endpoints`, which a server of that name serves."""
        self._endpoints = endpoints
        self._server_name = server_name

    def __rpc_bindings__(self) -> Sequence[Binding]:
        """Return each method with what runs it."""
        return [bind(CONTRACT, self.contract), bind(DISCOVER, self.discover)]

    def contract(self, _ctx: object) -> JsonValue:
        """Return what is served."""
        services: dict[tuple[str, str], set[str]] = {}
        files: dict[tuple[str, str], dict[str, str]] = {}
        for endpoint in self._endpoints:
            lines = {} if isinstance(endpoint, Listener) else endpoint.__rpc_contract__()
            for service in _services_of(endpoint) if lines else ():
                key = service.package, service.target.version
                services.setdefault(key, set()).add(service.name)
                texts = files.setdefault(key, {})
                texts |= {path: "\n".join(it) + "\n" for path, it in lines.items()}
        packages: list[JsonValue] = [
            {
                "name": name,
                "version": version,
                "services": list[JsonValue](sorted(names)),
                "files": dict[str, JsonValue](files[name, version]),
            }
            for (name, version), names in sorted(services.items())
        ]
        return {"server": self._server_name, "packages": packages}

    def discover(self, _ctx: object) -> JsonValue:
        """Return what is served, as OpenRPC says it."""
        served: dict[tuple[str, str], set[str]] = {}
        texts: dict[tuple[str, str], Sequence[str]] = {}
        for endpoint in self._endpoints:
            lines = () if isinstance(endpoint, Listener) else endpoint.__rpc_openrpc__()
            for service in _services_of(endpoint) if lines else ():
                key = service.package, service.target.version
                served.setdefault(key, set()).add(service.name)
                texts[key] = lines
        return together(texts.values(), served)


def _services_of(endpoint: Endpoint) -> list[Service]:
    found = [it.method.service for it in endpoint.__rpc_bindings__()]
    return list({id(it): it for it in found}.values())
