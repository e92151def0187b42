//! The state machine, exhaustively: every order in which requests, failures, deaths, late attempts, alarms and
//! the clock can meet it, within bounds. The functions that decide are the ones that the object calls.
//!
//! `cargo test` explores the small bounds; `npm run model` the large ones.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic: that is how it fails"
)]

mod account;
mod broken;
mod broken_unknown;
mod machine;
mod object;
mod properties;
mod steps;
mod world;

use std::{
    io::{Write, stdout},
    marker::PhantomData,
};

use broken::{
    AnsweringAfterExpiry, DeletingTooSoon, ForgettingButNotTheAttempt, ForgettingTheOperation,
    MintingPerAttempt, OutlivingTheRecord, RefusingTheOperator, RepeatingTheAmbiguous,
    RepeatingTheDead, ResolvingAnything, SettlingAfterExpiry, SettlingAfterTheOperator,
    SettlingForAnother, SettlingTwice, StatusBeforeFingerprint, TakingUnknownForFailed,
    TellingAfterExpiry, TellingOfFailure, TellingWhatIsStored, WaitingForTheDead, WithoutDeadline,
    WithoutFencing,
};
use broken_unknown::{
    BelievingNoProbe, BelievingOldNews, BelievingTooSoon, ForgettingTheUnknown,
    IgnoringStricterTerms, ProbingWithoutFencing, RacingTheLateAnswer,
};
use idempotency_core::lifecycle::{Repeat, UnixMillis};
use machine::{Machine, Shipped};
use stateright::{Checker, Model};
use steps::Bounds;
use world::Request;

#[test]
fn the_shipped_machine_keeps_every_promise() {
    let large = std::env::var("MODEL").is_ok_and(|size| size == "large");
    let (name, explorations) = if large {
        ("large", large_bounds())
    } else {
        ("small", small_bounds())
    };
    let explored = explorations.map(|(title, bounds, expected)| {
        let checker = check(bounds);
        checker.assert_properties();
        let states = checker.unique_state_count();
        // Not `println!`, which the test runner keeps to itself unless a test fails.
        writeln!(
            stdout(),
            "model, {name}: {title}: {states} states, no promise broken"
        )
        .expect("a line on the standard output");
        (states, expected)
    });
    for (states, expected) in explored {
        assert_eq!(states, expected);
    }
}

#[test]
fn a_machine_without_fencing_is_found_out() {
    assert_found::<WithoutFencing>("no late attempt settles");
}

#[test]
fn a_machine_that_takes_one_attempt_of_an_operation_for_another_is_found_out() {
    assert_found::<SettlingForAnother>("no late attempt settles");
}

#[test]
fn a_machine_that_settles_a_record_after_its_expiry_is_found_out() {
    assert_found::<SettlingAfterExpiry>("no late attempt settles");
}

#[test]
fn a_machine_that_lets_an_attempt_outlive_its_record_is_found_out() {
    assert_found::<OutlivingTheRecord>("no attempt may outlive its record");
}

#[test]
fn a_machine_that_settles_twice_is_found_out() {
    assert_found::<SettlingTwice>("no settled record changes");
}

#[test]
fn a_machine_that_looks_at_the_status_before_the_fingerprint_is_found_out() {
    assert_found::<StatusBeforeFingerprint>("no mismatching request executes or replays");
    assert_found::<StatusBeforeFingerprint>("no request gets another request's answer");
}

#[test]
fn a_machine_that_does_not_compare_operations_is_found_out() {
    assert_found::<ForgettingTheOperation>("no mismatching request executes or replays");
    assert_found::<ForgettingTheOperation>("no request gets another request's answer");
}

#[test]
fn a_machine_that_forgets_the_deadline_is_found_out() {
    assert_found::<WithoutDeadline>("a key settles once faults stop");
}

#[test]
fn a_machine_that_waits_for_a_dead_attempt_is_found_out() {
    assert_found::<WaitingForTheDead>("no dead attempt is waited for");
}

#[test]
fn a_machine_that_mints_an_id_per_attempt_is_found_out() {
    assert_found::<MintingPerAttempt>("one effect in a retention");
}

#[test]
fn a_machine_that_answers_after_expiry_is_found_out() {
    assert_found::<AnsweringAfterExpiry>("no record answers after its expiry");
}

#[test]
fn a_machine_that_tells_what_is_stored_and_not_what_is_true_is_found_out() {
    assert_found::<TellingWhatIsStored>("a status is told as the next request finds it");
}

#[test]
fn a_machine_that_tells_of_a_record_after_its_expiry_is_found_out() {
    assert_found::<TellingAfterExpiry>("a status is told as the next request finds it");
}

#[test]
fn a_machine_that_deletes_too_soon_is_found_out() {
    assert_found::<DeletingTooSoon>("an answer never changes");
    assert_found::<DeletingTooSoon>("one effect in a retention");
}

