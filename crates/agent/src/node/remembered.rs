//! Tasks that are over.

use std::collections::{HashSet, VecDeque};

/// So many are remembered.
const MOST: usize = 4096;

/// The tasks that were over last, by ARN: a payload that was on its way when they ended must not start them again.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    known: HashSet<String>,
    oldest_first: VecDeque<String>,
}

impl Remembered {
    pub(super) fn remember(&mut self, arn: String) {
        if self.known.insert(arn.clone()) {
            self.oldest_first.push_back(arn);
        }
        if self.oldest_first.len() > MOST
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    pub(super) fn contains(&self, arn: &str) -> bool {
        self.known.contains(arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_first() {
        let mut remembered = Remembered::default();
        for at in 0..=MOST {
            remembered.remember(at.to_string());
            remembered.remember(at.to_string());
        }
        assert!(!remembered.contains("0") && remembered.contains("1") && remembered.contains(&MOST.to_string()));
    }
}
