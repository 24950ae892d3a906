//! Rotary frequencies, and how they are stretched for long contexts.

use serde_json::{Value, json};
use std::f64::consts::TAU;

/// How the rotary angles are stretched for a context longer than the one trained on.
#[derive(Clone, Debug, PartialEq)]
pub enum RopeScaling {
    /// Every angle divided by a factor (`linear` in `transformers`).
    Linear {
        /// At least 1.
        factor: f64,
    },
    /// Slow angles divided, fast ones kept, those between mixed (`llama3` in `transformers`; Llama 3.1 and later).
    Llama3 {
        /// What slow angles are divided by; at least 1.
        factor: f64,
        /// Angles that turn less often than this in the original context are slow.
        low_freq_factor: f64,
        /// Angles that turn more often than this in the original context are fast; above `low_freq_factor`.
        high_freq_factor: f64,
        /// The context trained on first, in tokens.
        original_max_position_embeddings: f64,
    },
}

impl RopeScaling {
    /// Reads `rope_scaling` (`transformers` 4) or `rope_parameters` (5) of a `config.json`; the error is a message.
    pub(super) fn from_json(json: &Value) -> Result<Option<Self>, String> {
        let key = if json["rope_scaling"].is_null() {
            "rope_parameters"
        } else {
            "rope_scaling"
        };
        let fields = &json[key];
        // Files of 2023 say `type`.
        let kind = match (&fields["rope_type"], &fields["type"]) {
            (Value::Null, Value::Null) => return Ok(None),
            (Value::Null, kind) | (kind, _) => kind.as_str().unwrap_or_default(),
        };
        let number = |name: &str| {
            fields[name]
                .as_f64()
                .filter(|value| *value > 0.0)
                .ok_or_else(|| format!("`{key}.{name}` must be a number above 0"))
        };
        match kind {
            "default" => Ok(None),
            "linear" => Ok(Some(Self::Linear {
                factor: number("factor")?,
            })),
            "llama3" => {
                let (low, high) = (number("low_freq_factor")?, number("high_freq_factor")?);
                if low >= high {
                    return Err(format!(
                        "`{key}.high_freq_factor` must be above `low_freq_factor`"
                    ));
                }
                Ok(Some(Self::Llama3 {
                    factor: number("factor")?,
                    low_freq_factor: low,
                    high_freq_factor: high,
                    original_max_position_embeddings: number("original_max_position_embeddings")?,
                }))
            }
            other => Err(format!(
                "`{key}` is of type \"{other}\"; \"default\", \"linear\" and \"llama3\" can be computed"
            )),
        }
    }

    /// As it stands in `config.json`.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Linear { factor } => json!({ "rope_type": "linear", "factor": factor }),
            Self::Llama3 {
                factor,
                low_freq_factor,
                high_freq_factor,
                original_max_position_embeddings,
            } => json!({
                "rope_type": "llama3",
                "factor": factor,
                "low_freq_factor": low_freq_factor,
                "high_freq_factor": high_freq_factor,
                "original_max_position_embeddings": *original_max_position_embeddings as u64,
            }),
        }
    }

    /// The positions that an angle takes for one radian, from those that it takes without scaling.
    pub(crate) fn stretch(&self, positions: f64) -> f64 {
        match *self {
            Self::Linear { factor } => positions * factor,
            Self::Llama3 {
                factor,
                low_freq_factor: low,
                high_freq_factor: high,
                original_max_position_embeddings: context,
            } => {
                let turns = context / (positions * TAU);
                let kept = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                1.0 / (kept / positions + (1.0 - kept) / (positions * factor))
            }
        }
    }
}
