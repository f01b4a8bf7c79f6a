"""Valid contracts made at random from a seed: declarations in any order, recursive, imported."""

import random

BUILTINS = (
    "bool", "int", "int(ge=0, le=100)", "float", "float(gt=0.5)", "str", "uuid", "datetime",
    'str(min_length=1, max_length=64, pattern="^[a-z]+$")', "bytes", "bytes(max_length=9)",
    "date", "time", "duration", "duration(ge=1s, le=1h)", "decimal", "json",
    "decimal(ge=0.5, max_digits=9, decimal_places=2)",
)  # fmt: skip
KEYS = ("str", "int", "uuid")
WORDS = (
    "alpha list id type time instance_uuid date class_name from x call since event name str "
    "migration_data prep_snapshot_based_resize_at_dest topic value"
).split()
DEFAULTS = {"bool": "true", "int": "-3", "float": "2.5", "str": '"it\'s \\"so\\" {{x}}"',
            "duration": "1500ms", "decimal": "0.10"}  # fmt: skip


class Maker:
    """Writes one package; `imports` are names of another, with its alias."""

    def __init__(self, seed: int, name: str, imports: list[str] | None = None) -> None:
        self.pick = random.Random(seed)
        self.name = name
        self.imports = imports or []
        self.structs = [f"Struct{it}" for it in range(self.pick.randint(3, 12))]
        self.enums = [f"Enum{it}" for it in range(self.pick.randint(1, 4))]
        self.unions = [f"Union{it}" for it in range(self.pick.randint(0, 3))]
        self.aliases = [f"Alias{it}" for it in range(self.pick.randint(0, 5))]
        self.errors = [f"Error{it}" for it in range(self.pick.randint(1, 4))]

    def text(self) -> str:
        """Return the package as one file."""
        parts = [self._struct(it) for it in self.structs]
        parts += [self._enum(it) for it in self.enums]
        parts += [self._union(it) for it in self.unions]
        parts += [self._alias(index, it) for index, it in enumerate(self.aliases)]
        parts += [self._error(index, it) for index, it in enumerate(self.errors)]
        parts += [self._service(it) for it in range(self.pick.randint(1, 2))]
        self.pick.shuffle(parts)
        head = f"## Made at random.\npackage {self.name} 2.3\n"
        if self.imports:
            head += 'import "shared.rpc" as shared\n'
        return head + "\n".join(parts) + "\n"

    def _type(self, depth: int = 0) -> str:
        kind = self.pick.randrange(10)
        if kind < 2 and depth < 3:
            return f"list[{self._type(depth + 1)}{self._mark()}]"
        if kind < 3 and depth < 3:
            key = self.pick.choice([*KEYS, *self.enums])
            return f"map[{key}, {self._type(depth + 1)}{self._mark()}]"
        if kind < 7:
            return self.pick.choice(BUILTINS)
        named = [*self.structs, *self.enums, *self.unions, *self.aliases, *self.imports]
        return self.pick.choice(named)

    def _mark(self) -> str:
        return "?" if self.pick.random() < 0.2 else ""

    def _fields(self, count: int) -> list[str]:
        names = self.pick.sample(WORDS, count)
        return [self._field(it) for it in names]

    def _field(self, name: str) -> str:
        type_ = self._type()
        wire = f' as "{name.title()}-{len(name)}"' if self.pick.random() < 0.2 else ""
        if type_ in DEFAULTS and self.pick.random() < 0.5:
            return f"{name}{wire}: {type_} = {DEFAULTS[type_]}{self._since()}"
        if type_.startswith(("list", "map")) and self.pick.random() < 0.5:
            return f"{name}{wire}: {type_} = {'[]' if type_.startswith('list') else '{}'}"
        if type_ in self.enums and self.pick.random() < 0.5:
            return f"{name}{wire}: {type_} = first{self._since()}"
        # What a struct cannot be without is built in: everything else may be absent.
        optional = type_ not in BUILTINS and not type_.startswith(("list", "map"))
        mark = "?" if optional or self.pick.random() < 0.3 else ""
        return f"{name}{wire}: {type_}{mark}"

    def _since(self) -> str:
        return f" since 2.{self.pick.randint(1, 3)}" if self.pick.random() < 0.3 else ""

    def _struct(self, name: str) -> str:
        fields = "\n  ".join(
            it for it in self._fields(self.pick.randint(0, 7)) if not it.startswith("type")
        )
        return f"## The {name}.\nstruct {name} {{\n  {fields}\n}}"

    def _enum(self, name: str) -> str:
        closed = "closed " if self.pick.random() < 0.3 else ""
        values = "\n  ".join(f"{it}" for it in ["first", *self.pick.sample(WORDS, 4)])
        return f"{closed}enum {name} {{\n  {values} since 2.2\n}}"

    def _union(self, name: str) -> str:
        variants = self.pick.sample(WORDS, self.pick.randint(1, 4))
        closed = "closed " if self.pick.random() < 0.3 else ""
        body = ", ".join(f"{it}: {self.pick.choice(self.structs)}" for it in variants)
        return f"{closed}union {name} {{ {body} }}"

    def _alias(self, index: int, name: str) -> str:
        earlier = self.aliases
        self.aliases = earlier[:index]  # an alias may not stand for itself
        type_ = self._type()
        self.aliases = earlier
        return f"## What {name} stands for.\ntype {name} = {type_}"

    def _error(self, index: int, name: str) -> str:
        fields = ", ".join(self._fields(self.pick.randint(0, 5)))
        return f"error {name}({1000 + index}) {{ {fields} }}"

    def _parameters(self) -> str:
        fields = self._fields(self.pick.randint(0, 6))
        others = [it for it in fields if it.endswith("?") or " = " in it]
        required = [it for it in fields if it not in others]
        return ", ".join([*required, *others])

    def _service(self, index: int) -> str:
        methods = [self._method(it) for it in self.pick.sample(WORDS, self.pick.randint(3, 12))]
        return f"## Service {index}.\nservice Service{index} {{\n  " + "\n  ".join(methods) + "\n}"

    def _method(self, name: str) -> str:
        verb = self.pick.choice(["call", "call", "call", "cast", "fanout", "event"])
        head = f"{verb} {name}({self._parameters()})"
        if verb != "call":
            return head
        result = f" -> {self._type()}{self._mark()}" if self.pick.random() < 0.8 else ""
        raises = self.pick.sample(self.errors, self.pick.randint(0, len(self.errors)))
        said = f" raises {', '.join(raises)}" if raises else ""
        return head + result + said + self.pick.choice(["", " readonly", " timeout 90s"])


def contracts(count: int) -> dict[str, str]:
    """Return file names and texts: packages that share a common one."""
    shared = Maker(10_000, "acme.shared")
    files = {"shared.rpc": shared.text()}
    known = [f"shared.{it}" for it in [*shared.structs, *shared.unions]]
    for seed in range(count):
        maker = Maker(seed, f"acme.made{seed}", known if seed % 2 else None)
        files[f"made{seed}.rpc"] = maker.text()
    return files
