use scrip_core::slot::Bucket;

use super::{MemoryStore, lock};
use crate::{
    StoreError,
    members::{Member, MemberId, Members},
};

impl Members for MemoryStore {
    fn join(&self, id: MemberId, followed: &[(Bucket, u64)]) -> Result<(), StoreError> {
        let mut members = lock(&self.members);
        if members.contains_key(&id) {
            return Err(StoreError::Conflict { what: "it is a member already".to_owned() });
        }
        members.insert(id, Member { id, renewal: 0, followed: followed.to_vec() });
        Ok(())
    }

    fn renew(&self, id: MemberId, followed: &[(Bucket, u64)]) -> Result<bool, StoreError> {
        let mut members = lock(&self.members);
        let Some(member) = members.get_mut(&id) else { return Ok(false) };
        member.renewal += 1;
        member.followed = followed.to_vec();
        Ok(true)
    }

    fn leave(&self, id: MemberId) -> Result<(), StoreError> {
        lock(&self.members).remove(&id);
        Ok(())
    }

    fn strike(&self, id: MemberId, renewal: u64) -> Result<bool, StoreError> {
        let mut members = lock(&self.members);
        let is_last = members.get(&id).is_some_and(|member| member.renewal == renewal);
        if is_last {
            members.remove(&id);
        }
        Ok(is_last)
    }

    fn all(&self) -> Result<Vec<Member>, StoreError> {
        Ok(lock(&self.members).values().cloned().collect())
    }
}
