//! Lines through files of every kind.
#![allow(clippy::unwrap_used, reason = "a test suite")]

use std::path::Path;

use caco_lines::{Fields, Reader, Writer};
use serde_json::json;

fn read(path: &Path) -> Vec<(u64, String)> {
    let mut reader = Reader::open(path).unwrap();
    std::iter::from_fn(|| reader.line().unwrap())
        .map(|line| (line.number, String::from_utf8(line.text).unwrap()))
        .collect()
}

fn write(path: &Path, lines: &[&str]) {
    let mut writer = Writer::open(path, false).unwrap();
    for line in lines {
        writer.put(line).unwrap();
    }
    writer.publish().unwrap();
}

#[test]
fn every_compression_gives_the_lines_back() {
    let folder = tempfile::tempdir().unwrap();
    let magic: [(&str, &[u8]); 3] = [
        ("a.jsonl", b"one"),
        ("a.jsonl.gz", &[0x1f, 0x8b]),
        ("a.jsonl.zst", &[0x28, 0xb5]),
    ];
    for (name, magic) in magic {
        let path = folder.path().join(name);
        write(&path, &["one", "two"]);
        assert!(std::fs::read(&path).unwrap().starts_with(magic), "{name}");
        assert_eq!(
            read(&path),
            [(1, "one".to_owned()), (2, "two".to_owned())],
            "{name}"
        );
        // Recognised by what is in it, not by its name.
        let renamed = folder.path().join("other");
        std::fs::rename(&path, &renamed).unwrap();
        assert_eq!(read(&renamed).len(), 2, "{name}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn lines_have_the_numbers_of_the_file_and_blank_ones_are_passed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in");
    std::fs::write(&path, "\n a \r\n\n\tb").unwrap();
    assert_eq!(read(&path), [(2, "a".to_owned()), (4, "b".to_owned())]);
    let mut reader = Reader::open(&path).unwrap();
    let progress = reader.progress();
    while reader.line().unwrap().is_some() {}
    assert_eq!(progress.bytes(), (9, 9));
}

#[test]
fn an_output_is_replaced_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    write(&path, &["old"]);
    let error = Writer::open(&path, false).err().unwrap();
    assert!(error.message.contains("is there already") && error.hint.contains("--force"));
    let mut writer = Writer::open(&path, true).unwrap();
    writer.put("new").unwrap();
    assert_eq!(read(&path), [(1, "old".to_owned())]);
    writer.publish().unwrap();
    assert_eq!(read(&path), [(1, "new".to_owned())]);
}

#[test]
fn what_was_left_is_gone_on_with_or_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    let part = folder.path().join("out.part");
    std::fs::write(&input, "a\nb\nc\n").unwrap();
    std::fs::write(&part, "a!\nb!\nhalf").unwrap();
    let same = |line: &[u8], done: &[u8]| done.strip_suffix(b"!") == Some(line);
    let mut reader = Reader::open(&input).unwrap();
    let mut writer = Writer::open(&output, false).unwrap();
    assert_eq!(writer.resume(&mut reader, &same).unwrap(), 2);
    writer.put("c!").unwrap();
    drop(writer);
    assert_eq!(read(&part).len(), 3);
    let mut writer = Writer::open(&output, false).unwrap();
    let other = folder.path().join("other");
    std::fs::write(&other, "x\n").unwrap();
    let error = writer
        .resume(&mut Reader::open(&other).unwrap(), &same)
        .unwrap_err();
    assert!(
        error.message.contains("row 1") && error.hint.contains("remove"),
        "{error}"
    );
    drop(writer);
    let mut writer = Writer::open(&output, false).unwrap();
    writer.restart().unwrap();
    writer.put("z").unwrap();
    writer.publish().unwrap();
    assert_eq!(read(&output), [(1, "z".to_owned())]);
}

#[test]
fn fields_keep_their_text() {
    let fields = Fields::parse(br#"{"a":  1.50, "b": [1,2], "a": 2}"#).unwrap();
    assert_eq!(fields.get("a"), Some("2"));
    assert_eq!(fields.get("c"), None);
    assert_eq!(
        fields.with(&["b"], &[("n", json!("x\n"))]),
        r#"{"a": 1.50, "a": 2, "n": "x\n"}"#
    );
    assert!(Fields::parse(b"[1]").is_err());
}
