"""What the page beside the contracts shows is what mypy says."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "examples" / "foreign" / "README.md"


def test_mypy_says_what_the_page_shows(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    ((command, shown),) = re.findall(
        r"^```console\n[$] (.*?)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL
    )
    (tmp_path / "wrong.py").write_text(code, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": os.pathsep.join([f"{ROOT}/generated", f"{ROOT}/runtime"])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.stdout == shown
