"""What is held against its contract: an implementation, and the contract that it brings along."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from rpcgen.contract_tests.codecs import MethodCodec
from rpcgen.language import model
from rpcgen.language.diagnostics import Report, nearest
from rpcgen.language.load import Loader
from rpcgen.language.resolve import resolve
from rpcgen_runtime.endpoint import ContractFiles, Endpoint, Listener
from rpcgen_runtime.methods import Method


class SubjectError(ValueError):
    """There is nothing to test; the message says why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One service's implementation."""

    name: str
    """As whoever runs the tests calls it."""
    make_any: Callable[[], object]
    kind: type[Endpoint]
    service: model.Service
    codecs: Sequence[MethodCodec]

    def make(self) -> Endpoint:
        """Return a new one, that nobody has called yet. Raises SubjectError."""
        try:
            made = self.make_any()
        except Exception as error:
            problem = f"`{self.name}` could be made once, but not again"
            raise SubjectError(f"{problem}: {type(error).__name__}: {error}") from error
        return _endpoint(self.name, made)

    @property
    def package(self) -> model.Package:
        """Return the contract."""
        return self.service.package

    def label(self, method: model.Method) -> str:
        """Return how a method is called in what is told."""
        return f"{self.service.name}.{method.name}"

    def codec(self, name: str) -> MethodCodec:
        """Return a method by its name in the contract. Raises SubjectError."""
        for it in self.codecs:
            if it.contract.name == name:
                return it
        known = [it.contract.name for it in self.codecs]
        hint = nearest(name, known) or f"; accepted: {', '.join(f'`{it}`' for it in known)}"
        raise SubjectError(f"`{self.service.name}` has no method `{name}`{hint}")

    def skeleton(self) -> type[Endpoint]:
        """Return the generated class that the implementation derives from."""
        return skeleton_of(self.kind)


def subject(name: str, make: Callable[[], object]) -> Subject:
    """Return what is tested. Raises SubjectError, and whatever `make` raises."""
    endpoint = _endpoint(name, make())
    return _subject(name, make, type(endpoint), endpoint)


def abstract_subject(name: str, kind: type[Endpoint]) -> Subject:
    """Return a class that is not made: its signatures and its contract can be looked at."""

    def make() -> Endpoint:
        raise SubjectError(f"`{name}` is abstract")

    filled = type(kind.__name__, (kind,), dict.fromkeys(kind.__abstractmethods__, _missing))
    return _subject(name, make, kind, object.__new__(filled))


def skeleton_of(kind: type[Endpoint]) -> type[Endpoint]:
    """Return the generated class among the ancestors of a class. Raises SubjectError."""
    for ancestor in kind.__mro__:
        if "__rpc_bindings__" in vars(ancestor) and ancestor not in {Endpoint, Listener}:
            assert issubclass(ancestor, Endpoint), "nothing else has bindings"
            return ancestor
    raise SubjectError(f"`{kind.__name__}` derives from no generated server or listener")


def _subject(
    name: str, make: Callable[[], object], kind: type[Endpoint], endpoint: Endpoint
) -> Subject:
    files = _files(skeleton_of(kind))
    bindings = endpoint.__rpc_bindings__()
    if not bindings:
        raise SubjectError(f"the service of `{name}` has no methods")
    methods = [it.method for it in bindings]
    facts = methods[0].service
    texts = {path: "\n".join(it) + "\n" for path, it in files.items()}
    service = _service(texts, facts.package, facts.version.major, facts.name)
    return Subject(name, make, kind, service, list(_codecs(service, methods)))


def _files(skeleton: type[Endpoint]) -> ContractFiles:
    """Return the contract beside a generated class: listeners do not tell it themselves."""
    package = skeleton.__module__.rpartition(".")[0]
    try:
        files: ContractFiles = import_module(f"{package}.contract").FILES
    except (ImportError, AttributeError):
        problem = f"there is no generated contract beside `{skeleton.__name__}`"
        raise SubjectError(f"{problem}; accepted: code from `rpcgen build`") from None
    return files


def _endpoint(name: str, made: object) -> Endpoint:
    if not isinstance(made, Endpoint):
        problem = f"`{name}` returns a {type(made).__name__}"
        raise SubjectError(f"{problem}; accepted: an instance of a generated server's subclass")
    return made


def _codecs(service: model.Service, methods: Sequence[Method]) -> Sequence[MethodCodec]:
    by_wire = {(it.wire, it.verb): it for it in service.methods}
    return [MethodCodec(by_wire[it.wire_name, it.verb.value], it) for it in methods]


def _service(texts: Mapping[str, str], package: str, major: int, name: str) -> model.Service:
    report = Report()
    with TemporaryDirectory(prefix="rpcgen-") as folder:
        root = Path(folder).resolve()
        loader = Loader(root, report)
        for path, text in texts.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        for path in texts:
            loader.load(root / path)
        packages = resolve(loader.files.values(), report)
    found = [it for it in packages if (it.name, it.version.major) == (package, major)]
    if report or not found:
        raise SubjectError(f"the contract of `{package}` that the generated code tells is broken")
    service = found[0].declarations[name]
    assert isinstance(service, model.Service), "the generated code is named after one"
    return service


def _missing(*_arguments: object) -> None:
    """Stand for a method that is not there."""
