"""What exists for `def` and for `async def` is alike but for the keywords and the names."""

import ast
import inspect
import textwrap

import pytest

from rpcgen_runtime import caller, transport
from rpcgen_runtime.http import client as http
from tests.runtime.generated.new.trial.kinds.v1 import client as kinds
from tests.runtime.generated.new.trial.work.v1 import client as work

RENAMED = {
    "AsyncCaller": "Caller",
    "AsyncTransport": "Transport",
    "AsyncHttpTransport": "HttpTransport",
    "AsyncClient": "Client",
    "AsyncEvents": "Events",
    "AsyncKindsClient": "KindsClient",
    "AsyncWorkClient": "WorkClient",
    "AsyncWorkEvents": "WorkEvents",
    "_sleep": "time.sleep",
    "_asked_async": "_asked",
    "_async_poster": "_poster",
    "_AsyncEverybody": "_Everybody",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
}


class _Plain(ast.NodeTransformer):
    """Takes `async` and `await` away, gives both kinds one name, and leaves documentation out."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        plain = ast.FunctionDef(**dict(ast.iter_fields(node)))
        return self.visit_FunctionDef(ast.copy_location(plain, node))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = RENAMED.get(node.name, node.name)
        return self._without_documentation(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = RENAMED.get(node.name, node.name)
        return self._without_documentation(node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        plain = ast.With(**dict(ast.iter_fields(node)))
        return self.generic_visit(ast.copy_location(plain, node))

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)  # type: ignore[no-any-return]  # as typeshed has it

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = RENAMED.get(node.id, node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = RENAMED.get(node.attr, node.attr)
        return self.generic_visit(node)

    def _without_documentation(self, node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)


def _normalised(kind: type) -> str:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    return ast.unparse(ast.fix_missing_locations(_Plain().visit(tree)))


@pytest.mark.parametrize(
    ("sync", "other"),
    [
        (caller.Caller, caller.AsyncCaller),
        (transport.Transport, transport.AsyncTransport),
        (http.HttpTransport, http.AsyncHttpTransport),
        (kinds.KindsClient, kinds.AsyncKindsClient),
        (work.WorkClient, work.AsyncWorkClient),
        (work.WorkEvents, work.AsyncWorkEvents),
    ],
)
def test_sync_and_async_are_one_text(sync: type, other: type) -> None:
    assert _normalised(sync) == _normalised(other)
