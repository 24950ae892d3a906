//! What the fuzz targets in `fuzz/` call: each function takes any bytes and fails where something that is promised of the
//! protocol between child and supervisor does not hold. Compiled for them and for tests; no part of the public interface.
#![allow(
    clippy::missing_panics_doc,
    reason = "to fail is what these functions are for"
)]

use crate::batch::{self, Fate, Taken};
use crate::capture::{Capture, Feed};
use crate::wire::{self, HOST_NONCE, Nonce};
use crate::zygote::Message;
use crate::{Config, Outcome, Program, Status, Tier, Via, sys};
use caco_program::routing::Uses;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::os::fd::AsFd;

/// Small caps, so that short inputs reach them.
fn config() -> Config {
    Config {
        max_answer_bytes: 40,
        output_bytes: 60,
        keep_bytes: 20,
        ..Config::default()
    }
}

/// Takes instructions out of the input: a byte at a time, or a text with its length before it.
struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn bytes(&mut self) -> &'a [u8] {
        let wanted = usize::from(self.byte().unwrap_or_default()) * 4;
        let (taken, rest) = self.0.split_at(wanted.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

fn nonce_of(program: usize) -> Nonce {
    [b'a'.wrapping_add(program as u8); 16]
}

fn frame(nonce: &Nonce, size: usize, body: &[u8]) -> Vec<u8> {
    [nonce, &(size as u32).to_le_bytes()[..], body].concat()
}

/// A stream as a child may write it: right frames, frames of others, cut ones, and anything else.
fn stream(source: &mut Source<'_>) -> Vec<u8> {
    let (mut stream, mut program) = (Vec::new(), 0);
    while let Some(kind) = source.byte() {
        let other = usize::from(kind / 8 % 8);
        let body = source.bytes();
        stream.extend_from_slice(&match kind % 8 {
            0 | 1 => {
                program += 1;
                frame(&nonce_of(program - 1), body.len(), body)
            }
            2 => frame(&nonce_of(other), body.len(), body),
            3 => frame(&HOST_NONCE, body.len(), body),
            4 => frame(&nonce_of(program), body.len() + other, body),
            5 => nonce_of(program)[..other].to_vec(),
            _ => body.to_vec(),
        });
    }
    stream
}

/// The answers of a batch, however the stream is cut into pieces: the same fates; none without a frame of its program; and
/// one fate or one wait for each program.
pub fn batch_stream(data: &[u8]) {
    let mut source = Source(data);
    let count = 1 + usize::from(source.byte().unwrap_or_default() % 8);
    let step = 1 + usize::from(source.byte().unwrap_or_default());
    let bytes = stream(&mut source);
    let program = Program::contract("output = 1");
    let programs = vec![(&program, Uses::default()); count];
    let whole = fates(&bytes, bytes.len().max(1), &programs);
    let cut = fates(&bytes, step, &programs);
    assert_eq!(format!("{whole:?}"), format!("{cut:?}"));
    for (number, fate) in whole.iter().enumerate() {
        let nonce = nonce_of(number);
        if let Fate::Done(outcome) = fate {
            assert!(bytes.windows(nonce.len()).any(|part| part == nonce));
            assert!(matches!(outcome.status, Status::Ok | Status::Error));
            assert!(outcome.stdout.len() <= 20 && outcome.stderr.len() <= 20);
            stays_whole(outcome);
        }
    }
}

fn fates(bytes: &[u8], step: usize, programs: &[(&Program, Uses)]) -> Vec<Fate> {
    let Ok((mut results, _)) = Capture::new(1 << 20) else {
        return Vec::new();
    };
    let (config, mut fates, mut peak_kb) = (config(), Vec::new(), 0);
    let mut waiting: VecDeque<Nonce> = (0..programs.len()).map(nonce_of).collect();
    for piece in bytes.chunks(step) {
        results.bytes.extend_from_slice(piece);
        let taken = batch::take(
            &mut results,
            &mut waiting,
            programs,
            &config,
            &mut fates,
            &mut peak_kb,
        );
        assert_eq!(fates.len() + waiting.len(), programs.len());
        if !matches!(taken, Ok(Taken::Frames)) || waiting.is_empty() {
            break;
        }
    }
    fates
}

/// The result of a child of its own: exactly one whole frame with its nonce or the host's, or none.
pub fn only_frame(data: &[u8]) {
    let mut source = Source(data);
    let via = match source.byte().unwrap_or_default() % 5 {
        0 => Via::Contract,
        1 => Via::Stdout,
        2 => Via::Ans,
        3 => Via::Solution,
        _ => Via::Cells,
    };
    let built = source.byte().unwrap_or_default() % 2 == 0;
    let printed = String::from_utf8_lossy(source.bytes()).into_owned();
    let bytes = if built {
        stream(&mut source)
    } else {
        source.0.to_vec()
    };
    let nonce = nonce_of(0);
    let Ok(Some(frame)) = wire::only(&bytes, &nonce) else {
        return;
    };
    let (head, rest) = bytes.split_at(nonce.len());
    let (size, body) = rest.split_at(4);
    assert!(head == nonce || head == HOST_NONCE && frame.status == "host");
    assert_eq!(size, (body.len() as u32).to_le_bytes());
    outcome_of(frame, via, &printed);
}

/// One body, without the frame around it: what becomes an outcome is within the caps, survives being written and read, and
/// has an answer only where it is `ok`.
pub fn answer(data: &[u8]) {
    let mut source = Source(data);
    let via = if source.byte().unwrap_or_default() % 2 == 0 {
        Via::Contract
    } else {
        Via::Stdout
    };
    let printed = String::from_utf8_lossy(source.bytes()).into_owned();
    let bytes = frame(&nonce_of(0), source.0.len(), source.0);
    if let Ok(Some(frame)) = wire::only(&bytes, &nonce_of(0)) {
        outcome_of(frame, via, &printed);
    }
    // What a zygote says goes another way; it is decoded alike.
    let _ = serde_json::from_slice::<Message>(source.0);
}

fn outcome_of(frame: wire::Frame, via: Via, printed: &str) {
    let Some(mut outcome) = wire::outcome(frame, Tier::Own, &config()) else {
        return;
    };
    wire::answer_from_stdout(&mut outcome, via, printed);
    let text = outcome.output_text.as_deref().unwrap_or_default();
    assert!(text.chars().count() <= 40.max(printed.chars().count()));
    assert!(outcome.status == Status::Ok || outcome.output.is_none());
    assert!(outcome.status == Status::Ok || outcome.output_text.is_none());
    stays_whole(&outcome);
}

/// An outcome comes back from its JSON as it was.
fn stays_whole(outcome: &Outcome) {
    let again = serde_json::to_string(outcome)
        .ok()
        .and_then(|text| serde_json::from_str::<Outcome>(&text).ok());
    assert_eq!(again.as_ref(), Some(outcome));
    assert!(outcome.agrees_with(outcome));
}

/// The supervisor's ends of a child's pipes, with the child reading, writing, and closing as the input says.
pub fn pipes(data: &[u8]) {
    let mut source = Source(data);
    let cap = usize::from(source.byte().unwrap_or_default()) * 16;
    let (Ok((mut capture, writer)), Ok((reader, mut feed))) = (Capture::new(cap), Feed::new())
    else {
        return;
    };
    sys::block_sigpipe();
    // The child of this test must not wait for its other end.
    let ready = sys::never_wait(writer.as_fd()).and_then(|()| sys::never_wait(reader.as_fd()));
    let (mut writer, mut reader) = (ready.is_ok().then_some(writer), Some(reader));
    let (mut written, mut fed, mut got) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(action) = source.byte() {
        match action % 8 {
            0 | 1 => {
                let bytes = source.bytes();
                if let Some(Ok(count)) = writer.as_mut().map(|writer| writer.write(bytes)) {
                    written.extend_from_slice(&bytes[..count]);
                }
            }
            2 => read_if_ready(&mut capture),
            3 => {
                let bytes = source.bytes().repeat(1 + usize::from(action / 8) * 16);
                feed.push(&bytes);
                fed.extend_from_slice(&bytes);
            }
            4 => {
                let mut room = vec![0; 1 + source.bytes().len() * 64];
                if let Some(Ok(count)) = reader.as_mut().map(|reader| reader.read(&mut room)) {
                    got.extend_from_slice(&room[..count]);
                }
            }
            5 => feed.write(),
            6 if action > 200 => writer = None,
            7 if action > 200 => reader = None,
            _ => {}
        }
        assert!(capture.bytes.len() <= cap && written.starts_with(&capture.bytes));
        assert!(fed.starts_with(&got));
    }
    drop(writer);
    capture.drain();
    assert_eq!(capture.overflow, written.len() > cap);
    assert_eq!(capture.bytes, written[..written.len().min(cap)]);
    assert!(capture.tail(7).chars().count() <= 7);
    let mut room = vec![0; 65_536];
    while let Some(reader) = &mut reader
        && feed.fd() >= 0
    {
        while let Ok(count @ 1..) = reader.read(&mut room) {
            got.extend_from_slice(&room[..count]);
        }
        feed.write();
    }
    if let Some(reader) = &mut reader {
        while let Ok(count @ 1..) = reader.read(&mut room) {
            got.extend_from_slice(&room[..count]);
        }
        assert_eq!(got, fed);
    } else {
        feed.write();
        assert_eq!(feed.fd(), -1);
    }
}

fn read_if_ready(capture: &mut Capture) {
    if sys::poll([capture.fd()], [false], 0).is_ok_and(|[ready]| ready) {
        capture.read();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn any_bytes_keep_every_promise(data in proptest::collection::vec(any::<u8>(), 0..400)) {
            super::batch_stream(&data);
            super::only_frame(&data);
            super::answer(&data);
            super::pipes(&data);
        }
    }

    /// The inputs that the fuzz targets start from reach what they are meant to reach, and hold.
    #[test]
    fn the_seeds_keep_every_promise() {
        for (target, run) in [
            ("batch_stream", super::batch_stream as fn(&[u8])),
            ("only_frame", super::only_frame),
            ("answer", super::answer),
            ("pipes", super::pipes),
        ] {
            let folder = format!("{}/fuzz/seeds/{target}", env!("CARGO_MANIFEST_DIR"));
            let seeds: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().collect();
            assert!(!seeds.is_empty());
            for seed in seeds {
                run(&std::fs::read(seed.path()).unwrap());
            }
        }
    }
}
