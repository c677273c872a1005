//! How a door and whoever answers questions behind it meet, where no AWS operation asks them.

use std::fmt;

use crate::{StreamRefusal, Target};

/// Answers signed questions (`GET`, with a query string) at one path, in JSON. The door authenticates and authorises.
pub trait ViewHost: Send + Sync + fmt::Debug + 'static {
    /// What is asked.
    type Question: Send;

    /// The path.
    fn path(&self) -> &'static str;

    /// What asking is called as an action of policies: an operation that shows as much.
    fn action(&self) -> &'static str;

    /// The question in a query string, and what policies know of it. `region` is the one that was signed for.
    ///
    /// # Errors
    /// It asks for nothing that there is.
    fn ask(&self, query: &str, region: &str) -> Result<(Self::Question, Target), StreamRefusal>;

    /// The answer, in JSON.
    fn answer(&self, question: &Self::Question) -> String;

    /// The refusal of a request that is not signed well, or not allowed.
    fn denied(&self, message: String) -> StreamRefusal;
}
