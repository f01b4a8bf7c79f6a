"""The contract of these tests is compiled as the compiler compiles now.

`RPCGEN_REFRESH=1` writes it anew, and fails the run all the same.
"""

import os

from rpcgen.compile import compile_paths
from rpcgen.python import output
from tests.contract_tests.held import HERE


def test_the_generated_code_is_up_to_date() -> None:
    source = HERE / "contract"
    compiled = compile_paths([source], source)
    assert not compiled.report, compiled.report.diagnostics
    found = output.changes(HERE / "generated", compiled.files, compiled.folders)
    if os.environ.get("RPCGEN_REFRESH") == "1":
        output.write(found)
    assert "".join(it.diff() for it in found) == ""
