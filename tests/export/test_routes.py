"""What an exported document says of exchanges, keys and queues is what servers declare."""

import re
from pathlib import Path
from typing import Any

from rpcgen.export import asyncapi, routes
from rpcgen.language import model
from rpcgen_runtime.amqp.messages import Message
from rpcgen_runtime.amqp.options import AmqpOptions
from rpcgen_runtime.amqp.topology import Plate, Served, topology
from rpcgen_runtime.facts import Minors
from rpcgen_runtime.facts import Service as ServiceFacts
from rpcgen_runtime.messages import Verb
from rpcgen_runtime.targets import Target
from tests.export.judges import packages

CONTRACT = """
package acme.odd 3.1

service Plain { call a() cast b() fanout c() event d() }
service Named {
  topic "a.b:c/d-e_f" exchange "other" namespace "x.y:z" legacy_namespaces "old", "old.er"
  call a() cast b() fanout c() event d()
}
service Bare { namespace "" call a() cast b() fanout c() event d() }
service Long {
  topic "LONG" namespace "LONG"
  call a() cast b() fanout c() event d()
}
""".replace("LONG", "long" * 45)
EVERY_HEADER = {"context", "traceparent", "token", "attempt"}
TIMED = {"deadline-ms"}
OURS = {"expiration": "expires_ms"}
"""What we call properties that AMQP names otherwise."""
PLATE = Plate(server="node-7", is_named=True, group="GROUP")


def declared(service: model.Service) -> tuple[set[tuple[str, str]], set[str]]:
    """Return the bindings and the queues that a server and its listeners declare."""
    target = Target(
        exchange=service.exchange,
        topic=service.topic,
        namespace=service.namespace,
        legacy_namespaces=tuple(service.legacy_namespaces),
        version=str(service.package.version),
    )
    facts = ServiceFacts(
        package=service.package.name, name=service.name, target=target, minors=Minors()
    )
    sides = [
        Served(facts, is_events=False, verbs=frozenset(Verb)),
        Served(facts, is_events=True, verbs=frozenset([Verb.EVENT])),
    ]
    stations = topology(sides, PLATE, AmqpOptions()).stations
    bindings = {(one.exchange, one.key) for it in stations for one in it.bindings}
    return bindings, {it.queue.name for it in stations}


def contract(folder: Path) -> model.Package:
    (folder / "odd.rpc").write_text(CONTRACT, encoding="utf-8")
    [package] = packages(folder)
    return package


def test_keys_and_queues_are_those_that_servers_declare(tmp_path: Path) -> None:
    for service in contract(tmp_path).of_kind(model.Service):
        bindings, queues = declared(service)
        for verb in asyncapi.VERBS:
            keys = [routes.key(service, verb), *routes.legacy_keys(service, verb)]
            name, _kind = routes.exchange(service, verb)
            assert {(name, it) for it in keys} <= bindings, (service.name, verb)
            queue = routes.queue(service, verb)
            assert queue is None or queue in queues, (service.name, verb)


def test_a_message_has_the_headers_and_properties_that_clients_write(tmp_path: Path) -> None:
    document: Any = asyncapi.document(contract(tmp_path))
    traits = document["components"]["messageTraits"]
    for verb in asyncapi.VERBS:
        said = traits[verb]["headers"]["properties"]
        assert set(said) == EVERY_HEADER | (TIMED if verb in {"call", "fanout"} else set())
        properties = {OURS.get(it, it) for it in traits[verb]["x-properties"]}
        assert properties <= set(Message._fields)


def test_a_message_has_the_first_line_that_clients_write(tmp_path: Path) -> None:
    document: Any = asyncapi.document(contract(tmp_path))
    for message in document["components"]["messages"].values():
        if "x-properties" in message:
            pattern = message["x-properties"]["type"]["pattern"]
            verb = message["traits"][0]["$ref"].rpartition("/")[2]
            assert re.search(pattern, f"{verb} {message['name']} 3.1")
            other = message["name"].replace(".", "x")
            assert other == message["name"] or not re.search(pattern, f"{verb} {other} 3.1")
