//! How varied and how hard the kept rows are, and what the checks that only mark have said of them.

use std::collections::BTreeMap;

use caco_curate::{Diversity, DiversityReport, RowFacts};
use caco_record::{Row, Stage};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::asking::{Asker, Question};
use crate::config::{Sampling, Spread};
use crate::context::Context;
use crate::generator::{Ask, Form};
use crate::shard::Shard;

/// A picture of a set of rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variety {
    /// Rows.
    pub rows: u64,
    /// Structures, operations and domains.
    pub diversity: DiversityReport,
    /// How hard the rows are.
    pub difficulty: Hardness,
    /// How far apart the problems are, where that was measured.
    pub spread: Option<Apart>,
    /// What mechanisms that also mark have said of the rows.
    pub marks: Marks,
}

/// How far apart problems are in the space of a model's embeddings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Apart {
    /// The model's id.
    pub model: String,
    /// Problems that were embedded.
    pub rows: u64,
    /// The mean cosine distance of pairs, from 0 to 2.
    pub distance: f64,
}

/// How many rows mechanisms have marked, beside those that they removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Rows that were made of other programs, by operator.
    pub made: BTreeMap<String, u64>,
    /// Rows with further inputs and outputs of their program.
    pub with_pairs: u64,
    /// All of these pairs.
    pub pairs: u64,
    /// Rows whose problem was told with other quantities and solved again.
    pub retold: u64,
    /// Rows for which that could not be done.
    pub untold: u64,
    /// Rows whose solution's numbers were looked for in the program's run.
    pub traced: u64,
    /// Those of them with a number that comes from nowhere.
    pub ungrounded: u64,
    /// Rows whose pass rate was measured.
    pub measured: u64,
}

