"""Services against services: the Target, the verbs, the promises, what flows. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from rpcgen.contract.findings import Findings, Place, Way
from rpcgen.contract.pairs import pairs_of
from rpcgen.contract.reach import needed_by_method
from rpcgen.contract.types import Owner, Types, compare_ages
from rpcgen.contract.words import duration_text, path_of, type_text
from rpcgen.language import model

DEFAULT_TIMEOUT = timedelta(seconds=60)
"""What a caller waits where neither it nor the contract says: the runtime's default."""

_WAYS: dict[str, tuple[Way, ...]] = {
    "call": ("request", "reply"),
    "cast": ("request",),
    "fanout": ("request",),
    "event": ("reply",),
}
"""Who is touched by what becomes of a method as a whole."""


class Services:
    """Compares services."""

    def __init__(self, types: Types) -> None:
        """Compare with `types`, which keeps what is found."""
        self.types = types
        self._findings: Findings = types.findings

    def compare(self, was: model.Service, now: model.Service) -> None:
        """Compare two services of one name, or of one Target."""
        place = Place(path_of(now), "request", now.name)
        if was.name != now.name:
            said = f"`{was.name}` is called `{now.name}` now"
            self._both("service-renamed", place, said, was.name, now.name)
        owners = Owner(was), Owner(now)
        ages = Owner(was, 0), Owner(now, 0)
        compare_ages(self._findings, was, now, ages, place)
        self._target(was, now, place)
        for before, after in pairs_of(was.methods, now.methods, lambda it: f"{it.verb} {it.wire}"):
            method = after or before
            assert method is not None, "one of both is there"
            here = replace(place.inside(method.name), use=f"{now.name}.{method.name}")
            if before is None:
                self._add(_WAYS[method.verb], "method-added", here, f"`{method.name}` is new")
                owners[1].added(self._findings, here.path, method)
                self.types.touch(needed_by_method(method))
            elif after is None:
                self._add(_WAYS[method.verb], "method-removed", here, f"`{method.name}` is gone")
            else:
                self._method(before, after, here, (was, now))

    def only(self, service: model.Service, rule: str, said: str) -> None:
        """Note a service that one side does not have."""
        place = Place(path_of(service), "request", service.name)
        self._add(("request", "reply"), rule, place, f"the service `{service.name}` is {said}")

    def _target(self, was: model.Service, now: model.Service, place: Place) -> None:
        for name in ("topic", "exchange"):
            before, after = (it.topic if name == "topic" else it.exchange for it in (was, now))
            if before != after:
                self._both(f"{name}-changed", place, f"the {name} is `{after}` now", before, after)
        self._namespaces(was, now, place)
        if was.by_position != now.by_position:
            forms = ("by name", "by position")
            said = f"parameters travel {forms[now.by_position]} now"
            texts = forms[was.by_position], forms[now.by_position]
            self._both("params-form-changed", place, said, *texts)

    def _namespaces(self, was: model.Service, now: model.Service, place: Place) -> None:
        before, after = namespace_of(was), namespace_of(now)
        if before != after:
            is_answered = before in now.legacy_namespaces
            has_events = any(it.verb == "event" for it in was.methods)
            moved = is_answered and not has_events
            rule = "namespace-moved" if moved else "namespace-changed"
            said = f"the namespace is `{after}` now"
            self._both(rule, place, said, before, after)
        kept = {*now.legacy_namespaces, after}
        for name in was.legacy_namespaces:
            if name not in kept:
                said = f"the namespace `{name}` is no longer answered"
                self._both("legacy-namespace-removed", place, said, name)
        for name in now.legacy_namespaces:
            if name not in {*was.legacy_namespaces, before}:
                said = f"the namespace `{name}` is answered too"
                self._both("legacy-namespace-added", place, said, None, name)

    def _method(
        self,
        was: model.Method,
        now: model.Method,
        place: Place,
        services: tuple[model.Service, model.Service],
    ) -> None:
        ways = _WAYS[was.verb]
        owners = Owner(services[0]), Owner(services[1])
        compare_ages(self._findings, was, now, owners, replace(place, way=ways[0]))
        if was.verb != now.verb:
            said = f"`{now.name}` was {_a(was.verb)} and is {_a(now.verb)}"
            self._add(ways, "verb-changed", place, said, was.verb, now.verb)
        if was.name != now.name:
            said = f"`{was.name}` is called `{now.name}` now"
            self._add(ways, "method-renamed", place, said, was.name, now.name)
        if was.wire != now.wire:
            said = f"`{now.name}` is called `{now.wire}` on the wire now"
            self._add(ways, "method-wire-changed", place, said, was.wire, now.wire)
        self._promises(was, now, place)
        if (was.verb == "event") == (now.verb == "event"):
            self._parameters(was, now, place, services)
        if was.verb == now.verb == "call":
            self._result(was, now, replace(place, way="reply"))
            self._raises(was, now, replace(place, way="reply"), services)

    def _promises(self, was: model.Method, now: model.Method, place: Place) -> None:
        for name in ("idempotent", "readonly"):
            before, after = (
                it.idempotent if name == "idempotent" else it.readonly for it in (was, now)
            )
            # What changes nothing may be repeated too.
            kept = name == "idempotent" and now.readonly
            known = name == "idempotent" and was.readonly
            if before and not after and not kept:
                said = f"`{now.name}` is no longer {name}: who repeated it may not"
                self._findings.add(f"{name}-dropped", place, said, name)
            elif after and not before and not known:
                said = f"`{now.name}` is {name} now"
                self._findings.add(f"{name}-added", place, said, None, name)
        if was.timeout != now.timeout:
            before_time, after_time = was.timeout or DEFAULT_TIMEOUT, now.timeout or DEFAULT_TIMEOUT
            rule = "timeout-lowered" if after_time < before_time else "timeout-raised"
            said = f"who does not say waits {duration_text(after_time)} for `{now.name}`"
            texts = duration_text(was.timeout), duration_text(now.timeout)
            self._findings.add(rule, place, said, *texts)

    def _parameters(
        self,
        was: model.Method,
        now: model.Method,
        place: Place,
        services: tuple[model.Service, model.Service],
    ) -> None:
        is_event = now.verb == "event"
        by_position = any(it.by_position for it in services)
        here = replace(place, way="reply" if is_event else "request", by_position=by_position)
        owners = (
            Owner(services[0], max(was.since, services[0].since)),
            Owner(services[1], max(now.since, services[1].since)),
        )
        self.types.fields(was.parameters, now.parameters, here, owners, "parameter")
        # JSON-RPC's callers may send an array to any method (section 4.2); events only we publish.
        rule = "parameter-moved" if by_position or not is_event else "event-parameter-moved"
        for name in moved(was.parameters, now.parameters):
            said = f"`{name}` stands at another position now"
            at = [_position(name, it.parameters) for it in (was, now)]
            self._findings.add(rule, here.inside(name), said, *at)

    def _result(self, was: model.Method, now: model.Method, place: Place) -> None:
        match was.result, now.result:
            case None, None:
                pass
            case None, after:
                said = f"`{now.name}` answers something now"
                self._findings.add("result-added", place, said, None, type_text(after))
            case before, None:
                said = f"`{now.name}` answers nothing now"
                self._findings.add("result-removed", place, said, type_text(before))
            case before, after:
                self.types.compare(before, after, place.at(f"{place.path}[result]"))

    def _raises(
        self,
        was: model.Method,
        now: model.Method,
        place: Place,
        services: tuple[model.Service, model.Service],
    ) -> None:
        left = {path_of(it.error): it for it in now.raises}
        codes = {it.error.code: it for it in now.raises}
        owners = (
            Owner(services[0], max(was.since, services[0].since)),
            Owner(services[1], max(now.since, services[1].since)),
        )
        for before in was.raises:
            after = left.get(path_of(before.error)) or codes.get(before.error.code)
            here = place.inside(f"[{before.error.name}]")
            if after is None:
                said = f"`{now.name}` no longer says that it raises `{before.error.name}`"
                self._findings.add("raises-removed", here, said, path_of(before.error))
                continue
            left.pop(path_of(after.error), None)
            compare_ages(self._findings, before, after, owners, here)
            self.errors(before.error, after.error, place)
        for new in left.values():
            here = place.inside(f"[{new.error.name}]")
            said = f"`{now.name}` raises `{new.error.name}` too"
            self._findings.add("raises-added", here, said, None, path_of(new.error))
            owners[1].added(self._findings, here.path, new)
            self.types.touch([new.error])

    def errors(self, was: model.Error, now: model.Error, place: Place) -> None:
        """Compare two errors that a method raises."""
        here = place.at(path_of(now))
        self.types.touched.add(path_of(now))
        if path_of(was) != path_of(now):
            texts = path_of(was), path_of(now)
            self._findings.add(
                "error-renamed", here, f"`{was.name}` is called `{now.name}` now", *texts
            )
        if was.code != now.code:
            said = f"the code of `{now.name}` is {now.code} now"
            self._findings.add("error-code-changed", here, said, str(was.code), str(now.code))
        if was.retryable != now.retryable:
            rule = "retryable-added" if now.retryable else "retryable-dropped"
            words = "may help" if now.retryable else "no longer helps"
            self._findings.add(rule, here, f"calling again after `{now.name}` {words}")
        compare_ages(self._findings, was, now, (Owner(was, 0), Owner(now, 0)), here)
        self.types.fields(was.fields, now.fields, here, (Owner(was), Owner(now)))

    def _add(
        self,
        ways: Sequence[Way],
        rule: str,
        place: Place,
        said: str,
        was: str | None = None,
        is_: str | None = None,
    ) -> None:
        for way in ways:
            self._findings.add(rule, replace(place, way=way), said, was, is_)

    def _both(
        self, rule: str, place: Place, said: str, was: str | None = None, is_: str | None = None
    ) -> None:
        self._add(("request", "reply"), rule, place, said, was, is_)


def namespace_of(service: model.Service) -> str:
    """Return what stands before a method's name on the wire: without a namespace the service."""
    return service.name if service.namespace is None else service.namespace


def moved(was: Sequence[model.Field], now: Sequence[model.Field]) -> Iterator[str]:
    """Yield the parameters that callers by position would miss; today's names.

    What follows a parameter that is gone has moved too, but that one is the mistake.
    """
    places = {it.name: at for at, it in enumerate(now)}
    pairs = [(before, after) for before, after in pairs_of(was, now) if before is not None]
    expected = 0
    for _, after in pairs:
        if after is None:
            continue
        if places[after.name] != expected:
            yield after.name
        expected += 1


def _position(name: str, parameters: Sequence[model.Field]) -> str | None:
    found = [at for at, it in enumerate(parameters, 1) if it.name == name]
    return str(found[0]) if found else None


def _a(verb: str) -> str:
    return f"an {verb}" if verb == "event" else f"a {verb}"
