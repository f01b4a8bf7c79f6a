"""Views to text; the only file that imports jinja2."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from rpcgen.language import model
from rpcgen.python import names
from rpcgen.python.views.contract import contract_view
from rpcgen.python.views.errors import errors_view
from rpcgen.python.views.methods import methods_view
from rpcgen.python.views.models import models_view
from rpcgen.python.views.openrpc import openrpc_view
from rpcgen.python.views.package import FolderView, package_view
from rpcgen.python.views.stubs import client_view, server_view


class Renderer:
    """Turns packages into files; holds the templates."""

    def __init__(self) -> None:
        # Names of the contract are checked and its texts are literals: nothing is left to escape.
        self._templates = Environment(  # noqa: S701
            loader=PackageLoader("rpcgen.python"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def files(self, package: model.Package) -> dict[str, str]:
        """Return the generated files of `package` by their paths below the output root."""
        header = ", ".join(package.sources)
        folder = names.module_path(package)
        views = {
            "__init__": package_view(package, header),
            "models": models_view(package, header),
            "errors": errors_view(package, header),
            "methods": methods_view(package, header),
            "client": client_view(package, header),
            "server": server_view(package, header),
            "contract": contract_view(package, header),
            "openrpc": openrpc_view(package, header),
        }
        files = {
            f"{folder}/{name}.py": self._render("package" if name == "__init__" else name, view)
            for name, view in views.items()
        }
        files[f"{folder}/py.typed"] = ""
        return files

    def folder(self) -> str:
        """Return the `__init__.py` of the folders above a package."""
        return self._render("folder", FolderView("the packages below"))

    def _render(self, template: str, view: object) -> str:
        text = self._templates.get_template(f"{template}.py.jinja").render(view=view)
        return _tidy(text)


def _tidy(text: str) -> str:
    """Drop the empty lines at the ends of blocks that had nothing in them."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line or not lines or lines[-2:] != ["", ""]:
            lines.append(line)
    return "\n".join(lines).rstrip("\n") + "\n"
