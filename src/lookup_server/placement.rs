//! Chooses the shard of a new tenant. One rule for every store, pure: the shard with the fewest tenants, and among
//! equals the lowest.

/// The shard for the next tenant, given how many each shard has by index. There is at least one shard.
pub fn emptiest(tenants: &[u64]) -> usize {
    // `min_by_key` takes the first of equals.
    tenants.iter().enumerate().min_by_key(|&(_, count)| count).map_or(0, |(shard, _)| shard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shard_with_the_fewest_tenants_is_next() {
        assert_eq!(emptiest(&[3, 1, 2]), 1);
        assert_eq!(emptiest(&[7, 7, 0]), 2);
        assert_eq!(emptiest(&[9]), 0);
    }

    #[test]
    fn among_equals_the_lowest_is_next() {
        assert_eq!(emptiest(&[0, 0, 0]), 0);
        assert_eq!(emptiest(&[1, 0, 0]), 1);
    }

    #[test]
    fn tenants_added_one_by_one_spread_evenly() {
        let mut tenants = [0; 3];
        for _ in 0..10 {
            tenants[emptiest(&tenants)] += 1;
        }
        assert_eq!(tenants, [4, 3, 3]);
    }
}
