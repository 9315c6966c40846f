"""A server of the real binary with a small marketplace in it, so that not everything is unknown."""

import json
import os
import subprocess
import urllib.error
import urllib.request


class Server:
    """The binary on a free port of loopback; what it logs from warnings on goes into a file."""

    def __init__(self, binary, data, log):
        self.binary, self.data, self.log = binary, data, log

    def __enter__(self):
        command = [self.binary, "serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data", self.data]
        # It would warn of the fuzzer's own variables.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SCRIP_API_")}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log.open("w"), text=True, env=environment
        )
        said = self.process.stdout.readline()
        self.base = next(word for word in said.split() if word.startswith("http://"))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)

    def is_running(self):
        return self.process.poll() is None

    def key(self, *role):
        command = [self.binary, "keys", "create", "--data", self.data, "--role", *role]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def ask(self, key, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method)
        request.add_header("Authorization", f"Bearer {key}")
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise RuntimeError(f"{method} {path}: {refused.code} {refused.read().decode()}") from None


def seed(server):
    """Campaigns of the platform and two sellers, wallets, orders in every state, foreign things for each role."""
    keys = {
        "operator": server.key("operator"),
        "seller": server.key("seller", "--seller", "luma"),
        "storefront": server.key("storefront"),
    }
    operator, shop = keys["operator"], keys["storefront"]

    def campaign(issuer, publish=True, **more):
        terms = {
            "name": "Fuzzed",
            "issuer": issuer,
            "currency": "USD",
            "benefit": {"type": "amount_off", "amount": 500},
            "limits": {"budget": "unlimited", "per_individual": None},
            "validity": {"type": "after_claim", "days": 30},
        }
        made = server.ask(operator, "POST", "/v1/campaigns", terms | more)
        if publish:
            server.ask(operator, "POST", f"/v1/campaigns/{made['id']}/publish")
        return made["id"]

    luma, tako = ({"type": "seller", "seller": seller} for seller in ("luma", "tako"))
    percent = {"type": "percent_off", "percent_bp": 1500, "cap": 900}
    campaigns = [
        campaign({"type": "platform"}),
        campaign({"type": "platform"}, benefit=percent, stacking={"group": "extra", "exclusive": False}),
        campaign({"type": "platform"}, benefit={"type": "free_shipping"}),
        campaign(luma),
        campaign(tako),
        campaign({"type": "platform"}, publish=False),
        campaign(luma, publish=False),
    ]
    coupons = []
    for account in ("ana", "ben"):
        for one in campaigns[:5]:
            for _ in range(4):
                path = f"/v1/accounts/{account}/coupons"
                coupons.append(server.ask(shop, "POST", path, {"campaign": one})["id"])
    shared = {"kind": "shared", "code": "SAVE10"}
    code = server.ask(operator, "POST", f"/v1/campaigns/{campaigns[0]}/codes", shared)["id"]
    unique = {"kind": "unique", "count": 20}
    jobs = [
        server.ask(operator, "POST", f"/v1/campaigns/{one}/codes", unique)["id"] for one in (campaigns[0], campaigns[3])
    ]

    def line(seller, number):
        return {"id": f"l{number}", "seller": seller, "product": "lamp", "unit_price": 3000, "quantity": 2}

    both = {
        "currency": "USD",
        "lines": [line("luma", 1), line("tako", 2)],
        "shipping": [{"seller": "luma", "amount": 500}],
    }
    takos = {"currency": "USD", "lines": [line("tako", 1)]}
    orders = []
    for account in ("ana", "ben"):
        for order, cart, steps in (
            ("A-1", both, ()),
            ("A-2", both, ("pay",)),
            ("A-3", both, ("pay", "close")),
            ("A-4", takos, ("pay",)),
            ("A-5", takos, ("cancel",)),
        ):
            path = f"/v1/accounts/{account}/orders"
            server.ask(shop, "POST", path, {"id": order, "cart": cart})
            for step in steps:
                server.ask(shop, "POST", f"{path}/{order}/{step}", {})
            orders.append(order)
        path = f"/v1/accounts/{account}/orders/A-2/refunds"
        server.ask(shop, "POST", path, {"id": "r-1", "lines": [{"line": "l1", "quantity": 1}]})
    spare = [server.ask(operator, "POST", "/v1/keys", {"role": "storefront"})["id"] for _ in range(3)]
    return {
        "keys": keys,
        "account": ["ana", "ana", "ben"],
        "campaign": campaigns,
        "coupon": coupons,
        "order": sorted(set(orders)),
        "refund": ["r-1"],
        "job": jobs,
        "key": spare,
        "seller": ["luma", "tako"],
        "code": ["SAVE10"],
        "code_id": [code],
        "line": ["l1", "l2"],
    }
