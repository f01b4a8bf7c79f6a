"""Edits of services, their Targets and their methods."""

from copy import deepcopy
from random import Random

from tests.proof.contracts import Contract, Member, Method, Service, Type
from tests.proof.edits.places import Edit, grown, one
from tests.proof.made import extra_package, some_type

VERBS = ("call", "cast", "fanout", "event")


def _service(contract: Contract, pick: Random) -> Service:
    return pick.choice(contract.main.services())


def add_method(contract: Contract, pick: Random) -> str | None:
    service = _service(contract, pick)
    if any(it.name == "added" for it in contract.methods()):
        return None
    verb = pick.choice(VERBS)
    method = Method(verb, "added", [Member("value", some_type(pick, ("Leaf", "Kind")))])
    method.since = grown(contract, contract.main)
    service.methods.append(method)
    return f"added the {verb} {service.name}.added"


def remove_method(contract: Contract, pick: Random) -> str | None:
    service = _service(contract, pick)
    gone = one(pick, service.methods)
    if gone is None:
        return None
    service.methods.remove(gone)
    return f"removed {service.name}.{gone.name}"


def rename_method(contract: Contract, pick: Random) -> str | None:
    method = pick.choice(contract.methods())
    method.wire = pick.choice([None, method.wire or method.name])
    was, method.name = method.name, f"{method.name}_now"
    return f"renamed {was} to {method.name}, on the wire {method.wire}"


def rewire_method(contract: Contract, pick: Random) -> str | None:
    method = pick.choice(contract.methods())
    method.wire = None if method.wire else f"{method.name}-New"
    return f"{method.name} is {method.wire} on the wire"


def reorder_methods(contract: Contract, pick: Random) -> str | None:
    service = _service(contract, pick)
    pick.shuffle(service.methods)
    return f"reordered the methods of {service.name}"


def change_verb(contract: Contract, pick: Random) -> str | None:
    method = pick.choice(contract.methods())
    was, method.verb = method.verb, pick.choice([it for it in VERBS if it != method.verb])
    if method.verb != "call":
        method.result, method.raises, method.timeout, method.readonly = None, [], None, False
    if method.verb in {"fanout", "event"}:
        method.idempotent = False
    return f"{method.name}: {was} to {method.verb}"


def toggle_idempotent(contract: Contract, pick: Random) -> str | None:
    method = one(pick, [it for it in contract.methods() if it.verb in {"call", "cast"}])
    if method is None:
        return None
    method.idempotent = not method.idempotent
    return f"{method.name} idempotent: {method.idempotent}"


def toggle_readonly(contract: Contract, pick: Random) -> str | None:
    method = one(pick, [it for it in contract.methods() if it.verb == "call"])
    if method is None:
        return None
    method.readonly = not method.readonly
    return f"{method.name} readonly: {method.readonly}"


def change_timeout(contract: Contract, pick: Random) -> str | None:
    method = one(pick, [it for it in contract.methods() if it.verb == "call"])
    if method is None:
        return None
    method.timeout = pick.choice([it for it in (None, "10s", "30s", "5m") if it != method.timeout])
    return f"{method.name} timeout: {method.timeout}"


def rename_service(contract: Contract, pick: Random) -> str | None:
    service = _service(contract, pick)
    was, service.name = service.name, f"{service.name}Now"
    if pick.random() < 0.4:
        service.topic = service.topic or f"proof.main.{was}"
        service.namespace = was if service.namespace is None else service.namespace
    return f"{was} is called {service.name}"


def add_service(contract: Contract, pick: Random) -> str | None:
    if any(it.name == "Extra" for it in contract.main.services()):
        return None
    service = Service("Extra", [Method("call", "ask", [Member("value", Type("int"))])])
    service.since = grown(contract, contract.main)
    contract.main.declarations.append(service)
    return "added Extra"


def remove_service(contract: Contract, pick: Random) -> str | None:
    if len(contract.main.services()) < 2:
        return None
    gone = _service(contract, pick)
    contract.main.declarations.remove(gone)
    return f"removed {gone.name}"


def toggle_package(contract: Contract, _: Random) -> str | None:
    contract.extra = None if contract.extra else extra_package()
    return f"the package proof.extra is {'there' if contract.extra else 'gone'}"


def move_method(contract: Contract, pick: Random) -> str | None:
    if len(contract.main.services()) < 2:
        return None
    here, there = contract.main.services()[:2]
    moved = one(pick, here.methods)
    if moved is None:
        return None
    here.methods.remove(moved)
    there.methods.append(moved)
    return f"{moved.name} moved to {there.name}"


def change_topic(contract: Contract, pick: Random) -> str | None:
    service = _service(contract, pick)
    service.topic = f"{service.topic or 'other'}.now"
    return f"the topic of {service.name} is {service.topic}"


def say_default_topic(contract: Contract, pick: Random) -> str | None:
    service = _service(contract, pick)
    default = f"proof.main.{service.name}"
    if service.topic not in {None, default}:
        return None
    service.topic = None if service.topic else default
    return f"the topic of {service.name} is said: {service.topic}"


def change_exchange(contract: Contract, pick: Random) -> str | None:
    service = _service(contract, pick)
    service.exchange = pick.choice(
        [it for it in (None, "rpcgen", "acme") if it != service.exchange]
    )
    return f"the exchange of {service.name} is {service.exchange}"


def change_namespace(contract: Contract, pick: Random) -> str | None:
    service = _service(contract, pick)
    names = (None, "", "fresh", service.name)
    service.namespace = pick.choice([it for it in names if it != service.namespace])
    return f"the namespace of {service.name} is {service.namespace!r}"


def move_namespace(contract: Contract, pick: Random) -> str | None:
    """The old namespace is still answered."""
    service = _service(contract, pick)
    was = service.name if service.namespace is None else service.namespace
    if not was or was in service.legacy:
        return None
    service.legacy.append(was)
    service.namespace = "fresh"
    return f"the namespace of {service.name} moved from {was}"


def add_legacy(contract: Contract, pick: Random) -> str | None:
    service = _service(contract, pick)
    service.legacy.append("older")
    return f"{service.name} answers to `older` too"


def remove_legacy(contract: Contract, pick: Random) -> str | None:
    service = one(pick, [it for it in contract.main.services() if it.legacy])
    if service is None:
        return None
    return f"{service.name} does not answer to {service.legacy.pop()}"


def change_form(contract: Contract, pick: Random) -> str | None:
    service = _service(contract, pick)
    service.by_position = not service.by_position
    return f"parameters of {service.name} by position: {service.by_position}"


def overload(contract: Contract, pick: Random) -> str | None:
    """A call gets a cast of the same name on the wire, or the other way round."""
    method = one(pick, [it for it in contract.methods() if it.verb in {"call", "cast"}])
    if method is None:
        return None
    other = deepcopy(method)
    other.wire = method.wire or method.name
    other.name = f"{method.name}_too"
    other.verb = "cast" if method.verb == "call" else "call"
    other.result, other.raises, other.timeout, other.readonly = None, [], None, False
    other.since = grown(contract, contract.main)
    service = next(it for it in contract.main.services() if method in it.methods)
    service.methods.append(other)
    return f"{method.name} is a {other.verb} too"


EDITS: tuple[Edit, ...] = (
    add_method, add_method, remove_method, rename_method, rewire_method, reorder_methods,
    change_verb, toggle_idempotent, toggle_readonly, change_timeout, rename_service, add_service,
    remove_service, toggle_package, move_method, change_topic, say_default_topic, change_exchange,
    change_namespace, move_namespace, add_legacy, remove_legacy, change_form, overload,
)  # fmt: skip
