//! `README.md` of a run: the data set's card, in the form that the Hugging Face hub reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use caco_record::Stage;

use crate::Error;
use crate::config::Leaks;
use crate::context::Context;
use crate::export::{Facts, Tally, front};
use crate::mechanisms::{self, Mechanism};
use crate::report::{RunReport, Share};
use crate::stages::State;

/// The card's text. It holds no times, so that the same run always gives the same card.
pub(crate) fn text(
    context: &Context<'_>,
    state: &State,
    report: &RunReport,
    facts: &Facts,
) -> Result<String, Error> {
    let mut body = String::new();
    write(&mut body, context, state, report, facts)
        .map_err(|error| Error::Internal(error.to_string()))?;
    let config = context.config;
    let views = state
        .exported
        .as_ref()
        .map_or(&[][..], |exported| &exported.views);
    let licences: Vec<Option<&str>> = config
        .seeds
        .iter()
        .map(|seed| seed.licence.as_deref())
        .collect();
    let matter = front::matter(&config.name, &licences, views);
    Ok(front::replace(&body, &matter, &front::section(views)))
}

fn write(
    out: &mut String,
    context: &Context<'_>,
    state: &State,
    report: &RunReport,
    facts: &Facts,
) -> std::fmt::Result {
    let config = context.config;
    writeln!(out, "# {}\n", config.name)?;
    let words = config.runs(Stage::Solve);
    let what = if words {
        "verified reasoning examples: a problem, a program that computes its answer, and a solution in words"
    } else {
        "verified programs with their inputs and answers"
    };
    writeln!(
        out,
        "{} {what}. Made by caco {} with seed {}.\n",
        report.exported,
        env!("CARGO_PKG_VERSION"),
        config.seed
    )?;
    funnel(out, report)?;
    verification(out, facts)?;
    mechanisms(out, report, facts)?;
    contamination(out, context, facts)?;
    diversity(out, facts)?;
    targets(out, report)?;
    scores(out, report)?;
    seeds(out, context, state)?;
    writeln!(out, "## Models\n\n| model | id |\n|---|---|")?;
    for (name, id) in &facts.models {
        writeln!(out, "| {name} | `{id}` |")?;
    }
    writeln!(out, "\n## Prompts\n\n| prompt | BLAKE3 |\n|---|---|")?;
    for (name, hash) in &facts.prompts {
        writeln!(out, "| {name} | `{}` |", &hash[..16])?;
    }
    if let (Some(interpreter), Some(protection)) = (&facts.interpreter, &facts.protection) {
        let packages = if facts.packages.is_empty() {
            "no packages".into()
        } else {
            facts.packages.join(", ")
        };
        writeln!(out, "\n## Execution\n")?;
        writeln!(
            out,
            "Programs ran under {interpreter} with {packages}; protection in force: {protection}."
        )?;
    }
    writeln!(out, "\n## Columns\n")?;
    for (name, meaning) in COLUMNS {
        writeln!(out, "- `{name}`: {meaning}")?;
    }
    Ok(())
}

const COLUMNS: [(&str, &str); 11] = [
    (
        "row_id, parent_id, seed_id, origin, round",
        "identity and lineage; `origin` is `seed` or `sample`",
    ),
    (
        "problem, solution, answer",
        "the problem and solution in words, and the program's answer",
    ),
    ("program, code", "the program that computes the answer"),
    ("messages", "the problem and the solution as a conversation"),
    (
        "instruction, output",
        "the same two texts under the names of the alpaca form; null without solutions",
    ),
    (
        "program_input, program_output",
        "JSON of the program's `input` and `output`",
    ),
    (
        "program_pairs",
        "JSON: further inputs of the program, most of them near its own, with its outputs; null where none were tried",
    ),
    ("source, licence, domain", "where the seed came from"),
    (
        "facts, execution",
        "JSON: static facts and fingerprints; how the program ran",
    ),
    (
        "verdicts",
        "JSON: what each check said, and how hard the row is",
    ),
    (
        "ancestry",
        "JSON: how the program was made of others; null where it was not",
    ),
];

