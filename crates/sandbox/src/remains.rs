//! What is left of an interpreter process that has no pid namespace, found in /proc. A program that killed the process which
//! would have swept up after it is followed by the session and the command line that its processes have inherited.

use crate::sys::Process;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::time::{Duration, Instant};

/// How long processes may take to die.
const PATIENCE: Duration = Duration::from_secs(5);

/// How the processes of one interpreter are known.
#[derive(Debug)]
pub struct Mark {
    /// Their session, which its first process has given its number. It must not be reaped before the sweep, so that the
    /// number stays its own.
    pub session: u32,
    /// A part of the command line that no other has.
    pub word: String,
}

struct Entry {
    parent: u32,
    session: u32,
    ended: bool,
}

/// Kills all processes with the mark, and all below them, until there are none.
pub fn sweep(mark: &Mark) {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let held: Vec<(u32, Process)> = marked(mark)
            .into_iter()
            .filter_map(|number| Some((number, Process::open(number).ok()?)))
            .collect();
        if held.is_empty() {
            return;
        }
        // A number may be another's by now: whose it is can be said only of what is held.
        let still = marked(mark);
        for (number, process) in &held {
            if still.contains(number) {
                process.kill();
            }
        }
        for (_, process) in held {
            process.await_end(until.saturating_duration_since(Instant::now()));
        }
    }
}

/// Numbers of the processes with the mark that have not ended, and of all below them.
fn marked(mark: &Mark) -> HashSet<u32> {
    let mut entries = HashMap::new();
    let mut found = HashSet::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(number) = entry.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        let Some(read) = fs::read_to_string(entry.path().join("stat"))
            .ok()
            .and_then(|stat| parse(&stat))
        else {
            continue;
        };
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let word = mark.word.as_bytes();
        if read.session == mark.session || line.windows(word.len()).any(|part| part == word) {
            found.insert(number);
        }
        entries.insert(number, read);
    }
    loop {
        let before = found.len();
        for (number, entry) in &entries {
            if found.contains(&entry.parent) {
                found.insert(*number);
            }
        }
        if found.len() == before {
            break;
        }
    }
    found.retain(|number| entries.get(number).is_some_and(|entry| !entry.ended));
    // This process shares nothing with them, unless the mark is wrong.
    found.remove(&std::process::id());
    found
}

/// What a `stat` file of /proc says.
fn parse(stat: &str) -> Option<Entry> {
    // The name before may hold anything, brackets and spaces too.
    let mut words = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = words.next()?;
    let parent = words.next()?.parse().ok()?;
    let session = words.nth(1)?.parse().ok()?;
    Some(Entry {
        parent,
        session,
        ended: matches!(state, "Z" | "X"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_pass_for_other_fields() {
        let entry = parse("12 (a) S 1 1 1) (x) R 7 8 9 0 -1\n").unwrap();
        assert_eq!((entry.parent, entry.session, entry.ended), (7, 9, false));
        assert!(parse("12 (a) Z 7 8 9 0\n").unwrap().ended);
        assert!(parse("12 (a").is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_has_the_mark_dies_and_others_live() {
        use std::process::Command;
        let word = format!("mark-{}-of-this-test", std::process::id());
        // The second command keeps the shell from becoming the first.
        let mut mine = Command::new("/bin/sh")
            .args(["-c", "sleep 600; :", &word])
            .spawn()
            .unwrap();
        let mut other = Command::new("sleep").arg("600").spawn().unwrap();
        // A child that inherits nothing but its parent is among them once it is there.
        let mark = Mark {
            session: u32::MAX,
            word,
        };
        while marked(&mark).len() < 2 {
            std::thread::yield_now();
        }
        sweep(&mark);
        assert!(marked(&mark).is_empty());
        // The shell may have come to its own end where its child was killed first; what counts is that both are gone.
        mine.wait().unwrap();
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
