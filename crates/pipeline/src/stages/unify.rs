//! A seed problem becomes a seed program; it is kept if it keeps the rules, runs, equals the given answer, and stands
//! other inputs.

use caco_answer::{Outcome as Equality, Policy};
use caco_program::trial::Fault;
use caco_record::{Row, Stage};

use super::trials::{self, Subject, Tried};
use super::{State, agreement, assess, inputs};
use crate::Error;
use crate::asking::{self, Asker};
use crate::config::UnifyMethod;
use crate::context::Context;
use crate::generator::Generator;
use crate::prompts::{Parts, Prompt};
use crate::report::StageReport;
use crate::runner::map::{self, Map, Progress};

const VERSION: u32 = 5;

/// One proposed program, or why there is none.
type Proposal = Result<String, (String, String)>;

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let settings = &context.config.unify;
    let execute = format!(
        "{} {} {}",
        assess::section(context.config)?,
        agreement::section(context.config)?,
        super::json(&context.config.unify_inputs())?
    );
    let shards = state.get(Stage::Import, 0).to_vec();
    let inputs = inputs(&shards);
    let unit = "rows";
    let (shards, report) = match settings.method {
        UnifyMethod::Calculator => {
            let map = Map {
                stage: Stage::Unify,
                round,
                version: VERSION,
                section: format!("calculator {execute}"),
                unit,
                width: 1,
                fences: Vec::new(),
            };
            map::run(context, &map, &inputs, &|rows, progress| {
                let proposals = rows.iter().map(|row| vec![convert(row)]).collect();
                settle(context, rows, proposals, &|done, all| {
                    progress.part(done, all, 0)
                })
            })?
        }
        UnifyMethod::Model => {
            let model = context.models.named(context.config, &settings.model)?;
            let section = super::json(&(
                model.id(),
                settings.samples,
                &settings.sampling,
                context.prompts.text(model.prompts(), Prompt::Unify),
                context.prompts.text(model.prompts(), Prompt::UnifyCode),
                &execute,
            ))?;
            let map = Map {
                stage: Stage::Unify,
                round,
                version: VERSION,
                section,
                unit,
                width: asking::width(context, &*model, settings.samples as usize),
                fences: Vec::new(),
            };
            map::run(context, &map, &inputs, &|rows, progress| {
                let proposals = ask(context, &*model, &rows, progress)?;
                settle(context, rows, proposals, &|done, all| {
                    progress.part(all * 4 + done, all * 5, 0)
                })
            })?
        }
    };
    state.put(Stage::Unify, round, shards);
    Ok(report)
}

fn convert(row: &Row) -> Proposal {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let Some(solution) = &row.reference_solution else {
        return Err((
            "no_solution".into(),
            "the seed has no solution to convert".into(),
        ));
    };
    caco_program::calculator::convert(&text(&row.problem), solution, &text(&row.reference))
        .map_err(|problem| (problem.reason.to_string(), problem.detail))
}

/// Whether a seed is a programming problem, by the domain that it or its file states.
fn is_programming(row: &Row) -> bool {
    let domain = row.domain.as_deref().unwrap_or_default().to_lowercase();
    ["programming", "code", "coding", "algorithms"].contains(&domain.trim())
}

/// Asks the model for several programs for each row.
fn ask(
    context: &Context<'_>,
    model: &dyn Generator,
    rows: &[Row],
    progress: &Progress<'_>,
) -> Result<Vec<Vec<Proposal>>, Error> {
    let settings = &context.config.unify;
    let asker = Asker {
        context,
        stage: Stage::Unify,
        round: 0,
        model,
        sampling: &settings.sampling,
    };
    let mut questions = Vec::new();
    for row in rows {
        let parts = Parts {
            problem: row.problem.as_deref(),
            solution: row.reference_solution.as_deref(),
            domain: row.domain.as_deref(),
            ..Parts::default()
        };
        let which = if is_programming(row) {
            Prompt::UnifyCode
        } else {
            Prompt::Unify
        };
        let user = context.prompts.render(model.prompts(), which, &parts)?;
        for index in 0..settings.samples {
            questions.push(asker.question(&row.row_id, index, &user)?);
        }
    }
    let all = questions.len();
    let hear = |done: usize, tokens: usize| progress.part(done * 4, all * 5, tokens);
    let answers = asker.answers(&questions, &hear)?;
    let proposals = answers
        .into_iter()
        .map(|answer| match super::unfinished(&answer) {
            Some((reason, detail)) => Err((reason.to_owned(), detail)),
            None => Ok(caco_program::extract_code(&answer.text).trim().to_owned()),
        });
    let proposals: Vec<Proposal> = proposals.collect();
    Ok(proposals
        .chunks(settings.samples.max(1) as usize)
        .map(<[Proposal]>::to_vec)
        .collect())
}

/// A proposed program that runs and gives the seed's answer.
struct Agreed<'a> {
    program: &'a str,
    outcome: caco_sandbox::Outcome,
    forms: assess::Fingerprinted,
}

/// The failure of a row that got furthest: how far, the reason and its detail.
#[derive(Default)]
struct Furthest(Option<(u8, String, String)>);

impl Furthest {
    fn fail(&mut self, far: u8, reason: &str, detail: String) {
        if self.0.as_ref().is_none_or(|(before, _, _)| far > *before) {
            self.0 = Some((far, reason.to_owned(), detail));
        }
    }
}

