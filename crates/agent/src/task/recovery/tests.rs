use std::time::{Duration, UNIX_EPOCH};

use berth_plan::node::{Outcome, Uptime};

use super::*;

fn ended(code: i32, out_of_memory: bool) -> Standing {
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    Standing::Ended(Ended { code, out_of_memory, started_at: at(1), ended_at: at(2), output_dropped: 0 })
}

fn phases() -> Vec<Phase> {
    let (at, started_at) = (Uptime(Duration::ZERO), Timestamp::from_millis(1000));
    vec![
        Phase::Waiting,
        Phase::Pulling,
        Phase::Pulled,
        Phase::Creating,
        Phase::Created,
        Phase::Starting,
        Phase::Running { since: at, started_at },
        Phase::Stopping { asked: at, killed: false, started_at },
    ]
}

#[test]
fn what_the_runtime_says_counts_whatever_the_record_says() {
    let started_at = UNIX_EPOCH + Duration::from_secs(1);
    for phase in phases() {
        let adopted = |standing| adopt(&phase, standing, true);
        let runs = Adoption::Runs { started_at: Timestamp::from_millis(1000) };
        assert_eq!(adopted(Standing::Running { pid: 7, started_at }), runs, "{phase:?}");
        assert_eq!(adopted(Standing::Unsettled), Adoption::Settle, "{phase:?}");
        let Adoption::Ended { code, reason, .. } = adopted(ended(3, false)) else { panic!("{phase:?}") };
        assert_eq!((code, reason), (Some(3), None));
        let Adoption::Ended { code, reason, .. } = adopted(Standing::Lost { why: "shot".to_owned() }) else {
            panic!("{phase:?}")
        };
        assert_eq!((code, reason.as_deref()), (None, Some("shot")));
    }
}

#[test]
fn what_never_ran_is_made_again_and_what_ran_and_is_gone_is_over() {
    for phase in phases() {
        let expected = if phase.started_at().is_some() { lost(VANISHED.to_owned()) } else { Adoption::Anew };
        assert_eq!(adopt(&phase, Standing::Absent, true), expected, "{phase:?}");
    }
    assert_eq!(adopt(&Phase::Starting, Standing::Created, true), Adoption::Anew);
}

#[test]
fn nothing_outlives_the_machine_but_an_end_that_was_written_down() {
    for phase in phases() {
        for standing in [Standing::Absent, Standing::Created, Standing::Unsettled] {
            assert_eq!(adopt(&phase, standing, false), lost(RESTARTED.to_owned()), "{phase:?}");
        }
        let Adoption::Ended { code, .. } = adopt(&phase, ended(0, false), false) else { panic!("{phase:?}") };
        assert_eq!(code, Some(0));
    }
}

#[test]
fn what_is_over_stays_over() {
    let over = Phase::Stopped(Outcome { code: Some(1), reason: None, started_at: None, ended_at: Timestamp::EPOCH });
    for standing in [Standing::Absent, ended(0, false), Standing::Unsettled] {
        assert_eq!(adopt(&over, standing, true), Adoption::Leave);
    }
}

#[test]
fn memory_is_the_reason_only_of_an_end_that_it_caused() {
    let reason = |standing| match adopt(&Phase::Starting, standing, true) {
        Adoption::Ended { reason, .. } => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(ended(137, true)).as_deref(), Some("OutOfMemoryError: Container killed due to memory usage"));
    assert_eq!(reason(ended(0, true)), None, "a child of it was killed, and it went on");
    assert_eq!(reason(ended(137, false)), None);
}
