"""Names that nobody else gives and nobody guesses: 32 hexadecimal digits. Thread-safe. No I/O.

Drawn from the system's source (os.urandom) in bulk: to ask it for each call lets other threads take
over, and would cost more than all else that a small call does. A forked process draws its own.
"""

import os

_DRAWN = 256
_DIGITS = 32
_LEFT: list[str] = []


def unique_name() -> str:
    """Return a new name."""
    try:
        return _LEFT.pop()
    except IndexError:
        digits = os.urandom(_DRAWN * _DIGITS // 2).hex()
        _LEFT.extend(digits[at : at + _DIGITS] for at in range(_DIGITS, len(digits), _DIGITS))
        return digits[:_DIGITS]


os.register_at_fork(after_in_child=_LEFT.clear)
