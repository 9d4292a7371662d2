"""The benchmark's load tool really asks the server, and its page says what was measured."""

from __future__ import annotations

import grpc
import pytest

from serving.bench import k6, requests
from serving.bench.echo import echoing
from serving.bench.report import Results, page
from serving.bench.server_process import running
from serving.doors import messages

BATCHING = "max_batch_size { value: 4 }"


@pytest.mark.slow
def test_k6_asks_through_both_doors(tmp_path):
    requests.save_stand_in(tmp_path / "model" / "1")
    with running({"nothing": tmp_path / "model"}, BATCHING) as server:
        over_grpc = k6.run(k6.grpc_load(server.grpc_address, requests.chroma_request("nothing")), 2, 1)
        url = f"http://{server.rest_address}/v1/models/nothing:predict"
        over_rest = k6.run(k6.rest_load(url, requests.rest_body()), 2, 1)
        now, highest = server.memory_mb()
        with pytest.raises(k6.BenchError, match="No request of 1 clients was answered"):
            k6.run(k6.rest_load(url.replace("nothing", "nobody"), "{}"), 1, 1)
    for row in (over_grpc, over_rest):
        assert (row.clients, row.failed) == (2, 0)
        assert 0 < row.p50 <= row.p95 <= row.p99
        assert row.per_second > 0
    assert 0 < now <= highest


@pytest.mark.slow
def test_the_echo_answers_as_many_bytes_as_chroma():
    with echoing() as address, grpc.insecure_channel(address) as channel:
        answer = channel.unary_unary(messages.PREDICT)(requests.chroma_request("any").SerializeToString(), timeout=60)
        assert len(answer) == 256 * 256 * 4 * 4
        with pytest.raises(grpc.RpcError, match="not found"):
            channel.unary_unary("/another/Call")(b"", timeout=60)


def test_a_server_that_does_not_start_says_why(tmp_path):
    with pytest.raises(k6.BenchError, match="The server did not start"), running({"none": tmp_path / "x"}, "nonsense"):
        pass


def test_the_page_has_every_row_and_the_ratio():
    row = k6.Row(clients=16, p50=10.0, p95=20.0, p99=30.0, per_second=400.0, failed=0, tool_share=0.25)
    text = page(
        Results(
            machine="A machine.",
            date="2026-01-02",
            seconds=10,
            batching=BATCHING,
            grpc=[(row, 900.0)],
            rest=[(row, 950.0)],
            peak_mb=1000,
            bare={"rows_per_second": 50.0, "best_batch": 4, "chroma_ms": 21.0, "serving_default_ms": 30.0},
            direct_rows=46.0,
            direct_clients=16,
            direct_share=0.08,
            echo=0.75,
            overhead_grpc=1.25,
            overhead_rest=2.5,
        )
    )
    assert "against the bare `tf.function`'s best | 0.92 | at least 0.9 |" in text
    assert "that the clients leave | 1.00 | |" in text
    assert "median | 1.25 ms | under 2 ms |" in text
    assert "to a server that does nothing | 0.75 ms | |" in text
    assert "| 16 | 10.0 | 20.0 | 30.0 | 400.0 | 0 | 900 | 25% |" in text
    assert "| 16 | 10.0 | 20.0 | 30.0 | 400.0 | 0 | 950 | 25% |" in text
    assert BATCHING in text
