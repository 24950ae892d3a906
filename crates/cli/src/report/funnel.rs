//! The funnel: what came into each stage and what became of it.

use caco_pipeline::StageReport;

use super::table;
use crate::numbers::{grouped, percent};
use crate::paint::Paint;

/// How many reasons a line names; the rest are summed as `other`.
const REASONS: usize = 3;

/// The funnel as a table, with a line that says whether it adds up.
pub fn text(stages: &[StageReport], paint: Paint) -> String {
    if stages.is_empty() {
        return "no stage has finished yet\n".into();
    }
    let rows: Vec<Vec<String>> = stages.iter().map(row).collect();
    let header = [
        "stage",
        "in",
        "kept",
        "rejected",
        "quarantined",
        "kept %",
        "seconds",
        "top reasons",
    ];
    let mut lines = table::layout(&header, &rows, &[7]).into_iter();
    let mut out = String::new();
    if let Some(header) = lines.next() {
        out.push_str(&paint.strong(&header));
        out.push('\n');
    }
    for line in lines {
        out.push_str(&line);
        out.push('\n');
    }
    match stages.iter().find_map(|stage| stage.check().err()) {
        None => out.push_str("in = kept + rejected + quarantined at every stage\n"),
        Some(problem) => out.push_str(&format!(
            "{} {problem}\n",
            paint.bad("the funnel does not add up:")
        )),
    }
    out
}

fn row(stage: &StageReport) -> Vec<String> {
    let name = if stage.round == 0 {
        stage.name.to_string()
    } else {
        format!("{} {}", stage.name, stage.round)
    };
    vec![
        name,
        grouped(stage.rows_in),
        grouped(stage.kept),
        grouped(stage.rejected),
        grouped(stage.quarantined),
        percent(stage.kept, stage.rows_in)
            .trim_end_matches(" %")
            .to_owned(),
        format!("{:.1}", stage.seconds),
        reasons(stage),
    ]
}

/// The commonest reasons with their counts; ties in alphabetical order.
fn reasons(stage: &StageReport) -> String {
    let mut counts: Vec<(&str, u64)> = stage
        .reasons
        .iter()
        .map(|(name, &count)| (name.as_str(), count))
        .collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut shown: Vec<String> = counts
        .iter()
        .take(REASONS)
        .map(|(name, count)| format!("{name} {}", grouped(*count)))
        .collect();
    let other: u64 = counts.iter().skip(REASONS).map(|(_, count)| count).sum();
    if other > 0 {
        shown.push(format!("other {}", grouped(other)));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use caco_pipeline::Stage;

    use super::*;

    fn stage(kept: u64, reasons: &[(&str, u64)]) -> StageReport {
        let mut report = StageReport::new(Stage::Judge, 1);
        report.rejected = reasons.iter().map(|(_, count)| count).sum();
        report.kept = kept;
        report.rows_in = kept + report.rejected;
        report.reasons = reasons
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect();
        report
    }

    #[test]
    fn the_funnel_shows_the_commonest_reasons_and_sums_the_rest() {
        let report = stage(1000, &[("a", 1), ("b", 5), ("c", 2), ("d", 1), ("e", 1)]);
        insta::assert_snapshot!(text(&[report], Paint::off()), @r"
        stage       in   kept  rejected  quarantined  kept %  seconds  top reasons
        judge 1  1,010  1,000        10            0    99.0      0.0  b 5, c 2, a 1, other 2
        in = kept + rejected + quarantined at every stage
        ");
    }

    #[test]
    fn a_lost_row_is_said_aloud() {
        let mut report = stage(3, &[("a", 1)]);
        report.rows_in += 1;
        assert!(text(&[report], Paint::off()).contains("does not add up"));
    }
}
