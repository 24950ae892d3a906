//! Two runs on the same items.

use serde::{Deserialize, Serialize};

use super::interval::{Z, bootstrap};
use super::{Estimate, Interval};

/// Below so many discordant pairs the exact test is used (a common rule, as in Fagerland et al. 2013).
pub const FEW: u64 = 25;

/// Which form of McNemar's test was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum McNemarMethod {
    /// The two-sided binomial test of the discordant pairs.
    ExactBinomial,
    /// Chi-square with one degree of freedom and Edwards' continuity correction.
    CorrectedChiSquare,
}

/// McNemar's test: whether two runs solve equally many items.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct McNemar {
    /// Which form was used: exact below [`FEW`] discordant pairs.
    pub method: McNemarMethod,
    /// The chi-square, where it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<f64>,
    /// The two-sided p-value.
    pub p_value: f64,
}

/// Two runs on the same items, each item right or wrong.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    /// Items that both solve.
    pub both: u64,
    /// Items that only the first solves.
    pub only_a: u64,
    /// Items that only the second solves.
    pub only_b: u64,
    /// Items that neither solves.
    pub neither: u64,
    /// The second's share less the first's.
    pub difference: Estimate,
    /// Whether they solve equally many.
    pub mcnemar: McNemar,
}

/// Compares two runs, item by item; both lists have the same items in the same order.
#[must_use]
pub fn paired(a: &[bool], b: &[bool]) -> Paired {
    let count = |wanted: (bool, bool)| {
        let pairs = a.iter().zip(b);
        pairs.filter(|(a, b)| (**a, **b) == wanted).count() as u64
    };
    let (both, only_a) = (count((true, true)), count((true, false)));
    let (only_b, neither) = (count((false, true)), count((false, false)));
    Paired {
        both,
        only_a,
        only_b,
        neither,
        difference: difference(only_a, only_b, both + only_a + only_b + neither),
        mcnemar: mcnemar(only_a, only_b),
    }
}

/// The difference of two paired shares with the adjusted Wald interval, which adds one to each count of discordant pairs
/// (Bonett and Price 2012, equation 3).
fn difference(only_a: u64, only_b: u64, items: u64) -> Estimate {
    let n = items as f64 + 2.0;
    let (p_a, p_b) = ((only_a as f64 + 1.0) / n, (only_b as f64 + 1.0) / n);
    let centre = p_b - p_a;
    let spread = Z * ((p_a + p_b - centre * centre) / n).sqrt();
    Estimate {
        value: (only_b as f64 - only_a as f64) / items.max(1) as f64,
        low: (centre - spread).max(-1.0),
        high: (centre + spread).min(1.0),
        interval: Interval::AdjustedWald,
    }
}

/// The difference of two means over the same items, with a bootstrap over items: for runs with several replies to each.
#[must_use]
pub fn paired_means(a: &[f64], b: &[f64], seed: u64) -> Estimate {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - a).collect();
    let (value, low, high) = bootstrap(&[differences], seed);
    Estimate {
        value,
        low,
        high,
        interval: Interval::Bootstrap,
    }
}

/// McNemar's test for so many items that only the one, and only the other, solves.
#[must_use]
pub fn mcnemar(only_a: u64, only_b: u64) -> McNemar {
    let discordant = only_a + only_b;
    if discordant < FEW {
        return McNemar {
            method: McNemarMethod::ExactBinomial,
            statistic: None,
            p_value: binomial(only_a.min(only_b), discordant),
        };
    }
    let gap = only_a.abs_diff(only_b) as f64;
    let statistic = (gap - 1.0).max(0.0).powi(2) / discordant as f64;
    McNemar {
        method: McNemarMethod::CorrectedChiSquare,
        statistic: Some(statistic),
        p_value: erfc((statistic / 2.0).sqrt()),
    }
}

/// The two-sided binomial p-value of `few` or fewer of `all` (below 64) at one half; 1 of none.
fn binomial(few: u64, all: u64) -> f64 {
    let mut ways = 1.0;
    let mut sum = 1.0;
    for n in 1..=few {
        ways *= (all - n + 1) as f64 / n as f64;
        sum += ways;
    }
    (2.0 * sum / (1u64 << all.min(63)) as f64).min(1.0)
}

