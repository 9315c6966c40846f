//! The closed list of reasons: appended, never renamed, never reused.

use scrip_core::reason::Reason;

const COMMITTED: &str = include_str!("reasons.txt");

#[test]
fn the_committed_codes_are_all_there_in_their_order() {
    let codes: Vec<&str> = Reason::ALL.iter().map(|(code, _)| *code).collect();
    let committed: Vec<&str> = COMMITTED.lines().collect();
    assert_eq!(
        codes, committed,
        "a new code goes to the end of its group here and into tests/reasons.txt; none changes"
    );
}

#[test]
fn codes_are_unique_and_in_lower_snake_case() {
    for (place, (code, text)) in Reason::ALL.iter().enumerate() {
        assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code}");
        assert!(Reason::ALL[..place].iter().all(|(earlier, _)| earlier != code), "{code} twice");
        assert!(text.ends_with('.'), "{code}: {text}");
    }
}
