//! Sampling until exactly so many rows have come through everything.

use caco_record::Stage;

use crate::config::Config;
use crate::context::Context;
use crate::stages::{self, State};
use crate::{Error, TargetEnd, TargetReport};

/// What runs a stage.
type One<'a> = dyn FnMut(&Context<'_>, &stages::Spec, u32, &mut State) -> Result<(), Error> + 'a;

/// How many programs the first helping has, in whole shards; none where there is no target.
pub(super) fn first(config: &Config) -> Option<u64> {
    let target = config.target.as_ref()?;
    Some(whole(config, config.sample.count).min(target.most_samples()))
}

/// Whole shards, so that a shard that is published is never begun again.
fn whole(config: &Config, count: u64) -> u64 {
    let size = config.shard_rows as u64;
    count.div_ceil(size).saturating_mul(size)
}

/// Goes on with helping after helping, each sized by what came of those before. Everything depends on counts that depend on
/// nothing but configuration, seeds and replies, so a resumed run takes the same helpings.
pub(super) fn reach(
    context: &Context<'_>,
    round: u32,
    state: &mut State,
    one: &mut One<'_>,
) -> Result<(), Error> {
    let config = context.config;
    let Some(target) = &config.target else {
        return Ok(());
    };
    loop {
        let kept = kept(context, state)?;
        let samples = state.helping.unwrap_or_default();
        let seconds: f64 = state.reports.iter().map(|report| report.seconds).sum();
        let end = if kept >= target.kept {
            Some(TargetEnd::Kept)
        } else if samples >= target.most_samples() {
            Some(TargetEnd::Samples)
        } else if target.seconds.is_some_and(|most| seconds >= most) {
            Some(TargetEnd::Seconds)
        } else if !config.runs(Stage::Sample) {
            Some(TargetEnd::Samples)
        } else {
            None
        };
        if let Some(end) = end {
            state.target = Some(TargetReport {
                wanted: target.kept,
                kept,
                samples,
                end,
            });
            return Ok(());
        }
        let came: u64 = state
            .get(Stage::Curate, round)
            .iter()
            .map(|shard| shard.counts.kept)
            .sum();
        let next = next(samples, came, target.kept - kept);
        let next = whole(config, next).min(target.most_samples());
        context.message(format!(
            "{kept} of {} rows after {samples} samples; going on to {next}",
            target.kept
        ));
        state.helping = Some(next);
        for spec in &stages::TABLE {
            if spec.stage >= Stage::Sample && spec.stage <= Stage::Curate {
                one(context, spec, round, state)?;
            }
        }
    }
}

/// Samples in all after the next helping: what the yield so far asks for and a tenth more, at most four times as many.
fn next(samples: u64, came: u64, missing: u64) -> u64 {
    let needed = u128::from(missing) * u128::from(samples.max(1)) * 11;
    let more = needed.div_ceil(u128::from(came.max(1)) * 10);
    samples
        .saturating_add(u64::try_from(more.max(1)).unwrap_or(u64::MAX))
        .min(samples.max(1).saturating_mul(4))
}

/// Rows that count: those that export will write.
fn kept(context: &Context<'_>, state: &State) -> Result<u64, Error> {
    let mut kept = 0;
    for shard in state.finished() {
        if context.config.export.include_seeds {
            kept += shard.counts.kept;
        } else {
            let rows = shard.kept()?;
            kept += rows.iter().filter(|row| !row.is_seed()).count() as u64;
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helping_is_sized_by_the_yield_within_bounds() {
        assert_eq!(next(100, 50, 50), 210);
        assert_eq!(
            next(100, 0, 50),
            400,
            "no yield yet: four times as many at most"
        );
        assert_eq!(next(0, 0, 7), 4);
        assert_eq!(next(u64::MAX, 1, 5), u64::MAX);
        assert!(next(1000, 999, 1) > 1000);
    }
}
