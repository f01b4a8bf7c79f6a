"""`rpcgen dead`: tell, replay or purge what no server could do."""

import argparse
import sys
from collections.abc import Mapping, Sequence

from rpcgen.cli import broker, endings
from rpcgen.cli.letters import counted, list_page, list_record, show_page, show_record
from rpcgen.cli.output import as_json, complain, say, shown
from rpcgen.cli.usage import UsageError
from rpcgen_runtime.amqp import letters
from rpcgen_runtime.amqp.letters import Drawer, Letter, Sender
from rpcgen_runtime.amqp.messages import Message
from rpcgen_runtime.amqp.publisher import Fate
from rpcgen_runtime.errors import ConnectionLost, Overloaded
from rpcgen_runtime.targets import Target
from rpcgen_runtime.url import Url

EXIT_CODES: Mapping[int, str] = {
    0: "done",
    1: "not with all letters: one is not there, or could not go back",
    2: "wrong usage",
    3: "a bug in rpcgen",
    endings.NOT_EXECUTED: "nobody ever served the topic, or the broker does not let it be done",
    endings.UNKNOWN: "nobody knows whether a letter went back; it is still there, too",
}
ABOUT = (
    "Tell, replay or purge the dead letters of a topic: casts and events that no server could do, "
    "and messages that are no requests."
)
LIMIT, MAX_LIMIT = 20, 10_000
ACTIONS: Mapping[str, str] = {
    "list": "Tell which dead letters there are",
    "show": "Tell all of a dead letter",
    "replay": "Put dead letters back into the queues that they came from",
    "purge": "Remove dead letters for good",
}
BLOCKED = "the broker takes no messages at the moment"
KEPT: Mapping[Fate, str] = {
    Fate.RETURNED: "its queue is gone",
    Fate.REFUSED: "its queue is full",
}