/// The complementary error function for arguments from 0: the series of erf below 2, the continued fraction above
/// (Abramowitz and Stegun, 7.1.5 and 7.1.14); about 1e-14 relative.
fn erfc(x: f64) -> f64 {
    const ROOT_PI: f64 = 1.772_453_850_905_516;
    if x < 2.0 {
        let (mut term, mut sum) = (x, x);
        for n in 1..80 {
            let n = f64::from(n);
            term *= -x * x / n;
            sum += term / (2.0 * n + 1.0);
        }
        return 1.0 - 2.0 / ROOT_PI * sum;
    }
    let mut tail = 0.0;
    for n in (1..=120).rev() {
        tail = f64::from(n) / 2.0 / (x + tail);
    }
    (-x * x).exp() / ROOT_PI / (x + tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        let scale = expected.abs().max(1e-300);
        assert!(
            ((found - expected) / scale).abs() < 1e-9,
            "{found} is not {expected}"
        );
    }

    #[test]
    fn the_error_function_agrees_with_the_c_library() {
        // Python's math.erfc.
        for (x, expected) in ERFC {
            close(erfc(x), expected);
        }
    }

    const ERFC: [(f64, f64); 6] = [
        (0.0, 1.0),
        (0.5, 0.479_500_122_186_953_5),
        (1.0, 0.157_299_207_050_285_13),
        (1.99, 0.004_888_586_800_383_003),
        (2.5, 0.000_406_952_017_444_958_9),
        (6.0, 2.151_973_671_249_891_6e-17),
    ];

    #[test]
    fn few_discordant_pairs_are_tested_exactly() {
        // 2 * sum C(22, i), i = 0..6, over 2^22.
        let test = mcnemar(6, 16);
        assert_eq!(test.method, McNemarMethod::ExactBinomial);
        close(test.p_value, 0.052_478_790_283_203_125);
        assert_eq!(mcnemar(16, 6).p_value, test.p_value);
        assert_eq!(mcnemar(0, 0).p_value, 1.0);
        assert_eq!(mcnemar(4, 4).p_value, 1.0);
        close(mcnemar(0, 10).p_value, 2.0 / 1024.0);
        // The last that is exact.
        assert_eq!(mcnemar(12, 12).method, McNemarMethod::ExactBinomial);
        assert_eq!(mcnemar(12, 13).method, McNemarMethod::CorrectedChiSquare);
    }

    #[test]
    fn many_are_tested_by_the_corrected_chi_square() {
        // The classic example with 121 and 59 discordant pairs.
        let test = mcnemar(121, 59);
        close(test.statistic.unwrap(), 61.0 * 61.0 / 180.0);
        close(test.p_value, CLASSIC);
        assert_eq!(mcnemar(30, 30).p_value, 1.0);
    }

    /// `math.erfc(math.sqrt(61 * 61 / 180 / 2))`.
    const CLASSIC: f64 = 5.450_094_825_427_123e-6;

    #[test]
    fn the_difference_has_its_adjusted_interval() {
        let mut a = vec![true; 50];
        let mut b = vec![true; 50];
        a.extend([true; 5]);
        b.extend([false; 5]);
        a.extend([false; 15]);
        b.extend([true; 15]);
        a.extend([false; 30]);
        b.extend([false; 30]);
        let found = paired(&a, &b);
        assert_eq!(
            (found.both, found.only_a, found.only_b, found.neither),
            (50, 5, 15, 30)
        );
        close(found.difference.value, 0.1);
        // (10 / 102) -+ 1.959964 * sqrt((22 / 102 - (10 / 102)^2) / 102)
        close(found.difference.low, LOW);
        close(found.difference.high, HIGH);
        let back = paired(&b, &a);
        close(back.difference.low, -HIGH);
        assert_eq!(paired(&[], &[]).difference.value, 0.0);
    }

    const LOW: f64 = 0.009_942_397_356_103_375;
    const HIGH: f64 = 0.186_136_034_016_445_63;

    #[test]
    fn means_of_several_replies_are_compared_item_by_item() {
        let a: Vec<f64> = (0..100).map(|n| f64::from(n % 5) / 5.0).collect();
        let b: Vec<f64> = a.iter().map(|share| share + 0.1).collect();
        let found = paired_means(&a, &b, 3);
        // Every item gains the same: there is no doubt about the difference, however the items vary.
        assert!((found.value - 0.1).abs() < 1e-12);
        assert!((found.low - 0.1).abs() < 1e-12 && (found.high - 0.1).abs() < 1e-12);
    }
}
