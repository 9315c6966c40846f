//! When a member of what is stored is left out: as long as it has the value that it is read as where it isn't there.

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the derive passes a reference")]
pub(crate) const fn is_false(member: &bool) -> bool {
    !*member
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the derive passes a reference")]
pub(crate) const fn is_none_yet(count: &u32) -> bool {
    *count == 0
}
