"""For each check of k8s/checks a manifest that makes it fail: right but for one thing."""

from __future__ import annotations

import copy
from collections.abc import Callable

import checks
import pytest
import validate
from checks.documents import Manifest, name_of

from tests.conftest import ROOT

K8S = ROOT / "k8s"


class Manifests(list[Manifest]):
    """A rendering, with ways to what a test breaks."""

    def find(self, name: str) -> Manifest:
        """The one document called `kind/name`."""
        (found,) = (manifest for manifest in self if name_of(manifest) == name)
        return found

    def spec(self, name: str) -> Manifest:
        return self.find(name)["spec"]

    def pod(self, name: str) -> Manifest:
        return self.spec(name)["template"]["spec"]

    def container(self, name: str, number: int = 0) -> Manifest:
        return self.pod(name)["containers"][number]

    def labels(self, name: str) -> Manifest:
        return self.find(name)["metadata"]["labels"]


@pytest.fixture(scope="module")
def everything() -> Manifests:
    """One of each thing that a check looks at."""
    components = ["autoscaling/gateway", "monitoring", "autoscaling/model-server"]
    folders = [K8S / "components" / name for name in components] + [K8S / "training/components/many-workers"]
    return Manifests(validate.render_with([K8S / "base", K8S / "rollout", K8S / "training"], folders))


def schema_of_a_field(m: Manifests):
    m.container("deployment/web")["readinessProbe"]["periodSecond"] = 5


def schema_of_a_custom_kind(m: Manifests):
    m.spec("servicemonitor/gateway")["endpoints"][0]["intervall"] = "15s"


def schema_of_an_unknown_kind(m: Manifests):
    about = {"name": "of", "namespace": "handtint"}
    m.append({"apiVersion": "example.org/v1", "kind": "Unheard", "metadata": about})


def namespace_forgotten(m: Manifests):
    del m.find("service/web")["metadata"]["namespace"]


def selector_of_a_deployment(m: Manifests):
    m.spec("deployment/web")["selector"]["matchLabels"] = {"app.kubernetes.io/name": "page"}


def selector_of_a_service(m: Manifests):
    m.spec("service/gateway")["selector"] = {"app": "gateway"}


def selector_of_a_policy_s_peer(m: Manifests):
    m.spec("networkpolicy/model-server")["ingress"][0]["from"].append({"podSelector": {"matchLabels": {"app": "x"}}})


def selector_of_a_budget(m: Manifests):
    m.append(copy.deepcopy(m.find("poddisruptionbudget/web")))
    m[-1]["metadata"]["name"] = "page"
    m[-1]["spec"]["selector"]["matchLabels"] = {"app": "web"}


def spread_of_others(m: Manifests):
    constraint = m.pod("deployment/web")["topologySpreadConstraints"][0]
    constraint["labelSelector"] = {"matchLabels": {"app.kubernetes.io/name": "gateway"}}


def spread_forgotten(m: Manifests):
    del m.pod("deployment/web")["topologySpreadConstraints"][1]


def port_that_is_none(m: Manifests):
    m.container("deployment/web")["ports"].append({"name": "odd", "containerPort": 65536})


def port_of_two_containers(m: Manifests):
    m.container("deployment/model-server", 1)["ports"].append({"name": "again", "containerPort": 8501})


def port_of_a_service_that_is_none(m: Manifests):
    m.spec("service/model-server")["ports"][0]["port"] = 0


def port_of_a_service_s_target(m: Manifests):
    m.spec("service/model-server")["ports"][0]["targetPort"] = "rest"


def port_of_a_policy(m: Manifests):
    m.spec("networkpolicy/web")["ingress"][0]["ports"][0]["port"] = 80


def policy_without_types(m: Manifests):
    del m.spec("networkpolicy/web")["policyTypes"]


def policy_of_the_wrong_type(m: Manifests):
    m.spec("networkpolicy/web")["policyTypes"] = ["Egress"]


