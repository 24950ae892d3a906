//! The vocabulary of the stories: people and countable things.

/// A person: name, and the pronouns of the sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub name: &'static str,
    pub she: &'static str,
    pub her: &'static str,
}

const fn she(name: &'static str) -> Person {
    Person {
        name,
        she: "she",
        her: "her",
    }
}
const fn he(name: &'static str) -> Person {
    Person {
        name,
        she: "he",
        her: "his",
    }
}

pub(crate) const PEOPLE: &[Person] = &[
    she("Emma"),
    he("Liam"),
    she("Mia"),
    he("Noah"),
    she("Zoe"),
    he("Omar"),
    she("Ruth"),
    he("Ivan"),
    she("Lena"),
    he("Hugo"),
    she("Nina"),
    he("Paul"),
    she("Aisha"),
    he("Kofi"),
    she("Sara"),
    he("Tom"),
];

pub(crate) const THINGS: &[&str] = &[
    "apples", "pears", "books", "pens", "cards", "shells", "stamps", "marbles", "beads", "cookies",
    "muffins", "eggs", "flowers", "toys", "balls", "cups", "plums", "lemons", "stones", "candles",
    "buttons", "ribbons", "photos", "keys",
];

/// Things that are put on or into other things.
pub(crate) const PARTS: &[&str] = &["dots", "stars", "labels", "seeds"];

/// Containers that hold a fixed number of things.
pub(crate) const HOLDERS: &[&str] = &["bags", "boxes", "jars", "packs"];
