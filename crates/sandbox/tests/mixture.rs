//! Ten thousand hostile and ordinary programs at once, in a seeded order, and the ends of a supervisor that is killed.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test suite")]
#![cfg(target_os = "linux")]

mod common;

use caco_sandbox::{Config, Error, Limits, Outcome, Program, Sandbox, Status, Tier};
use common::{marked, processes_with};
use std::sync::atomic::AtomicBool;

/// A fixed sequence of numbers that looks like chance.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Programs that an interpreter shared with others should not survive, or should, and the ones after them must not notice.
const HOSTILE: [&str; 14] = [
    "import os\nos._exit({i})\n",
    "import math\nmath.pi = {i}\noutput = 1\n",
    "import builtins\nbuiltins.sum = lambda *a: {i}\noutput = 1\n",
    "class A:\n    def set(self): self.pi = {i}\nimport math\nA.set(math)\noutput = 1\n",
    "class A:\n    def set(self): self.floor = lambda x: {i}\nimport math\nA.set(math)\noutput = 1\n",
    "from decimal import getcontext\ngetcontext().prec = 3\noutput = {i}\n",
    "import random\nrandom.seed({i})\noutput = random.random()\n",
    "import sys\nsys.setrecursionlimit(60)\noutput = {i}\n",
    "import ctypes\nctypes.string_at({i})\n",
    "print('x' * 70000)\noutput = {i}\n",
    "x = [0] * 10**{i}0\n",
    "raise ValueError({i})\n",
    "import os\nos.write(3, b'forged {i}')\noutput = 1\n",
    "import json, collections\ncollections.OrderedDict.get = None\noutput = {i}\n",
];

fn ordinary(i: u64) -> (String, String) {
    match i % 5 {
        0 => (
            format!("output = {i} * 2 + 1\nprint(output)\n"),
            format!("{}", i * 2 + 1),
        ),
        1 => (
            format!("from fractions import Fraction\noutput = Fraction({i}, 3) + Fraction(1, 3)\n"),
            if (i + 1).is_multiple_of(3) {
                format!("{}", (i + 1) / 3)
            } else {
                format!("{}/3", i + 1)
            },
        ),
        2 => (
            format!(
                "import math\ninput = {{'n': {i}}}\n\ndef f(n):\n    return math.floor(math.pi * 100) + n\n\noutput = f(**input)\n"
            ),
            format!("{}", i + 314),
        ),
        3 => (
            format!(
                "from decimal import Decimal\noutput = Decimal(1) / Decimal(3)  # {i}
"
            ),
            "0.3333333333333333333333333333".into(),
        ),
        _ => (format!("output = sum([{i}, 1, 2])\n"), format!("{}", i + 3)),
    }
}

#[test]
fn ten_thousand_mixed_programs_and_every_ordinary_one_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let (base, mark) = marked(folder.path());
    let sandbox = Sandbox::start(Config { workers: 4, ..base }).unwrap();
    let mut dice = Dice(7);
    // Every thousandth program hangs: each of them costs a second and more.
    let texts: Vec<(String, Option<String>)> = (0..10_000)
        .map(|i| match dice.roll(20) {
            0 => {
                let text = HOSTILE[dice.roll(HOSTILE.len() as u64) as usize];
                (
                    format!("{}# {i}\n", text.replace("{i}", &(i % 7 + 1).to_string())),
                    None,
                )
            }
            _ if i % 1000 == 999 => (format!("while True: x = {i}\n"), None),
            _ => {
                let (text, answer) = ordinary(i);
                (text, Some(answer))
            }
        })
        .collect();
    let limits = Limits {
        cpu_seconds: 0.3,
        ..Limits::default()
    };
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut programs = texts
        .iter()
        .map(|(text, _)| Ok::<_, Error>(Program::contract(text.as_str())));
    sandbox
        .stream(
            &mut programs,
            &limits,
            &AtomicBool::new(false),
            &mut |outcome| {
                outcomes.push(outcome.clone());
                Ok(())
            },
        )
        .unwrap();
    assert_eq!(outcomes.len(), texts.len());
    for ((text, answer), outcome) in texts.iter().zip(&outcomes) {
        if let Some(answer) = answer {
            let got = (outcome.status, outcome.output_text.as_ref());
            assert_eq!(got, (Status::Ok, Some(answer)), "{text}{outcome:?}");
        } else {
            assert_ne!(
                outcome.error_class.as_deref(),
                Some("InterpreterLost"),
                "{text}"
            );
        }
    }
    let shared = outcomes
        .iter()
        .filter(|outcome| outcome.tier == Some(Tier::Batch))
        .count();
    // How many more depends on how many answers each poison finds unsent, and so on the machine.
    assert!(shared > texts.len() / 2, "{shared} programs shared a child");
    assert!(
        sandbox.statistics().withheld > 0,
        "no poison came past the gate"
    );
    assert_eq!((sandbox.open(), sandbox.queued()), (0, 0));
    drop(sandbox);
    assert_eq!(processes_with(&mark), Vec::<u32>::new());
    assert_eq!(
        std::fs::read_dir(folder.path().join("scratch"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn dropping_a_future_kills_its_program_and_dropping_the_pool_ends_the_rest() {
    use std::future::Future;
    use std::task::{Context, Poll, Waker};
    let folder = tempfile::tempdir().unwrap();
    let (base, mark) = marked(folder.path());
    let sandbox = Sandbox::start(base).unwrap();
    let forever = Limits {
        cpu_seconds: 3600.0,
        wall_seconds: 3600.0,
        ..Limits::default()
    };
    let hang = sandbox
        .submit(
            Program::contract("import time\ntime.sleep(3600)\n"),
            forever,
        )
        .unwrap();
    drop(hang);
    let mut context = Context::from_waker(Waker::noop());
    let mut next = Box::pin(
        sandbox
            .submit(Program::contract("output = 5\n"), Limits::default())
            .unwrap(),
    );
    let outcome = loop {
        match next.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => break outcome.unwrap(),
            Poll::Pending => std::thread::yield_now(),
        }
    };
    assert_eq!(outcome.output_text.as_deref(), Some("5"));
    let mut last = Box::pin(
        sandbox
            .submit(Program::contract("while True: pass\n"), forever)
            .unwrap(),
    );
    drop(sandbox);
    assert!(matches!(
        last.as_mut().poll(&mut context),
        Poll::Ready(Err(Error::Interrupted))
    ));
    assert_eq!(processes_with(&mark), Vec::<u32>::new());
}
