//! `caco status`: how far a run is.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use caco_pipeline::{Config, RunReport, Stage, StageReport, StatusReport, StatusStage};
use serde::{Deserialize, Serialize};

use crate::args::{Global, RunFolder};
use crate::exit::Exit;
use crate::failure::Result;
use crate::output;
use crate::paint::Paint;
use crate::report::{self, Parts, Roles};

/// What `--json` prints: the stages, and the final report of a finished run.
#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    status: StatusReport,
    /// Targets and scores; null until the run has finished.
    report: Option<RunReport>,
}

/// Shows the funnel of a run, finished or not.
pub fn status(global: &Global, args: &RunFolder) -> Result<Exit> {
    let status = caco_pipeline::status(&args.run)?;
    let report = if status.finished {
        last_report(&args.run)
    } else {
        None
    };
    if global.json {
        output::json(&Status { status, report })?;
        return Ok(Exit::Done);
    }
    let paint = Paint::for_stdout();
    let roles = Config::load(&args.run.join("config.yaml"), &[])
        .map(|config| Roles::of(&config))
        .unwrap_or_default();
    let mut text = String::new();
    match (&report, status.finished) {
        (Some(report), _) => text.push_str(&format!(
            "finished\n\n{}",
            report::finished(report, &roles, paint)
        )),
        (None, finished) => {
            let stages: Vec<StageReport> = status.stages.iter().filter_map(line).collect();
            let parts = Parts {
                stages: &stages,
                targets: &Default::default(),
                scores: &[],
            };
            text.push_str(&format!(
                "{}\n\n{}",
                progress(&status),
                parts.text(&roles, paint)
            ));
            if let Some(words) = report::spent(&status.spent, status.cut_off) {
                text.push_str(&format!("\n{}    {words}\n", paint.strong("calls")));
            }
            if !finished {
                text.push_str(&format!(
                    "\n{}     caco resume {}\n",
                    paint.strong("next"),
                    args.run.display()
                ));
            }
        }
    }
    output::text(&text)?;
    Ok(Exit::Done)
}

/// A stage's line of the funnel.
fn line(stage: &StatusStage) -> Option<StageReport> {
    Some(StageReport {
        name: Stage::ALL
            .into_iter()
            .find(|known| known.as_str() == stage.name)?,
        round: stage.round,
        rows_in: stage.rows_in,
        kept: stage.kept,
        rejected: stage.rejected,
        quarantined: stage.quarantined,
        reasons: stage.reasons.clone(),
        seconds: stage.seconds,
    })
}

fn progress(status: &StatusReport) -> String {
    if status.finished {
        return "finished".into();
    }
    match status.stages.iter().find(|stage| !stage.finished) {
        Some(stage) => format!("not finished: at {} {}", stage.name, stage.round)
            .trim_end_matches(" 0")
            .to_owned(),
        None => "not finished".into(),
    }
}

/// How much of the log's end is read; the last event is far shorter.
const TAIL: u64 = 4 << 20;

/// The report of a run whose last event says that it finished.
fn last_report(run: &Path) -> Option<RunReport> {
    #[derive(Deserialize)]
    struct Last {
        event: String,
        report: Option<RunReport>,
    }
    let mut file = File::open(run.join("events.jsonl")).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))
        .ok()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let last: Last = serde_json::from_str(text.trim_end().lines().next_back()?).ok()?;
    let mut report = last.report.filter(|_| last.event == "run_finished")?;
    // The folder may have been moved since.
    report.data = report
        .data
        .map(|data| run.join(data.file_name().unwrap_or_default()));
    report.dir = run.to_owned();
    Some(report)
}
