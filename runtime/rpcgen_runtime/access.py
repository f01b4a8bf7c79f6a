"""Who calls, and what they may call. No I/O.

authenticator   credentials -> identity, once for each request, before anything is read
access policy   identity and method -> yes or no, before the arguments are read
"""

import hashlib
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Protocol

from rpcgen_runtime.context import Identity
from rpcgen_runtime.methods import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a caller shows; either may be missing."""

    token: str | None = field(default=None, repr=False)
    """A bearer token (RFC 6750, section 2.1)."""
    certificate: str | None = None
    """The subject of a verified client certificate, as RFC 4514 writes it: `CN=worker,O=Acme`."""


class Authenticator(Protocol):
    """Tells who shows these credentials. Runs on the server's event loop, which it must not block.

    What it raises is logged, and the caller is refused.
    """

    def __call__(
        self, credentials: Credentials, /
    ) -> "Identity | Awaitable[Identity | None] | None":
        """Return the caller's identity; None where the credentials are not good."""
        ...


class AccessPolicy(Protocol):
    """Decides for each request; quickly, for it runs on the server's event loop."""

    def __call__(self, identity: Identity | None, method: Method, /) -> bool:
        """Whether this caller may call this method. Without an authenticator nobody is known."""
        ...


class Tokens:
    """An authenticator for a fixed set of bearer tokens.

    It keeps only what the tokens hash to, and compares that: how long it takes tells nothing.
    """

    def __init__(self, identities: Mapping[str, Identity]) -> None:
        """Take the identity of each token. Raises ValueError for an empty token."""
        if "" in identities:
            raise ValueError("a token is empty")
        self._identities = {_digest(token): it for token, it in identities.items()}

    def __call__(self, credentials: Credentials, /) -> Identity | None:
        """See Authenticator."""
        if credentials.token is None:
            return None
        return self._identities.get(_digest(credentials.token))


class RoleAccess:
    """An access policy: which role may call what.

    `grants` maps a role to patterns of `Service.method`, such as `Compute.get_*` or `*`;
    `everyone` are the patterns that any caller may call.
    """

    def __init__(
        self, grants: Mapping[str, Sequence[str]], *, everyone: Sequence[str] = ()
    ) -> None:
        self._grants = {role: tuple(patterns) for role, patterns in grants.items()}
        self._everyone = tuple(everyone)

    def __call__(self, identity: Identity | None, method: Method, /) -> bool:
        """See AccessPolicy."""
        patterns = list(self._everyone)
        for role in identity.roles if identity is not None else ():
            patterns += self._grants.get(role, ())
        return any(fnmatchcase(method.label, it) for it in patterns)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
