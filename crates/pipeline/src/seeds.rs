//! Reading files of problems: seeds and benchmarks, JSON lines, plain or gzip.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use crate::Error;
use crate::config::SeedFormat;

/// One line of a file, understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) id: Option<String>,
    pub(crate) problem: String,
    pub(crate) solution: Option<String>,
    pub(crate) answer: String,
    pub(crate) domain: Option<String>,
}

/// The lines that hold something, with their numbers from 1. An empty line is no line.
pub(crate) fn lines(path: &Path) -> Result<Vec<(usize, String)>, Error> {
    let data = |message: String, hint: &str| Error::Data {
        file: path.to_owned(),
        message,
        hint: hint.to_owned(),
    };
    let file = std::fs::File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => data(
            "there is no such file".into(),
            "correct the `path`; it is relative to the configuration file",
        ),
        _ => Error::io("read", path, error),
    })?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(data(
            "this is a folder".into(),
            "give the JSON lines file itself",
        ));
    }
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn Read> = if packed {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut found = Vec::new();
    let mut reader = BufReader::new(reader);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let read = reader.read_until(b'\n', &mut bytes).map_err(|error| {
            if packed {
                data(
                    format!("line {number}: the gzip data is broken: {error}"),
                    "copy the file again",
                )
            } else {
                Error::io("read", path, error)
            }
        })?;
        if read == 0 {
            break;
        }
        // A line that is not UTF-8 is kept as it is readable, so that it is quarantined like other broken lines.
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim().trim_start_matches('\u{feff}');
        if !line.is_empty() {
            found.push((number, line.to_owned()));
        }
    }
    if found.is_empty() {
        return Err(data(
            "the file is empty".into(),
            "each line is a JSON object with a problem and its answer",
        ));
    }
    Ok(found)
}

/// Reads one line. The error says what is wrong with it, for people.
pub(crate) fn parse(
    line: &str,
    format: SeedFormat,
    fields: &BTreeMap<String, String>,
) -> Result<Problem, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    let Value::Object(object) = value else {
        return Err("not a JSON object".into());
    };
    let names = |own: &'static str, usual: &[&'static str]| -> Vec<String> {
        match fields.get(own) {
            Some(name) => vec![name.clone()],
            None => usual.iter().map(|name| (*name).to_owned()).collect(),
        }
    };
    let get = |own: &'static str, usual: &[&'static str]| -> Result<Option<String>, String> {
        for name in names(own, usual) {
            match object.get(&name) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) => return Ok(Some(text.trim().to_owned())),
                Some(value @ (Value::Number(_) | Value::Bool(_))) => {
                    return Ok(Some(value.to_string()));
                }
                Some(_) => return Err(format!("`{name}` is neither a text nor a number")),
            }
        }
        Ok(None)
    };
    let need = |own: &'static str, usual: &[&'static str]| -> Result<String, String> {
        match get(own, usual)? {
            Some(text) if !text.is_empty() => Ok(text),
            Some(_) => Err(format!("`{}` is empty", names(own, usual).join("` or `"))),
            None => Err(format!("`{}` is missing", names(own, usual).join("` or `"))),
        }
    };
    let mut problem = Problem {
        id: get("id", &["id"])?,
        problem: need("problem", &["problem", "question"])?,
        solution: get("solution", &["solution"])?.filter(|text| !text.is_empty()),
        answer: need("answer", &["answer"])?,
        domain: get("domain", &["domain", "subject"])?,
    };
    if format == SeedFormat::Gsm8k {
        if let Some((solution, answer)) = problem.answer.rsplit_once("####") {
            let (solution, answer) = (solution.trim().to_owned(), answer.trim().to_owned());
            problem.solution = problem.solution.or(Some(solution));
            problem.answer = answer;
        } else if problem.solution.is_none() {
            return Err("`answer` has no `####` line and there is no `solution`".into());
        }
        if problem.answer.is_empty() {
            return Err("nothing follows `####`".into());
        }
    }
    Ok(problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn check(line: &str, format: SeedFormat, expected: Result<(&str, &str), &str>) {
        let found = parse(line, format, &BTreeMap::new());
        match (found, expected) {
            (Ok(found), Ok((problem, answer))) => {
                assert_eq!(
                    (found.problem.as_str(), found.answer.as_str()),
                    (problem, answer)
                );
            }
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn lines_are_understood_or_explained() {
        let problems = SeedFormat::Problems;
        check(
            r#"{"problem": " How? ", "answer": 3}"#,
            problems,
            Ok(("How?", "3")),
        );
        check(
            r#"{"question": "How?", "answer": "3"}"#,
            problems,
            Ok(("How?", "3")),
        );
        check(
            r#"{"question": "How?"}"#,
            problems,
            Err("`answer` is missing"),
        );
        check(
            r#"{"question": "", "answer": "1"}"#,
            problems,
            Err("is empty"),
        );
        check(
            r#"{"question": [], "answer": "1"}"#,
            problems,
            Err("neither"),
        );
        check("[1]", problems, Err("not a JSON object"));
        check("{", problems, Err("not JSON"));
        let gsm = SeedFormat::Gsm8k;
        check(
            r#"{"question": "How?", "answer": "2+1=<<2+1=3>>3\n#### 3"}"#,
            gsm,
            Ok(("How?", "3")),
        );
        check(
            r#"{"question": "How?", "solution": "words", "answer": "3"}"#,
            gsm,
            Ok(("How?", "3")),
        );
        check(r#"{"question": "How?", "answer": "3"}"#, gsm, Err("####"));
    }

    #[test]
    fn foreign_names_are_mapped() {
        let fields = BTreeMap::from([
            ("problem".to_owned(), "Body".to_owned()),
            ("answer".to_owned(), "Key".to_owned()),
        ]);
        let found = parse(
            r#"{"Body": "How?", "Key": 2.5, "answer": "x"}"#,
            SeedFormat::Problems,
            &fields,
        )
        .unwrap();
        assert_eq!(
            (found.problem.as_str(), found.answer.as_str()),
            ("How?", "2.5")
        );
    }

    #[test]
    fn gzip_and_plain_files_read_alike_and_empty_ones_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let (plain, packed, empty) = (
            dir.path().join("a.jsonl"),
            dir.path().join("a.jsonl.gz"),
            dir.path().join("empty.jsonl"),
        );
        let text = "{\"a\": 1}\n\n  {\"b\": 2}\r\n";
        std::fs::write(&plain, text).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        let bytes = encoder.finish().unwrap();
        std::fs::write(&packed, &bytes).unwrap();
        std::fs::write(&empty, "\n \n").unwrap();
        let expected = vec![(1, "{\"a\": 1}".to_owned()), (3, "{\"b\": 2}".to_owned())];
        assert_eq!(lines(&plain).unwrap(), expected);
        assert_eq!(lines(&packed).unwrap(), expected);
        assert!(
            lines(&empty)
                .unwrap_err()
                .to_string()
                .contains("empty.jsonl: the file is empty")
        );
        std::fs::write(&packed, &bytes[..bytes.len() - 6]).unwrap();
        assert!(lines(&packed).unwrap_err().to_string().contains("broken"));
        assert!(
            lines(&dir.path().join("none"))
                .unwrap_err()
                .to_string()
                .contains("no such file")
        );
    }
}
