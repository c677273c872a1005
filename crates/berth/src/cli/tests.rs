//! One habit for every command: what holds for all of them, looked up in their definitions.

use clap::{Arg, Command, CommandFactory as _, Parser as _};

use super::Cli;
use crate::commands;

/// Commands that have nothing to print as JSON, with the reason.
const WITHOUT_JSON: [(&str, &str); 7] = [
    ("up", "goes on; its log is JSON with --log-format"),
    ("server", "goes on; its log is JSON with --log-format"),
    ("agent", "goes on; its log is JSON with --log-format"),
    ("image inspect", "prints JSON as it is"),
    ("task-definition show", "prints JSON as it is: a file to register"),
    ("manual", "writes pages"),
    ("completions", "prints a script"),
];

/// Commands that need no installation that runs, with the reason.
const WITHOUT_INSTALLATION: [(&str, &str); 6] = [
    ("up", "makes one"),
    ("server", "makes one"),
    ("agent", "makes a node"),
    ("down", "has nothing to do then"),
    ("doctor", "looks at the machine"),
    ("diagnose", "is for one that does not run, too"),
];

/// All commands that do something, with what they are called.
fn leaves() -> Vec<(String, Command)> {
    let mut whole = Cli::command();
    whole.build();
    let mut found = Vec::new();
    let mut open = vec![(String::new(), whole)];
    while let Some((path, command)) = open.pop() {
        let below: Vec<_> = command.get_subcommands().filter(|below| below.get_name() != "help").cloned().collect();
        if below.is_empty() {
            found.push((path, command));
        } else {
            open.extend(below.into_iter().map(|below| (format!("{path} {}", below.get_name()).trim_start().to_owned(), below)));
        }
    }
    assert!(found.len() > 20, "there are few of them: {found:?}");
    found
}

/// What a command takes, but for what clap adds.
fn arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|argument| !["help", "version"].contains(&argument.get_id().as_str()))
}

fn has(command: &Command, name: &str) -> bool {
    arguments(command).any(|argument| argument.get_long() == Some(name))
}

#[test]
fn command_line_contradicts_itself_nowhere() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_and_argument_says_what_it_is_for() {
    for (name, command) in leaves() {
        assert!(command.get_about().is_some(), "{name}");
        for argument in arguments(&command) {
            assert!(argument.get_help().is_some(), "{name}: {}", argument.get_id());
        }
    }
}

#[test]
fn every_command_prints_for_machines() {
    for (name, command) in leaves() {
        let excepted = WITHOUT_JSON.iter().any(|(excepted, _)| *excepted == name);
        assert_ne!(has(&command, "json"), excepted, "berth {name}: --json, or the reason why not");
    }
}

#[test]
fn what_shows_a_state_can_show_it_again_and_again() {
    for (name, command) in leaves() {
        let shows = ["ps", "ls", "inspect", "services"].contains(&command.get_name()) && has(&command, "json");
        assert!(!shows || has(&command, "watch"), "berth {name} has no --watch");
        assert!(!has(&command, "watch") || has(&command, "json"), "berth {name} is for people alone");
    }
}

#[test]
fn letters_stand_for_one_thing() {
    // As Docker has it, nothing that follows can be forced; as `tail` and `watch` have it, and nothing has both.
    let twofold = [('f', ["follow", "force"]), ('n', ["tail", "interval"])];
    let mut known: std::collections::BTreeMap<char, String> = std::collections::BTreeMap::new();
    for (name, command) in leaves() {
        for argument in arguments(&command) {
            let (Some(letter), Some(long)) = (argument.get_short(), argument.get_long()) else { continue };
            let first = known.entry(letter).or_insert_with(|| long.to_owned()).clone();
            let both = twofold.iter().any(|(twofold, longs)| *twofold == letter && longs.contains(&long));
            assert!(first == long || both, "berth {name}: -{letter} is --{long}, and elsewhere --{first}");
        }
    }
}

#[test]
fn exit_codes_stand_in_the_help() {
    let help = Cli::command().render_long_help().to_string();
    for line in ["Exit codes:", "  0    done", "  1    failed", "  2    the command line", "  130  Ctrl-C"] {
        assert!(help.contains(line), "{line}: {help}");
    }
}

#[test]
fn without_an_installation_every_command_says_how_to_come_to_one() {
    let folder = tempfile::tempdir().unwrap();
    for (name, command) in leaves().into_iter().filter(|(_, command)| has(command, "data-dir")) {
        if WITHOUT_INSTALLATION.iter().any(|(excepted, _)| *excepted == name) {
            continue;
        }
        // A file that is there is as good a task or name as any; but not to be scaled.
        let any = if name == "scale" { "web=1" } else { "/dev/null" };
        let needed = command.get_positionals().filter(|argument| argument.is_required_set()).map(|_| any);
        let some = match name.as_str() {
            "logs" => Some("0"),
            "deploy" => Some("--force"),
            "run" => Some("web"),
            _ => None,
        };
        let line = ["berth"].into_iter().chain(name.split(' ')).chain(["--data-dir", folder.path().to_str().unwrap()]);
        let cli = Cli::try_parse_from(line.chain(needed).chain(some)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let error = commands::run(cli).expect_err(&name);
        assert!(format!("{error:#}").contains("`berth up`"), "berth {name}: {error:#}");
    }
}
