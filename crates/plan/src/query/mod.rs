//! The cluster query language: which container instances a `memberOf` constraint or a list filter selects.
//!
//! ```text
//! attribute:ecs.instance-type =~ t2.* and not (task:group == service:web or runningTasksCount > 5)
//! ```
//!
//! [`parse`] takes any text and never panics; what it accepts, [`evaluate`] decides in time linear in the expression.
//! An absent attribute meets no comparison, not even `!=`, only `not_exists` and what `not` makes of the others. A group
//! is never absent: `task:group != web` holds where no task of that group is.

mod comparison;
mod error;
mod evaluate;
mod expression;
mod moment;
mod parse;
mod scanner;
mod subject;
mod version;

pub use error::QueryError;
pub use evaluate::evaluate;
pub use expression::Expression;
pub use parse::parse;
pub use subject::{Groups, Subject};

#[cfg(test)]
mod tests;
