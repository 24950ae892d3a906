//! Sampling until exactly so many rows have come through everything.

use std::path::Path;

use caco_record::Stage;
use serde::{Deserialize, Serialize};

use crate::config::{Config, Target};
use crate::context::Context;
use crate::stages::{self, State};
use crate::{Error, TargetEnd, TargetReport, atomic};

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

/// Whether the rows so far are enough.
pub(super) fn met(context: &Context<'_>, state: &State) -> Result<bool, Error> {
    match &context.config.target {
        Some(target) => Ok(kept(context, state)? >= target.kept),
        None => Ok(false),
    }
}

/// Goes on with helping after helping, each sized by what came of those before: by counts that depend on nothing but
/// configuration, seeds and replies. Only a bound on time depends on the clock, so what it has decided is written down, and
/// a resumed or rebuilt run takes the same helpings.
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
    let mut taken = Taken::load(context.dir)?;
    for turn in 0.. {
        let kept = kept(context, state)?;
        let samples = state.helping.unwrap_or_default();
        let end = if kept >= target.kept {
            Some(TargetEnd::Kept)
        } else if samples >= target.most_samples() || !config.runs(Stage::Sample) {
            Some(TargetEnd::Samples)
        } else if turn < taken.helpings {
            None
        } else {
            late(context, target, state, &mut taken)?
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
        if turn >= taken.helpings {
            taken.helpings = turn + 1;
            taken.save(context.dir)?;
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
    Ok(())
}

/// Whether the bound on time ends it here; once it has, it does so again until the bound is raised.
fn late(
    context: &Context<'_>,
    target: &Target,
    state: &State,
    taken: &mut Taken,
) -> Result<Option<TargetEnd>, Error> {
    let Some(most) = target.seconds else {
        return Ok(None);
    };
    let seconds: f64 = state.reports.iter().map(|report| report.seconds).sum();
    let before = taken.ended_at.is_some_and(|bound| most <= bound);
    if !before && seconds < most {
        return Ok(None);
    }
    if !before {
        taken.ended_at = Some(most);
        taken.save(context.dir)?;
    }
    Ok(Some(TargetEnd::Seconds))
}

/// `target.json`: how many further helpings were begun, and whether the bound on time has ended them.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Taken {
    helpings: u64,
    /// The bound on seconds that was in force then.
    ended_at: Option<f64>,
}

const FILE: &str = "target.json";

impl Taken {
    fn load(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(FILE);
        if !path.is_file() {
            return Ok(Self::default());
        }
        serde_json::from_slice(&atomic::read(&path)?).map_err(|error| Error::Damaged {
            path,
            message: error.to_string(),
        })
    }

    fn save(&self, dir: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec(self).map_err(|error| Error::Internal(error.to_string()))?;
        atomic::write(&dir.join(FILE), &text)
    }
}

/// Lets another folder take the same helpings.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let path = from.join(FILE);
    if path.is_file() {
        atomic::write(&to.join(FILE), &atomic::read(&path)?)?;
    }
    Ok(())
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
