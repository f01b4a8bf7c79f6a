"""docs/cli.md says what the commands say: every command, exit code, option and type."""

import argparse

from rpcgen.cli import call, main, ping, remote, serve
from rpcgen.cli import list as list_command
from rpcgen.language import model
from tests.docs.test_reference import page, table, words

CLI = page("cli.md")


def test_the_table_of_commands_has_all_of_them() -> None:
    shown = {words(row[0])[0]: row[1] for row in table(CLI, "command |")}
    assert [*shown] == sorted(main.COMMANDS)
    for name, summary in main.COMMANDS.items():
        assert shown[name].partition(": ")[0] == summary


def test_the_table_of_exit_codes_is_that_of_each_command() -> None:
    rows = table(CLI, "exit code |")
    for column, command in enumerate((call, list_command, ping), 1):
        shown = {int(row[0]): row[column] for row in rows if row[column]}
        assert shown == command.EXIT_CODES


def test_the_table_of_options_has_all_that_the_commands_share() -> None:
    shown = [it for row in table(CLI, "option of") for it in words(row[0])]
    actions = remote.options()._actions
    assert shown == [it.option_strings[0] for it in actions if it.help != argparse.SUPPRESS]


def test_the_table_of_options_of_serve_has_all_of_them() -> None:
    shown = [words(row[0]) for row in table(CLI, "option of `serve`")]
    found = [it for it in serve._parser()._actions if it.option_strings and it.dest != "help"]
    assert {it for row in shown for it in row} == {it.option_strings[0] for it in found}
    for row in table(CLI, "option of `serve`"):
        for action in found:
            if action.option_strings[0] in words(row[0]) and action.choices is not None:
                assert set(words(row[1])) >= set(action.choices)


def test_the_table_of_texts_speaks_of_every_type() -> None:
    shown = {it for row in table(CLI, "type | a text is") for it in words(row[0])}
    assert shown == set(model.BUILTINS) - {"list", "map"}
