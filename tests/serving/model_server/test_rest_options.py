"""What a server's options change at the REST door: CORS, metrics, a time limit; and bodies that are bombs."""

from __future__ import annotations

import gzip
import json
import threading
import tracemalloc
from pathlib import Path

import grpc
import pytest
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest

from .conftest import wait_until

PAGE = {"Origin": "https://example.org"}
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "POST, GET",
    "access-control-allow-headers": "Content-Type",
}
SCALE = "/v1/models/scale"


def cors_headers(answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


def test_cors_headers_stand_on_every_answer_of_the_api(serve, scales):
    doors = serve(scales[1].parent, rest_api_enable_cors_support=True)
    for answer in (
        doors.http.options(f"{SCALE}:predict", headers=PAGE),
        doors.http.options(f"{SCALE}:predict"),
        doors.http.get(SCALE),
        doors.http.get("/v1/models/nobody"),
        doors.post({"instances": [1.0]}),
    ):
        assert cors_headers(answer) == CORS
    assert cors_headers(doors.http.get("/elsewhere")) == {}


def test_cors_headers_need_their_flag(zoo):
    assert zoo.http.options("/v1/models/zoo:predict", headers=PAGE).status_code == 200
    assert cors_headers(zoo.http.get("/v1/models/zoo", headers=PAGE)) == {}


@pytest.mark.parametrize("origin", [None, "", "null", "ftp://example.org"])
def test_a_question_that_comes_from_no_page(zoo, origin):
    answer = zoo.http.options("/v1/models/zoo:predict", headers={"Origin": origin} if origin is not None else {})
    assert answer.status_code == 400
    assert answer.json() == {"error": "Origin header is missing in CORS preflight"}


def monitoring(tmp_path: Path, path: str = "") -> Path:
    file = tmp_path / "monitoring.config"
    file.write_text(f'prometheus_config {{ enable: true path: "{path}" }}')
    return file


def counted(page: str, name: str) -> dict[str, float]:
    """Labels -> value of the samples of one name."""
    samples = [line.removeprefix(name).rsplit(" ", 1) for line in page.splitlines() if line.startswith(name + "{")]
    return {labels: float(value) for labels, value in samples}


def test_every_request_is_counted_with_its_status(serve, scales, tmp_path):
    doors = serve(scales[1].parent, monitoring_config_file=monitoring(tmp_path))
    doors.post({"instances": [1.0]})
    doors.post({"instances": ["x"]})
    doors.post({"instances": [1.0]}, path="/v1/models/nobody:predict")
    doors.http.get(SCALE)
    doors.http.get("/v1/else")
    doors.predict(x=[1.0])
    doors.refused(doors.request())
    with pytest.raises(grpc.RpcError):
        doors.prediction.Classify(ClassificationRequest(model_spec=doors.request().model_spec), timeout=20)

    page = doors.http.get("/monitoring/prometheus/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    assert counted(page.text, ":tensorflow:serving:request_count") == {
        '{model_name="scale",status="OK"}': 3,
        '{model_name="scale",status="INVALID_ARGUMENT"}': 3,
        '{model_name="nobody",status="NOT_FOUND"}': 1,
        '{model_name="",status="INVALID_ARGUMENT"}': 1,
    }
    # Latency is of what succeeded; REST has the path's own word, and none for a look at the status.
    assert counted(page.text, ":tensorflow:serving:request_latency_count") == {
        '{model_name="scale",API="predict",entrypoint="REST"}': 1,
        '{model_name="scale",API="",entrypoint="REST"}': 1,
        '{model_name="scale",API="Predict",entrypoint="GRPC"}': 1,
    }


def test_the_metrics_path_can_be_chosen(serve, scales, tmp_path):
    doors = serve(scales[1].parent, monitoring_config_file=monitoring(tmp_path, "/what/happened"))
    assert doors.http.get("/what/happened").status_code == 200
    assert doors.http.get("/monitoring/prometheus/metrics").status_code == 404


def test_a_request_that_takes_too_long_is_given_up(serve, scales):
    doors = serve(scales[1].parent, rest_api_timeout_in_ms=500)
    answer = doors.post({"instances": [3.0]}, "slow")
    assert answer.status_code == 504
    assert answer.json() == {"error": "Timed out waiting for notification"}
    wait_until(lambda: doors.post({"instances": [0.0]}, "slow").status_code == 200)  # the late one uses the processor


def test_a_request_that_waits_too_long_for_a_thread_never_runs(serve, scales, tmp_path):
    config = monitoring(tmp_path)
    doors = serve(scales[1].parent, rest_api_timeout_in_ms=1500, rest_api_num_threads=2, monitoring_config_file=config)
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(doors.post({"instances": [4.0]}, "slow").status_code)

    def runs() -> float:
        page = doors.http.get("/monitoring/prometheus/metrics").text
        return sum(counted(page, ":tensorflow:serving:runtime_latency_count").values())

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert statuses == [504] * 4
    wait_until(lambda: runs() == 2)  # two had a thread each, and have ended late
    # The threads take work in the order in which it came: had the other two run, this one would come after them.
    assert doors.post({"instances": [0.0]}, "slow").status_code == 200
    assert runs() == 3


def test_without_a_limit_a_request_takes_its_time(serve, scales):
    doors = serve(scales[1].parent, rest_api_timeout_in_ms=0)
    assert doors.post({"instances": [0.3]}, "slow").status_code == 200


def test_a_gzip_bomb_is_given_up_at_100_megabytes(zoo):
    body = 200 * gzip.compress(bytes(10 * 2**20))  # a gigabyte or two, in 200 members
    assert len(body) < 4 * 2**20
    tracemalloc.start()
    try:
        answer = zoo.http.post("/v1/models/zoo:predict", content=body, headers={"Content-Encoding": "gzip"})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status_code == 400
    assert "inflates to more than 104857600 bytes" in answer.json()["error"]
    assert peak < 300 * 2**20  # the 100 MB in pieces and, once joined, again; and the body itself


def test_a_gzip_body_of_several_members_is_one_body(zoo):
    text = json.dumps({"instances": [1.0]}).encode()
    body = gzip.compress(text[:10]) + gzip.compress(text[10:])
    answer = zoo.http.post("/v1/models/zoo:predict", content=body, headers={"Content-Encoding": "gzip"})
    assert answer.json() == {"predictions": [2.5]}


def test_a_gzip_body_says_what_is_wrong_with_it(zoo):
    answer = zoo.http.post("/v1/models/zoo:predict", content=b"{}", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("The request says Content-Encoding: gzip, but its body is not whole gzip")
