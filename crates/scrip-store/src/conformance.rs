//! What every backend must do, as a suite that its tests run. Nothing here waits for or looks at a clock.
//!
//! A property is a function of an empty store; [`conformance`] runs them all, each on a store of its own.

mod documents;
mod fixture;
mod journal;
mod lists;
mod members;
mod model;
mod rebuilds;
mod rows;
mod secrets;
mod sums;

pub use documents::*;
pub use journal::*;
pub use lists::*;
pub use members::*;
pub use model::*;
pub use rebuilds::*;
pub use rows::*;
pub use secrets::*;
pub use sums::*;

use crate::Store;

/// Runs every property.
///
/// # Panics
/// If the backend breaks one; the message begins with the property's name.
pub fn conformance(make: impl Fn() -> Box<dyn Store>) {
    for (name, property) in PROPERTIES {
        let store = make();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| property(&*store)));
        assert!(result.is_ok(), "{name}: the store doesn't conform; what it did is above");
    }
}

type Property = fn(&dyn Store);

macro_rules! properties {
    ($($name:ident,)*) => { &[$((stringify!($name), $name as Property)),*] };
}

/// Every property by its name.
pub const PROPERTIES: &[(&str, Property)] = properties! {
    an_empty_store_has_nothing,
    what_is_committed_is_loaded_with_the_version_of_its_batch,
    what_is_not_committed_never_was,
    a_version_that_was_not_read_changes_nothing,
    a_document_that_should_not_exist_changes_nothing,
    a_document_that_is_missing_changes_nothing,
    a_document_saved_twice_in_a_batch_changes_nothing,
    a_document_of_another_bucket_changes_nothing,
    a_deleted_document_is_gone_and_can_be_made_again,
    a_scan_answers_a_range_in_byte_order,
    documents_are_listed_by_kind_and_key,
    documents_are_put_right_all_or_none,
    a_snapshot_does_not_see_what_is_committed_after_it,
    a_bucket_has_one_writer,
    an_unknown_bucket_has_no_writer,
    frames_are_read_from_the_one_that_has_a_position,
    frames_are_stored_as_they_were_encoded,
    a_frame_that_does_not_continue_the_journal_changes_nothing,
    buckets_have_journals_of_their_own,
    sealed_frames_are_stored_with_their_seals,
    a_frame_without_a_seal_never_follows_a_sealed_one,
    secrets_are_replaced_whole_and_listed_by_purpose_and_number,
    secrets_that_are_not_as_they_were_read_are_not_replaced,
    secrets_are_replaced_while_a_writer_is_at_work,
    members_join_are_renewed_and_leave,
    a_member_joins_once,
    a_member_is_struck_off_as_it_was_seen_or_not_at_all,
    a_row_is_replaced_by_its_key,
    a_change_keeps_the_rest_of_its_row,
    a_follower_goes_on_from_where_it_is,
    rows_are_written_while_a_sequencer_is_at_work,
    a_voided_coupon_has_no_row,
    rows_come_in_pages_and_by_account,
    an_emptied_order_has_no_lines_and_transactions,
    rows_are_listed_table_by_table_and_by_key,
    a_row_that_contradicts_itself_changes_nothing,
    a_row_of_an_order_that_is_not_there_changes_nothing,
    a_ledger_entry_is_read_back_exactly,
    the_owner_of_a_coupon_is_found,
    orders_are_listed_newest_first_page_by_page,
    orders_are_filtered_by_account_seller_and_time,
    an_order_whose_hold_ran_out_is_listed_as_cancelled,
    ledger_entries_are_paged_by_position,
    codes_are_paged_in_the_order_of_the_journal,
    every_list_that_a_table_describes_is_read_page_by_page,
    distribution_counts_claims_redemptions_and_cost,
    sums_are_added_to_and_listed_by_key,
    a_sum_below_zero_changes_nothing,
    a_window_is_added_once,
    a_row_without_figures_is_not_there,
    what_followed_nothing_yet_has_nothing_to_rebuild,
    rebuilt_tables_take_the_place_of_those_that_are_shown_at_once,
    a_rebuild_goes_on_where_it_is,
    tables_of_a_newer_revision_are_left_alone,
    sums_are_rebuilt_beside_the_rows,
    a_random_history_reads_as_from_the_memory_store,
};
