//! How far apart the embeddings of rows lie.

/// Why there is no spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpreadError {
    /// Fewer than two vectors.
    TooFew,
    /// This vector has another length than the first.
    Length(usize),
    /// This vector is all zero, or has a value that is no number.
    NoDirection(usize),
}

impl std::fmt::Display for SpreadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooFew => f.write_str("a spread needs at least two vectors"),
            Self::Length(at) => write!(f, "vector {at} (from 0) has another length than the first"),
            Self::NoDirection(at) => write!(
                f,
                "vector {at} (from 0) has no direction: it is zero or not finite"
            ),
        }
    }
}

impl std::error::Error for SpreadError {}

/// The mean cosine distance (1 - cosine, 0 to 2) of pairs of different vectors: of all pairs where there are at most `pairs`,
/// otherwise of `pairs` pairs drawn by `seed` (with replacement). 0 pairs count as 1.
///
/// The standard error of the drawn mean is at most 1 / √`pairs`. The result depends on the order of `vectors` where pairs are
/// drawn: give them in canonical order.
///
/// # Errors
/// [`SpreadError`] for fewer than two vectors, or those of different lengths or without direction.
pub fn cosine_spread(vectors: &[Vec<f32>], pairs: u64, seed: u64) -> Result<f64, SpreadError> {
    let length = vectors.first().map(Vec::len).unwrap_or_default();
    let mut norms = Vec::with_capacity(vectors.len());
    for (at, vector) in vectors.iter().enumerate() {
        if vector.len() != length {
            return Err(SpreadError::Length(at));
        }
        let norm = dot(vector, vector).sqrt();
        if !norm.is_finite() || norm <= 0.0 {
            return Err(SpreadError::NoDirection(at));
        }
        norms.push(norm);
    }
    let count = vectors.len() as u64;
    if count < 2 {
        return Err(SpreadError::TooFew);
    }
    let distance = |(one, two): (u64, u64)| {
        let get = |at: u64| Some((vectors.get(at as usize)?, norms.get(at as usize)?));
        let (Some((a, a_norm)), Some((b, b_norm))) = (get(one), get(two)) else {
            return 0.0;
        };
        1.0 - dot(a, b) / (a_norm * b_norm)
    };
    let pairs = pairs.max(1);
    let all = count * (count - 1) / 2;
    if all <= pairs {
        let sum: f64 = (0..count)
            .flat_map(|one| (one + 1..count).map(move |two| (one, two)))
            .map(distance)
            .sum();
        return Ok(sum / all as f64);
    }
    let mut state = seed;
    let mut draw = |end: u64| {
        // SplitMix64 (Steele and others 2014); the bias of the remainder is below 2⁻³² for less than 2³² vectors.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    };
    let mut sum = 0.0;
    for _ in 0..pairs {
        let one = draw(count);
        // Any other but `one`.
        let two = (one + 1 + draw(count - 1)) % count;
        sum += distance((one, two));
    }
    Ok(sum / pairs as f64)
}

fn dot(one: &[f32], two: &[f32]) -> f64 {
    one.iter()
        .zip(two)
        .map(|(&a, &b)| f64::from(a) * f64::from(b))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_directions() {
        let axes = [vec![1.0, 0.0], vec![0.0, 2.0], vec![-3.0, 0.0]];
        // 1, 2 and 1.
        assert!((cosine_spread(&axes, 10, 0).unwrap() - 4.0 / 3.0).abs() < 1e-9);
        assert!(
            cosine_spread(&[vec![1.0, 2.0], vec![2.0, 4.0]], 1, 0)
                .unwrap()
                .abs()
                < 1e-9
        );
    }

    #[test]
    fn drawn_pairs_are_near_the_mean_of_all_and_repeat() {
        let circle: Vec<Vec<f32>> = (0..300)
            .map(|at| vec![(at as f32 * 0.1).cos(), (at as f32 * 0.1).sin(), 1.0])
            .collect();
        let all = cosine_spread(&circle, u64::MAX, 0).unwrap();
        let drawn = cosine_spread(&circle, 20_000, 7).unwrap();
        assert!((all - drawn).abs() < 0.02, "{all} {drawn}");
        assert_eq!(
            drawn.to_bits(),
            cosine_spread(&circle, 20_000, 7).unwrap().to_bits()
        );
        assert_ne!(
            drawn.to_bits(),
            cosine_spread(&circle, 20_000, 8).unwrap().to_bits()
        );
    }

    #[test]
    fn what_has_no_spread_is_named() {
        assert_eq!(cosine_spread(&[], 1, 0), Err(SpreadError::TooFew));
        assert_eq!(
            cosine_spread(&[vec![1.0], vec![1.0, 2.0]], 1, 0),
            Err(SpreadError::Length(1))
        );
        assert_eq!(
            cosine_spread(&[vec![1.0], vec![0.0]], 1, 0),
            Err(SpreadError::NoDirection(1))
        );
        assert_eq!(
            cosine_spread(&[vec![f32::NAN], vec![1.0]], 1, 0),
            Err(SpreadError::NoDirection(0))
        );
    }
}
