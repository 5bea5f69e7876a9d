"""A real Envoy on the configuration that the repository renders."""

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx

from gateway import openapi, render, settings

BIN = Path(sys.executable).parent
START_S = 30.0


class Envoy:
    """An Envoy process."""

    def __init__(self, gateway: settings.Gateway, folder: Path) -> None:
        self.gateway = gateway
        self._config, self._log = folder / "envoy.yaml", folder / "access.log"
        document = folder / "openapi.json"
        document.write_text(json.dumps(openapi.document()))
        self._config.write_text(render.render(gateway, document))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is found by HTTP."""
        return f"http://127.0.0.1:{self.gateway.port}"

    @property
    def address(self) -> str:
        """Where it is found by gRPC."""
        return f"127.0.0.1:{self.gateway.port}"

    def start(self) -> None:
        """Starts it and waits until every cluster has a healthy replica."""
        command = [str(BIN / "envoy"), "-c", str(self._config), "--use-dynamic-base-id", "--concurrency", "1"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--log-level", "warning", "--file-flush-interval-msec", "200"],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_S
        while not self._healthy():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, f"not healthy: {self._log.read_text()}"
            time.sleep(0.1)

    def _healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Stops it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def access(self, request_id: str, seconds: float = 10.0) -> dict[str, object]:
        """The line of the access log of a request; Envoy writes them in batches."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in self._log.read_text().splitlines():
                if line.startswith("{") and json.loads(line)["request_id"] == request_id:
                    return dict(json.loads(line))
            time.sleep(0.1)
        raise AssertionError(f"no line of the access log has {request_id}")

    def counter(self, name: str) -> int:
        """A counter of Envoy's own."""
        url = f"http://127.0.0.1:{self.gateway.admin_port}/stats?filter=^{name}$&format=json"
        stats = httpx.get(url, trust_env=False).json()["stats"]
        return sum(stat.get("value", 0) for stat in stats)
