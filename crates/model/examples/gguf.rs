//! Writes a model folder as a GGUF file: `cargo run --release -p caco-model --example gguf -- FOLDER FILE [f32|f16|bf16]`.

use caco_model::{Model, Precision};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, file, precision) = match arguments.as_slice() {
        [folder, file] => (folder, file, "f32"),
        [folder, file, precision] => (folder, file, precision.as_str()),
        _ => {
            return Err(
                "give a model folder, the file to write and, if not f32, f16 or bf16".into(),
            );
        }
    };
    let precision = match precision {
        "f32" => Precision::F32,
        "f16" => Precision::F16,
        "bf16" => Precision::BF16,
        other => return Err(format!("{other}: give f32, f16 or bf16").into()),
    };
    Model::load(Path::new(folder))?.save_gguf(Path::new(file), precision)?;
    println!("{file}: {} bytes", std::fs::metadata(file)?.len());
    Ok(())
}
