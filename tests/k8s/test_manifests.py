"""What the manifests promise, as kubectl renders them."""

from __future__ import annotations

import re
import subprocess

import combinations
import kubectl
import pytest
import scan
import validate
from checks.documents import Manifest, name_of, of_kind
from checks.schema import KUBERNETES

from serving.model_server.model_config import entries
from tests.conftest import ROOT

K8S = ROOT / "k8s"


@pytest.fixture(scope="module")
def base() -> list[Manifest]:
    return validate.render(K8S / "base")


@pytest.fixture(scope="module")
def training() -> list[Manifest]:
    return validate.render_with([K8S / "training"], [K8S / "training/components/many-workers"])


@pytest.fixture(scope="module")
def rollout() -> list[Manifest]:
    return validate.render_with([K8S / "base", K8S / "rollout"])


def with_component(name: str) -> list[Manifest]:
    return validate.render_with([K8S / "base"], [K8S / "components" / name])


def find(manifests: list[Manifest], name: str) -> Manifest:
    """The one document called `kind/name`."""
    (found,) = (manifest for manifest in manifests if name_of(manifest) == name)
    return found


def pod_of(manifests: list[Manifest], name: str) -> Manifest:
    return find(manifests, name)["spec"]["template"]["spec"]


def container_of(manifests: list[Manifest], name: str, container: int = 0) -> Manifest:
    return pod_of(manifests, name)["containers"][container]


@pytest.mark.slow
def test_the_command_validates_every_rendering(capsys):
    assert validate.main(["--pairs"]) == 0
    said = capsys.readouterr().out
    whole = ("base ", "base + rollout", "overlays/local", "overlays/production", "overlays/canary", "training",
             "training + many-workers", "first-version.yaml", "model-loader.yaml", "data-loader.yaml")  # fmt: skip
    assert [name for name in whole if not re.search(rf"^{re.escape(name)} .* ok$", said, re.MULTILINE)] == []
    for name in combinations.found(K8S / "components"):
        assert re.search(rf"^base .*\+ {re.escape(name)}\b.* ok$", said, re.MULTILINE), name


def test_all_combinations_hold_every_pair_and_no_two_that_exclude_each_other():
    every = list(combinations.combinations(K8S / "components", pairs=False))
    assert len(every) == len(set(every))
    for pair in combinations.combinations(K8S / "components", pairs=True):
        assert pair in every
    for line in combinations.CHOICES:
        assert all(len(set(line) & set(chosen)) <= 1 for chosen in every)


def test_every_component_has_a_readme_that_shows_it():
    for name in combinations.found(K8S / "components"):
        assert f"components/{name}" in (K8S / "components" / name / "README.md").read_text(), name


def test_the_command_fails_when_kubectl_does(monkeypatch, capsys):
    monkeypatch.setattr(validate, "renderings", lambda pairs: [("nowhere", lambda: validate.render(K8S / "nowhere"))])
    assert validate.main([]) == 1
    assert "1 wrong" in capsys.readouterr().out


def test_kubectl_is_unpacked_once_and_is_the_expected_one(monkeypatch):
    monkeypatch.delenv("KUBECTL", raising=False)
    first = kubectl.kubectl()
    written = first.stat().st_mtime_ns
    version = subprocess.run([first, "version", "--client"], capture_output=True, text=True, check=True)
    assert f"v{KUBERNETES}." in version.stdout
    assert kubectl.kubectl().stat().st_mtime_ns == written


@pytest.mark.slow
def test_checkov_and_hadolint_have_nothing_to_say(tmp_path, capfd):
    assert scan.main() == 0, capfd.readouterr().out
    # and would say it: a container that may do anything
    (tmp_path / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: bad, namespace: handtint}\n"
        "spec: {containers: [{name: bad, image: bad:1.0, securityContext: {privileged: true}}]}\n"
    )
    assert scan.scan(tmp_path, "kubernetes") != 0
    assert "CKV_K8S_16" in capfd.readouterr().out


def test_every_check_that_checkov_leaves_out_has_its_reason():
    lines = (K8S / "checks/checkov.yaml").read_text().splitlines()
    for number, line in enumerate(lines):
        if "CKV_" in line:
            assert lines[number - 1].strip().startswith("#")


def test_the_base_asks_for_a_gpu(base):
    pod, container = pod_of(base, "deployment/model-server"), container_of(base, "deployment/model-server")
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert container["image"].endswith("-gpu")
    assert pod["nodeSelector"]["nvidia.com/gpu.present"] == "true"
    assert pod["tolerations"][0]["key"] == "nvidia.com/gpu"


def test_cpu_only_leaves_no_trace_of_a_gpu():
    local = validate.render(K8S / "overlays/local")
    assert "gpu" not in str(find(local, "deployment/model-server"))


