//! `RunCodeRequest`, read with the rules of the interface's own server (`FastAPI`, pydantic's lax mode): numbers may come as
//! text, unknown fields are ignored, and every fault is told.

use super::fault::Fault;
use serde_json::{Map, Value, json};

/// Languages that the interface names. One outside of it is a malformed request; one inside that is not `python` is a
/// sandbox error.
const LANGUAGES: [&str; 29] = [
    "python",
    "cpp",
    "nodejs",
    "go",
    "go_test",
    "java",
    "php",
    "csharp",
    "bash",
    "typescript",
    "sql",
    "rust",
    "cuda",
    "lua",
    "R",
    "perl",
    "D_ut",
    "ruby",
    "scala",
    "julia",
    "pytest",
    "junit",
    "kotlin_script",
    "jest",
    "verilog",
    "python_gpu",
    "lean",
    "swift",
    "racket",
];

/// A request that is well formed. `compile_timeout` is checked and then without effect: Python is not compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRequest {
    pub code: String,
    pub language: &'static str,
    /// Empty where the request has none: a program that reads sees the end of the file in both cases.
    pub stdin: String,
    /// In seconds. Default: 10.
    pub run_timeout: f64,
    /// In MiB; 0 or less is no limit. Default: -1.
    pub memory_limit_mb: i64,
    /// Whether it brings a file. One without content counts as none, as in the interface's own server.
    pub brings_files: bool,
    /// Whether it wants a file back.
    pub fetches_files: bool,
}

/// Reads a body.
pub fn parse(body: &[u8]) -> Result<RunRequest, Vec<Fault>> {
    if body.is_empty() {
        return Err(vec![
            Fault::new("missing", &[], "Field required").with_input(&Value::Null),
        ]);
    }
    let fields = match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => fields,
        Ok(other) => return Err(vec![Fault::no_object().with_input(&other)]),
        Err(error) => return Err(vec![Fault::no_json(body, &error)]),
    };
    let mut reader = Reader {
        fields,
        faults: Vec::new(),
    };
    // In the order of the interface's model.
    reader.seconds("compile_timeout");
    let run_timeout = reader.seconds("run_timeout");
    let memory_limit_mb = reader.integer("memory_limit_MB", -1);
    let code = reader.text("code", true);
    let stdin = reader.text("stdin", false);
    let language = reader.language();
    let brings_files = reader.files();
    let fetches_files = reader.fetched();
    if reader.faults.is_empty() {
        Ok(RunRequest {
            code,
            language,
            stdin,
            run_timeout,
            memory_limit_mb,
            brings_files,
            fetches_files,
        })
    } else {
        Err(reader.faults)
    }
}

struct Reader {
    fields: Map<String, Value>,
    faults: Vec<Fault>,
}

impl Reader {
    fn wrong(&mut self, kind: &'static str, path: &[&str], msg: &str, input: &Value) {
        let fault = Fault::new(kind, path, msg).with_input(input);
        self.faults.push(fault);
    }

    fn seconds(&mut self, key: &'static str) -> f64 {
        let value = self.fields.remove(key).unwrap_or(json!(10));
        let (kind, number) = match &value {
            Value::Number(number) => ("float_type", number.as_f64()),
            Value::Bool(flag) => ("float_type", Some(f64::from(u8::from(*flag)))),
            Value::String(text) => ("float_parsing", text.trim().parse().ok()),
            _ => ("float_type", None),
        };
        match number.filter(|number: &f64| !number.is_nan()) {
            Some(number) => number,
            None => {
                let msg = match kind {
                    "float_parsing" => {
                        "Input should be a valid number, unable to parse string as a number"
                    }
                    _ => "Input should be a valid number",
                };
                self.wrong(kind, &[key], msg, &value);
                0.0
            }
        }
    }

    fn integer(&mut self, key: &'static str, default: i64) -> i64 {
        let Some(value) = self.fields.remove(key) else {
            return default;
        };
        let whole = |number: f64| (number.fract() == 0.0).then_some(number as i64);
        let (kind, msg, number) = match &value {
            // Beyond 64 bits the cast saturates, which the server's own limits then cut.
            Value::Number(number) => (
                "int_from_float",
                "Input should be a valid integer, got a number with a fractional part",
                number.as_i64().or(number.as_f64().and_then(whole)),
            ),
            Value::Bool(flag) => ("int_type", "", Some(i64::from(*flag))),
            Value::String(text) => (
                "int_parsing",
                "Input should be a valid integer, unable to parse string as an integer",
                text.trim()
                    .parse()
                    .ok()
                    .or(text.trim().parse().ok().and_then(whole)),
            ),
            _ => ("int_type", "Input should be a valid integer", None),
        };
        number.unwrap_or_else(|| {
            self.wrong(kind, &[key], msg, &value);
            default
        })
    }

    fn text(&mut self, key: &'static str, required: bool) -> String {
        match self.fields.remove(key) {
            Some(Value::String(text)) => text,
            None if required => {
                self.faults
                    .push(Fault::new("missing", &[key], "Field required"));
                String::new()
            }
            None => String::new(),
            Some(Value::Null) if !required => String::new(),
            Some(value) => {
                self.wrong(
                    "string_type",
                    &[key],
                    "Input should be a valid string",
                    &value,
                );
                String::new()
            }
        }
    }

    fn language(&mut self) -> &'static str {
        let Some(value) = self.fields.remove("language") else {
            self.faults
                .push(Fault::new("missing", &["language"], "Field required"));
            return "";
        };
        let known = LANGUAGES.into_iter().find(|name| value == **name);
        known.unwrap_or_else(|| {
            let quoted: Vec<String> = LANGUAGES.iter().map(|name| format!("'{name}'")).collect();
            let (last, first) = quoted.split_last().unzip();
            let expected = format!(
                "{} or {}",
                first
                    .map(|names: &[String]| names.join(", "))
                    .unwrap_or_default(),
                last.cloned().unwrap_or_default()
            );
            let msg = format!("Input should be {expected}");
            let fault = Fault::new("literal_error", &["language"], msg).with_input(&value);
            self.faults.push(fault.expecting(&expected));
            ""
        })
    }

    fn files(&mut self) -> bool {
        match self.fields.remove("files") {
            None => false,
            Some(Value::Object(files)) => {
                for (name, content) in &files {
                    if !content.is_string() && !content.is_null() {
                        let msg = "Input should be a valid string";
                        self.wrong("string_type", &["files", name], msg, content);
                    }
                }
                files.values().any(Value::is_string)
            }
            Some(value) => {
                let msg = "Input should be a valid dictionary";
                self.wrong("dict_type", &["files"], msg, &value);
                false
            }
        }
    }

    fn fetched(&mut self) -> bool {
        match self.fields.remove("fetch_files") {
            None => false,
            Some(Value::Array(names)) => {
                for (i, name) in names.iter().enumerate() {
                    if !name.is_string() {
                        let msg = "Input should be a valid string";
                        let fault = Fault::new("string_type", &["fetch_files"], msg);
                        self.faults.push(fault.at(i).with_input(name));
                    }
                }
                !names.is_empty()
            }
            Some(value) => {
                let msg = "Input should be a valid list";
                self.wrong("list_type", &["fetch_files"], msg, &value);
                false
            }
        }
    }
}