fn funnel(out: &mut String, report: &RunReport) -> std::fmt::Result {
    writeln!(
        out,
        "## Funnel\n\n| round | stage | in | kept | rejected | quarantined | reasons |\n|---|---|---|---|---|---|---|"
    )?;
    for stage in &report.stages {
        let mut reasons: Vec<(&String, &u64)> = stage.reasons.iter().collect();
        reasons.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
        let reasons: Vec<String> = reasons
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            stage.round,
            stage.name,
            stage.rows_in,
            stage.kept,
            stage.rejected,
            stage.quarantined,
            reasons.join(", ")
        )?;
    }
    writeln!(out)
}

/// What each check said, of the rows that judge saw and of those in the data set.
fn verification(out: &mut String, facts: &Facts) -> std::fmt::Result {
    let Some(judged) = &facts.judged else {
        return writeln!(
            out,
            "## Verification\n\nNo solution was checked: judge was left out. Programs ran and kept the rules.\n"
        );
    };
    let kept = &facts.verification;
    writeln!(
        out,
        "## Verification\n\n| check | said | judged rows | % | exported rows |\n|---|---|---|---|---|"
    )?;
    let mut line = |check: &str, said: &str, one: u64, of: u64, exported: u64| {
        let share = percent(Share { count: one, of });
        writeln!(
            out,
            "| {check} | {said} | {one} of {of} | {share} | {exported} |"
        )
    };
    let known = |tally: &Tally, outcome: &str| tally.answers.get(outcome).copied().unwrap_or(0);
    for (outcome, said) in [
        ("equal", "equal"),
        ("different", "different"),
        ("undecided", "undecided"),
        ("absent", "the words state none"),
    ] {
        line(
            "answer of the words against the program's",
            said,
            known(judged, outcome),
            judged.compared(),
            known(kept, outcome),
        )?;
    }
    line(
        "quantities of the program in the problem",
        "all there",
        judged.covered,
        judged.covered + judged.uncovered,
        kept.covered,
    )?;
    for (check, votes) in &judged.judge {
        let exported = kept.judge.get(check).copied().unwrap_or_default();
        line(
            &format!("judge: {check}"),
            "yes",
            votes.yes,
            votes.yes + votes.no,
            exported.yes,
        )?;
    }
    line(
        "all together",
        "passed",
        judged.passed,
        judged.rows,
        kept.passed,
    )?;
    let agreeing = Share {
        count: judged.agreeing(),
        of: judged.compared(),
    };
    writeln!(
        out,
        "\nThe solver saw the problem alone; in {} % of the judged rows it reached the program's answer. A check \
         that costs nothing is made of every row, the judge is asked only about what passed those.",
        percent(agreeing)
    )?;
    if !kept.tiers.is_empty() {
        let tiers: Vec<String> = kept
            .tiers
            .iter()
            .map(|(tier, count)| format!("{tier} {count}"))
            .collect();
        writeln!(
            out,
            "Exported rows by how their answers were found equal: {}.",
            tiers.join(", ")
        )?;
    }
    if kept.revised > 0 {
        writeln!(
            out,
            "{} of the exported rows passed after their problem was written again.",
            kept.revised
        )?;
    }
    if kept.failed > 0 {
        writeln!(
            out,
            "\n**{} of the exported rows failed a check:** judging was switched off.",
            kept.failed
        )?;
    }
    writeln!(out)
}

