//! What goes over the pipes: programs to a child, one frame with the result of each back.

use crate::typed::is_typed;
use crate::{Limits, Outcome, OutputSource, Program, Status, Tier, Via};
use caco_program::routing::Uses;
use serde::Deserialize;
use serde_json::Value;

/// Ties a result to its program; no program has seen it before.
pub type Nonce = [u8; 16];

/// What a child sends where it cannot enter its layers.
pub const HOST_NONCE: Nonce = *b"host-refuses----";

/// What a child says of a program.
#[derive(Debug, Deserialize)]
pub struct Frame {
    pub status: String,
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    line: Option<u32>,
    #[serde(default)]
    exit_code: Option<i32>,
    #[serde(default)]
    has_input: bool,
    #[serde(default)]
    input: Value,
    #[serde(default)]
    has_output: bool,
    #[serde(default)]
    output: Value,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    cells: Option<Vec<String>>,
    // In the batch tier:
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    wall_us: u64,
    #[serde(default)]
    cpu_us: u64,
    #[serde(default)]
    pub peak_kb: u64,
    /// With status `moved`: of how many programs the answers are withheld, this one the first.
    #[serde(default)]
    pub withheld: usize,
}

/// Adds a program as the child reads it.
pub fn encode(program: &Program, uses: Uses, nonce: &Nonce, bytes: &mut Vec<u8>) {
    let text = program.wire();
    let uses = u16::from(uses.random)
        | u16::from(uses.decimal) << 1
        | u16::from(uses.numpy) << 2
        | u16::from(uses.sympy) << 3;
    bytes.reserve(28 + text.len() + program.stdin.len());
    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&(program.stdin.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&program.via.number().to_le_bytes());
    bytes.extend_from_slice(&uses.to_le_bytes());
    bytes.extend_from_slice(nonce);
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(program.stdin.as_bytes());
}

/// Something in the stream that is no frame of the program it should be of.
#[derive(Debug, PartialEq, Eq)]
pub struct Spoilt;

/// The frame at the start of `bytes` and its length; `None` where it is not whole yet.
///
/// # Errors
/// [`Spoilt`] where the bytes cannot become a frame with this nonce.
pub fn decode(bytes: &[u8], nonce: &Nonce) -> Result<Option<(Frame, usize)>, Spoilt> {
    let known = bytes.len().min(nonce.len());
    let (own, host) = (nonce.get(..known), HOST_NONCE.get(..known));
    if bytes.get(..known) != own && bytes.get(..known) != host {
        return Err(Spoilt);
    }
    let Some((size, rest)) = bytes
        .get(nonce.len()..)
        .and_then(<[u8]>::split_first_chunk::<4>)
    else {
        return Ok(None);
    };
    let size = u32::from_le_bytes(*size) as usize;
    let Some(body) = rest.get(..size) else {
        return Ok(None);
    };
    let frame = serde_json::from_slice::<Frame>(body).map_err(|_| Spoilt)?;
    // A program may not say that the host refused it: only a frame of that nonce may, and no program comes before one.
    if (bytes.get(..known) == host) != (frame.status == "host") {
        return Err(Spoilt);
    }
    Ok(Some((frame, nonce.len() + 4 + size)))
}

/// The one frame that a child of its own may send: nothing before or after. `Ok(None)`: nothing was sent at all.
///
/// # Errors
/// [`Spoilt`] for anything else.
pub fn only(bytes: &[u8], nonce: &Nonce) -> Result<Option<Frame>, Spoilt> {
    if bytes.is_empty() {
        return Ok(None);
    }
    match decode(bytes, nonce)? {
        Some((frame, length)) if length == bytes.len() => Ok(Some(frame)),
        _ => Err(Spoilt),
    }
}

