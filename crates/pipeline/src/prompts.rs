//! The prompt texts: built in, or from the folder that the configuration names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

use crate::Error;
use crate::config::{Config, PromptSet};

/// Which prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// Mathematics problem to program.
    Unify,
    /// Programming problem to program.
    UnifyCode,
    /// A new program, from examples.
    Sample,
    /// Program and output to problem.
    Reverse,
    /// The same again, with what was wrong with the first.
    Revise,
    /// Problem to solution.
    Solve,
    /// Programming problem to code.
    SolveCode,
    /// Is the problem solvable as stated?
    JudgeSolvable,
    /// Is the answer right?
    JudgeAnswer,
    /// Do the steps follow the program's logic?
    JudgeSteps,
}

macro_rules! builtin {
    ($($prompt:ident $set:ident $name:literal),* $(,)?) => {
        [$((
            Prompt::$prompt,
            PromptSet::$set,
            concat!("prompts/", $name),
            include_str!(concat!("../../../prompts/", $name)),
        )),*]
    };
}

/// The built-in texts with their files; those of the same names below the configured folder replace them.
pub(crate) const BUILTIN: [(Prompt, PromptSet, &str, &str); 13] = builtin![
    Unify General "unify.j2",
    UnifyCode General "unify_code.j2",
    Sample General "sample.j2",
    Reverse General "reverse.j2",
    Revise General "revise.j2",
    Solve General "solve.j2",
    SolveCode General "solve_code.j2",
    JudgeSolvable General "judge_solvable.j2",
    JudgeAnswer General "judge_answer.j2",
    JudgeSteps General "judge_steps.j2",
    Unify Embedded "embedded/unify.j2",
    Reverse Embedded "embedded/reverse.j2",
    Solve Embedded "embedded/solve.j2",
];

/// What a prompt may mention; a part that is absent is undefined, and mentioning it other than in a test is an error.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) problem: Option<&'a str>,
    pub(crate) solution: Option<&'a str>,
    pub(crate) program: Option<&'a str>,
    pub(crate) input: Option<&'a str>,
    pub(crate) answer: Option<&'a str>,
    pub(crate) reason: Option<&'a str>,
    pub(crate) examples: Vec<&'a str>,
    /// Further inputs of the program with its outputs.
    pub(crate) pairs: Vec<(String, String)>,
    /// The row's domain, which may have a template of its own.
    pub(crate) domain: Option<&'a str>,
}

impl Parts<'_> {
    /// The parts that are there, by name.
    fn value(&self) -> Value {
        let texts = [
            ("problem", self.problem),
            ("solution", self.solution),
            ("program", self.program),
            ("input", self.input),
            ("answer", self.answer),
            ("reason", self.reason),
            ("domain", self.domain),
        ];
        let texts = texts
            .into_iter()
            .filter_map(|(name, text)| Some((name, Value::from(text?))));
        let examples: Vec<Value> = self
            .examples
            .iter()
            .map(|text| Value::from(*text))
            .collect();
        let pairs: Vec<Value> = self
            .pairs
            .iter()
            .map(|(input, output)| {
                Value::from_pairs([("input", input.as_str()), ("output", output.as_str())])
            })
            .collect();
        Value::from_pairs(texts.chain([
            ("examples", Value::from(examples)),
            ("pairs", Value::from(pairs)),
        ]))
    }
}