/// Takes the first proposal of each row that passes, or names the furthest failure.
fn settle(
    context: &Context<'_>,
    mut rows: Vec<Row>,
    proposals: Vec<Vec<Proposal>>,
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<Row>, Error> {
    let programs: Vec<assess::Proposed<'_>> = rows
        .iter()
        .zip(&proposals)
        .flat_map(|(row, proposals)| {
            let proposed = proposals.iter().filter_map(|own| own.as_deref().ok());
            proposed.map(|program| (program, row.domain.as_deref()))
        })
        .collect();
    let all = programs.len();
    let settings = context.config.unify_inputs();
    // Trials are the second half of the work.
    let parts = if settings.pairs > 0 { 2 * all } else { all };
    let assessed = assess::assess(context, &programs, &|done| progress(done, parts))?;
    let mut agreements = agreements(context, &rows, &proposals, &assessed)?.into_iter();
    let mut assessed = assessed.into_iter();
    let mut settled: Vec<(Vec<Agreed<'_>>, Furthest)> = Vec::with_capacity(rows.len());
    for (row, proposals) in rows.iter().zip(&proposals) {
        let (mut agreed, mut furthest) = (Vec::new(), Furthest::default());
        for proposal in proposals {
            let program = match proposal {
                Ok(program) => program,
                Err((reason, detail)) => {
                    furthest.fail(0, reason, detail.clone());
                    continue;
                }
            };
            let found = assessed
                .next()
                .ok_or_else(|| Error::Internal("fewer programs assessed than proposed".into()))?;
            let agrees = match found.failed {
                Some(_) => None,
                None => agreements.next(),
            };
            if let Some((reason, detail)) = found.failed {
                let far = 1 + u8::from(found.facts.is_some()) + u8::from(found.outcome.is_some());
                furthest.fail(far, &reason, detail);
                continue;
            }
            let (Some(outcome), Some(forms)) = (found.outcome, found.facts) else {
                continue;
            };
            if agrees.is_some_and(|agreement| agreement.outcome == Equality::Equal) {
                let known = |own: &Agreed<'_>| own.program == program;
                if !agreed.iter().any(known) {
                    agreed.push(Agreed {
                        program,
                        outcome,
                        forms,
                    });
                }
            } else {
                let answer = outcome.output_text.unwrap_or_default();
                let reference = row.reference.clone().unwrap_or_default();
                let detail = format!("the program answers {answer}; the seed says {reference}");
                furthest.fail(4, "answer_differs", detail);
            }
        }
        settled.push((agreed, furthest));
    }
    let mut tried = tried(context, &settings.reject, &settled, &|done, of| {
        progress(all + all * done / of.max(1), parts);
    })?
    .into_iter();
    for (row, (agreed, mut furthest)) in rows.iter_mut().zip(settled) {
        let mut won = false;
        for own in agreed {
            let tried = tried.next();
            if won {
                continue;
            }
            let against = tried
                .as_ref()
                .and_then(|tried| tried.against(&settings.reject));
            won = against.is_none();
            if won || row.program.is_none() {
                // A program that falls is the evidence of its row, unless a later one stands.
                row.program = Some(own.program.to_owned());
                assess::fill(row, &own.outcome, &own.forms, None, tried.as_ref())?;
            }
            if let Some((reason, detail)) = against {
                furthest.fail(5, reason, detail);
            }
        }
        match furthest.0 {
            _ if won => row.keep(Stage::Unify),
            Some((_, reason, detail)) if reason == "no_reply" => {
                row.quarantine(Stage::Unify, &reason, detail);
            }
            Some((_, reason, detail)) => row.reject(Stage::Unify, &reason, detail),
            None => row.quarantine(Stage::Unify, "no_proposal", None),
        }
    }
    Ok(rows)
}

/// What many inputs show of all programs that agree, in their order; nothing where they are not tried.
fn tried(
    context: &Context<'_>,
    reject: &[Fault],
    settled: &[(Vec<Agreed<'_>>, Furthest)],
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<Tried>, Error> {
    if context.config.execute.inputs.pairs == 0 {
        return Ok(Vec::new());
    }
    let subjects: Vec<Subject<'_>> = settled
        .iter()
        .flat_map(|(agreed, _)| agreed)
        .map(|own| Subject {
            program: own.program,
            outcome: &own.outcome,
        })
        .collect();
    trials::try_all(context, &subjects, reject, &|done| {
        progress(done, subjects.len())
    })
}

/// Compares the references with the answers of all programs that pass, in the order of the programs.
fn agreements(
    context: &Context<'_>,
    rows: &[Row],
    proposals: &[Vec<Proposal>],
    assessed: &[assess::Assessed],
) -> Result<Vec<agreement::Agreement>, Error> {
    let references = rows.iter().zip(proposals).flat_map(|(row, proposals)| {
        let reference = row.reference.as_deref().unwrap_or_default();
        let proposed = proposals.iter().filter(|proposal| proposal.is_ok());
        proposed.map(move |_| reference)
    });
    let pairs: Vec<(&str, &str)> = references
        .zip(assessed)
        .filter(|(_, assessed)| assessed.failed.is_none())
        .map(|(reference, assessed)| {
            let outcome = assessed.outcome.as_ref();
            let answer = outcome.and_then(|outcome| outcome.output_text.as_deref());
            (reference, answer.unwrap_or_default())
        })
        .collect();
    agreement::compare(context, &pairs, &Policy::strict())
}
