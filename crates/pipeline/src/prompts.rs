//! The prompt texts: built in, or from the folder that the configuration names.

use std::path::Path;

use minijinja::{Environment, UndefinedBehavior};

use crate::Error;

/// Which prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// Problem to program.
    Unify,
    /// Program and output to problem.
    Reverse,
    /// Problem to solution.
    Solve,
}

/// The built-in texts with the file names that replace them.
pub(crate) const BUILTIN: [(Prompt, &str, &str); 3] = [
    (
        Prompt::Unify,
        "unify.j2",
        include_str!("../../../prompts/unify.j2"),
    ),
    (
        Prompt::Reverse,
        "reverse.j2",
        include_str!("../../../prompts/reverse.j2"),
    ),
    (
        Prompt::Solve,
        "solve.j2",
        include_str!("../../../prompts/solve.j2"),
    ),
];

/// What a prompt may mention; absent parts render as an error when they are mentioned.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) problem: Option<&'a str>,
    pub(crate) program: Option<&'a str>,
    pub(crate) answer: Option<&'a str>,
}

impl Parts<'_> {
    /// The parts that are there, by name.
    fn pairs(self) -> impl Iterator<Item = (&'static str, String)> {
        let parts = [
            ("problem", self.problem),
            ("program", self.program),
            ("answer", self.answer),
        ];
        parts
            .into_iter()
            .filter_map(|(name, text)| Some((name, text?.to_owned())))
    }
}

/// The prompts of one run.
pub(crate) struct Prompts {
    environment: Environment<'static>,
    texts: Vec<(Prompt, &'static str, String)>,
}

impl Prompts {
    /// Loads the prompts; a folder may replace any of them.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut texts = Vec::new();
        for (prompt, name, builtin) in BUILTIN {
            let path = folder
                .map(|folder| folder.join(name))
                .filter(|path| path.is_file());
            let text = match &path {
                Some(path) => {
                    std::fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?
                }
                None => builtin.to_owned(),
            };
            environment.add_template_owned(name, text.clone()).map_err(|error| Error::Data {
                file: path.unwrap_or_else(|| name.into()),
                message: format!("not a valid template: {error:#}"),
                hint: "the prompts are Jinja templates; `caco init` writes the built-in ones to start from".into(),
            })?;
            texts.push((prompt, name, text));
        }
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Error::Data {
                file: folder.to_owned(),
                message: "the prompts folder does not exist".into(),
                hint: "correct `prompts`, or remove it to use the built-in prompts".into(),
            });
        }
        Ok(Self { environment, texts })
    }

    /// The template's text, which is part of the fingerprint of what is asked with it.
    pub(crate) fn text(&self, prompt: Prompt) -> &str {
        self.texts
            .iter()
            .find(|(own, _, _)| *own == prompt)
            .map_or("", |(_, _, text)| text)
    }

    /// All templates as (file name, text).
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.texts
            .iter()
            .map(|(_, name, text)| (*name, text.as_str()))
    }

    /// Fills a template.
    pub(crate) fn render(&self, prompt: Prompt, parts: Parts<'_>) -> Result<String, Error> {
        let name = BUILTIN
            .iter()
            .find(|(own, _, _)| *own == prompt)
            .map_or("", |(_, name, _)| name);
        let template = self.environment.get_template(name);
        template.and_then(|template| template.render(minijinja::Value::from_pairs(parts.pairs()))).map_err(|error| Error::Data {
            file: name.into(),
            message: format!("the template cannot be filled: {error:#}"),
            hint: "unify.j2 and solve.j2 may use `problem`; reverse.j2 may use `program` and `answer`".into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_prompts_render() {
        let prompts = Prompts::load(None).unwrap();
        let parts = Parts {
            problem: Some("How many?"),
            program: Some("x = 1"),
            answer: Some("3"),
        };
        assert_eq!(
            prompts.render(Prompt::Unify, parts).unwrap(),
            "Write a program.\nHow many?"
        );
        assert_eq!(
            prompts.render(Prompt::Reverse, parts).unwrap(),
            "Write a problem.\nx = 1\n# output: 3"
        );
        assert_eq!(prompts.render(Prompt::Solve, parts).unwrap(), "How many?");
    }

    #[test]
    fn a_folder_replaces_and_a_missing_part_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("solve.j2"), "Solve: {{ program }}").unwrap();
        let prompts = Prompts::load(Some(dir.path())).unwrap();
        let parts = Parts {
            problem: Some("How many?"),
            ..Parts::default()
        };
        assert!(
            prompts
                .render(Prompt::Solve, parts)
                .unwrap_err()
                .to_string()
                .contains("solve.j2")
        );
        assert!(Prompts::load(Some(&dir.path().join("none"))).is_err());
    }
}
