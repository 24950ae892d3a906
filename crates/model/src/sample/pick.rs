//! Choosing the next token from logits.

use super::Sampling;
use crate::simd::{exp_sum, max, vectorised};
use rand::RngCore;
use rand_chacha::ChaCha8Rng;

/// Working space for one thread.
#[derive(Default)]
pub(super) struct Picker {
    weights: Vec<f32>,
    ranked: Vec<u32>,
}

impl Picker {
    /// The next token and the logarithm of its probability at temperature 1.
    pub(super) fn pick(
        &mut self,
        logits: &[f32],
        sampling: &Sampling,
        rng: &mut ChaCha8Rng,
    ) -> (u32, f32) {
        let top = max(logits);
        let plain = self.weigh(logits, top, 1.0);
        let token = if sampling.temperature == 0.0 {
            logits.iter().position(|&logit| logit == top).unwrap_or(0)
        } else {
            let sum = if sampling.temperature == 1.0 {
                plain
            } else {
                self.weigh(logits, top, 1.0 / sampling.temperature)
            };
            // 24 random bits make a fraction below 1 that f32 holds exactly.
            let fraction = (rng.next_u32() >> 8) as f32 / 16_777_216.0;
            let cut = sampling.top_p < 1.0 || (sampling.top_k > 0 && sampling.top_k < logits.len());
            if cut {
                self.draw_cut(sum, sampling, fraction)
            } else {
                draw(&self.weights, sum, fraction)
            }
        };
        (token as u32, logits[token] - top - plain.ln())
    }

    /// Fills `weights` with e^((logit - top) · scale) and gives their sum.
    fn weigh(&mut self, logits: &[f32], top: f32, scale: f32) -> f32 {
        self.weights.clear();
        self.weights.extend_from_slice(logits);
        let weights = &mut self.weights;
        vectorised(
            #[inline(always)]
            || exp_sum(weights, top, scale),
        )
    }

    /// Draws among the most likely tokens: first the `top_k`, then as many of them as make up `top_p`.
    fn draw_cut(&mut self, sum: f32, sampling: &Sampling, fraction: f32) -> usize {
        let weights = &self.weights;
        self.ranked.clear();
        self.ranked.extend(0..weights.len() as u32);
        let order = |a: &u32, b: &u32| {
            weights[*b as usize]
                .total_cmp(&weights[*a as usize])
                .then(a.cmp(b))
        };
        let k = if sampling.top_k == 0 {
            weights.len()
        } else {
            sampling.top_k.min(weights.len())
        };
        if k < weights.len() {
            self.ranked.select_nth_unstable_by(k, order);
            self.ranked.truncate(k);
        }
        self.ranked.sort_unstable_by(order);
        let total = if k < weights.len() {
            self.ranked.iter().map(|&i| weights[i as usize]).sum()
        } else {
            sum
        };
        let mut kept = 0.0;
        let enough = self.ranked.iter().position(|&i| {
            kept += weights[i as usize];
            kept >= sampling.top_p * total
        });
        self.ranked
            .truncate(enough.map_or(self.ranked.len(), |last| last + 1));
        let mut left = fraction * kept;
        for &i in &self.ranked {
            left -= weights[i as usize];
            if left < 0.0 {
                return i as usize;
            }
        }
        self.ranked.first().copied().unwrap_or(0) as usize
    }
}

/// The index at which the running sum of weights passes `fraction` of their sum.
fn draw(weights: &[f32], sum: f32, fraction: f32) -> usize {
    let mut left = fraction * sum;
    for (i, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return i;
        }
    }
    // Rounding left a remainder: the likeliest token takes it.
    weights
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map_or(0, |(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn counts(sampling: &Sampling) -> [u32; 4] {
        let logits = [0.7_f32, 0.1, 0.15, 0.05].map(f32::ln);
        let (mut picker, mut rng, mut counts) =
            (Picker::default(), ChaCha8Rng::seed_from_u64(1), [0; 4]);
        for _ in 0..20_000 {
            let (token, logprob) = picker.pick(&logits, sampling, &mut rng);
            assert!((logprob - logits[token as usize]).abs() < 1e-4);
            counts[token as usize] += 1;
        }
        counts
    }

    #[test]
    fn frequencies_follow_probabilities() {
        let all = counts(&Sampling::default());
        for (count, p) in all.iter().zip([0.7, 0.1, 0.15, 0.05]) {
            assert!((f64::from(*count) / 20_000.0 - p).abs() < 0.02, "{all:?}");
        }
        assert_eq!(counts(&Sampling::greedy(1)), [20_000, 0, 0, 0]);
        let two = counts(&Sampling {
            top_k: 2,
            ..Sampling::default()
        });
        assert!(two[1] == 0 && two[3] == 0 && two[2] > 3000);
        let nucleus = counts(&Sampling {
            top_p: 0.9,
            ..Sampling::default()
        });
        assert!(nucleus[3] == 0 && nucleus[1] > 1500, "{nucleus:?}");
    }
}
