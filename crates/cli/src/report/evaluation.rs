//! Evaluations as text: the figures of one, and two side by side.

use std::collections::BTreeSet;
use std::path::Path;

use caco_evaluation::metrics::{Estimate, Interval, McNemarMethod};
use caco_pipeline::{Comparison, RESULTS_FILE, Results, TaskComparison, TaskResult};

use super::{friendly, table};
use crate::numbers::grouped;
use crate::paint::Paint;

/// The figures of an evaluation as a table, with what has to be known beside them.
pub fn results(results: &Results, dir: &Path, paint: Paint) -> String {
    let ks: BTreeSet<u32> = results
        .tasks
        .iter()
        .flat_map(|task| &task.metrics.pass_at)
        .map(|pass| pass.k)
        .filter(|k| *k > 1)
        .collect();
    let voted = results
        .tasks
        .iter()
        .any(|task| task.metrics.majority.is_some());
    let several = results.tasks.iter().any(|task| task.metrics.samples > 1);
    let passes: Vec<String> = ks.iter().map(|k| format!("pass@{k}")).collect();
    let mut header = vec!["benchmark", "items"];
    if several {
        header.push("samples");
    }
    header.extend(["pass@1", "95 % interval"]);
    header.extend(passes.iter().map(String::as_str));
    if voted {
        header.push("majority");
    }
    header.push("not right");
    let mut rows: Vec<Vec<String>> = results
        .tasks
        .iter()
        .map(|task| {
            let mut row = vec![task.name.clone(), grouped(task.metrics.items)];
            if several {
                row.push(task.metrics.samples.to_string());
            }
            let first = task.metrics.pass_at_1();
            row.push(first.map_or_else(|| "-".into(), |pass| share(pass.value)));
            row.push(first.map_or_else(|| "-".into(), interval));
            for k in &ks {
                let mut own = task.metrics.pass_at.iter();
                let pass = own.find(|pass| pass.k == *k);
                row.push(pass.map_or_else(|| "-".into(), |pass| share(pass.estimate.value)));
            }
            if voted {
                let majority = task.metrics.majority;
                row.push(majority.map_or_else(|| "-".into(), |own| share(own.value)));
            }
            row.push(reasons(task));
            row
        })
        .collect();
    if let Some(mean) = results.mean {
        let mut row = vec!["mean".to_owned(), String::new()];
        if several {
            row.push(String::new());
        }
        row.push(share(mean));
        rows.push(row);
    }
    let mut out = laid_out(&header, &rows, &[header.len() - 1], paint);
    for task in &results.tasks {
        for note in notes(task) {
            out.push_str(&format!("{}: {note}\n", task.name));
        }
    }
    if out.contains(" % *") {
        out.push_str("* by a bootstrap over items\n");
    }
    out.push_str(&format!(
        "\n{}  {} ({})\n{}  {}\n",
        paint.strong("model  "),
        results.model.name,
        results.model.id,
        paint.strong("results"),
        friendly(&dir.join(RESULTS_FILE))
    ));
    out
}

fn laid_out(header: &[&str], rows: &[Vec<String>], left: &[usize], paint: Paint) -> String {
    let lines = table::layout(header, rows, left);
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        let line = if number == 0 {
            paint.strong(line)
        } else {
            line.clone()
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// The commonest reasons.
fn reasons(task: &TaskResult) -> String {
    let mut all: Vec<(&String, &u64)> = task.reasons.iter().collect();
    all.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
    let words: Vec<String> = all
        .iter()
        .take(3)
        .map(|(name, count)| format!("{name} {}", grouped(**count)))
        .collect();
    words.join(", ")
}

/// What a reader of the figure has to know.
fn notes(task: &TaskResult) -> Vec<String> {
    let mut notes = Vec::new();
    for (reason, count) in &task.left_out {
        notes.push(format!("{} rows are left out: {reason}", grouped(*count)));
    }
    if task.beyond_limit > 0 {
        notes.push(format!(
            "{} items behind --limit are not asked",
            grouped(task.beyond_limit)
        ));
    }
    for (score, agreed) in &task.given {
        notes.push(format!(
            "{score} of the log is {}; ours agrees on {} of {} items ({} right only there, {} only here)",
            share(agreed.mean),
            grouped(agreed.agree),
            grouped(agreed.items),
            grouped(agreed.only_theirs),
            grouped(agreed.only_ours)
        ));
    }
    notes
}

/// Two evaluations side by side.
pub fn comparison(comparison: &Comparison, (a, b): (&Path, &Path), paint: Paint) -> String {
    let header = [
        "benchmark",
        "items",
        "A",
        "B",
        "B - A",
        "95 % interval",
        "only A",
        "only B",
        "p",
        "test",
    ];
    let rows: Vec<Vec<String>> = comparison
        .tasks
        .iter()
        .map(|task| {
            vec![
                task.name.clone(),
                grouped(task.items),
                share(task.a.value),
                share(task.b.value),
                points(task.difference.value),
                format!(
                    "{} - {}",
                    points(task.difference.low),
                    points(task.difference.high)
                ),
                grouped(task.pairs.only_a),
                grouped(task.pairs.only_b),
                probability(task.pairs.mcnemar.p_value),
                test(task),
            ]
        })
        .collect();
    let mut out = laid_out(&header, &rows, &[9], paint);
    out.push_str(&format!(
        "\n{}  {} in {}\n{}  {} in {}\n",
        paint.strong("A"),
        comparison.a.name,
        friendly(a),
        paint.strong("B"),
        comparison.b.name,
        friendly(b)
    ));
    for note in &comparison.notes {
        out.push_str(&format!("note: {note}\n"));
    }
    out
}

/// Which test it was, and what it and the interval are about.
fn test(task: &TaskComparison) -> String {
    let method = match task.pairs.mcnemar.method {
        McNemarMethod::ExactBinomial => "McNemar, exact",
        McNemarMethod::CorrectedChiSquare => "McNemar, chi-square",
    };
    match task.paired_by.as_str() {
        "reply" => method.to_owned(),
        "majority" => format!("{method} of the majorities"),
        _ => format!("{method} of the first replies"),
    }
}

fn share(value: f64) -> String {
    format!("{:.1} %", 100.0 * value)
}

fn points(value: f64) -> String {
    format!("{:+.1}", 100.0 * value)
}

fn probability(value: f64) -> String {
    if value < 0.0001 {
        "< 0.0001".into()
    } else {
        format!("{value:.4}")
    }
}

fn interval(estimate: Estimate) -> String {
    let mark = match estimate.interval {
        Interval::Bootstrap => " *",
        Interval::Wilson | Interval::AdjustedWald => "",
    };
    format!(
        "{:.1} - {:.1} %{mark}",
        100.0 * estimate.low,
        100.0 * estimate.high
    )
}
