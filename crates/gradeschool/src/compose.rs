//! From a seed to a record: choose an opening and events, fill in numbers that fit, write the three texts.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::events::{EVENTS, Event, Noun};
use crate::expr::{self, Value, Values};
use crate::openings::{OPENINGS, Opening};
use crate::story::{Story, capitalised};
use crate::words::{HOLDERS, PARTS, PEOPLE, THINGS};

/// Which part of the space of compositions a record is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Compositions that a base model is trained on: every one-step program, and a fixed share of those of two
    /// and three steps.
    Base,
    /// The base's compositions of three steps, and a small fixed share of those of four steps.
    BaseLong,
    /// All other compositions, up to four steps: what seeds of a run are made of.
    Seeds,
    /// The compositions of [`Split::Seeds`], from another random stream: what students are tested on.
    HeldOut,
}

/// One generated problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Names of the opening and the events, joined by `+`.
    pub family: String,
    /// Number of steps of the program, 1 to 4.
    pub steps: usize,
    /// The problem in words.
    pub problem: String,
    /// A program of the contract whose output is the answer.
    pub program: String,
    /// The solution in words; ends with `The answer is N.`
    pub solution: String,
    /// The answer, a whole number.
    pub answer: String,
}

/// Smallest and largest bound that [`generate`] takes for the quantities of a story. Families whose numbers do not fit
/// are left out; up to the largest bound each number is one token of the base model's tokenizer.
pub const BOUNDS: (i64, i64) = (60, 199);

/// Record `index` of the stream `(split, seed)` with no quantity above `largest` (clamped to [`BOUNDS`]); equal arguments
/// give equal records on every machine.
pub fn generate(split: Split, seed: u64, index: u64, largest: i64) -> Record {
    let largest = largest.clamp(BOUNDS.0, BOUNDS.1);
    let stream = match split {
        Split::Base => 1,
        Split::Seeds => 2,
        Split::HeldOut => 3,
        Split::BaseLong => 5,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng.set_word_pos(u128::from(index) << 20);
    let steps = pick_steps(split, &mut rng);
    loop {
        // A family that fits few numbers must not be drawn less often, so the composition is fixed before the numbers.
        let Some(plan) = Plan::draw(steps, &mut rng) else {
            continue;
        };
        if base_may_see(&plan.shape(), steps) != matches!(split, Split::Base | Split::BaseLong) {
            continue;
        }
        for _ in 0..40 {
            if let Some(record) = plan.tell(largest, &mut rng) {
                return record;
            }
        }
    }
}

fn pick_steps(split: Split, rng: &mut ChaCha8Rng) -> usize {
    let percent = rng.random_range(0..100);
    match (split, percent) {
        (Split::Base, 0..=14) => 1,
        (Split::Base, 15..=49) => 2,
        (Split::Base, _) => 3,
        (Split::BaseLong, 0..=34) => 3,
        (Split::BaseLong, _) => 4,
        (_, 0..=14) => 2,
        (_, 15..=59) => 3,
        _ => 4,
    }
}

/// Shapes of the openings by themselves: always the base's, so that it knows the words of every family.
static OPENING_SHAPES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    OPENINGS
        .iter()
        .map(|opening| {
            Plan {
                opening,
                events: Vec::new(),
            }
            .shape()
        })
        .collect()
});

/// Whether a base model may be trained on programs of this shape.
fn base_may_see(shape: &str, steps: usize) -> bool {
    if OPENING_SHAPES.contains(shape) {
        return true;
    }
    // FNV-1a: stable across versions and machines, and good enough to split some thousand shapes.
    let hash = shape.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    let percent = (hash >> 32) % 100;
    match steps {
        0 | 1 => true,
        2 => percent < 75,
        3 => percent < 45,
        _ => percent < 15,
    }
}

struct Plan {
    opening: &'static Opening,
    events: Vec<&'static Event>,
}

