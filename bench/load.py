"""Runs the load client."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import workload
from servers import Server


CONNECTIONS = 64


class Client:
    """The load client: requests are signed before they are sent."""

    def __init__(self, programs: Path):
        self.program = str(programs / "loadgen")

    def load(
        self, server: Server, operation: str, bodies: list[dict], seconds: float | None = None, connections: int = CONNECTIONS
    ) -> dict:
        """Loads the server for a time, after a sixth of it as a warm-up, or sends each body once; returns the client's report."""
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.writelines(json.dumps(body, separators=(",", ":")) + "\n" for body in bodies)
            file.flush()
            command = [self.program, "load", "--address", server.address, "--bodies", file.name]
            command += ["--target", f"{workload.TARGET}.{operation}", "--connections", str(connections)]
            command += ["--threads", str(min(2, connections))]
            if seconds is not None:
                command += ["--seconds", str(seconds), "--warm-up", str(seconds / 6)]
            for pid in server.pids:
                command += ["--server-pid", str(pid)]
            done = subprocess.run(command, env={**os.environ, **server.environment}, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{operation} on {server.name}: {done.stderr.strip()}")
        return json.loads(done.stdout)
