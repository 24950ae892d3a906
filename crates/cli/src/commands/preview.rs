//! `caco preview`: a few rows through every stage, shown whole.

use std::sync::Arc;

use caco_pipeline::{Event, Observer};

use crate::args::{self, Global};
use crate::display::Display;
use crate::exit::Exit;
use crate::failure::Result;
use crate::paint::Paint;
use crate::{output, rows, stop};

/// Takes a few rows through the stages.
pub fn preview(global: &Global, args: &args::Preview) -> Result<Exit> {
    let config = super::load(global, &args.configured)?;
    let display = Display::new(global);
    let stop = {
        let display = Arc::clone(&display);
        stop::install(move || display.say("stopping"))?
    };
    // The folder is a temporary one, and gone when this ends.
    let watch = |event: &Event| match event {
        Event::RunStarted { .. } => {}
        other => display.event(other),
    };
    let result = caco_pipeline::preview(&config, args.rows as usize, &watch, &stop);
    display.close();
    let preview = result?;
    if global.json {
        output::json(&preview)?;
        return Ok(Exit::Done);
    }
    let paint = Paint::for_stdout();
    let shown: Vec<String> = preview
        .rows
        .iter()
        .map(|row| {
            let calls = row
                .calls
                .iter()
                .map(|call| super::inspect::call(call, paint));
            rows::text(&row.row, paint) + &calls.collect::<String>()
        })
        .collect();
    output::text(&shown.join("\n"))?;
    Ok(Exit::Done)
}
