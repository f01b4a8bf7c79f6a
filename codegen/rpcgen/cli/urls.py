"""URLs as they stand on a command line: a broker's password comes from elsewhere, and is not shown.

Everybody on a machine sees its command lines.
"""

import os
import re
from urllib.parse import quote

from rpcgen.cli.usage import UsageError
from rpcgen_runtime.url import parse_url

PASSWORD_VARIABLE = "RPCGEN_PASSWORD"  # noqa: S105  # a name

_USER_ALONE = re.compile(r"(\s*amqps?://[^:@/?#]+)(@.*)", re.IGNORECASE | re.DOTALL)


def with_password(text: str) -> str:
    """Return a broker's URL with the password of the environment, where it has a user and none."""
    found, password = _USER_ALONE.fullmatch(text), os.environ.get(PASSWORD_VARIABLE)
    if found is None or not password:
        return text
    return f"{found[1]}:{quote(password, safe='')}{found[2]}"


def shown(text: str) -> str:
    """Return a URL as it may be printed. Raises UsageError for one that is none."""
    try:
        url = parse_url(text)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return url.shown if url.is_amqp else text
