//! pass@k.

/// The chance that at least one of `k` replies is right, where `right` of `samples` are: 1 - C(n - c, k) / C(n, k), as a
/// product of factors below 1, so that nothing overflows (Chen et al. 2021, equation 1 and figure 3). With `k` above
/// `samples`, that of all of them.
#[must_use]
pub fn pass_at(samples: u64, right: u64, k: u64) -> f64 {
    let k = k.min(samples);
    if right > samples - k {
        return if k == 0 { 0.0 } else { 1.0 };
    }
    let missed: f64 = (samples - right + 1..=samples)
        .map(|n| 1.0 - k as f64 / n as f64)
        .product();
    1.0 - missed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_by_hand() {
        for (n, c, k, expected) in [
            (1, 0, 1, 0.0),
            (1, 1, 1, 1.0),
            // 1 - C(7, 5) / C(10, 5) = 1 - 21/252
            (10, 3, 5, 1.0 - 21.0 / 252.0),
            // 1 - C(190, 100) / C(200, 100), from exact integers
            (200, 10, 100, 0.999_228_973_937_282_2),
            (200, 1, 200, 1.0),
            (5, 2, 4, 1.0),
            (0, 0, 1, 0.0),
        ] {
            let found = pass_at(n, c, k);
            assert!((found - expected).abs() < 1e-12, "{n} {c} {k}: {found}");
        }
    }

    proptest! {
        #[test]
        fn the_mean_over_all_subsets(samples in 1u64..12, right in 0u64..12, k in 1u64..12) {
            prop_assume!(right <= samples && k <= samples);
            let (mut all, mut passed) = (0u32, 0u32);
            for subset in 0u32..1 << samples {
                if u64::from(subset.count_ones()) == k {
                    all += 1;
                    passed += u32::from(subset & ((1 << right) - 1) != 0);
                }
            }
            let expected = f64::from(passed) / f64::from(all);
            prop_assert!((pass_at(samples, right, k) - expected).abs() < 1e-12);
        }
    }
}
