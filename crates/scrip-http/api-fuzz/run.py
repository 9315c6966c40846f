#!/usr/bin/env python3
"""Asks a running server whatever its OpenAPI document allows and forbids, as each role.

    cargo build --release && python3 crates/scrip-http/api-fuzz/run.py

SCRIP_API_EXAMPLES   cases per operation and role (50)
SCRIP_API_SEED       what they are made from (1)
SCRIP_API_ROLES      which roles, with commas between (all)
SCRIP_BINARY         the server (target/release/scrip)

A failure is: a status 5xx, an answer that the document doesn't describe, a key that isn't asked for, a valid request refused
as malformed, an invalid one accepted, a panic in the log, a database that `scrip verify` finds wrong afterwards.
The fuzzer is schemathesis, pinned in requirements.txt and installed into a folder under target/.
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import world

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
EXAMPLES = int(os.environ.get("SCRIP_API_EXAMPLES", "50"))
SEED = os.environ.get("SCRIP_API_SEED", "1")
ROLES = os.environ.get("SCRIP_API_ROLES", "operator,seller,storefront,shopper").split(",")
BINARY = pathlib.Path(os.environ.get("SCRIP_BINARY", TARGET / "release" / "scrip"))
# A role whose answers don't end is a failure too.
SECONDS_MAX = 240 + 6 * EXAMPLES


def schemathesis() -> str:
    """Installs the pinned fuzzer once, by name, into a folder of the build."""
    wanted = (HERE / "requirements.txt").read_text()
    folder = TARGET / "api-fuzz"
    done = folder / "installed.txt"
    if not done.exists() or done.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", HERE / "requirements.txt"], check=True)
        done.write_text(wanted)
    return str(folder / "bin" / "schemathesis")


def fuzz(fuzzer: str, role: str) -> list[str]:
    """Everything that is wrong with what one role is answered."""
    wrong = []
    with tempfile.TemporaryDirectory(prefix="scrip-api-") as name:
        folder = pathlib.Path(name)
        with world.Server(BINARY, folder / "data", folder / "server.log") as server:
            seeded = world.seed(server)
            (folder / "world.json").write_text(json.dumps(seeded))
            environment = os.environ | {
                "SCRIP_API_WORLD": str(folder / "world.json"),
                "SCRIP_API_ROLE": role,
                "SCRIP_API_BASE": server.base,
                "SCHEMATHESIS_HOOKS": "hooks",
                "PYTHONPATH": str(HERE),
                "PYTHONDONTWRITEBYTECODE": "1",
                "NO_COLOR": "1",
            }
            command = [fuzzer, "--config-file", str(HERE / "schemathesis.toml"), "run", f"{server.base}/openapi.json"]
            command += ["--output-sanitize", "false", "--max-examples", str(EXAMPLES), "--seed", SEED, "--warnings", "off"]
            started = time.monotonic()
            try:
                run = subprocess.run(
                    command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX
                )
                output, code = run.stdout + run.stderr, run.returncode
            except subprocess.TimeoutExpired as slow:
                output, code = (slow.stdout or b"").decode(), f"not done after {SECONDS_MAX} s"
            seconds = time.monotonic() - started
            (TARGET / f"api-fuzz-{role}.txt").write_text(output)
            if code != 0:
                wrong.append(f"schemathesis as {role}: {code}, see target/api-fuzz-{role}.txt\n{output[-6000:]}")
            if not server.is_running():
                wrong.append(f"the server ended while {role} asked")
        log = (folder / "server.log").read_text()
        if log.strip():
            wrong.append(f"the server logged as {role} asked:\n{log[:3000]}")
        verified = subprocess.run([BINARY, "verify", "--data", folder / "data"], capture_output=True, text=True)
        if verified.returncode != 0:
            wrong.append(f"scrip verify after {role}:\n{verified.stdout[-3000:]}{verified.stderr[-3000:]}")
        counted = [line.strip() for line in output.splitlines() if "generated" in line or "found" in line]
        print(f"{role}: {'wrong' if wrong else 'as promised'} in {seconds:.0f} s; {' '.join(counted)}", flush=True)
    return wrong


def main() -> int:
    fuzzer = schemathesis()
    print(f"{EXAMPLES} examples per operation, seed {SEED}", flush=True)
    # The server waits for the disk and the fuzzer for the server: two roles at once fit on two cores.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        wrong = [one for role in pool.map(lambda role: fuzz(fuzzer, role), ROLES) for one in role]
    for one in wrong:
        print(f"\n{one}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
