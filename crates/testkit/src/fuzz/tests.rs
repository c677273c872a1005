use std::path::PathBuf;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;

/// The seeds of a target, by file name.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Runs a target over its seeds, over the seeds with bytes changed, cut, doubled or joined, and over bytes out of nothing. The
/// inputs are the same in every run.
fn replay(target: &str, body: fn(&[u8])) {
    replay_for(4000, target, body);
}

/// The same with so many changed inputs.
fn replay_for(rounds: usize, target: &str, body: fn(&[u8])) {
    let seeds = seeds(target);
    assert!(!seeds.is_empty(), "{target} has seeds");
    seeds.iter().for_each(|seed| body(seed));
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let draw = |runner: &mut TestRunner, below: usize| (0..below.max(1)).new_tree(runner).unwrap().current();
    for round in 0..rounds {
        let mut input = seeds[draw(&mut runner, seeds.len())].clone();
        for _ in 0..=draw(&mut runner, 4) {
            let at = draw(&mut runner, input.len());
            match draw(&mut runner, 5) {
                0 if !input.is_empty() => input[at] = u8::try_from(draw(&mut runner, 256)).unwrap(),
                1 if !input.is_empty() => input[at] ^= 1 << draw(&mut runner, 8),
                2 => input.truncate(at),
                3 => input.splice(at..at, seeds[draw(&mut runner, seeds.len())].clone()).for_each(drop),
                _ => input = proptest::collection::vec(proptest::num::u8::ANY, 0..64).new_tree(&mut runner).unwrap().current(),
            }
            if round % 7 == 0 {
                break;
            }
        }
        body(&input);
    }
}

#[test]
fn json_reader_holds() {
    replay("json_reader", json_reader);
}

#[test]
fn cluster_query_holds() {
    replay("cluster_query", cluster_query);
}

#[test]
fn filter_pattern_holds() {
    replay("filter_pattern", filter_pattern);
}

#[test]
fn insights_query_holds() {
    replay("insights_query", insights_query);
}

#[test]
fn query_form_holds() {
    replay("query_form", query_form);
}

#[test]
fn xml_answer_holds() {
    replay("xml_answer", xml_answer);
}

#[test]
fn sigv4_headers_holds() {
    replay("sigv4_headers", sigv4_headers);
}

#[test]
fn sigv4_presigned_holds() {
    replay("sigv4_presigned", sigv4_presigned);
}

#[test]
fn route_holds() {
    replay("route", route);
}

#[test]
fn archive_holds() {
    replay("archive", archive);
}

#[test]
fn layer_holds() {
    // Each makes files.
    replay_for(500, "layer", layer);
}

#[test]
fn image_holds() {
    // Each makes files.
    replay_for(500, "image", image);
}

#[test]
fn manifest_holds() {
    replay("manifest", manifest);
}

#[test]
fn reference_holds() {
    replay("reference", reference);
}

#[test]
fn acs_frame_holds() {
    replay("acs_frame", acs_frame);
}

#[test]
fn tcs_frame_holds() {
    replay("tcs_frame", tcs_frame);
}

#[test]
fn shim_message_holds() {
    replay("shim_message", shim_message);
}

#[test]
fn output_segment_holds() {
    replay("output_segment", output_segment);
}