def run(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    given = _given(arguments)
    url = broker.url_of(given.url)
    target = Target(topic=given.topic, exchange=given.exchange)
    if given.action in {"replay", "purge"} and bool(given.ids) == given.all:
        raise UsageError("name the ids of letters, or give --all")
    work = {"list": _list, "show": _show, "replay": _replay, "purge": _purge}[given.action]
    return broker.run(f"rpcgen dead {given.action}", url, work(given, url, target))


async def _list(given: argparse.Namespace, url: Url, target: Target) -> int:
    listed: list[Letter] = []
    async with (
        broker.entered(url, broker.access(given, url)) as connection,
        await Drawer.of(connection, target) as drawer,
    ):
        while len(listed) < given.limit and (it := await drawer.take()) is not None:
            listed.append(it.letter)
    if given.json:
        say(as_json(list_record(listed), pretty=True))
    else:
        total = drawer.waiting if len(listed) == given.limit else len(listed)
        say(shown(list_page(listed, total, target.topic)))
    return 0


async def _show(given: argparse.Namespace, url: Url, target: Target) -> int:
    search = _Search(given.ids)
    async with (
        broker.entered(url, broker.access(given, url)) as connection,
        await Drawer.of(connection, target) as drawer,
    ):
        while (it := await drawer.take()) is not None:
            if search.wants(it.letter):
                page = shown(show_page(it))
                say(as_json(show_record(it), pretty=True) if given.json else page)
    return _left(search, given.action, target)


async def _replay(given: argparse.Namespace, url: Url, target: Target) -> int:
    search, how = _Search(given.ids), broker.access(given, url)
    put_back: set[str] = set()
    stayed = 0
    async with (
        broker.entered(url, how) as taking,
        broker.entered(url, how) as sending,
        await Drawer.of(taking, target) as drawer,
    ):
        sender = await Sender.on(sending)
        try:
            while (it := await drawer.take()) is not None:
                # Those that have died again by now wait for somebody to look at them.
                if not search.wants(it.letter) or it.letter.name in put_back:
                    continue
                message = letters.sent_again(it.message, is_new=given.new_ids)
                reason = await _put_back(it.letter, message, sender, target)
                if reason is None:
                    drawer.remove(it)
                    put_back.add(letters.letter_of(message).name)
                else:
                    stayed += 1
                    complain(f"rpcgen dead replay: `{it.letter.name}` stays: {reason}")
        finally:
            say(f"{counted(len(put_back))} of topic `{target.topic}` put back")
    return max(int(stayed > 0), _left(search, given.action, target))


async def _put_back(letter: Letter, message: Message, sender: Sender, target: Target) -> str | None:
    """Put a letter back; return why it has to stay. Raises RpcError where no other could go."""
    try:
        queue = letters.way_back(letter, target)
    except ValueError as error:
        return str(error)
    if sender.is_blocked:
        raise Overloaded(BLOCKED)
    fate = await sender.send(queue, message)
    if fate is Fate.CONFIRMED:
        return None
    if fate is Fate.LOST:
        why = f": {BLOCKED}" if sender.is_blocked else ""
        told = f"the broker did not confirm `{letter.name}`, which is still a dead letter"
        raise ConnectionLost(f"{told}{why}")
    return f"{KEPT[fate]}: `{queue}`"


async def _purge(given: argparse.Namespace, url: Url, target: Target) -> int:
    if not given.yes and not _is_agreed(given, target):
        complain("rpcgen dead purge: nothing was removed")
        return 1
    search, removed = _Search(given.ids), 0
    async with (
        broker.entered(url, broker.access(given, url)) as connection,
        await Drawer.of(connection, target) as drawer,
    ):
        if given.all:
            removed = await letters.purge(connection, target)
        while not given.all and (it := await drawer.take()) is not None:
            if search.wants(it.letter):
                drawer.remove(it)
                removed += 1
    say(f"{counted(removed)} of topic `{target.topic}` removed")
    return _left(search, given.action, target)


def _is_agreed(given: argparse.Namespace, target: Target) -> bool:
    """Ask whoever sits at the terminal. Raises UsageError where nobody does."""
    if not sys.stdin.isatty():
        raise UsageError("what is removed is gone; without a terminal, confirm it with --yes")
    what = "all dead letters" if given.all else counted(len(set(given.ids)))
    try:
        answer = input(f"remove {what} of topic `{target.topic}` for good? [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in {"y", "yes"}


class _Search:
    """The letters that are meant: those of some ids, or without any id all of them."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._missing = dict.fromkeys(ids)
        self._ids = set(ids)

    @property
    def missing(self) -> Sequence[str]:
        """Return the ids of which there was no letter."""
        return list(self._missing)

    def wants(self, letter: Letter) -> bool:
        """Note that a letter is there; return whether it is one of those."""
        self._missing.pop(letter.name, None)
        return not self._ids or letter.name in self._ids


def _left(search: _Search, action: str, target: Target) -> int:
    """Tell which letters are not there; return the exit code."""
    for name in search.missing:
        told = f"topic `{target.topic}` has no dead letter `{name}`"
        complain(f"rpcgen dead {action}: {told}; `rpcgen dead list` tells their ids")
    return int(bool(search.missing))


def _given(arguments: Sequence[str]) -> argparse.Namespace:
    action, parser = broker.choose("rpcgen dead", ABOUT, ACTIONS, arguments)
    parser.epilog = endings.epilog(EXIT_CODES)
    parser.set_defaults(action=action)
    parser.add_argument("--topic", metavar="NAME", required=True, help="whose dead letters")
    exchange = Target(topic="").exchange
    parser.add_argument(
        "--exchange",
        metavar="NAME",
        default=exchange,
        help=f"the exchange of that topic (default: {exchange})",
    )
    if action == "list":
        told = f"letters that are told of (default: {LIMIT})"
        parser.add_argument("--limit", type=_limit, default=LIMIT, metavar="N", help=told)
    else:
        count = "+" if action == "show" else "*"
        told = "of a letter, as `rpcgen dead list` tells it"
        parser.add_argument("ids", nargs=count, default=(), metavar="ID", help=told)
    if action in {"list", "show"}:
        parser.add_argument("--json", action="store_true", help="for programs")
    else:
        parser.add_argument("--all", action="store_true", help="all letters of the topic")
    if action == "replay":
        told = "let none look like a message that was there before"
        parser.add_argument("--new-ids", action="store_true", help=told)
    if action == "purge":
        parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser.parse_intermixed_args(arguments[1:])


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_LIMIT:
        raise argparse.ArgumentTypeError(f"accepted: a number from 1 to {MAX_LIMIT:,}")
    return int(text)
