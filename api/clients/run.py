#!/usr/bin/env python3
"""Reads the committed document with other people's tools, and walks through the README with the clients that they make of it.

    cargo build --release && python3 api/clients/run.py

SCRIP_BINARY   the server (target/release/scrip)

Redocly and Spectral must say nothing; openapi-typescript with tsc, and openapi-python-client with mypy, both strict, must
compile the walks next to this file without an option or a cast; both walks must run against the real server. The tools are
pinned in package.json, package-lock.json and requirements.txt and installed into a folder under target/.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = pathlib.Path(os.environ.get("SCRIP_BINARY", TARGET / "release" / "scrip"))
DOCUMENT = ROOT / "api" / "openapi.v1.json"
FOLDER = TARGET / "api-clients"
# The server that the API's fuzzer starts, too.
sys.path.insert(0, str(ROOT / "crates" / "scrip-http" / "api-fuzz"))
sys.dont_write_bytecode = True

import world  # noqa: E402


def run(*command, **more) -> str:
    """Output and errors of a command that must end well."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    said = done.stdout + done.stderr
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(str(word) for word in command)}: {done.returncode}\n{said[-6000:]}")
    return said


def install() -> None:
    """Installs the pinned tools once."""
    wanted = "".join((HERE / name).read_text() for name in ("package.json", "package-lock.json", "requirements.txt"))
    done = FOLDER / "installed.txt"
    if done.exists() and done.read_text() == wanted:
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, FOLDER)
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=FOLDER)
    run(sys.executable, "-m", "venv", FOLDER / "python")
    pip = [FOLDER / "python" / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(*pip, "-r", HERE / "requirements.txt")
    done.write_text(wanted)


def tool(name: str) -> pathlib.Path:
    return FOLDER / "node_modules" / ".bin" / name


def lint() -> None:
    run(tool("redocly"), "lint", DOCUMENT, "--config", HERE / "redocly.yaml")
    run(tool("spectral"), "lint", DOCUMENT, "--ruleset", HERE / "spectral.yaml", "--fail-severity", "hint")
    print("redocly, spectral: nothing to say", flush=True)


def typescript() -> list:
    """Generates, compiles; gives the command that walks."""
    folder = FOLDER / "typescript"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("walk.ts", "tsconfig.json"):
        shutil.copy(HERE / name, folder)
    run(tool("openapi-typescript"), DOCUMENT, "-o", folder / "scrip.ts")
    run(tool("tsc"), "-p", folder)
    print("openapi-typescript, tsc --strict: the walk compiles", flush=True)
    return ["node", folder / "out" / "walk.js"]


def python() -> list:
    """The same for Python."""
    folder, bin = FOLDER / "python-client", FOLDER / "python" / "bin"
    shutil.rmtree(folder, ignore_errors=True)
    # Its formatter is ruff, found on the path.
    environment = os.environ | {"PATH": f"{bin}:{os.environ['PATH']}"}
    said = run(bin / "openapi-python-client", "generate", "--path", DOCUMENT, "--output-path", folder, env=environment)
    if "arning" in said:
        raise SystemExit(f"openapi-python-client:\n{said}")
    shutil.copy(HERE / "walk.py", folder)
    run(bin / "mypy", "--strict", "walk.py", cwd=folder, env=environment)
    print("openapi-python-client, mypy --strict: the walk compiles", flush=True)
    return [bin / "python", folder / "walk.py"]


def main() -> None:
    install()
    lint()
    walks = [typescript(), python()]
    with tempfile.TemporaryDirectory(prefix="scrip-clients-") as name:
        folder = pathlib.Path(name)
        with world.Server(BINARY, folder / "data", folder / "server.log") as server:
            environment = os.environ | {"SCRIP": server.base}
            environment |= {"OPERATOR": server.key("operator"), "SHOP": server.key("storefront")}
            for walk in walks:
                print(run(*walk, env=environment, timeout=120).strip(), flush=True)
        log = (folder / "server.log").read_text()
        if log.strip():
            raise SystemExit(f"the server logged:\n{log[:3000]}")


if __name__ == "__main__":
    main()
