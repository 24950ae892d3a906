//! `caco init`: a commented configuration, a few seeds and the prompts.

use std::fs;

use caco_pipeline::templates;
use serde_json::json;

use crate::args::{Global, Init};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output;

/// Writes the files to start from.
pub fn init(global: &Global, args: &Init) -> Result<Exit> {
    let files = templates();
    if !args.force
        && let Some(taken) = files
            .iter()
            .map(|file| args.dir.join(file.path))
            .find(|path| path.exists())
    {
        return Err(Failure::usage(
            format!("{} exists already", taken.display()),
            "choose another folder, or overwrite with --force",
        ));
    }
    for file in &files {
        let path = args.dir.join(file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| Failure::file("make", parent, &error))?;
        }
        fs::write(&path, file.text).map_err(|error| Failure::file("write", &path, &error))?;
    }
    if global.json {
        let written: Vec<_> = files.iter().map(|file| args.dir.join(file.path)).collect();
        output::json(&json!({ "written": written }))?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for file in &files {
        text.push_str(&format!("{}\n", args.dir.join(file.path).display()));
    }
    output::text(&text)?;
    if !global.quiet {
        let config = args.dir.join("caco.yaml");
        eprintln!(
            "next: put your seeds into seeds.jsonl, then `caco validate {0}` and `caco run {0}`",
            config.display()
        );
    }
    Ok(Exit::Done)
}
