//! How hard a problem is to its solver: of so many further solutions, how many come to the program's answer.

use caco_record::Row;
use serde_json::json;

use super::solver::{Again, Solver};
use super::told;
use crate::Error;
use crate::config::Difficulty;
use crate::stages::json;

/// The first place of these questions among everything that the stage asks for a row.
const FIRST: u32 = 3_000_000;

/// Everything that decides a pass rate.
pub(super) fn section(settings: &Difficulty, solver: &Solver<'_>) -> Result<String, Error> {
    json(&(settings, solver.section()?))
}

/// Measures the rows that are still kept. Replies that never come do not count.
pub(super) fn go(
    settings: &Difficulty,
    solver: &Solver<'_>,
    rows: &mut [Row],
) -> Result<(), Error> {
    let open: Vec<&Row> = rows.iter().filter(|row| row.is_kept()).collect();
    let all: Vec<Again<'_>> = open
        .iter()
        .flat_map(|row| {
            (0..settings.samples).map(|sample| Again {
                row,
                place: FIRST + sample,
                expected: row.answer.as_deref().unwrap_or_default(),
            })
        })
        .collect();
    let found = solver.solve(&all, &settings.sampling)?;
    let rates: Vec<(usize, usize)> = found
        .chunks(settings.samples.max(1) as usize)
        .map(|own| {
            let came = own.iter().filter(|found| found.missing().is_none());
            let passed = own.iter().filter(|found| found.agrees);
            (came.count(), passed.count())
        })
        .collect();
    let kept = rows.iter_mut().filter(|row| row.is_kept());
    for (row, (samples, passed)) in kept.zip(rates) {
        let rate = json!({ "samples": samples, "passed": passed });
        told(row, "difficulty", rate)?;
    }
    Ok(())
}
