//! The files of one view: numbered shards of about one size, written aside and named when their number is known.

use std::fs::{self, File as Disk};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use caco_record::Row;
use parquet::arrow::ArrowWriter;

use super::views::{FileKind, Item, Needs, View};
use super::{File, columns, table};
use crate::{Error, atomic, shard};

/// Rows that are given to a sink at once. What the files hold depends on it, so it is the same for all.
pub(super) const CHUNK: usize = 1000;
/// Chunks in one row group of Parquet, unless they are large.
const GROUP_CHUNKS: usize = 10;
/// Encoded bytes that end a row group early.
const GROUP_BYTES: usize = 64 << 20;

/// How large a file may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSize {
    /// A file ends with the row, or for Parquet the row group, that reaches so many bytes.
    pub bytes: u64,
    /// A file ends after so many rows, where that comes first.
    pub rows: Option<usize>,
}

/// Writes the files of one view in order.
pub(super) struct Sink<'a> {
    pub(super) view: View,
    set: &'a str,
    words: bool,
    size: FileSize,
    root: &'a Path,
    open: Option<Open>,
    done: Vec<Aside>,
    rows: u64,
}

/// A finished file under its temporary name.
struct Aside {
    path: PathBuf,
    bytes: u64,
    hash: String,
}

struct Open {
    path: PathBuf,
    rows: usize,
    encoder: Encoder,
}

#[expect(
    clippy::large_enum_variant,
    reason = "there is one for each file that is being written"
)]
enum Encoder {
    Lines(BufWriter<Hashed>),
    Parquet {
        writer: Box<ArrowWriter<Hashed>>,
        chunks: usize,
    },
}

impl<'a> Sink<'a> {
    /// A sink for a view's folder below `root`; what an earlier process has left aside there goes.
    pub(super) fn new(
        root: &'a Path,
        view: View,
        set: &'a str,
        words: bool,
        size: FileSize,
    ) -> Result<Self, Error> {
        let folder = root.join(view.folder());
        atomic::create_dir(&folder)?;
        atomic::sweep(&folder);
        Ok(Self {
            view,
            set,
            words,
            size,
            root,
            open: None,
            done: Vec::new(),
            rows: 0,
        })
    }

    /// Takes the next rows. All calls but the last must be of [`CHUNK`] rows.
    pub(super) fn write(&mut self, mut rows: &[Row]) -> Result<(), Error> {
        while !rows.is_empty() {
            let FileSize { bytes, rows: most } = self.size;
            let before = self.open()?.rows;
            let room = most.map_or(rows.len(), |most| most - before);
            let taken = self.put(&rows[..room.min(rows.len())])?;
            self.rows += taken as u64;
            rows = &rows[taken..];
            let open = self.open()?;
            open.rows += taken;
            if open.encoder.size() >= bytes || most.is_some_and(|most| open.rows >= most) {
                self.close()?;
            }
        }
        Ok(())
    }

    /// Ends the last file and gives all their names. A view without rows has one empty file.
    pub(super) fn finish(mut self) -> Result<Vec<File>, Error> {
        if self.done.is_empty() || self.open.is_some() {
            self.open()?;
            self.close()?;
        }
        let (count, kind) = (self.done.len(), self.view.kind());
        let mut files = Vec::with_capacity(count);
        for (number, aside) in std::mem::take(&mut self.done).into_iter().enumerate() {
            let path = format!(
                "{}/train-{number:05}-of-{count:05}.{}",
                self.view.folder(),
                kind.extension()
            );
            let target = self.root.join(&path);
            fs::rename(&aside.path, &target).map_err(|error| Error::io("write", &target, error))?;
            files.push(File {
                path,
                bytes: aside.bytes,
                blake3: aside.hash,
            });
        }
        atomic::sync_dir(&self.root.join(self.view.folder()))?;
        Ok(files)
    }

    fn open(&mut self) -> Result<&mut Open, Error> {
        if self.open.is_none() {
            let name = format!(".train-{:05}.partial", self.done.len());
            let path = self.root.join(self.view.folder()).join(name);
            let file = Hashed::create(&path)?;
            let encoder = match self.view.kind() {
                FileKind::Jsonl => Encoder::Lines(BufWriter::with_capacity(1 << 16, file)),
                FileKind::Parquet => {
                    let schema = self.batch(&[])?.schema();
                    Encoder::Parquet {
                        writer: Box::new(parquet(file, schema)?),
                        chunks: 0,
                    }
                }
            };
            self.open = Some(Open {
                path,
                rows: 0,
                encoder,
            });
        }
        let open = self.open.as_mut();
        open.ok_or_else(|| Error::Internal("a sink without a file".into()))
    }

