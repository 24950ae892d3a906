//! Code in replies, and the program that tests it. Nothing is run here.

use crate::item::Tests;

/// The code of a reply: of its Python blocks the last one that defines what the tests call, else the first; without a block
/// the whole reply, where it looks like code. Thoughts are passed over.
#[must_use]
pub fn extract(reply: &str, name: Option<&str>) -> Option<String> {
    let reply = reply
        .rsplit_once("</think>")
        .map_or(reply, |(_, behind)| behind);
    let blocks = blocks(reply);
    let defining = name.and_then(|name| {
        let mut last = blocks.iter().rev();
        last.find(|block| definition(block, name).is_some())
    });
    if let Some(block) = defining.or(blocks.first()) {
        return Some(block.clone()).filter(|block| !block.trim().is_empty());
    }
    let code = reply.trim_matches(['\n', '\r']).trim_end();
    let looks = code.lines().any(|line| {
        let word = line.split_whitespace().next().unwrap_or_default();
        matches!(
            word,
            "def" | "return" | "import" | "from" | "class" | "for" | "if" | "while"
        )
    });
    looks.then(|| code.to_owned())
}

/// The fenced blocks that are Python or unlabelled; the last may lack its end.
fn blocks(reply: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in reply.lines() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(label)) => {
                let label = label.trim().to_lowercase();
                let ours = matches!(label.as_str(), "" | "python" | "py" | "python3");
                open = Some((ours, String::new()));
            }
            (Some((ours, text)), Some(_)) => {
                if *ours {
                    found.push(std::mem::take(text));
                }
                open = None;
            }
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    if let Some((true, text)) = open
        && !text.trim().is_empty()
    {
        found.push(text);
    }
    found
}

/// The byte at which a text defines a name, by `def`, `class` or an assignment at the start of a line; decorators belong to
/// what they decorate.
pub(crate) fn definition(text: &str, name: &str) -> Option<usize> {
    let mut start = 0;
    let mut decorated: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let own = line
            .strip_prefix("async ")
            .unwrap_or(line)
            .strip_prefix("def ")
            .or_else(|| line.strip_prefix("class "))
            .unwrap_or(line);
        let rest = own.trim_start_matches(' ').strip_prefix(name);
        let defined = own.len() < line.len();
        let is = rest.is_some_and(|rest| {
            let rest = rest.trim_start();
            if defined {
                rest.starts_with(['(', ':', '['])
            } else {
                !line.starts_with(' ') && rest.starts_with('=') && !rest.starts_with("==")
            }
        });
        if is {
            return Some(decorated.unwrap_or(start));
        }
        decorated = match line.starts_with('@') {
            true => decorated.or(Some(start)),
            false => None,
        };
        start += line.len();
    }
    None
}

/// The function that tests call: the first name before a bracket in them that is none of Python's own and none of a module.
pub(crate) fn called(tests: &str) -> Option<String> {
    const OWN: [&str; 22] = [
        "assert",
        "abs",
        "all",
        "any",
        "bool",
        "dict",
        "float",
        "frozenset",
        "in",
        "int",
        "is",
        "isinstance",
        "len",
        "list",
        "not",
        "round",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
        "type",
    ];
    let mut before = '\0';
    let mut word = String::new();
    let mut from = '\0';
    for c in tests.chars() {
        if c.is_alphanumeric() || c == '_' {
            if word.is_empty() {
                from = before;
            }
            word.push(c);
        } else {
            let name = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
            if c == '(' && name && from != '.' && !OWN.contains(&word.as_str()) {
                return Some(word);
            }
            word.clear();
        }
        before = c;
    }
    None
}

impl Tests {
    /// The code of a reply.
    #[must_use]
    pub fn code(&self, reply: &str) -> Option<String> {
        extract(reply, self.name.as_deref())
    }

