"""Rules, scaling, analysis and dashboard ask for what is really there, parse, and say what they should."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from serving.model_server.monitoring import PATH
from tests.conftest import ROOT
from tests.k8s.queries import (
    COMPONENTS,
    OWN_METRICS,
    TARGET_LABELS,
    Query,
    all_queries,
    analysis_queries,
    dashboard,
    needs,
    rule_groups,
    rules,
    scaling_queries,
)
from tests.programs import find_program
from tests.serving.model_server.conftest import wait_until
from tests.serving.sample_pictures import GOOD

ALERT_TESTS = Path(__file__).parent / "alerts.test.yaml"
ON_CALL = ROOT / "docs/on-call.md"
QUERIES = list(all_queries())

Live = dict[str, dict[str, set[str]]]  # metric -> label -> values


def read_page(url: str) -> Live:
    found: Live = {}
    text = httpx.get(url, timeout=20).text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            # This parser, unlike Prometheus, gives every counter the ending that TensorFlow Serving's lack.
            name = sample.name if sample.name in text else sample.name.removesuffix("_total")
            labels = found.setdefault(name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


@pytest.fixture(scope="module")
def live(saved_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """What both commands tell after some pictures, with the base's own files for metrics and batching."""
    base = ROOT / "k8s/base/model-server"
    config = tmp_path_factory.mktemp("live") / "models.config"
    config.write_text(
        f"""model_config_list {{ config {{
            name: "photo" base_path: "{saved_model.parent}" model_platform: "tensorflow"
            version_labels {{ key: "stable" value: 1 }}
        }} }}"""
    )
    processes: list[subprocess.Popen[str]] = []

    def begin(module: str, *flags: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", module, "--host=127.0.0.1", *flags]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
        return processes[-1]

    try:
        server = begin(
            "serving.model_server.main",
            "--port=free",
            "--rest_api_port=free",
            f"--model_config_file={config}",
            "--allow_version_labels_for_unavailable_models",
            f"--monitoring_config_file={base / 'monitoring.config'}",
            "--enable_batching=true",
            f"--batching_parameters_file={base / 'batching.config'}",
        )
        grpc, rest = urls(server, 1)
        # `nobody` is a label that the server refuses, so that fallbacks are counted.
        gateway = begin(
            "serving.gateway.main",
            f"--server={grpc}",
            "--port=0",
            "--metrics-port=0",
            "--no-authentication",
            "--split=stable=50,nobody=50",
        )
        told = urls(gateway, 2)
        metrics = next(url for url in told if url.endswith("/metrics"))
        door = next(url for url in told if url != metrics)
        assert httpx.post(f"{door}/v1/colourise", content=b"x", timeout=60).status_code == 415

        def coloured() -> bool:
            assert httpx.post(f"{door}/v1/colourise", content=GOOD["grey.jpg"], timeout=60).status_code == 200
            page = read_page(metrics)
            labels = page["handtint_gateway_colourfulness_count"].get("label", set())
            return "stable" in labels and "handtint_gateway_split_fallbacks_total" in page

        wait_until(coloured, seconds=60)
        yield read_page(metrics) | read_page(f"{rest}{PATH}")
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def urls(process: subprocess.Popen[str], lines: int) -> list[str]:
    """The addresses in a command's first lines."""
    assert process.stdout
    return [url for _ in range(lines) for url in re.findall(r"(?:grpc|http)://[^\s,]+", process.stdout.readline())]


def missing(query: Query, live: Live) -> list[str]:
    """What a query asks for and nothing tells: metrics, labels, routes and the bounds of buckets."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    found = []
    for metric, labels in needs(query.text).items():
        if metric in OWN_METRICS:
            continue
        told = {"namespace": set()} if metric in recorded else live.get(metric)
        if told is None:
            found.append(f"{query.where}: there is no metric {metric}")
            continue
        found += [f"{query.where}: {metric} has no label {name}" for name in labels.keys() - told - TARGET_LABELS]
        for name in labels.keys() & {"le", "route"}:
            found += [
                f"{query.where}: {metric} has no {name}={value}" for value in labels[name] - told.get(name, set())
            ]
    return found


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.where)
def test_a_query_parses_and_asks_for_what_is_told(query: Query, live: Live) -> None:
    assert missing(query, live) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rate(handtint_gateway_request_total[5m])", "there is no metric handtint_gateway_request_total"),
        ("sum by (model) (handtint_gateway_split_total) > 0", "handtint_gateway_split_total has no label model"),
        (
            'up or handtint_gateway_requests_total{reason!="busy"}',
            "handtint_gateway_requests_total has no label reason",
        ),
        ('handtint_gateway_request_seconds_bucket{le="10"}', "handtint_gateway_request_seconds_bucket has no le=10"),
        ("histogram_quantile(0.9, sum by (le) (:tensorflow:serving:latency_bucket))", "no metric :tensorflow:serving:"),
    ],
)
def test_a_query_that_asks_for_nothing_is_told(text: str, sentence: str, live: Live) -> None:
    assert sentence in str(missing(Query("here", text), live))


def promtool(*arguments: object) -> str:
    command = [find_program("promtool"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_alert_fires_when_it_should_and_is_quiet_when_not(tmp_path: Path) -> None:
    shutil.copy(ALERT_TESTS, tmp_path)
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": rule_groups()}))
    promtool("check", "rules", tmp_path / "rules.yaml")
    promtool("test", "rules", tmp_path / ALERT_TESTS.name)


def test_each_alert_is_made_to_fire() -> None:
    tests = yaml.safe_load(ALERT_TESTS.read_text("utf-8"))["tests"]
    expected = [sample["labels"] for test in tests for e in test["promql_expr_test"] for sample in e["exp_samples"]]
    fired = set(re.findall(r'alertname="(\w+)"', " ".join(expected)))
    assert fired == {rule["alert"] for rule in rules() if "alert" in rule}


def test_each_alert_says_how_bad_it_is_and_has_its_row_for_who_is_on_call() -> None:
    rows = {}
    for line in ON_CALL.read_text("utf-8").splitlines():
        if found := re.match(r'\| <a id="(\w+)"></a>`(\w+)` \| (\w+) \| ([^|]{20,}) \| ([^|]{20,}) \|$', line):
            rows[found[2]] = (found[1], found[3])
    alerts = {rule["alert"]: rule for rule in rules() if "alert" in rule}
    assert rows == {name: (name.lower(), alert["labels"]["severity"]) for name, alert in alerts.items()}
    for name, alert in alerts.items():
        assert alert["annotations"]["runbook"] == f"docs/on-call.md#{name.lower()}"
        assert alert["annotations"]["summary"]


def check_value(query: str, series: dict[str, str], expected: float, tmp_path: Path, minutes: int = 10) -> None:
    """What a query answers after some minutes of these series, a value a minute; to two digits."""
    tests: dict[str, Any] = {
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {
                        "expr": f"round({query}, 0.01)",
                        "eval_time": f"{minutes}m",
                        "exp_samples": [{"labels": "{}", "value": expected}],
                    }
                ],
            }
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(tests))
    promtool("test", "rules", tmp_path / "test.yaml")


WAITING = ':tensorflow:serving:batching_session:queuing_latency_sum{namespace="%s",pod="%s"}'
UNDER_WAY = ':tensorflow:serving:request_latency_sum{namespace="%s",pod="%s"}'


@pytest.mark.parametrize(("trigger", "metric"), [("waiting", WAITING), ("under-way", UNDER_WAY)])
def test_what_scales_is_the_number_of_requests_in_that_state(trigger: str, metric: str, tmp_path: Path) -> None:
    # In each minute 6 x 60 s are spent waiting at one pod and 3 x 60 s at the other: 9 requests wait, at any moment.
    series = {metric % ("handtint", "a"): "0+360000000x20", metric % ("handtint", "b"): "0+180000000x20"}
    series[metric % ("staging", "a")] = "0+900000000x20"
    check_value(scaling_queries()[trigger].text, series, 9.0, tmp_path)


def server(metric: str, pod: str, **labels: str) -> str:
    return f":tensorflow:serving:{metric}" + str_labels(namespace="handtint", pod=f"model-server-{pod}-x1", **labels)


def gateway(metric: str, **labels: str) -> str:
    return f"handtint_gateway_{metric}" + str_labels(namespace="handtint", **labels)


def str_labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


OK, FAILS, NONSENSE = (
    {"model_name": "photo", "status": status} for status in ("OK", "UNAVAILABLE", "INVALID_ARGUMENT")
)
ANALYSIS: list[tuple[str, dict[str, str], float]] = [
    ("traffic", {server("request_count", "new", **OK): "0+120x20", server("request_count", "old", **OK): "0x20"}, 2.0),
    ("traffic", {server("request_count", "old", **OK): "0+120x20"}, 0.0),
    (
        "server-errors",
        {
            server("request_count", "new", **OK): "0+85x20",
            server("request_count", "new", **FAILS): "0+5x20",
            server("request_count", "new", **NONSENSE): "0+10x20",
            server("request_count", "old", **FAILS): "0+100x20",
        },
        0.05,
    ),
    ("server-errors", {server("request_count", "new", **OK): "0+85x20"}, 0.0),
    (
        "server-latency",
        {
            server("request_latency_sum", "new"): "0+900x20",
            server("request_latency_count", "new"): "0+10x20",
            server("request_latency_sum", "old"): "0+3000x20",
            server("request_latency_count", "old"): "0+100x20",
        },
        3.0,
    ),
    ("server-latency", {server("request_latency_sum", "new"): "0+9x20"}, 1.0),
    (
        "gateway-errors",
        {
            gateway("requests_total", route="/v1/colourise", status="200"): "0+90x20",
            gateway("requests_total", route="/v1/colourise", status="502"): "0+10x20",
        },
        0.1,
    ),
    ("gateway-errors", {}, 0.0),
    ("gateway-colourfulness", {gateway("colourfulness_sum", model="photo"): "0+20x20"}, 1.0),
]


@pytest.mark.parametrize(("name", "series", "expected"), ANALYSIS)
def test_the_analysis_of_a_canary(name: str, series: dict[str, str], expected: float, tmp_path: Path) -> None:
    check_value(analysis_queries(canary="new", stable="old")[name].text, series, expected, tmp_path)


def test_a_canary_that_paints_grey_lowers_the_colours_of_all(tmp_path: Path) -> None:
    # Thirty a picture, and grey from the second hour on for one picture in three.
    series = {
        gateway("colourfulness_sum", model="photo"): "0+300x100 30200+200x20",
        gateway("colourfulness_count", model="photo"): "0+10x120",
    }
    query = analysis_queries()["gateway-colourfulness"].text
    check_value(query, series, 0.67, tmp_path, minutes=107)


def test_prometheus_finds_both_by_the_names_that_the_rules_use() -> None:
    documents = list(yaml.safe_load_all((COMPONENTS / "monitoring/scrape.yaml").read_text("utf-8")))
    services = {d["metadata"]["name"]: d for d in documents if d["kind"] == "Service"}
    paths = {}
    for monitor in (d for d in documents if d["kind"] == "ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        (job,) = (name for name, service in services.items() if wanted <= service["metadata"]["labels"].items())
        (endpoint,) = monitor["spec"]["endpoints"]
        assert [port["name"] for port in services[job]["spec"]["ports"]] == [endpoint["port"]]
        paths[job] = endpoint["path"]  # the operator calls a Service's targets by the Service's name
    assert paths == {"gateway-metrics": "/metrics", "model-server-metrics": PATH}
    jobs = {value for query in QUERIES for value in needs(query.text).get("up", {}).get("job", set())}
    assert jobs == paths.keys()


def test_what_scales_and_decides_asks_for_the_base_s_own_namespace() -> None:
    namespace = yaml.safe_load((ROOT / "k8s/base/kustomization.yaml").read_text("utf-8"))["namespace"]
    for query in [*scaling_queries().values(), *analysis_queries().values()]:
        for metric, labels in needs(query.text).items():
            assert labels.get("namespace") == {namespace}, f"{query.where}: {metric}"


def test_the_dashboard_s_panels_have_numbers_and_places_of_their_own() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not places & cells
        assert at["x"] + at["w"] <= 24
        places |= cells
        assert panel["type"] == "row" or (panel["datasource"]["uid"] == "${datasource}" and panel["targets"])
