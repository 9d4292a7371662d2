"""Who asks, and whether they may: a key if one is needed, and not too often.

client = Door(settings).admit(request)
"""

from __future__ import annotations

import ipaddress

from flask import Request, g

from serving.gateway.auth import Keys, parse_keys
from serving.gateway.limits import Rate
from serving.gateway.problems import Unauthorised
from serving.gateway.settings import Settings
from serving.gateway.watched_file import WatchedFile


class Door:
    """Any number of threads may use one.

    Raises:
        OptionError: the file of keys cannot be read or makes no sense.
    """

    def __init__(self, settings: Settings):
        self._keys: Keys | None = None
        if settings.authentication:
            file = WatchedFile(settings.keys_file, parse_keys) if settings.keys_file else None
            self._keys = Keys(lambda: file.value if file else {}, settings.keys)
        self._rate = Rate(settings.rate) if settings.rate else None

    def admit(self, request: Request) -> str:
        """Who asks, as a word that is theirs alone; counts the request.

        Raises:
            Unauthorised: a key is needed, and there is none, or a wrong one.
            RateLimited: too often. Wrong keys count too, for the address that they come from.
        """
        address = f"address {_address(request)}"
        if self._keys is None:
            client = address
        else:
            try:
                client = f"key {self._keys.identify(request)}"
            except Unauthorised:
                self.count(address)
                raise
        self.count(client)
        return client

    def count(self, client: str, cost: int = 1) -> None:
        """Counts what a client asks for. Raises RateLimited if that is more than it may."""
        if self._rate is not None and cost > 0:
            g.rate_headers = self._rate.count(client, cost)


def _address(request: Request) -> str:
    """The sender's address; of IPv6 the network, since everybody has 2**64 addresses of their own."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "-"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