/// The prompts of one run.
pub(crate) struct Prompts {
    environment: Environment<'static>,
    texts: Vec<(Prompt, PromptSet, &'static str, String)>,
    /// Templates that the configuration names, by their paths.
    own: BTreeMap<PathBuf, String>,
    /// Templates of domains, by domain and file name.
    of_domains: BTreeMap<(String, &'static str), String>,
}

/// The name of a domain's template among all.
fn domain_name(domain: &str, name: &str) -> String {
    format!("domain:{domain}/{name}")
}

/// The name of such a template among all.
fn own_name(path: &Path) -> String {
    format!("file:{}", path.display())
}

impl Prompts {
    /// Loads the prompts; a folder may replace any of them.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, Error> {
        let mut environment = Environment::new();
        // `{% if solution %}` may ask for what is not there; printing it is an error.
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        // Lines that hold nothing but a tag leave no trace.
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        environment.set_syntax(syntax);
        let mut texts = Vec::new();
        for (prompt, set, name, builtin) in BUILTIN {
            let name = name.strip_prefix("prompts/").unwrap_or(name);
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
            texts.push((prompt, set, name, text));
        }
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Error::Data {
                file: folder.to_owned(),
                message: "the prompts folder does not exist".into(),
                hint: "correct `prompts`, or remove it to use the built-in prompts".into(),
            });
        }
        Ok(Self {
            environment,
            texts,
            own: BTreeMap::new(),
            of_domains: BTreeMap::new(),
        })
    }

    /// Takes up the templates of a domain: files of the built-in ones' names in its folder.
    fn adopt_domain(&mut self, domain: &str, folder: &Path) -> Result<(), Error> {
        if !folder.is_dir() {
            return Err(Error::Data {
                file: folder.to_owned(),
                message: format!("the prompts folder of the domain `{domain}` does not exist"),
                hint: format!("correct `domains.{domain}.prompts`, or remove it"),
            });
        }
        let mut found = false;
        for place in 0..self.texts.len() {
            let name = self.texts[place].2;
            let path = folder.join(name);
            if !path.is_file() {
                continue;
            }
            found = true;
            let text =
                std::fs::read_to_string(&path).map_err(|error| Error::io("read", &path, error))?;
            let own = domain_name(domain, name);
            self.environment
                .add_template_owned(own, text.clone())
                .map_err(|error| Error::Data {
                    file: path.clone(),
                    message: format!("not a valid template: {error:#}"),
                    hint: "templates are Jinja, as in `caco init`'s".into(),
                })?;
            // What is asked with it depends on every text that it may be asked in.
            let whole = &mut self.texts[place].3;
            whole.push_str(&format!("\0{domain}\0{text}"));
            self.of_domains.insert((domain.to_owned(), name), text);
        }
        if found {
            return Ok(());
        }
        Err(Error::Data {
            file: folder.to_owned(),
            message: format!("the prompts folder of the domain `{domain}` has no template"),
            hint: "its files have the names of the built-in prompts, such as solve.j2 or embedded/solve.j2".into(),
        })
    }

    fn find(&self, set: PromptSet, prompt: Prompt) -> Option<(&'static str, &str)> {
        let find = |prompt| {
            let mut texts = self.texts.iter();
            texts.find(|(own, its, _, _)| (*own, *its) == (prompt, set))
        };
        // A programming problem is a problem like any other to a set that makes no difference.
        let found = find(prompt).or_else(|| match prompt {
            Prompt::UnifyCode => find(Prompt::Unify),
            Prompt::SolveCode => find(Prompt::Solve),
            _ => None,
        });
        found.map(|(_, _, name, text)| (*name, text.as_str()))
    }

    /// The file of a template, relative to the prompts folder.
    pub(crate) fn name(&self, set: PromptSet, prompt: Prompt) -> &'static str {
        self.find(set, prompt).map_or("", |(name, _)| name)
    }

    /// The prompts of a configuration: its folder's, and the templates of its benchmarks.
    pub(crate) fn of(config: &Config) -> Result<Self, Error> {
        let mut prompts = Self::load(config.prompts.as_deref())?;
        for (domain, settings) in &config.domains {
            if let Some(folder) = &settings.prompts {
                prompts.adopt_domain(domain, folder)?;
            }
        }
        for benchmark in &config.evaluate.benchmarks {
            if let Some(template) = &benchmark.template {
                prompts.adopt(template)?;
            }
        }
        Ok(prompts)
    }

    /// Adds a template of the user's, under its path.
    fn adopt(&mut self, path: &Path) -> Result<(), Error> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::Data {
                file: path.to_owned(),
                message: "there is no such template".into(),
                hint: "name a Jinja file that mentions {{ problem }}".into(),
            },
            _ => Error::io("read", path, error),
        })?;
        self.environment
            .add_template_owned(own_name(path), text.clone())
            .map_err(|error| Error::Data {
                file: path.to_owned(),
                message: format!("not a valid template: {error:#}"),
                hint: "templates are Jinja, as in prompts/solve.j2".into(),
            })?;
        self.own.insert(path.to_owned(), text);
        Ok(())
    }

    /// The text of a template that the configuration names.
    pub(crate) fn own_text(&self, path: &Path) -> &str {
        self.own.get(path).map_or("", String::as_str)
    }

    /// Fills a template that the configuration names.
    pub(crate) fn render_own(&self, path: &Path, parts: &Parts<'_>) -> Result<String, Error> {
        self.fill(&own_name(path), path, parts)
    }

    /// The template's text, which is part of the fingerprint of what is asked with it; empty where the set has none.
    pub(crate) fn text(&self, set: PromptSet, prompt: Prompt) -> &str {
        self.find(set, prompt).map_or("", |(_, text)| text)
    }

    /// All templates as (file name, text).
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.texts
            .iter()
            .map(|(_, _, name, text)| (*name, text.as_str()))
    }

    /// Fills a template.
    pub(crate) fn render(
        &self,
        set: PromptSet,
        prompt: Prompt,
        parts: &Parts<'_>,
    ) -> Result<String, Error> {
        let Some((name, _)) = self.find(set, prompt) else {
            return Err(Error::Data {
                file: "prompts".into(),
                message: format!("the prompts of the embedded model have none for {prompt:?}"),
                hint: "name a server's model for this, or set `prompts: general` at the model"
                    .into(),
            });
        };
        let of_domain = parts
            .domain
            .filter(|domain| self.of_domains.contains_key(&((*domain).to_owned(), name)))
            .map(|domain| domain_name(domain, name));
        match of_domain {
            Some(own) => self.fill(&own, Path::new(&own), parts),
            None => self.fill(name, Path::new(name), parts),
        }
    }

    fn fill(&self, name: &str, file: &Path, parts: &Parts<'_>) -> Result<String, Error> {
        let template = self.environment.get_template(name);
        let text = template.and_then(|template| template.render(parts.value()));
        let text = text.map_err(|error| Error::Data {
            file: file.to_owned(),
            message: format!("the template cannot be filled: {error:#}"),
            hint: "docs/CONFIG.md lists what each prompt may mention".into(),
        })?;
        Ok(text.trim_end().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<'a>() -> Parts<'a> {
        Parts {
            problem: Some("How many?"),
            solution: Some("One and two are three."),
            program: Some("x = 1"),
            input: Some("{\"x\": 1}"),
            answer: Some("3"),
            reason: Some("it lacks x"),
            examples: vec!["y = 2", "z = 3"],
            pairs: vec![("{\"x\": 8}".into(), "24".into())],
            domain: None,
        }
    }

    #[test]
    fn the_built_in_prompts_render_and_show_their_parts() {
        let prompts = Prompts::load(None).unwrap();
        let general = |prompt| {
            prompts
                .render(PromptSet::General, prompt, &parts())
                .unwrap()
        };
        for (prompt, shown, hidden) in [
            (
                Prompt::Unify,
                &["How many?", "are three"][..],
                &["x = 1"][..],
            ),
            (Prompt::UnifyCode, &["How many?", "are three"], &["x = 1"]),
            (Prompt::Sample, &["y = 2", "z = 3"], &["How many?", "x = 1"]),
            (
                Prompt::Reverse,
                &["x = 1", "{\"x\": 1}", "output: 3", "{\"x\": 8}", "24"],
                &["How many?"],
            ),
            (
                Prompt::Revise,
                &["x = 1", "How many?", "it lacks x"],
                &["are three"],
            ),
            // Whoever solves must not see the program or its answer.
            (
                Prompt::Solve,
                &["How many?", "\\boxed{}"],
                &["x = 1", "3", "are three"],
            ),
            (
                Prompt::SolveCode,
                &["How many?", "code block"],
                &["x = 1", "are three"],
            ),
            (
                Prompt::JudgeSolvable,
                &["How many?"],
                &["x = 1", "are three"],
            ),
            (
                Prompt::JudgeAnswer,
                &["How many?", "are three", "3"],
                &["x = 1"],
            ),
            (
                Prompt::JudgeSteps,
                &["How many?", "are three", "x = 1"],
                &[],
            ),
        ] {
            let text = general(prompt);
            assert!(
                shown.iter().all(|part| text.contains(part)),
                "{prompt:?}: {text}"
            );
            assert!(
                !hidden.iter().any(|part| text.contains(part)),
                "{prompt:?}: {text}"
            );
            assert!(!text.contains("{%") && !text.contains("{{"), "{text}");
        }
        let embedded = |prompt| prompts.render(PromptSet::Embedded, prompt, &parts());
        assert_eq!(
            embedded(Prompt::Unify).unwrap(),
            "Write a program.\nHow many?"
        );
        assert_eq!(
            embedded(Prompt::UnifyCode).unwrap(),
            embedded(Prompt::Unify).unwrap()
        );
        assert_eq!(
            embedded(Prompt::Reverse).unwrap(),
            "Write a problem.\nx = 1\n# output: 3"
        );
        assert_eq!(embedded(Prompt::Solve).unwrap(), "How many?");
        assert_eq!(embedded(Prompt::SolveCode).unwrap(), "How many?");
        assert!(embedded(Prompt::JudgeSteps).is_err());
    }

    #[test]
    fn parts_that_may_be_absent_leave_no_trace() {
        let prompts = Prompts::load(None).unwrap();
        let bare = Parts {
            problem: Some("How many?"),
            ..Parts::default()
        };
        let unify = prompts
            .render(PromptSet::General, Prompt::Unify, &bare)
            .unwrap();
        assert!(!unify.contains("<solution>"), "{unify}");
        let reverse = Parts {
            pairs: Vec::new(),
            ..parts()
        };
        let reverse = prompts
            .render(PromptSet::General, Prompt::Reverse, &reverse)
            .unwrap();
        assert!(!reverse.contains("other inputs"), "{reverse}");
        let sample = prompts
            .render(PromptSet::General, Prompt::Sample, &Parts::default())
            .unwrap();
        assert!(!sample.contains("of the kind that is wanted"), "{sample}");
    }

    #[test]
    fn a_domain_has_words_of_its_own_and_changes_what_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("solve.j2"), "In SI units: {{ problem }}").unwrap();
        let mut prompts = Prompts::load(None).unwrap();
        let plain = prompts.text(PromptSet::General, Prompt::Solve).to_owned();
        prompts.adopt_domain("physics", dir.path()).unwrap();
        assert_ne!(prompts.text(PromptSet::General, Prompt::Solve), plain);
        let ask = |domain, prompt| {
            let parts = Parts { domain, ..parts() };
            prompts.render(PromptSet::General, prompt, &parts).unwrap()
        };
        assert_eq!(
            ask(Some("physics"), Prompt::Solve),
            "In SI units: How many?"
        );
        assert_eq!(ask(Some("logic"), Prompt::Solve), ask(None, Prompt::Solve));
        assert_eq!(
            ask(Some("physics"), Prompt::Sample),
            ask(None, Prompt::Sample)
        );
        let empty = tempfile::tempdir().unwrap();
        let refused = prompts.adopt_domain("logic", empty.path()).unwrap_err();
        assert!(refused.to_string().contains("has no template"), "{refused}");
    }

    #[test]
    fn a_folder_replaces_and_a_missing_part_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("solve.j2"), "Solve: {{ program }}").unwrap();
        let prompts = Prompts::load(Some(dir.path())).unwrap();
        let bare = Parts {
            problem: Some("How many?"),
            ..Parts::default()
        };
        let refused = prompts.render(PromptSet::General, Prompt::Solve, &bare);
        assert!(refused.unwrap_err().to_string().contains("solve.j2"));
        let other = prompts.render(PromptSet::Embedded, Prompt::Solve, &bare);
        assert_eq!(other.unwrap(), "How many?");
        assert!(Prompts::load(Some(&dir.path().join("none"))).is_err());
    }
}
