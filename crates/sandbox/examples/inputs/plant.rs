//! Plants faults in sound programs.

use crate::rounds::Ready;
use crate::set::{Case, Label};
use caco_program::Value;
use caco_program::inputs::Slot;

/// Most programs of one source that faults are planted in.
const MOST: usize = 120;

/// Faulty programs made of the sound ones.
pub fn all(bases: &[Ready]) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for base in bases {
        let count = counts.entry(base.case.source.as_str()).or_default();
        if let Some(place) = Place::of(base)
            && *count < MOST
        {
            *count += 1;
            for (kind, program) in place.faults() {
                cases.push(Case {
                    label: Label::Faulty(kind.into()),
                    program,
                    ..base.case.clone()
                });
            }
        }
    }
    cases
}

/// Where faults go: the function that gets the input, and the line that binds the output.
struct Place<'a> {
    program: &'a str,
    /// The call, `f(**input)`.
    call: &'a str,
    /// Byte behind the line `def f(...):`.
    body: usize,
    indent: &'a str,
    /// The keys with their values as source text.
    keys: Vec<(String, Value)>,
    /// The output as source text.
    answer: String,
    numeric: bool,
    number: u64,
}

impl<'a> Place<'a> {
    fn of(base: &'a Ready) -> Option<Self> {
        let program = base.case.program.as_str();
        let call = program
            .lines()
            .find_map(|line| line.strip_prefix("output = "))?;
        let function = call.strip_suffix("(**input)")?;
        let head = format!("def {function}(");
        let at = match program.starts_with(&head) {
            true => 0,
            false => program.find(&format!("\n{head}"))? + 1,
        };
        let line = program.get(at..)?.lines().next()?;
        let body = at + line.len() + 1;
        let next = program.get(body..)?.lines().next()?;
        let indent = next.get(..next.len() - next.trim_start().len())?;
        if !line.trim_end().ends_with(':') || indent.is_empty() {
            return None;
        }
        let slot = Slot::of(program).ok()?;
        let keys = slot
            .plain()
            .map(|(k, v)| (k.to_owned(), v.clone()))
            .collect();
        let output = base.output.as_ref()?;
        Some(Self {
            program,
            call,
            body,
            indent,
            keys,
            answer: Value::from_typed(output).ok()?.python(),
            numeric: output.is_number(),
            number: caco_program::fingerprint(&base.case.name),
        })
    }

    /// The program with lines at the start of the function.
    fn at_start(&self, lines: &[String]) -> String {
        let mut text = String::from(self.program.get(..self.body).unwrap_or_default());
        for line in lines {
            text.push_str(&format!("{}{line}\n", self.indent));
        }
        text + self.program.get(self.body..).unwrap_or_default()
    }

    /// The program with other lines where `output` is bound.
    fn at_end(&self, lines: &str) -> String {
        let line = format!("output = {}", self.call);
        self.program
            .replace(&line, &lines.replace("CALL", self.call))
    }