#[test]
fn a_machine_that_repeats_a_dead_attempt_that_must_not_be_is_found_out() {
    assert_found_unrepeated::<RepeatingTheDead>("one effect in a retention");
    assert_found_unrepeated::<RepeatingTheDead>(
        "nothing that may have been sent is sent again unasked",
    );
}

#[test]
fn a_machine_that_repeats_an_ambiguous_operation_in_silence_is_found_out() {
    assert_found_unrepeated::<RepeatingTheAmbiguous>("one effect in a retention");
    assert_found_unrepeated::<RepeatingTheAmbiguous>(
        "nothing that may have been sent is sent again unasked",
    );
}

#[test]
fn a_machine_that_takes_an_unknown_outcome_for_a_failure_is_found_out() {
    assert_found_unrepeated::<TakingUnknownForFailed>("one effect in a retention");
    assert_found_unrepeated::<TakingUnknownForFailed>(
        "nothing that may have been sent is sent again unasked",
    );
}

#[test]
fn a_machine_that_tells_of_failure_where_nobody_knows_is_found_out() {
    assert_found_unrepeated::<TellingOfFailure>("a status is told as the next request finds it");
}

#[test]
fn a_machine_that_lets_an_attempt_settle_after_an_operator_spoke_is_found_out() {
    assert_found_unrepeated::<SettlingAfterTheOperator>("no late attempt settles");
}

#[test]
fn a_machine_that_lets_an_operator_change_an_answer_is_found_out() {
    assert_found_unrepeated::<ResolvingAnything>("no settled record changes");
}

#[test]
fn a_machine_that_forgets_a_key_and_not_its_attempt_is_found_out() {
    assert_found_unrepeated::<ForgettingButNotTheAttempt>("no late attempt settles");
}

#[test]
fn a_machine_that_no_operator_can_help_is_found_out() {
    assert_found_unrepeated::<RefusingTheOperator>("a key settles once faults stop");
}

#[test]
fn a_machine_that_ignores_stricter_terms_is_found_out() {
    assert_found_in::<IgnoringStricterTerms>(
        stricter(),
        "nothing that may have been sent is sent again unasked",
    );
}

#[test]
fn a_machine_that_forgets_an_unknown_outcome_when_a_repetition_fails_is_found_out() {
    assert_found_in::<ForgettingTheUnknown>(
        stricter(),
        "nothing that may have been sent is sent again unasked",
    );
}

#[test]
fn a_machine_that_races_a_late_answer_is_found_out() {
    let bounds = under(Repeat::Resend, &[("a", "o", 1, 2)], 0, 0, 0, 3);
    assert_found_in::<RacingTheLateAnswer>(
        bounds,
        "nothing starts beside an attempt whose end is awaited",
    );
}

#[test]
fn a_machine_that_believes_a_probe_too_soon_is_found_out() {
    assert_found_in::<BelievingTooSoon>(probed(), "one effect in a retention");
    assert_found_in::<BelievingOldNews>(probed(), "one effect in a retention");
}

#[test]
fn a_machine_that_applies_a_probe_to_another_record_is_found_out() {
    assert_found_in::<ProbingWithoutFencing>(probed(), "no settled record changes");
}

#[test]
fn a_machine_that_believes_no_probe_is_found_out() {
    assert_found_in::<BelievingNoProbe>(probed(), "a key settles once faults stop");
}

fn assert_found_in<M: Machine>(bounds: Bounds<M>, property: &'static str) {
    let is_found = check(bounds).discovery(property).is_some();

    assert!(is_found, "the checker finds no case of: {property}");
}

fn assert_found<M: Machine>(property: &'static str) {
    let is_found = [TWO_PAYLOADS, TWO_OPERATIONS].into_iter().any(|requests| {
        let bounds: Bounds<M> = bounds(requests, 1, 1, 1, 3);
        check(bounds).discovery(property).is_some()
    });

    assert!(is_found, "the checker finds no case of: {property}");
}

fn assert_found_unrepeated<M: Machine>(property: &'static str) {
    let bounds: Bounds<M> = unrepeated(&[("a", "o", 1, 2)], 1, 1, 0, 3);
    let is_found = check(bounds).discovery(property).is_some();

    assert!(is_found, "the checker finds no case of: {property}");
}

fn check<M: Machine>(bounds: Bounds<M>) -> impl Checker<Bounds<M>> {
    bounds.checker().threads(2).spawn_bfs().join()
}

/// Caller, operation, payload, and how often it is sent.
type Sent = (&'static str, &'static str, u8, u8);

const TWO_PAYLOADS: &[Sent] = &[("a", "o", 1, 2), ("a", "o", 2, 1)];

const TWO_OPERATIONS: &[Sent] = &[("a", "o", 1, 2), ("a", "p", 1, 1)];

