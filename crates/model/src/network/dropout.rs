//! Which inputs of an adapter are left out: a function of run, step, part and place, so that a pass that is computed
//! again, or resumed, leaves out the same.

use super::lora::Site;
use crate::matrix::Matrix;

/// The dropout of one part of one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dropout {
    /// Share that is left out, 0 to below 1.
    share: f32,
    key: u64,
}

impl Dropout {
    pub(crate) fn new(share: f32, seed: u64, step: u64, part: usize) -> Self {
        let key = [step, part as u64]
            .iter()
            .fold(mix(seed), |key, value| mix(key ^ mix(*value)));
        Self { share, key }
    }

    /// A factor for each of `len` values: 0, or what keeps the mean.
    pub(super) fn mask(&self, len: usize, layer: usize, site: Site) -> Vec<f32> {
        let key = mix(self.key ^ mix((layer as u64) << 8 | site as u64));
        let (low, high) = (key as u32, (key >> 32) as u32);
        // 24 bits, which f32 holds exactly.
        let limit = (self.share * 16_777_216.0) as u32;
        let kept = 1.0 / (1.0 - self.share);
        let factor = |i: u32| {
            let bits = finish(finish(i ^ low).wrapping_add(high)) >> 8;
            if bits < limit { 0.0 } else { kept }
        };
        (0..len as u32).map(factor).collect()
    }

    /// The values with some left out.
    pub(super) fn apply(&self, x: &Matrix, layer: usize, site: Site) -> Matrix {
        let mut values = self.mask(x.values().len(), layer, site);
        for (value, x) in values.iter_mut().zip(x.values()) {
            *value *= x;
        }
        Matrix::new(values, x.columns)
    }
}

/// A bijection of 64 bits that spreads each bit over all (the finaliser of SplitMix64).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The same for 32 bits (the finaliser of MurmurHash3).
fn finish(value: u32) -> u32 {
    let value = (value ^ (value >> 16)).wrapping_mul(0x85eb_ca6b);
    let value = (value ^ (value >> 13)).wrapping_mul(0xc2b2_ae35);
    value ^ (value >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_kept_and_every_place_has_its_own_mask() {
        let dropout = Dropout::new(0.25, 1, 7, 0);
        let mask = dropout.mask(40_000, 3, Site::Qkv);
        let out = mask.iter().filter(|factor| **factor == 0.0).count();
        assert!((out as f64 / 40_000.0 - 0.25).abs() < 0.01, "{out}");
        assert!((mask.iter().sum::<f32>() / 40_000.0 - 1.0).abs() < 0.02);
        assert_eq!(mask, dropout.mask(40_000, 3, Site::Qkv));
        let others = [
            dropout.mask(40_000, 3, Site::Down),
            dropout.mask(40_000, 4, Site::Qkv),
            Dropout::new(0.25, 1, 8, 0).mask(40_000, 3, Site::Qkv),
            Dropout::new(0.25, 1, 7, 1).mask(40_000, 3, Site::Qkv),
            Dropout::new(0.25, 2, 7, 0).mask(40_000, 3, Site::Qkv),
        ];
        for other in others {
            let same = mask.iter().zip(&other).filter(|(a, b)| a == b).count();
            // Independent masks agree in 0.25² + 0.75² of the places.
            assert!((same as f64 / 40_000.0 - 0.625).abs() < 0.02, "{same}");
        }
    }
}
