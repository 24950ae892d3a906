//! Models, what is asked of them, and what that may cost.

use std::collections::BTreeSet;

use caco_record::Stage;

use super::super::{
    Check, Config, Model, NONE, PromptSet, SampleMethod, Sampling, TuneInit, UnifyMethod,
};
use super::Fail;
use crate::Error;

pub(super) fn models(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
    for (name, model) in &config.models {
        if let Model::Server(server) = model {
            if server.samples_per_call == 0 {
                let path = format!("models.{name}.samples_per_call");
                return Err(fail(&path, "must be at least 1".into(), None));
            }
            server.settings.check().map_err(|wrong| {
                fail(
                    &format!("models.{name}.{}", wrong.key),
                    wrong.message,
                    Some(wrong.hint),
                )
            })?;
        }
    }
    let judge = &config.judge.model;
    let sample = config.sample.model.as_deref();
    // The last column: whether the model must be one whose weights are here.
    for (path, name, used, weights) in [
        (
            "unify.model",
            config.unify.model.as_str(),
            config.runs(Stage::Unify) && config.unify.method == UnifyMethod::Model,
            false,
        ),
        (
            "tune.model",
            &config.tune.model.0,
            config.runs(Stage::Tune) && config.tune.init == TuneInit::Base,
            true,
        ),
        (
            "sample.model",
            sample.unwrap_or_default(),
            sample.is_some(),
            false,
        ),
        ("reverse.model", &config.reverse.model, true, false),
        ("solve.model", &config.solve.model, true, false),
        ("judge.model", judge, judge != NONE, false),
        (
            "train.model",
            &config.train.model,
            config.runs(Stage::Train) || config.runs(Stage::Evaluate),
            config.runs(Stage::Train),
        ),
    ] {
        if !used {
            continue;
        }
        match config.models.get(name) {
            Some(Model::Server(_)) if weights => {
                return Err(fail(
                    path,
                    format!("`{name}` is a server's model, and its weights are not here"),
                    Some(
                        "name a model of `kind: embedded`, or skip the stage with `stages.skip`"
                            .into(),
                    ),
                ));
            }
            Some(Model::Weights { .. }) if !weights && path != "train.model" => {
                return Err(fail(
                    path,
                    format!("`{name}` is weights for a trainer, which this stage does not ask"),
                    Some("name a model of `kind: server` or `embedded`".into()),
                ));
            }
            Some(Model::Embedded { .. }) if path == "judge.model" => {
                return Err(fail(
                    path,
                    format!("`{name}` is embedded, and there are no judge's prompts for it"),
                    Some("name a model of `kind: server`, or `none`".into()),
                ));
            }
            Some(_) => {}
            None => {
                let known: Vec<&str> = config.models.keys().map(String::as_str).collect();
                let hint = format!(
                    "`models` defines {}; add `{name}` there or use one of these",
                    known.join(", ")
                );
                return Err(fail(
                    path,
                    format!("there is no model `{name}`"),
                    Some(hint),
                ));
            }
        }
    }
    Ok(())
}

/// What is asked of models beside their names.
pub(super) fn asking(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
    let chat = config.sample.method == SampleMethod::Chat;
    if chat && config.sample.model.is_none() && config.runs(Stage::Sample) {
        return Err(fail(
            "sample.method",
            "`chat` needs a model that follows instructions, and the one that tune makes does not"
                .into(),
            Some("set `sample.model`".into()),
        ));
    }
    if config.judge.votes == 0 {
        return Err(fail("judge.votes", "must be at least 1".into(), None));
    }
    let checks: BTreeSet<&str> = config
        .judge
        .checks
        .iter()
        .map(|check| Check::as_str(*check))
        .collect();
    if checks.len() != config.judge.checks.len() {
        return Err(fail("judge.checks", "a check is named twice".into(), None));
    }
    let general = |path: &str, name: &str, why: &str| -> Result<(), Error> {
        let set = config
            .models
            .get(name)
            .map(Model::prompts)
            .unwrap_or_default();
        if set == PromptSet::General {
            return Ok(());
        }
        Err(fail(
            path,
            format!("{why}, and `{name}` understands only the prompts of the built-in base model"),
            Some("name a server's model with `prompts: general`".into()),
        ))
    };
    if chat && config.runs(Stage::Sample) {
        let name = config.sample.model.as_deref().unwrap_or_default();
        general(
            "sample.model",
            name,
            "`sample.method: chat` shows seed programs and asks for another",
        )?;
    }
    if config.revise && config.runs(Stage::Judge) {
        general(
            "reverse.model",
            &config.reverse.model,
            "`revise` has problems written again, given a reason",
        )?;
    }
    if config.judge.model != NONE && config.runs(Stage::Judge) {
        general(
            "judge.model",
            &config.judge.model,
            "a judge is asked in words",
        )?;
    }
    let mut currency: Option<&str> = None;
    for (name, model) in &config.models {
        let Model::Server(server) = model else {
            continue;
        };
        let Some(price) = &server.settings.price else {
            continue;
        };
        if currency.is_some_and(|first| first != price.currency) {
            return Err(fail(
                &format!("models.{name}.price.currency"),
                "prices in two currencies cannot be added".into(),
                Some("state all prices in one".into()),
            ));
        }
        currency = Some(&price.currency);
    }
    if config.target.is_some() && !config.runs(Stage::Curate) {
        return Err(fail(
            "target",
            "curate counts the rows, and it is skipped".into(),
            Some("take `curate` out of `stages.skip`".into()),
        ));
    }
    if let Some(target) = &config.target {
        if target.kept == 0 {
            return Err(fail("target.kept", "must be at least 1".into(), None));
        }
        if target.samples == Some(0) {
            return Err(fail("target.samples", "must be at least 1".into(), None));
        }
        if target
            .seconds
            .is_some_and(|seconds| seconds.is_nan() || seconds <= 0.0)
        {
            return Err(fail("target.seconds", "must be above 0".into(), None));
        }
    }
    let budget = &config.budget;
    if budget.cost.is_some_and(|cost| cost.is_nan() || cost < 0.0) {
        return Err(fail("budget.cost", "must be 0 or above".into(), None));
    }
    let unpriced = config.models.iter().find(
        |(_, model)| matches!(model, Model::Server(server) if server.settings.price.is_none()),
    );
    if let (Some(_), Some((name, _))) = (budget.cost, unpriced) {
        return Err(fail(
            "budget.cost",
            format!("the price of `{name}` is not known, so its calls cannot be counted"),
            Some(format!(
                "add `price: {{input: N, output: N}}` (for a million tokens, 0 where it is free) to `models.{name}`, or bound `budget.tokens`"
            )),
        ));
    }
    Ok(())
}

pub(super) fn check_sampling(sampling: &Sampling, path: &str, fail: Fail<'_>) -> Result<(), Error> {
    let at =
        |key: &str, message: &str| Err(fail(&format!("{path}.{key}"), message.to_owned(), None));
    if !(sampling.temperature >= 0.0 && sampling.temperature.is_finite()) {
        return at("temperature", "must be 0 or above");
    }
    if !(sampling.top_p > 0.0 && sampling.top_p <= 1.0) {
        return at("top_p", "must be above 0 and at most 1");
    }
    if sampling
        .min_p
        .is_some_and(|min_p| !(0.0..=1.0).contains(&min_p))
    {
        return at("min_p", "must be from 0 to 1");
    }
    if sampling.stop.iter().any(String::is_empty) {
        return at("stop", "a text of it is empty");
    }
    if sampling.max_tokens == Some(0) {
        return at("max_tokens", "must be at least 1");
    }
    Ok(())
}
