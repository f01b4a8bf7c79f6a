"""Released vectors are the same bytes each time, and say where today's code is another."""

import json
import sys
import tempfile
from pathlib import Path

import pytest

from rpcgen.compile import Compiled, compile_paths
from rpcgen.contract_tests.imported import imported
from rpcgen.contract_tests.replay import verify
from rpcgen.contract_tests.vectors import record, text
from rpcgen.language import model
from tests.contract_tests.held import HERE, hold

EVOLVED = HERE / "evolved"
CHANGES = sorted(it for it in EVOLVED.glob("*.rpc") if it.stem != "was")
QUIET = {"additions", "only_words", "was"}
"""Changes that no peer notices."""


def test_the_vectors_of_a_contract_are_what_they_were(tmp_path: Path) -> None:
    package, compiled = _compiled(EVOLVED / "was.rpc", tmp_path)

    hold(EVOLVED / "was.vectors.json", text(record(package, compiled.files)))


def test_vectors_have_nothing_of_the_moment(tmp_path: Path) -> None:
    package, compiled = _compiled(HERE / "contract" / "store.rpc", tmp_path)

    assert text(record(package, compiled.files)) == text(record(package, compiled.files))


@pytest.mark.parametrize("path", [EVOLVED / "was.rpc", *CHANGES], ids=lambda it: it.stem)
def test_what_changed_is_named(path: Path, tmp_path: Path) -> None:
    recorded = json.loads((EVOLVED / "was.vectors.json").read_text("utf-8"))
    package, compiled = _compiled(path, tmp_path)

    found = verify(recorded, package, compiled.files)

    assert bool(found) is (path.stem not in QUIET), found
    if found:
        hold(path.with_suffix(".txt"), "".join(f"{it}\n" for it in found))


@pytest.mark.parametrize("recorded", [None, [], {"format": 2}, {"format": 1, "services": []}])
def test_what_is_no_file_of_vectors_is_refused(recorded: object, tmp_path: Path) -> None:
    package, compiled = _compiled(EVOLVED / "was.rpc", tmp_path)

    with pytest.raises(ValueError, match="no vectors"):
        verify(recorded, package, compiled.files)  # type: ignore[arg-type]


def test_imported_code_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, compiled = _compiled(EVOLVED / "was.rpc", tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = [*sys.path], {*sys.modules}, {*sys.path_importer_cache}

    with imported(compiled.files) as code:
        assert ("Store", "add") in code.methods(package)

    assert [*sys.path] == before[0]
    assert not {it for it in {*sys.modules} - before[1] if it.startswith(("_rpcgen", "evolved"))}
    assert not [it for it in sys.path_importer_cache if it.startswith(str(tmp_path))]
    assert not list(tmp_path.glob("rpcgen-*"))


def _compiled(path: Path, folder: Path) -> tuple[model.Package, Compiled]:
    """Compile one file alone: files of one folder that name one package belong together."""
    alone = folder / "alone" / path.name
    alone.parent.mkdir(exist_ok=True)
    alone.write_text(path.read_text("utf-8"), encoding="utf-8")
    compiled = compile_paths([alone], alone.parent)
    assert not compiled.report, compiled.report.in_order()[0].message
    return compiled.packages[0], compiled
