"""What every test may ask for."""

import signal

from tests.broker.plugin import api, broker, pytest_configure_node, pytest_unconfigure, vhost_url

__all__ = ["api", "broker", "pytest_configure_node", "pytest_unconfigure", "vhost_url"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As a shell has it for what it runs in the background; programs that are stopped would not hear.
    signal.signal(signal.SIGINT, signal.default_int_handler)
