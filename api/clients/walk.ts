// The README's walk, and what a shop reads of a refusal, with the client that openapi-typescript and openapi-fetch make of
// the document: no option, no cast.
import createClient from "openapi-fetch";

import type { components, paths } from "./scrip";

type Problem = components["schemas"]["Problem"];

declare const process: { env: Record<string, string | undefined>; exitCode: number };

function env(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} isn't set`);
  return value;
}

function client(key: string) {
  return createClient<paths>({ baseUrl: env("SCRIP"), headers: { Authorization: `Bearer ${key}` } });
}

function same(what: string, is: unknown, wanted: unknown) {
  if (JSON.stringify(is) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: ${JSON.stringify(is)}, not ${JSON.stringify(wanted)}`);
  }
}

function good<T>(what: string, answer: { data?: T; error?: Problem; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${what}: ${answer.error?.status} ${answer.error?.code} ${answer.error?.detail}`);
  }
  return answer.data;
}

async function walk() {
  const operator = client(env("OPERATOR"));
  const shop = client(env("SHOP"));

  const draft = good("campaign", await operator.POST("/v1/campaigns", {
    body: {
      name: "Welcome 5.00",
      issuer: { type: "platform" },
      currency: "USD",
      benefit: { type: "amount_off", amount: 500 },
      minimum_spend: { amount: 2000 },
      validity: { type: "after_claim", days: 30, time_zone: "Europe/Madrid" },
      limits: { stock: 1000, budget: 500000 },
    },
  }));
  const campaign = draft.id;
  const path = { campaign };
  const got = await operator.GET("/v1/campaigns/{campaign}", { params: { path } });
  const etag = got.response.headers.get("ETag");
  if (etag === null) throw new Error("no ETag");
  const changed = good("change", await operator.PATCH("/v1/campaigns/{campaign}", {
    params: { path, header: { "If-Match": etag } },
    body: { limits: { stock: 2000 } },
  }));
  // What an answer always has can be read without asking whether it is there.
  same("stock", changed.limits.stock, 2000);
  same("per individual", changed.limits.per_individual, 1);
  if (changed.benefit.type === "amount_off") same("benefit", changed.benefit.amount, 500);
  else throw new Error("another benefit");
  good("publish", await operator.POST("/v1/campaigns/{campaign}/publish", { params: { path } }));

  const account = { account: "gid://shop/Customer/ts" };
  const coupon = good("collect", await shop.POST("/v1/accounts/{account}/coupons", {
    params: { path: account, header: { "Idempotency-Key": "ts-collects-1" } },
    body: { campaign },
  }));
  same("coupon", coupon.status, "valid");

  const cart: components["schemas"]["CartRequest"] = {
    currency: "USD",
    lines: [
      { id: "l1", seller: "luma", product: "lamp", unit_price: 3000, quantity: 2 },
      { id: "l2", seller: "tako", product: "teapot", unit_price: 4000, quantity: 1 },
    ],
  };
  const quote = good("quote", await shop.POST("/v1/accounts/{account}/quotes", {
    params: { path: account },
    body: { cart, use: { coupons: [coupon.id] } },
  }));
  same("total", quote.total, 9500);

  const small = { ...cart, lines: cart.lines.slice(1).map((line) => ({ ...line, unit_price: 1000 })) };
  const short = good("short", await shop.POST("/v1/accounts/{account}/quotes", { params: { path: account }, body: { cart: small } }));
  const reason = short.not_applied[0]?.reasons[0];
  same("reason", [reason?.code, reason?.missing], ["minimum_spend_not_met", 1001]);

  const changedQuote = await shop.POST("/v1/accounts/{account}/orders", {
    params: { path: account },
    body: { id: "A-1000", cart, use: "best", expect_discount: 400 },
  });
  // A refusal: its code is one of a list, its parameters and the new quote have types.
  const refused: Problem | undefined = changedQuote.error;
  same("quote_changed", [refused?.code, refused?.params.discount, refused?.quote?.total], ["quote_changed", 500, 9500]);

  const place = { ...account, order: "A-1001" };
  const order = good("order", await shop.POST("/v1/accounts/{account}/orders", {
    params: { path: account },
    body: { id: place.order, cart, expect_discount: 500 },
  }));
  same("order", [order.status, order.applied[0]?.shares.map((share) => share.amount)], ["placed", [300, 200]]);
  good("pay", await shop.POST("/v1/accounts/{account}/orders/{order}/pay", { params: { path: place } }));
  const summary = good("summary", await shop.GET("/v1/accounts/{account}/coupons/summary", { params: { path: account } }));
  same("inactive", summary.inactive, 1);
  const refund = good("refund", await shop.POST("/v1/accounts/{account}/orders/{order}/refunds", {
    params: { path: place },
    body: { id: "r-1", lines: [{ line: "l1", quantity: 1 }] },
  }));
  same("refund", [refund.amount, refund.order_refunded], [2850, "partial"]);

  const wrong = await shop.POST("/v1/accounts/{account}/quotes", {
    params: { path: account },
    body: { cart: { currency: "USD", lines: [{ id: "l1", seller: "", product: "p", unit_price: -1, quantity: 1 }] } },
  });
  same("mistakes", wrong.error?.errors.map((error) => error.pointer), ["/cart/lines/0/seller", "/cart/lines/0/unit_price"]);

  // A generic loop over a list, and one over the feed, end.
  let cursor: string | undefined;
  let coupons = 0;
  do {
    const page: components["schemas"]["CouponPage"] = good("coupons", await shop.GET("/v1/accounts/{account}/coupons", { params: { path: account, query: { limit: 1, cursor } } }));
    coupons += page.data.length;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  same("coupons", coupons, 1);
  let more = true;
  let events = 0;
  while (more) {
    const page: components["schemas"]["EventPage"] = good("events", await operator.GET("/v1/events", { params: { query: { cursor } } }));
    events += page.data.length;
    cursor = page.next_cursor;
    more = page.has_more;
  }
  if (events < 5) throw new Error(`${events} events`);

  // Amounts of currencies with many small units are above 32 bits.
  const rupiah = good("quote", await shop.POST("/v1/accounts/{account}/quotes", {
    params: { path: account },
    body: { cart: { currency: "IDR", lines: [{ id: "l1", seller: "luma", product: "car", unit_price: 450_000_000_000, quantity: 1 }] } },
  }));
  same("rupiah", rupiah.total, 450_000_000_000);
  console.log("typescript: the walk is as the README says");
}

walk().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
