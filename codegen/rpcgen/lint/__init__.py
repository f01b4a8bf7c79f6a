"""What a careful contract would not say, though the language allows it. Pure.

Stands on `rpcgen.language` alone. Every rule has a page in `rules/`.
"""
