//! A request and an answer of every operation, as a test was answered.

use serde_json::{Value, json};

use super::sides::for_each_operation;

/// Written by the test `examples`: operation → name, parameters, request, status, answer.
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
            if example["status"].as_u64().is_some_and(|status| status < 300) {
                show_parameters(operation, name, &example["parameters"]);
            }
            let answers = format!("/responses/{}/content", example["status"]);
            let contents = operation.pointer_mut(&answers).and_then(Value::as_object_mut);
            for content in contents.into_iter().flat_map(|contents| contents.values_mut()) {
                content["examples"][name] = json!({"value": example["answer"]});
            }
        }
    });
}

/// What stood in path and query, under the name of the whole example.
fn show_parameters(operation: &mut Value, example: &str, values: &Value) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let Some(value) = parameter["name"].as_str().and_then(|name| values[name].as_str()) else { continue };
        let is_number = parameter["schema"]["type"] == "integer" || parameter["schema"]["type"][0] == "integer";
        let number = value.parse::<u64>().ok().filter(|_| is_number);
        parameter["examples"][example] = json!({"value": number.map_or_else(|| json!(value), |number| json!(number))});
        // A parameter has one or the other.
        parameter.as_object_mut().expect("a parameter").remove("example");
    }
}
