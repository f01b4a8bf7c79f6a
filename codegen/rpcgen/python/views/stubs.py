"""The views of `client.py` and `server.py`: one signature per method, and the bodies around it."""

from dataclasses import dataclass, replace

from rpcgen.language import model
from rpcgen.python import literals, names
from rpcgen.python.annotate import ARGUMENT, HANDED_OVER, REPLY, Annotator, Imports, Style
from rpcgen.python.layout import WIDEST, WIDTH, Brackets, Joined, Node, lay_out, parse, statement
from rpcgen.python.views import docs
from rpcgen.python.views.imports import import_lines


@dataclass(frozen=True, slots=True)
class MethodView:
    """One method of a class: `signature` ends in a colon, `body` is one statement."""

    deprecated: str
    """The note, as a literal; empty where the method is not deprecated."""
    signature: str
    doc: str
    body: str


@dataclass(frozen=True, slots=True)
class ClassView:
    """A client, a publisher, a server or a listener."""

    name: str
    base: str
    doc: str
    methods: list[MethodView]
    bindings: list[str]
    tells_contract: bool = False
    """Whether it hands out the contract's files."""


@dataclass(frozen=True, slots=True)
class StubsView:
    """`client.py` or `server.py`"""

    header: str
    doc: str
    imports: list[str]
    classes: list[ClassView]


def client_view(package: model.Package, header: str) -> StubsView:
    """Return the view of `client.py`."""
    imports = Imports(package)
    classes = []
    for service in package.of_kind(model.Service):
        writer = _Writer(service, imports)
        wanted = names.service_classes(service)
        if f"{service.name}Client" in wanted:
            classes += [writer.caller("Client", "call"), writer.caller("AsyncClient", "call")]
        if f"{service.name}Events" in wanted:
            classes += [writer.caller("Events", "event"), writer.caller("AsyncEvents", "event")]
    doc = literals.docstring(f"Clients of the services of `{package.name}`.", 0)
    return StubsView(header, doc, import_lines(imports, runtime=bool(classes)), classes)


def server_view(package: model.Package, header: str) -> StubsView:
    """Return the view of `server.py`."""
    imports = Imports(package)
    classes = []
    for service in package.of_kind(model.Service):
        writer = _Writer(service, imports)
        wanted = names.service_classes(service)
        if f"{service.name}Server" in wanted:
            classes.append(writer.endpoint("Server"))
        if f"{service.name}Listener" in wanted:
            classes.append(writer.endpoint("Listener"))
    doc = literals.docstring(f"Skeletons of the services of `{package.name}`.", 0)
    if classes:
        imports.name("abc", "abstractmethod")
        imports.name("collections.abc", "Sequence")
    return StubsView(header, doc, import_lines(imports, runtime=bool(classes)), classes)


