"""The README's walk, and what a shop reads of a refusal, with the client that openapi-python-client makes of the document: no
option, no cast, no ignored type."""

import os
import sys
from typing import TypeVar

from scrip_client import AuthenticatedClient
from scrip_client.api.campaigns import change_campaign, create_campaign, get_campaign, publish_campaign
from scrip_client.api.events import list_events
from scrip_client.api.orders import pay_order, place_order
from scrip_client.api.quotes import quote_cart
from scrip_client.api.refunds import refund_order
from scrip_client.api.wallet import collect_coupon, list_coupons, summarize_coupons
from scrip_client.models import (
    AfterClaimValidityRequest,
    AmountOffBenefit,
    AmountOffBenefitRequest,
    CampaignPatch,
    CampaignRequest,
    CartRequest,
    ClaimRequest,
    LimitsPatch,
    LimitsRequest,
    LineRequest,
    MinimumSpendRequest,
    NamedCoupons,
    OrderRequest,
    PlatformIssuerRequest,
    Problem,
    QuoteRequest,
    ReasonCode,
    RefundLineRequest,
    RefundRequest,
)
from scrip_client.types import UNSET, Unset

T = TypeVar("T")


def client(key: str) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=os.environ["SCRIP"], token=os.environ[key])


def good(answer: T | Problem | None) -> T:
    """What was asked for, or an end with the reason."""
    if answer is None:
        raise SystemExit("an answer that the document doesn't have")
    if isinstance(answer, Problem):
        raise SystemExit(f"{answer.status} {answer.code}: {answer.detail}")
    return answer


def same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise SystemExit(f"{what}: {found!r}, not {wanted!r}")


def lines(price: int) -> list[LineRequest]:
    return [
        LineRequest(id="l1", seller="luma", product="lamp", unit_price=3000, quantity=2),
        LineRequest(id="l2", seller="tako", product="teapot", unit_price=price, quantity=1),
    ]


def main() -> None:
    operator, shop = client("OPERATOR"), client("SHOP")
    draft = good(
        create_campaign.sync(
            client=operator,
            body=CampaignRequest(
                name="Welcome 5.00",
                issuer=PlatformIssuerRequest(type_="platform"),
                currency="USD",
                benefit=AmountOffBenefitRequest(type_="amount_off", amount=500),
                minimum_spend=MinimumSpendRequest(amount=2000),
                validity=AfterClaimValidityRequest(type_="after_claim", days=30, time_zone="Europe/Madrid"),
                limits=LimitsRequest(stock=1000, budget=500000),
            ),
        )
    )
    read = get_campaign.sync_detailed(draft.id, client=operator)
    changed = good(
        change_campaign.sync(
            draft.id,
            client=operator,
            body=CampaignPatch(limits=LimitsPatch(stock=2000)),
            if_match=read.headers["ETag"],
        )
    )
    same("stock", (changed.limits.stock, changed.limits.per_individual), (2000, 1))
    assert isinstance(changed.benefit, AmountOffBenefit)
    same("benefit", changed.benefit.amount, 500)
    good(publish_campaign.sync(draft.id, client=operator))

    account = "gid://shop/Customer/py"
    coupon = good(
        collect_coupon.sync(
            account, client=shop, body=ClaimRequest(campaign=draft.id), idempotency_key="py-collects-1"
        )
    )
    same("coupon", coupon.status.value, "valid")
    cart = CartRequest(currency="USD", lines=lines(4000))
    quote = good(
        quote_cart.sync(account, client=shop, body=QuoteRequest(cart=cart, use=NamedCoupons(coupons=[coupon.id])))
    )
    same("total", quote.total, 9500)
    small = CartRequest(currency="USD", lines=lines(1000)[1:])
    short = good(quote_cart.sync(account, client=shop, body=QuoteRequest(cart=small)))
    reason = short.not_applied[0].reasons[0]
    same("reason", (reason.code, reason.missing), (ReasonCode.MINIMUM_SPEND_NOT_MET, 1001))

    refused = place_order.sync(account, client=shop, body=OrderRequest(id="A-1000", cart=cart, expect_discount=400))
    assert isinstance(refused, Problem) and not isinstance(refused.quote, Unset)
    same("quote_changed", (refused.code, refused.params.discount), (ReasonCode.QUOTE_CHANGED, 500))
    same("the new quote", refused.quote.total, 9500)

    order = good(
        place_order.sync(account, client=shop, body=OrderRequest(id="A-1001", cart=cart, expect_discount=500))
    )
    same("order", [share.amount for share in order.applied[0].shares], [300, 200])
    good(pay_order.sync(account, order.id, client=shop))
    same("inactive", good(summarize_coupons.sync(account, client=shop)).inactive, 1)
    body = RefundRequest(id="r-1", lines=[RefundLineRequest(line="l1", quantity=1)])
    refund = good(refund_order.sync(account, order.id, client=shop, body=body))
    same("refund", (refund.amount, refund.order_refunded.value), (2850, "partial"))

    bad = CartRequest(currency="USD", lines=[LineRequest(id="l1", seller="", product="p", unit_price=-1, quantity=1)])
    answer = quote_cart.sync(account, client=shop, body=QuoteRequest(cart=bad))
    assert isinstance(answer, Problem)
    same("mistakes", [error.pointer for error in answer.errors], ["/cart/lines/0/seller", "/cart/lines/0/unit_price"])

    count, cursor = 0, None
    while True:
        page = good(list_coupons.sync(account, client=shop, limit=1, cursor=cursor or UNSET))
        count, cursor = count + len(page.data), page.next_cursor
        if cursor is None:
            break
    same("coupons", count, 1)
    count, more, since = 0, True, ""
    while more:
        feed = good(list_events.sync(client=operator, cursor=since or UNSET))
        count, more, since = count + len(feed.data), feed.has_more, feed.next_cursor
    assert count >= 5

    car = [LineRequest(id="l1", seller="luma", product="car", unit_price=450_000_000_000, quantity=1)]
    dear = good(quote_cart.sync(account, client=shop, body=QuoteRequest(cart=CartRequest(currency="IDR", lines=car))))
    same("rupiah", dear.total, 450_000_000_000)
    print("python: the walk is as the README says", file=sys.stderr)


main()
