"""Calls without generated code: a contract that is told at run time, and values that people type.

told -> contract (files to services) -> choose (names to methods) -> words, values (text to JSON)
-> arguments (JSON to checked values) -> facts (the runtime's method); signatures writes the
language. Nothing that a peer says becomes code, a path that was not checked, or an attribute.
"""
