use std::fmt;

use scrip_core::{
    cart::{Cart, Line, Shipping},
    code::{CODE_LIMIT, ENTRY_LIMIT},
    id::CouponId,
    money::Currency,
    reason::Refusal,
};
use scrip_desk::Use;
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr,
        schema::{AdditionalProperties, ArrayBuilder, OneOfBuilder, Schema, Type},
    },
};

/// What is in the cart. 1 to 500 lines.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Cart)]
pub struct CartDocument {
    pub currency: Currency,
    #[schema(min_items = 1, max_items = 500)]
    pub lines: Vec<Line>,
    /// At most one entry a seller, each with a line in the cart.
    #[serde(default)]
    pub shipping: Vec<Shipping>,
}

impl CartDocument {
    /// Errors: what [`Cart::new`] refuses; `invalid_field` for a currency that nobody pays with.
    pub fn checked(&self) -> Result<Cart, Refusal> {
        if let Some(limit) = self.currency.not_for_new_money() {
            return Err(Refusal::invalid("/cart/currency", limit));
        }
        Cart::new(self.currency, self.lines.clone(), self.shipping.clone())
    }
}

/// Which coupons to use: `"best"`, `"none"`, or `{"coupons": […]}`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UseDocument {
    #[default]
    Best,
    None,
    Coupons(Vec<CouponId>),
}

impl UseDocument {
    /// Errors: `invalid_field` for a coupon named twice, or more than 100.
    pub fn checked(&self) -> Result<Use, Refusal> {
        match self {
            Self::Best => Ok(Use::Best),
            Self::None => Ok(Use::Named(Vec::new())),
            Self::Coupons(coupons) => {
                if coupons.len() > 100 {
                    return Err(Refusal::invalid("/use/coupons", "at most 100 coupons"));
                }
                for (place, coupon) in coupons.iter().enumerate() {
                    if coupons[..place].contains(coupon) {
                        return Err(Refusal::invalid(format!("/use/coupons/{place}"), "each coupon once"));
                    }
                }
                Ok(Use::Named(coupons.clone()))
            }
        }
    }
}

impl<'de> Deserialize<'de> for UseDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = UseDocument;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"best\", \"none\" or {\"coupons\": [ids]}")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<UseDocument, E> {
                match word {
                    "best" => Ok(UseDocument::Best),
                    "none" => Ok(UseDocument::None),
                    _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
                }
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<UseDocument, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Named {
                    coupons: Vec<CouponId>,
                }
                let named = Named::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(UseDocument::Coupons(named.coupons))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl PartialSchema for UseDocument {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(
                ObjectBuilder::new()
                    .title(Some("UseWord"))
                    .schema_type(Type::String)
                    .enum_values(Some(["best", "none"])),
            )
            .item(
                ObjectBuilder::new()
                    .title(Some("NamedCoupons"))
                    .additional_properties(Some(AdditionalProperties::FreeForm(false)))
                    .property("coupons", ArrayBuilder::new().items(CouponId::schema()).max_items(Some(100)))
                    .required("coupons"),
            )
            .description(Some(
                "\"best\": the joint optimum over wallet and codes; {\"coupons\": […]}: exactly these; \"none\".",
            ))
            .into()
    }
}

impl ToSchema for UseDocument {
    fn name() -> std::borrow::Cow<'static, str> {
        "Use".into()
    }
}

/// A code as somebody types it, in documentation only.
pub struct EnteredCode;

impl PartialSchema for EnteredCode {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(80))
            .description(Some(ENTRY_LIMIT))
            .into()
    }
}

impl ToSchema for EnteredCode {
    fn name() -> std::borrow::Cow<'static, str> {
        "EnteredCode".into()
    }
}

/// A code that is to be, in documentation only.
pub struct NewCodeText;

impl PartialSchema for NewCodeText {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[ -]*([A-Za-z0-9][ -]*){3,40}$"))
            .max_length(Some(80))
            .description(Some(CODE_LIMIT))
            .into()
    }
}

impl ToSchema for NewCodeText {
    fn name() -> std::borrow::Cow<'static, str> {
        "NewCode".into()
    }
}
