//! Capacity provider strategies: which provider each of a call's tasks comes by.

use berth_model::{Name, StrategyItem};

/// The provider of each of `count` tasks, by what comes first: the base of the item that has one, then all by their weights.
/// Empty where there is no strategy.
#[must_use]
pub fn split(strategy: &[StrategyItem], count: u32) -> Vec<Name> {
    split_further(strategy, &[], count)
}

/// The same where the providers have some tasks already: each as many as `have` says at its place.
#[must_use]
pub fn split_further(strategy: &[StrategyItem], have: &[u32], count: u32) -> Vec<Name> {
    let has = |at: usize| have.get(at).copied().unwrap_or(0);
    let base = strategy.iter().enumerate().flat_map(|(at, item)| (has(at)..item.base.max(has(at))).map(move |_| item));
    let beyond_base = |(at, item): (usize, &StrategyItem)| u64::from(has(at).saturating_sub(item.base));
    let mut given: Vec<u64> = strategy.iter().enumerate().map(beyond_base).collect();
    let by_weight = std::iter::from_fn(|| {
        // The item that has least of its share with one more; the first of those that are even.
        let share = |at: &usize| {
            let (item, given) = (strategy.get(*at)?, given.get(*at)?);
            (item.weight > 0).then(|| (given + 1, u64::from(item.weight)))
        };
        let candidates = (0..strategy.len()).filter_map(|at| Some((at, share(&at)?)));
        let (at, _) = candidates.min_by(|(_, (a, of_a)), (_, (b, of_b))| (a * of_b).cmp(&(b * of_a)))?;
        *given.get_mut(at)? += 1;
        strategy.get(at)
    });
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    base.chain(by_weight).take(count).map(|item| item.provider.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(provider: &str, weight: u32, base: u32) -> StrategyItem {
        StrategyItem { provider: provider.into(), weight, base }
    }

    #[track_caller]
    fn is_split(strategy: &[StrategyItem], count: u32, expected: &str) {
        let split: String = split(strategy, count).iter().map(Name::as_str).collect();
        assert_eq!(split, expected);
    }

    #[test]
    fn base_comes_first_and_the_rest_goes_by_weight() {
        is_split(&[item("a", 1, 0), item("b", 4, 0)], 10, "bbbabbbbab");
        is_split(&[item("a", 1, 2), item("b", 4, 0)], 5, "aabbb");
        is_split(&[item("a", 0, 1), item("b", 1, 0)], 3, "abb");
        is_split(&[item("a", 1, 0)], 3, "aaa");
        is_split(&[item("a", 1, 10)], 3, "aaa");
        is_split(&[], 3, "");
    }

    #[test]
    fn what_providers_have_already_counts() {
        let strategy = [item("a", 1, 2), item("b", 4, 0)];
        let further = |have: &[u32]| split_further(&strategy, have, 3).iter().map(Name::as_str).collect::<String>();
        assert_eq!((further(&[0, 0]), further(&[1, 0])), ("aab".into(), "abb".into()));
        assert_eq!((further(&[2, 4]), further(&[9, 0])), ("abb".into(), "bbb".into()));
    }

    #[test]
    fn even_shares_alternate() {
        is_split(&[item("a", 1, 0), item("b", 1, 0)], 5, "ababa");
    }
}
