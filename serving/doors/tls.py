"""Whose certificates a client believes: everybody's that the system does, or one authority's.

Tls()                       # $SSL_CERT_FILE, else the authorities that come with gRPC and httpx
Tls("internal-ca.pem")
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

from serving.errors import OptionError

VARIABLE = "SSL_CERT_FILE"


@dataclass(frozen=True)
class Tls:
    """`ca_file` holds certificates in PEM form; None leaves it to the environment."""

    ca_file: str | Path | None = None

    def certificates(self) -> bytes | None:
        """The file's bytes, for gRPC; None for those that come with it.

        Raises:
            OptionError: no such file, or no certificates in it.
        """
        if (file := self._file()) is None:
            return None
        self.context()  # gRPC itself would only fail to connect, without a word why
        return Path(file).read_bytes()

    def context(self) -> ssl.SSLContext | bool:
        """For httpx; True for its own choice.

        Raises:
            OptionError: no such file, or no certificates in it.
        """
        if (file := self._file()) is None:
            return True
        try:
            return ssl.create_default_context(cafile=file)
        except OSError as error:  # of which ssl.SSLError is one
            raise OptionError(
                f"The certificates {file} cannot be read: {error.strerror or error}.",
                f"Name a PEM file, as ca_file or in ${VARIABLE}.",
            ) from error

    def _file(self) -> str | Path | None:
        return self.ca_file or os.environ.get(VARIABLE)
