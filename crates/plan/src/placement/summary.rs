//! Why no instance gets a task, in short.

use std::collections::BTreeMap;
use std::fmt;

use super::place::nearest;
use super::{Lack, Rejection};

/// Which constraint took how many instances out, and what the nearest of them lacks. Displayed as one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many instances there are.
    pub instances: usize,
    /// What took instances out, and how many, most first.
    pub removed: Vec<(String, usize)>,
    /// The one that came nearest.
    pub nearest: Option<Rejection>,
}

impl Summary {
    /// Of what each instance lacks.
    #[must_use]
    pub fn of(rejections: &[Rejection]) -> Self {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for rejection in rejections {
            *counts.entry(constraint(&rejection.lack)).or_default() += 1;
        }
        let mut removed: Vec<_> = counts.into_iter().collect();
        removed.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
        Self { instances: rejections.len(), removed, nearest: nearest(rejections).cloned() }
    }
}

/// The constraint that an instance did not meet.
fn constraint(lack: &Lack) -> String {
    match lack {
        Lack::NotActive(status) => format!("status {}", status.as_str()),
        Lack::Agent => "agent disconnected".into(),
        Lack::Impaired(check) => format!("impaired {check}"),
        Lack::CapacityProvider(_) => "capacity provider".into(),
        Lack::Attribute(attribute) => match &attribute.value {
            Some(value) => format!("attribute {} = {value}", attribute.name),
            None => format!("attribute {}", attribute.name),
        },
        Lack::MemberOf(expression) => format!("memberOf {expression}"),
        Lack::Location(_) => "availability zone".into(),
        Lack::DistinctInstance { .. } => "distinctInstance".into(),
        Lack::Cpu { .. } => "CPU units".into(),
        Lack::Memory { .. } => "memory".into(),
        Lack::Port { port, protocol, .. } => format!("port {port}/{}", protocol.as_str()),
        Lack::Gpu { .. } => "GPUs".into(),
        Lack::Interface => "network interfaces".into(),
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(nearest) = &self.nearest else { return f.write_str("there are no instances") };
        write!(f, "none of {} instances has room: ", self.instances)?;
        for (at, (constraint, instances)) in self.removed.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{instances} by {constraint}")?;
        }
        write!(f, "; the nearest, {}, {}", nearest.instance, nearest.lack)
    }
}