/// The outcome that a frame tells of; `None` where it says what no child of ours says: another status, longer texts, or values
/// in another form.
pub fn outcome(frame: Frame, tier: Tier, config: &crate::Config) -> Option<Outcome> {
    let longer = |text: &str, most: usize| text.len() > most && text.chars().count() > most;
    let (answer, printed) = (config.max_answer_bytes, config.output_bytes);
    let cells: usize = frame
        .cells
        .iter()
        .flatten()
        .map(|text| text.chars().count())
        .sum();
    if !is_typed(&frame.input)
        || !is_typed(&frame.output)
        || frame
            .text
            .as_deref()
            .is_some_and(|text| longer(text, answer))
        || cells > answer
        || longer(&frame.stdout, printed)
        || longer(&frame.stderr, printed)
        || frame
            .class
            .as_deref()
            .is_some_and(|class| longer(class, 200))
        || frame
            .message
            .as_deref()
            .is_some_and(|message| longer(message, 500))
    {
        return None;
    }
    let status = match frame.status.as_str() {
        "ok" => Status::Ok,
        "error" => Status::Error,
        "memory" => Status::Memory,
        "output_limit" => Status::OutputLimit,
        "denied" => Status::Denied,
        "unsupported" => Status::Unsupported,
        _ => return None,
    };
    let mut outcome = Outcome::bare(status, frame.class.as_deref(), frame.message);
    outcome.tier = Some(tier);
    outcome.error_line = frame.line;
    outcome.exit_code = frame.exit_code;
    outcome.input = frame.has_input.then_some(frame.input);
    outcome.cells = frame.cells;
    if status == Status::Ok && frame.has_output {
        outcome.output = Some(frame.output);
        outcome.output_text = frame.text;
        outcome.output_source = OutputSource::Variable;
    }
    outcome.stdout = frame.stdout;
    outcome.stderr = frame.stderr;
    outcome.cpu_ms = frame.cpu_us as f64 / 1000.0;
    outcome.wall_ms = frame.wall_us as f64 / 1000.0;
    outcome.peak_kb = frame.peak_kb;
    Some(outcome)
}

/// Fills in the answer of a program whose result is what it printed, from all of `printed`.
pub fn answer_from_stdout(outcome: &mut Outcome, via: Via, printed: &str) {
    if outcome.status != Status::Ok || outcome.output_source != OutputSource::None {
        return;
    }
    match via {
        Via::Stdout => outcome.output_text = Some(printed.trim_end_matches('\n').into()),
        Via::Contract => {
            let last = printed
                .lines()
                .map(str::trim)
                .rfind(|line| !line.is_empty());
            outcome.output_text = last.map(Into::into);
        }
        Via::Ans | Via::Solution | Via::Cells => return,
    }
    if outcome.output_text.is_some() {
        outcome.output_source = OutputSource::Stdout;
    }
}

