//! What curate compares of a row, prepared on all cores.

use caco_curate::{Candidate, Prepared, Preparer};
use caco_record::Row;
use serde::Deserialize;

/// The forms of a row's program.
#[derive(Default, Deserialize)]
pub(super) struct Forms {
    /// The fingerprint that execute noted, or the whole text where programs are compared for likeness.
    normal_form: Option<String>,
    structure: Option<String>,
}

impl Forms {
    /// What a row's facts say; with `texts` the whole normal form.
    pub(super) fn of(row: &Row, texts: bool) -> Self {
        let mut forms: Self = row
            .facts
            .as_deref()
            .and_then(|facts| serde_json::from_str(facts).ok())
            .unwrap_or_default();
        if texts && forms.normal_form.is_some() {
            forms.normal_form = row
                .program
                .as_deref()
                .and_then(|program| caco_program::normal_form(program).ok());
        }
        forms
    }

    /// Of a program without facts.
    pub(super) fn of_program(program: &str, texts: bool) -> Self {
        let Ok(normal) = caco_program::normal_form(program) else {
            return Self::default();
        };
        let hex = |text: &str| format!("{:016x}", caco_program::fingerprint(text));
        Self {
            normal_form: Some(if texts { normal } else { hex(&normal) }),
            structure: caco_program::structure(program).ok().as_deref().map(hex),
        }
    }

    pub(super) fn candidate<'a>(&'a self, row: &'a Row) -> Candidate<'a> {
        Candidate {
            row_id: &row.row_id,
            problem: row.problem.as_deref(),
            normal_form: self.normal_form.as_deref(),
            structure: self.structure.as_deref(),
            seed_id: row.seed_id.as_deref(),
        }
    }

    /// Of a row that is known by its parts.
    pub(super) fn known<'a>(&'a self, row_id: &'a str, problem: Option<&'a str>) -> Candidate<'a> {
        Candidate {
            row_id,
            problem,
            normal_form: self.normal_form.as_deref(),
            structure: self.structure.as_deref(),
            seed_id: None,
        }
    }
}

/// Prepares a shard's rows on all cores; the result does not depend on their number.
pub(super) fn prepare(preparer: &Preparer, rows: &[Row], texts: bool) -> Vec<Prepared> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let size = rows.len().div_ceil(cores).max(1);
    let part = |rows: &[Row]| -> Vec<Prepared> {
        let forms: Vec<Forms> = rows.iter().map(|row| Forms::of(row, texts)).collect();
        let candidates: Vec<Candidate<'_>> = rows
            .iter()
            .zip(&forms)
            .map(|(row, forms)| {
                let whole = forms.candidate(row);
                if row.is_seed() {
                    // Two given problems may well need the same program; only their texts exclude each other.
                    Candidate {
                        normal_form: None,
                        structure: None,
                        ..whole
                    }
                } else {
                    whole
                }
            })
            .collect();
        preparer.prepare_all(&candidates)
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = rows
            .chunks(size)
            .map(|rows| scope.spawn(move || part(rows)))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| match part.join() {
                Ok(prepared) => prepared,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}