    /// A program that runs a reply's code and then the tests, and binds `output` to `passed` after the last one. Whoever
    /// runs it takes it for passed only where it ends well with exactly that value, so code that ends the program early has
    /// not passed.
    #[must_use]
    pub fn program(&self, code: &str, passed: &str) -> String {
        let whole = self
            .name
            .as_deref()
            .is_none_or(|name| definition(code, name).is_some());
        let mut program = String::new();
        let mut put = |part: &str| {
            if !part.trim().is_empty() {
                program.push_str(part.trim_end());
                program.push_str("\n\n");
            }
        };
        match &self.head {
            // A body goes on where the head ends.
            Some(head) if !whole => put(&format!("{}\n{}", head, indented(code))),
            _ => {
                put(&self.before);
                put(code);
            }
        }
        put(&self.setup);
        put(&self.tests);
        program.push_str(&format!("output = {passed:?}\n"));
        program
    }
}

/// A function's body with its four spaces.
fn indented(code: &str) -> String {
    let first = code.lines().find(|line| !line.trim().is_empty());
    if first.is_some_and(|line| line.starts_with([' ', '\t'])) {
        return code.to_owned();
    }
    let lines: Vec<String> = code
        .lines()
        .map(|line| {
            if line.trim().is_empty() {
                String::new()
            } else {
                format!("    {line}")
            }
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_that_defines_what_is_tested_counts() {
        let reply = "First\n```python\nx = 1\n```\nthen\n```\ndef add(a, b):\n    return a + b\n```\nuse it:\n\
                     ```python\nprint(add(1, 2))\n```\n```bash\nrun\n```";
        assert_eq!(
            extract(reply, Some("add")).unwrap(),
            "def add(a, b):\n    return a + b\n"
        );
        assert_eq!(extract(reply, Some("sub")).unwrap(), "x = 1\n");
        assert_eq!(extract(reply, None).unwrap(), "x = 1\n");
        assert_eq!(extract("I cannot.", Some("add")), None);
        assert_eq!(extract("```json\n{}\n```", None), None);
        assert_eq!(
            extract("def add(a, b):\n    return a", Some("add")).unwrap(),
            "def add(a, b):\n    return a"
        );
        assert_eq!(
            extract(
                "<think>```python\ndef add(): 1\n```</think>\n    return a + b",
                None
            )
            .unwrap(),
            "    return a + b"
        );
        // Cut before its end.
        assert_eq!(
            extract("```py\ndef f():\n    return", Some("f")).unwrap(),
            "def f():\n    return\n"
        );
    }

    #[test]
    fn names_are_found_where_they_are_defined() {
        for (text, name, at) in [
            ("x\ndef add(a):", "add", Some(2)),
            ("def adder(a):", "add", None),
            ("add = lambda a: a", "add", Some(0)),
            ("add == 3", "add", None),
            ("    add = 3", "add", None),
            ("@cache\n@other\ndef f(x):", "f", Some(0)),
            ("class Node:\n  pass", "Node", Some(0)),
            ("async def f(x):", "f", Some(0)),
        ] {
            assert_eq!(definition(text, name), at, "{text}");
        }
    }

    #[test]
    fn the_tested_function_is_read_off_the_tests() {
        for (tests, name) in [
            ("assert add(1, 2) == 3", Some("add")),
            ("assert set(similar((1, 2))) == {1}", Some("similar")),
            ("assert math.isclose(area(2), 4)", Some("area")),
            ("assert not is_odd(2)", Some("is_odd")),
            ("assert x == 3", None),
        ] {
            assert_eq!(called(tests).as_deref(), name, "{tests}");
        }
    }

    #[test]
    fn programs_are_put_together_for_functions_and_for_bodies() {
        let tests = Tests {
            before: "import math".into(),
            head: Some("import math\n\ndef f(x):\n    \"\"\"Twice.\"\"\"".into()),
            name: Some("f".into()),
            setup: String::new(),
            tests: "assert f(2) == 4".into(),
        };
        assert_eq!(
            tests.program("def f(x):\n    return 2 * x\n", "ok"),
            "import math\n\ndef f(x):\n    return 2 * x\n\nassert f(2) == 4\n\noutput = \"ok\"\n"
        );
        for body in ["    return 2 * x", "return 2 * x"] {
            assert_eq!(
                tests.program(body, "ok"),
                "import math\n\ndef f(x):\n    \"\"\"Twice.\"\"\"\n    return 2 * x\n\nassert f(2) == 4\n\noutput = \"ok\"\n"
            );
        }
    }
}