class _Writer:
    """Writes the classes of one service."""

    def __init__(self, service: model.Service, imports: Imports) -> None:
        self._service = service
        self._imports = imports
        self._annotator = Annotator(imports)
        taken = frozenset(names.method(it) for it in service.methods)
        self._shadowed = taken & names.ANNOTATION_BUILTINS

    def caller(self, base: str, kind: str) -> ClassView:
        """Return a class whose methods send; `kind` says whether events or the rest."""
        is_async = base.startswith("Async")
        plain = base.removeprefix("Async")
        name = f"{'Async' if is_async else ''}{self._service.name}{plain}"
        methods = [
            self._stub(it, is_async=is_async)
            for it in self._service.methods
            if (it.verb == "event") == (kind == "event")
        ]
        what = f"Publishes the events of `{self._service.name}`."
        doc = docs.of_item(self._service, f"Calls `{self._service.name}`.", self._service.package)
        doc = literals.docstring(what, 4) if kind == "event" else doc
        return ClassView(name, f"rpc.{base}", doc, methods, [])

    def _stub(self, method: model.Method, *, is_async: bool) -> MethodView:
        constant = self._constant(method)
        arguments = [names.parameter(it) for it in method.parameters]
        head = f"self._caller.{method.verb}("
        call = Brackets(head, [constant, Brackets("[", arguments, "]")], ")")
        is_told = method.verb == "fanout" or (method.verb == "call" and method.result is not None)
        word = "return " if is_told else ""
        body = lay_out(Joined(word + ("await " if is_async else ""), call), 8)
        result = "rpc.Reach" if method.verb == "fanout" else "None"
        if method.result is not None:
            result = self._annotator.annotation(method.result, self._style(REPLY))
        define = "async def" if is_async else "def"
        style = self._style(ARGUMENT)
        parameters = [self._parameter(it, style) for it in method.parameters]
        signature = _signature(define, method, ["self", *parameters], result)
        doc = docs.of_method(method, self._service)
        return MethodView(self._deprecation(method), signature, doc, body)

    def endpoint(self, kind: str) -> ClassView:
        """Return a class whose methods are to be written."""
        methods, bindings = [], []
        for method in self._service.methods:
            if (method.verb == "event") != (kind == "Listener"):
                continue
            methods.append(self._abstract(method))
            arguments = [self._constant(method), f"self.{names.method(method)}"]
            bindings.append(lay_out(Brackets("rpc.bind(", arguments, ")"), 12, ","))
        what = f"Receives the events of `{self._service.name}`."
        doc = docs.of_item(self._service, f"Serves `{self._service.name}`.", self._service.package)
        doc = literals.docstring(what, 4) if kind == "Listener" else doc
        base = "rpc.Endpoint" if kind == "Server" else "rpc.Listener"
        name = f"{self._service.name}{kind}"
        return ClassView(name, base, doc, methods, bindings, tells_contract=kind == "Server")

    def _abstract(self, method: model.Method) -> MethodView:
        result = "None"
        if method.result is not None:
            result = self._annotator.annotation(method.result, self._style(REPLY))
        both = f"{result} | Awaitable[{result}]"
        if len(f"    ) -> {both}:") > WIDTH:
            both = f"rpc.Handled[{result}]"
        else:
            self._imports.name("collections.abc", "Awaitable")
        # A handler is given every argument, so that nothing here has a default.
        style = self._style(REPLY if method.verb == "event" else HANDED_OVER)
        parameters = [self._typed(it, style) for it in method.parameters]
        signature = _signature("def", method, ["self", "ctx: rpc.Context", *parameters], both)
        return MethodView("", signature, docs.of_method(method, self._service), "")

    def _typed(self, field: model.Field, style: Style, after: str = "") -> Node:
        annotation = self._annotator.annotation(field.type, style)
        return Joined(f"{names.parameter(field)}: ", parse(annotation), after)

    def _parameter(self, field: model.Field, style: Style) -> Node:
        if field.default is not None:
            default = self._annotator.typed_default(field.default, field.type)
            return self._typed(field, style, f" = {'()' if default == '[]' else default}")
        after = " = None" if isinstance(field.type, model.Optional) else ""
        return self._typed(field, style, after)

    def _constant(self, method: model.Method) -> str:
        return self._imports.name(".methods", names.method_constant(self._service, method))

    def _style(self, style: Style) -> Style:
        return replace(style, shadowed=self._shadowed)

    def _deprecation(self, method: model.Method) -> str:
        if method.deprecated is None:
            return ""
        return literals.quoted(method.deprecated_note or f"since {method.deprecated}")


def _signature(define: str, method: model.Method, parameters: list[Node], result: str) -> str:
    head = f"{names.method(method)}("
    node = Joined(f"{define} ", Brackets(head, parameters, f") -> {result}"))
    text = lay_out(node, 4, ":")
    if len(text.rpartition("\n")[2]) <= WIDEST:
        return text
    return text.removesuffix(f"    ) -> {result}:") + statement(") -> ", result, 4, ":")
