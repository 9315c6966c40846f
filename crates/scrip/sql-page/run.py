#!/usr/bin/env python3
"""Runs every query of docs/reference/sql.md on a backup of a small marketplace, in SQLite and in DuckDB.

    cargo build --release && python3 crates/scrip/sql-page/run.py

SCRIP_BINARY   the server (target/release/scrip)

A failure is: a query that one of them doesn't take, another answer in one than in the other, a figure that isn't what the orders
say, a table that DuckDB can't read through while the server writes to it. DuckDB and its SQLite reader come from the package index, pinned in requirements.txt, into a folder under target/.
"""

import itertools
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = pathlib.Path(os.environ.get("SCRIP_BINARY", TARGET / "release" / "scrip"))
PAGE = ROOT / "docs" / "reference" / "sql.md"
sys.path.append(str(ROOT / "crates" / "scrip-http" / "api-fuzz"))

import world  # noqa: E402  the small server of the API's fuzzer

# What runs in the environment with DuckDB: queries in, rows out, both as JSON.
IN_DUCKDB = """
import importlib.util, json, pathlib, shutil, sys
import duckdb
spec = importlib.util.find_spec("duckdb_extension_sqlite")
[packed] = pathlib.Path(spec.origin).parent.rglob("sqlite.duckdb_extension")
# DuckDB makes the name of what it calls in it from the file's.
reader = pathlib.Path(sys.argv[2]) / "sqlite_scanner.duckdb_extension"
shutil.copy(packed, reader)
books = duckdb.connect()
books.execute(f"LOAD '{reader}'")
books.execute(f"ATTACH '{sys.argv[1]}' AS books (TYPE sqlite, READ_ONLY)")
books.execute("USE books")
def rows(query):
    try:
        return [list(row) for row in books.execute(query).fetchall()]
    except duckdb.Error as error:
        return str(error)
print(json.dumps([rows(query) for query in json.load(sys.stdin)], default=str))
"""


def duckdb() -> str:
    """Installs it once, by name, into a folder of the build. Answers its Python."""
    wanted = (HERE / "requirements.txt").read_text()
    folder = TARGET / "sql-page"
    done = folder / "installed.txt"
    if not done.exists() or done.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", HERE / "requirements.txt"], check=True)
        done.write_text(wanted)
    return str(folder / "bin" / "python")


def seed(server: world.Server) -> str:
    """One campaign, and its coupons on orders of every kind. Answers the campaign."""
    operator, shop = server.key("operator"), server.key("storefront")
    terms = {
        "name": "Page",
        "issuer": {"type": "platform"},
        "currency": "USD",
        "benefit": {"type": "amount_off", "amount": 500},
        "limits": {"budget": "unlimited", "per_individual": None},
        "validity": {"type": "fixed", "starts_at": "2020-01-01T00:00:00Z", "expires_at": "2099-01-01T00:00:00Z"},
    }
    campaign = server.ask(operator, "POST", "/v1/campaigns", terms)["id"]
    server.ask(operator, "POST", f"/v1/campaigns/{campaign}/publish")
    line = {"id": "l", "seller": "luma", "product": "lamp", "unit_price": 3000, "quantity": 2}
    one = {"lines": [{"line": "l", "quantity": 1}], "id": "r"}
    for order, steps in (
        ("placed", ()),
        ("paid", (("pay", {}),)),
        ("closed", (("pay", {}), ("close", {}))),
        ("in-part", (("pay", {}), ("refunds", one))),
        ("refunded", (("pay", {}), ("refunds", {"id": "r", "all": True}))),
        ("cancelled", (("cancel", {}),)),
    ):
        account = f"/v1/accounts/{order}"
        coupon = server.ask(shop, "POST", f"{account}/coupons", {"campaign": campaign, "channel": "social"})["id"]
        body = {"id": order, "cart": {"currency": "USD", "lines": [line]}, "use": {"coupons": [coupon]}}
        server.ask(shop, "POST", f"{account}/orders", body)
        for step, what in steps:
            server.ask(shop, "POST", f"{account}/orders/{order}/{step}", what)
    return campaign


def while_it_writes(server, file, campaign) -> dict[str, int | str]:
    """How many rows of each table DuckDB counts, by going through them, in the file of a server that somebody claims from."""
    tables = re.findall(r"^\| `(\w+)` \| ", PAGE.read_text(), re.MULTILINE)
    shop, over = server.key("storefront"), threading.Event()

    def claim():
        for number in itertools.count():
            if over.is_set():
                return
            server.ask(shop, "POST", f"/v1/accounts/live-{number}/coupons", {"campaign": campaign})

    claiming = threading.Thread(target=claim)
    claiming.start()
    try:
        queries = [f"SELECT count(*) FROM (SELECT DISTINCT * FROM {table})" for table in tables]
        told = in_duckdb(file, queries)
    finally:
        over.set()
        claiming.join()
    return {table: rows if isinstance(rows, str) else rows[0][0] for table, rows in zip(tables, told, strict=True)}


def in_duckdb(file, queries) -> list:
    with tempfile.TemporaryDirectory(prefix="scrip-duckdb-") as reader:
        command = [duckdb(), "-c", IN_DUCKDB, file, reader]
        told = subprocess.run(command, input=json.dumps(queries), check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(told)


def main() -> int:
    queries = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    with tempfile.TemporaryDirectory(prefix="scrip-sql-") as name:
        folder = pathlib.Path(name)
        books = folder / "books.db"
        with world.Server(BINARY, folder / "data", folder / "server.log") as server:
            campaign = seed(server)
            # A list waits until the tables have what was answered.
            server.ask(server.key("operator"), "GET", "/v1/orders")
            subprocess.run([BINARY, "backup", "--data", folder / "data", "--to", books], check=True, capture_output=True)
            counted = while_it_writes(server, folder / "data" / "scrip.db", campaign)
        # 6 claimed; paid, closed and in-part are redeemed: 3 × 5.00, less 2.50 of the unit that was given back.
        expected = {
            "How far the tables are": [[0]],
            "What discounts cost whom": [[campaign, "Page", "USD", "funder:platform", 1250]],
            "Which channel's coupons are used": [[campaign, "social", "", 6, 3, 50.0, 1250]],
            "Which coupons ran out unused": [],
            "Whether the books balance": [],
        }
        sqlite = sqlite3.connect(f"file:{books}?mode=ro", uri=True)
        in_sqlite = [[list(row) for row in sqlite.execute(query).fetchall()] for query in queries]
        answers = in_duckdb(books, queries)
    titles = re.findall(r"^## (.*)$", PAGE.read_text(), re.MULTILINE)[-len(queries):]
    wrong = []
    for title, here, there in zip(titles, in_sqlite, answers, strict=True):
        if here != there:
            wrong.append(f"{title}: SQLite answers {here}, DuckDB {there}")
        if title in expected and here != expected[title]:
            wrong.append(f"{title}: {here}, not {expected[title]}")
    wrong += [f"while the server writes DuckDB says of {table}: {rows}" for table, rows in counted.items() if isinstance(rows, str)]
    if counted["coupon"] < 6 or counted["order_line"] < 3:
        wrong.append(f"while the server writes DuckDB finds too few rows: {counted}")
    missing = expected.keys() - set(titles)
    wrong += [f"the page has no query under {title!r} any more" for title in missing]
    print(f"sql page: {len(queries)} queries in SQLite {sqlite3.sqlite_version} and DuckDB, {len(counted)} tables while the server writes, {len(wrong)} wrong")
    print("\n".join(wrong))
    return 1 if wrong or not queries else 0


if __name__ == "__main__":
    sys.exit(main())
