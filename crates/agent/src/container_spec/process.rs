//! A container's first process.

use std::collections::BTreeMap;

use berth_oci::ImageConfig;
use berth_runtime::ProcessSpec;

use super::docker::Wanted;
use super::error::FieldError;
use super::{capabilities, limits};

/// Where programs are looked for, unless the image or the definition says otherwise.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Variables that tell the region: either is left out where the image or the definition has one of them.
const REGION: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// Puts the process together. `hostname` is the name that the container sees, `told` are variables of which others know better.
pub(super) fn of(
    wanted: &Wanted<'_>,
    image: &ImageConfig,
    hostname: &str,
    told: &[(String, String)],
) -> Result<ProcessSpec, FieldError> {
    let host = &wanted.host;
    let terminal = wanted.config.tty == Some(true);
    let cwd = said(wanted.config.working_dir.as_deref()).unwrap_or(&image.working_dir);
    Ok(ProcessSpec {
        args: arguments(wanted, image)?,
        env: environment(&wanted.container.environment.0, &image.env, told, hostname, terminal)?,
        cwd: absolute(cwd)?,
        user: said(wanted.config.user.as_deref()).unwrap_or(&image.user).to_owned(),
        capabilities: capabilities::of(host)?,
        // The last one counts.
        no_new_privileges: host.security_opt.iter().filter_map(|option| no_new_privileges(option)).next_back().unwrap_or(false),
        resource_limits: limits::of(host)?,
        terminal,
        apparmor: host.security_opt.iter().filter_map(|option| apparmor(option)).next_back().map(str::to_owned),
    })
}

/// The profile that a security option names; nothing if it is about something else.
pub(super) fn apparmor(option: &str) -> Option<&str> {
    option.strip_prefix("apparmor").and_then(|rest| rest.strip_prefix([':', '='])).filter(|profile| !profile.is_empty())
}

/// Whether a security option sets or clears `no-new-privileges`; nothing if it is about something else.
pub(super) fn no_new_privileges(option: &str) -> Option<bool> {
    match option.strip_prefix("no-new-privileges")? {
        "" | ":true" | "=true" => Some(true),
        ":false" | "=false" => Some(false),
        _ => None,
    }
}

/// Docker's rule: an entry point of the definition's own also clears the image's command.
fn arguments(wanted: &Wanted<'_>, image: &ImageConfig) -> Result<Vec<String>, FieldError> {
    let command = wanted.command.as_deref().filter(|command| !command.is_empty());
    let entry_point = wanted.container.entry_point.as_deref();
    let command = match (entry_point, command) {
        (_, Some(command)) => command,
        (Some([_, ..]), None) => &[],
        (None | Some([]), None) => &image.cmd,
    };
    let args: Vec<String> = entry_point.unwrap_or(&image.entrypoint).iter().chain(command).cloned().collect();
    if args.is_empty() {
        return Err(FieldError::new("command", "No command specified, neither here nor by the image"));
    }
    if args.iter().any(|argument| argument.contains('\0')) {
        return Err(FieldError::new("command", "an argument holds a zero byte"));
    }
    Ok(args)
}

/// What Docker sets and the network tells, then what the image sets, then what the definition sets; each name once.
fn environment(
    given: &BTreeMap<String, String>,
    image: &[String],
    told: &[(String, String)],
    hostname: &str,
    terminal: bool,
) -> Result<Vec<String>, FieldError> {
    let mut all: Vec<(&str, &str)> = vec![("PATH", PATH), ("HOSTNAME", hostname)];
    if terminal {
        all.push(("TERM", "xterm"));
    }
    let given = given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let given: Vec<(&str, &str)> = image.iter().filter_map(|variable| variable.split_once('=')).chain(given).collect();
    let knows_region = given.iter().any(|(name, _)| REGION.contains(name));
    let told = told.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    all.extend(told.filter(|(name, _)| !(knows_region && REGION.contains(name))));
    for (name, value) in given {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            // The value may be a secret.
            return Err(FieldError::new("environment", format!("{name:?} cannot be a variable")));
        }
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => all.push((name, value)),
        }
    }
    Ok(all.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
}

fn absolute(folder: &str) -> Result<String, FieldError> {
    match folder {
        "" => Ok("/".to_owned()),
        folder if folder.starts_with('/') && !folder.contains('\0') => Ok(folder.to_owned()),
        folder => {
            let problem = format!("the working directory '{folder}' is invalid, it needs to be an absolute path");
            Err(FieldError::new("workingDirectory", problem))
        }
    }
}

fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}
