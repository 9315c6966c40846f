//! What generated code needs a name for: every object, alternative and entry of a list has one, and alternatives say by which
//! member they are told apart.

use serde_json::{Map, Value, json};

use super::schema::{SCHEMAS, each, pascal, reference, rename, schemas};

/// What is called otherwise than its type without `Document`: the plain word is the request's.
const NAMES: &[(&str, &str)] = &[
    ("FundingDocument", "FunderAmount"),
    ("LineDocument", "LineFigures"),
    ("SellerDocument", "SellerFigures"),
    ("ShareDocument", "LineShare"),
    ("UnitsDocument", "UnitShare"),
    ("SummaryDocument", "WalletSummary"),
    ("RefundLineDocument", "RefundedLine"),
    ("RefundAmountDocument", "RefundedAmount"),
    ("RefundCouponDocument", "RefundedCoupon"),
];

/// Names everything.
pub fn name_all(document: &mut Value) {
    rename_pages(document);
    hoist_alternatives(document);
    hoist_copies(document);
    lift_descriptions(document);
    drop_unused(document);
}

/// `ListDocument_Coupon` is a page of coupons; what only we call a document is called by what it is.
fn rename_pages(document: &mut Value) {
    let new_name = |name: &str| {
        if let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Some((*name).to_owned());
        }
        match name.strip_prefix("ListDocument_") {
            Some(of) => Some(format!("{}Page", of.strip_suffix("Document").unwrap_or(of))),
            None => name.strip_suffix("Document").map(str::to_owned),
        }
    };
    let all = std::mem::take(schemas(document));
    for (name, schema) in all {
        let name = new_name(&name).unwrap_or(name);
        let taken = schemas(document).insert(name.clone(), schema);
        assert!(taken.is_none(), "two schemas are called {name}: give one another name in NAMES");
    }
    rename(document, &new_name);
}

/// Each alternative gets a name: that of its tag and of the whole (`AmountOffBenefit`), or its title.
fn hoist_alternatives(document: &mut Value) {
    let mut made: Vec<(String, Value)> = Vec::new();
    for (name, schema) in schemas(document) {
        let Some(alternatives) = schema.get_mut("oneOf").and_then(Value::as_array_mut) else { continue };
        let mut mapping = Map::new();
        let mut tag = None;
        for alternative in alternatives.iter_mut() {
            if let Some((member, value)) = tag_of(alternative) {
                let (base, end) = name.strip_suffix("Request").map_or((name.as_str(), ""), |base| (base, "Request"));
                let own = format!("{}{base}{end}", pascal(&value));
                alternative["properties"][&member] = json!({"type": "string", "const": value});
                mapping.insert(value, json!(format!("{SCHEMAS}{own}")));
                tag = Some(member);
                made.push((own.clone(), std::mem::replace(alternative, reference(&own))));
            } else if let Some(title) = alternative.get("title").and_then(Value::as_str).map(str::to_owned) {
                let mut own = std::mem::replace(alternative, reference(&title));
                own.as_object_mut().expect("it has a title").remove("title");
                made.push((title, own));
            }
        }
        if let Some(tag) = tag {
            schema["discriminator"] = json!({"propertyName": tag, "mapping": mapping});
        }
    }
    for (name, schema) in made {
        let taken = schemas(document).insert(name.clone(), schema);
        assert!(taken.is_none(), "two schemas are called {name}");
    }
}

/// The member of one value that tells an alternative apart: `type` in `{"type": "platform"}`.
fn tag_of(alternative: &Value) -> Option<(String, String)> {
    alternative["properties"].as_object()?.iter().find_map(|(name, schema)| {
        match schema["enum"].as_array()?.as_slice() {
            [only] => Some((name.clone(), only.as_str()?.to_owned())),
            _ => None,
        }
    })
}

/// Objects that were written out in place are those that have a name already.
fn hoist_copies(document: &mut Value) {
    let known: Vec<(String, Value)> = schemas(document)
        .iter()
        .filter(|(_, schema)| schema["properties"].is_object())
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    let replace = |inner: &mut Value| {
        if inner["properties"].is_object()
            && let Some((name, _)) = known.iter().find(|(_, schema)| schema == inner)
        {
            *inner = reference(name);
        }
    };
    each(document, &mut |members| {
        if let Some(items) = members.get_mut("items") {
            replace(items);
        }
        for key in ["oneOf", "allOf"] {
            members.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().for_each(replace);
        }
    });
}

/// What is said of an alternative beside null is said of the whole.
fn lift_descriptions(document: &mut Value) {
    each(document, &mut |members| {
        let Some(alternatives) = members.get_mut("oneOf").and_then(Value::as_array_mut) else { return };
        let mut said = None;
        for alternative in alternatives.iter_mut().filter(|one| one["$ref"].is_string()) {
            said = alternative.as_object_mut().and_then(|one| one.remove("description")).or(said);
        }
        if let Some(said) = said {
            members.entry("description").or_insert(said);
        }
    });
}

/// Parts of what was put together from several are nothing by themselves.
pub fn drop_unused(document: &mut Value) {
    loop {
        let mut used = std::collections::HashSet::new();
        super::schema::references(document, &mut |name| {
            used.insert(name.to_owned());
        });
        let all = schemas(document);
        let before = all.len();
        all.retain(|name, _| used.contains(name));
        if all.len() == before {
            return;
        }
    }
}
