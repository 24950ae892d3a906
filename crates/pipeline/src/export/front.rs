//! The parts of a card that say which files there are: its front matter, which the Hugging Face hub and `datasets` read, and
//! the section on configs. The same card with other ones is the card of an export.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use arrow_schema::{DataType, Field, Fields};

use super::views::{FileKind, View};
use super::write::Written;

/// The last section of every card.
const SECTION: &str = "## Configs";
/// What stands between two views' columns in it.
const FENCE: &str = "---\n";

/// Licences by the identifiers that the hub knows; a card with another one is refused there.
const LICENCES: [&str; 21] = [
    "apache-2.0",
    "mit",
    "cc0-1.0",
    "cc-by-2.0",
    "cc-by-3.0",
    "cc-by-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0",
    "cc-by-nd-4.0",
    "cc-by-nc-nd-4.0",
    "bsd-2-clause",
    "bsd-3-clause",
    "odc-by",
    "odbl",
    "pddl",
    "gpl-3.0",
    "lgpl-3.0",
    "mpl-2.0",
    "unlicense",
];

/// The views that can be configs of one repository: those whose files are of the first one's kind, since `datasets` (5.2,
/// `load.py`) reads all configs by the builder that the first one needs.
fn configs(views: &[Written]) -> impl Iterator<Item = &Written> {
    let first = views.first().map(|first| first.view.kind());
    views
        .iter()
        .filter(move |written| Some(written.view.kind()) == first)
}

/// The front matter of a card, with its fences.
pub(crate) fn matter(name: &str, licences: &[Option<&str>], views: &[Written]) -> String {
    let rows = views.iter().map(|view| view.rows).max().unwrap_or(0);
    let mut out = String::from(FENCE);
    let mut add = |line: &str| {
        out.push_str(line);
        out.push('\n');
    };
    // JSON texts are YAML, and no name is taken for a number.
    add(&format!("pretty_name: {}", serde_json::Value::from(name)));
    if let Some(licence) = licence(licences) {
        add(&format!("license: {licence}"));
    }
    add("task_categories: [question-answering, text-generation]");
    add("tags: [synthetic, reasoning, math, code]");
    add(&format!("size_categories: [{}]", size(rows)));
    add("configs:");
    for (place, written) in configs(views).enumerate() {
        let view = written.view;
        add(&format!("- config_name: {}", view.config()));
        if place == 0 {
            add("  default: true");
        }
        add("  data_files:\n  - split: train");
        add(&format!(
            "    path: {}/train-*.{}",
            view.folder(),
            view.kind().extension()
        ));
    }
    add("dataset_info:");
    for written in configs(views) {
        add(&format!("- config_name: {}", written.view.config()));
        add("  features:");
        add(features(&written.view.fields(), 2).trim_end());
        let bytes: u64 = written.files.iter().map(|file| file.bytes).sum();
        add(&format!(
            "  splits:\n  - name: train\n    num_bytes: {bytes}\n    num_examples: {}",
            written.rows
        ));
        add(&format!(
            "  download_size: {bytes}\n  dataset_size: {bytes}"
        ));
    }
    out.push_str(FENCE);
    out
}

/// The one licence of all seeds, `other` where they differ or the hub does not know it, none where one states none.
fn licence(stated: &[Option<&str>]) -> Option<String> {
    let stated: Option<BTreeSet<String>> = stated
        .iter()
        .map(|licence| licence.map(str::to_lowercase))
        .collect();
    let stated = stated.filter(|stated| !stated.is_empty())?;
    let one = stated.first().filter(|_| stated.len() == 1);
    let known = one.filter(|one| LICENCES.contains(&one.as_str()));
    Some(known.map_or_else(|| "other".to_owned(), Clone::clone))
}

/// The hub's class of so many rows.
fn size(rows: u64) -> &'static str {
    match rows {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        10_000_000..100_000_000 => "10M<n<100M",
        _ => "100M<n<1B",
    }
}

/// Columns in the hub's notation, so that a column whose first rows are null has its type all the same.
fn features(fields: &Fields, indent: usize) -> String {
    let mut out = String::new();
    for field in fields {
        out.push_str(&feature(field, indent));
    }
    out
}

fn feature(field: &Field, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let named = format!("{pad}- name: {}\n", field.name());
    match field.data_type() {
        DataType::Struct(parts) => {
            format!("{named}{pad}  struct:\n{}", features(parts, indent + 2))
        }
        DataType::List(item) => match item.data_type() {
            DataType::Struct(parts) => {
                format!("{named}{pad}  list:\n{}", features(parts, indent + 2))
            }
            other => format!("{named}{pad}  list: {}\n", dtype(other)),
        },
        other => format!("{named}{pad}  dtype: {}\n", dtype(other)),
    }
}

fn dtype(kind: &DataType) -> &'static str {
    match kind {
        DataType::UInt32 => "uint32",
        DataType::Int64 => "int64",
        _ => "string",
    }
}

