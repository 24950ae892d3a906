//! `caco inspect`: one row's whole ancestry.

use caco_pipeline::{Ancestry, AncestryCall};

use crate::args::{self, Global};
use crate::exit::Exit;
use crate::failure::Result;
use crate::paint::Paint;
use crate::{output, rows};

/// Shows everything that led to a row.
pub fn inspect(global: &Global, args: &args::Inspect) -> Result<Exit> {
    let ancestry = caco_pipeline::inspect(&args.run, &args.row)?;
    if global.json {
        output::json(&ancestry)?;
    } else {
        output::text(&text(&ancestry, Paint::for_stdout()))?;
    }
    Ok(Exit::Done)
}

fn text(ancestry: &Ancestry, paint: Paint) -> String {
    let mut out = rows::text(&ancestry.row, paint);
    out.push_str(&format!("\n{}\n", paint.strong("what each stage decided")));
    for step in &ancestry.steps {
        let mut words = step.fate.clone();
        for part in [&step.reason, &step.detail].into_iter().flatten() {
            words.push_str(&format!(": {part}"));
        }
        out.push_str(&format!(
            "  round {}  {:<9} {words}\n",
            step.round,
            step.stage.as_str()
        ));
    }
    for call in &ancestry.calls {
        out.push_str(&self::call(call, paint));
    }
    if let Some(parent) = &ancestry.parent {
        out.push_str(&format!("\n{}\n", paint.strong("made from")));
        out.push_str(&rows::text(parent, paint));
    }
    out
}

/// One call: the prompt as it was rendered, and the raw reply.
pub(super) fn call(call: &AncestryCall, paint: Paint) -> String {
    let title = format!(
        "{} asked a model (round {}, sample {})",
        call.stage.as_str(),
        call.round,
        call.index
    );
    let thoughts = call
        .reasoning
        .as_deref()
        .map_or_else(String::new, |thoughts| {
            format!("  thought\n{}\n", rows::indent(thoughts))
        });
    format!(
        "\n{}\n  model   {}\n  params  {}\n  prompt\n{}\n{thoughts}  reply   ({}, {} tokens)\n{}\n",
        paint.strong(&title),
        call.model,
        call.params,
        rows::indent(&call.prompt),
        call.finish,
        call.completion_tokens,
        rows::indent(&call.reply),
    )
}
