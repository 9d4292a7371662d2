"""The manifests as kubectl renders them, and a broken manifest for each check."""

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

K8S = Path(__file__).resolve().parents[2] / "k8s"
sys.path.insert(0, str(K8S))  # a folder of manifests with a tool beside them, not a package

import checks  # noqa: E402
import validate  # noqa: E402
from checks import Manifest, problems  # noqa: E402


@pytest.fixture(scope="module")
def base() -> list[Manifest]:
    return validate.render(K8S / "base")


@pytest.fixture(scope="module")
def local() -> list[Manifest]:
    return validate.render(K8S / "overlays" / "local")


@pytest.fixture(scope="module")
def training() -> list[Manifest]:
    return validate.render_with(K8S / "training", K8S / "training" / "components" / "many-workers")


def find(manifests: list[Manifest], name: str) -> Manifest:
    """The one document called `kind/name`."""
    (found,) = (manifest for manifest in manifests if checks.name_of(manifest) == name)
    return found


def pod_of(manifests: list[Manifest], name: str) -> Manifest:
    return find(manifests, f"deployment/{name}")["spec"]["template"]["spec"]


def container_of(manifests: list[Manifest], name: str) -> Manifest:
    return pod_of(manifests, name)["containers"][0]


def test_the_command_validates_every_rendering():
    done = subprocess.run([sys.executable, K8S / "validate.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for rendering in ("base", "overlays/local", "base + components/cpu-only", "model-loader.yaml", "training",
                      "training + training/components/many-workers", "data-loader.yaml"):  # fmt: skip
        assert rendering in done.stdout


def test_the_command_fails_when_kubectl_does(monkeypatch, capsys):
    monkeypatch.setattr(validate, "renderings", lambda: [("nowhere", lambda: validate.render(K8S / "nowhere"))])
    assert validate.main() == 1
    assert "1 wrong" in capsys.readouterr().out


def test_kubectl_is_unpacked_once_and_is_the_expected_one(monkeypatch):
    monkeypatch.delenv("KUBECTL", raising=False)
    first = validate.kubectl()
    written = first.stat().st_mtime_ns
    version = subprocess.run([first, "version", "--client"], capture_output=True, text=True, check=True)
    assert f"v{checks.KUBERNETES}." in version.stdout
    assert validate.kubectl().stat().st_mtime_ns == written


def break_schema(manifests):
    container_of(manifests, "web")["readinessProbe"]["periodSecond"] = 5


def break_kind(manifests):
    manifests.append({"apiVersion": "example.org/v1", "kind": "Unheard", "metadata": {"name": "of"}})


def break_deployment_selector(manifests):
    find(manifests, "deployment/web")["spec"]["selector"]["matchLabels"] = {"app.kubernetes.io/name": "page"}


def break_service_selector(manifests):
    find(manifests, "service/gateway")["spec"]["selector"] = {"app": "gateway"}


def break_budget_selector(manifests):
    find(manifests, "poddisruptionbudget/web")["spec"]["selector"]["matchLabels"] = {"app": "web"}


def break_policy_peer(manifests):
    rule = find(manifests, "networkpolicy/model-server")["spec"]["ingress"][0]
    rule["from"][0]["podSelector"]["matchLabels"] = {"app": "gateway"}


def break_target_port(manifests):
    find(manifests, "service/model-server")["spec"]["ports"][0]["targetPort"] = "rest"


def break_policy_port(manifests):
    find(manifests, "networkpolicy/web")["spec"]["ingress"][0]["ports"][0]["port"] = 80


def break_gpu_request(manifests):
    container_of(manifests, "model-server")["resources"]["requests"]["nvidia.com/gpu"] = "2"


def break_gpu_limit(manifests):
    del container_of(manifests, "model-server")["resources"]["limits"]["nvidia.com/gpu"]


def break_probe_port(manifests):
    container_of(manifests, "gateway")["livenessProbe"]["httpGet"]["port"] = "https"


def break_probe_missing(manifests):
    del container_of(manifests, "gateway")["readinessProbe"]


def break_root(manifests):
    del pod_of(manifests, "web")["securityContext"]["runAsNonRoot"]


def break_seccomp(manifests):
    pod_of(manifests, "web")["securityContext"]["seccompProfile"]["type"] = "Unconfined"


def break_token(manifests):
    del pod_of(manifests, "web")["automountServiceAccountToken"]


def break_escalation(manifests):
    container_of(manifests, "web")["securityContext"]["allowPrivilegeEscalation"] = True


def break_root_file_system(manifests):
    container_of(manifests, "web")["securityContext"]["readOnlyRootFilesystem"] = False


def break_capabilities(manifests):
    container_of(manifests, "web")["securityContext"]["capabilities"]["add"] = ["NET_RAW"]
    container_of(manifests, "web")["securityContext"]["capabilities"]["drop"] = ["CHOWN"]


def break_limit(manifests):
    del container_of(manifests, "web")["resources"]["limits"]["memory"]


def break_image(manifests):
    container_of(manifests, "web")["image"] = "registry.example:5000/handtint-web"


def break_grace(manifests):
    pod_of(manifests, "gateway")["terminationGracePeriodSeconds"] = 10


def break_worker_count(manifests):
    find(manifests, "job/training")["spec"]["parallelism"] = 3


def break_worker_names(manifests):
    manifests.remove(find(manifests, "service/training-workers"))


BROKEN = [
    (break_schema, "schema: deployment/web"),
    (break_kind, "schema: unheard/of"),
    (break_deployment_selector, "selectors: deployment/web"),
    (break_service_selector, "selectors: service/gateway"),
    (break_budget_selector, "selectors: poddisruptionbudget/web"),
    (break_policy_peer, "selectors: networkpolicy/model-server"),
    (break_target_port, "ports: service/model-server: target port rest"),
    (break_policy_port, "ports: networkpolicy/web: port 80"),
    (break_gpu_request, "gpus: deployment/model-server: nvidia.com/gpu requests 2, but its limit is 1"),
    (break_gpu_limit, "gpus: deployment/model-server: nvidia.com/gpu requests 1, but its limit is None"),
    (break_probe_port, "probes: deployment/gateway: livenessProbe asks port https"),
    (break_probe_missing, "probes: deployment/gateway: gateway has no readinessProbe"),
    (break_root, "hardening: deployment/web: may run as root"),
    (break_seccomp, "hardening: deployment/web: has no seccomp profile"),
    (break_token, "hardening: deployment/web: mounts a service account token"),
    (break_escalation, "hardening: deployment/web: web may gain privileges"),
    (break_root_file_system, "hardening: deployment/web: web can write its root file system"),
    (break_capabilities, "hardening: deployment/web: web keeps capabilities"),
    (break_limit, "hardening: deployment/web: web lacks a request or limit"),
    (break_image, "hardening: deployment/web: web has no exact image tag"),
    (break_grace, "grace: deployment/gateway: gateway waits 10 s in preStop, of 10 s of grace"),
    (break_worker_count, "workers: job/training: TF_CONFIG names"),
    (break_worker_names, "workers: job/training: there is no Service training-workers"),
]


@pytest.mark.parametrize(("break_it", "expected"), BROKEN, ids=[broken.__name__ for broken, _ in BROKEN])
def test_a_broken_manifest_is_found(base, training, break_it: Callable[[list[Manifest]], None], expected: str):
    broken = copy.deepcopy([*base, *training])
    break_it(broken)
    found = problems(broken)
    assert len(found) == 1, found
    assert found[0].startswith(expected)


def test_every_check_has_a_broken_manifest():
    assert {check.__name__ for check in checks.CHECKS} == {expected.partition(":")[0] for _, expected in BROKEN}


def test_the_base_asks_for_a_gpu(base):
    pod, container = pod_of(base, "model-server"), container_of(base, "model-server")
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert container["image"].endswith("-gpu")
    assert pod["nodeSelector"]["nvidia.com/gpu.present"] == "true"
    assert pod["tolerations"][0]["key"] == "nvidia.com/gpu"


def test_cpu_only_leaves_no_trace_of_a_gpu(local):
    assert "gpu" not in str(find(local, "deployment/model-server"))
    assert "gpu" not in container_of(local, "model-server")["image"]


def test_readiness_asks_what_only_an_available_version_can_answer(base):
    path = container_of(base, "model-server")["readinessProbe"]["httpGet"]["path"]
    assert path == "/v1/models/photo/metadata"


def test_the_gateway_asks_the_port_that_the_model_server_listens_on(base):
    (server,) = (arg for arg in container_of(base, "gateway")["args"] if arg.startswith("--server="))
    service, _, port = server.removeprefix("--server=grpc://").partition(":")
    assert int(port) in {p["port"] for p in find(base, f"service/{service}")["spec"]["ports"]}
    assert f"--port={port}" in container_of(base, "model-server")["args"]


def test_only_the_gateway_reaches_the_model_server_and_only_by_grpc(base):
    (deny,) = (m for m in base if checks.name_of(m) == "networkpolicy/default-deny")
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    policy = find(base, "networkpolicy/model-server")["spec"]
    (rule,) = policy["ingress"]
    assert [peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in rule["from"]] == ["gateway"]
    assert [port["port"] for port in rule["ports"]] == [8500]
    assert "egress" not in policy


def test_models_are_mounted_read_only_by_servers(base):
    volumes = {volume["name"]: volume for volume in pod_of(base, "model-server")["volumes"]}
    claim = volumes["models"]["persistentVolumeClaim"]
    assert claim["readOnly"]
    find(base, f"persistentvolumeclaim/{claim['claimName']}")


def job_of(manifests: list[Manifest]) -> tuple[Manifest, Manifest]:
    """The training Job's pod and container."""
    pod = find(manifests, "job/training")["spec"]["template"]["spec"]
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
