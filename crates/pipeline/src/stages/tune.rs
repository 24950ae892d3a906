//! The verified programs so far train the model that writes new ones.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use caco_model::Precision;
use caco_record::{Row, Stage};

use super::State;
use crate::config::{self, TuneInit};
use crate::context::Context;
use crate::learn::{self, Example, Lesson};
use crate::models::{self, Models};
use crate::report::StageReport;
use crate::trainer::{self, Job};
use crate::{Error, Event, atomic, shard};

const VERSION: &str = "2";

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let settings = &context.config.tune;
    let mut report = StageReport::new(Stage::Tune, round);
    let mut programs = Programs::default();
    let earlier = state
        .all(Stage::Curate)
        .filter(|(own, _)| *own < round)
        .map(|(_, shard)| (shard, true));
    let seeds = state
        .get(Stage::Unify, 0)
        .iter()
        .map(|shard| (shard, false));
    let sources: Vec<_> = seeds.chain(earlier).collect();
    for (shard, sampled_only) in &sources {
        let rows = shard.kept()?;
        for row in rows.iter().filter(|row| !(*sampled_only && row.is_seed())) {
            take(row, &mut programs, &mut report);
        }
    }
    let programs = lessons(programs);
    let name = format!("r{round}-codegen");
    if context.config.trainer.kind.is_outside() {
        return outside(context, round, state, name, &programs, report);
    }
    let base = match settings.init {
        TuneInit::Base => Some((
            &settings.model.0,
            Models::folder(context.config, &settings.model.0)?,
        )),
        TuneInit::Scratch => None,
    };
    let base_id = match &base {
        Some((name, _)) => context.models.named(context.config, name)?.id().to_owned(),
        None => "scratch".into(),
    };
    if context.preview {
        if let Some((_, folder)) = base {
            state.generators.insert(round, folder);
        }
        return Ok(report);
    }
    let data = content(&programs);
    let seed = context.config.seed.to_string();
    let fingerprint = shard::fingerprint(&[
        "tune",
        VERSION,
        &base_id,
        &super::json(settings)?,
        &data,
        &seed,
        &round.to_string(),
    ]);
    let folder = context
        .dir
        .join("models")
        .join(format!("{name}-{fingerprint}"));
    if !folder.is_dir() {
        if programs.is_empty() {
            return Err(nothing(report));
        }
        let examples: Vec<Example> = programs
            .iter()
            .map(|program| learn::program_example(program))
            .collect();
        let seed = context.seed(Stage::Tune, "weights", u64::from(round));
        let model = match base {
            Some((name, folder)) => models::open(name, &folder)?,
            None => {
                learn::fresh_model(&settings.architecture, programs.into_iter().collect(), seed)?
            }
        };
        let lesson = Lesson {
            model,
            name: &name,
            examples: &examples,
            training: &settings.training,
            seed,
            checkpoint: None,
            stage: Stage::Tune,
            round,
            observer: context.observer,
            stop: context.stop,
        };
        into_folder(context, lesson, &folder)?;
    }
    state.generators.insert(round, folder);
    Ok(report)
}

/// Has an outside trainer do it.
fn outside(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
    name: String,
    programs: &BTreeSet<String>,
    report: StageReport,
) -> Result<StageReport, Error> {
    let base = &context.config.tune.model.0;
    if context.preview {
        // A model for a trainer alone writes nothing yet, so a preview has no samples then.
        if let Some(config::Model::Embedded { .. }) = context.config.models.get(base) {
            let folder = Models::folder(context.config, base)?;
            state.generators.insert(round, folder);
        }
        return Ok(report);
    }
    if programs.is_empty() {
        return Err(nothing(report));
    }
    let job = Job {
        name,
        stage: Stage::Tune,
        round,
        base,
        course: &context.config.trainer.tune,
        seed: context.seed(Stage::Tune, "weights", u64::from(round)),
        identity: vec![content(programs)],
    };
    let folder = trainer::model(context, &job, &mut |lines| {
        programs
            .iter()
            .try_for_each(|program| lines.program(program))
    })?;
    state.generators.insert(round, folder);
    Ok(report)
}

