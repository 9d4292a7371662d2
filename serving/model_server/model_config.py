"""TensorFlow Serving's model server configuration: a file that names the models to serve.

    models = read_model_config(Path("models.config"))

The file is a ModelServerConfig in protobuf's text format:

    model_config_list {
      config { name: "photo" base_path: "/models/photo" model_platform: "tensorflow" }
      config { name: "sketch" base_path: "/models/sketch" model_platform: "tensorflow" }
    }

`model_version_policy` (latest, all, specific) is obeyed, `logging_config` left out with a warning; `version_labels` and
`custom_model_config` are refused. The file is read once: to serve other models, start the server again.
"""

from __future__ import annotations

import logging
from pathlib import Path

from google.protobuf import text_format
from tensorflow_serving.config.model_server_config_pb2 import ModelConfig, ModelServerConfig, ModelType

from serving.model_server.errors import StartError
from serving.model_server.lifecycle import Model
from serving.model_server.versions import Policy, every, latest, specific

log = logging.getLogger(__name__)

PLATFORM = "tensorflow"
_EXAMPLE = f'model_config_list {{ config {{ name: "photo" base_path: "/models/photo" model_platform: "{PLATFORM}" }} }}'


def read_model_config(file: Path) -> list[Model]:
    """The models that a configuration file names, not loaded yet, in its order.

    Raises:
        StartError: the file cannot be read or parsed, names no model, or asks for what this server cannot do.
    """
    config = ModelServerConfig()
    try:
        text_format.Parse(file.read_text(encoding="utf-8"), config)
    except OSError as error:
        raise StartError(f"Cannot read the model config file {file}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise StartError(f"Invalid protobuf file: '{file}' is not text. Expected protobuf's text format.") from error
    except text_format.ParseError as error:
        raise StartError(
            f"Error parsing text-format tensorflow.serving.ModelServerConfig: {file}:{error} Expected {_EXAMPLE}."
        ) from error
    if config.WhichOneof("config") == "custom_model_config":
        raise StartError(f"{file}: custom_model_config is not supported. Name the models in model_config_list.")
    if not config.model_config_list.config:
        raise StartError(f"{file} names no model. Expected at least one config in its model_config_list.")
    return [_model(one) for one in config.model_config_list.config]


def _model(config: ModelConfig) -> Model:
    if not config.name:
        raise StartError(f"A config has no name, base_path {config.base_path!r}. Give it the name that requests use.")
    _check_platform(config)
    base_path = Path(config.base_path)
    if not base_path.is_absolute():
        raise StartError(
            f"Expected model {config.name} to have an absolute path; got base_path()={config.base_path}. Write the "
            "whole path of a folder of this machine."
        )
    if config.version_labels:
        raise StartError(
            f"Model {config.name} has version_labels {sorted(config.version_labels)}, which this server does not "
            "support. Leave them out; requests may name versions by number."
        )
    if config.HasField("logging_config"):
        log.warning("Model %s: logging_config is ignored; this server does not log requests.", config.name)
    return Model(config.name, base_path, _policy(config))


def _check_platform(config: ModelConfig) -> None:
    """Whether the model is TensorFlow's, said in one of the two ways that there are."""
    old, platform = config.model_type, config.model_platform
    if old and platform:
        raise StartError(
            f"Model {config.name}: illegal setting both model_type (deprecated) and model_platform. "
            "Leave model_type out."
        )
    if old:
        log.warning("Model %s: deprecated model_type field used. Prefer model_platform.", config.name)
        platform = PLATFORM if old == ModelType.TENSORFLOW else ModelType.Name(old)
    if not platform:
        raise StartError(
            f"Model {config.name}: illegal setting neither model_type (deprecated) nor model_platform. "
            f'Add model_platform: "{PLATFORM}".'
        )
    if platform != PLATFORM:
        raise StartError(
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
        raise StartError(
            f"Model {config.name}: the version policy `specific` names no versions. Write specific {{ versions: 1 }}."
        )
    return specific(policy.specific.versions)
