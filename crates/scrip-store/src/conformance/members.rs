use super::fixture::last_bucket;
use crate::{
    Store, StoreError,
    members::{Member, MemberId},
};

const ANA: MemberId = MemberId::from_bytes([1; 16]);
const BEN: MemberId = MemberId::from_bytes([2; 16]);

pub fn members_join_are_renewed_and_leave(store: &dyn Store) {
    // One process alone serves from this backend.
    let Some(members) = store.members() else { return };
    let bucket = last_bucket(store);
    assert_eq!(members.all().expect("reads"), []);
    members.join(BEN, &[(bucket, 7)]).expect("joins");
    members.join(ANA, &[]).expect("joins");
    assert!(members.renew(ANA, &[(bucket, 9)]).expect("renews"));
    assert!(members.renew(ANA, &[(bucket, 10)]).expect("renews"));
    let ana = Member { id: ANA, renewal: 2, followed: vec![(bucket, 10)] };
    let ben = Member { id: BEN, renewal: 0, followed: vec![(bucket, 7)] };
    assert_eq!(members.all().expect("reads"), [ana.clone(), ben]);
    assert_eq!(ana.followed_in(bucket), 10);
    members.leave(BEN).expect("leaves");
    members.leave(BEN).expect("is gone already");
    assert_eq!(members.all().expect("reads"), [ana]);
}

pub fn a_member_joins_once(store: &dyn Store) {
    let Some(members) = store.members() else { return };
    members.join(ANA, &[]).expect("joins");
    members.renew(ANA, &[(last_bucket(store), 3)]).expect("renews");
    let before = members.all().expect("reads");
    let error = members.join(ANA, &[]).expect_err("is there");
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    assert_eq!(members.all().expect("reads"), before);
}

pub fn a_member_is_struck_off_as_it_was_seen_or_not_at_all(store: &dyn Store) {
    let Some(members) = store.members() else { return };
    members.join(ANA, &[]).expect("joins");
    assert!(members.renew(ANA, &[]).expect("renews"));
    assert!(!members.strike(ANA, 0).expect("answers"), "it was renewed since");
    assert!(!members.strike(BEN, 0).expect("answers"), "nobody");
    assert!(members.strike(ANA, 1).expect("answers"));
    assert!(!members.strike(ANA, 1).expect("answers"), "it is gone");
    assert!(!members.renew(ANA, &[]).expect("answers"), "and doesn't come back by being renewed");
    assert_eq!(members.all().expect("reads"), []);
}
