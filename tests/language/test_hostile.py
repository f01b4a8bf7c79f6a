"""Hostile input, family by family: an answer in seconds, in little memory, never a traceback.

What is about files, limits and output runs `python -m rpcgen build` in a process of its own, with
an address space of 1 GB and a time limit.
"""

import ast
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from rpcgen.language.diagnostics import Report, render

Findings: TypeAlias = Callable[[Iterable[Path], Path], Report]
RulesIn: TypeAlias = Callable[[str | bytes], set[str]]
ADDRESS_SPACE = 1 << 30
SECONDS = 20
HEAD = "package t.hostile 1.3\n"


@dataclass(frozen=True)
class Outcome:
    """What a run of the command left behind."""

    code: int
    out: str
    err: str


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


def build(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
    """Build `folder/idl` to `folder/out`; a traceback or a bug of ours fails the test."""
    done = subprocess.run(
        [sys.executable, "-m", "rpcgen", "build", *(arguments or ("idl", "--out", "out"))],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        preexec_fn=_limit,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode != 3, done.stderr
    return Outcome(done.returncode, done.stdout, done.stderr)


def write(folder: Path, text: str | bytes, name: str = "a.rpc") -> Path:
    path = folder / "idl" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refused(folder: Path, *rules: str) -> str:
    """Build and expect findings of exactly these rules, and no output."""
    outcome = build(folder)
    assert outcome.code == 1, outcome
    found = {it.split("]")[0] for it in outcome.err.split("error[")[1:]}
    assert found == set(rules), outcome.err
    assert not (folder / "out").exists()
    assert len(outcome.err) < 100_000
    return outcome.err


@pytest.fixture
def rules_in(tmp_path: Path, findings: Findings) -> RulesIn:
    """Compile in this process, for what is about the text alone; return the rules it breaks."""

    def found(text: str | bytes) -> set[str]:
        report = findings([write(tmp_path, text)], tmp_path)
        assert len(render(report)) < 100_000
        return {it.rule for it in report.diagnostics}

    return found


def accepted(folder: Path) -> None:
    outcome = build(folder)
    assert outcome.code == 0, outcome.err
    assert (folder / "out").is_dir()


# 1-4, 6, 8: names and texts; the corpus has their messages, test_keywords the keywords.


@pytest.mark.parametrize(
    "text",
    [
        "struct Volume { __class__: int, _x: int }",
        "struct Volume { nаme: str, ſelf: int, ﬁeld: int }",
        "struct Volume { class: int, class_: int }",
        'const a: str = "\x1b[31m"',
        "## \u202e reversed\nstruct Volume { id: uuid }",
        "enum Kind { 'a\nb' }",
    ],
)
def test_names_and_texts_that_deceive_are_refused(rules_in: RulesIn, text: str) -> None:
    assert rules_in(f"{HEAD}{text}\n")


def test_texts_that_look_like_code_stay_texts(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    code = f"open({str(canary)!r}, 'w')".replace('"', "'")
    write(
        tmp_path,
        f'{HEAD}## """\n## """ + {code} + """\nstruct Volume {{\n  ## \'\'\' \\\n'
        f'  a: str = "\\"); {code}; (\\"" b as "{code}": str = "{{{{ {code} }}}}"\n}}\n',
    )
    accepted(tmp_path)
    for path in (tmp_path / "out").rglob("*.py"):
        calls = [it for it in ast.walk(ast.parse(path.read_bytes())) if isinstance(it, ast.Call)]
        assert not [it for it in calls if ast.unparse(it.func) == "open"]


# 9, 23: many members.


def test_an_enum_of_ten_thousand_values_works_and_one_more_is_refused(tmp_path: Path) -> None:
    values = " ".join(f"v{it}" for it in range(10_000))
    path = write(tmp_path, f"{HEAD}enum Kind {{ {values} more }}\n")
    refused(tmp_path, "too-many")
    path.write_text(f"{HEAD}enum Kind {{ {values} }}\n", encoding="utf-8")
    accepted(tmp_path)


def test_a_service_of_ten_thousand_methods_works(tmp_path: Path) -> None:
    methods = "\n".join(f"  call m{it}(a: int) -> str" for it in range(10_000))
    write(tmp_path, f"{HEAD}service Large {{\n{methods}\n}}\n")
    started = time.monotonic()
    accepted(tmp_path)
    assert time.monotonic() - started < 15


def test_a_struct_of_five_thousand_fields_works(tmp_path: Path) -> None:
    fields = "\n".join(f"  f{it}: int" for it in range(5_000))
    write(tmp_path, f"{HEAD}struct Large {{\n{fields}\n}}\n")
    started = time.monotonic()
    accepted(tmp_path)
    assert time.monotonic() - started < 10


def test_a_package_of_too_many_declarations_is_refused(tmp_path: Path) -> None:
    write(tmp_path, HEAD + "".join(f"struct S{it} {{ }}\n" for it in range(10_001)))
    refused(tmp_path, "too-many")


# 10: numbers.


def test_numbers_of_thousands_of_digits_are_refused(tmp_path: Path) -> None:
    many = "9" * 4_301
    write(
        tmp_path,
        f"{HEAD}const a: int = {many}\nconst b: float = 1e{many}\nconst c: decimal = {many}\n"
        f"const d: duration = {many}s\nerror E({many})\nstruct S {{ a: int since 1.{many}\n"
        f"b: str(max_length={many}) c: decimal = 1e{many[:390]} }}\n"
        f"service T {{ call a() timeout {many}h }}\n",
    )
    messages = refused(tmp_path, "bad-value", "bad-version")
    assert messages.count("error[") == 9


def test_numbers_at_the_edge_are_compared_without_overflow(tmp_path: Path) -> None:
    write(
        tmp_path,
        f"{HEAD}struct S {{ a: decimal(ge=1e399, lt=2e399) = 1e399\n"
        "b: float(multiple_of=5e-324) = 1e308\nc: int(multiple_of=3) = 9223372036854775806 }\n",
    )
    accepted(tmp_path)


# 11: patterns.


def test_patterns_cannot_keep_the_compiler_busy(tmp_path: Path) -> None:
    fields = " ".join(f'f{it}: str(pattern="(a{{1,900}}){{1,900}}{it}")' for it in range(5_000))
    path = write(tmp_path, f"{HEAD}struct S {{ {fields} }}\n")
    refused(tmp_path, "bad-pattern")
    fields = " ".join(f'f{it}: str(pattern="\\\\w{{300}}{it}")' for it in range(5_000))
    path.write_text(f"{HEAD}struct S {{ {fields} }}\n", encoding="utf-8")
    refused(tmp_path, "bad-pattern")


# 12, 14: paths.


@pytest.mark.parametrize(
    "name", ["../../etc", "/etc", "a/../b", "c:.x", "a..b", "a.", ".a", "Con", "a" * 300, "a-b"]
)
def test_a_package_cannot_lead_out_of_the_output_root(rules_in: RulesIn, name: str) -> None:
    assert rules_in(f"package {name} 1.0\nstruct S {{ a: int }}\n")


def test_a_file_name_with_a_line_end_is_refused(tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}struct S {{ a: int }}\n", 'a\nimport os\n"""x.rpc')
    refused(tmp_path, "not-readable")


def test_a_file_name_of_control_characters_cannot_steer_the_terminal(tmp_path: Path) -> None:
    write(tmp_path, "struct S { a: int }\n", "\x1b[31m\n.rpc")
    assert "\x1b" not in refused(tmp_path, "not-readable")


# 13, 26: output.


def test_a_folder_in_the_place_of_a_file_stops_the_build_before_it_writes(tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}struct S {{ a: int }}\n")
    (tmp_path / "out/t/hostile/v1/server.py").mkdir(parents=True)
    assert build(tmp_path).code == 2
    assert [it for it in tmp_path.glob("out/**/*") if it.is_file()] == []


def test_a_file_in_the_place_of_a_folder_stops_the_build_before_it_writes(tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}struct S {{ a: int }}\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/t").write_text("mine", encoding="utf-8")
    assert build(tmp_path).code == 2
    assert [it.name for it in tmp_path.glob("out/**/*")] == ["t"]


def test_a_file_without_our_header_is_never_replaced(tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}struct S {{ a: int }}\n")
    mine = tmp_path / "out/t/hostile/v1/models.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine = 1\n", encoding="utf-8")
    outcome = build(tmp_path)
    assert outcome.code == 2
    assert "is not ours" in outcome.err
    assert [it for it in tmp_path.glob("out/**/*") if it.is_file()] == [mine]
    assert mine.read_text(encoding="utf-8") == "mine = 1\n"


def test_nothing_is_written_through_a_link_out_of_the_output_root(tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}struct S {{ a: int }}\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/t").symlink_to(tmp_path / "elsewhere")
    assert build(tmp_path).code == 2
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB."""
    place = tmp_path / "out"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    mounted = shutil.which("mount") and subprocess.run(command, capture_output=True, check=False)
    if not mounted or mounted.returncode != 0:
        pytest.skip("mounting a tmpfs does not work here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_leaves_no_half_of_a_package(tmp_path: Path, tiny_disk: Path) -> None:
    fields = "\n".join(f"  f{it}: int" for it in range(3_000))
    write(tmp_path, f"{HEAD}struct S {{\n{fields}\n}}\n")
    outcome = build(tmp_path)
    assert outcome.code == 2
    assert "No space left" in outcome.err
    assert [it for it in tiny_disk.rglob("*") if it.is_file()] == []


def test_an_interrupt_leaves_no_half_of_a_package(tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}struct S {{ a: int }}\n")
    accepted(tmp_path)
    before = tree(tmp_path / "out")
    methods = "\n".join(f"  call m{it}(a: int) -> str" for it in range(3_000))
    write(tmp_path, f"{HEAD}struct S {{ b: int }}\nservice Large {{\n{methods}\n}}\n")
    command = [sys.executable, "-m", "rpcgen", "build", "idl", "--out", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    time.sleep(0.6)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert b"Traceback" not in error
    assert tree(tmp_path / "out") == before


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(it.relative_to(folder)): it.read_bytes() for it in folder.rglob("*") if it.is_file()
    }


# 15-17: imports.


def test_a_diamond_of_imports_is_read_once_and_a_circle_is_named(tmp_path: Path) -> None:
    head = "package t.{0} 1.0\n{1}struct {2} {{ a: int }}\n"
    both = 'import "b.rpc" as b\nimport "c.rpc" as c\n'
    write(tmp_path, head.format("a", both, "A"), "a.rpc")
    write(tmp_path, head.format("b", 'import "d.rpc" as d\n', "B"), "b.rpc")
    write(tmp_path, head.format("c", 'import "d.rpc" as d\n', "C"), "c.rpc")
    last = write(tmp_path, head.format("d", "", "D"), "d.rpc")
    assert build(tmp_path).code == 0
    shutil.rmtree(tmp_path / "out")
    last.write_text(head.format("d", 'import "a.rpc" as a\n', "D"), encoding="utf-8")
    assert "t.a → t.b → t.d → t.a" in refused(tmp_path, "import-cycle")


def test_a_folder_of_too_many_files_is_refused(tmp_path: Path) -> None:
    for number in range(1_200):
        write(tmp_path, f"package t.p{number} 1.0\nstruct S {{ a: int }}\n", f"{number}.rpc")
    refused(tmp_path, "too-many-files")


def test_two_thousand_imports_in_one_file_are_refused(tmp_path: Path) -> None:
    imports = "".join(f'import "i/{it}.rpc" as i{it}\n' for it in range(2_000))
    write(tmp_path, f"package t.main 1.0\n{imports}")
    for number in range(2_000):
        write(tmp_path, f"package t.p{number} 1.0\n", f"i/{number}.rpc")
    outcome = build(tmp_path, "idl/a.rpc", "--out", "out")
    assert outcome.code == 1
    assert "error[too-many-files]" in outcome.err
    assert outcome.err.count("error[") == 1


def test_imports_a_thousand_deep_are_refused(tmp_path: Path) -> None:
    for number in range(1_000):
        text = f'package t.p{number} 1.0\nimport "{number + 1}.rpc" as next\n'
        write(tmp_path, text, f"{number}.rpc")
    write(tmp_path, "package t.p1000 1.0\n", "1000.rpc")
    outcome = build(tmp_path, "idl/0.rpc", "--out", "out")
    assert outcome.code == 1
    assert "imports nest more than 64 levels" in outcome.err
    assert outcome.err.count("error[") == 1


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd.rpc", "../../outside.rpc", "https://example.org/x.rpc", "~/x.rpc", "C:x.rpc"],
)
def test_an_import_cannot_leave_the_source_root(tmp_path: Path, path: str) -> None:
    write(tmp_path, f'{HEAD}import "{path}" as other\n')
    (tmp_path.parent / "outside.rpc").write_text("package t.o 1.0\n", encoding="utf-8")
    refused(tmp_path, "import-path")


# 16: what is not a regular file.


def test_a_link_to_an_endless_device_is_refused(tmp_path: Path) -> None:
    (tmp_path / "idl").mkdir()
    (tmp_path / "idl/zero.rpc").symlink_to("/dev/zero")
    refused(tmp_path, "not-readable")


def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "idl").mkdir()
    os.mkfifo(tmp_path / "idl/pipe.rpc")
    refused(tmp_path, "not-readable")


def test_a_folder_with_the_name_of_a_file_is_gone_through(tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}struct S {{ a: int }}\n", "x.rpc/a.rpc")
    accepted(tmp_path)


def test_an_import_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "idl/x.rpc").mkdir(parents=True)
    write(tmp_path, f'{HEAD}import "x.rpc" as x\n')
    refused(tmp_path, "not-readable")


def test_a_link_that_leads_out_of_the_source_root_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.rpc").write_text(f"{HEAD}struct S {{ a: int }}\n", encoding="utf-8")
    (tmp_path / "idl").mkdir()
    (tmp_path / "idl/a.rpc").symlink_to(tmp_path / "secret.rpc")
    assert "outside the source root" in refused(tmp_path, "not-readable")


def test_links_that_lead_to_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "idl").mkdir()
    (tmp_path / "idl/a.rpc").symlink_to("b.rpc")
    (tmp_path / "idl/b.rpc").symlink_to("a.rpc")
    refused(tmp_path, "not-readable")


def test_a_link_to_its_own_folder_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}struct S {{ a: int }}\n")
    (tmp_path / "idl/again").symlink_to(".")
    accepted(tmp_path)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    write(tmp_path, HEAD).chmod(0)
    refused(tmp_path, "not-readable")


def test_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "idl").mkdir()
    (tmp_path / "idl/a.rpc").symlink_to("nothing")
    refused(tmp_path, "not-readable")


# 18, 19: depth and growth.


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (
            "".join(f"type A{i} = A{i + 1}\n" for i in range(9_000)) + "type A9000 = int\n",
            "too-deep",
        ),
        ("".join(f"type A{i} = A{(i + 1) % 40}\n" for i in range(40)), "alias-cycle"),
        ("".join(f"const a{i}: int = a{(i + 1) % 40}\n" for i in range(40)), "alias-cycle"),
        (
            "".join(f"struct A{i} {{ a: A{(i + 1) % 9_000} }}\n" for i in range(9_000)),
            "struct-cycle",
        ),
        (
            "".join(f"struct A{i} {{ a: A{i + 1} b: A{i + 1} }}\n" for i in range(30))
            + "struct A30 { a: int }\n",
            "too-large-value",
        ),
        (
            "".join(f"struct A{i} {{ a: A{i + 1}? }}\n" for i in range(99)) + "struct A99 {}",
            "too-deep",
        ),
    ],
    ids=["chain", "circle", "constants", "structs", "laughs", "nesting"],
)
def test_what_grows_or_never_ends_is_refused(rules_in: RulesIn, text: str, rules: str) -> None:
    assert rules_in(f"{HEAD}{text}") == {rules}


# 20, 21: text.


def test_a_line_of_half_a_million_characters_is_answered(tmp_path: Path) -> None:
    fields = ", ".join(f"f{it}: int" for it in range(35_000))
    write(tmp_path, f"{HEAD}struct S {{ {fields} }}\n")
    refused(tmp_path, "too-many")


def test_a_text_of_a_million_characters_is_read(tmp_path: Path) -> None:
    write(tmp_path, HEAD + 'const a: str = "' + "x" * 1_000_000 + '"\n')
    accepted(tmp_path)


def test_a_text_of_many_escapes_is_read(tmp_path: Path) -> None:
    write(tmp_path, HEAD + 'const a: str = "' + "x\\n" * 20_000 + '"\n')
    accepted(tmp_path)


def test_a_text_of_too_many_escapes_is_refused(tmp_path: Path) -> None:
    write(tmp_path, HEAD + 'const a: str = "' + "x\\n" * 300_000 + '"\n')
    assert "20,000 at most" in refused(tmp_path, "too-many")


def test_a_comment_of_ten_million_characters_is_refused(tmp_path: Path) -> None:
    write(tmp_path, f"{HEAD}#{'x' * 10_000_000}\n")
    assert "1,048,576 bytes" in refused(tmp_path, "not-readable")


@pytest.mark.parametrize("bracket", "([{<")
@pytest.mark.parametrize("before", ["", "struct A ", "struct A { a: list", "struct A { a: int = "])
def test_a_hundred_thousand_brackets_are_answered(
    rules_in: RulesIn, before: str, bracket: str
) -> None:
    started = time.monotonic()
    assert rules_in(f"{HEAD}{before}{bracket * 100_000}\n")
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "opening", ["list[", "map[str, ", "x: int)", "})", ";", "/*", '"', "## x\n"]
)
def test_a_hundred_thousand_of_anything_are_answered(rules_in: RulesIn, opening: str) -> None:
    started = time.monotonic()
    assert rules_in(f"{HEAD}struct A {{ a: {opening * 100_000}\n")
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ("package t 1.0\n".encode("utf-16"), "not-utf8"),
        ("package t 1.0\n".encode("utf-16-be"), "bad-character"),
        (b"package t.x 1.0\n# \xff\n", "not-utf8"),
        (b"package t.x 1.0\n# \xed\xa0\x80\n", "not-utf8"),
        (b"package t.x 1.0\n\0\n", "bad-character"),
        (b"package t.x 1.0\rstruct S { a: int }\r", "bad-character"),
        (b"", "package-line"),
        (b"\xef\xbb\xbf", "package-line"),
        (b"package t.x 1.0\nstruct S {", "unclosed"),
        (b'package t.x 1.0\nconst a: str = "', "unclosed"),
        (b"package t.x 1.0\nservice S { call a(", "unclosed"),
    ],
)
def test_bytes_that_are_no_contract_are_refused(rules_in: RulesIn, data: bytes, rule: str) -> None:
    assert rules_in(data) == {rule}


def test_windows_line_ends_a_byte_order_mark_and_no_last_line_end_are_fine(tmp_path: Path) -> None:
    write(tmp_path, b"\xef\xbb\xbfpackage t.x 1.0\r\n\r\nstruct S {\r\n  a: int\n}")
    accepted(tmp_path)


# 22, 24: the corpus has duplicates, unknown clauses and wrong values. The command line:


@pytest.mark.parametrize(
    "arguments", [("nowhere",), ("idl/a.txt",), ("--frobnicate",), ("--out",), ("empty",)]
)
def test_wrong_usage_is_told_from_findings(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    write(tmp_path, HEAD)
    write(tmp_path, "text", "a.txt")
    (tmp_path / "empty").mkdir()
    outcome = build(tmp_path, *arguments)
    assert outcome.code == 2
    assert outcome.err


# 25: the same output everywhere.


def test_the_output_is_the_same_in_any_place_language_and_order(tmp_path: Path) -> None:
    idl = Path(__file__).parents[2] / "idl"
    trees = []
    for number, (locale, seed) in enumerate([("C", "0"), ("C.UTF-8", "1"), ("tr_TR", "4242")]):
        folder = tmp_path / f"place{number}" / ("deep" * number or "x")
        folder.mkdir(parents=True)
        shutil.copytree(idl, folder / "idl")
        environment = {"LC_ALL": locale, "PYTHONHASHSEED": seed, "PYTHONUTF8": "0"}
        if number == 2:
            where = ("../../idl", "--out", "../../out")
            (folder / "some/where").mkdir(parents=True)
            outcome = build(folder / "some/where", *where, environment=environment)
        else:
            outcome = build(folder, environment=environment)
        assert outcome.code == 0, outcome.err
        trees.append(tree(folder / "out"))
    assert trees[0] == trees[1] == trees[2]
    assert len(trees[0]) > 10
