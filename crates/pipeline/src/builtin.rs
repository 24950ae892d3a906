//! The base model's files as they were when the program was built.

include!(concat!(env!("OUT_DIR"), "/base_model.rs"));

/// The files as (name, content), sorted by name; empty when the build had no base model folder.
pub(super) fn files() -> &'static [(&'static str, &'static [u8])] {
    FILES
}
