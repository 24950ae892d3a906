//! `caco export`: a run's data set in the shapes that trainers read.

use std::sync::atomic::Ordering;

use caco_pipeline::{Conversion, Error, FileSize, convert};

use crate::args::{self, Global};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::numbers::grouped;
use crate::{output, stop};

/// Writes the data set of a run into a folder.
pub fn export(global: &Global, args: &args::Export) -> Result<Exit> {
    for (place, view) in args.format.iter().enumerate() {
        if args.format[..place].contains(view) {
            return Err(Failure::usage(
                format!("the format `{view}` is named twice"),
                "name each format once",
            ));
        }
    }
    let display = Display::new(global);
    let stop = stop::install(|| {})?;
    let asked = Conversion {
        run: &args.run,
        views: &args.format,
        into: &args.output,
        size: args.file_mb.map(|megabytes| FileSize {
            bytes: megabytes.saturating_mul(1_000_000),
            rows: None,
        }),
    };
    let converted = convert(&asked, &|rows| {
        display.counted(|| format!("exporting: {} rows", grouped(rows)));
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        Ok(())
    });
    display.close();
    let converted = converted.map_err(|error| {
        let mut failure = Failure::from(error);
        if failure.exit == Exit::Interrupted {
            failure.hint = Some("the same command begins anew".into());
        }
        failure
    })?;
    if global.json {
        output::json(&converted)?;
    } else {
        let names: Vec<String> = converted
            .files
            .iter()
            .map(|name| args.output.join(name).display().to_string())
            .collect();
        output::text(&format!(
            "{} rows\n{}\n",
            grouped(converted.rows),
            names.join("\n")
        ))?;
    }
    Ok(Exit::Done)
}
