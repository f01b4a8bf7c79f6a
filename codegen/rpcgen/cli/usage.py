"""What was asked for cannot be: one sentence, exit code 2."""


class UsageError(Exception):
    """The message says what is wrong and what would be accepted."""
