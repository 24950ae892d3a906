//! Rows in order become the files of several views at once.

use std::path::Path;

use caco_record::Row;
use rayon::prelude::*;
use serde::Serialize;

use super::sink::{CHUNK, FileSize, Sink};
use super::tally::Tally;
use super::views::View;
use super::{File, aside};
use crate::Error;

/// The files of one view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The view.
    pub view: View,
    /// Rows in all its files.
    pub rows: u64,
    /// Its files, in order.
    pub files: Vec<File>,
}

/// What is written, and where.
pub(super) struct Plan<'a> {
    /// The folder that holds the views' folders.
    pub(super) root: &'a Path,
    /// The data set's name.
    pub(super) set: &'a str,
    pub(super) views: &'a [View],
    pub(super) words: bool,
    pub(super) size: FileSize,
}

impl Plan<'_> {
    /// Writes rows that come in order, in portions of any size: what the files hold does not depend on the portions. Files
    /// of other numbers in the views' folders go. `told` hears how many rows are written, and may end the work.
    pub(super) fn write(
        &self,
        portions: impl Iterator<Item = Result<Vec<Row>, Error>>,
        told: &dyn Fn(u64) -> Result<(), Error>,
    ) -> Result<(Vec<Written>, Tally), Error> {
        let sinks = self
            .views
            .iter()
            .map(|view| Sink::new(self.root, *view, self.set, self.words, self.size));
        let mut sinks = sinks.collect::<Result<Vec<_>, _>>()?;
        let (mut waiting, mut rows, mut tally) = (Vec::new(), 0, Tally::default());
        let mut put = |chunk: &[Row]| -> Result<(), Error> {
            for row in chunk {
                tally.add(row.verdicts.as_deref());
            }
            sinks
                .par_iter_mut()
                .try_for_each(|sink| sink.write(chunk))?;
            rows += chunk.len() as u64;
            told(rows)
        };
        for portion in portions {
            waiting.append(&mut portion?);
            let whole = waiting.len() / CHUNK * CHUNK;
            waiting[..whole].chunks(CHUNK).try_for_each(&mut put)?;
            waiting.drain(..whole);
        }
        put(&waiting)?;
        let mut written = Vec::with_capacity(sinks.len());
        for sink in sinks {
            let view = sink.view;
            let files = sink.finish()?;
            aside::remove_others(self.root, view.folder(), &files)?;
            written.push(Written { view, rows, files });
        }
        Ok((written, tally))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::columns;
    use crate::export::views::Item;
    use caco_record::{ORIGIN_SAMPLE, Stage};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use proptest::prelude::*;

    fn rows(count: usize) -> Vec<Row> {
        let row = |number: usize| {
            let mut row = Row::new(format!("{number:032}"), ORIGIN_SAMPLE, 1, Stage::Curate);
            row.problem = Some(format!("How much is {number} + 1?"));
            row.solution = Some(format!("The answer is {}.", number + 1));
            row.answer = Some((number + 1).to_string());
            row.program = Some(format!("output = {number} + 1"));
            row
        };
        (0..count).map(row).collect()
    }

    /// Every file of the views by its path, with its content.
    fn written(rows: &[Row], cuts: &[usize], size: FileSize) -> Vec<(String, Vec<u8>)> {
        let root = tempfile::tempdir().unwrap();
        let plan = Plan {
            root: root.path(),
            set: "set",
            views: &[View::Parquet, View::Openai, View::Verl],
            words: true,
            size,
        };
        let mut portions = Vec::new();
        let mut rest = rows;
        for cut in cuts {
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            portions.push(Ok(now.to_vec()));
            rest = later;
        }
        portions.push(Ok(rest.to_vec()));
        let (views, tally) = plan.write(portions.into_iter(), &|_| Ok(())).unwrap();
        assert_eq!(tally.rows, rows.len() as u64);
        let files = views.iter().flat_map(|view| &view.files);
        files
            .map(|file| {
                let bytes = std::fs::read(root.path().join(&file.path)).unwrap();
                assert_eq!(bytes.len() as u64, file.bytes);
                assert_eq!(blake3::hash(&bytes).to_hex().as_str(), file.blake3);
                (file.path.clone(), bytes)
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn portions_change_nothing(
            count in 0usize..3500,
            cuts in prop::collection::vec(0usize..1700, 0..5),
            most in prop::option::of(1usize..2500),
            bytes in 1u64..200_000,
        ) {
            let rows = rows(count);
            let size = FileSize { bytes, rows: most };
            // A file for each row is asked for by none, and slow.
            prop_assume!(count < 200 || (bytes > 2000 && most.is_none_or(|most| most > 50)));
            let whole = written(&rows, &[], size);
            prop_assert_eq!(&written(&rows, &cuts, size), &whole);
            for (path, bytes) in whole.iter().filter(|(path, _)| path.ends_with(".jsonl")) {
                let lines = bytes.split_inclusive(|byte| *byte == b'\n').count();
                prop_assert!(most.is_none_or(|most| lines <= most), "{path}");
            }
            let lines: usize = whole
                .iter()
                .filter(|(path, _)| path.ends_with(".jsonl"))
                .map(|(_, bytes)| bytes.iter().filter(|byte| **byte == b'\n').count())
                .sum();
            prop_assert_eq!(lines, count);
        }
    }

    #[test]
    fn parquet_holds_what_is_shaped() {
        let rows = rows(1500);
        let size = FileSize {
            bytes: 1 << 20,
            rows: Some(1100),
        };
        let files = written(&rows, &[700], size);
        let mut index = 0;
        for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with("verl/")) {
            let reader =
                ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes.clone()));
            for batch in reader.unwrap().build().unwrap() {
                let batch = batch.unwrap();
                let shaped: Vec<_> = (0..batch.num_rows())
                    .map(|_| {
                        let item = Item {
                            row: &rows[index],
                            index: index as u64,
                            set: "set",
                            words: true,
                        };
                        index += 1;
                        View::Verl.shape(&item).unwrap()
                    })
                    .collect();
                let expected = columns::batch(&View::Verl.fields(), &shaped).unwrap();
                assert_eq!(batch.columns(), expected.columns(), "{path}");
            }
        }
        assert_eq!(index, rows.len());
    }

    #[test]
    fn files_are_cut_where_they_are_large_enough() {
        let size = FileSize {
            bytes: 20_000,
            rows: None,
        };
        let files = written(&rows(1000), &[], size);
        let lines: Vec<usize> = files
            .iter()
            .filter(|(path, _)| path.starts_with("openai/"))
            .map(|(_, bytes)| bytes.len())
            .collect();
        assert!(lines.len() > 3, "{lines:?}");
        let (last, full) = lines.split_last().unwrap();
        assert!(
            full.iter().all(|bytes| (20_000..20_300).contains(bytes)),
            "{lines:?}"
        );
        assert!(*last <= 20_300);
        assert_eq!(
            files
                .iter()
                .filter(|(path, _)| path == "data/train-00000-of-00001.parquet")
                .count(),
            1
        );
    }

    #[test]
    fn what_fails_or_shrinks_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let names = || {
            let mut names: Vec<String> = std::fs::read_dir(root.path().join("openai"))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        };
        let plan = |rows| Plan {
            root: root.path(),
            set: "set",
            views: &[View::Openai],
            words: true,
            size: FileSize {
                bytes: 1 << 20,
                rows: Some(rows),
            },
        };
        let all = || std::iter::once(Ok(rows(10)));
        plan(4).write(all(), &|_| Ok(())).unwrap();
        assert_eq!(names().len(), 3);
        plan(5).write(all(), &|_| Ok(())).unwrap();
        assert_eq!(
            names(),
            ["train-00000-of-00002.jsonl", "train-00001-of-00002.jsonl"]
        );
        let mut bad = rows(3);
        bad[2].solution = None;
        let error = plan(1)
            .write(std::iter::once(Ok(bad)), &|_| Ok(()))
            .unwrap_err();
        assert!(error.to_string().contains("has no solution"), "{error}");
        assert_eq!(names().len(), 2);
    }
}
