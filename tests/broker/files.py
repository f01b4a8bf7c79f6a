"""What a node finds in its folder when it starts."""

import trustme

from tests.broker.programs import Programs
from tests.broker.settings import Settings, configuration, enabled_plugins

# Without these there is no HTTP API, or no node at all.
_PLUGINS = {
    "rabbitmq_prelaunch", "rabbitmq_management", "rabbitmq_management_agent",
    "rabbitmq_web_dispatch",
}  # fmt: skip


def write(settings: Settings, programs: Programs) -> trustme.CA | None:
    """Write all of it; with TLS, return who signed the node's certificate."""
    _link_home(settings, programs)
    (settings.folder / "conf.d").mkdir()
    (settings.folder / "rabbitmq.conf").write_text(configuration(settings))
    (settings.folder / "advanced.config").write_text("[].\n")
    (settings.folder / "enabled_plugins").write_text(enabled_plugins(settings))
    cookie = settings.folder / ".erlang.cookie"
    cookie.write_text(settings.cookie)
    # Erlang refuses one that others may read.
    cookie.chmod(0o400)
    return _certify(settings) if settings.tls else None


def _link_home(settings: Settings, programs: Programs) -> None:
    """Make a RabbitMQ without the plugins that nobody asked for.

    Erlang looks for each module in each of them, which would take a third of the start.
    """
    real, home = programs.scripts.parent, settings.home
    (home / "plugins").mkdir(parents=True)
    for name in ("sbin", "escript"):
        (home / name).symlink_to(real / name)
    for plugin in sorted((real / "plugins").iterdir()):
        name = plugin.name.partition("-")[0]
        if not name.startswith("rabbitmq_") or name in _PLUGINS:
            (home / "plugins" / plugin.name).symlink_to(plugin)


def _certify(settings: Settings) -> trustme.CA:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", settings.address)
    authority.cert_pem.write_to_path(settings.ca)
    issued.cert_chain_pems[0].write_to_path(settings.certificate)
    issued.private_key_pem.write_to_path(settings.key)
    return authority
