"""The benchmark's contract is compiled as the compiler compiles now.

`RPCGEN_REFRESH=1` writes it anew, and fails the run all the same.
"""

import os

from benchmarks.environments import ROOT
from rpcgen.compile import compile_paths
from rpcgen.python import output


def test_the_generated_code_is_up_to_date() -> None:
    source = ROOT / "benchmarks" / "contract"
    compiled = compile_paths([source], source)
    assert not compiled.report, compiled.report.diagnostics
    found = output.changes(ROOT / "benchmarks" / "generated", compiled.files, compiled.folders)
    if os.environ.get("RPCGEN_REFRESH") == "1":
        output.write(found)
    assert "".join(it.diff() for it in found) == ""
