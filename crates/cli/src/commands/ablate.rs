//! `caco ablate`: what a run's data set would be without one of its mechanisms.

use std::sync::Arc;

use caco_pipeline::{Ablation, Variety};

use crate::args::{self, Global};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::numbers::grouped;
use crate::paint::Paint;
use crate::report::{friendly, spent, table};
use crate::{output, stop};

/// Makes the run again without each mechanism and compares.
pub fn ablate(global: &Global, args: &args::Ablate) -> Result<Exit> {
    let without = if args.without.is_empty() {
        caco_pipeline::mechanisms(&args.run)?
    } else {
        args.without.clone()
    };
    if without.is_empty() {
        return Err(Failure::usage(
            format!("{} has no mechanism on", args.run.display()),
            "docs/CONFIG.md says which keys turn them on",
        ));
    }
    let into = match &args.output {
        Some(output) => output.clone(),
        None => {
            let mut name = args.run.as_os_str().to_owned();
            while name.to_string_lossy().ends_with('/') {
                name = name.to_string_lossy().trim_end_matches('/').into();
            }
            name.push("-ablation");
            name.into()
        }
    };
    let into = std::path::absolute(&into).map_err(|error| Failure::file("find", &into, &error))?;
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping"))?
    };
    let result = caco_pipeline::ablate(&args.run, &without, &into, &*display, &stop);
    display.close();
    let ablation = result?;
    if global.json {
        output::json(&ablation)?;
    } else {
        output::text(&text(&ablation, Paint::for_stdout()))?;
    }
    Ok(Exit::Done)
}

fn text(ablation: &Ablation, paint: Paint) -> String {
    let figures = |variety: &Variety| {
        vec![
            grouped(variety.rows),
            format!("{:.1}", variety.diversity.structures.effective),
            format!("{:.1}", variety.diversity.mixes.effective),
            grouped(variety.difficulty.operations),
        ]
    };
    let mut rows = vec![
        [
            vec!["the run".to_owned()],
            figures(&ablation.variety),
            vec![String::new(); 3],
        ]
        .concat(),
    ];
    for own in &ablation.without {
        let removed: Vec<String> = own
            .removed_for
            .iter()
            .map(|(reason, count)| format!("{reason} {}", grouped(*count)))
            .collect();
        rows.push(
            [
                vec![format!("without {}", own.without)],
                figures(&own.variety),
                vec![
                    grouped(own.only_without),
                    grouped(own.only_with),
                    removed.join(", "),
                ],
            ]
            .concat(),
        );
    }
    let header = [
        "",
        "rows",
        "structures",
        "mixes",
        "operations",
        "more",
        "fewer",
        "removed by the run for",
    ];
    let mut lines = table::layout(&header, &rows, &[7]).into_iter();
    let mut out = String::new();
    if let Some(header) = lines.next() {
        out.push_str(&format!("{}\n", paint.strong(&header)));
    }
    for line in lines {
        out.push_str(&format!("{line}\n"));
    }
    out.push_str("structures and mixes: how many equally frequent ones would be as varied; operations: the median\n");
    for own in &ablation.without {
        let paid = spent(&own.spent, 0).map_or_else(String::new, |words| format!("; {words}"));
        out.push_str(&format!(
            "without {:<15} {}{paid}\n",
            own.without.as_str(),
            friendly(&own.dir)
        ));
    }
    out
}
