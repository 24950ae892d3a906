//! Foreign rows become problems and answers. A malformed line is quarantined with its number, never lost.

use std::path::Path;

use caco_record::{ORIGIN_SEED, Row, Stage};

use super::State;
use crate::config::{Seed, stem};
use crate::context::Context;
use crate::report::StageReport;
use crate::runner::map::{self, Input, Map};
use crate::{Error, seeds, shard};

const VERSION: u32 = 1;

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let mut chunks = Vec::new();
    for seed in &context.config.seeds {
        let mut lines = seeds::lines(&seed.path)?;
        lines.truncate(seed.limit.unwrap_or(usize::MAX));
        if lines.is_empty() {
            return Err(Error::Data {
                file: seed.path.clone(),
                message: "`limit` leaves no line".into(),
                hint: "raise `limit`".into(),
            });
        }
        for chunk in lines.chunks(context.config.shard_rows) {
            chunks.push((seed, chunk.to_vec()));
        }
    }
    let inputs: Vec<Input<'_>> = chunks
        .iter()
        .map(|(seed, chunk)| {
            let mut parts = vec![source_name(seed, &seed.path)];
            parts
                .extend([&seed.licence, &seed.domain].map(|text| text.clone().unwrap_or_default()));
            parts.push(super::json(&(&seed.format, &seed.fields))?);
            parts.extend(
                chunk
                    .iter()
                    .map(|(number, line)| format!("{number}:{line}")),
            );
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            Ok(Input {
                fingerprint: shard::fingerprint(&parts),
                rows: chunk.len() as u64,
                load: Box::new(|| {
                    Ok(chunk
                        .iter()
                        .map(|(number, line)| row(seed, *number, line))
                        .collect())
                }),
            })
        })
        .collect::<Result<_, Error>>()?;
    let map = Map {
        stage: Stage::Import,
        round,
        version: VERSION,
        section: String::new(),
        unit: "rows",
        width: 1,
        fences: Vec::new(),
    };
    let (shards, report) = map::run(context, &map, &inputs, &|rows, _| Ok(rows))?;
    state.put(Stage::Import, round, shards);
    Ok(report)
}

fn source_name(seed: &Seed, path: &Path) -> String {
    seed.source.clone().unwrap_or_else(|| stem(path))
}

fn row(seed: &Seed, number: usize, line: &str) -> Row {
    let source = source_name(seed, &seed.path);
    let id = caco_record::row_id(&["seed", &source, &number.to_string(), line]);
    let mut row = Row::new(id, ORIGIN_SEED, 0, Stage::Import);
    row.source = Some(source.clone());
    row.licence = seed.licence.clone();
    row.domain = seed.domain.clone();
    row.seed_id = Some(format!("{source}/{number}"));
    match seeds::parse(line, seed.format, &seed.fields) {
        Ok(problem) => {
            if let Some(id) = problem.id {
                row.seed_id = Some(id);
            }
            if problem.domain.is_some() {
                row.domain = problem.domain;
            }
            row.problem = Some(problem.problem);
            row.reference = Some(problem.answer);
            row.solution = problem.solution.clone();
            row.reference_solution = problem.solution;
        }
        Err(problem) => {
            let shown: String = line.chars().take(200).collect();
            row.quarantine(
                Stage::Import,
                "malformed_line",
                format!("line {number}: {problem}: {shown}"),
            );
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_rows_or_are_quarantined_with_their_number() {
        let seed: Seed =
            serde_json::from_str(r#"{"path": "a/b.jsonl", "licence": "MIT"}"#).unwrap();
        let good = row(&seed, 3, r#"{"problem": "How?", "answer": 4, "id": "x1"}"#);
        assert!(good.is_kept() && good.is_seed());
        assert_eq!(
            (good.seed_id.as_deref(), good.source.as_deref()),
            (Some("x1"), Some("b"))
        );
        assert_eq!(
            (good.reference.as_deref(), good.licence.as_deref()),
            (Some("4"), Some("MIT"))
        );
        let bad = row(&seed, 4, "{oops");
        assert_eq!(bad.reason.as_deref(), Some("malformed_line"));
        assert!(bad.detail.unwrap().starts_with("line 4: not JSON"));
        assert_ne!(good.row_id, bad.row_id);
    }
}
