//! What lies in the folders of an export beside the files of one view.

use std::path::Path;

use super::views::View;
use super::{DATASET_INFO, File, REWARD};
use crate::{Error, atomic};

/// Removes what an earlier configuration wrote into a folder.
pub(super) fn remove_others(root: &Path, folder: &str, files: &[File]) -> Result<(), Error> {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        let ours = name.ends_with(".parquet") || name.ends_with(".jsonl");
        if ours && !files.iter().any(|file| file.path == name) {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
        }
    }
    Ok(())
}

/// Removes the folders of views that are not written any more, and the files that go with them.
pub(super) fn remove_views(root: &Path, kept: &[View]) -> Result<(), Error> {
    for view in View::ALL.into_iter().filter(|view| !kept.contains(view)) {
        remove_others(root, view.folder(), &[])?;
        // One with something else in it stays.
        let _ = std::fs::remove_dir(root.join(view.folder()));
    }
    for (name, needed) in [
        (REWARD, kept.contains(&View::Verl)),
        (
            DATASET_INFO,
            kept.iter().any(|view| factory(*view).is_some()),
        ),
    ] {
        if !needed {
            let _ = std::fs::remove_file(root.join(name));
        }
    }
    Ok(())
}

/// Writes the files that go with views: verl's reward function, LLaMA-Factory's description.
pub(super) fn write_companions(root: &Path, set: &str, views: &[View]) -> Result<Vec<File>, Error> {
    let mut files = Vec::new();
    if views.contains(&View::Verl) {
        let text = include_str!("caco_reward.py");
        files.push(File::write(root, REWARD.to_owned(), text.as_bytes())?);
    }
    let described: serde_json::Map<String, serde_json::Value> = views
        .iter()
        .filter_map(|view| Some((format!("{set}_{view}"), factory(*view)?)))
        .collect();
    if !described.is_empty() {
        let text = format!("{:#}\n", serde_json::Value::Object(described));
        files.push(File::write(root, DATASET_INFO.to_owned(), text.as_bytes())?);
    }
    Ok(files)
}

/// How LLaMA-Factory is told to read a view, where it can.
fn factory(view: View) -> Option<serde_json::Value> {
    let tags = |tool: &str| {
        serde_json::json!({
            "role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant",
            "observation_tag": tool, "function_tag": "function", "system_tag": "system",
        })
    };
    let mut described = match view {
        View::Alpaca => serde_json::json!({
            "columns": {"prompt": "instruction", "query": "input", "response": "output"},
        }),
        View::Sharegpt => serde_json::json!({
            "formatting": "sharegpt", "columns": {"messages": "conversations"},
        }),
        View::Messages => serde_json::json!({
            "formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": tags("observation"),
        }),
        View::Tool => serde_json::json!({
            "formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": tags("tool"),
        }),
        View::PromptCompletion => serde_json::json!({
            "columns": {"prompt": "prompt", "response": "completion"},
        }),
        View::Program => serde_json::json!({"columns": {"prompt": "text"}}),
        _ => return None,
    };
    described["file_name"] = view.folder().into();
    Some(described)
}

/// Makes the folder of an export; one with something in it is refused.
pub(super) fn make_empty(folder: &Path) -> Result<(), Error> {
    atomic::create_dir(folder)?;
    let mut entries =
        std::fs::read_dir(folder).map_err(|error| Error::io("read the folder", folder, error))?;
    if entries.next().is_some() {
        return Err(Error::Usage {
            message: format!("{} is not empty", folder.display()),
            hint: "choose another folder with `-o DIR`".into(),
        });
    }
    Ok(())
}
