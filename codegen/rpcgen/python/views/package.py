"""The views of the `__init__.py` files."""

from dataclasses import dataclass

from rpcgen.language import model
from rpcgen.python import literals, names
from rpcgen.python.views.imports import by_kind, import_from


@dataclass(frozen=True, slots=True)
class PackageView:
    """`__init__.py` of the generated package: its names, each from its module, on demand."""

    header: str
    doc: str
    imports: list[str]
    names: list[str]
    homes: list[str]


@dataclass(frozen=True, slots=True)
class FolderView:
    """`__init__.py` of a folder above generated packages."""

    header: str


def package_view(package: model.Package, header: str) -> PackageView:
    """Return the view of the package's `__init__.py`."""
    homes: dict[str, str] = {}
    for declaration in package.declarations.values():
        match declaration:
            case model.Service():
                homes |= names.service_classes(declaration)
            case model.Error():
                homes[names.declared(declaration)] = "errors"
            case model.Union():
                homes[names.declared(declaration)] = "models"
                homes |= {
                    names.variant_class(declaration, it): "models" for it in declaration.variants
                }
            case _:
                homes[names.declared(declaration)] = "models"
    ordered = sorted(homes, key=by_kind)
    modules = sorted(set(homes.values()))
    imports = [
        import_from(f".{module}", (it for it in ordered if homes[it] == module), 4)
        for module in modules
    ]
    doc = literals.docstring(package.doc or f"`{package.name}`, version {package.version}.", 0)
    quoted = [f'"{it}",' for it in ordered]
    pairs = [f'"{it}": "{homes[it]}",' for it in ordered]
    return PackageView(header, doc, imports, quoted, pairs)