impl Plan {
    /// A composition of exactly `steps` steps, or `None` where this draw led into a dead end.
    fn draw(steps: usize, rng: &mut ChaCha8Rng) -> Option<Self> {
        let opening = OPENINGS.choose(rng)?;
        let mut events: Vec<&'static Event> = Vec::new();
        let mut kind = opening.kind;
        for left in (0..steps.checked_sub(opening.steps.len())?).rev() {
            let fits: Vec<&'static Event> = EVENTS
                .iter()
                .filter(|e| {
                    e.from == kind
                        && (left == 0 || !e.last)
                        && !events.iter().any(|used| used.name == e.name)
                })
                .collect();
            let event = fits.choose(rng)?;
            kind = event.to;
            events.push(event);
        }
        (!(opening.steps.is_empty() && events.is_empty())).then_some(Plan { opening, events })
    }

    /// The steps with names and constants masked.
    fn shape(&self) -> String {
        let mut order = Vec::new();
        let mut shape = String::new();
        let (mut current, mut previous) = (String::new(), String::new());
        for (name, _, _, items) in self.opening.inputs {
            order.push((*name).to_owned());
            shape.push_str(if *items > 0 { "l" } else { "n" });
            current = (*name).to_owned();
        }
        let mut push =
            |result: &str, expression: &str, current: &mut String, previous: &mut String| {
                let named: String = expression.replace("cur", current).replace("prev", previous);
                shape.push(';');
                shape.push_str(&expr::shape(&named, &mut order));
                *previous = std::mem::replace(current, result.to_owned());
                order.push(result.to_owned());
            };
        for (result, expression, _) in self.opening.steps {
            push(result, expression, &mut current, &mut previous);
        }
        for (n, event) in self.events.iter().enumerate() {
            push(
                &format!("event{n}"),
                event.expr,
                &mut current,
                &mut previous,
            );
        }
        shape
    }

    /// Fills in people, things and numbers; `None` where the numbers do not fit.
    fn tell(&self, largest: i64, rng: &mut ChaCha8Rng) -> Option<Record> {
        let person = *PEOPLE.choose(rng)?;
        let other = *PEOPLE.choose(rng)?;
        if person == other {
            return None;
        }
        let mut story = Story {
            person,
            other,
            thing: (*THINGS.choose(rng)?).to_owned(),
            values: Values::new(),
            inputs: Vec::new(),
            steps: Vec::new(),
            says: Vec::new(),
            asks: Vec::new(),
            works: Vec::new(),
            current: String::new(),
            previous: String::new(),
            kind: self.opening.kind,
            largest,
        };
        open(&mut story, self.opening, rng)?;
        for event in &self.events {
            happen(&mut story, event, rng)?;
        }
        let answer = match story.values.get(&story.current)? {
            Value::Int(n) => n.to_string(),
            Value::List(_) => return None,
        };
        let ask = capitalised(story.asks.choose(rng)?);
        let family = std::iter::once(self.opening.name)
            .chain(self.events.iter().map(|e| e.name))
            .collect::<Vec<_>>();
        Some(Record {
            family: family.join("+"),
            steps: story.steps.len(),
            problem: format!("{} {ask}", story.says.join(" ")),
            program: program(&story),
            solution: format!("{} The answer is {answer}.", story.works.join(" ")),
            answer,
        })
    }
}

/// A number of the range, small ones more often.
fn number(low: i64, high: i64, rng: &mut ChaCha8Rng) -> i64 {
    let (a, b) = (rng.random_range(low..=high), rng.random_range(low..=high));
    if rng.random_bool(0.5) { a.min(b) } else { a }
}

fn open(story: &mut Story, opening: &Opening, rng: &mut ChaCha8Rng) -> Option<()> {
    for (name, low, high, items) in opening.inputs {
        let high = &(*high).min(story.largest);
        if high < low {
            return None;
        }
        let value = if *items == 0 {
            Value::Int(number(*low, *high, rng))
        } else {
            Value::List((0..*items).map(|_| number(*low, *high, rng)).collect())
        };
        let name = story.fill(name);
        story.input(&name, value)?;
        story.previous = std::mem::replace(&mut story.current, name);
    }
    let says = story.fill(opening.says.choose(rng)?);
    story.says.push(capitalised(&says));
    for (result, expression, works) in opening.steps {
        let (result, expression) = (story.fill_names(result), story.fill_names(expression));
        story.step(&result, &expression, works)?;
    }
    story.asks = opening.asks.iter().map(|a| story.fill(a)).collect();
    Some(())
}

