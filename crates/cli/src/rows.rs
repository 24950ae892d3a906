//! A row shown whole to a person.

use caco_pipeline::{Fate, Row};

use crate::paint::Paint;

/// Every column that has something in it, long ones in lines of their own.
pub fn text(row: &Row, paint: Paint) -> String {
    let fate = match row.fate {
        Fate::Kept => paint.good(&format!("kept by {}", row.stage)),
        Fate::Rejected => paint.bad(&format!("rejected by {}", row.stage)),
        Fate::Quarantined => paint.warn(&format!("quarantined by {}", row.stage)),
    };
    let mut out = format!(
        "{} {} ({}, round {}): {fate}",
        paint.strong("row"),
        row.row_id,
        row.origin,
        row.round
    );
    for part in [&row.reason, &row.detail].into_iter().flatten() {
        out.push_str(&format!(": {part}"));
    }
    out.push('\n');
    for (name, value) in [
        ("parent", &row.parent_id),
        ("seed", &row.seed_id),
        ("source", &row.source),
        ("licence", &row.licence),
        ("domain", &row.domain),
    ] {
        if let Some(value) = value {
            out.push_str(&format!("  {name:<10} {value}\n"));
        }
    }
    for (name, value) in [
        ("program", &row.program),
        ("input", &row.input),
        ("output", &row.output),
        ("ancestry", &row.ancestry),
        ("pairs", &row.pairs),
        ("execution", &row.execution),
        ("facts", &row.facts),
        ("problem", &row.problem),
        ("reference", &row.reference),
        ("solution", &row.solution),
        ("final", &row.final_answer),
        ("answer", &row.answer),
        ("verdicts", &row.verdicts),
    ] {
        match value {
            Some(value) if value.contains('\n') || value.len() > 100 => {
                out.push_str(&format!("  {}\n{}\n", paint.strong(name), indent(value)));
            }
            Some(value) => out.push_str(&format!(
                "  {} {value}\n",
                paint.strong(&format!("{name:<10}"))
            )),
            None => {}
        }
    }
    out
}

/// Every line moved in by four spaces.
pub fn indent(text: &str) -> String {
    text.trim_end()
        .lines()
        .map(|line| format!("    {line}").trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use caco_pipeline::Stage;

    use super::*;

    #[test]
    fn a_row_is_shown_with_everything_it_has() {
        let mut row = Row::new("abc".into(), "sample", 1, Stage::Sample);
        row.program = Some("input = {'a': 1}\noutput = 2\n".into());
        row.answer = Some("2".into());
        row.reject(Stage::Judge, "answers_differ", Some("2 is not 3".into()));
        insta::assert_snapshot!(text(&row, Paint::off()), @r"
        row abc (sample, round 1): rejected by judge: answers_differ: 2 is not 3
          program
            input = {'a': 1}
            output = 2
          answer     2
        ");
    }
}
