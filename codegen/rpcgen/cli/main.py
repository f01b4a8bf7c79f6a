"""`rpcgen`: chooses the command, turns failures into exit codes."""

import argparse
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib import import_module

from rpcgen import __version__
from rpcgen.cli.usage import UsageError

COMMANDS = {
    "build": "compile .rpc files to Python",
    "call": "call a method of a server",
    "check": "look for everything that is wrong with contracts",
    "dead": "tell, replay or purge what no server could do",
    "diff": "tell what changed between two contracts, and whom it breaks",
    "explain": "tell what a rule means",
    "export": "write contracts as OpenRPC, AsyncAPI or JSON Schema",
    "format": "lay out .rpc files as everybody does",
    "lint": "tell what a careful contract would not say",
    "list": "tell what a server serves",
    "log": "tell what each released version of a contract brought",
    "mock": "answer calls of a contract with valid values",
    "ping": "ask whether a server is there",
    "release": "record the current version of a contract in its ledger",
    "serve": "run endpoints in this process",
    "test": "hold a server's implementation against its contract",
    "topology": "tell what a server declares on a broker, and what is there",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="rpcgen",
        description="Declare a service once; call it with types, over HTTP or a broker.",
        epilog="Exit codes: 0 done, 1 findings, 2 wrong usage, 3 a bug in rpcgen; "
        "the --help of a command tells others.",
    )
    parser.add_argument("--version", action="version", version=f"rpcgen {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        commands.add_parser(name, help=summary, add_help=False)
    chosen, _ = parser.parse_known_args(given[:1])
    # Only the module of the chosen command is imported: `build` starts without the runtime.
    command = import_module(f"rpcgen.cli.{chosen.command}")
    try:
        status: int = command.run(given[1:])
    except UsageError as error:
        print(f"rpcgen {chosen.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception:  # noqa: BLE001  # whatever it is, a user sees one sentence
        return _own_bug(chosen.command)
    return status


def _own_bug(command: str) -> int:
    with tempfile.NamedTemporaryFile(
        "w", prefix="rpcgen-bug-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(traceback.format_exc())
    message = f"rpcgen {command}: a bug in rpcgen; what happened is in {file.name}"
    print(f"{message}\nPlease report it with that file.", file=sys.stderr)
    return 3
