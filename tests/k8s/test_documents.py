"""What docs/kubernetes.md shows is what its commands do."""

from __future__ import annotations

import re

import validate
from checks.documents import Manifest

from tests.conftest import ROOT

TEXT = (ROOT / "docs/kubernetes.md").read_text()


def created(manifests: list[Manifest]) -> list[str]:
    """The lines of `kubectl apply`."""
    groups = [manifest["apiVersion"].rpartition("/")[0] for manifest in manifests]
    return [
        f"{manifest['kind'].lower()}{'.' if group else ''}{group}/{manifest['metadata']['name']} created"
        for manifest, group in zip(manifests, groups, strict=True)
    ]


def output_of(command: str) -> list[str]:
    """The block of output after the block that ends with this command."""
    found = re.search(rf"{re.escape(command)}[^\n]*\n```\n```\n(.*?)```", TEXT, re.DOTALL)
    assert found, command
    return found[1].splitlines()


def test_what_the_overlay_creates():
    (overlay,) = re.findall(r"cat > deploy/kustomization.yaml <<'END'\n(.*?)END\n", TEXT, re.DOTALL)
    folder = ROOT / "build/k8s/deploy"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kustomization.yaml").write_text(overlay.replace("../k8s", "../../../k8s"))
    assert output_of("kubectl apply -k deploy") == created(validate.render(folder))


def test_what_the_rollout_creates():
    assert output_of("kubectl apply -k k8s/rollout") == created(validate.render(ROOT / "k8s/rollout"))


def test_the_version_that_the_second_rollout_replaces_is_the_job_s():
    (old,) = re.findall(r"sed 's/(--version=\d+)/", TEXT)
    (container,) = next(manifest for manifest in validate.render(ROOT / "k8s/rollout") if manifest["kind"] == "Job")[
        "spec"
    ]["template"]["spec"]["containers"]
    assert old in container["args"]
