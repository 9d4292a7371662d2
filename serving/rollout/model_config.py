"""models.config, as far as a roll-out changes it: one model's versions and labels. All else stays as it is.

    config = parse(text)
    text = with_versions(config, "photo", {"stable": 1, "canary": 2}, {1, 2})

TensorFlow Serving's ModelServerConfig, declared here as `serving.doors.messages` declares what clients need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import text_format

from serving.doors.messages import Schema, build
from serving.rollout.errors import RolloutError

_SCHEMA: Schema = {
    "Latest": [("num_versions", 1, "uint32")],
    "All": [],
    "Specific": [("versions", 1, "*int64")],
    "ServableVersionPolicy": [
        ("latest", 100, "Latest"),
        ("all", 101, "All"),
        ("specific", 102, "Specific"),
    ],
    "ModelConfig": [
        ("name", 1, "string"),
        ("base_path", 2, "string"),
        ("model_platform", 4, "string"),
        ("model_version_policy", 7, "ServableVersionPolicy"),
        ("version_labels", 8, "{}int64"),
    ],
    "ModelConfigList": [("config", 1, "*ModelConfig")],
    "ModelServerConfig": [("model_config_list", 1, "ModelConfigList")],
}
_ModelServerConfig = build("handtint.rollout", _SCHEMA)["ModelServerConfig"]


def parse(text: str) -> Any:
    """A ModelServerConfig of its text.

    Raises:
        RolloutError: it is none, or holds what would be lost: logging_config, custom_model_config, model_type.
    """
    try:
        return text_format.Parse(text, _ModelServerConfig())
    except text_format.ParseError as error:
        raise RolloutError(
            f"models.config cannot be read: {error}.",
            "Expected name, base_path, model_platform, model_version_policy and version_labels of each model.",
        ) from error


def entry(config: Any, model: str) -> Any:
    """What a configuration says of one model. Raises RolloutError if it does not name it."""
    for one in config.model_config_list.config:
        if one.name == model:
            return one
    named = ", ".join(one.name for one in config.model_config_list.config) or "none"
    raise RolloutError(f'models.config has no model "{model}"; it names {named}.', "Name one of them with --model.")


def labelled(config: Any, model: str, label: str) -> int:
    """The version that has a label. Raises RolloutError if none has."""
    labels = entry(config, model).version_labels
    if label not in labels:
        raise RolloutError(
            f'models.config gives no version of model "{model}" the label {label}.',
            f'Write version_labels {{ key: "{label}" value: 1 }}, with the number of the version that serves.',
        )
    return int(labels[label])


def with_versions(config: Any, model: str, labels: Mapping[str, int], versions: Iterable[int]) -> str:
    """The text of the same configuration with other versions and labels of one model."""
    changed = _ModelServerConfig()
    changed.CopyFrom(config)
    one = entry(changed, model)
    one.ClearField("model_version_policy")
    one.model_version_policy.specific.versions.extend(sorted(versions))
    one.ClearField("version_labels")
    for label, version in labels.items():
        one.version_labels[label] = version
    return str(text_format.MessageToString(changed))