fn happen(story: &mut Story, event: &Event, rng: &mut ChaCha8Rng) -> Option<()> {
    let noun = match event.noun {
        Noun::Same => story.thing.clone(),
        Noun::Holder => (*HOLDERS.choose(rng)?).to_owned(),
        Noun::Part => (*PARTS.choose(rng)?).to_owned(),
        Noun::Thing => (*THINGS.choose(rng)?).to_owned(),
    };
    if event.noun != Noun::Same && noun == story.thing {
        return None;
    }
    let Value::Int(current) = *story.values.get(&story.current)? else {
        return None;
    };
    let key = event.key.replace("{j}", &noun);
    let expression = event
        .expr
        .replace("{j}", &noun)
        .replace("cur", &story.current)
        .replace("prev", &story.previous);
    let mut shown = String::new();
    if !key.is_empty() {
        let (low, mut high) = event.range;
        if event.expr.contains("cur -") {
            high = high.min(current - 1);
        } else if event.expr.contains("cur //") {
            high = high.min(current / 2);
        } else if event.expr.contains("cur *") {
            high = high.min(story.largest / current);
        } else if event.expr.contains("cur +") {
            high = high.min(story.largest - current);
        }
        if high < low {
            return None;
        }
        let value = number(low, high, rng);
        shown = value.to_string();
        story.input(&key, Value::Int(value))?;
    }
    if event.name == "halve" && current % 2 != 0 {
        return None;
    }
    let local = |text: &str| text.replace("{j}", &noun).replace("{k}", &shown);
    let says = story.fill(&local(event.says.choose(rng)?));
    story.says.push(capitalised(&says));
    story.step(
        &event.result.replace("{j}", &noun),
        &expression,
        &local(event.works),
    )?;
    story.asks = event.asks.iter().map(|a| story.fill(&local(a))).collect();
    story.kind = event.to;
    story.thing = noun;
    Some(())
}

/// One exercise of bare arithmetic in the forms that solutions use: what is shown, and what is to be found.
///
/// No quantity exceeds `largest` (clamped to [`BOUNDS`]).
pub fn drill(seed: u64, index: u64, largest: i64) -> (String, String) {
    let largest = largest.clamp(BOUNDS.0, BOUNDS.1);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(4);
    rng.set_word_pos(u128::from(index) << 8);
    let kind = rng.random_range(0..10);
    let whole = rng.random_range(2..=largest);
    let part = rng.random_range(1..whole);
    let small = rng.random_range(2..=9.min(whole));
    let factor = rng.random_range(2..=12);
    match kind {
        0..=2 => (format!("{part} + {} = ", whole - part), whole.to_string()),
        3..=5 => (format!("{whole} - {part} = "), (whole - part).to_string()),
        6 | 7 => {
            let other = rng.random_range(1..=(largest / factor).max(1));
            let (a, b) = if rng.random_bool(0.5) {
                (factor, other)
            } else {
                (other, factor)
            };
            (format!("{a} * {b} = "), (a * b).to_string())
        }
        8 => (
            format!("{whole} / {small} gives "),
            (whole / small).to_string(),
        ),
        _ => (
            format!("{whole} / {small} leaves "),
            (whole % small).to_string(),
        ),
    }
}

/// The program of the contract.
fn program(story: &Story) -> String {
    let inputs: Vec<String> = story
        .inputs
        .iter()
        .map(|name| match story.values.get(name) {
            Some(Value::List(xs)) => format!("\"{name}\": {xs:?}"),
            Some(Value::Int(n)) => format!("\"{name}\": {n}"),
            None => String::new(),
        })
        .collect();
    let mut text = format!(
        "input = {{{}}}\n\ndef solve({}):\n",
        inputs.join(", "),
        story.inputs.join(", ")
    );
    for (result, expression) in &story.steps {
        let python = match expression
            .strip_prefix("middle(")
            .and_then(|rest| rest.strip_suffix(')'))
        {
            Some(list) => format!("sorted({list})[1]"),
            None => expression.clone(),
        };
        text.push_str(&format!("    {result} = {python}\n"));
    }
    text.push_str(&format!(
        "    return {}\n\noutput = solve(**input)\nprint(output)\n",
        story.current
    ));
    text
}
