//! The conformance suite of [`Storage`]: one named test for every promise of the trait, of its writes and of its
//! expectations. The rooms follow the nouns of the trait.

pub mod commit;
pub mod customer;
pub mod delivery;
pub mod event;
pub mod list;
pub mod message;
pub mod race;
mod scene;
pub mod search;
pub mod session;
pub mod staff;
pub mod task;

use std::sync::Arc;

use crate::storage::Storage;

/// What the factory given to [`storage_suite!`](crate::testing::storage_suite!) makes: a storage, alone or in a pair with
/// something that must live as long as it, such as a temporary folder.
pub trait StorageFixture {
    /// What is dropped after the test.
    type Guard: Send;

    /// The storage and its guard.
    fn into_parts(self) -> (Arc<dyn Storage>, Self::Guard);
}

impl<S: Storage> StorageFixture for S {
    type Guard = ();

    fn into_parts(self) -> (Arc<dyn Storage>, ()) {
        (Arc::new(self), ())
    }
}

impl<S: Storage, G: Send> StorageFixture for (S, G) {
    type Guard = G;

    fn into_parts(self) -> (Arc<dyn Storage>, G) {
        (Arc::new(self.0), self.1)
    }
}

/// Stamps the tests of the [`Storage`](crate::storage::Storage) trait into the module where it stands, one `#[tokio::test]`
/// for each promise.
///
/// It takes an async closure that makes an empty storage, or a pair of one and a guard (a temporary folder, a database
/// that is dropped with it). Every test makes its own. The crate that uses it needs `tokio` with the features `macros`
/// and `rt-multi-thread`: the tests of concurrency run on several threads.
///
/// ```
/// mod conformance {
///     use helpdesk_core::memory::MemoryStorage;
///
///     helpdesk_core::testing::storage_suite!(async || MemoryStorage::new());
/// }
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! storage_suite {
    ($factory:expr $(,)?) => {
        $crate::__storage_suite_tests! { $factory =>
            commit: a_refused_change_set_leaves_nothing_behind;
            commit: a_change_set_of_a_missing_row_leaves_nothing_behind;
            commit: the_same_cause_is_committed_once_and_gives_its_outcome;
            commit: the_outcome_of_a_cause_is_read_once_it_is_committed;
            commit: causes_of_different_scopes_do_not_collide;
            commit: a_duplicate_is_told_before_a_broken_expectation;
            commit: a_refused_change_set_does_not_use_up_its_cause;
            commit: writes_are_applied_in_their_order;
            commit: an_insert_of_what_exists_is_a_conflict;
            commit: an_update_of_what_does_not_exist_is_missing;
            commit: a_pruned_cause_is_taken_as_new;
            race: of_many_racers_on_one_revision_exactly_one_wins;
            race: the_same_cause_given_many_times_at_once_is_committed_once;
            race: of_many_openings_at_once_exactly_one_wins;
            race: of_many_claims_on_one_address_exactly_one_wins;
            race: of_many_first_admins_exactly_one_wins;
            race: of_many_accounts_with_one_login_exactly_one_wins;
            race: numbers_follow_the_order_of_commits;
            race: places_in_a_chat_follow_the_order_of_commits;
            race: a_reader_never_finds_an_event_below_one_it_has_seen;
            race: every_task_is_taken_by_one_worker_alone;
            customer: a_customer_is_read_back_with_their_addresses_oldest_first;
            customer: a_changed_customer_is_read_back;
            customer: an_address_belongs_to_one_customer;
            customer: a_handle_and_reachability_can_change;
            customer: a_moved_address_takes_sessions_deliveries_and_work_along;
            customer: a_move_onto_another_address_of_the_same_customer_merges_the_two;
            customer: a_move_onto_somebody_elses_address_is_refused;
            customer: a_move_of_an_address_onto_itself_changes_nothing;
            session: numbers_begin_at_one_and_follow_the_openings;
            session: every_field_of_a_session_is_read_back;
            session: every_state_is_read_back;
            session: times_are_read_back_to_the_microsecond;
            session: a_second_unclosed_session_is_refused;
            session: one_change_set_closes_the_old_session_and_opens_the_new;
            session: a_closed_session_cannot_be_reopened_beside_an_unclosed_one;
            session: an_unclosed_session_that_was_not_expected_is_a_conflict;
            session: an_old_revision_is_a_conflict;
            session: the_unclosed_and_the_latest_session_are_found;
            session: a_summary_counts_messages_and_shows_the_newest_that_is_no_note;
            session: a_summary_shortens_a_long_text;
            message: places_in_a_chat_begin_at_one_and_have_no_gaps;
            message: several_are_read_together_and_missing_ones_are_left_out;
            message: every_field_of_a_message_is_read_back;
            message: every_attachment_is_read_back;
            message: every_prompt_and_author_is_read_back;
            message: an_edit_keeps_the_earlier_texts;
            message: a_caption_is_no_edit;
            message: a_closed_prompt_stays_on_its_message;
            message: an_album_is_found_by_its_group;
            message: a_closed_album_takes_no_straggler;
            message: a_later_part_of_an_album_comes_last;
            message: an_attachment_count_that_has_changed_is_a_conflict;
            message: an_attachment_can_change_and_is_found_with_its_message;
            message: a_message_that_came_in_is_found_where_it_came_from;
            message: members_of_a_chat_are_kept_in_the_order_of_joining;
            delivery: every_status_is_read_back;
            delivery: a_delivery_that_has_moved_on_is_a_conflict;
            delivery: a_message_that_went_out_is_found_by_any_of_its_parts;
            list: messages_are_listed_in_both_orders;
            list: notes_are_listed_only_on_demand;
            list: pages_of_messages_do_not_move_when_new_ones_come_in;
            list: every_filter_of_sessions_lets_only_its_own_through;
            list: sessions_are_listed_newest_first_or_longest_waiting_first;
            list: pages_of_sessions_do_not_move_when_new_ones_come_in;
            list: staff_are_listed_by_name;
            list: a_cursor_that_no_list_has_given_is_refused;
            list: a_cursor_of_another_list_is_refused;
            list: a_page_is_never_empty_by_its_limit;
            staff: every_field_of_an_account_is_read_back;
            staff: a_login_is_taken_whatever_its_case;
            staff: an_account_is_found_by_its_login_in_any_case;
            staff: an_old_revision_of_an_account_is_a_conflict;
            staff: the_first_admin_is_made_only_where_there_is_no_account;
            staff: a_login_begins_and_ends;
            staff: all_logins_of_an_account_end_but_one;
            staff: ended_logins_are_pruned;
            event: events_are_read_in_order_from_any_place;
            event: the_position_of_a_commit_is_that_of_its_last_event;
            event: every_kind_of_event_is_read_back;
            event: the_range_tells_what_is_still_kept;
            event: a_position_is_never_used_again;
            task: a_due_task_is_taken_with_all_that_it_says;
            task: every_kind_of_task_is_read_back;
            task: a_task_is_not_taken_before_its_time;
            task: a_task_can_be_made_and_taken_in_one_change_set;
            task: a_lane_gives_its_tasks_one_at_a_time_in_their_order;
            task: a_task_that_waits_for_its_next_try_holds_its_lane_back_alone;
            task: no_more_tasks_are_taken_than_asked_for;
            task: a_lease_that_ran_out_is_taken_over;
            task: a_renewed_lease_is_held_longer;
            task: a_worker_who_slept_past_its_lease_is_refused;
            task: a_task_that_was_given_back_or_finished_is_held_by_nobody;
            task: only_counted_tries_count;
            task: the_next_task_that_falls_due_is_told;
            task: the_backlog_tells_what_waits;
            search: a_word_is_found_in_any_case;
            search: every_word_must_be_there;
            search: yo_and_ye_are_one_letter;
            search: a_number_is_found_whole_and_by_its_pieces;
            search: russian_inflections_are_found;
            search: english_inflections_are_found;
            search: a_transcript_is_found;
            search: an_edited_text_is_found_by_its_new_words_alone;
            search: a_late_caption_is_found;
            search: what_a_person_types_is_never_syntax;
            search: hits_come_newest_first_in_pages;
            search: hits_keep_to_their_filter;
        }
    };
}

/// One test for each line of [`storage_suite!`](crate::testing::storage_suite!).
#[macro_export]
#[doc(hidden)]
macro_rules! __storage_suite_tests {
    ($factory:expr => $($room:ident: $test:ident;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $test() {
            let made = ($factory)().await;
            let (storage, _guard) = $crate::testing::StorageFixture::into_parts(made);
            $crate::testing::storage_suite::$room::$test(storage).await;
        }
    )+};
}
