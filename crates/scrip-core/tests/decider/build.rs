//! Short ways to write names, carts and terms.

use scrip_core::{
    campaign::Terms,
    cart::{Cart, Line, Shipping},
    code::{CodeText, EnteredCode, SecretNumber},
    id::CodeHash,
    money::{Amount, Currency},
    name::{AccountId, LineId, OrderId, ProductId, RefundName, SellerId, SourceName},
    time::Timestamp,
};
use serde_json::{Value, json};

macro_rules! names {
    ($($function:ident -> $type:ident;)*) => {
        $(pub fn $function(text: &str) -> $type { $type::new(text).expect("a valid name") })*
    };
}

names! {
    account -> AccountId;
    order_id -> OrderId;
    seller -> SellerId;
    line_id -> LineId;
    refund_name -> RefundName;
    source -> SourceName;
    product -> ProductId;
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a valid time")
}

pub fn amount(minor: i64) -> Amount {
    Amount::of(minor)
}

/// Terms of a platform campaign of 5.00 off, without limits; the members of `patch` replace whole members.
pub fn terms(patch: &Value) -> Terms {
    let mut document = json!({
        "name": "Test", "issuer": {"type": "platform"}, "currency": "USD",
        "benefit": {"type": "amount_off", "amount": 500},
        "validity": {"type": "fixed", "starts_at": "2026-01-01T00:00:00Z", "expires_at": "2027-01-01T00:00:00Z"},
        "limits": {"stock": null, "per_individual": null, "budget": "unlimited"},
    });
    for (name, value) in patch.as_object().expect("an object") {
        document[name] = value.clone();
    }
    serde_json::from_value(document).expect("valid terms")
}

pub fn by_seller(seller: &str) -> Value {
    json!({"type": "seller", "seller": seller})
}

/// A cart in words: `l1:a:1000*2 l2:b:500*1! +a:300` has two units of 10.00 of seller a in line l1, one on sale of 5.00 of
/// seller b in l2, and 3.00 for a's shipping.
pub fn cart(text: &str) -> Cart {
    cart_in("USD", text)
}

pub fn cart_in(currency: &str, text: &str) -> Cart {
    let mut lines = Vec::new();
    let mut shipping = Vec::new();
    for part in text.split_whitespace() {
        if let Some(entry) = part.strip_prefix('+') {
            let (name, minor) = entry.split_once(':').expect("seller:amount");
            shipping.push(Shipping { seller: seller(name), amount: amount(minor.parse().expect("an amount")) });
            continue;
        }
        let fields: Vec<&str> = part.split(':').collect();
        let (price, quantity) = fields[2].split_once('*').expect("price*quantity");
        lines.push(Line {
            id: line_id(fields[0]),
            seller: seller(fields[1]),
            product: product(&format!("p-{}", fields[0])),
            categories: Vec::new(),
            unit_price: amount(price.parse().expect("a price")),
            quantity: quantity.trim_end_matches('!').parse().expect("a quantity"),
            on_sale: quantity.ends_with('!'),
        });
    }
    let currency = Currency::from_code(currency).expect("listed");
    Cart::new(currency, lines, shipping).expect("a valid cart")
}

/// What the engine's keyed hash is to a code, for tests: its normalised text itself.
pub fn code(text: &str) -> EnteredCode {
    let text = CodeText::parse(text).expect("well-formed");
    let mut hash = [0; 16];
    for (place, byte) in text.as_str().bytes().enumerate() {
        hash[place % 16] ^= byte;
    }
    EnteredCode { hash: CodeHash::from_bytes(hash), secret: SecretNumber::FIRST, text }
}

/// Numbers that look random and are the same in every run (splitmix64).
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 to `limit` - 1.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { Some(&from[self.below(from.len())]) }
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for place in (1..list.len()).rev() {
            list.swap(place, self.below(place + 1));
        }
    }
}
