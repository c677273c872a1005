//! A look at this machine: what tasks need, whether it is there, what to do where it is not. Nothing is changed.

mod installed;
mod kernel;

#[cfg(test)]
mod tests;

use std::path::Path;

use serde::Serialize;

/// What there is to say about one need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The need, in a word or two.
    pub(crate) what: &'static str,
    pub(crate) verdict: Verdict,
    /// How it is.
    pub(crate) found: String,
    /// What to do, where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) advice: Option<String>,
}

/// Whether a need is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// It is.
    Good,
    /// Tasks run, and something does not work that some of them may want.
    Limited,
    /// Tasks do not run.
    Lacking,
}

impl Finding {
    fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Good, found: found.into(), advice: None }
    }

    fn limited(what: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Limited, found: found.into(), advice: Some(advice.into()) }
    }

    fn lacking(what: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Lacking, found: found.into(), advice: Some(advice.into()) }
    }
}

/// Looks at everything, the kernel first.
pub(crate) async fn examine(folder: &Path, shim: Option<&Path>) -> Vec<Finding> {
    let mut findings = kernel::examine(&kernel::Facts::read());
    findings.extend(installed::examine(folder, shim).await);
    findings
}