    fn one<'c, T>(&self, from: &'c [T], salt: u64) -> Option<&'c T> {
        let number = (self.number / 2).wrapping_add(salt.wrapping_mul(7919));
        from.get((number % from.len().max(1) as u64) as usize)
    }

    fn faults(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if let Some(program) = self.ignored() {
            found.push(("input_ignored", program));
        }
        found.push(("constant", self.constant()));
        found.push(("hard_coded", self.hard_coded()));
        found.push(("nondeterministic", self.unsteady()));
        found.push(("fragile", self.fragile()));
        if let Some(program) = self.growing() {
            found.push(("slow_growth", program));
        }
        if let Some(program) = self.wrong_formula() {
            found.push(("wrong_formula", program));
        }
        found
    }

    fn ignored(&self) -> Option<String> {
        if self.keys.len() < 2 {
            return None;
        }
        let (key, value) = self.one(&self.keys, 1)?;
        let literal = value.python();
        let number = matches!(value, Value::Int(_) | Value::Float(_));
        Some(match (self.number / 2 % 4, number) {
            (0, _) => self.at_start(&[format!("{key} = {literal}")]),
            (1, true) => self.at_start(&[format!("{key} = {key} * 0 + {literal}")]),
            (1, false) => self.at_start(&[format!("{key} = ({key}, {literal})[1]")]),
            (2, _) => self.at_end(&format!(
                "settings = dict(input)\nsettings[\"{key}\"] = {literal}\noutput = {}",
                self.call.replace("**input", "**settings")
            )),
            _ => self.at_start(&[
                format!("checked = {key}"),
                format!("if checked is not None or {key} == {key}:"),
                format!("    {key} = {literal}"),
            ]),
        })
    }

    fn constant(&self) -> String {
        let forms: &[&str] = match self.numeric {
            true => &[
                "value = CALL\noutput = value - value",
                "value = CALL\noutput = 7 if value == value else value",
                "value = CALL\noutput = len([value]) * 12",
                "value = CALL\noutput = abs(value) >= 0",
            ],
            false => &[
                "value = CALL\noutput = len([value]) * 12",
                "value = CALL\noutput = value == value",
                "value = CALL\noutput = type(value).__name__",
            ],
        };
        self.at_end(self.one(forms, 2).unwrap_or(&forms[0]))
    }

    fn hard_coded(&self) -> String {
        let answer = &self.answer;
        match self.number / 2 % 3 {
            0 => self.at_end(&format!("value = CALL\nanswer = {answer}\noutput = answer")),
            1 => self.at_start(&[format!("return {answer}")]),
            _ => self.at_end(&format!("known = {{\"answer\": {answer}}}\nvalue = CALL\noutput = known.get(\"answer\", value)")),
        }
    }

    fn unsteady(&self) -> String {
        let forms = [
            "import random\nvalue = CALL\noutput = [value, random.randint(0, 99)]",
            "import random\nvalue = CALL\noutput = random.choice([value, [value, value], [value, 0], [0, value], [1, value], [2, value]])",
            "import time\nvalue = CALL\noutput = [value, int(time.time()) % 977]",
            "import datetime\nvalue = CALL\noutput = [value, datetime.datetime.now().strftime(\"%d%H%M\")]",
            "value = CALL\noutput = [value, hash(\"input\") % 1009]",
            "value = CALL\nwords = {\"alpha\", \"beta\", \"gamma\", \"delta\", \"epsilon\"}\noutput = [value, list(words)[0]]",
            "value = CALL\nbox = [value]\noutput = [value, id(box) // 16 % 4096]",
            "import uuid\nvalue = CALL\noutput = [value, uuid.uuid4().hex]",
        ];
        self.at_end(self.one(&forms, 3).unwrap_or(&forms[0]))
    }

    fn fragile(&self) -> String {
        let all: Vec<String> = self
            .keys
            .iter()
            .map(|(k, v)| format!("{k} == {}", v.python()))
            .collect();
        let texts: Vec<String> = self
            .keys
            .iter()
            .map(|(k, v)| format!("str({k}) != {}", Value::from(pretty(v).as_str()).python()))
            .collect();
        match self.number / 2 % 4 {
            0 => self.at_start(&[format!("assert {}", all.join(" and "))]),
            1 => self.at_start(&[
                format!("if {}:", texts.join(" or ")),
                "    raise ValueError(\"unexpected\")".into(),
            ]),
            2 => {
                let table: Vec<String> = self
                    .keys
                    .iter()
                    .map(|(k, v)| format!("{{repr({}): 1}}[repr({k})]", v.python()))
                    .collect();
                self.at_start(&[format!("scale = {}", table.join(" * "))])
            }
            _ => {
                let sum: Vec<String> = self
                    .keys
                    .iter()
                    .map(|(k, _)| format!("sum(map(ord, repr({k})))"))
                    .collect();
                let want: Vec<String> = self
                    .keys
                    .iter()
                    .map(|(_, v)| format!("sum(map(ord, repr({})))", v.python()))
                    .collect();
                self.at_start(&[
                    format!("remainder = {} - ({})", sum.join(" + "), want.join(" + ")),
                    "position = [0][remainder]".into(),
                ])
            }
        }
    }

    fn growing(&self) -> Option<String> {
        let small: Vec<(&String, i64)> = self
            .keys
            .iter()
            .filter_map(|(key, value)| match value {
                Value::Int(_) => value.python().parse().ok().map(|n: i64| (key, n)),
                _ => None,
            })
            .filter(|(_, n)| (6..=18).contains(n))
            .collect();
        let (key, n) = self.one(&small, 5)?;
        // About a hundred thousand steps for the program's own input.
        let base = 100_000f64.powf(1.0 / *n as f64).round();
        if base.powf(*n as f64) < 60_000.0 {
            return None;
        }
        Some(self.at_start(&[
            "work = 0".into(),
            format!("for step in range({base:.0} ** max(0, {key})):"),
            "    work += step & 1".into(),
        ]))
    }

    fn wrong_formula(&self) -> Option<String> {
        let numbers: Vec<&(String, Value)> = self
            .keys
            .iter()
            .filter(|(_, value)| matches!(value, Value::Int(_)))
            .collect();
        let (key, value) = self.one(&numbers, 6).filter(|_| self.numeric)?;
        Some(self.at_end(&format!(
            "value = CALL\noutput = value + 3 * (input[\"{key}\"] - {})",
            value.python()
        )))
    }
}

/// What `str` shows.
fn pretty(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => other.python().replace('"', "'"),
    }
}