@pytest.mark.parametrize(
    ("component", "resource"),
    [("gpu-sharing/time-slicing", "nvidia.com/gpu.shared"), ("gpu-sharing/mig", "nvidia.com/mig-1g.10gb")],
)
def test_a_shared_gpu_is_not_a_whole_one(component, resource):
    resources = container_of(with_component(component), "deployment/model-server")["resources"]
    assert [name for name in resources["limits"] if name.startswith("nvidia.com/")] == [resource]
    assert resources["requests"][resource] == resources["limits"][resource] == "1"


def test_a_model_in_an_image_needs_no_volume():
    manifests = with_component("model-delivery/image-volume")
    assert of_kind(manifests, "PersistentVolumeClaim") == []
    volumes = {volume["name"]: volume for volume in pod_of(manifests, "deployment/model-server")["volumes"]}
    assert volumes["photo-1"] == {
        "name": "photo-1",
        "image": {"reference": "handtint-model-photo:1", "pullPolicy": "IfNotPresent"},
    }
    mounts = {m["mountPath"]: m for m in container_of(manifests, "deployment/model-server")["volumeMounts"]}
    assert mounts["/models/photo/1"]["readOnly"]
    assert "/models" not in mounts


def test_models_out_of_a_store_are_written_by_who_fetches_them_only():
    pod = pod_of(with_component("model-delivery/object-store"), "deployment/model-server")
    (fetch,) = pod["initContainers"]
    assert {m["name"]: m.get("readOnly", False) for m in fetch["volumeMounts"]}["models"] is False
    assert {m["name"]: m.get("readOnly", False) for m in pod["containers"][0]["volumeMounts"]}["models"] is True


def test_readiness_asks_what_only_a_loaded_stable_version_can_answer(base):
    path = container_of(base, "deployment/model-server")["readinessProbe"]["httpGet"]["path"]
    assert path == "/v1/models/photo/labels/stable/metadata"


def test_the_first_version_has_the_labels_that_readiness_and_split_ask_for():
    from google.protobuf import text_format
    from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

    from serving.gateway.split import Split

    (first,) = validate.read(K8S / "first-version.yaml")
    config = text_format.Parse(first["data"]["models.config"], ModelServerConfig())
    assert entries(config)["photo"].labels == {"stable": 1, "canary": 1}
    assert dict(Split.parse(first["data"]["split"]).shares) == {"stable": 100, "canary": 0}


def test_nothing_that_is_applied_again_holds_what_a_rollout_writes(rollout):
    assert "configmap/handtint-rollout" not in map(name_of, rollout)


def test_the_gateway_asks_the_door(base):
    (server,) = (a for a in container_of(base, "deployment/gateway")["args"] if a.startswith("--server="))
    service, _, port = server.removeprefix("--server=grpc://").partition(":")
    (entry,) = find(base, f"service/{service}")["spec"]["ports"]
    assert (entry["port"], entry["targetPort"]) == (int(port), "grpc")
    door = container_of(base, "deployment/model-server", 1)
    assert [p["containerPort"] for p in door["ports"] if p["name"] == "grpc"] == [int(port)]


@pytest.mark.parametrize("rendering", ["overlays/production", "overlays/canary", "rollout"])
def test_nobody_reaches_the_port_that_takes_reloads(rendering, rollout):
    manifests = rollout if rendering == "rollout" else validate.render(K8S / rendering)
    (deny,) = (m for m in manifests if name_of(m) == "networkpolicy/default-deny")
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    opened = {}
    for policy in of_kind(manifests, "NetworkPolicy"):
        if policy["spec"]["podSelector"].get("matchLabels") == {"app.kubernetes.io/name": "model-server"}:
            for rule in policy["spec"].get("ingress", []):
                opened |= {port["port"]: rule["from"] for port in rule["ports"]}
    assert opened.keys() <= {8510, 8501}
    # REST, which has no reload, is for Prometheus alone
    assert all("namespaceSelector" in peer for peer in opened.get(8501, []))


def test_models_are_mounted_read_only_by_servers(base):
    volumes = {volume["name"]: volume for volume in pod_of(base, "deployment/model-server")["volumes"]}
    claim = volumes["models"]["persistentVolumeClaim"]
    assert claim["readOnly"]
    find(base, f"persistentvolumeclaim/{claim['claimName']}")


def test_drains_are_those_of_the_programs(base):
    def drain(name: str) -> int:
        return int(find(base, name)["spec"]["template"]["metadata"]["annotations"]["handtint.dev/drain-seconds"])

    def shutdown(name: str) -> int:
        (config,) = (each for each in base if name_of(each).startswith(name))
        return int(re.search(r"worker_shutdown_timeout (\d+)s", config["data"]["door.conf"])[1])

    assert drain("deployment/model-server") == shutdown("configmap/model-server-")
    page = (K8S / "images/web/nginx.conf").read_text()
    assert drain("deployment/web") == int(re.search(r"worker_shutdown_timeout (\d+)s", page)[1])
    assert f"--timeout={drain('deployment/gateway')}" in container_of(base, "deployment/gateway")["args"]


