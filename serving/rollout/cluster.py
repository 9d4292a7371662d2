"""A roll-out in a cluster: one ConfigMap holds the state, models.config and the split.

    store = ConfigMapStore("handtint-rollout")

One write changes all three, or none: the API server refuses it (409) if the ConfigMap is not at the resourceVersion
that was read. The kubelet then swaps a link in each pod, so that nobody reads half of a file.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import urllib3

from serving.rollout.errors import Conflict, RolloutError, Unavailable
from serving.rollout.serving_of import CONFIG
from serving.rollout.store import Stored

_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_SECONDS = 15  # for one answer of the API server


class ConfigMapStore:
    """A `Store`. The credentials are the pod's, or those that kubectl has.

    Args:
        name: of the ConfigMap.
        namespace: of the ConfigMap; None is the pod's, or the one of kubectl's context.
        context: of kubectl's; None is the current one.

    Raises:
        RolloutError: there are no credentials, or the package `kubernetes` is not installed.
    """

    delay = 90.0  # the kubelet looks once a minute, and its cache may be older than that

    def __init__(self, name: str, namespace: str | None = None, context: str | None = None):
        try:
            from kubernetes import client, config
        except ImportError as error:
            raise RolloutError(
                "The package kubernetes is not installed.", "pip install 'handtint[rollout]', or use --folder."
            ) from error
        self._name = name
        self._client = client
        try:
            if context is None and _NAMESPACE.exists():
                config.load_incluster_config()
                self._namespace = namespace or _NAMESPACE.read_text().strip()
            else:
                config.load_kube_config(context=context)
                self._namespace = namespace or _namespace_of(config, context)
        except config.ConfigException as error:
            raise RolloutError(f"There is no access to a cluster: {error}.", "Set up kubectl first.") from error
        self._api = client.CoreV1Api()
        self.selector = f'namespace="{self._namespace}"'

    def read(self) -> Stored:
        """See `Store`."""
        with self._explained():
            found = self._api.read_namespaced_config_map(self._name, self._namespace, _request_timeout=_SECONDS)
        texts = dict(found.data or {})
        if CONFIG not in texts:
            raise RolloutError(
                f"ConfigMap {self._where} has no {CONFIG}.", "Create it as k8s/README.md says, once for a cluster."
            )
        return Stored(texts, found.metadata.resource_version)

    def write(self, texts: Mapping[str, str], before: Stored) -> None:
        """See `Store`. What else lies in the ConfigMap stays."""
        patch = {"metadata": {"resourceVersion": before.token}, "data": dict(texts)}
        with self._explained():
            self._api.patch_namespaced_config_map(self._name, self._namespace, patch, _request_timeout=_SECONDS)

    @property
    def _where(self) -> str:
        return f"{self._namespace}/{self._name}"

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except self._client.ApiException as error:
            if error.status == 409:
                raise Conflict from error
            if error.status == 429 or error.status >= 500:
                raise Unavailable(f"The API server says {error.status} {error.reason}.", "Try again.") from error
            raise RolloutError(
                f"The API server refuses ConfigMap {self._where}: {error.status} {error.reason}.",
                "Create the ConfigMap, or allow this account to get and patch it: see k8s/README.md.",
            ) from error
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"The API server does not answer: {error}.", "Try again.") from error


def _namespace_of(config: Any, context: str | None) -> str:
    contexts, current = config.list_kube_config_contexts()
    chosen = next((each for each in contexts if each["name"] == context), current)
    return str(chosen["context"].get("namespace", "default"))
