"""TensorFlow Serving's model server configuration: which models to serve, from a file or a reload request.

    config = read_model_config(Path("models.config"))
    entries(config)["photo"].base_path

The file is a ModelServerConfig in protobuf's text format:

    model_config_list {
      config {
        name: "photo" base_path: "/models/photo" model_platform: "tensorflow"
        model_version_policy { specific { versions: 1 versions: 2 } }
        version_labels { key: "stable" value: 1 }
        version_labels { key: "canary" value: 2 }
      }
      config { name: "sketch" base_path: "/models/sketch" model_platform: "tensorflow" }
    }

`logging_config` is left out with a warning, `custom_model_config` refused.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format
from tensorflow_serving.config.model_server_config_pb2 import ModelConfig, ModelServerConfig, ModelType

from serving.model_server.errors import invalid
from serving.model_server.versions import Policy, every, latest, specific

log = logging.getLogger(__name__)

PLATFORM = "tensorflow"
_EXAMPLE = f'model_config_list {{ config {{ name: "photo" base_path: "/models/photo" model_platform: "{PLATFORM}" }} }}'


@dataclass(frozen=True)
class Entry:
    """One model as the configuration has it: `labels` maps a label to a version."""

    name: str
    base_path: Path
    policy: Policy
    labels: Mapping[str, int]


def read_model_config(file: Path) -> ModelServerConfig:
    """What a configuration file says, not checked yet; an empty file is an empty configuration.

    Raises:
        ServingError: INVALID_ARGUMENT, the file cannot be read or parsed.
    """
    config = ModelServerConfig()
    try:
        text_format.Parse(file.read_text(encoding="utf-8"), config)
    except OSError as error:
        raise invalid(f"Cannot read the model config file {file}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise invalid(f"Invalid protobuf file: '{file}' is not text. Expected protobuf's text format.") from error
    except text_format.ParseError as error:
        raise invalid(
            f"Error parsing text-format tensorflow.serving.ModelServerConfig: {file}:{error} Expected {_EXAMPLE}."
        ) from error
    return config


def one_model(name: str, base_path: Path) -> ModelServerConfig:
    """The configuration of a server with one model; a relative base path is taken from the working directory."""
    config = ModelServerConfig()
    config.model_config_list.config.add(name=name, base_path=str(base_path.absolute()), model_platform=PLATFORM)
    return config


def entries(config: ModelServerConfig, before: ModelServerConfig | None = None) -> dict[str, Entry]:
    """The models of a configuration by name, in its order.

    Args:
        config: the configuration.
        before: the one that it replaces.

    Raises:
        ServingError: INVALID_ARGUMENT, it asks for what makes no sense, or for what this server cannot do.
    """
    served = {one.name for one in before.model_config_list.config} if before else set()
    found: dict[str, Entry] = {}
    for one in config.model_config_list.config:
        if one.name in found:
            raise invalid(
                f"Illegal to list model {one.name} multiple times in config list, base paths "
                f"{found[one.name].base_path} and {one.base_path}. Give one of them another name."
            )
        found[one.name] = _entry(one, one.name in served)
    return found


def _entry(config: ModelConfig, served: bool) -> Entry:
    if not config.name:
        raise invalid(f"A config has no name, base_path {config.base_path!r}. Give it the name that requests use.")
    base_path = Path(config.base_path)
    if not base_path.is_absolute():
        raise invalid(
            f"Expected model {config.name} to have an absolute path or URI; got base_path()={config.base_path}. Write "
            "the whole path of a folder of this machine; this server reads no URIs."
        )
    _check_platform(config, served)
    if config.HasField("logging_config"):
        log.warning("Model %s: logging_config is ignored; this server does not log requests.", config.name)
    return Entry(config.name, base_path, _policy(config), dict(config.version_labels))


def _check_platform(config: ModelConfig, served: bool) -> None:
    """Whether the model is TensorFlow's, said in one of the two ways that there are."""
    old, platform = config.model_type, config.model_platform
    if old and platform:
        raise invalid(
            "Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform, "
            f"model name is {config.name}. Leave model_type out."
        )
    if old:
        log.warning("Model %s: deprecated model_type field used. Prefer model_platform.", config.name)
        platform = PLATFORM if old == ModelType.TENSORFLOW else ModelType.Name(old)
    if not platform:
        raise invalid(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform, "
            f'model name is {config.name}. Add model_platform: "{PLATFORM}".'
        )
    if platform != PLATFORM and served:
        raise invalid(
            f"Illegal to change a model's platform. For model {config.name} platform was {PLATFORM} and new platform "
            f"requested is {platform}."
        )
    if platform != PLATFORM:
        raise invalid(
            f'Model {config.name} requests unsupported platform {platform}. Expected model_platform: "{PLATFORM}".'
        )


def _policy(config: ModelConfig) -> Policy:
    policy = config.model_version_policy
    choice = policy.WhichOneof("policy_choice")
    if choice == "all":
        return every
    if choice != "specific":
        return latest(max(policy.latest.num_versions, 1))  # the original, too, takes 0 for 1
    if not policy.specific.versions:
        raise invalid(
            f"Model {config.name}: the version policy `specific` names no versions. Write specific {{ versions: 1 }}."
        )
    return specific(policy.specific.versions)
