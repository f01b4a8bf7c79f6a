"""What a handler takes, against what the skeleton's method takes. Nothing is called."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter

from rpcgen.contract_tests.codecs import MethodCodec
from rpcgen.contract_tests.findings import SIGNATURE, Finding
from rpcgen.contract_tests.subjects import Subject
from rpcgen_runtime.facts import REQUIRED, Param

_NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_ONLY)


def signatures(subject: Subject, codec: MethodCodec) -> Iterator[Finding]:
    """Yield how the handler of a method differs from the contract."""
    label = subject.label(codec.contract)
    name = _attribute(subject, codec)
    if name in subject.kind.__abstractmethods__:
        expected = f"a method `{name}` in `{subject.kind.__name__}`"
        yield Finding(label, SIGNATURE, "the method is missing", expected)
        return
    handler = getattr(subject.kind, name)
    expected = _told(getattr(subject.skeleton(), name))
    for message in _differences(handler, codec.runtime.params):
        yield Finding(label, SIGNATURE, message, expected, at=_place(handler))


def _attribute(subject: Subject, codec: MethodCodec) -> str:
    """Return the method's name in Python, which may have an underscore more."""
    name = codec.runtime.name
    known = vars(subject.skeleton())
    return name if name in known or f"{name}_" not in known else f"{name}_"


def _differences(handler: Callable[..., object], params: Sequence[Param]) -> Iterator[str]:
    taken = list(inspect.signature(handler).parameters.values())[2:]
    kinds = {it.kind for it in taken}
    if Parameter.VAR_KEYWORD in kinds and Parameter.VAR_POSITIONAL in kinds:
        return
    named = {it.name: it for it in taken if it.kind in _NAMED}
    wanted = [it.name for it in params]
    for param in params:
        if param.name not in named:
            yield f"the parameter `{param.name}` is missing"
        elif named[param.name].kind is not Parameter.POSITIONAL_OR_KEYWORD:
            yield f"the parameter `{param.name}` cannot be given both by name and by position"
        else:
            yield from _other_default(named[param.name], param)
    yield from (f"there is no parameter `{it}` in the contract" for it in named if it not in wanted)
    yield from _other_order(named, wanted)


def _other_order(named: Mapping[str, Parameter], wanted: Sequence[str]) -> Iterator[str]:
    order = [it for it in named if it in wanted]
    if order != [it for it in wanted if it in named]:
        yield f"the parameters come in another order: {', '.join(f'`{it}`' for it in order)}"


def _other_default(taken: Parameter, param: Param) -> Iterator[str]:
    # None of them is ever used: every argument is passed.
    if taken.default is Parameter.empty or taken.default == param.absent:
        return
    says = "has none" if param.absent is REQUIRED else f"says `{param.absent!r}`"
    yield f"the default of `{param.name}` is `{taken.default!r}`, and the contract {says}"


def _told(method: Callable[..., object]) -> str:
    parameters = list(inspect.signature(method).parameters)
    return f"`def {method.__name__}({', '.join(parameters)})`"


def _place(handler: Callable[..., object]) -> str | None:
    code = getattr(inspect.unwrap(handler), "__code__", None)
    return None if code is None else f"{code.co_filename}:{code.co_firstlineno}"
