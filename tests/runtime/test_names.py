"""The names of the package, in whatever order they are asked for."""

import subprocess
import sys

import pytest

import rpcgen_runtime


@pytest.mark.parametrize("first", ["connect_async", "connect", "Server", "Context"])
def test_a_name_means_the_same_whatever_was_imported_before(first: str) -> None:
    program = f"""
from rpcgen_runtime import {first}
import rpcgen_runtime
for name in rpcgen_runtime.__all__:
    found = vars(__import__("rpcgen_runtime", fromlist=[name]))[name]
    assert type(found).__name__ != "module", name
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_what_is_no_name_is_told() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'conect'"):
        _ = rpcgen_runtime.conect  # type: ignore[attr-defined]  # a mistake on purpose
