//! A request and an answer of every operation, as a test was answered.

use serde_json::{Value, json};

use super::sides::for_each_operation;

/// Written by the test `examples`: operation → request, status, answer.
const EXAMPLES: &str = include_str!("examples.json");

/// Shows them.
pub fn show(document: &mut Value) {
    let examples: Value = serde_json::from_str(EXAMPLES).expect("written by a test");
    for_each_operation(document, &mut |operation| {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        for example in examples[&id].as_array().into_iter().flatten() {
            let name = example["name"].as_str().unwrap_or("example");
            // What is malformed on purpose is no request to copy.
            let is_one = example["status"] != 400 && !example["request"].is_null();
            if let Some(content) = operation.pointer_mut("/requestBody/content/application~1json")
                && is_one
            {
                content["examples"][name] = json!({"value": example["request"]});
            }
            let answers = format!("/responses/{}/content", example["status"]);
            let contents = operation.pointer_mut(&answers).and_then(Value::as_object_mut);
            for content in contents.into_iter().flat_map(|contents| contents.values_mut()) {
                content["examples"][name] = json!({"value": example["answer"]});
            }
        }
    });
}