def test_the_gateway_s_memory_is_more_than_its_ceiling(base):
    from serving.gateway.settings import Settings

    container = container_of(base, "deployment/gateway")
    flags = dict(arg.removeprefix("--").partition("=")[::2] for arg in container["args"])
    settings = Settings(
        "grpc://model-server:8510",
        authentication=False,
        threads=int(flags["threads"]),
        max_pixels=int(flags["max-megapixels"]) * 10**6,
        max_bytes=int(flags["max-megabytes"]) * 10**6,
    )
    assert container["resources"]["limits"]["memory"] == "2Gi"
    assert settings.memory_ceiling < 2 * 2**30


def test_the_second_gateway_is_the_first_but_for_its_image():
    manifests = with_component("canary")
    first, second = (container_of(manifests, f"deployment/{name}") for name in ("gateway", "gateway-canary"))
    assert second["image"] != first["image"]
    assert {**second, "image": ""} == {**first, "image": ""}
    assert of_kind(manifests, "Ingress") == []
    weights = [rule["backendRefs"] for rule in find(manifests, "httproute/handtint")["spec"]["rules"]][1]
    assert [(each["name"], each["weight"]) for each in weights] == [("gateway", 90), ("gateway-canary", 10)]


def test_the_second_gateway_is_watched_as_the_first():
    canary = validate.render(K8S / "overlays/canary")
    wanted = find(canary, "servicemonitor/gateway")["spec"]["selector"]["matchLabels"]
    services = [m for m in of_kind(canary, "Service") if wanted.items() <= m["metadata"].get("labels", {}).items()]
    assert {m["spec"]["selector"]["app.kubernetes.io/name"] for m in services} == {"gateway", "gateway-canary"}


def test_the_rollout_may_do_what_it_needs_and_nothing_else(rollout):
    (rule,) = find(rollout, "role/rollout")["rules"]
    assert rule == {
        "apiGroups": [""],
        "resources": ["configmaps"],
        "resourceNames": ["handtint-rollout"],
        "verbs": ["get", "patch"],
    }
    (policy,) = find(rollout, "job/rollout")["spec"]["podFailurePolicy"]["rules"][:1]
    assert policy["onExitCodes"]["values"] == [3]  # rolled back: no second try


def test_the_rollout_accepts_the_job_s_arguments(rollout):
    from serving.cli import cli

    container = container_of(rollout, "job/rollout")
    command = cli
    for word in container["command"][1:]:
        command = command.commands[word]
    parsed = command.make_context("run", container["args"]).params
    assert (parsed["version"], parsed["until_done"], parsed["configmap"]) == (2, True, "handtint-rollout")


def job_of(manifests: list[Manifest]) -> tuple[Manifest, Manifest]:
    """The training Job's pod and container."""
    pod = pod_of(manifests, "job/training")
    return pod, pod["containers"][0]


def test_a_restarted_training_goes_on(training):
    pod, container = job_of(training)
    assert pod["restartPolicy"] == "OnFailure"
    assert "--continue" in container["args"]
    assert "activeDeadlineSeconds" not in find(training, "job/training")["spec"]


def test_the_training_reads_pictures_and_writes_runs_only(training):
    pod, container = job_of(training)
    writable = {m["mountPath"] for m in container["volumeMounts"] if not m.get("readOnly")}
    assert writable == {"/runs", "/tmp"}
    for volume in pod["volumes"]:
        if "persistentVolumeClaim" in volume:
            claim = find(training, f"persistentvolumeclaim/{volume['persistentVolumeClaim']['claimName']}")
            assert claim["spec"]["accessModes"] == ["ReadWriteMany"]  # pods on many nodes mount it


def test_each_worker_gets_a_tf_config_the_trainer_understands(training, monkeypatch):
    from trainer import distribution

    variables = [(e["name"], e.get("value")) for e in job_of(training)[1]["env"]]
    names = [name for name, _ in variables]
    assert names.index("WORKER") < names.index("TF_CONFIG")  # Kubernetes puts in only what stands before
    for worker in (0, 1):
        monkeypatch.setenv("TF_CONFIG", dict(variables)["TF_CONFIG"].replace("$(WORKER)", str(worker)))
        distribution._tf_config.cache_clear()
        assert (distribution.index(), distribution.workers()) == (worker, 2)
    distribution._tf_config.cache_clear()


def test_the_trainer_accepts_the_job_s_arguments(training):
    from trainer.commands.fit import command

    parsed = command.make_context("fit", job_of(training)[1]["args"][1:], resilient_parsing=False).params
    assert parsed["go_on"]
    assert str(parsed["folder"]).startswith("/runs/")
