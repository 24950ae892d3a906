//! The bias after attention. We compute none: a Llama with attention biases has one, which is zero where we wrote it, and no
//! more so after another trainer has trained on. What attention mixes are the values, with weights that sum to one, so a bias
//! after the output matrix is a bias on the values before it; where that matrix is square and can be inverted, it moves there
//! and the model stays the same function.

use std::collections::BTreeMap;

use super::output_bias_name;
use super::reader::Reader;
use crate::config::ModelConfig;
use crate::{Error, Result};

/// By the name of our parameter, what its values' part gets.
pub(super) fn moved(
    reader: &mut Reader,
    config: &ModelConfig,
) -> Result<BTreeMap<String, Vec<f32>>> {
    let mut all = BTreeMap::new();
    let d = config.hidden_size;
    for layer in 0..config.num_hidden_layers {
        let name = output_bias_name(layer);
        if !reader.has(&name) {
            continue;
        }
        let mut bias = Vec::new();
        reader.append(&name, &[d], &mut bias)?;
        if bias.iter().all(|value| *value == 0.0) {
            continue;
        }
        let each_head_its_own = config.num_key_value_heads == config.num_attention_heads;
        let square = config.query_width() == d && each_head_its_own && config.attention_bias;
        let solved = if square {
            let mut matrix = Vec::new();
            let weight = format!("model.layers.{layer}.self_attn.o_proj.weight");
            reader.append(&weight, &[d, d], &mut matrix)?;
            solve(&matrix, &bias)
        } else {
            None
        };
        let Some(values) = solved else {
            let message = "is not zero, and cannot be made a bias of the values; train with it frozen at zero";
            return Err(Error::tensor(reader.path(&name), &name, message));
        };
        all.insert(format!("layers.{layer}.qkv_bias"), values);
    }
    Ok(all)
}

/// The x of `matrix` x = `right`, by elimination with the largest pivot of each column; none where the matrix cannot be
/// inverted without losing the digits of f32.
fn solve(matrix: &[f32], right: &[f32]) -> Option<Vec<f32>> {
    let n = right.len();
    let mut rows: Vec<Vec<f64>> = matrix
        .chunks(n)
        .zip(right)
        .map(|(row, right)| {
            let row = row.iter().chain([right]);
            row.map(|value| f64::from(*value)).collect()
        })
        .collect();
    let largest = matrix
        .iter()
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    let least = f64::from(largest) * 1e-7;
    for column in 0..n {
        let pivot =
            (column..n).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        if rows[pivot][column].abs() <= least {
            return None;
        }
        rows.swap(column, pivot);
        let (above, below) = rows.split_at_mut(column + 1);
        let lead = &above[column];
        for row in below {
            let factor = row[column] / lead[column];
            if factor != 0.0 {
                for (value, own) in row.iter_mut().zip(lead).skip(column) {
                    *value -= factor * own;
                }
            }
        }
    }
    let mut x = vec![0.0_f64; n];
    for at in (0..n).rev() {
        let known: f64 = (at + 1..n).map(|other| rows[at][other] * x[other]).sum();
        x[at] = (rows[at][n] - known) / rows[at][at];
    }
    Some(x.into_iter().map(|value| value as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved_or_said_to_have_no_solution() {
        let x = solve(&[0.0, 2.0, 4.0, 1.0], &[2.0, 9.0]).unwrap();
        assert_eq!(x, [2.0, 1.0]);
        assert!(solve(&[1.0, 2.0, 2.0, 4.0], &[1.0, 2.0]).is_none());
    }
}
