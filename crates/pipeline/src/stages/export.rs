//! Kept rows become a data set.

use caco_record::Stage;

use super::State;
use crate::context::Context;
use crate::report::StageReport;
use crate::{Error, Event, export};

pub(super) fn run(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
) -> Result<StageReport, Error> {
    let mut report = StageReport::new(Stage::Export, round);
    let total = state.finished().iter().map(|shard| shard.counts.kept).sum();
    context.observer.event(&Event::StageStarted {
        stage: Stage::Export,
        round,
        total,
    });
    let exported = export::data(context, state, &mut report)?;
    export::rejected(context, state)?;
    state.exported = Some(exported);
    Ok(report)
}
