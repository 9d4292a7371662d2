"""Numbers from Prometheus.

share = Prometheus("http://prometheus:9090").number('min(handtint_gateway_split_share{label="canary"})')
"""

from __future__ import annotations

import math
from typing import Any

import httpx

from serving.rollout.errors import Unavailable


class Prometheus:
    """Its HTTP API, which others speak too: Thanos, Mimir, VictoriaMetrics.

    Args:
        url: where it is, without /api.
        seconds: to wait for an answer.
    """

    def __init__(self, url: str, seconds: float = 10.0):
        self._url = url.rstrip("/")
        self._client = httpx.Client(timeout=seconds)

    def number(self, query: str) -> float | None:
        """The one number that a query comes to now; None if there is none, or it is none (0/0).

        Raises:
            Unavailable: no answer, or one that says that something is wrong.
        """
        found = self._get("query", query=query)
        if not found:
            return None
        value = float(found[0]["value"][1])
        return None if math.isnan(value) else value

    def series(self, query: str, begin: float, end: float, step: float) -> dict[str, list[tuple[float, float]]]:
        """What a query came to over time, as (seconds since 1970, value), by the value of each series' only label.

        Raises:
            Unavailable: as `number`.
        """
        found = self._get("query_range", query=query, start=begin, end=end, step=step)
        return {
            next(iter(one["metric"].values()), ""): [(float(when), float(value)) for when, value in one["values"]]
            for one in found
        }

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _get(self, what: str, **parameters: Any) -> list[dict[str, Any]]:
        try:
            answer = self._client.get(f"{self._url}/api/v1/{what}", params=parameters)
            document = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(
                f"Prometheus at {self._url} does not answer: {error}.", "Correct --prometheus."
            ) from error
        except ValueError as error:
            raise Unavailable(
                f"{self._url} is no Prometheus: {answer.status_code}.", "Correct --prometheus."
            ) from error
        if document.get("status") != "success":
            raise Unavailable(f"Prometheus at {self._url} says: {document.get('error')}.", "Correct --prometheus.")
        return list(document["data"]["result"])
