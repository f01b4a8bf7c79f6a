"""Which method answers to which name and version: the generated tables of a server's endpoints.

Names from the wire are keys here, never attributes. No I/O.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rpcgen_runtime import errors
from rpcgen_runtime.endpoint import Binding, Endpoint, Listener
from rpcgen_runtime.facts import Service
from rpcgen_runtime.messages import CALL, Failure, Request
from rpcgen_runtime.methods import Call, Event, Method
from rpcgen_runtime.targets import Version

MAX_FOUND = 10_000
"""Of what was asked for; events of versions to come are there in any number."""
NOT_FOUND = Failure(errors.METHOD_NOT_FOUND, "the server does not know this method")


@dataclass(frozen=True, slots=True)
class Entry:
    """One method of one endpoint."""

    binding: Binding
    version: Version
    """What its server implements."""
    is_extension: bool = False
    """Whether it is none of the contract's, but of every server's: `rpc.ping` and its like."""

    @property
    def method(self) -> Method:
        """Return the method's facts."""
        return self.binding.method


class MethodTable:
    """The methods of a server's endpoints, by their names on the wire.

    Extensions have no bare names. Raises ValueError for endpoints that cannot be told apart.
    """

    def __init__(self, endpoints: Iterable[Endpoint], extensions: Iterable[Endpoint] = ()) -> None:
        self.services: list[tuple[Service, bool]] = []
        """Each service, and whether it is its events that are listened to."""
        self._entries: dict[str, list[Entry]] = {}
        self._found: dict[tuple[str, str | None, bool], Entry] = {}
        """What was asked for, called or not, and is there."""
        for endpoint in endpoints:
            self._add(endpoint)
        self._add_bare_names()
        for extension in extensions:
            for binding in extension.__rpc_bindings__():
                version = binding.method.service.version
                self._enter(binding.method.full_name, Entry(binding, version, is_extension=True))

    def warm(self) -> None:
        """Build validators now, rather than within the first requests."""
        for entries in self._entries.values():
            for entry in entries:
                entry.method.request.warm()
                if isinstance(entry.method, Call):
                    entry.method.reply.warm()

    def find(self, request: Request) -> Entry | Failure:
        """Return what runs a request, or why nothing does."""
        asked = request.name, request.version, request.verb is CALL
        found = self._found.get(asked)
        if found is not None:
            return found
        sought = self._seek(request)
        if isinstance(sought, Entry) and len(self._found) < MAX_FOUND:
            self._found[asked] = sought
        return sought

    def _seek(self, request: Request) -> Entry | Failure:
        entries = self._entries.get(request.name)
        if entries is None:
            return NOT_FOUND
        if request.version is None or entries[0].is_extension:
            return _meant(entries, request)
        try:
            wanted = Version.parse(request.version)
        except ValueError as error:
            return Failure(errors.UNSUPPORTED_VERSION, str(error))
        serving = [it for it in entries if _serves(it, wanted)]
        if serving:
            return _meant(serving, request)
        served = ", ".join(str(it) for it in sorted({it.version for it in entries}))
        message = f"version {wanted} is not served; served: {served}"
        return Failure(errors.UNSUPPORTED_VERSION, message)

    def _add(self, endpoint: Endpoint) -> None:
        bindings = endpoint.__rpc_bindings__()
        for service in {id(it.method.service): it.method.service for it in bindings}.values():
            self.services.append((service, isinstance(endpoint, Listener)))
        for binding in bindings:
            method = binding.method
            entry = Entry(binding, method.service.version)
            legacy = method.service.target.legacy_namespaces
            names = [method.service.full_name(method.wire_name, it) for it in legacy]
            for name in dict.fromkeys([method.full_name, *names]):
                self._enter(name, entry)

    def _enter(self, name: str, entry: Entry) -> None:
        entries = self._entries.setdefault(name, [])
        for other in entries:
            if other.method is entry.method:
                raise ValueError(f"two endpoints answer `{name}`; one server takes one of them")
            same_table = other.method.service is entry.method.service
            if other.version.major == entry.version.major and not same_table:
                raise ValueError(
                    f"`{other.method.service.package}` and `{entry.method.service.package}` both "
                    f"answer `{name}`; give one of the services another namespace"
                )
        entries.append(entry)
        entries.sort(key=lambda it: (-it.version.major, not isinstance(it.method, Call)))

    def _add_bare_names(self) -> None:
        """Let a method be called by its bare name where only one endpoint has it."""
        owners: dict[str, set[str]] = {}
        for name in self._entries:
            owners.setdefault(name.rpartition(".")[2], set()).add(name)
        for bare, names in owners.items():
            full = {self._entries[it][0].method.full_name for it in names}
            if len(full) == 1 and bare not in self._entries:
                self._entries[bare] = self._entries[full.pop()]


def _serves(entry: Entry, wanted: Version) -> bool:
    """Whether a request of that version is taken.

    Events flow back as replies do: a newer one is taken, and what is new in it left out.
    """
    if isinstance(entry.method, Event):
        return entry.version.major == wanted.major
    return entry.version.serves(wanted)


def _meant(entries: Sequence[Entry], request: Request) -> Entry:
    """Return the newest major's entry; of a call and a cast of one name, what was asked for."""
    first = entries[0]
    if len(entries) > 1 and request.verb is not CALL:
        unanswered = [it for it in entries if not isinstance(it.method, Call)]
        return next((it for it in unanswered if it.version == first.version), first)
    return first
