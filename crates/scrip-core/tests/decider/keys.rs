//! API keys, and idempotency keys whose time is over.

use scrip_core::{
    api_key::{ApiKey, Role},
    command::{ChangeApiKey, Command, CreateApiKey, ForgetKeys, NoteApiKeyUse, RevokeApiKey, keys_kept_from},
    event::Event,
    id::{KeyId, Uid},
    idempotency::{Holder, RecentKeys},
    metadata::{Metadata, MetadataValue},
    name::MetadataKey,
    reason::Reason,
    slot::Slot,
    state::{Aggregate, Key},
    time::Timestamp,
};

use crate::{
    buckets::{OneOfEight, account_in, eight},
    build::at,
};

fn id() -> KeyId {
    KeyId::from_uid(Uid::from_bytes([4; 16]))
}

fn key(name: Option<&str>, expires_at: Option<Timestamp>) -> ApiKey {
    ApiKey {
        id: id(),
        role: Role::Operator,
        seller: None,
        secret_hash: [7; 32],
        created_at: at("2026-06-01T00:00:00Z"),
        revoked_at: None,
        name: name.map(str::to_owned),
        expires_at,
        last_used_at: None,
        metadata: Metadata::default(),
    }
}

fn home() -> OneOfEight {
    OneOfEight::new(id().uid().slot().bucket(eight()))
}

fn happens(side: &mut OneOfEight, command: impl Into<Command>) -> usize {
    side.run(command).expect("done").events.len()
}

#[test]
fn a_key_has_a_name_that_people_can_read_and_an_end_that_is_to_come() {
    let now = home().now;
    let micros = |micros: i64| Some(Timestamp::from_micros(now.micros() + micros));
    let long = |letters: usize| "é".repeat(letters);
    for (name, expires_at, pointer) in [
        (None, None, None),
        (Some("Till"), None, None),
        (Some(&*long(200)), None, None),
        (Some(&*long(201)), None, Some("/name")),
        (Some(""), None, Some("/name")),
        (Some(" "), None, Some("/name")),
        (Some("a\nb"), None, Some("/name")),
        (None, micros(1), None),
        (None, micros(0), Some("/expires_at")),
        (None, micros(-1), Some("/expires_at")),
    ] {
        let refused = home().run(CreateApiKey { key: key(name, expires_at) }).err();
        let given = refused.and_then(|refusal| refusal.errors[0].pointer.clone());
        assert_eq!(given.as_deref(), pointer, "{name:?} {expires_at:?}");
    }
}

#[test]
fn a_new_key_names_the_document_that_it_writes() {
    let command = Command::from(CreateApiKey { key: key(None, None) });
    assert_eq!(command.needs(&home().state(), home().now), [Key::ApiKey(id())]);
}

#[test]
fn a_key_is_changed_noted_and_revoked_where_it_lives() {
    let mut side = home();
    let now = side.now;
    let member = |text: &str| MetadataValue::new(text).expect("short");
    let changes = |text: &str| ChangeApiKey {
        key: id(),
        metadata: [(MetadataKey::new("shelf").expect("valid"), Some(member(text)))].into_iter().collect(),
    };
    let notes =
        |seconds: i64| NoteApiKeyUse { key: id(), at: Timestamp::from_micros(now.micros() + seconds * 1_000_000) };
    for command in [Command::from(changes("a")), notes(0).into(), RevokeApiKey { key: id() }.into()] {
        assert_eq!(side.run(command).unwrap_err().first(), &Reason::NotFound);
    }
    assert_eq!(happens(&mut side, CreateApiKey { key: key(None, None) }), 1);
    for (text, events) in [("a", 1), ("a", 0), ("b", 1)] {
        assert_eq!(happens(&mut side, changes(text)), events, "{text}");
    }
    for (seconds, events) in [(10, 1), (10, 0), (9, 0), (11, 1)] {
        assert_eq!(happens(&mut side, notes(seconds)), events, "{seconds}");
    }
    for events in [1, 0] {
        assert_eq!(happens(&mut side, RevokeApiKey { key: id() }), events);
    }
    let state = side.state();
    let known = state.api_key(id()).expect("it stays");
    assert_eq!(known.metadata.texts().collect::<Vec<_>>(), ["shelf", "b"]);
    assert_eq!(known.last_used_at, Some(notes(11).at));
    assert_eq!(known.revoked_at, Some(now));
}

#[test]
fn used_keys_are_let_go_of_on_the_day_after_the_next() {
    let mut side = home();
    let today = u32::try_from(side.now.day()).expect("after 1970");
    assert_eq!(keys_kept_from(side.now), today - 1);
    assert_eq!(keys_kept_from(Timestamp::from_micros(0)), 0);
    let holders = [Holder::Account(account_in(side.bucket)), Holder::Campaigns(Slot::within(side.bucket, eight(), 0))];
    let there = [(0, today), (0, today - 1), (0, today - 2), (1, today - 3)];
    for (holder, day) in there {
        let key = Key::RecentKeys(holders[holder].clone(), day);
        side.put(key, Aggregate::RecentKeys(RecentKeys::default()));
    }
    let asked = [(0, today), (0, today - 1), (0, today - 2), (1, today - 3), (1, today - 4)];
    let documents = asked.map(|(holder, day)| (holders[holder].clone(), day)).to_vec();
    let command = ForgetKeys { bucket: side.bucket, documents };
    let gone = [(0, today - 2), (1, today - 3)].map(|(holder, day)| (holders[holder].clone(), day)).to_vec();
    assert_eq!(side.run(command.clone()).unwrap().events, [Event::KeysForgotten { documents: gone }]);
    assert_eq!(happens(&mut side, command), 0, "told again");
    let state = side.state();
    let kept = |holder: usize, day| state.recent_keys(&holders[holder], day).is_some();
    assert_eq!(there.map(|(holder, day)| kept(holder, day)), [true, true, false, false]);
}
