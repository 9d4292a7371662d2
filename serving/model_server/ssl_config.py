"""gRPC through TLS, from a file as TensorFlow Serving's --ssl_config_file has it.

    credentials = server_credentials(Path("ssl.config"))

The file is an SSLConfig in protobuf's text format. Its values are the PEM texts themselves, not names of files:

    server_key: "-----BEGIN PRIVATE KEY-----\\n..."
    server_cert: "-----BEGIN CERTIFICATE-----\\n..."
    custom_ca: "-----BEGIN CERTIFICATE-----\\n..."
    client_verify: true

With `client_verify` a client has to show a certificate that `custom_ca` has signed. The message is described here,
since the package tensorflow-serving-api leaves it out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from serving.model_server.errors import StartError

_FIELDS = {"server_key": 1, "server_cert": 2, "custom_ca": 3, "client_verify": 4}


def _message_class() -> Any:
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="handtint/ssl_config.proto", package="tensorflow.serving", syntax="proto3"
    )
    message = file.message_type.add(name="SSLConfig")
    for name, number in _FIELDS.items():
        kind = kinds.TYPE_BOOL if name == "client_verify" else kinds.TYPE_STRING
        message.field.add(name=name, number=number, type=kind, label=kinds.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()  # not the common one, which may hold the original's one day
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.serving.SSLConfig"))


def server_credentials(file: Path) -> grpc.ServerCredentials:
    """What a gRPC port needs for TLS.

    Raises:
        StartError: the file cannot be read or parsed, or lacks a key, a certificate or the authority to check clients.
    """
    config = _message_class()()
    try:
        text_format.Parse(file.read_text(encoding="utf-8"), config)
    except OSError as error:
        raise StartError(f"Cannot read --ssl_config_file={file}: {error.strerror}.") from error
    except (UnicodeDecodeError, text_format.ParseError) as error:
        # Not the parser's own words, which may quote the key.
        where = f", line {error.GetLine()}" if isinstance(error, text_format.ParseError) else ""
        raise StartError(
            f"Invalid protobuf file: '{file}'{where}. Expected an SSLConfig in protobuf's text format, with the fields "
            f"{', '.join(_FIELDS)}."
        ) from None
    needed = ["server_key", "server_cert"] + ["custom_ca"] * config.client_verify
    for name in needed:
        if "-----BEGIN " not in getattr(config, name):
            raise StartError(
                f"{file}: {name} holds no PEM text. Expected the text itself, from -----BEGIN to END-----, with \\n "
                "for the ends of lines, not the name of a file."
            )
    return grpc.ssl_server_credentials(
        [(config.server_key.encode(), config.server_cert.encode())],
        root_certificates=config.custom_ca.encode() or None,
        require_client_auth=config.client_verify,
    )
