//! Lists the files of the base model folder, so that they are compiled in; an absent folder gives an empty list.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../models/base");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    if let Ok(entries) = fs::read_dir(&folder) {
        for entry in entries {
            let path = entry?.path();
            if path.is_file() {
                println!("cargo::rerun-if-changed={}", path.display());
                files.push(fs::canonicalize(path)?);
            }
        }
    }
    files.sort();
    let mut code = String::from("const FILES: &[(&str, &[u8])] = &[\n");
    for path in files {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        writeln!(
            code,
            "    ({name:?}, include_bytes!({:?})),",
            path.display().to_string()
        )?;
    }
    code.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("base_model.rs"), code)?;
    Ok(())
}
