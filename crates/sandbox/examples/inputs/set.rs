//! The labelled programs that are written down or generated.

use crate::Failure;
use caco_gradeschool::{BOUNDS, Split};
use std::path::PathBuf;

/// What a program is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    Sound,
    /// With the kind of its fault.
    Faulty(String),
}

/// One labelled program.
#[derive(Debug, Clone)]
pub struct Case {
    /// The name of the base program, by which a case is held out.
    pub name: String,
    pub source: String,
    pub label: Label,
    pub program: String,
}

impl Case {
    /// Half of the base programs, with all that is planted in them.
    pub fn held_out(&self) -> bool {
        caco_program::fingerprint(&self.name) % 2 == 1
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../benches/inputs")
}

/// The programs of a file, each with the words of its heading.
fn read(name: &str) -> Result<Vec<(String, String)>, Failure> {
    let path = folder().join(name);
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let parts = text.split("#### ").skip(1);
    Ok(parts
        .filter_map(|part| part.split_once('\n'))
        .map(|(heading, body)| {
            let mut program = body.to_owned();
            if !program.contains("\noutput = ") {
                program.push_str("output = f(**input)\nprint(output)\n");
            }
            (heading.trim().to_owned(), program)
        })
        .collect())
}

/// Real programs that were looked at and have a fault: their names.
pub fn reviewed() -> Result<Vec<String>, Failure> {
    let path = folder().join("reviewed.txt");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    Ok(lines
        .filter_map(|line| Some(line.split_once(' ')?.0.to_owned()))
        .collect())
}

/// The sound programs written by hand.
pub fn sound() -> Result<Vec<Case>, Failure> {
    let programs = read("sound.py")?.into_iter();
    Ok(programs
        .map(|(name, program)| Case {
            name,
            source: "written".into(),
            label: Label::Sound,
            program,
        })
        .collect())
}

/// The faulty ones.
pub fn faulty() -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    for (heading, program) in read("faulty.py")? {
        let (kind, name) = heading.split_once(' ').ok_or("a heading without a name")?;
        cases.push(Case {
            name: name.into(),
            source: "written".into(),
            label: Label::Faulty(kind.into()),
            program,
        });
    }
    Ok(cases)
}

/// Generated grade-school stories.
pub fn stories(count: u64) -> Vec<Case> {
    (0..count)
        .map(|index| Case {
            name: format!("story {index}"),
            source: "stories".into(),
            label: Label::Sound,
            program: caco_gradeschool::generate(Split::Seeds, 11, index, BOUNDS.1).program,
        })
        .collect()
}
