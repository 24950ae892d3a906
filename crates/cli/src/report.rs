//! What a run reports to a person at its end, and `status` at any time: funnel, targets, scores.

pub mod evaluation;
mod funnel;
mod scores;
pub mod table;
mod targets;

use std::path::Path;

use caco_pipeline::config::StudentData;
use caco_pipeline::{
    BenchmarkScore, Config, Marks, RunReport, Spent, StageReport, TargetEnd, Targets,
};

use crate::numbers::{clock, grouped};
use crate::paint::Paint;

/// The parts of a report, wherever they come from.
pub struct Parts<'a> {
    /// One line of the funnel each.
    pub stages: &'a [StageReport],
    /// The shares of the sampled programs.
    pub targets: &'a Targets,
    /// The students' scores.
    pub scores: &'a [BenchmarkScore],
}

impl Parts<'_> {
    /// Funnel, targets and scores as text.
    pub fn text(&self, roles: &Roles, paint: Paint) -> String {
        let mut out = funnel::text(self.stages, paint);
        let removed = caco_pipeline::removed(self.stages);
        if !removed.is_empty() {
            out.push('\n');
            out.push_str(&paint.strong("removed by mechanism"));
            out.push('\n');
            for (mechanism, count) in removed {
                out.push_str(&format!(
                    "{:>9}  {:<15} {}\n",
                    grouped(count),
                    mechanism.as_str(),
                    mechanism.words()
                ));
            }
        }
        let targets = targets::text(self.targets, self.scores, roles, paint);
        if !targets.is_empty() {
            out.push('\n');
            out.push_str(&targets);
        }
        if !self.scores.is_empty() {
            out.push('\n');
            out.push_str(&scores::text(self.scores, roles, paint));
        }
        out
    }
}

/// Which students learnt from the seeds alone and which from the loop's data, by name.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    /// The first student that learns from the seeds alone.
    pub seeds: Option<String>,
    /// The first student that learns from all kept rows.
    pub looped: Option<String>,
}

impl Roles {
    /// Reads the roles from a configuration.
    pub fn of(config: &Config) -> Self {
        let first = |data: StudentData| {
            config
                .train
                .students
                .iter()
                .find(|student| student.data == data)
                .map(|student| student.name.clone())
        };
        Self {
            seeds: first(StudentData::Seeds),
            looped: first(StudentData::Kept),
        }
    }
}

/// What mechanisms have said of the exported rows, if any has said something.
fn marked(marks: &Marks) -> Option<String> {
    let made: u64 = marks.made.values().sum();
    let words: Vec<String> = [
        (marks.with_pairs, "with further inputs and outputs"),
        (marks.retold, "hold with other quantities"),
        (marks.untold, "could not be told with others"),
        (marks.ungrounded, "with a number from nowhere"),
        (marks.measured, "with a pass rate"),
        (made, "made of other programs"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, words)| format!("{} {words}", grouped(count)))
    .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// The whole report at the end of a run.
pub fn finished(report: &RunReport, roles: &Roles, paint: Paint) -> String {
    let parts = Parts {
        stages: &report.stages,
        targets: &report.targets,
        scores: &report.scores,
    };
    let mut out = parts.text(roles, paint);
    let dir = friendly(&report.dir);
    out.push('\n');
    let mut line = |name: &str, words: String| {
        out.push_str(&format!(
            "{}{:width$}{words}\n",
            paint.strong(name),
            "",
            width = 10 - name.len()
        ));
    };
    if let Some(words) = marked(&report.marks) {
        line("marked", words);
    }
    if let Some(data) = &report.data {
        line(
            "data set",
            format!("{} ({} rows)", friendly(data), grouped(report.exported)),
        );
    }
    if let Some(target) = &report.target {
        let why = match target.end {
            TargetEnd::Kept => "reached",
            TargetEnd::Samples => "ended by the bound on samples",
            TargetEnd::Seconds => "ended by the bound on time",
        };
        line(
            "target",
            format!(
                "{} of {} rows after {} samples: {why}",
                grouped(target.kept),
                grouped(target.wanted),
                grouped(target.samples)
            ),
        );
    }
    if let Some(words) = spent(&report.spent, report.cut_off) {
        line("calls", words);
    }
    line("run", format!("{dir} ({} of work)", clock(report.seconds)));
    line("next", format!("caco status {dir}"));
    line(
        "",
        format!(
            "caco inspect {dir} ROW    where a row comes from (a row_id of the data set or of rejected/)"
        ),
    );
    if report.exported > 0 {
        line("", format!("caco export {dir} --format messages -o out/"));
    }
    out
}

/// What calls of servers have come to; none where no server was asked.
pub fn spent(spent: &Spent, cut_off: u64) -> Option<String> {
    if spent.calls == 0 && cut_off == 0 {
        return None;
    }
    let cost = match spent.cost {
        Some(cost) if spent.unpriced == 0 => format!("cost {cost:.4}"),
        Some(cost) => format!(
            "cost {cost:.4} and {} calls without a price",
            grouped(spent.unpriced)
        ),
        None => "cost unknown".into(),
    };
    let mut words = format!(
        "{} asked, {} tokens in, {} out, {cost}",
        grouped(spent.calls),
        grouped(spent.prompt_tokens),
        grouped(spent.completion_tokens)
    );
    if cut_off > 0 {
        words.push_str(&format!(
            "; at most {} paid for twice, which were under way when the run was killed",
            grouped(cut_off)
        ));
    }
    Some(words)
}

/// A path as a person would type it here: relative when it lies below the current folder.
pub fn friendly(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let short = here
        .as_deref()
        .and_then(|here| path.strip_prefix(here).ok())
        .filter(|short| short.iter().next().is_some());
    short.unwrap_or(path).display().to_string()
}
