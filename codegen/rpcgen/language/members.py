"""Members of types and errors: fields, values, variants; with their own rules."""

from collections.abc import Sized

from rpcgen.language import model, syntax, values
from rpcgen.language.check import CODES_RESERVED, MAX_MEMBERS
from rpcgen.language.defaults import Defaults
from rpcgen.language.diagnostics import Report
from rpcgen.language.names import check_wire, check_word
from rpcgen.language.types import UNKNOWN, Scope
from rpcgen.language.versions import apply_marks

_INT32 = range(-(2**31), 2**31)


class Members:
    """Fills the declarations of one file."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._report = scope.report
        self._defaults = Defaults(scope)

    def fill(self, item: syntax.Declaration, made: model.Declaration) -> None:
        """Write the members of a struct, a union or an error; enums are filled before."""
        match item, made:
            case syntax.Struct(), model.Struct():
                made.fields = self.fields(item.fields, "field", made)
            case syntax.Union(), model.Union():
                self._union(item, made)
            case syntax.Error(), model.Error():
                self._error(item, made)
            case _:
                pass

    def enum(self, item: syntax.Enum, made: model.Enum) -> None:
        """Write the values of an enum."""
        if self._too_many(item.values, made):
            return
        for node in item.values:
            check_word(node.name, "value", self._report)
            value = model.EnumValue(
                name=node.name.text,
                doc=node.doc,
                span=node.name.span,
                wire=check_wire(node.name.text, node.wire, self._report),
                enum=made,
            )
            apply_marks(node.marks, value, made.package, self._report, made)
            made.values.append(value)
        if not item.values:
            message = f"`{made.name}` has no values"
            self._report.add("no-members", made.span, message, "one value at least")

    def fields(
        self, nodes: tuple[syntax.Field, ...], what: str, owner: model.Item
    ) -> list[model.Field]:
        """Return fields or parameters; `what` is for people."""
        if self._too_many(nodes, owner):
            return []
        return [self._field(node, what, owner) for node in nodes]

    def _field(self, node: syntax.Field, what: str, owner: model.Item) -> model.Field:
        check_word(node.name, what, self._report)
        type_ = self._scope.type(node.type)
        default = None if node.default is None else self._defaults.default(node.default, type_)
        made = model.Field(
            name=node.name.text,
            doc=node.doc,
            span=node.name.span,
            wire=check_wire(node.name.text, node.wire, self._report),
            type=type_,
            default=default,
        )
        apply_marks(node.marks, made, self._scope.package, self._report, owner)
        return made

    def _union(self, item: syntax.Union, made: model.Union) -> None:
        if self._too_many(item.variants, made):
            return
        for node in item.variants:
            check_word(node.name, "variant", self._report)
            struct = self._variant_struct(node)
            if struct is None:
                continue
            variant = model.Variant(
                name=node.name.text,
                doc=node.doc,
                span=node.name.span,
                wire=check_wire(node.name.text, node.wire, self._report),
                struct=struct,
            )
            apply_marks(node.marks, variant, made.package, self._report, made)
            made.variants.append(variant)
        if not item.variants:
            message = f"`{made.name}` has no variants"
            self._report.add("no-members", made.span, message, "one variant at least")

    def _variant_struct(self, node: syntax.Variant) -> model.Struct | None:
        type_ = self._scope.expand(self._scope.type(node.type))
        if isinstance(type_, model.Named) and isinstance(type_.declaration, model.Struct):
            return type_.declaration
        if type_ is not UNKNOWN:
            message = f"the variant `{node.name.text}` is not a struct"
            accepted = "a struct: its fields stand beside the tag `type`"
            self._report.add("union-variant", node.type.span, message, accepted)
        return None

    def _error(self, item: syntax.Error, made: model.Error) -> None:
        made.fields = self.fields(item.fields, "field", made)
        code = values.scalar(item.code, "int", self._report)
        if not isinstance(code, int):
            return
        made.code = code
        if code in CODES_RESERVED or code not in _INT32:
            low, high = CODES_RESERVED.start, CODES_RESERVED.stop - 1
            message = (
                f"the code {code} is reserved" if code in CODES_RESERVED else f"{code} is too large"
            )
            accepted = f"a 32-bit number outside {low} to {high}"
            self._report.add("error-code", item.code.span, message, accepted)

    def _too_many(self, nodes: Sized, owner: model.Item) -> bool:
        return too_many(nodes, owner, self._report)


def too_many(nodes: Sized, owner: model.Item, report: Report) -> bool:
    """Report more members than a declaration may have."""
    if len(nodes) <= MAX_MEMBERS:
        return False
    message = f"`{owner.name}` has more than {MAX_MEMBERS:,} members"
    report.add("too-many", owner.span, message, "fewer")
    return True