/// What each mechanism removed, and what those found that only mark.
fn mechanisms(out: &mut String, report: &RunReport, facts: &Facts) -> std::fmt::Result {
    let removed = mechanisms::removed(&report.stages);
    let seen = &facts.variety.marks;
    let marked: Vec<(Mechanism, String)> = [
        (
            Mechanism::Inputs,
            seen.with_pairs,
            format!(
                "{} rows have {} further pairs of input and output",
                seen.with_pairs, seen.pairs
            ),
        ),
        (
            Mechanism::Trace,
            seen.traced,
            format!(
                "{} of {} solutions have a number that comes from nowhere",
                seen.ungrounded, seen.traced
            ),
        ),
        (
            Mechanism::Counterfactual,
            seen.retold + seen.untold,
            format!(
                "{} rows hold with other quantities, {} could not be told with any",
                seen.retold, seen.untold
            ),
        ),
        (
            Mechanism::Revise,
            facts.verification.revised,
            format!("{} rows passed the second time", facts.verification.revised),
        ),
    ]
    .into_iter()
    .filter(|(_, count, _)| *count > 0)
    .map(|(mechanism, _, words)| (mechanism, words))
    .collect();
    writeln!(
        out,
        "## Mechanisms\n\n| mechanism | rows removed | of the exported rows |\n|---|---|---|"
    )?;
    for mechanism in Mechanism::ALL {
        let count = removed.get(&mechanism).copied().unwrap_or(0);
        let words = marked.iter().find(|(own, _)| *own == mechanism);
        if count > 0 || words.is_some() {
            let words = words.map_or("", |(_, words)| words.as_str());
            writeln!(out, "| {} | {count} | {words} |", mechanism.words())?;
        }
    }
    if !seen.made.is_empty() {
        let made: Vec<String> = seen
            .made
            .iter()
            .map(|(operator, count)| format!("{operator} {count}"))
            .collect();
        writeln!(
            out,
            "\nExported rows whose program was made of others: {}.",
            made.join(", ")
        )?;
    }
    writeln!(out)
}

/// How varied and how hard the exported rows are.
fn diversity(out: &mut String, facts: &Facts) -> std::fmt::Result {
    let seen = &facts.variety;
    writeln!(
        out,
        "## Diversity and difficulty\n\n| of the exported rows | all | different | effective number | largest share |\n|---|---|---|---|---|"
    )?;
    let diversity = &seen.diversity;
    for (name, own) in [
        ("structures of programs", &diversity.structures),
        ("mixes of operations", &diversity.mixes),
        ("operations", &diversity.operations),
        ("domains", &diversity.domains),
    ] {
        if own.total > 0 {
            writeln!(
                out,
                "| {name} | {} | {} | {:.1} | {:.1} % |",
                own.total,
                own.distinct,
                own.effective,
                own.largest_share * 100.0
            )?;
        }
    }
    writeln!(
        out,
        "\nThe effective number (Hill 1973, order 1) says how many equally frequent ones would be as varied."
    )?;
    if !diversity.domain_counts.is_empty() {
        let domains: Vec<String> = diversity
            .domain_counts
            .iter()
            .map(|(domain, count)| format!("{domain} {count}"))
            .collect();
        writeln!(out, "Rows by domain: {}.", domains.join(", "))?;
    }
    if let Some(apart) = &seen.spread {
        writeln!(
            out,
            "Mean cosine distance of the embeddings of {} problems by `{}`: {:.3}.",
            apart.rows, apart.model, apart.distance
        )?;
    }
    let hard = &seen.difficulty;
    writeln!(
        out,
        "\nMedians: {} statements and {} operations in a program, nested {} deep; {} words in a solution.",
        hard.statements, hard.operations, hard.depth, hard.solution_words
    )?;
    if hard.measured > 0 {
        let shares: Vec<String> = hard.by_pass_rate.iter().map(u64::to_string).collect();
        writeln!(
            out,
            "Rows by the solver's pass rate, in fifths from never to always: {}.",
            shares.join(", ")
        )?;
    }
    writeln!(out)
}