type Exploration = (&'static str, Bounds<Shipped>, usize);

fn small_bounds() -> [Exploration; 9] {
    let again = bounds(&[("a", "o", 1, 3)], 1, 1, 1, 4);
    let payloads = bounds(TWO_PAYLOADS, 1, 1, 1, 4);
    let operations = bounds(TWO_OPERATIONS, 1, 1, 1, 4);
    let callers = bounds(&[("a", "o", 1, 2), ("b", "o", 1, 1)], 1, 1, 0, 3);
    let never = unrepeated(&[("a", "o", 1, 3)], 1, 1, 0, 3);
    let never_payloads = unrepeated(TWO_PAYLOADS, 1, 1, 0, 3);
    let resent = under(Repeat::Resend, &[("a", "o", 1, 3)], 1, 1, 1, 3);
    [
        ("one request, sent three times", again, 25_822),
        ("two payloads", payloads, 24_343),
        ("two operations of one path", operations, 24_343),
        ("two callers", callers, 87_692),
        ("never repeated", never, 37_728),
        ("never repeated, two payloads", never_payloads, 60_959),
        ("resent", resent, 41_322),
        ("probed", probed(), 24_091),
        ("resent, then never repeated", stricter(), 22_736),
    ]
}

fn large_bounds() -> [Exploration; 9] {
    let again = bounds(&[("a", "o", 1, 4)], 2, 2, 1, 7);
    let payloads = bounds(&[("a", "o", 1, 2), ("a", "o", 2, 2)], 2, 1, 1, 7);
    let operations = bounds(TWO_OPERATIONS, 1, 1, 1, 4);
    let callers = bounds(
        &[("a", "o", 1, 2), ("a", "o", 2, 1), ("b", "o", 1, 1)],
        1,
        1,
        1,
        4,
    );
    let mut never = unrepeated(&[("a", "o", 1, 3)], 1, 1, 1, 5);
    never.resolutions = 2;
    let never_payloads = unrepeated(TWO_PAYLOADS, 1, 1, 1, 5);
    let resent = under(Repeat::Resend, &[("a", "o", 1, 4)], 1, 1, 1, 4);
    let mut probed = probed();
    probed.hangs = 1;
    probed.resolutions = 1;
    let mut stricter = stricter();
    stricter.hangs = 1;
    stricter.resolutions = 1;
    [
        ("one request, sent four times", again, 3_118_499),
        ("two payloads", payloads, 3_136_492),
        ("two operations of one path", operations, 24_343),
        ("two payloads and two callers", callers, 2_390_685),
        ("never repeated", never, 2_170_967),
        ("never repeated, two payloads", never_payloads, 662_449),
        ("resent", resent, 476_914),
        ("probed", probed, 521_716),
        ("resent, then never repeated", stricter, 527_843),
    ]
}

/// The clock goes on until `until`.
fn bounds<M: Machine>(
    requests: &[Sent],
    deaths: u8,
    failures: u8,
    hangs: u8,
    until: u64,
) -> Bounds<M> {
    let requests = requests
        .iter()
        .map(|(caller, operation, payload, sends)| Request {
            caller,
            operation,
            payload: *payload,
            sends: *sends,
            repeat: Repeat::SameId,
        });
    Bounds {
        requests: requests.collect(),
        deaths,
        failures,
        hangs,
        resolutions: 0,
        until: UnixMillis(until),
        machine: PhantomData,
    }
}

/// The same of operations with these terms.
fn under<M: Machine>(
    repeat: Repeat,
    requests: &[Sent],
    deaths: u8,
    failures: u8,
    hangs: u8,
    until: u64,
) -> Bounds<M> {
    let mut bounds = bounds(requests, deaths, failures, hangs, until);
    for request in &mut bounds.requests {
        request.repeat = repeat;
    }
    bounds
}

fn probed<M: Machine>() -> Bounds<M> {
    under(Repeat::Probe, &[("a", "o", 1, 3)], 1, 1, 0, 3)
}

/// One request that is sent again while its terms become stricter.
fn stricter<M: Machine>() -> Bounds<M> {
    let mut bounds = unrepeated(&[("a", "o", 1, 2), ("a", "o", 1, 1)], 1, 1, 0, 3);
    bounds.requests[0].repeat = Repeat::Resend;
    bounds.resolutions = 0;
    bounds
}

/// The same of operations that must not be repeated, with an operator who speaks once.
fn unrepeated<M: Machine>(
    requests: &[Sent],
    deaths: u8,
    failures: u8,
    hangs: u8,
    until: u64,
) -> Bounds<M> {
    let mut bounds = bounds(requests, deaths, failures, hangs, until);
    for request in &mut bounds.requests {
        request.repeat = Repeat::Never;
    }
    bounds.resolutions = 1;
    bounds
}
