//! Becoming the program that was asked for.

use std::ffi::CString;

use berth_runtime::protocol::Failure;
use rustix::io::Errno;

use crate::confinement::describe;
use crate::failure::{Result, wrong};
use crate::system;

/// Where a program is looked for if its environment does not say.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program with all that goes with it.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    name: String,
    path: String,
    arguments: Vec<CString>,
    environment: Vec<CString>,
}

impl Program {
    /// `home` is for an environment without one.
    pub(crate) fn new(arguments: &[String], environment: &[String], home: &str) -> Result<Self> {
        let name = arguments.first().filter(|name| !name.is_empty()).ok_or_else(|| wrong("there is no program to run"))?;
        let mut environment = environment.to_vec();
        if !environment.iter().any(|entry| entry.starts_with("HOME=") && entry.len() > "HOME=".len()) {
            environment.retain(|entry| !entry.starts_with("HOME="));
            environment.push(format!("HOME={home}"));
        }
        // As in a shell, the last one counts.
        let path = environment.iter().rev().find_map(|entry| entry.strip_prefix("PATH=")).unwrap_or(PATH).to_owned();
        Ok(Self { name: name.clone(), path, arguments: strings(arguments)?, environment: strings(&environment)? })
    }

    /// No program: for an init that is there for its namespaces.
    pub(crate) fn none() -> Self {
        Self { name: String::new(), path: String::new(), arguments: Vec::new(), environment: Vec::new() }
    }

    pub(crate) fn arguments(&self) -> &[CString] {
        &self.arguments
    }

    pub(crate) fn environment(&self) -> &[CString] {
        &self.environment
    }

    /// As text, for who makes strings of it elsewhere.
    pub(crate) fn environment_text(&self) -> Vec<String> {
        self.environment.iter().map(|entry| entry.to_string_lossy().into_owned()).collect()
    }

    /// Becomes the program, in this process's root and working directory. Returns only with an error.
    pub(crate) fn become_it(&self) -> Failure {
        if self.name.contains('/') {
            return self.failure(self.attempt(&self.name));
        }
        let mut worst = Errno::NOENT;
        for folder in self.path.split(':') {
            let folder = if folder.is_empty() { "." } else { folder };
            match self.attempt(&format!("{folder}/{}", self.name)) {
                Errno::NOENT | Errno::NOTDIR => {}
                // It may be there once more, as one that can be run.
                errno @ Errno::ACCESS => worst = errno,
                errno => return self.failure(errno),
            }
        }
        if worst == Errno::NOENT {
            return Failure::Program {
                program: self.name.clone(),
                problem: "executable file not found in $PATH".to_owned(),
                code: 127,
            };
        }
        self.failure(worst)
    }

    fn attempt(&self, path: &str) -> Errno {
        match CString::new(path) {
            Ok(path) => system::execve(&path, &self.arguments, &self.environment),
            Err(_) => Errno::NOENT,
        }
    }

    fn failure(&self, errno: Errno) -> Failure {
        let code = if matches!(errno, Errno::NOENT | Errno::NOTDIR) { 127 } else { 126 };
        Failure::Program { program: self.name.clone(), problem: describe(errno), code }
    }
}

fn strings(from: &[String]) -> Result<Vec<CString>> {
    let string = |text: &String| CString::new(text.as_str()).map_err(|_| wrong("an argument or variable holds a zero byte"));
    from.iter().map(string).collect()
}
