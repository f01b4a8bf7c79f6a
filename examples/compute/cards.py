"""The network cards of instances and their addresses."""

from ipaddress import IPv4Address
from itertools import count
from uuid import UUID

from demo.compute.v2 import Address, AddressInUse, Interface
from examples.compute.cloud import Cloud

FIRST_ADDRESS = IPv4Address("10.0.0.2")
FIRST_MAC = 0xFA163E000001


def new_card(cloud: Cloud, network_id: UUID, address: str | None = None) -> Interface:
    """Return a card in a network, with this address or a free one. Raises AddressInUse."""
    cards = [card for it in cloud.instances.values() for card in it.interfaces]
    taken = {
        address.ip: card.port_id
        for card in cards
        if card.network_id == network_id
        for address in card.addresses
    }
    if address in taken:
        raise AddressInUse(address=address, port_id=taken[address])
    chosen = address or next(ip for n in count() if (ip := str(FIRST_ADDRESS + n)) not in taken)
    macs = {it.mac for it in cards}
    return Interface(
        port_id=cloud.new_id(),
        network_id=network_id,
        mac=next(mac for n in count() if (mac := _mac(FIRST_MAC + n)) not in macs),
        addresses=[Address(ip=chosen)],
    )


def _mac(number: int) -> str:
    return number.to_bytes(6).hex(":")
