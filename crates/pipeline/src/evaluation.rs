//! Models measured on benchmarks: by the evaluate stage on a run's students, and alone by `caco evaluate`.
//!
//! Both ask through the ledger and grade in shards, so that neither asks or grades anything twice. A row is one reply to one
//! item; kept is right.

mod command;
mod compare;
mod files;
mod grading;
mod measure;
mod rescore;
mod results;
mod sets;

pub use command::{Evaluation, evaluate};
pub use compare::{Comparison, TaskComparison, compare};
pub use files::{EXTENSIONS, find};
pub(crate) use measure::{Measured, Subject, measure};
pub use rescore::{Rescoring, rescore};
pub use results::{
    Agreed, ItemReply, ItemResult, MajorityResult, ModelName, RESULTS_FILE, Results, TaskResult,
};
pub(crate) use sets::{Set, load};
