"""The compiler: `.rpc` files to typed Python.

text -> language.syntax -> language.model -> python.views -> {path: text} -> disk
"""

__version__ = "0.1.0"
