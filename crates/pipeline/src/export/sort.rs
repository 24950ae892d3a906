//! Rows in the order of their ids, more of them than fit into memory: a distribution sort. Ids are hashes, so their first
//! digits spread rows evenly over buckets; each bucket is then sorted by itself.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use caco_record::Row;

use crate::Error;

/// Rows that a bucket holds on average, at most.
const ROWS_PER_BUCKET: u64 = 8192;
/// The most buckets; so many have 16 hexadecimal digits of four.
const MOST_BUCKETS: u64 = 1 << 12;
/// Bytes of rows that wait in memory before they go to the disk, over all buckets.
const WAITING_BYTES: usize = 64 << 20;
/// Bytes that go to the disk together, at least and at most; many small ones would compress badly.
const BLOCK_BYTES: (usize, usize) = (32 << 10, 1 << 20);
/// The compression of what goes to the disk: for speed.
const LEVEL: i32 = 1;

/// Takes rows in any order.
pub(super) struct Sorter {
    folder: PathBuf,
    /// What does not wait in memory: a file without a name, which is gone when the process is.
    file: Option<File>,
    end: u64,
    buckets: Vec<Bucket>,
    block: usize,
}

#[derive(Default)]
struct Bucket {
    waiting: Vec<u8>,
    blocks: Vec<Block>,
}

struct Block {
    at: u64,
    stored: usize,
    bytes: usize,
}

impl Sorter {
    /// A sorter for about so many rows, with its file in a folder.
    pub(super) fn new(folder: &Path, rows: u64) -> Self {
        let buckets = (rows / ROWS_PER_BUCKET)
            .next_power_of_two()
            .min(MOST_BUCKETS);
        let buckets = usize::try_from(buckets).unwrap_or(1);
        Self {
            folder: folder.to_owned(),
            file: None,
            end: 0,
            block: (WAITING_BYTES / buckets).clamp(BLOCK_BYTES.0, BLOCK_BYTES.1),
            buckets: std::iter::repeat_with(Bucket::default)
                .take(buckets)
                .collect(),
        }
    }

    /// Takes a row.
    pub(super) fn push(&mut self, row: &Row) -> Result<(), Error> {
        let place = bucket_of(&row.row_id, self.buckets.len());
        let bucket = &mut self.buckets[place];
        caco_record::pack(row, &mut bucket.waiting);
        if bucket.waiting.len() < self.block {
            return Ok(());
        }
        let failed = |error| Error::io("write a temporary file in", &self.folder, error);
        let stored = zstd::bulk::compress(&bucket.waiting, LEVEL).map_err(failed)?;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(&self.folder).map_err(failed)?),
        };
        file.write_all_at(&stored, self.end).map_err(failed)?;
        bucket.blocks.push(Block {
            at: self.end,
            stored: stored.len(),
            bytes: bucket.waiting.len(),
        });
        self.end += stored.len() as u64;
        bucket.waiting.clear();
        Ok(())
    }

    /// The rows of one bucket after the other, each sorted. Two rows of one id are a defect.
    pub(super) fn sorted(mut self) -> impl Iterator<Item = Result<Vec<Row>, Error>> {
        let buckets = std::mem::take(&mut self.buckets);
        buckets.into_iter().map(move |bucket| self.read(bucket))
    }

    fn read(&self, bucket: Bucket) -> Result<Vec<Row>, Error> {
        let failed = |error| Error::io("read a temporary file in", &self.folder, error);
        let mut rows = Vec::new();
        let mut unpack = |mut bytes: &[u8]| -> Result<(), Error> {
            while !bytes.is_empty() {
                let row = caco_record::unpack(&mut bytes);
                rows.push(row.map_err(|error| Error::Internal(error.to_string()))?);
            }
            Ok(())
        };
        if let Some(file) = &self.file {
            for block in bucket.blocks {
                let mut stored = vec![0; block.stored];
                file.read_exact_at(&mut stored, block.at).map_err(failed)?;
                unpack(&zstd::bulk::decompress(&stored, block.bytes).map_err(failed)?)?;
            }
        }
        unpack(&bucket.waiting)?;
        rows.sort_unstable_by(|one, other| one.row_id.cmp(&other.row_id));
        if let Some(pair) = rows
            .windows(2)
            .find(|pair| pair[0].row_id == pair[1].row_id)
        {
            return Err(Error::Internal(format!(
                "two exported rows have the row_id {}",
                pair[0].row_id
            )));
        }
        Ok(rows)
    }
}

/// The bucket of an id, of a power of two up to [`MOST_BUCKETS`]: ids in order have buckets in order, whatever their
/// characters are.
fn bucket_of(id: &str, buckets: usize) -> usize {
    let mut place = 0;
    let mut digits = id.bytes();
    // Nothing comes before an id's end; what is no digit takes the place of the next digit below it, or of the first.
    let mut fill = None;
    for _ in 0..3 {
        let digit = fill.unwrap_or_else(|| match digits.next() {
            Some(digit @ b'0'..=b'9') => digit - b'0',
            Some(digit @ b'a'..=b'f') => digit - b'a' + 10,
            None | Some(0..b'0') => *fill.insert(0),
            Some(b':'..b'a') => {
                fill = Some(15);
                9
            }
            Some(b'g'..) => *fill.insert(15),
        });
        place = place * 16 + usize::from(digit);
    }
    place * buckets / 4096
}

#[cfg(test)]
mod tests {
    use super::*;
    use caco_record::{ORIGIN_SAMPLE, Stage};

    fn row(number: u32, text: usize) -> Row {
        let id = caco_record::row_id(&[&number.to_string()]);
        let mut row = Row::new(id, ORIGIN_SAMPLE, 1, Stage::Curate);
        row.problem = Some("x".repeat(text));
        row
    }

    #[test]
    fn ids_in_order_have_buckets_in_order() {
        let mut ids: Vec<String> = (0..2000)
            .map(|n: u32| caco_record::row_id(&[&n.to_string()]))
            .collect();
        for odd in [
            "", "0", "9", "9:", "9G00", "Gzz", "a", "a0", "f", "fff", "g", "é", "~", "!0", "0!f",
        ] {
            ids.push(odd.to_owned());
        }
        ids.sort();
        for buckets in [1, 2, 64, 4096] {
            let places: Vec<usize> = ids.iter().map(|id| bucket_of(id, buckets)).collect();
            assert!(places.is_sorted(), "{buckets}");
            assert!(places.iter().all(|place| *place < buckets));
        }
    }

    #[test]
    fn rows_come_back_sorted_from_memory_and_disk() {
        let folder = tempfile::tempdir().unwrap();
        for (count, text) in [(0, 0), (50, 10), (40_000, 300)] {
            let mut sorter = Sorter::new(folder.path(), count);
            for number in 0..u32::try_from(count).unwrap() {
                sorter.push(&row(number, text)).unwrap();
            }
            assert_eq!(sorter.file.is_some(), count > 50);
            let mut all = Vec::new();
            for rows in sorter.sorted() {
                all.extend(rows.unwrap());
            }
            assert_eq!(all.len() as u64, count);
            assert!(all.is_sorted_by(|one, other| one.row_id < other.row_id));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_same_id_twice_is_a_defect() {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path(), 2);
        sorter.push(&row(1, 1)).unwrap();
        sorter.push(&row(1, 2)).unwrap();
        let found = sorter.sorted().collect::<Result<Vec<_>, _>>();
        assert!(matches!(found, Err(Error::Internal(_))));
    }
}
