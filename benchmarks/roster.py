"""Who takes part: each subject with its module, its environment and what it can do."""

from dataclasses import dataclass
from enum import Enum

from benchmarks.work import Work


class Road(Enum):
    """How its messages travel; subjects of one road are compared."""

    DIRECT = "direct"
    BROKER = "broker"
    MEMORY = "memory"


class Role(Enum):
    """What a subject is in the comparison."""

    OURS = "ours"
    PEER = "peer"
    LIMIT = "limit"
    """The same transport with nothing above it."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Packages that share a folder below `.venv-bench`; without any it is this interpreter's."""

    name: str
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """One that is measured."""

    name: str
    file: str
    """In `benchmarks/subjects`."""
    road: Road
    role: Role
    environment: Environment
    is_async: bool
    """Whether callers are coroutines; else they are threads."""
    one_way: frozenset[Work] = frozenset()
    """What it has beside calls."""
    scheme: str = "http"
    room: str = "benchmarks.subjects"

    @property
    def module(self) -> str:
        """Return what its processes import."""
        return f"{self.room}.{self.file}"

    def does(self, work: Work) -> bool:
        """Return whether it can be asked for this."""
        return work.is_answered or work in self.one_way

    def is_called(self, name: str) -> bool:
        """Return whether a name of the command line means it: `http` is `http-async` too."""
        return self.name == name or self.name.startswith(f"{name}-")


HERE = Environment("rpcgen", ())
PYREQWEST = Environment(
    "pyreqwest",
    ("pyreqwest==0.15.1", "uvicorn==0.54.0", "httptools==0.9.0", "pydantic-core==2.50.4"),
)
GRPC = Environment("grpc", ("grpcio==1.85.1", "grpcio-tools==1.85.1"))
FASTAPI = Environment(
    "fastapi", ("fastapi==0.165.0", "uvicorn==0.54.0", "httptools==0.9.0", "aiohttp==3.14.5")
)
OSLO = Environment("oslo", ("oslo.messaging==18.3.1",))
NAMEKO = Environment("nameko", ("nameko==2.14.1",))
AIO_PIKA = Environment("aio_pika", ("aio-pika==10.2.1",))
FASTSTREAM = Environment("faststream", ("faststream[rabbit]==0.7.8",))
JSONRPCLIB = Environment("jsonrpclib", ("jsonrpclib-pelix==1.2.0",))
ZERORPC = Environment("zerorpc", ("zerorpc==0.6.3", "pyzmq==27.3.0", "gevent==26.9.0"))
PLOT = Environment("plot", ("matplotlib==3.11.2",))
UVLOOP = Environment("uvloop", ("uvloop==0.23.0",))

_CASTS = frozenset({Work.CASTS})
_ALL = frozenset({Work.CASTS, Work.EVENTS, Work.FANOUT})
_OURS, _PEER, _LIMIT = Role.OURS, Role.PEER, Role.LIMIT
_DIRECT, _BROKER, _MEMORY = Road.DIRECT, Road.BROKER, Road.MEMORY

SUBJECTS = (
    Subject("http-async", "ours_async", _DIRECT, _OURS, HERE, True, _ALL),
    Subject("http-sync", "ours_sync", _DIRECT, _OURS, HERE, False, _ALL),
    Subject("uvicorn", "uvicorn", _DIRECT, _LIMIT, HERE, True),
    Subject("pyreqwest", "pyreqwest", _DIRECT, _LIMIT, PYREQWEST, True),
    Subject("grpc-aio", "grpc_aio", _DIRECT, _PEER, GRPC, True),
    Subject("grpc-sync", "grpc_sync", _DIRECT, _PEER, GRPC, False),
    Subject("fastapi", "fastapi", _DIRECT, _PEER, FASTAPI, True),
    Subject("jsonrpclib", "jsonrpclib", _DIRECT, _PEER, JSONRPCLIB, False),
    Subject("xmlrpc", "xmlrpc", _DIRECT, _PEER, HERE, False),
    Subject("zerorpc", "zerorpc", _DIRECT, _PEER, ZERORPC, False, scheme="tcp"),
    Subject("amqp-async", "ours_async", _BROKER, _OURS, HERE, True, _ALL, "amqp"),
    Subject("amqp-sync", "ours_sync", _BROKER, _OURS, HERE, False, _ALL, "amqp"),
    Subject("pika", "pika", _BROKER, _LIMIT, HERE, True, _ALL, "amqp"),
    Subject("oslo", "oslo", _BROKER, _PEER, OSLO, False, _CASTS | {Work.FANOUT}, "amqp"),
    Subject("nameko", "nameko", _BROKER, _PEER, NAMEKO, False, frozenset({Work.EVENTS}), "amqp"),
    Subject("aio-pika", "aio_pika", _BROKER, _PEER, AIO_PIKA, True, frozenset(), "amqp"),
    Subject(
        "faststream", "faststream", _BROKER, _PEER, FASTSTREAM, True, _CASTS | {Work.EVENTS}, "amqp"
    ),
    Subject("memory-async", "ours_async", _MEMORY, _OURS, HERE, True, _ALL, "memory"),
    Subject("memory-sync", "ours_sync", _MEMORY, _OURS, HERE, False, _ALL, "memory"),
)


def chosen(names: list[str]) -> list[Subject]:
    """Return the subjects of these names, of all without one. Raises ValueError."""
    for name in names:
        if not any(it.is_called(name) for it in SUBJECTS):
            raise ValueError(
                f"no subject `{name}`; there are: {' '.join(it.name for it in SUBJECTS)}"
            )
    return [it for it in SUBJECTS if not names or any(it.is_called(name) for name in names)]
