"""What may fail although nothing is wrong with the rules, each with its reason."""

from collections.abc import Mapping

UNSTAMPED = (
    "a client of the newer contract may use it at once, and no `since` says so to the server"
)
DEMANDED = "a client of the newer contract demands what an older server does not know to say"

UNTOLD = "what an older server leaves out means another thing to a client of the newer contract"

AHEAD: Mapping[str, str] = {
    "became-optional": UNSTAMPED,
    "null-allowed": UNSTAMPED,
    "default-added": UNSTAMPED,
    "constraint-widened": UNSTAMPED,
    "type-generalised": UNSTAMPED,
    "namespace-moved": UNSTAMPED,
    "became-required": DEMANDED,
    "null-refused": DEMANDED,
    "field-added-required": DEMANDED,
    "result-added": DEMANDED,
    "type-specialised": DEMANDED,
    "default-removed": DEMANDED,
    "value-removed": DEMANDED,
    "variant-removed": DEMANDED,
    "parameter-added-required": DEMANDED,
    "optional-to-default": UNTOLD,
    "default-changed": UNTOLD,
}
"""Changes that serve old clients, and whose new clients fail at old servers: servers go first."""
