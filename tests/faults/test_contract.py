"""The rig's contract is compiled as the compiler compiles now."""

from pathlib import Path

from rpcgen.compile import compile_paths
from rpcgen.python import output

HERE = Path(__file__).parent


def test_the_generated_code_is_up_to_date() -> None:
    source = HERE / "contract"
    compiled = compile_paths([source], source)
    assert not compiled.report, compiled.report.diagnostics
    found = output.changes(HERE / "generated", compiled.files, compiled.folders)
    assert "".join(it.diff() for it in found) == ""
