//! What a ledger promises, through its public face.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails by panicking"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use caco_ledger::{Call, Error, Key, Ledger, Reply, Totals};

fn call(n: u32) -> Call {
    Call {
        key: Key::of(&["call", &n.to_string()]),
        stage: "solve".into(),
        round: 1,
        row_id: format!("row{}", n / 2),
        sample: n % 2,
        model: "qwen".into(),
        params: "{}".into(),
        prompt: format!("Problem {} é\u{0}", n / 2),
        seed: u64::MAX - u64::from(n),
        paid: true,
        reply: Reply {
            text: format!("Reply {n}"),
            reasoning: n.is_multiple_of(3).then(|| "Hm.".into()),
            finish: "stop".into(),
            prompt_tokens: 10,
            completion_tokens: n,
            logprob: n.is_multiple_of(2).then_some(-1.5),
            attempts: 1,
            cost: (!n.is_multiple_of(5)).then_some(0.25),
        },
    }
}

fn append(ledger: &Ledger, numbers: std::ops::Range<u32>) {
    for n in numbers {
        ledger.append(call(n), Box::new(|| {})).unwrap();
    }
}

fn found(ledger: &Ledger, count: u32) -> Vec<bool> {
    let keys: Vec<Key> = (0..count).map(|n| call(n).key).collect();
    let replies = ledger.find(&keys).unwrap();
    replies
        .iter()
        .zip(0..)
        .map(|(reply, n)| {
            if let Some(reply) = reply {
                assert_eq!(*reply, call(n).reply);
            }
            reply.is_some()
        })
        .collect()
}

#[test]
fn replies_are_durable_when_their_callers_hear_of_it_and_read_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Arc::new(Ledger::open(folder.path()).unwrap());
    let heard = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for part in 0..4u32 {
            let (ledger, heard) = (&ledger, &heard);
            scope.spawn(move || {
                for n in part * 250..(part + 1) * 250 {
                    let (heard, own) = (Arc::clone(heard), Arc::clone(ledger));
                    let then = Box::new(move || {
                        assert!(own.find(&[call(n).key]).unwrap()[0].is_some());
                        heard.fetch_add(1, Ordering::Relaxed);
                        drop(own);
                    });
                    ledger.append(call(n), then).unwrap();
                }
            });
        }
    });
    ledger.flush().unwrap();
    assert_eq!(heard.load(Ordering::Relaxed), 1000);
    assert_eq!(
        found(&ledger, 1001),
        [vec![true; 1000], vec![false]].concat()
    );
    let totals = ledger.totals().unwrap();
    let expected = Totals {
        calls: 1000,
        prompt_tokens: 10_000,
        completion_tokens: 499_500,
        cost: 200.0,
        unpriced: 200,
    };
    assert_eq!(totals, expected);
    // The same calls again change nothing; another process counts the same.
    append(&ledger, 0..10);
    ledger.flush().unwrap();
    assert_eq!(ledger.totals().unwrap(), expected);
    assert_eq!(
        Ledger::read(folder.path())
            .unwrap()
            .unwrap()
            .totals()
            .unwrap(),
        expected
    );
    assert_eq!(ledger.of_row("row3").unwrap(), [call(6), call(7)]);
    drop(ledger);
    assert_eq!(
        Ledger::open(folder.path()).unwrap().totals().unwrap(),
        expected
    );
}

#[test]
fn calls_of_a_dead_process_without_a_reply_are_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = Ledger::open(folder.path()).unwrap();
    for n in 0..10 {
        first.sent(call(n).key).unwrap();
    }
    append(&first, 0..7);
    first.flush().unwrap();
    // One that has ended for good is under way no more, one that was sent twice is so once.
    first.sent(call(30).key).unwrap();
    first.gone(call(30).key).unwrap();
    first.sent(call(8).key).unwrap();
    first.gone(call(8).key).unwrap();
    assert!(first.has_replies("qwen").unwrap() && !first.has_replies("llama").unwrap());
    // A line that a kill has torn is no call.
    let log = folder.path().join("sent.log");
    let text = std::fs::read_to_string(&log).unwrap() + "0123";
    std::fs::write(&log, text).unwrap();
    let seen = Ledger::read(folder.path()).unwrap().unwrap();
    assert_eq!((seen.cut_off(), seen.cut_off_in_all().unwrap()), (3, 3));
    drop(first);
    let second = Ledger::open(folder.path()).unwrap();
    assert_eq!((second.cut_off(), second.cut_off_in_all().unwrap()), (3, 3));
    second.sent(call(20).key).unwrap();
    drop(second);
    let third = Ledger::open(folder.path()).unwrap();
    assert_eq!((third.cut_off(), third.cut_off_in_all().unwrap()), (1, 4));
}

#[test]
fn exported_questions_come_back_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    ledger.note_exported(call(1)).unwrap();
    ledger.note_exported(call(1)).unwrap();
    ledger.flush().unwrap();
    let expected = Call {
        paid: false,
        reply: Reply::default(),
        ..call(1)
    };
    assert_eq!(ledger.exported(call(1).key).unwrap(), Some(expected));
    assert_eq!(ledger.exported(call(2).key).unwrap(), None);
    assert_eq!(found(&ledger, 3), [false; 3]);
}

/// Copies a ledger as a killed machine would leave it: the log of writes cut at `length` bytes.
fn torn(from: &Path, to: &Path, length: u64) {
    std::fs::copy(from.join("ledger.sqlite"), to.join("ledger.sqlite")).unwrap();
    let log = to.join("ledger.sqlite-wal");
    std::fs::copy(from.join("ledger.sqlite-wal"), &log).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&log).unwrap();
    file.set_len(length).unwrap();
}

#[test]
fn a_torn_write_loses_only_what_came_last() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path()).unwrap();
    for n in 0..60 {
        append(&ledger, n..n + 1);
        ledger.flush().unwrap();
    }
    let whole = std::fs::metadata(folder.path().join("ledger.sqlite-wal"))
        .unwrap()
        .len();
    let mut counts = Vec::new();
    for part in 0..=24 {
        let copy = tempfile::tempdir().unwrap();
        torn(folder.path(), copy.path(), whole * part / 24);
        // With the first writes lost there is nothing yet, not even tables.
        let ledger = Ledger::open(copy.path()).unwrap();
        let there = found(&ledger, 60);
        let count = there.iter().filter(|there| **there).count();
        assert!(
            there[..count].iter().all(|there| *there),
            "{part}: {there:?}"
        );
        // It can be written on.
        append(&ledger, 0..60);
        ledger.flush().unwrap();
        assert!(found(&ledger, 60).iter().all(|there| *there));
        counts.push(count);
    }
    assert!(
        counts.is_sorted() && counts[24] == 60 && counts[12] > 0 && counts[12] < 60,
        "{counts:?}"
    );
}

#[test]
fn a_file_that_is_no_ledger_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Ledger::read(folder.path()).unwrap().is_none());
    let path = folder.path().join("ledger.sqlite");
    std::fs::write(&path, vec![7; 9000]).unwrap();
    let error = Ledger::open(folder.path()).err().unwrap();
    assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
    assert!(error.to_string().contains("ledger.sqlite"), "{error}");
}
