"""Templates look like the file that they make: a walk of jinja2's own tree."""

from pathlib import Path

import pytest
from jinja2 import Environment, nodes

TEMPLATES = sorted(Path("codegen/rpcgen/python/templates").glob("*.jinja"))

ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Name,
    nodes.Getattr, nodes.Include, nodes.Const,
)  # fmt: skip


def test_there_are_templates() -> None:
    assert len(TEMPLATES) >= 7


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda it: it.name)
def test_a_template_only_shows_prepared_fields(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "{%-" not in text
    assert "-%}" not in text

    tree = Environment().parse(text)  # read, never rendered

    for node in tree.find_all(nodes.Node):
        assert isinstance(node, ALLOWED), f"{path.name}:{node.lineno}: {type(node).__name__}"
        if isinstance(node, nodes.If):
            assert isinstance(node.test, nodes.Getattr), f"{path.name}:{node.lineno}: a condition"
            assert not node.elif_
        if isinstance(node, nodes.For):
            assert isinstance(node.iter, nodes.Getattr)
