//! Reading tensors one at a time, so that no file is in memory as a whole.

use crate::{Error, Result, files};
use safetensors::tensor::{Dtype, Metadata};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The largest header that the format allows, in bytes.
const LARGEST_HEADER: u64 = 100_000_000;

/// A tensor's place.
struct Place {
    file: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    /// Offset of the first byte in the file, and the number of bytes.
    bytes: (u64, usize),
}

/// The tensors of one file or of several shards.
pub(crate) struct Reader {
    files: Vec<(PathBuf, File)>,
    places: BTreeMap<String, Place>,
    /// The bytes of the tensor being read; kept for the next one.
    raw: Vec<u8>,
}

impl Reader {
    /// Opens the weights of a model directory: `model.safetensors`, or the shards of its index.
    pub(crate) fn open_model(dir: &Path) -> Result<Self> {
        Self::open(&locate(dir)?)
    }

    /// Opens files and reads their headers.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<Self> {
        let mut reader = Self {
            files: Vec::new(),
            places: BTreeMap::new(),
            raw: Vec::new(),
        };
        for path in paths {
            reader.add(path)?;
        }
        Ok(reader)
    }

    fn add(&mut self, path: &Path) -> Result<()> {
        let damaged = |message: String| Error::Weights {
            path: path.to_path_buf(),
            message,
        };
        let mut file = File::open(path).map_err(Error::io(path))?;
        let length = file.metadata().map_err(Error::io(path))?.len();
        let mut size = [0; 8];
        file.read_exact(&mut size)
            .map_err(|_| damaged("it is shorter than its header".to_string()))?;
        let size = u64::from_le_bytes(size);
        if size > LARGEST_HEADER || size + 8 > length {
            return Err(damaged(format!(
                "it states a header of {size} bytes and has {length}"
            )));
        }
        let mut header = vec![0; size as usize];
        file.read_exact(&mut header).map_err(Error::io(path))?;
        let header: Metadata =
            serde_json::from_slice(&header).map_err(|e| damaged(e.to_string()))?;
        let start = 8 + size;
        if start + header.data_len() as u64 != length {
            return Err(damaged(format!(
                "it has {} bytes of tensors, its header states {}",
                length - start,
                header.data_len()
            )));
        }
        for (name, info) in header.tensors() {
            let (from, to) = info.data_offsets;
            let bits = info.shape.iter().product::<usize>() * info.dtype.bitsize();
            if to < from || (to - from) * 8 != bits {
                let message = "its bytes do not fit its shape; download or save the model again";
                return Err(Error::tensor(path, &name, message));
            }
            let place = Place {
                file: self.files.len(),
                dtype: info.dtype,
                shape: info.shape.clone(),
                bytes: (start + from as u64, to - from),
            };
            if self.places.insert(name.clone(), place).is_some() {
                return Err(Error::tensor(path, &name, "is in another shard, too"));
            }
        }
        self.files.push((path.to_path_buf(), file));
        Ok(())
    }

    /// Whether there is a tensor of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// The names of all tensors, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// The shape of a tensor.
    #[cfg(test)]
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.places.get(name).map(|place| place.shape.as_slice())
    }

    /// The file of a tensor; that of the first one where there is none of this name.
    pub(crate) fn path(&self, name: &str) -> &Path {
        let file = self.places.get(name).map_or(0, |place| place.file);
        self.files.get(file).map_or(Path::new(""), |(path, _)| path)
    }

    /// Appends the values of a tensor, which must have this shape; f32, f16 and bf16 are read.
    pub(crate) fn append(
        &mut self,
        name: &str,
        shape: &[usize],
        values: &mut Vec<f32>,
    ) -> Result<()> {
        let wrong = |message: String| Err(Error::tensor(self.path(name), name, message));
        let Some(place) = self.places.get(name) else {
            return wrong("missing; the weights do not fit config.json".to_string());
        };
        if place.shape != shape {
            return wrong(format!(
                "has shape {:?}, {shape:?} is asked for",
                place.shape
            ));
        }
        if !matches!(place.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16) {
            return wrong(format!(
                "has type {:?}; f32, f16 and bf16 can be read",
                place.dtype
            ));
        }
        let Some((path, file)) = self.files.get_mut(place.file) else {
            return Err(Error::tensor("", name, "is in no file"));
        };
        self.raw.resize(place.bytes.1, 0);
        file.seek(SeekFrom::Start(place.bytes.0))
            .and_then(|_| file.read_exact(&mut self.raw))
            .map_err(Error::io(path))?;
        match place.dtype {
            Dtype::F32 => {
                values.extend(
                    self.raw
                        .as_chunks()
                        .0
                        .iter()
                        .map(|b| f32::from_le_bytes(*b)),
                );
            }
            Dtype::F16 => values.extend(
                (self.raw.as_chunks().0.iter()).map(|b| half::f16::from_le_bytes(*b).to_f32()),
            ),
            _ => values.extend(
                (self.raw.as_chunks().0.iter()).map(|b| half::bf16::from_le_bytes(*b).to_f32()),
            ),
        }
        Ok(())
    }
}

/// The weight files of a model directory: one file, or the shards of an index.
fn locate(dir: &Path) -> Result<Vec<PathBuf>> {
    let single = dir.join(super::SINGLE);
    if single.is_file() {
        return Ok(vec![single]);
    }
    let index = dir.join(super::INDEX);
    if !index.is_file() {
        let missing = std::io::Error::new(
            std::io::ErrorKind::NotFound,
            "no model.safetensors and no model.safetensors.index.json here; give the directory of a saved model",
        );
        return Err(Error::io(dir)(missing));
    }
    let json: serde_json::Value = files::read_json(&index)?;
    let map = json["weight_map"]
        .as_object()
        .ok_or_else(|| Error::config(index.display().to_string(), "`weight_map` is missing"))?;
    let mut shards: Vec<&str> = map.values().filter_map(|v| v.as_str()).collect();
    shards.sort_unstable();
    shards.dedup();
    if let Some(outside) = shards
        .iter()
        .find(|name| Path::new(name).components().count() != 1)
    {
        let message = format!("`weight_map` names {outside}, which is not a file beside it");
        return Err(Error::config(index.display().to_string(), message));
    }
    Ok(shards.into_iter().map(|name| dir.join(name)).collect())
}
