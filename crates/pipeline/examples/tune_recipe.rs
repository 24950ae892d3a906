//! Trains a model from a recipe without the `caco` command: `tune_recipe RECIPE OUT`.
//!
//! Ctrl-C ends the process at once; the same command goes on from the last checkpoint.

use std::error::Error;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use caco_pipeline::{Event, tune_recipe};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(recipe), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: tune_recipe RECIPE OUT".into());
    };
    let show = |event: &Event| match event {
        Event::Training {
            step,
            steps,
            loss,
            lr,
            tokens,
            tokens_per_second,
            ..
        } if step % 20 == 0 || step == steps => {
            eprintln!(
                "{step}/{steps} loss {loss:.4} lr {lr:.2e} {tokens} tokens {tokens_per_second:.0} tokens/s"
            );
        }
        Event::Message { text } | Event::Warning { text } => eprintln!("{text}"),
        _ => {}
    };
    let report = tune_recipe(
        Path::new(&recipe),
        Path::new(&out),
        &show,
        &AtomicBool::new(false),
    )?;
    println!("{report:#?}");
    Ok(())
}
