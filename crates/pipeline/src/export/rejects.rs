//! The ledger of dropped rows.

use std::fs;
use std::path::Path;

use caco_record::Row;

use super::File;
use super::sink::{CHUNK, Hashed, encoding, parquet};
use crate::shard::Shard;
use crate::{Error, atomic};

/// Writes the dropped rows of shards into one Parquet file, a shard at a time.
pub(super) fn write(root: &Path, path: String, shards: &[&Shard]) -> Result<File, Error> {
    let target = root.join(&path);
    let folder = target.parent().unwrap_or(root);
    atomic::create_dir(folder)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let aside = folder.join(format!(".{name}.partial"));
    let failed = |error| Error::io("write", &target, error);
    let mut writer = parquet(Hashed::create(&aside)?, caco_record::schema())?;
    let mut waiting: Vec<Row> = Vec::new();
    let mut put = |rows: &[Row]| -> Result<(), Error> {
        let batch = caco_record::to_batch(rows);
        let batch = batch.map_err(|error| Error::Internal(error.to_string()))?;
        writer.write(&batch).map_err(encoding)
    };
    for shard in shards {
        waiting.extend(shard.rows()?.into_iter().filter(|row| !row.is_kept()));
        let whole = waiting.len() / CHUNK * CHUNK;
        waiting[..whole].chunks(CHUNK).try_for_each(&mut put)?;
        waiting.drain(..whole);
    }
    put(&waiting)?;
    let file = writer.into_inner().map_err(encoding)?;
    file.file.sync_all().map_err(failed)?;
    fs::rename(&aside, &target).map_err(failed)?;
    atomic::sync_dir(folder)?;
    Ok(File {
        path,
        bytes: file.bytes,
        blake3: file.hasher.finalize().to_hex().to_string(),
    })
}
