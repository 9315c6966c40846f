"""What the document can't say to the fuzzer: who asks, and which things there are."""

import json
import os
import random
import urllib.request

import schemathesis
from schemathesis.generation.meta import TestPhase

with open(os.environ["SCRIP_API_WORLD"]) as file:
    WORLD = json.load(file)
ROLE = os.environ["SCRIP_API_ROLE"]
# Of two cases one is about what there is, the other about whatever was made up.
KNOWN = 0.5


@schemathesis.auth(refresh_interval=240)
class Key:
    """The role's key; a shopper's token is good for ten minutes, so it is minted again in time."""

    def get(self, case, context):
        if ROLE != "shopper":
            return WORLD["keys"][ROLE]
        request = urllib.request.Request(os.environ["SCRIP_API_BASE"] + "/v1/shopper-tokens", method="POST")
        request.add_header("Authorization", f"Bearer {WORLD['keys']['storefront']}")
        with urllib.request.urlopen(request, b'{"account":"ana"}') as answer:
            return json.load(answer)["token"]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def map_case(context, case):
    """Names things that there are, in valid cases only: what was made invalid on purpose stays so."""
    if case.meta is not None and not case.meta.generation.mode.is_positive:
        protect(case)
        return case
    # By the case itself, so that the same seed asks the same.
    dice = random.Random(repr((case.method, case.path, case.path_parameters, case.query, case.body)))
    parameters = case.path_parameters or {}
    # What a step of a scenario made, the next one asks for: another name in its place would call what was made missing.
    is_linked = case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL
    for name, value in parameters.items():
        if isinstance(value, str):
            # Now and then the fuzzer calls a name valid in which it put U+FFFD; the pattern forbids it, and it is refused.
            parameters[name] = value.replace("%EF%BF%BD", "-").replace("\ufffd", "-")
        # In a path a code is named by its id; what is entered is in bodies.
        known_as = "code_id" if name == "code" else name
        if known_as in WORLD and not is_linked and dice.random() < KNOWN:
            parameters[name] = dice.choice(WORLD[known_as])
    case.body = known(case.body, dice)
    # Opaque: no made-up one is valid. Those in invalid cases are refused, and fuzz/ has targets of its own for them.
    for opaque in ("cursor", "after", "types"):
        (case.query or {}).pop(opaque, None)
        if isinstance(case.body, dict):
            case.body.pop(opaque, None)
    protect(case)
    return case


def known(value, dice, name=None):
    """The value with ids, sellers, codes and lines that there are in some places."""
    if isinstance(value, dict):
        return {key: known(member, dice, key) for key, member in value.items()}
    # To JSON Schema 97.0 is an integer; amounts and counts are written without a point.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        of = {"coupons": "coupon", "codes": "code", "accounts": "account"}.get(name, name)
        return [known(entry, dice, of) for entry in value]
    if isinstance(value, str) and name in WORLD and dice.random() < KNOWN:
        return dice.choice(WORLD[name])
    return value


def protect(case):
    """The fuzzer must not revoke its own key, nor fill the disk with codes."""
    parameters = case.path_parameters or {}
    if case.path.endswith("/revoke") and str(parameters.get("key", "")).startswith("key_"):
        parameters["key"] = WORLD["key"][len(str(parameters["key"])) % len(WORLD["key"])]
    if isinstance(case.body, dict) and isinstance(case.body.get("count"), int) and case.body["count"] > 1000:
        case.body["count"] = 1000 + case.body["count"] if case.body["count"] > 5_000_000 else 1000