/// How hard rows are: medians, and the solver's pass rate where it was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Hardness {
    /// Statements of the program.
    pub statements: u64,
    /// Operations of the program.
    pub operations: u64,
    /// Depth of its deepest expression.
    pub depth: u64,
    /// Words of the solution.
    pub solution_words: u64,
    /// Rows whose pass rate was measured.
    pub measured: u64,
    /// Rows by pass rate: 0 to below 0.2, below 0.4, below 0.6, below 0.8, up to 1.
    pub by_pass_rate: [u64; 5],
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Facts {
    structure: Option<String>,
    profile: Profile,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Profile {
    operations: BTreeMap<String, usize>,
    depth: u64,
    statements: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Verdicts {
    difficulty: Option<PassRate>,
    counterfactual: Option<Retold>,
    trace: Option<Traced>,
}

#[derive(Deserialize)]
struct PassRate {
    samples: u64,
    passed: u64,
}

#[derive(Deserialize)]
struct Retold {
    asked: u64,
}

#[derive(Deserialize)]
struct Traced {
    score: Option<f64>,
}

fn read<T: Default + serde::de::DeserializeOwned>(text: Option<&str>) -> T {
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// Looks at the kept rows of shards that belong to the set; one shard is in memory at a time.
pub(crate) fn of<'a>(
    shards: impl Iterator<Item = &'a Shard>,
    wanted: impl Fn(&Row) -> bool,
) -> Result<Variety, Error> {
    let mut look = Look::default();
    for shard in shards {
        for row in shard.kept()?.iter().filter(|row| wanted(row)) {
            look.add(row);
        }
    }
    Ok(look.done())
}

/// A picture of nothing.
pub(crate) fn none() -> Variety {
    Look::default().done()
}

/// Pairs of problems whose distance is taken, at most.
const PAIRS: u64 = 100_000;

/// Asks for the embeddings of the problems with the smallest ids and measures how far apart they are.
pub(crate) fn apart<'a>(
    context: &Context<'_>,
    spread: &Spread,
    round: u32,
    shards: impl Iterator<Item = &'a Shard>,
    wanted: impl Fn(&Row) -> bool,
) -> Result<Option<Apart>, Error> {
    let mut problems: BTreeMap<String, String> = BTreeMap::new();
    for shard in shards {
        for row in shard.kept()? {
            if !wanted(&row) {
                continue;
            }
            if let Some(problem) = row.problem {
                problems.insert(row.row_id, problem);
            }
            if problems.len() > spread.rows {
                problems.pop_last();
            }
        }
    }
    if problems.len() < 2 {
        return Ok(None);
    }
    let model = context.models.named(context.config, &spread.model)?;
    let sampling = Sampling::default();
    let asker = Asker {
        context,
        stage: Stage::Export,
        round,
        model: &*model,
        sampling: &sampling,
    };
    let questions: Vec<Question> = problems
        .into_iter()
        .map(|(row_id, prompt)| Question {
            row_id,
            index: 0,
            ask: Ask {
                form: Form::Embed,
                prompt,
                seed: 0,
            },
        })
        .collect();
    let failed = |message: String| Error::Model {
        name: spread.model.clone(),
        message,
        hint: "name a model that answers at /embeddings, or leave out `export.spread`".into(),
    };
    let mut vectors: Vec<Vec<f32>> = Vec::with_capacity(questions.len());
    for answer in asker.answers(&questions, &|_, _| {})? {
        let vector = serde_json::from_str(&answer.text);
        vectors.push(vector.map_err(|_| {
            let said: String = answer.text.chars().take(200).collect();
            failed(format!("a reply is no embedding: {said}"))
        })?);
    }
    let distance = caco_curate::cosine_spread(&vectors, PAIRS, context.config.seed)
        .map_err(|error| failed(error.to_string()))?;
    Ok(Some(Apart {
        model: model.id().to_owned(),
        rows: vectors.len() as u64,
        distance,
    }))
}

#[derive(Default)]
struct Look {
    rows: u64,
    diversity: Diversity,
    statements: Histogram,
    operations: Histogram,
    depth: Histogram,
    words: Histogram,
    by_pass_rate: [u64; 5],
    marks: Marks,
}

impl Look {
    fn add(&mut self, row: &Row) {
        self.rows += 1;
        let facts: Facts = read(row.facts.as_deref());
        let operations: Vec<&str> = facts
            .profile
            .operations
            .iter()
            .flat_map(|(name, count)| std::iter::repeat_n(name.as_str(), *count))
            .collect();
        self.diversity.add(&RowFacts {
            structure: facts.structure.as_deref(),
            operations: &operations,
            domain: row.domain.as_deref(),
        });
        if facts.structure.is_some() {
            self.statements.add(facts.profile.statements);
            self.operations.add(operations.len() as u64);
            self.depth.add(facts.profile.depth);
        }
        if let Some(solution) = &row.solution {
            self.words.add(solution.split_whitespace().count() as u64);
        }
        let verdicts: Verdicts = read(row.verdicts.as_deref());
        if let Some(own) = verdicts.difficulty.filter(|own| own.samples > 0) {
            let fifth = (own.passed * 5 / own.samples).min(4) as usize;
            self.by_pass_rate[fifth] += 1;
            self.marks.measured += 1;
        }
        match verdicts.counterfactual {
            Some(Retold { asked: 0 }) => self.marks.untold += 1,
            Some(_) => self.marks.retold += 1,
            None => {}
        }
        if let Some(score) = verdicts.trace.and_then(|trace| trace.score) {
            self.marks.traced += 1;
            self.marks.ungrounded += u64::from(score < 1.0);
        }
        let pairs = crate::stages::pairs(row).len() as u64;
        self.marks.pairs += pairs;
        self.marks.with_pairs += u64::from(pairs > 0);
        #[derive(Default, Deserialize)]
        struct Made {
            operator: Option<String>,
        }
        if let Some(operator) = read::<Made>(row.ancestry.as_deref()).operator {
            *self.marks.made.entry(operator).or_default() += 1;
        }
    }

    fn done(self) -> Variety {
        Variety {
            rows: self.rows,
            diversity: self.diversity.report(),
            difficulty: Hardness {
                statements: self.statements.median(),
                operations: self.operations.median(),
                depth: self.depth.median(),
                solution_words: self.words.median(),
                measured: self.marks.measured,
                by_pass_rate: self.by_pass_rate,
            },
            spread: None,
            marks: self.marks,
        }
    }
}

/// Small whole numbers, counted: as many entries as there are different ones.
#[derive(Default)]
struct Histogram(BTreeMap<u64, u64>);

impl Histogram {
    fn add(&mut self, value: u64) {
        *self.0.entry(value).or_default() += 1;
    }

    /// The lower median; 0 of nothing.
    fn median(&self) -> u64 {
        let half = self.0.values().sum::<u64>().div_ceil(2);
        let mut seen = 0;
        for (value, count) in &self.0 {
            seen += count;
            if seen >= half {
                return *value;
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caco_record::ORIGIN_SAMPLE;

    #[test]
    fn rows_are_counted_by_what_they_say() {
        let mut look = Look::default();
        let mut row = Row::new("id".into(), ORIGIN_SAMPLE, 1, Stage::Curate);
        row.domain = Some("logic".into());
        row.solution = Some("one two three".into());
        row.facts = Some(
            r#"{"structure": "ab", "profile": {"operations": {"add": 2, "mul": 1}, "depth": 3, "statements": 5}}"#
                .into(),
        );
        row.verdicts = Some(
            r#"{"difficulty": {"samples": 4, "passed": 4}, "counterfactual": {"asked": 2, "agreed": 2},
                "trace": {"score": 0.5}}"#
                .into(),
        );
        row.pairs = Some(r#"[{"input": {}, "output": 1, "text": "1"}]"#.into());
        row.ancestry =
            Some(r#"{"operator": "deepen", "parents": [], "seed": 1, "detail": ""}"#.into());
        look.add(&row);
        row.verdicts = Some(
            r#"{"difficulty": {"samples": 4, "passed": 1}, "counterfactual": {"asked": 0}, "trace": {"failed": "x"}}"#
                .into(),
        );
        row.ancestry = None;
        look.add(&row);
        row.facts = None;
        row.verdicts = None;
        look.add(&row);
        let seen = look.done();
        let marks = &seen.marks;
        assert_eq!((seen.rows, marks.retold, marks.untold), (3, 1, 1));
        assert_eq!((marks.traced, marks.ungrounded), (1, 1));
        assert_eq!((marks.with_pairs, marks.pairs), (3, 3));
        assert_eq!(marks.made, BTreeMap::from([("deepen".into(), 1)]));
        assert_eq!(seen.difficulty.by_pass_rate, [0, 1, 0, 0, 1]);
        assert_eq!(
            (seen.difficulty.operations, seen.difficulty.solution_words),
            (3, 3)
        );
        assert_eq!(seen.diversity.structures.distinct, 1);
        assert_eq!(seen.diversity.domain_counts["logic"], 3);
    }
}
