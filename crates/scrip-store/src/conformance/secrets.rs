use super::fixture::{Hand, snapshot};
use crate::{
    Store, StoreError,
    secret::{Purpose, WrappedSecret},
};

fn secret(purpose: Purpose, number: u32, wrapped: &[u8]) -> WrappedSecret {
    WrappedSecret { purpose, number, wrapped: wrapped.to_vec() }
}

fn stored(store: &dyn Store) -> Vec<WrappedSecret> {
    snapshot(store).secrets().expect("reads")
}

pub fn secrets_are_replaced_whole_and_listed_by_purpose_and_number(store: &dyn Store) {
    assert_eq!(stored(store), []);
    let tokens = secret(Purpose::Tokens, 1, b"t1");
    let (codes, more) = (secret(Purpose::Codes, 1, b"c1"), secret(Purpose::Codes, 2, &[0, 255]));
    store.replace_secrets(&[], &[tokens.clone(), more.clone(), codes.clone()]).expect("there are none");
    let all = [codes.clone(), more, tokens];
    assert_eq!(stored(store), all);
    let anew = secret(Purpose::Codes, 1, b"wrapped anew");
    store.replace_secrets(&all, std::slice::from_ref(&anew)).expect("as they were read");
    assert_eq!(stored(store), [anew], "what isn't among the new ones is gone");
}

pub fn secrets_that_are_not_as_they_were_read_are_not_replaced(store: &dyn Store) {
    let (first, second) = (secret(Purpose::Chain, 1, b"first"), secret(Purpose::Chain, 1, b"second"));
    store.replace_secrets(&[], std::slice::from_ref(&first)).expect("there are none");
    for read in [vec![], vec![second.clone()], vec![first.clone(), second.clone()]] {
        let error = store.replace_secrets(&read, std::slice::from_ref(&second)).expect_err("not as they are");
        assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
        assert_eq!(stored(store), std::slice::from_ref(&first));
    }
    let error = store.replace_secrets(std::slice::from_ref(&first), &[second.clone(), second]).expect_err("one twice");
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    assert_eq!(stored(store), [first]);
}

pub fn secrets_are_replaced_while_a_writer_is_at_work(store: &dyn Store) {
    let mut hand = Hand::of(store);
    hand.commit(vec![], vec![]);
    let mut before = snapshot(store);
    let secrets = [secret(Purpose::Chain, 1, b"wrapped")];
    store.replace_secrets(&[], &secrets).expect("replaced");
    hand.commit(vec![], vec![]);
    assert_eq!(before.secrets().expect("reads"), [], "a snapshot stays as it was");
    drop(before);
    assert_eq!(stored(store), secrets);
}