/// What rows bring to be learnt.
#[derive(Default)]
struct Programs {
    /// Different programs with the domain of the first row that has each.
    texts: BTreeMap<String, Option<String>>,
    /// The domains of all rows, as sample counts them.
    domains: BTreeSet<Option<String>>,
}

fn take(row: &Row, programs: &mut Programs, report: &mut StageReport) {
    report.rows_in += 1;
    programs.domains.insert(row.domain.clone());
    match programs
        .texts
        .entry(row.program.clone().unwrap_or_default())
    {
        Entry::Vacant(place) => {
            place.insert(row.domain.clone());
            report.kept += 1;
        }
        Entry::Occupied(_) => {
            report.rejected += 1;
            *report.reasons.entry("same_program".into()).or_default() += 1;
        }
    }
}

/// What is learnt: the programs, which say their domain where there are several.
fn lessons(programs: Programs) -> BTreeSet<String> {
    let marked = programs.domains.len() > 1;
    programs
        .texts
        .into_iter()
        .map(|(program, domain)| match marked {
            true => learn::domain_line(domain.as_deref()) + &program,
            false => program,
        })
        .collect()
}

/// Names the texts that are learnt: a change of rows that leaves them alone trains nothing anew.
fn content(texts: &BTreeSet<String>) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        let length = (text.len() as u64).to_le_bytes();
        hasher.update(&length).update(text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn nothing(report: StageReport) -> Error {
    Error::NothingLeft {
        stage: report.name,
        round: report.round,
        rows: report.rows_in,
        reasons: "no program came through unify".into(),
    }
}

/// Trains into a folder that appears when it is complete; checkpoints wait in `<folder>.partial`.
pub(super) fn into_folder(
    context: &Context<'_>,
    lesson: Lesson<'_>,
    folder: &Path,
) -> Result<(), Error> {
    let mut partial = folder.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    let checkpoint = partial.join("training");
    atomic::create_dir(&checkpoint)?;
    let lesson = Lesson {
        checkpoint: Some(&checkpoint),
        ..lesson
    };
    context.check_stop()?;
    let name = lesson.name.to_owned();
    let (stage, round) = (lesson.stage, lesson.round);
    let (model, learnt) = learn::train(lesson)?;
    let left_out = learnt.left_out;
    if left_out > 0 {
        let text = format!(
            "{name}: {left_out} examples are longer than `training.sequence_length` and were left out"
        );
        context.observer.event(&Event::Warning { text });
    }
    let files = partial.join("model");
    atomic::remove_dir(&files)?;
    model
        .save(&files, Precision::F32)
        .map_err(|error| learn::model_error(&name, error))?;
    atomic::publish_dir(&files, folder)?;
    atomic::remove_dir(partial)?;
    let loss = learnt
        .loss
        .map_or_else(String::new, |loss| format!(", loss {loss:.3}"));
    context.message(format!(
        "{stage} (round {round}): {name} learnt {} examples in {} steps{loss}",
        learnt.examples, learnt.steps
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_say_their_domain_where_there_are_several() {
        let learnt = |all: &[(&str, Option<&str>)]| -> Vec<String> {
            let (mut programs, mut report) =
                (Programs::default(), StageReport::new(Stage::Tune, 1));
            for (text, domain) in all {
                let mut row = Row::new((*text).into(), "seed", 0, Stage::Unify);
                row.program = Some((*text).into());
                row.domain = domain.map(str::to_owned);
                take(&row, &mut programs, &mut report);
            }
            lessons(programs).into_iter().collect()
        };
        let same = [("a", Some("logic")), ("b", Some("logic"))];
        assert_eq!(learnt(&same), ["a", "b"]);
        let several = [("a", Some("logic of\nall")), ("b", None)];
        // What has no domain says so: else a model that is asked for it would write a line of its own.
        assert_eq!(
            learnt(&several),
            ["# domain:\nb", "# domain: logic of all\na"]
        );
        let twice = [("a", Some("logic")), ("a", None)];
        assert_eq!(learnt(&twice), ["# domain: logic\na"]);
    }
}