/// The section on configs.
pub(crate) fn section(views: &[Written]) -> String {
    let mut out =
        format!("{SECTION}\n\n| config | rows | files | MB | for |\n|---|---|---|---|---|\n");
    for written in views {
        let bytes: u64 = written.files.iter().map(|file| file.bytes).sum();
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {:.1} | {} |",
            written.view.config(),
            written.rows,
            written.files.len(),
            bytes as f64 / 1e6,
            written.view.readers()
        );
    }
    let last = configs(views)
        .last()
        .map_or(View::Parquet, |written| written.view);
    let _ = writeln!(
        out,
        "\n`datasets.load_dataset(PATH, \"{}\", split=\"train\")` loads one of them; PATH is this folder or repository.",
        last.config()
    );
    let apart = views
        .iter()
        .filter(|one| configs(views).all(|other| other.view != one.view));
    for written in apart {
        let (folder, kind) = (written.view.folder(), written.view.kind());
        let (builder, extension) = match kind {
            FileKind::Jsonl => ("json", kind.extension()),
            FileKind::Parquet => ("parquet", kind.extension()),
        };
        let _ = writeln!(
            out,
            "The files of `{folder}` are of another kind than those and no config: \
             `datasets.load_dataset(\"{builder}\", data_files=\"PATH/{folder}/train-*.{extension}\")`."
        );
    }
    out
}

/// A run's card with another front matter and other configs. What people wrote between stays.
pub(crate) fn replace(card: &str, matter: &str, section: &str) -> String {
    let body = card
        .strip_prefix(FENCE)
        .and_then(|rest| rest.split_once("\n---\n"))
        .map_or(card, |(_, body)| body);
    let body = match body.rfind(&format!("\n{SECTION}\n")) {
        Some(at) => &body[..=at],
        None => body,
    };
    format!("{matter}\n{}\n\n{section}", body.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::File;

    fn views() -> Vec<Written> {
        [View::Parquet, View::Verl]
            .into_iter()
            .map(|view| Written {
                view,
                rows: 1234,
                files: vec![File {
                    path: "x".into(),
                    bytes: 2_500_000,
                    blake3: String::new(),
                }],
            })
            .collect()
    }

    #[test]
    fn the_matter_is_yaml_with_one_default_and_typed_columns() {
        let text = matter("1.0", &[Some("MIT"), Some("mit")], &views());
        let yaml = text.trim_start_matches(FENCE).trim_end_matches(FENCE);
        let value: serde_json::Value = serde_norway::from_str(yaml).unwrap();
        assert_eq!(value["pretty_name"], "1.0");
        assert_eq!(value["license"], "mit");
        assert_eq!(value["size_categories"][0], "1K<n<10K");
        let configs = value["configs"].as_array().unwrap();
        assert_eq!(configs[0]["config_name"], "default");
        assert_eq!(configs[0]["default"], true);
        assert_eq!(configs[1]["data_files"][0]["path"], "verl/train-*.parquet");
        assert!(configs[1]["default"].is_null());
        let verl = &value["dataset_info"][1];
        assert_eq!(verl["features"][1]["list"][0]["name"], "role");
        assert_eq!(verl["features"][4]["struct"][0]["dtype"], "int64");
        assert_eq!(verl["splits"][0]["num_examples"], 1234);
    }

    #[test]
    fn views_of_another_kind_are_no_configs() {
        let mut views = views();
        let lines = Written {
            view: View::Openai,
            ..views[0].clone()
        };
        views.push(lines.clone());
        let text = matter("set", &[], &views);
        assert!(
            text.contains("config_name: verl") && !text.contains("openai"),
            "{text}"
        );
        let told = section(&views);
        assert!(
            told.contains("| `openai` |") && told.contains("load_dataset(\"json\""),
            "{told}"
        );
        let alone = matter("set", &[], &[lines]);
        assert!(
            alone.contains("config_name: openai\n  default: true"),
            "{alone}"
        );
    }

    #[test]
    fn licences_that_the_hub_would_refuse_are_other() {
        assert_eq!(licence(&[Some("CC-BY-4.0")]).unwrap(), "cc-by-4.0");
        assert_eq!(
            licence(&[Some("mit"), Some("apache-2.0")]).unwrap(),
            "other"
        );
        assert_eq!(licence(&[Some("ours")]).unwrap(), "other");
        assert_eq!(licence(&[Some("mit"), None]), None);
        assert_eq!(licence(&[]), None);
    }

    #[test]
    fn another_matter_and_section_leave_the_body() {
        let (one, two) = (views(), views()[1..].to_vec());
        let card = |views: &[Written], body: &str| {
            replace(body, &matter("set", &[], views), &section(views))
        };
        let first = card(&one, "# set\n\nMine.\n\n## Funnel\n\n| a |");
        let second = card(&two, &first);
        assert!(
            second.contains("\n# set\n\nMine.\n\n## Funnel\n"),
            "{second}"
        );
        assert!(!second.contains("`default`") && second.contains("| `verl` |"));
        assert_eq!(second.matches(SECTION).count(), 1);
        // And back again, byte for byte.
        assert_eq!(card(&one, &second), first);
    }
}
