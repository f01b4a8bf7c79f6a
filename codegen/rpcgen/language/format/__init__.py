"""The one look of `.rpc` files: a parsed file to its text, laid out. Pure; there are no options.

The words stay, and so do the notes, all in their order; commas, spaces and line ends are ours.
"""

from rpcgen.language import syntax
from rpcgen.language.format.layout import rows_of
from rpcgen.language.format.pieces import pieces
from rpcgen.language.format.rows import laid_out


def formatted(file: syntax.File) -> str:
    """Return the text of a file without mistakes, laid out; it means the same."""
    before = pieces(file.source_span.source.text)
    text = laid_out(rows_of(before, file))
    if before.said() != pieces(text).said():
        raise AssertionError("the layout lost a word or a comment")
    return text