    /// Writes rows to the open file and says how many it took.
    fn put(&mut self, rows: &[Row]) -> Result<usize, Error> {
        let batch = match self.view.kind() {
            FileKind::Parquet => Some(self.batch(rows)?),
            FileKind::Jsonl => None,
        };
        let (view, set, words, first) = (self.view, self.set, self.words, self.rows);
        let most = self.size.bytes;
        let open = self.open()?;
        let failed = |error| Error::io("write", &open.path, error);
        match (&mut open.encoder, batch) {
            (Encoder::Parquet { writer, chunks }, Some(batch)) => {
                writer.write(&batch).map_err(encoding)?;
                *chunks += 1;
                if *chunks >= GROUP_CHUNKS || writer.in_progress_size() >= GROUP_BYTES {
                    writer.flush().map_err(encoding)?;
                    *chunks = 0;
                }
                Ok(rows.len())
            }
            (Encoder::Lines(out), _) => {
                for (place, row) in rows.iter().enumerate() {
                    let item = Item {
                        row,
                        index: first + place as u64,
                        set,
                        words,
                    };
                    let value = shape(view, &item)?;
                    serde_json::to_writer(&mut *out, &value)
                        .map_err(|error| failed(error.into()))?;
                    out.write_all(b"\n").map_err(failed)?;
                    if out.get_ref().bytes + out.buffer().len() as u64 >= most {
                        return Ok(place + 1);
                    }
                }
                Ok(rows.len())
            }
            (Encoder::Parquet { .. }, None) => Err(Error::Internal("no batch".into())),
        }
    }

    fn batch(&self, rows: &[Row]) -> Result<RecordBatch, Error> {
        if self.view == View::Parquet {
            return table::batch(rows, self.words);
        }
        let shaped = rows.iter().enumerate().map(|(place, row)| {
            let item = Item {
                row,
                index: self.rows + place as u64,
                set: self.set,
                words: self.words,
            };
            shape(self.view, &item)
        });
        columns::batch(&self.view.fields(), &shaped.collect::<Result<Vec<_>, _>>()?)
    }

    fn close(&mut self) -> Result<(), Error> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let failed = |error| Error::io("write", &open.path, error);
        let file = match open.encoder {
            Encoder::Lines(out) => out
                .into_inner()
                .map_err(|error| failed(error.into_error()))?,
            Encoder::Parquet { writer, .. } => writer.into_inner().map_err(encoding)?,
        };
        file.file.sync_all().map_err(failed)?;
        self.done.push(Aside {
            path: open.path,
            bytes: file.bytes,
            hash: file.hasher.finalize().to_hex().to_string(),
        });
        Ok(())
    }
}

impl Drop for Sink<'_> {
    /// What was not finished is of no use.
    fn drop(&mut self) {
        let open = self.open.iter().map(|open| &open.path);
        for path in self.done.iter().map(|aside| &aside.path).chain(open) {
            let _ = fs::remove_file(path);
        }
    }
}

impl Encoder {
    /// Bytes so far; of Parquet those of whole row groups.
    fn size(&self) -> u64 {
        match self {
            Self::Lines(out) => out.get_ref().bytes + out.buffer().len() as u64,
            Self::Parquet { writer, .. } => writer.bytes_written() as u64,
        }
    }
}

fn shape(view: View, item: &Item<'_>) -> Result<serde_json::Value, Error> {
    view.shape(item).map_err(|lacking| {
        let with = match view.needs() {
            Needs::Words => "`program`, `jsonl`, `parquet` or, where there are problems, `verl`",
            _ => "`program`, `jsonl` or `parquet`",
        };
        Error::Usage {
            message: format!(
                "row {} has no {}, which the view `{view}` shows",
                item.row.row_id, lacking.0
            ),
            hint: format!("a data set of programs alone can be exported as {with}"),
        }
    })
}

/// A writer of Parquet as all files of this program are written.
pub(super) fn parquet(file: Hashed, schema: SchemaRef) -> Result<ArrowWriter<Hashed>, Error> {
    let properties = shard::properties(Vec::new())?
        .set_max_row_group_row_count(Some(GROUP_CHUNKS * CHUNK))
        .build();
    ArrowWriter::try_new(file, schema, Some(properties)).map_err(encoding)
}

pub(super) fn encoding(error: parquet::errors::ParquetError) -> Error {
    match error {
        parquet::errors::ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => Error::io("write", Path::new("a Parquet file"), *error),
            Err(other) => Error::Internal(format!("writing Parquet: {other}")),
        },
        other => Error::Internal(format!("writing Parquet: {other}")),
    }
}

/// A file that counts and hashes what goes into it.
pub(super) struct Hashed {
    pub(super) file: Disk,
    pub(super) bytes: u64,
    pub(super) hasher: blake3::Hasher,
}

impl Hashed {
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        Ok(Self {
            file: Disk::create(path).map_err(|error| Error::io("write", path, error))?,
            bytes: 0,
            hasher: blake3::Hasher::new(),
        })
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
