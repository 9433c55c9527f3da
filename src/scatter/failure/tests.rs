//! What is said of a query that did not end in a reply, in every phase: no word of a write is said of a read, nor of what
//! was never sent.

use std::collections::HashMap;

use super::*;
use crate::dial::{Dial, Names};

const LATE: Duration = Duration::from_millis(300);

fn channel() -> QueryChannel {
    let dial = Dial { tls: None, insecure: true, token: Default::default(), names: Names::LIBRARY };
    QueryChannel::new(0, "db:1".to_owned(), dial, HashMap::new(), Default::default()).unwrap()
}

/// A server's failure of a statement that was to stop; `doubt`: what the server says became of it.
fn in_doubt(stopping_for: Reason, only_read: Option<bool>) -> Failure {
    let cause = "the cause".to_owned();
    let message = match only_read {
        Some(true) => format!("{cause}; the statement only reads"),
        _ => format!("{cause}; whether it took effect is not known"),
    };
    Failure {
        reason: Reason::OutcomeUnknown.into(),
        stopping_for: stopping_for.into(),
        message,
        cause,
        only_read,
        ..Failure::default()
    }
}

fn said(failed: FailedAttempt) -> String {
    format!("{}: {}", failed.error.code(), failed.error)
}

#[test]
fn what_is_said_of_a_statement_that_the_server_has_not_spoken_of_is_what_is_known() {
    let channel = channel();
    let table = [
        (Effect::Nothing, Interrupt::Deadline, "TIMEOUT: the query did not finish within 300 ms; it only reads"),
        (Effect::Nothing, Interrupt::Cancelled, "CANCELLED: the query was cancelled; it only reads"),
        (
            Effect::Nothing,
            Interrupt::Closed,
            "CLIENT_CLOSED: the client is closed, and the query with it: it only reads; call InitializeReplication again \
             before querying",
        ),
        (
            Effect::RolledBack,
            Interrupt::Deadline,
            "TIMEOUT: the query did not finish within 300 ms; its transaction is rolled back",
        ),
        (
            Effect::RolledBack,
            Interrupt::Cancelled,
            "CANCELLED: the query was cancelled; its transaction is rolled back",
        ),
        (
            Effect::RolledBack,
            Interrupt::Closed,
            "CLIENT_CLOSED: the client is closed, and the query with it: its transaction is rolled back; call \
             InitializeReplication again before querying",
        ),
        (
            Effect::NothingOfLate,
            Interrupt::Cancelled,
            "OUTCOME_UNKNOWN: query server db:1 (shard 0): the query was cancelled, but the server does not say what \
             became of it; such a query only read when the server last looked; whether it still did is not known",
        ),
        (
            Effect::Anything,
            Interrupt::Deadline,
            "OUTCOME_UNKNOWN: query server db:1 (shard 0): the query did not finish within 300 ms, but the server does \
             not say what became of it; whether it took effect is not known",
        ),
    ];
    for (effect, interrupt, expected) in table {
        assert_eq!(said(FailedAttempt::given_up(&channel, interrupt, LATE, effect)), expected);
    }
}

#[test]
fn a_limit_of_the_servers_own_is_not_told_as_the_callers() {
    let channel = channel();
    let message = "the query did not finish within 100 ms (--max-statement-time); it was stopped";
    let stopped = Failure {
        reason: Reason::Timeout.into(),
        server_limit_ms: 100,
        message: message.to_owned(),
        ..Failure::default()
    };
    let failed = FailedAttempt::refused(&channel, stopped, None, LATE, |_| unreachable!());
    assert_eq!(said(failed), format!("TIMEOUT: query server db:1 (shard 0): {message}"));
    let doubt = Failure { server_limit_ms: 100, ..in_doubt(Reason::Timeout, None) };
    let read = FailedAttempt::refused(&channel, doubt.clone(), None, LATE, |_| true);
    assert_eq!(read.error.context()["timeout"], 100);
    assert_eq!(said(read), "TIMEOUT: query server db:1 (shard 0): the cause; the statement only reads");
    let write = said(FailedAttempt::refused(&channel, doubt, None, LATE, |_| false));
    assert!(write.starts_with("OUTCOME_UNKNOWN: query server db:1 (shard 0): the cause; "), "{write}");
}

#[test]
fn no_word_of_a_write_is_said_of_a_read_or_of_what_was_never_sent() {
    let channel = channel();
    let words = ["took effect", "take effect", "in doubt"];
    let quiet = |sentence: String| {
        assert!(!sentence.starts_with("OUTCOME_UNKNOWN"), "{sentence}");
        assert!(!words.iter().any(|word| sentence.contains(word)), "{sentence}");
    };
    let never_sent = [
        FailedAttempt::never_ran(&channel, "it is going down".to_owned()),
        FailedAttempt::at_start(unavailable(&channel, "it refuses connections".to_owned())),
        FailedAttempt::final_error(Interrupt::Deadline.error(LATE, Fate::NotRun)),
        FailedAttempt::final_error(Interrupt::Cancelled.error(LATE, Fate::NotRun)),
        FailedAttempt::final_error(Interrupt::Closed.error(LATE, Fate::NotRun)),
    ];
    never_sent.into_iter().map(said).for_each(quiet);
    let stops = [Reason::Timeout, Reason::Cancelled, Reason::Stalled, Reason::Invalid, Reason::Overloaded];
    for stop in stops {
        // The server refuses what it has not run, and what it has stopped.
        for never_ran in [true, false] {
            let failure =
                Failure { reason: stop.into(), never_ran, message: "the cause".to_owned(), ..Failure::default() };
            quiet(said(FailedAttempt::refused(&channel, failure, None, LATE, |_| unreachable!())));
        }
        // It could not stop a read in time: proven to be one by the server, or called one by its caller.
        for only_read in [Some(true), Some(false), None] {
            quiet(said(FailedAttempt::refused(&channel, in_doubt(stop, only_read), None, LATE, |_| true)));
        }
        let write = said(FailedAttempt::refused(&channel, in_doubt(stop, Some(false)), None, LATE, |_| false));
        assert!(
            write.starts_with("OUTCOME_UNKNOWN") && write.ends_with("whether it took effect is not known"),
            "{write}"
        );
    }
    // Lost, and not repeated.
    quiet(said(FailedAttempt::lost(&channel, "the connection broke".to_owned()).for_read()));
    for interrupt in [Interrupt::Deadline, Interrupt::Cancelled, Interrupt::Closed] {
        let repeated = interrupt.error(LATE, Fate::Unknown).of_repeated();
        quiet(format!("{}: {repeated}", repeated.code()));
    }
    let lost = said(FailedAttempt::lost(&channel, "the connection broke".to_owned()));
    assert!(lost.starts_with("OUTCOME_UNKNOWN") && lost.ends_with("whether it took effect is not known"), "{lost}");
}
