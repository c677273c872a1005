//! iptables of the old kind, which netlink does not reach. Its program is run, and only where its tables are in use.

use std::process::Command;

use crate::firewall::LOOPBACK;
use crate::{Installation, NetError};

const PROGRAM: &str = "iptables-legacy";

/// The kernel lists here the tables that somebody made with it.
pub(crate) fn in_use() -> bool {
    let tables = std::fs::read_to_string("/proc/thread-self/net/ip_tables_names").unwrap_or_default();
    tables.lines().any(|table| table == "filter")
}

/// Adds the rules that are missing, says how many.
pub(crate) fn admit(installation: Installation) -> Result<usize, NetError> {
    if !in_use() {
        return Ok(0);
    }
    let there = run(&["-S"])?;
    let missing = missing(&there, &wanted(&there, installation));
    for rule in &missing {
        let arguments: Vec<&str> = std::iter::once("-I").chain(rule.split(' ')).collect();
        run(&arguments)?;
    }
    Ok(missing.len())
}

/// Removes them all.
pub(crate) fn withdraw(installation: Installation) -> Result<(), NetError> {
    if !in_use() {
        return Ok(());
    }
    for rule in of_installation(&run(&["-S"])?, installation) {
        let arguments: Vec<&str> = std::iter::once("-D").chain(rule.split(' ')).collect();
        run(&arguments)?;
    }
    Ok(())
}

/// As `iptables -S` shows them, without `-A`.
fn wanted(listing: &str, installation: Installation) -> [String; 3] {
    let docker = listing.lines().any(|line| line == "-N DOCKER-USER");
    let chain = if docker { "DOCKER-USER" } else { "FORWARD" };
    let ours = format!("{}+", installation.prefix());
    [
        format!("{chain} -i {ours} -j ACCEPT"),
        format!("{chain} -o {ours} -j ACCEPT"),
        format!("INPUT -d {LOOPBACK} -i {ours} -j ACCEPT"),
    ]
}

fn missing(listing: &str, wanted: &[String]) -> Vec<String> {
    let there = |rule: &&String| !listing.lines().any(|line| line.strip_prefix("-A ") == Some(rule));
    wanted.iter().filter(there).cloned().collect()
}

fn of_installation(listing: &str, installation: Installation) -> Vec<String> {
    let ours = format!("{}+", installation.prefix());
    let rules = listing.lines().filter_map(|line| line.strip_prefix("-A "));
    rules.filter(|rule| rule.split(' ').any(|word| word == ours)).map(str::to_owned).collect()
}

fn run(arguments: &[&str]) -> Result<String, NetError> {
    let failed = |problem: String| NetError::Program { program: PROGRAM, arguments: arguments.join(" "), problem };
    // -w: others may be changing the tables at this moment.
    let output = Command::new(PROGRAM).args(["-w", "5"]).args(arguments).output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_go_where_docker_wants_them_and_are_added_once() {
        let installation: Installation = "a1b2c3".parse().unwrap();
        let plain = "-P INPUT ACCEPT\n-P FORWARD DROP\n";
        assert_eq!(
            missing(plain, &wanted(plain, installation)),
            ["FORWARD -i ba1b2c3-+ -j ACCEPT", "FORWARD -o ba1b2c3-+ -j ACCEPT", "INPUT -d 127.0.0.0/8 -i ba1b2c3-+ -j ACCEPT",]
        );
        let docker =
            "-P FORWARD DROP\n-N DOCKER-USER\n-A DOCKER-USER -i ba1b2c3-+ -j ACCEPT\n-A FORWARD -i b000000-+ -j ACCEPT\n";
        assert_eq!(
            missing(docker, &wanted(docker, installation)),
            ["DOCKER-USER -o ba1b2c3-+ -j ACCEPT", "INPUT -d 127.0.0.0/8 -i ba1b2c3-+ -j ACCEPT",]
        );
        assert_eq!(of_installation(docker, installation), ["DOCKER-USER -i ba1b2c3-+ -j ACCEPT"]);
    }
}
