"""The contracts of these tests are compiled as the compiler compiles now.

`RPCGEN_REFRESH=1` writes them anew, and fails the run all the same.
"""

import os
from pathlib import Path

import pytest

from rpcgen.compile import compile_paths
from rpcgen.python import output

HERE = Path(__file__).parent


@pytest.mark.parametrize("age", ["new", "old"])
def test_the_generated_code_is_up_to_date(age: str) -> None:
    source = HERE / "contract" / age
    compiled = compile_paths([source], source)
    assert not compiled.report, compiled.report.diagnostics
    found = output.changes(HERE / "generated" / age, compiled.files, compiled.folders)
    if os.environ.get("RPCGEN_REFRESH") == "1":
        output.write(found)
    assert "".join(it.diff() for it in found) == ""
