//! The outcomes of a stream: those that are waited for, and those of the programs met last, since the same program runs once.

use crate::{Error, Outcome, Result};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Of how many different programs a stream remembers the outcome.
const REMEMBERED: usize = 65_536;

/// Where the outcome of a program is put.
#[derive(Clone, Default)]
pub struct Place(Arc<Mutex<Content>>);

#[derive(Default)]
enum Content {
    #[default]
    Empty,
    Settled(Box<Outcome>),
    /// An outcome that was handed out, as JSON: a few hundred bytes instead of some thousands.
    Kept(Box<[u8]>),
    /// The error is taken out once.
    Failed(Option<Error>),
}

impl Place {
    pub fn settle(&self, outcome: Result<Outcome>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = match outcome {
            Ok(outcome) => Content::Settled(Box::new(outcome)),
            Err(error) => Content::Failed(Some(error)),
        };
    }

    pub fn is_empty(&self) -> bool {
        let content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*content, Content::Empty)
    }

    /// Hands out the outcome, which stays for programs with the same text; `None` where there is none yet.
    pub fn hand_out<T>(&self, each: impl FnOnce(&Outcome) -> T) -> Result<Option<T>> {
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *content {
            Content::Empty => Ok(None),
            Content::Settled(outcome) => {
                let said = each(outcome);
                if let Ok(bytes) = serde_json::to_vec(outcome) {
                    *content = Content::Kept(bytes.into());
                }
                Ok(Some(said))
            }
            Content::Kept(bytes) => match serde_json::from_slice(bytes) {
                Ok(outcome) => Ok(Some(each(&outcome))),
                Err(error) => Err(Error::system("read an outcome again")(error.into())),
            },
            Content::Failed(error) => Err(error.take().unwrap_or(Error::Interrupted)),
        }
    }
}

/// Where the outcomes of the programs met last are.
#[derive(Default)]
pub struct Memory {
    places: HashMap<[u8; 16], Place>,
    order: VecDeque<[u8; 16]>,
}

impl Memory {
    pub fn get(&self, key: &[u8; 16]) -> Option<Place> {
        self.places.get(key).cloned()
    }

    pub fn put(&mut self, key: [u8; 16], place: Place) {
        if self.order.len() == REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.places.remove(&oldest);
        }
        self.order.push_back(key);
        self.places.insert(key, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Status;

    #[test]
    fn an_outcome_is_the_same_each_time_it_is_handed_out() {
        let place = Place::default();
        assert!(place.is_empty());
        assert!(matches!(place.hand_out(Outcome::clone), Ok(None)));
        let outcome = Outcome {
            output: Some(serde_json::json!({"a": [0.1, {"$float": "nan"}, -0.0, "\u{fffd}"]})),
            input: Some(serde_json::Value::Null),
            cpu_ms: 0.1 + 0.2,
            ..Outcome::bare(Status::Ok, None, None)
        };
        place.settle(Ok(outcome.clone()));
        for _ in 0..3 {
            assert_eq!(
                place.hand_out(Outcome::clone).unwrap().as_ref(),
                Some(&outcome)
            );
        }
    }

    /// The deepest value that is taken from a child can be read again.
    #[test]
    fn deep_values_come_back() {
        let levels = crate::typed::MAX_DEPTH;
        let text = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        let outcome = Outcome {
            output: Some(serde_json::from_str(&text).unwrap()),
            ..Outcome::bare(Status::Ok, None, None)
        };
        let place = Place::default();
        place.settle(Ok(outcome.clone()));
        for _ in 0..2 {
            assert!(place.hand_out(|said| *said == outcome).unwrap() == Some(true));
        }
    }

    #[test]
    fn a_failure_is_told_once_and_then_an_interruption() {
        let place = Place::default();
        place.settle(Err(Error::Setting {
            key: "x",
            problem: String::new(),
        }));
        assert!(matches!(place.hand_out(|_| ()), Err(Error::Setting { .. })));
        assert!(matches!(place.hand_out(|_| ()), Err(Error::Interrupted)));
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut memory = Memory::default();
        let key = |number: usize| {
            blake3::hash(&number.to_le_bytes()).as_bytes()[..16]
                .try_into()
                .unwrap()
        };
        for number in 0..=REMEMBERED {
            memory.put(key(number), Place::default());
        }
        assert!(memory.get(&key(0)).is_none());
        assert!(memory.get(&key(1)).is_some() && memory.get(&key(REMEMBERED)).is_some());
    }
}
