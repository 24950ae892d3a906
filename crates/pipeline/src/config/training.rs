//! What the trainer, the models that it starts from and the server of its checkpoints need of each other.

use caco_record::Stage;

use super::check::Fail;
use super::{
    Config, Course, Model, PromptSet, Serve, ServeKind, Trainer, TrainerKind, Training, TuneInit,
};
use crate::Error;

/// Checks `trainer`, `serve` and the models of tune and train.
pub(super) fn check(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
    if let Some(serve) = &config.serve {
        server(serve, fail)?;
    }
    let outside = config.trainer.kind.is_outside();
    let weights = |name: &str| matches!(config.models.get(name), Some(Model::Weights { .. }));
    for (stage, path, name) in [
        (Stage::Tune, "tune.model", &config.tune.model.0),
        (Stage::Train, "train.model", &config.train.model),
    ] {
        if !outside && config.runs(stage) && weights(name) {
            return Err(fail(
                path,
                format!(
                    "`{name}` is weights for an outside trainer, and `trainer.kind` is embedded"
                ),
                Some("set `trainer.kind`, or name a model of `kind: embedded`".into()),
            ));
        }
    }
    if outside {
        trainer(config, fail)?;
    }
    Ok(())
}

fn trainer(config: &Config, fail: Fail<'_>) -> Result<(), Error> {
    let trainer = &config.trainer;
    let wrong = |path: &str, message: &str, hint: &str| {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        Err(fail(path, message.to_owned(), hint))
    };
    match (trainer.kind, trainer.command.is_empty()) {
        (TrainerKind::Command, true) => {
            let hint = "write the program and its arguments as a list, with `{model}`, `{data}` and `{output}`";
            return wrong("trainer.command", "`kind: command` needs it", hint);
        }
        (TrainerKind::Command, false) | (_, true) => {}
        (_, false) => {
            return wrong(
                "trainer.command",
                "only `kind: command` starts it",
                "set `trainer.kind: command`, or take it out",
            );
        }
    }
    for (path, value) in [
        ("trainer.gpus", trainer.gpus),
        ("trainer.nodes", trainer.nodes),
        ("trainer.device_batch", trainer.device_batch),
    ] {
        if value == 0 {
            return wrong(path, "must be at least 1", "");
        }
    }
    if trainer.save_steps == 0 {
        return wrong("trainer.save_steps", "must be at least 1", "");
    }
    if trainer.nodes > 1 && trainer.torchrun.is_empty() {
        return wrong(
            "trainer.torchrun",
            "several machines have to know where they meet",
            "write what `torchrun` takes, such as `[--rdzv-backend=c10d, --rdzv-endpoint=node0:29500]`",
        );
    }
    if config.runs(Stage::Tune) {
        if config.tune.init == TuneInit::Scratch {
            return wrong(
                "tune.init",
                "an outside trainer starts from weights, not from scratch",
                "set `tune.init: base`",
            );
        }
        unused(&config.tune.training, "tune", fail)?;
        course(trainer, &trainer.tune, "tune", fail)?;
    }
    if config.runs(Stage::Train) {
        unused(&config.train.training, "train", fail)?;
        course(trainer, &trainer.train, "train", fail)?;
    }
    Ok(())
}

/// Settings of the embedded trainer that would be ignored are refused.
fn unused(training: &Training, stage: &str, fail: Fail<'_>) -> Result<(), Error> {
    if *training == Training::default() {
        return Ok(());
    }
    Err(fail(
        &format!("{stage}.training"),
        "these are settings of the embedded trainer, and another one trains".into(),
        Some(format!("set `trainer.{stage}` instead")),
    ))
}

fn course(trainer: &Trainer, course: &Course, stage: &str, fail: Fail<'_>) -> Result<(), Error> {
    let at =
        |key: &str, message: String| Err(fail(&format!("trainer.{stage}.{key}"), message, None));
    if course.epochs == Some(0) {
        return at("epochs", "must be at least 1".into());
    }
    if course.steps == Some(0) {
        return at("steps", "must be at least 1".into());
    }
    if course.cutoff == Some(0) {
        return at("cutoff", "must be at least 1".into());
    }
    if !(course.lr.is_finite() && course.lr > 0.0) {
        return at("lr", "must be above 0".into());
    }
    if !(0.0..=1.0).contains(&course.warmup_ratio) {
        return at("warmup_ratio", "must be from 0 to 1".into());
    }
    if !(course.weight_decay.is_finite() && course.weight_decay >= 0.0) {
        return at("weight_decay", "must be 0 or above".into());
    }
    if trainer.kind != TrainerKind::Command
        && trainer.accumulation(course).is_none_or(|times| times == 0)
    {
        return Err(fail(
            &format!("trainer.{stage}.batch"),
            format!(
                "{} is no multiple of {}: device_batch {} on each of {} processes",
                course.batch,
                u64::from(trainer.device_batch) * u64::from(trainer.processes()),
                trainer.device_batch,
                trainer.processes(),
            ),
            Some("change `trainer.device_batch`, or the batch".into()),
        ));
    }
    Ok(())
}

fn server(serve: &Serve, fail: Fail<'_>) -> Result<(), Error> {
    let wrong = |path: &str, message: &str, hint: &str| {
        Err(fail(path, message.to_owned(), Some(hint.to_owned())))
    };
    match (serve.kind, serve.command.is_empty()) {
        (ServeKind::Command, true) => {
            let hint = "write the program and its arguments as a list, with `{model}`, `{name}` and `{port}`";
            return wrong("serve.command", "`kind: command` needs it", hint);
        }
        (ServeKind::Command, false) | (_, true) => {}
        (_, false) => {
            let hint = "set `serve.kind: command`, or write further arguments in `serve.args`";
            return wrong("serve.command", "only `kind: command` starts it", hint);
        }
    }
    if !serve.client.base_url.is_empty() || !serve.client.model.is_empty() {
        return wrong(
            "serve.client",
            "the address and the model's name are those of the server that is started",
            "take `base_url` and `model` out",
        );
    }
    if !(serve.start_seconds.is_finite() && serve.start_seconds > 0.0) {
        return wrong(
            "serve.start_seconds",
            "must be above 0",
            "the default is 1800",
        );
    }
    if serve.samples_per_call == 0 {
        return wrong(
            "serve.samples_per_call",
            "must be at least 1",
            "the default is 1",
        );
    }
    let mut settings = serve.client.clone();
    settings.model = "checkpoint".into();
    settings.check().map_err(|problem| {
        fail(
            &format!("serve.client.{}", problem.key),
            problem.message,
            Some(problem.hint),
        )
    })
}

/// The prompts that students of a model learn from and are asked with.
pub(crate) fn prompts_of(config: &Config, model: &str) -> PromptSet {
    config
        .models
        .get(model)
        .map(Model::prompts)
        .unwrap_or_default()
}
