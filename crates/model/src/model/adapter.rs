//! Adapters in the files of PEFT (`adapter_config.json`, `adapter_model.safetensors`).

use super::Model;
use crate::network::{Adapter, Lora, Module};
use crate::{Error, Precision, Result, files, weights};
use serde_json::{Value, json};
use std::path::Path;

const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";

impl Model {
    /// Lays a fresh adapter over the network, in the place of one that was there; it changes nothing until it is trained.
    /// The same seed gives the same adapter.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn lay_adapter(&mut self, settings: &Lora, seed: u64) -> Result<()> {
        let device = self.network.embedding.device().clone();
        let adapter = Adapter::new(settings, self.network.config(), seed, &device)?;
        self.network.set_adapter(Some(adapter));
        Ok(())
    }

    /// The settings of the adapter over the network, where there is one.
    #[must_use]
    pub fn adapter(&self) -> Option<&Lora> {
        self.network.adapter().map(|adapter| &adapter.settings)
    }

    /// Adds the adapter into the weights, where there is one; the network computes the same up to rounding.
    ///
    /// # Errors
    /// When the device fails.
    pub fn merge_adapter(&mut self) -> Result<()> {
        self.network.merge()
    }

    /// Writes the adapter, which must be there, as PEFT does: `adapter_config.json` and `adapter_model.safetensors` (f32).
    /// PEFT needs to be given the model that it belongs to.
    ///
    /// # Errors
    /// When there is no adapter, or a file cannot be written.
    pub fn save_adapter(&self, dir: &Path) -> Result<()> {
        let Some(adapter) = self.network.adapter() else {
            return Err(Error::config("adapter", "this model has none to save"));
        };
        files::create_dir(dir)?;
        weights::write(&dir.join(WEIGHTS), adapter.published(), Precision::F32)?;
        let Lora {
            rank,
            alpha,
            dropout,
            target_modules,
        } = &adapter.settings;
        files::write_json(
            &dir.join(CONFIG),
            &json!({
                "peft_type": "LORA",
                "task_type": "CAUSAL_LM",
                "base_model_name_or_path": null,
                "inference_mode": true,
                "r": rank,
                "lora_alpha": alpha,
                "lora_dropout": dropout,
                "target_modules": target_modules,
                "bias": "none",
                "fan_in_fan_out": false,
                "use_rslora": false,
                "use_dora": false,
                "init_lora_weights": true,
                "modules_to_save": null,
                "rank_pattern": {},
                "alpha_pattern": {},
            }),
        )
    }

    /// Lays the adapter of a PEFT folder over the network, in the place of one that was there.
    ///
    /// # Errors
    /// When a file is missing or damaged, the adapter is of another kind than plain LoRA on the seven matrices, or it does
    /// not fit the model.
    pub fn load_adapter(&mut self, dir: &Path) -> Result<()> {
        let path = dir.join(CONFIG);
        let settings = settings(&files::read_json(&path)?)
            .map_err(|e| Error::config(path.display().to_string(), e))?;
        let path = dir.join(WEIGHTS);
        let mut reader = weights::Reader::open(std::slice::from_ref(&path))?;
        let device = self.network.embedding.device().clone();
        let adapter = Adapter::read(&settings, self.network.config(), &mut reader, &device)?;
        let count = reader.names().count();
        if count != 2 * adapter.pairs.len() {
            let message = format!(
                "it has {count} tensors, {} are expected for its target_modules",
                2 * adapter.pairs.len()
            );
            return Err(Error::Weights { path, message });
        }
        self.network.set_adapter(Some(adapter));
        Ok(())
    }
}

/// The settings of an `adapter_config.json`; the error is a message.
fn settings(json: &Value) -> Result<Lora, String> {
    let plain = [
        ("peft_type", json!("LORA")),
        ("use_dora", json!(false)),
        ("fan_in_fan_out", json!(false)),
        ("bias", json!("none")),
        ("modules_to_save", Value::Null),
        ("rank_pattern", json!({})),
        ("alpha_pattern", json!({})),
        ("layers_to_transform", Value::Null),
        ("lora_bias", json!(false)),
        ("target_parameters", Value::Null),
        ("trainable_token_indices", Value::Null),
    ];
    for (key, want) in plain {
        let value = &json[key];
        if !value.is_null() && *value != want {
            return Err(format!("`{key}` is {value}, only {want} can be computed"));
        }
    }
    let rank = json["r"].as_u64().ok_or("`r` must be a whole number")? as usize;
    let alpha = json["lora_alpha"]
        .as_f64()
        .ok_or("`lora_alpha` must be a number")?;
    // Rank-stabilised adapters divide by √rank.
    let alpha = match json["use_rslora"] == true {
        true => alpha * (rank as f64).sqrt(),
        false => alpha,
    };
    let target_modules: Vec<Module> = if json["target_modules"] == "all-linear" {
        Module::ALL.to_vec()
    } else {
        serde_json::from_value(json["target_modules"].clone())
            .map_err(|e| format!("`target_modules`: {e}"))?
    };
    Ok(Lora {
        rank,
        alpha: alpha as f32,
        dropout: json["lora_dropout"].as_f64().unwrap_or(0.0) as f32,
        target_modules,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_kinds_of_adapter_are_refused() {
        let plain = json!({
            "peft_type": "LORA", "r": 4, "lora_alpha": 8, "lora_dropout": 0.1,
            "target_modules": ["v_proj", "q_proj"], "modules_to_save": null,
        });
        let lora = settings(&plain).unwrap();
        assert_eq!((lora.rank, lora.scale(), lora.dropout), (4, 2.0, 0.1));
        assert_eq!(lora.target_modules, [Module::VProj, Module::QProj]);
        for (key, value) in [
            ("peft_type", json!("IA3")),
            ("use_dora", json!(true)),
            ("modules_to_save", json!(["lm_head"])),
            ("rank_pattern", json!({ "q_proj": 8 })),
            ("target_modules", json!(["c_attn"])),
        ] {
            let mut other = plain.clone();
            other[key] = value;
            assert!(settings(&other).unwrap_err().contains(key));
        }
        let mut stable = plain;
        stable["use_rslora"] = json!(true);
        assert_eq!(settings(&stable).unwrap().scale(), 4.0);
    }
}
