//! The behaviour every backend owes, run over all of them.

#![cfg(test)]

mod fixture;
mod index;
mod model;
mod service;
mod update;

use fixture::{Disk, Media, Ram};

macro_rules! over_all_backends {
    ($($module:ident::$case:ident,)*) => {
        mod memory {$(
            #[test]
            fn $case() {
                super::$module::$case(&<super::Ram as super::Media>::new());
            }
        )*}

        mod sqlite {$(
            #[test]
            fn $case() {
                super::$module::$case(&<super::Disk as super::Media>::new());
            }
        )*}
    };
}

over_all_backends! {
    update::written_record_is_read_back,
    update::aborted_update_changes_nothing,
    update::panic_in_a_closure_changes_nothing,
    update::closure_sees_its_own_writes,
    update::records_survive_a_restart,
    update::revision_rises_by_one_and_survives_a_restart,
    update::rewriting_the_same_record_is_no_change,
    update::hundred_rows_are_accepted_and_one_more_is_refused,
    update::change_set_of_over_a_megabyte_is_refused,
    update::closed_store_takes_no_updates,
    update::close_drains_the_queue,
    update::feed_names_the_touched_keys_in_order,
    update::slow_subscriber_is_told_that_it_lags,
    update::feed_ends_with_the_store,
    update::concurrent_updates_lose_nothing,
    update::old_view_does_not_change,
    index::pages_of_a_cluster_follow_each_other,
    index::task_definitions_are_listed_both_ways,
    service::services_are_found_by_cluster_and_by_what_they_run,
    service::the_newest_events_of_a_service_stay,
    service::tasks_of_a_service_are_counted_and_wait_to_be_settled,
    index::stopped_tasks_are_found_by_time_across_regions,
    index::task_to_send_is_indexed_until_it_runs,
    index::counts_follow_the_tasks,
    index::fargate_tasks_do_not_count_on_the_instance,
    index::derived_value_follows_and_is_rolled_back,
    index::addresses_are_those_of_the_tasks_that_are_not_over,
    index::nodes_for_fargate_alone_are_in_no_cluster,
    index::log_groups_are_listed_by_name_and_by_class,
    model::any_history_leaves_what_a_map_would,
}
