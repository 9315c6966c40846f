//! Several processes that serve from one store.

use scrip_store::memory::MemoryStore;
use serde_json::json;

use crate::shop::{Shop, buckets, off};

#[test]
fn what_one_process_answers_as_changed_every_other_knows() {
    let store = MemoryStore::with_members(buckets());
    let [here, there] = [&store, &store.of_another_process()].map(|store| Shop::over(store.clone()));
    let made = here.post(&here.operator, "/v1/keys", &json!({"role": "operator"})).is(201);
    let (id, secret) = (made.text_at("/id").to_owned(), made.text_at("/secret").to_owned());
    let campaign = here.live(&off(300));
    let path = format!("/v1/campaigns/{campaign}");
    assert_eq!(there.get(&secret, &path).is(200)["/status"], "live");
    here.post(&here.operator, &format!("{path}/pause"), &json!({})).is(200);
    assert_eq!(there.get(&secret, &path).is(200)["/status"], "paused");
    here.post(&here.operator, &format!("/v1/keys/{id}/revoke"), &json!({})).is(200);
    there.get(&secret, &path).refused(401, "unauthenticated");
}

#[test]
fn a_process_that_others_wait_for_no_more_answers_nobody_and_says_that_it_isnt_ready() {
    let shop = Shop::over(MemoryStore::with_members(buckets()));
    shop.get(&shop.operator, "/v1/keys").is(200);
    shop.ask("GET", "/readyz").send().is(200);
    shop.engine.clone().stop();
    // Strangers too: who they are is in memory.
    let asks =
        ["/v1/keys", "/v1/campaigns"].into_iter().flat_map(|path| [&*shop.operator, "nobody"].map(|by| (path, by)));
    assert_eq!(shop.at_once(asks.map(|(path, by)| shop.ask("GET", path).by(by))), [503; 4]);
    let ready = shop.ask("GET", "/readyz").send().is(503);
    assert!(ready.text_at("/why").contains("without this one"), "{}", ready.text);
    shop.ask("GET", "/livez").send().is(200);
}