fn contamination(out: &mut String, context: &Context<'_>, facts: &Facts) -> std::fmt::Result {
    writeln!(out, "## Contamination\n")?;
    match facts.contamination.as_deref() {
        None => writeln!(out, "Not checked: curate was left out.\n"),
        Some([]) => writeln!(out, "Not checked: no benchmark was named.\n"),
        Some(_) if context.config.curate.leaks == Leaks::Off => writeln!(
            out,
            "Not checked: `curate.leaks` is off. The benchmarks' problems may stand in these rows.\n"
        ),
        Some(files) => {
            let how = match context.config.curate.ngram {
                0 => "is the same text".to_owned(),
                words => format!("is the same text or shares {words} words in a row"),
            };
            let how = match context.config.curate.leaks {
                Leaks::Thorough => {
                    format!("{how}, or is much like it, also under other numbers and names,")
                }
                _ => how,
            };
            writeln!(
                out,
                "Rows whose problem {how} with a problem of these files were dropped.\n\n| benchmark | file | rows dropped |\n|---|---|---|"
            )?;
            for screened in files {
                writeln!(
                    out,
                    "| {} | {} | {} |",
                    screened.benchmark, screened.file, screened.dropped
                )?;
            }
            writeln!(out)
        }
    }
}

fn targets(out: &mut String, report: &RunReport) -> std::fmt::Result {
    let targets = &report.targets;
    writeln!(
        out,
        "## Sampled programs\n\n| share | count | of | % |\n|---|---|---|---|"
    )?;
    for (name, share) in [
        ("parse", targets.parses),
        ("pass execution and rules", targets.passes),
        ("of these: new normal form", targets.new),
        ("of these: new structure", targets.new_structure),
        ("of the new: through judge", targets.new_judged),
        ("of the new: through curate", targets.new_curated),
    ] {
        writeln!(
            out,
            "| {name} | {} | {} | {} |",
            share.count,
            share.of,
            percent(share)
        )?;
    }
    writeln!(
        out,
        "\nNew means: neither among the seeds' programs nor in the training set of the base model.\n"
    )
}

fn percent(share: Share) -> String {
    share
        .ratio()
        .map_or_else(|| "–".into(), |ratio| format!("{:.1}", ratio * 100.0))
}

fn scores(out: &mut String, report: &RunReport) -> std::fmt::Result {
    if report.scores.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "## Students\n\n| benchmark | student | rows | accuracy | 95 % interval |\n|---|---|---|---|---|"
    )?;
    for benchmark in &report.scores {
        for student in &benchmark.students {
            let score = &student.overall;
            writeln!(
                out,
                "| {} | {} | {} | {:.1} % | {:.1}–{:.1} % |",
                benchmark.benchmark,
                student.student,
                student.rows,
                score.mean * 100.0,
                score.low * 100.0,
                score.high * 100.0
            )?;
        }
    }
    writeln!(out)
}

fn seeds(out: &mut String, context: &Context<'_>, state: &State) -> std::fmt::Result {
    writeln!(
        out,
        "## Seeds\n\n| source | licence | file |\n|---|---|---|"
    )?;
    for seed in &context.config.seeds {
        let file = seed.path.file_name().unwrap_or_default().to_string_lossy();
        let source = seed
            .source
            .clone()
            .unwrap_or_else(|| crate::config::stem(&seed.path));
        writeln!(
            out,
            "| {source} | {} | {file} |",
            seed.licence.as_deref().unwrap_or("unstated")
        )?;
    }
    let rows: BTreeMap<&str, u64> = BTreeMap::from([
        (
            "seed rows",
            state
                .all(Stage::Import)
                .map(|(_, shard)| shard.counts.kept)
                .sum(),
        ),
        (
            "seed programs",
            state
                .all(Stage::Unify)
                .map(|(_, shard)| shard.counts.kept)
                .sum(),
        ),
    ]);
    for (name, count) in rows {
        writeln!(out, "\n{count} {name}.")?;
    }
    writeln!(out)
}
