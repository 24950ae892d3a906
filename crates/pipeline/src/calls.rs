//! The call ledger: what was asked of a model and what it replied, published before anyone uses it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float32Array, RecordBatch, StringArray, UInt32Array};
use arrow_schema::{DataType, Field, Schema};
use caco_record::Stage;

use crate::config::Sampling;
use crate::context::Context;
use crate::generator::{Answer, Ask, Generator};
use crate::{Error, atomic, shard};

/// The version of the ledger's format.
pub(crate) const VERSION: &str = "1";

/// One thing to ask for a row.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) row_id: String,
    /// Which of several samples for the row, from 0.
    pub(crate) index: u32,
    pub(crate) ask: Ask,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    /// Hash of model, parameters, prompt and seed.
    pub(crate) key: String,
    pub(crate) row_id: String,
    pub(crate) index: u32,
    pub(crate) model: String,
    pub(crate) params: String,
    pub(crate) prompt: String,
    pub(crate) answer: Answer,
}

/// What a set of calls belongs to.
pub(crate) struct Place<'a> {
    pub(crate) stage: Stage,
    pub(crate) round: u32,
    /// The number of the shard.
    pub(crate) number: usize,
    /// Everything the calls depend on besides model and sampling: input, prompt text, seed.
    pub(crate) depends: &'a str,
}

/// The ledger's folder of one stage in one round.
pub(crate) fn folder(run: &Path, stage: Stage, round: u32) -> PathBuf {
    run.join("calls").join(format!("r{round}-{stage}"))
}

/// The replies to the questions, in their order: from the ledger where it has them, else asked now and published.
/// `progress` hears replies done and tokens written.
pub(crate) fn answers(
    context: &Context<'_>,
    place: &Place<'_>,
    generator: &dyn Generator,
    sampling: &Sampling,
    questions: &[Question],
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<Answer>, Error> {
    let params =
        serde_json::to_string(sampling).map_err(|error| Error::Internal(error.to_string()))?;
    let fingerprint =
        shard::fingerprint(&["calls", VERSION, generator.id(), &params, place.depends]);
    let path = folder(context.dir, place.stage, place.round)
        .join(format!("{:05}-{fingerprint}.parquet", place.number));
    let key = |question: &Question| {
        caco_record::row_id(&[
            generator.id(),
            &params,
            &question.ask.prompt,
            &question.ask.seed.to_string(),
        ])
    };
    let mut known: HashMap<String, Answer> = HashMap::new();
    if path.is_file() {
        known.extend(read(&path)?.into_iter().map(|call| (call.key, call.answer)));
    }
    let missing: Vec<&Question> = questions
        .iter()
        .filter(|question| !known.contains_key(&key(question)))
        .collect();
    if !missing.is_empty() {
        context.check_stop()?;
        let asks: Vec<Ask> = missing
            .iter()
            .map(|question| question.ask.clone())
            .collect();
        let replies = generator.generate(&asks, sampling, progress, context.stop)?;
        if replies.len() != asks.len() {
            return Err(Error::Internal(format!(
                "{} replies to {} questions",
                replies.len(),
                asks.len()
            )));
        }
        known.extend(missing.iter().map(|question| key(question)).zip(replies));
        let calls: Vec<Call> = questions
            .iter()
            .filter_map(|question| {
                let key = key(question);
                let answer = known.get(&key)?.clone();
                Some(Call {
                    key,
                    row_id: question.row_id.clone(),
                    index: question.index,
                    model: generator.id().to_owned(),
                    params: params.clone(),
                    prompt: question.ask.prompt.clone(),
                    answer,
                })
            })
            .collect();
        atomic::write(&path, &shard::encode(&[batch(&calls)?], Vec::new())?)?;
    }
    progress(questions.len(), 0);
    let answers: Option<Vec<Answer>> = questions
        .iter()
        .map(|question| known.get(&key(question)).cloned())
        .collect();
    answers.ok_or_else(|| Error::Internal("a published reply is missing".into()))
}

fn batch(calls: &[Call]) -> Result<RecordBatch, Error> {
    let text = |get: fn(&Call) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(calls.iter().map(get)))
    };
    let number = |get: fn(&Call) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(calls.iter().map(get)))
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("key", text(|call| &call.key)),
        ("row_id", text(|call| &call.row_id)),
        ("index", number(|call| call.index)),
        ("model", text(|call| &call.model)),
        ("params", text(|call| &call.params)),
        ("prompt", text(|call| &call.prompt)),
        ("reply", text(|call| &call.answer.text)),
        ("finish", text(|call| &call.answer.finish)),
        ("prompt_tokens", number(|call| call.answer.prompt_tokens)),
        (
            "completion_tokens",
            number(|call| call.answer.completion_tokens),
        ),
        (
            "logprob",
            Arc::new(Float32Array::from_iter_values(
                calls.iter().map(|call| call.answer.logprob),
            )),
        ),
    ];
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), false))
        .collect();
    let metadata = HashMap::from([("caco.calls.version".to_owned(), VERSION.to_owned())]);
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
    RecordBatch::try_new(
        schema,
        columns.into_iter().map(|(_, column)| column).collect(),
    )
    .map_err(|error| Error::Internal(error.to_string()))
}

/// All lines of a ledger file.
pub(crate) fn read(path: &Path) -> Result<Vec<Call>, Error> {
    let mut calls = Vec::new();
    for batch in shard::decode(path)? {
        let wrong = |name: &str, kind: &DataType| {
            shard::damaged(path, &format!("column `{name}` is not {kind}"))
        };
        let text = |name: &str| -> Result<&StringArray, Error> {
            let column = batch
                .column_by_name(name)
                .and_then(|column| column.as_any().downcast_ref());
            column.ok_or_else(|| wrong(name, &DataType::Utf8))
        };
        let number = |name: &str| -> Result<&UInt32Array, Error> {
            let column = batch
                .column_by_name(name)
                .and_then(|column| column.as_any().downcast_ref());
            column.ok_or_else(|| wrong(name, &DataType::UInt32))
        };
        let logprobs: &Float32Array = batch
            .column_by_name("logprob")
            .and_then(|column| column.as_any().downcast_ref())
            .ok_or_else(|| wrong("logprob", &DataType::Float32))?;
        let (key, row_id, model, params) = (
            text("key")?,
            text("row_id")?,
            text("model")?,
            text("params")?,
        );
        let (prompt, reply, finish) = (text("prompt")?, text("reply")?, text("finish")?);
        let (index, asked, written) = (
            number("index")?,
            number("prompt_tokens")?,
            number("completion_tokens")?,
        );
        calls.extend((0..batch.num_rows()).map(|row| Call {
            key: key.value(row).to_owned(),
            row_id: row_id.value(row).to_owned(),
            index: index.value(row),
            model: model.value(row).to_owned(),
            params: params.value(row).to_owned(),
            prompt: prompt.value(row).to_owned(),
            answer: Answer {
                text: reply.value(row).to_owned(),
                finish: finish.value(row).to_owned(),
                prompt_tokens: asked.value(row),
                completion_tokens: written.value(row),
                logprob: logprobs.value(row),
            },
        }));
    }
    Ok(calls)
}
