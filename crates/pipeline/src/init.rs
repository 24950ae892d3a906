//! What `caco init` writes: a commented configuration and the prompts.

use crate::prompts;

/// One file to start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// The path relative to the new folder.
    pub path: &'static str,
    /// The content.
    pub text: &'static str,
}

/// The files to start from: `caco.yaml`, a few seed problems and `prompts`.
#[must_use]
pub fn templates() -> Vec<Template> {
    let mut files = vec![
        Template {
            path: "caco.yaml",
            text: include_str!("templates/caco.yaml"),
        },
        Template {
            path: "seeds.jsonl",
            text: include_str!("templates/seeds.jsonl"),
        },
    ];
    files.extend(prompts::BUILTIN.map(|(_, _, path, text)| Template { path, text }));
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use std::path::Path;

    #[test]
    fn the_commented_configuration_states_the_defaults() {
        let text = templates()[0].text;
        let commented = Config::parse(text, Path::new("caco.yaml"), Path::new("/x"), &[]).unwrap();
        let minimal = "name: caco\nseeds:\n  - path: seeds.jsonl\n";
        let plain = Config::parse(minimal, Path::new("caco.yaml"), Path::new("/x"), &[]).unwrap();
        assert_eq!(commented, plain);
    }
}