def policy_for_everybody(m: Manifests):
    m.spec("networkpolicy/web")["podSelector"] = {}
    m.spec("networkpolicy/web")["ingress"] = [{}]


def policy_that_denies_too_little(m: Manifests):
    m.spec("networkpolicy/default-deny")["policyTypes"] = ["Ingress"]


def edge_with_one_end(m: Manifests):
    m.remove(m.find("networkpolicy/model-server-from-rollout"))


def reference_to_a_config(m: Manifests):
    m.remove(next(each for each in m if name_of(each).startswith("configmap/model-server-")))


def reference_to_a_secret(m: Manifests):
    m.container("deployment/web")["env"] = [
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "web"}}}
    ]


def reference_to_a_service(m: Manifests):
    m.spec("ingress/handtint")["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] = {"number": 8080}


def mount_without_a_volume(m: Manifests):
    m.container("deployment/web")["volumeMounts"].append({"name": "cache", "mountPath": "/cache"})


def mount_forgotten(m: Manifests):
    del m.container("deployment/gateway")["volumeMounts"][1]


def mount_without_a_limit(m: Manifests):
    del m.pod("deployment/web")["volumes"][0]["emptyDir"]["sizeLimit"]


def worker_count(m: Manifests):
    m.spec("job/training")["parallelism"] = 3


def worker_names(m: Manifests):
    m.remove(m.find("service/training-workers"))


def probe_forgotten(m: Manifests):
    del m.container("deployment/gateway")["readinessProbe"]


def probe_of_no_port(m: Manifests):
    m.container("deployment/gateway")["livenessProbe"]["httpGet"]["port"] = "https"


def probe_of_no_path(m: Manifests):
    m.container("deployment/gateway")["livenessProbe"]["httpGet"]["path"] = "/health"


def probe_of_grpc_at_no_port(m: Manifests):
    m.container("deployment/model-server", 1)["readinessProbe"]["grpc"]["port"] = 8512


def probe_that_restarts_who_is_busy(m: Manifests):
    container = m.container("deployment/gateway")
    container["livenessProbe"] = container["readinessProbe"]


def grace_too_short(m: Manifests):
    m.pod("deployment/gateway")["terminationGracePeriodSeconds"] = 40


def grace_without_a_drain(m: Manifests):
    del m.spec("deployment/web")["template"]["metadata"]["annotations"]["handtint.dev/drain-seconds"]


def grace_without_a_pause(m: Manifests):
    del m.container("deployment/model-server", 1)["lifecycle"]


def autoscaler_upside_down(m: Manifests):
    m.spec("horizontalpodautoscaler/gateway")["minReplicas"] = 11


def autoscaler_of_nothing(m: Manifests):
    m.spec("horizontalpodautoscaler/gateway")["scaleTargetRef"]["name"] = "door"


def autoscaler_against_an_apply(m: Manifests):
    m.spec("deployment/gateway")["replicas"] = 2


def autoscalers_of_one_deployment(m: Manifests):
    m.extend(
        Manifests(validate.read(K8S / "components/keda/scaled-object.yaml")),
    )
    m[-1]["metadata"]["namespace"] = "handtint"


def budget_that_says_two_things(m: Manifests):
    m.spec("poddisruptionbudget/web")["minAvailable"] = 1


def budget_that_says_nothing(m: Manifests):
    del m.spec("poddisruptionbudget/web")["maxUnavailable"]


def budget_that_holds_every_node(m: Manifests):
    m.spec("poddisruptionbudget/web")["maxUnavailable"] = 0


def budget_forgotten(m: Manifests):
    m.remove(m.find("poddisruptionbudget/web"))


def gpu_request(m: Manifests):
    m.container("deployment/model-server")["resources"]["requests"]["nvidia.com/gpu"] = "2"


def gpu_limit(m: Manifests):
    del m.container("deployment/model-server")["resources"]["limits"]["nvidia.com/gpu"]


def gpus_of_two_kinds(m: Manifests):
    resources = m.container("deployment/model-server")["resources"]
    for bound in ("requests", "limits"):
        resources[bound]["nvidia.com/mig-1g.10gb"] = "1"


def root(m: Manifests):
    del m.pod("deployment/web")["securityContext"]["runAsNonRoot"]


def seccomp(m: Manifests):
    m.pod("deployment/web")["securityContext"]["seccompProfile"]["type"] = "Unconfined"


def escalation(m: Manifests):
    m.container("deployment/web")["securityContext"]["allowPrivilegeEscalation"] = True


def root_file_system(m: Manifests):
    m.container("deployment/web")["securityContext"]["readOnlyRootFilesystem"] = False


def capabilities(m: Manifests):
    m.container("deployment/web")["securityContext"]["capabilities"] = {"drop": ["CHOWN"], "add": ["NET_RAW"]}


def limit(m: Manifests):
    del m.container("deployment/web")["resources"]["limits"]["memory"]


def image(m: Manifests):
    m.container("deployment/web")["image"] = "registry.example:5000/handtint-web"


def token(m: Manifests):
    del m.pod("deployment/web")["automountServiceAccountToken"]


def right_of_everything(m: Manifests):
    m.find("role/rollout")["rules"][0]["verbs"] = ["*"]


def right_without_a_name(m: Manifests):
    del m.find("role/rollout")["rules"][0]["resourceNames"]


def right_in_the_whole_cluster(m: Manifests):
    rules = [{"apiGroups": [""], "resources": ["nodes"], "resourceNames": ["one"], "verbs": ["get"]}]
    about = {"name": "rollout", "namespace": "handtint"}
    m.append({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": about, "rules": rules})


BROKEN = [
    (schema_of_a_field, "schema: deployment/web: spec.template.spec.containers.0.readinessProbe"),
    (schema_of_a_custom_kind, "schema: servicemonitor/gateway: spec.endpoints.0"),
    (schema_of_an_unknown_kind, "schema: unheard/of"),
    (namespace_forgotten, "namespaces: service/web: lies in the namespace None"),
    (selector_of_a_deployment, "selectors: deployment/web: its selector"),
    (selector_of_a_service, "selectors: service/gateway: its selector"),
    (selector_of_a_policy_s_peer, "selectors: networkpolicy/model-server: its selector"),
    (selector_of_a_budget, "selectors: poddisruptionbudget/page: its selector"),
    (spread_of_others, "spread: deployment/web: its spread counts the pods"),
    (spread_forgotten, "spread: deployment/web: is not spread over topology.kubernetes.io/zone"),
    (port_that_is_none, "ports: deployment/web: there is no port 65536"),
    (port_of_two_containers, "ports: deployment/model-server: 2 containers listen on port 8501"),
    (port_of_a_service_that_is_none, "ports: service/model-server: there is no port 0"),
    (port_of_a_service_s_target, "ports: service/model-server: target port rest"),
    (port_of_a_policy, "ports: networkpolicy/web: port 80"),
    (policy_without_types, "policies: networkpolicy/web: does not name its policyTypes"),
    (policy_of_the_wrong_type, "policies: networkpolicy/web: has rules for ingress"),
    (policy_for_everybody, "policies: networkpolicy/web: opens something for every pod"),
    (policy_that_denies_too_little, "policies: namespace/handtint: no policy denies"),
    (edge_with_one_end, "edges: networkpolicy/rollout: deployment/model-server does not let job/rollout in at 8510"),
    (reference_to_a_config, "references: deployment/model-server: there is no configmap/model-server-"),
    (reference_to_a_secret, "references: deployment/web: there is no secret/keys"),
    (reference_to_a_service, "references: ingress/handtint: there is no Service gateway with port 8080"),
    (mount_without_a_volume, "mounts: deployment/web: volume cache is not there"),
    (mount_forgotten, "mounts: deployment/gateway: volume keys is mounted nowhere"),
    (mount_without_a_limit, "mounts: deployment/web: tmp may fill the node's disk"),
    (worker_count, "workers: job/training: TF_CONFIG names"),
    (worker_names, "workers: job/training: there is no Service training-workers"),
    (probe_forgotten, "probes: deployment/gateway: gateway has no readinessProbe"),
    (probe_of_no_port, "probes: deployment/gateway: livenessProbe asks port https"),
    (probe_of_no_path, "probes: deployment/gateway: livenessProbe asks /health"),
    (probe_of_grpc_at_no_port, "probes: deployment/model-server: readinessProbe asks port 8512"),
    (probe_that_restarts_who_is_busy, "probes: deployment/gateway: gateway is restarted as soon as"),
    (grace_too_short, "grace: deployment/gateway: gateway waits 10 s and drains 30 s, of 40 s of grace"),
    (grace_without_a_drain, "grace: deployment/web: does not say its handtint.dev/drain-seconds"),
    (grace_without_a_pause, "grace: deployment/model-server: door is told to stop before"),
    (autoscaler_upside_down, "autoscalers: horizontalpodautoscaler/gateway: from 11 to 10 replicas"),
    (autoscaler_of_nothing, "autoscalers: horizontalpodautoscaler/gateway: there is no deployment/door"),
    (autoscaler_against_an_apply, "autoscalers: deployment/gateway: an apply would undo"),
    (autoscalers_of_one_deployment, "autoscalers: deployment/model-server: has 2 autoscalers"),
    (budget_that_says_two_things, "budgets: poddisruptionbudget/web: says minAvailable and maxUnavailable"),
    (budget_that_says_nothing, "budgets: poddisruptionbudget/web: says neither"),
    (budget_that_holds_every_node, "budgets: poddisruptionbudget/web: lets no node be drained"),
    (budget_forgotten, "budgets: deployment/web: has no disruption budget"),
    (gpu_request, "gpus: deployment/model-server: nvidia.com/gpu requests 2, but its limit is 1"),
    (gpu_limit, "gpus: deployment/model-server: nvidia.com/gpu requests 1, but its limit is None"),
    (gpus_of_two_kinds, "gpus: deployment/model-server: asks for nvidia.com/gpu and nvidia.com/mig-1g.10gb"),
    (root, "hardening: deployment/web: may run as root"),
    (seccomp, "hardening: deployment/web: has no seccomp profile"),
    (escalation, "hardening: deployment/web: web may gain privileges"),
    (root_file_system, "hardening: deployment/web: web can write its root file system"),
    (capabilities, "hardening: deployment/web: web keeps capabilities"),
    (limit, "hardening: deployment/web: web lacks a request or limit"),
    (image, "hardening: deployment/web: web has no exact image tag"),
    (token, "tokens: deployment/web: mounts a token of default, which has no rights"),
    (right_of_everything, "rights: role/rollout: has a wildcard"),
    (right_without_a_name, "rights: role/rollout: get, patch on any of configmaps"),
    (right_in_the_whole_cluster, "rights: clusterrole/rollout: reaches beyond the namespace"),
]


def test_nothing_is_wrong_before_it_is_broken(everything: Manifests):
    assert checks.problems(everything) == []


@pytest.mark.parametrize(("break_it", "expected"), BROKEN, ids=[broken.__name__ for broken, _ in BROKEN])
def test_a_broken_manifest_is_found(everything: Manifests, break_it: Callable[[Manifests], None], expected: str):
    broken = copy.deepcopy(everything)
    break_it(broken)
    (found,) = checks.problems(broken)
    assert found.startswith(expected)


def test_every_check_has_a_broken_manifest():
    assert {check.__name__ for check in checks.CHECKS} == {expected.partition(":")[0] for _, expected in BROKEN}
