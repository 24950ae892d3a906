//! `caco doctor`: what works on this machine, and how to mend what does not.

mod checks;

use serde::Serialize;

use crate::args::{Configured, Doctor, Global};
use crate::exit::Exit;
use crate::failure::Result;
use crate::output;
use crate::paint::Paint;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It works.
    Ok,
    /// A run works, but less well than it could.
    Warning,
    /// A run needs this and cannot have it.
    Failed,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// A stable name.
    pub name: &'static str,
    /// Whether a run can do with what was found.
    pub ok: bool,
    /// How it came out.
    pub level: Level,
    /// What was found.
    pub detail: String,
    /// What to do about it; absent when there is nothing to do.
    pub remedy: Option<String>,
}

impl Check {
    fn new(
        name: &'static str,
        level: Level,
        detail: impl Into<String>,
        remedy: Option<String>,
    ) -> Self {
        Self {
            name,
            ok: level != Level::Failed,
            level,
            detail: detail.into(),
            remedy,
        }
    }

    fn good(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, Level::Ok, detail, None)
    }

    fn warning(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(name, Level::Warning, detail, Some(remedy.into()))
    }

    fn failed(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(name, Level::Failed, detail, Some(remedy.into()))
    }
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    checks: Vec<Check>,
}

/// Looks at everything that a run needs.
pub fn doctor(global: &Global, args: &Doctor) -> Result<Exit> {
    let config = match &args.config {
        Some(config) => super::load(
            global,
            &Configured {
                config: config.clone(),
                sets: Vec::new(),
            },
        )?,
        None => super::defaults()?,
    };
    let say = |line: &str| {
        if !global.quiet {
            eprintln!("{line}");
        }
    };
    let checks = checks::all(&config, args.fix, &say);
    let report = Report {
        ok: checks.iter().all(|check| check.ok),
        checks,
    };
    let exit = if report.ok {
        Exit::Done
    } else {
        Exit::CheckedFalse
    };
    if global.json {
        output::json(&report)?;
    } else {
        output::text(&text(&report, Paint::for_stdout()))?;
    }
    Ok(exit)
}

fn text(report: &Report, paint: Paint) -> String {
    let mut out = String::new();
    for check in &report.checks {
        let mark = match check.level {
            Level::Ok => paint.good("ok     "),
            Level::Warning => paint.warn("warning"),
            Level::Failed => paint.bad("missing"),
        };
        out.push_str(&format!("{mark}  {:<12} {}\n", check.name, check.detail));
        if let Some(remedy) = &check.remedy {
            out.push_str(&format!(
                "         {:<12} {} {remedy}\n",
                "",
                paint.strong("->")
            ));
        }
    }
    let verdict = if report.ok {
        "this machine can run Caco"
    } else {
        "a run needs what is missing above"
    };
    out.push_str(&format!("{verdict}\n"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_remedy_is_shown() {
        let checks = vec![
            Check::good("cores", "2"),
            Check::failed("python", "not found", "install python3"),
        ];
        let report = Report { ok: false, checks };
        insta::assert_snapshot!(text(&report, Paint::off()), @r"
        ok       cores        2
        missing  python       not found
                              -> install python3
        a run needs what is missing above
        ");
    }
}