/// The limits of a child, as its zygote reads them.
pub fn job(config: &crate::Config, limits: &Limits, batch: bool) -> String {
    // A child of the batch tier runs many programs, each judged from outside; its own limit is a backstop.
    let cpu = if batch { 86_400.0 } else { limits.cpu_seconds };
    serde_json::json!({
        "batch": batch, "cpu_seconds": cpu, "wall_seconds": limits.wall_seconds,
        "memory_bytes": limits.memory_mb << 20, "answer_bytes": config.max_answer_bytes, "output_bytes": config.output_bytes,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONCE: Nonce = *b"0123456789abcdef";

    fn framed(nonce: &Nonce, body: &str) -> Vec<u8> {
        [
            nonce,
            &(body.len() as u32).to_le_bytes()[..],
            body.as_bytes(),
        ]
        .concat()
    }

    #[test]
    fn only_one_whole_frame_with_the_right_nonce_is_a_result() {
        let good = framed(
            &NONCE,
            r#"{"status":"ok","has_output":true,"output":1,"text":"1"}"#,
        );
        let text = only(&good, &NONCE).unwrap().unwrap().text;
        assert_eq!(text.as_deref(), Some("1"));
        assert!(matches!(only(b"", &NONCE), Ok(None)));
        for cut in 1..good.len() {
            assert!(only(&good[..cut], &NONCE).is_err(), "cut at {cut}");
            assert!(
                matches!(decode(&good[..cut], &NONCE), Ok(None)),
                "cut at {cut}"
            );
        }
        assert!(only(&[good.clone(), good.clone()].concat(), &NONCE).is_err());
        assert!(only(&[b"x".to_vec(), good.clone()].concat(), &NONCE).is_err());
        assert!(only(&good, b"ffffffffffffffff").is_err());
        let nested = format!(
            r#"{{"status":"ok","output":{}1{}}}"#,
            "[".repeat(5000),
            "]".repeat(5000)
        );
        assert!(only(&framed(&NONCE, &nested), &NONCE).is_err());
    }

    #[test]
    fn only_the_host_says_that_it_refuses() {
        let claim = r#"{"status":"host","message":"no"}"#;
        assert_eq!(decode(&framed(&NONCE, claim), &NONCE).err(), Some(Spoilt));
        assert!(
            decode(&framed(&HOST_NONCE, claim), &NONCE)
                .unwrap()
                .is_some()
        );
        assert_eq!(
            decode(&framed(&HOST_NONCE, r#"{"status":"ok"}"#), &NONCE).err(),
            Some(Spoilt)
        );
    }

    #[test]
    fn a_status_that_children_do_not_report_is_none() {
        for status in ["timeout", "crash", "moved", ""] {
            let frame: Frame =
                serde_json::from_str(&format!(r#"{{"status":"{status}"}}"#)).unwrap();
            assert!(
                outcome(frame, Tier::Own, &crate::Config::default()).is_none(),
                "{status}"
            );
        }
    }

    fn body() -> impl Strategy<Value = String> {
        prop_oneof![
            Just(r#"{"status":"ok","has_output":true,"output":1,"text":"1"}"#.to_owned()),
            Just(r#"{"status":"error","class":"E","message":"m","line":3}"#.to_owned()),
            Just(r#"{"status":"moved","withheld":9}"#.to_owned()),
            Just(r#"{"status":"host","message":"x"}"#.to_owned()),
            "\\PC{0,60}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Whatever a child writes: no panic, and nothing is read beyond what is there.
        #[test]
        fn any_bytes_are_a_frame_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..200), with_nonce: bool) {
            let bytes = if with_nonce { [&NONCE[..], &bytes].concat() } else { bytes };
            if let Ok(Some((_, length))) = decode(&bytes, &NONCE) {
                prop_assert!(length <= bytes.len());
            }
            let _ = only(&bytes, &NONCE);
        }

        /// A frame that is cut, repeated, or changed in one byte of its head is never taken for one of the program.
        #[test]
        fn damaged_heads_are_no_frames(text in body(), at in 0usize..16, flip in 1u8..=255, cut in 0usize..400) {
            let good = framed(&NONCE, &text);
            let mut damaged = good.clone();
            damaged[at] ^= flip;
            prop_assert!(decode(&damaged, &NONCE).is_err());
            let cut = cut.min(good.len().saturating_sub(1));
            prop_assert!(!matches!(decode(&good[..cut], &NONCE), Ok(Some(_))));
            prop_assert!(only(&[good.clone(), good].concat(), &NONCE).is_err());
        }

        /// What is decoded is what was said, and becomes an outcome only where a child may say it.
        #[test]
        fn only_what_children_say_becomes_an_outcome(status in "[a-z_]{1,12}", text in "\\PC{0,40}") {
            let said = serde_json::json!({"status": status, "has_output": true, "output": text, "text": text}).to_string();
            let config = crate::Config { max_answer_bytes: 30, ..crate::Config::default() };
            if let Ok(Some((frame, _))) = decode(&framed(&NONCE, &said), &NONCE)
                && let Some(outcome) = outcome(frame, Tier::Own, &config)
            {
                prop_assert_eq!(outcome.status.as_str(), status);
                prop_assert!(text.chars().count() <= 30);
                prop_assert_eq!(outcome.output_text.is_some(), outcome.status == Status::Ok);
            }
        }
    }
}
