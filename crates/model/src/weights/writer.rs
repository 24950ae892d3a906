//! Writing tensors one at a time, in one file or in shards.

use super::Precision;
use crate::{Error, Result, files, ops};
use candle_core::{Device, Tensor};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::Path;

/// A tensor that is made when its turn comes to be written.
pub(crate) struct Entry<'a> {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) make: Box<dyn Fn() -> Result<Tensor> + 'a>,
}

impl<'a> Entry<'a> {
    /// A tensor that is there already.
    pub(crate) fn of(name: String, tensor: &Tensor) -> Self {
        let tensor = tensor.clone();
        Self {
            name,
            shape: tensor.dims().to_vec(),
            make: Box::new(move || Ok(tensor.clone())),
        }
    }

    fn bytes(&self, precision: Precision) -> usize {
        self.shape.iter().product::<usize>() * precision.bytes()
    }
}

/// Writes one file, ordered by name, so that equal tensors give equal bytes; with the metadata that PyTorch readers expect.
pub(crate) fn write(path: &Path, mut entries: Vec<Entry<'_>>, precision: Precision) -> Result<()> {
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let mut header = Map::new();
    header.insert("__metadata__".to_string(), json!({ "format": "pt" }));
    let mut at = 0;
    for entry in &entries {
        let end = at + entry.bytes(precision);
        let place = json!({
            "dtype": precision.tag(),
            "shape": entry.shape,
            "data_offsets": [at, end],
        });
        header.insert(entry.name.clone(), place);
        at = end;
    }
    let mut header = serde_json::to_vec(&Value::Object(header)).map_err(Error::json(path))?;
    // Tensors start at a multiple of eight bytes.
    header.resize(header.len().next_multiple_of(8), b' ');
    files::write_with(path, |file| {
        file.write_all(&(header.len() as u64).to_le_bytes())
            .and_then(|()| file.write_all(&header))
            .map_err(Error::io(path))?;
        for entry in &entries {
            let tensor = (entry.make)()?.to_device(&Device::Cpu)?;
            ops::with(&tensor, |values| put(file, values, precision))?.map_err(Error::io(path))?;
        }
        Ok(())
    })
}

fn put(file: &mut impl Write, values: &[f32], precision: Precision) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    for values in values.chunks(1 << 14) {
        bytes.clear();
        match precision {
            Precision::F32 => bytes.extend(values.iter().flat_map(|v| v.to_le_bytes())),
            Precision::F16 => {
                bytes.extend((values.iter()).flat_map(|v| half::f16::from_f32(*v).to_le_bytes()))
            }
            Precision::BF16 => {
                bytes.extend((values.iter()).flat_map(|v| half::bf16::from_f32(*v).to_le_bytes()))
            }
        }
        file.write_all(&bytes)?;
    }
    Ok(())
}

/// Writes the weights of a model directory: one file, or, above `limit` bytes, shards and their index. Weights of the
/// other form that an earlier save left are removed.
pub(crate) fn write_model(
    dir: &Path,
    mut entries: Vec<Entry<'_>>,
    precision: Precision,
    limit: usize,
) -> Result<()> {
    let stale = existing(dir)?;
    let total: usize = entries.iter().map(|entry| entry.bytes(precision)).sum();
    let mut written = Vec::new();
    if total <= limit {
        written.push(super::SINGLE.to_string());
        write(&dir.join(super::SINGLE), entries, precision)?;
    } else {
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        let (mut shards, mut size): (Vec<Vec<Entry<'_>>>, usize) = (Vec::new(), limit);
        for entry in entries {
            let bytes = entry.bytes(precision);
            if size + bytes > limit {
                shards.push(Vec::new());
                size = 0;
            }
            size += bytes;
            if let Some(shard) = shards.last_mut() {
                shard.push(entry);
            }
        }
        let count = shards.len();
        let mut map = Map::new();
        for (number, shard) in (1..).zip(shards) {
            let name = format!("model-{number:05}-of-{count:05}.safetensors");
            for entry in &shard {
                map.insert(entry.name.clone(), Value::String(name.clone()));
            }
            write(&dir.join(&name), shard, precision)?;
            written.push(name);
        }
        map.sort_keys();
        let index = json!({ "metadata": { "total_size": total }, "weight_map": map });
        files::write_json(&dir.join(super::INDEX), &index)?;
        written.push(super::INDEX.to_string());
    }
    for name in stale {
        if !written.contains(&name) {
            let path = dir.join(name);
            std::fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

/// The weight files that are in a directory, by name.
fn existing(dir: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(Error::io(dir))? {
        let name = entry.map_err(Error::io(dir))?.file_name();
        let name = name.to_string_lossy().into_owned();
        let shard = name.starts_with("model-") && name.ends_with(".safetensors");
        if shard || name == super::SINGLE || name == super::INDEX {
            names.push(name);
        }
    }
    Ok(names)
}
