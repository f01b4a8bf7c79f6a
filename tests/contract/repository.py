"""A git repository in a test's folder, with contracts in `idl/`."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

CLEAN = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
}
"""What whoever runs the tests has set up for git plays no part."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder under version control."""

    folder: Path

    def git(self, *arguments: str) -> str:
        """Run git; return what it prints."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def commit(self, **files: str) -> str:
        """Write `idl/NAME.rpc` for each name, commit all there is, and return the commit."""
        for name, text in files.items():
            self.write(f"idl/{name}.rpc", text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "next")
        return self.git("rev-parse", "HEAD")
