"""Syntax to meaning: `resolve` is the table of contents, every pass enriches the same packages."""

from collections.abc import Iterable
from pathlib import Path

from rpcgen.language import ages, check, cycles, flows, model, names, syntax
from rpcgen.language.diagnostics import Report
from rpcgen.language.load import LoadedFile
from rpcgen.language.members import Members
from rpcgen.language.services import Services
from rpcgen.language.source import Span
from rpcgen.language.types import Scope
from rpcgen.language.versions import version_of

MAX_DECLARATIONS = 10_000


def resolve(files: Iterable[LoadedFile], report: Report) -> list[model.Package]:
    """Return the packages that the files declare; what is wrong with them is in `report`."""
    resolver = _Resolver(sorted(files, key=lambda it: it.below_root), report)
    resolver.open_packages()
    resolver.bind_imports()
    resolver.declare_names()
    resolver.resolve_names()
    resolver.fill_members()
    packages = resolver.packages()
    if not report:
        cycles.check(packages, report)
    for package in packages:
        check.check(package, report)
        ages.check(package, report)
    flows.check(packages, report)
    return packages


class _Resolver:
    def __init__(self, files: list[LoadedFile], report: Report) -> None:
        self._files = files
        self._report = report
        self._packages: dict[tuple[str, int], model.Package] = {}
        self._scopes: dict[LoadedFile, Scope] = {}
        self._lost: dict[model.Package, set[str]] = {}
        self._declared: list[tuple[Scope, syntax.Declaration, model.Declaration]] = []
        self._pending: dict[model.Declaration, tuple[Scope, syntax.Declaration]] = {}

    def packages(self) -> list[model.Package]:
        return list(self._packages.values())

    def open_packages(self) -> None:
        chain: list[model.Declaration] = []
        for file in self._files:
            package = self._package_of(file)
            if package is not None:
                lost = self._lost.setdefault(package, set())
                lost |= file.syntax.lost
                self._scopes[file] = Scope(
                    package, {}, self._report, self._pending, chain, self._lost
                )

    def _package_of(self, file: LoadedFile) -> model.Package | None:
        lines = [it for it in file.syntax.items if isinstance(it, syntax.Package)]
        if not lines:
            if not self._has_report_in(file):
                message = "the file does not say which package it belongs to"
                accepted = "`package acme.volume 1.0` as its first line"
                self._report.add("package-line", file.syntax.source_span, message, accepted)
            return None
        first = lines[0]
        for extra in lines[1:]:
            message, seen = "a file has one package line", [(first.span, "the first is here")]
            self._report.add("package-line", extra.span, message, "another file", seen)
        if file.syntax.items[0] is not first:
            message = "the package line comes first"
            self._report.add("package-line", first.span, message, "it before everything else")
        version = version_of(first.version, self._report)
        if version is None or not names.check_package(first.segments, self._report):
            return None
        return self._join(file, first, version)

    def _join(
        self, file: LoadedFile, line: syntax.Package, version: model.Version
    ) -> model.Package:
        name = ".".join(it.text for it in line.segments)
        key = (name, version.major)
        package = self._packages.get(key)
        if package is None:
            package = model.Package(name=name, version=version, span=line.span)
            self._packages[key] = package
        elif package.version != version:
            message = f"`{name}` is {package.version} in another file"
            seen = [(package.span, "there")]
            span = line.version.span
            self._report.add("package-split", span, message, f"`{package.version}`", seen)
        elif _folder(next(iter(package.sources))) != _folder(file.below_root):
            message = f"the files of `{name}` {version} lie in different folders"
            seen = [(package.span, "the other one")]
            self._report.add("package-split", line.span, message, "one folder", seen)
        package.sources[file.below_root] = file.syntax.source_span.source
        package.doc = "\n\n".join(it for it in (package.doc, line.doc) if it)
        return package

    def _has_report_in(self, file: LoadedFile) -> bool:
        name = file.syntax.source_span.source.name
        return any(it.span.source.name == name for it in self._report.diagnostics)

    def bind_imports(self) -> None:
        by_path = {it.path: it for it in self._files}
        edges: dict[model.Package, list[tuple[model.Package, Span]]] = {}
        for file, scope in self._scopes.items():
            seen: dict[str, Span] = {}
            for item in file.syntax.items:
                if isinstance(item, syntax.Import):
                    self._bind(file, scope, item, by_path, seen, edges)
            self._check_order(file)
        cycles.check_imports(edges, self._report)

    def _bind(
        self,
        file: LoadedFile,
        scope: Scope,
        item: syntax.Import,
        by_path: dict[Path, LoadedFile],
        seen: dict[str, Span],
        edges: dict[model.Package, list[tuple[model.Package, Span]]],
    ) -> None:
        alias = item.alias
        names.check_word(alias, "import", self._report)
        if alias.text in seen:
            message = f"`{alias.text}` is imported twice"
            places = [(seen[alias.text], "first here")]
            self._report.add("duplicate-name", alias.span, message, "another alias", places)
            return
        seen[alias.text] = alias.span
        path = file.imports.get(alias.text)
        target = None if path is None else by_path.get(path)
        if target is None or target not in self._scopes:
            scope.imports.setdefault(alias.text, _unreadable(scope.package))
            return
        package = self._scopes[target].package
        edges.setdefault(scope.package, []).append((package, item.path.span))
        scope.imports[alias.text] = package
        if package not in scope.package.imports:
            scope.package.imports.append(package)

    def _check_order(self, file: LoadedFile) -> None:
        declared = False
        for item in file.syntax.items:
            if isinstance(item, syntax.Import) and declared:
                message = "imports come before declarations"
                accepted = "this line below the package line"
                self._report.add("package-line", item.alias.span, message, accepted)
            declared = declared or not isinstance(item, syntax.Import | syntax.Package)

    def declare_names(self) -> None:
        for file, scope in self._scopes.items():
            for item in file.syntax.items:
                if not isinstance(item, syntax.Package | syntax.Import):
                    self._declare(scope, item)
        for package in self._packages.values():
            if len(package.declarations) > MAX_DECLARATIONS:
                message = f"the package declares more than {MAX_DECLARATIONS:,} names"
                self._report.add("too-many", package.span, message, "several packages")

    def _declare(self, scope: Scope, item: syntax.Declaration) -> None:
        names.check_declaration(item, self._report)
        declaration = names.declaration(item, scope.package, self._report)
        known = scope.package.declarations.get(declaration.name)
        if known is not None:
            message = f"`{declaration.name}` is declared twice"
            seen = [(known.span, "first here")]
            self._report.add("duplicate-name", declaration.span, message, "another name", seen)
        else:
            scope.package.declarations[declaration.name] = declaration
        self._declared.append((scope, item, declaration))
        if isinstance(declaration, model.Alias | model.Const):
            self._pending[declaration] = (scope, item)

    def resolve_names(self) -> None:
        # Values of enums first: defaults and constants speak of them.
        for scope, item, declaration in self._declared:
            if isinstance(item, syntax.Enum) and isinstance(declaration, model.Enum):
                Members(scope).enum(item, declaration)
        for scope, _, declaration in self._declared:
            scope.resolve_own(declaration)

    def fill_members(self) -> None:
        for scope, item, declaration in self._declared:
            if isinstance(item, syntax.Service) and isinstance(declaration, model.Service):
                Services(scope).fill(item, declaration)
            else:
                Members(scope).fill(item, declaration)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _unreadable(package: model.Package) -> model.Package:
    """Stands in for a package that could not be read, so that its names are not reported."""
    return model.Package(name="", version=package.version, span=package.span)
