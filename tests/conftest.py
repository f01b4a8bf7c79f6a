"""What every test may ask for."""

from tests.broker.plugin import api, broker, pytest_configure_node, pytest_unconfigure, vhost_url

__all__ = ["api", "broker", "pytest_configure_node", "pytest_unconfigure", "vhost_url"]
