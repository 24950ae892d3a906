//! `caco preview`: a few rows through every stage, shown whole.

use std::sync::Arc;

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
    let result = caco_pipeline::preview(&config, args.rows as usize, &*display, &stop);
    display.close();
    let preview = result?;
    if global.json {
        output::json(&preview)?;
        return Ok(Exit::Done);
    }
    let paint = Paint::for_stdout();
    let shown: Vec<String> = preview.rows.iter().map(|row| rows::text(row, paint)).collect();
    output::text(&shown.join("\n"))?;
    Ok(Exit::Done)
}
