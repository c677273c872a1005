use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn postings_are_a_sorted_set(
        edits in proptest::collection::vec((any::<bool>(), 0..80_u8), 0..400),
        from in 0..80_u8,
        to in 0..80_u8,
    ) {
        let mut model = BTreeSet::from([40]);
        let mut postings = Postings::one(40);
        for (add, key) in edits {
            if add {
                model.insert(key);
                postings.insert(key);
            } else {
                model.remove(&key);
                postings.remove(&key);
            }
            prop_assert_eq!(postings.len(), model.len());
        }
        let bounds = (Bound::Excluded(from.min(to)), Bound::Included(from.max(to).max(from + 1)));
        prop_assert!(postings.range(bounds).eq(model.range(bounds)));
        prop_assert!(postings.range(bounds).rev().eq(model.range(bounds).rev()));
        prop_assert!(postings.range(..).eq(model.iter()));
    }
}
