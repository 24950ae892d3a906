//! The targets: each share with its numerator and denominator, and whether it was met.

use caco_pipeline::{BenchmarkScore, Share, Targets};

use super::{Roles, scores, table};
use crate::numbers::{grouped, percent};
use crate::paint::Paint;

/// One line: what is counted, of what, and the least share that is wanted, in percent.
struct Goal {
    name: &'static str,
    of: &'static str,
    share: Share,
    least: Option<f64>,
}

fn goals(targets: &Targets) -> [Goal; 6] {
    let goal = |name, of, share, least| Goal {
        name,
        of,
        share,
        least,
    };
    [
        goal("parse", "of the samples", targets.parses, Some(90.0)),
        goal(
            "pass execution and rules",
            "of the samples",
            targets.passes,
            Some(75.0),
        ),
        goal(
            "new (normal form)",
            "of those passing",
            targets.new,
            Some(50.0),
        ),
        goal(
            "new structure",
            "of those passing",
            targets.new_structure,
            Some(5.0),
        ),
        goal(
            "come through judge",
            "of the new ones",
            targets.new_judged,
            Some(40.0),
        ),
        goal(
            "come through curate",
            "of the new ones",
            targets.new_curated,
            None,
        ),
    ]
}

/// The targets as a table; empty when nothing was sampled.
pub fn text(targets: &Targets, scores: &[BenchmarkScore], roles: &Roles, paint: Paint) -> String {
    let goals = goals(targets);
    if goals.iter().all(|goal| goal.share.of == 0) {
        return String::new();
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut verdicts = Vec::new();
    for goal in &goals {
        rows.push(vec![
            format!("{} {}", goal.name, goal.of),
            format!("{}/{}", grouped(goal.share.count), grouped(goal.share.of)),
            percent(goal.share.count, goal.share.of),
            goal.least
                .map_or_else(|| "-".into(), |least| format!(">= {least:.0} %")),
        ]);
        verdicts.push(match (goal.least, goal.share.ratio()) {
            (Some(least), Some(ratio)) => Some(100.0 * ratio >= least),
            _ => None,
        });
    }
    for gain in scores::gains(scores, roles) {
        rows.push(vec![
            format!("{} beats {} on {}", gain.looped, gain.seeds, gain.benchmark),
            format!(
                "{}/{} against {}/{}",
                gain.of_looped.0, gain.of_looped.1, gain.of_seeds.0, gain.of_seeds.1
            ),
            format!("{:+.1}", gain.points),
            "> 0".into(),
        ]);
        verdicts.push(Some(gain.points > 0.0));
    }
    let lines = table::layout(&["target", "count", "share", "wanted"], &rows, &[]);
    let width = lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0);
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        if index == 0 {
            out.push_str(&paint.strong(line));
        } else {
            let verdict = match verdicts.get(index - 1).copied().flatten() {
                Some(true) => paint.good("met"),
                Some(false) => paint.bad("missed"),
                None => String::new(),
            };
            out.push_str(format!("{line:<width$}  {verdict}").trim_end());
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_share_has_its_own_whole_and_a_verdict() {
        let share = |count, of| Share { count, of };
        let targets = Targets {
            parses: share(95, 100),
            passes: share(74, 100),
            new: share(37, 74),
            new_structure: share(0, 74),
            new_judged: share(20, 37),
            new_curated: share(18, 37),
        };
        insta::assert_snapshot!(text(&targets, &[], &Roles::default(), Paint::off()), @r"
        target                                    count   share   wanted
        parse of the samples                     95/100  95.0 %  >= 90 %  met
        pass execution and rules of the samples  74/100  74.0 %  >= 75 %  missed
        new (normal form) of those passing        37/74  50.0 %  >= 50 %  met
        new structure of those passing             0/74   0.0 %   >= 5 %  missed
        come through judge of the new ones        20/37  54.1 %  >= 40 %  met
        come through curate of the new ones       18/37  48.6 %        -
        ");
    }

    #[test]
    fn nothing_sampled_means_nothing_to_report() {
        assert_eq!(
            text(&Targets::default(), &[], &Roles::default(), Paint::off()),
            ""
        );
    }
}
