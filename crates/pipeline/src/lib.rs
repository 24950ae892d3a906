//! Configuration, run directory, shards, the runner and one file per stage.
//!
//! A front end loads a [`Config`], creates or opens a [`Run`] and calls [`Run::execute`] with an [`Observer`] (what the
//! display shows) and a stop flag. [`status`], [`inspect`], [`preview`] and [`tune_recipe`] stand beside it. Everything
//! that a run knows is in its folder; everything that happens is an [`Event`], the same for display and log.

mod ablation;
mod asking;
mod atomic;
mod builtin;
mod card;
pub mod config;
mod context;
mod error;
mod evaluation;
mod event;
mod export;
mod generator;
mod index;
mod init;
mod inspect;
mod learn;
mod lock;
mod mechanisms;
mod models;
mod offline;
mod preview;
mod probe;
mod prompts;
mod recipe;
mod referee;
mod report;
mod run;
mod runner;
mod seeds;
mod server;
mod serving;
mod shard;
mod stages;
mod status;
mod trainer;
mod variety;

pub use ablation::{Ablated, Ablation, ablate, mechanisms};
pub use caco_record::{Fate, Row, Stage};
pub use config::Config;
pub use error::{Category, Error};
pub use evaluation::{
    Agreed, Comparison, EXTENSIONS, Evaluation, ItemReply, ItemResult, MajorityResult, ModelName,
    RESULTS_FILE, Rescoring, Results, TaskComparison, TaskResult, compare, evaluate,
    find as find_benchmark, rescore,
};
pub use event::{CallState, Event, Observer, Quiet, Spent};
pub use export::{
    Conversion, Converted, DataSet, File, FileKind, FileSize, Needs, Package, Screened, Tally,
    UnknownView, View, Votes, Written, convert, package,
};
pub use init::{Template, templates};
pub use inspect::{Ancestry, AncestryCall, AncestryStep, inspect};
pub use mechanisms::{Mechanism, removed};
pub use models::{known_counts, unpack_builtin};
pub use offline::{CallsExported, CallsImported, Replayed, export_calls, import_calls, replay};
pub use preview::{Preview, PreviewRow, preview};
pub use probe::{Replica, probe};
pub use recipe::{
    Data, Gradeschool, GradeschoolSplit, Recipe, RecipeReport, StoredAs, Tasks, tune_recipe,
};
pub use referee::{Fallback, MATH_VERIFY_PACKAGE, Pair, Referee, Ruling, TIER as FALLBACK_TIER};
pub use report::{
    BenchmarkScore, RunReport, Score, Share, StageReport, StudentScore, TargetEnd, TargetReport,
    Targets,
};
pub use run::Run;
pub use runner::preflight;
pub use status::{StatusReport, StatusStage, status};
pub use trainer::{Prepared, look as look_at_trainer};
pub use variety::{Apart, Hardness, Marks, Variety};
