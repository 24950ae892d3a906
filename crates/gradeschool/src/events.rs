//! The event families: each takes the running quantity, and one more number or none, to the next quantity.

use crate::story::Kind;

/// One event family.
///
/// In `expr`, `cur` is the running quantity and `prev` the one before it. In the texts: `{N}` the person, `{S}`/`{s}`
/// the pronoun, `{H}` the possessive, `{O}` another person, `{i}` the things counted before the event, `{j}` the new
/// noun, `{k}` the event's number, `{e}` the expression with values, `{v}` its value.
#[derive(Debug)]
pub struct Event {
    /// Stable name of the family.
    pub name: &'static str,
    /// What the running quantity must count.
    pub from: Kind,
    /// What it counts afterwards.
    pub to: Kind,
    /// Name of the event's number in the program's input; empty where the event has none. May hold `{j}`.
    pub key: &'static str,
    /// Name of the result in the program. May hold `{j}`.
    pub result: &'static str,
    /// The step.
    pub expr: &'static str,
    /// Smallest and largest value of the number.
    pub range: (i64, i64),
    /// Where a new noun comes from.
    pub noun: Noun,
    /// Forms of the sentence in the problem.
    pub says: &'static [&'static str],
    /// Forms of the question when the event is the last.
    pub asks: &'static [&'static str],
    /// The sentence of the solution.
    pub works: &'static str,
    /// Whether the story must end here.
    pub last: bool,
}

/// What an event does to the noun that is being counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    /// Stays.
    Same,
    /// A container (`bags`).
    Holder,
    /// A part (`dots`).
    Part,
    /// Another thing (`pens`).
    Thing,
}

const BASE: Event = Event {
    name: "",
    from: Kind::Things,
    to: Kind::Things,
    key: "",
    result: "",
    expr: "",
    range: (2, 40),
    noun: Noun::Same,
    says: &[],
    asks: &[
        "How many {i} does {N} have now?",
        "How many {i} does {s} have in the end?",
    ],
    works: "",
    last: false,
};
const MONEY: Event = Event {
    from: Kind::Money,
    to: Kind::Money,
    asks: &[
        "How many dollars does {N} have now?",
        "How much money does {s} have in the end?",
    ],
    ..BASE
};

/// All event families.
pub const EVENTS: &[Event] = &[
    Event {
        name: "buy",
        key: "bought",
        result: "after_buying",
        expr: "cur + bought",
        says: &[
            "{N} buys {k} more {i}.",
            "Then {s} buys {k} more.",
            "{S} buys another {k} {i}.",
        ],
        works: "After buying, {N} has {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "find",
        key: "found",
        result: "after_finding",
        expr: "cur + found",
        says: &[
            "{N} finds {k} more {i}.",
            "Later {s} finds {k} more.",
            "{S} finds {k} other {i}.",
        ],
        works: "With the found ones {s} has {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "receive",
        key: "received",
        result: "after_gift",
        expr: "cur + received",
        says: &[
            "A friend gives {N} {k} {i}.",
            "{S} receives {k} {i} as a gift.",
            "{O} gives {N} {k} more.",
        ],
        works: "With the gift {s} has {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "make",
        key: "made",
        result: "after_making",
        expr: "cur + made",
        says: &["{N} makes {k} new {i}.", "Then {s} makes {k} more."],
        works: "After making more, {N} has {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "lose",
        key: "lost",
        result: "after_losing",
        expr: "cur - lost",
        says: &[
            "{N} loses {k} of them.",
            "Then {s} loses {k} {i}.",
            "On the way {s} loses {k}.",
        ],
        asks: &[
            "How many {i} are left?",
            "How many {i} does {N} still have?",
        ],
        works: "After the loss {e} = {v} {i} are left.",
        ..BASE
    },
    Event {
        name: "give",
        key: "given",
        result: "after_giving",
        expr: "cur - given",
        says: &[
            "{N} gives {k} of them to {O}.",
            "Then {s} gives away {k} {i}.",
            "{S} gives {k} to {H} sister.",
        ],
        asks: &[
            "How many {i} are left?",
            "How many {i} does {N} still have?",
        ],
        works: "After giving, {N} has {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "sell",
        key: "sold",
        result: "unsold",
        expr: "cur - sold",
        says: &["{N} sells {k} of them.", "{S} sells {k} {i} at the market."],
        asks: &["How many {i} are not sold?", "How many {i} are left?"],
        works: "{e} = {v} {i} are not sold.",
        ..BASE
    },
    Event {
        name: "break",
        key: "broken",
        result: "intact",
        expr: "cur - broken",
        says: &["{k} of them break.", "By accident {k} {i} break."],
        asks: &["How many {i} are intact?", "How many good {i} are left?"],
        works: "{e} = {v} {i} are intact.",
        ..BASE
    },
    Event {
        name: "use",
        key: "used",
        result: "unused",
        expr: "cur - used",
        says: &["{N} uses {k} of them.", "{S} uses {k} {i} at school."],
        asks: &["How many {i} are not used?", "How many {i} are left?"],
        works: "{e} = {v} {i} are not used.",
        ..BASE
    },
    Event {
        name: "double",
        result: "doubled",
        expr: "cur * 2",
        says: &[
            "{N} then doubles {H} number of {i}.",
            "A week later {s} has twice as many.",
        ],
        works: "Twice as many is {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "triple",
        result: "tripled",
        expr: "cur * 3",
        says: &[
            "{N} then triples {H} number of {i}.",
            "A year later {s} has three times as many.",
        ],
        works: "Three times as many is {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "halve",
        result: "half",
        expr: "cur // 2",
        says: &[
            "{N} keeps only half of them.",
            "Then {s} gives away half of the {i}.",
        ],
        asks: &["How many {i} does {N} keep?", "How many {i} are left?"],
        works: "Half of them is {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "repeat",
        key: "days",
        result: "all_days",
        expr: "cur * days",
        range: (2, 9),
        says: &[
            "{S} gets that many every day for {k} days.",
            "{N} gets the same number on each of {k} days.",
        ],
        asks: &[
            "How many {i} is that in all?",
            "How many {i} does {N} get in all?",
        ],
        works: "In {k} days it is {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "pack",
        key: "per_{j}",
        result: "{j}",
        expr: "cur // per_{j}",
        range: (2, 9),
        noun: Noun::Holder,
        says: &[
            "{N} puts them into {j} of {k} and keeps the full {j}.",
            "{S} fills {j} with {k} {i} each and takes the full ones.",
        ],
        asks: &["How many full {j} are there?", "How many {j} are full?"],
        works: "{e} gives {v} full {j}.",
        ..BASE
    },
    Event {
        name: "leftover",
        key: "group",
        result: "left_over",
        expr: "cur % group",
        range: (3, 9),
        says: &[
            "{N} makes groups of {k} and keeps the rest.",
            "{S} sells the {i} in groups of {k} as long as {s} can.",
        ],
        asks: &["How many {i} are left over?", "How many {i} remain?"],
        works: "{e} leaves {v} {i}.",
        ..BASE
    },
    Event {
        name: "other_more",
        key: "more",
        result: "other_more",
        expr: "cur + more",
        to: Kind::Other,
        says: &[
            "{O} has {k} more {i} than {N}.",
            "{O} has {k} more than that.",
        ],
        asks: &["How many {i} does {O} have?"],
        works: "{O} has {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "other_fewer",
        key: "fewer",
        result: "other_fewer",
        expr: "cur - fewer",
        to: Kind::Other,
        says: &[
            "{O} has {k} fewer {i} than {N}.",
            "{O} has {k} fewer than that.",
        ],
        asks: &["How many {i} does {O} have?"],
        works: "{O} has {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "other_times",
        key: "times",
        result: "other_times",
        expr: "cur * times",
        range: (2, 6),
        to: Kind::Other,
        says: &[
            "{O} has {k} times as many {i} as {N}.",
            "{O} has {k} times as many.",
        ],
        asks: &["How many {i} does {O} have?"],
        works: "{O} has {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "together",
        from: Kind::Other,
        to: Kind::Things,
        result: "together",
        expr: "prev + cur",
        says: &[
            "They put their {i} together.",
            "The two of them put all {i} in one place.",
        ],
        asks: &["How many {i} do they have together?"],
        works: "Together they have {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "other_gives",
        from: Kind::Other,
        to: Kind::Things,
        key: "passed_on",
        result: "other_left",
        expr: "cur - passed_on",
        says: &[
            "{O} gives {k} of them to a friend.",
            "Then {O} loses {k} {i}.",
        ],
        asks: &["How many {i} does {O} have left?"],
        works: "{O} is left with {e} = {v} {i}.",
        ..BASE
    },
    Event {
        name: "each_has",
        key: "{j}_each",
        result: "{j}",
        expr: "cur * {j}_each",
        range: (2, 8),
        noun: Noun::Part,
        says: &[
            "Each of the {i} has {k} {j}.",
            "There are {k} {j} on each of them.",
        ],
        asks: &["How many {j} is that?", "How many {j} are there in all?"],
        works: "That is {e} = {v} {j}.",
        ..BASE
    },
    Event {
        name: "share",
        key: "friends",
        result: "each",
        expr: "cur // friends",
        range: (2, 9),
        last: true,
        says: &[
            "{N} shares them equally among {k} friends.",
            "{S} gives the same number to each of {k} friends.",
        ],
        asks: &["How many {i} does each friend get?"],
        works: "{e} gives each friend {v} {i}.",
        ..BASE
    },
    Event {
        name: "sell_all",
        key: "price",
        result: "money",
        expr: "cur * price",
        range: (2, 9),
        to: Kind::Money,
        says: &[
            "{N} sells them all for {k} dollars each.",
            "{S} gets {k} dollars for each of the {i}.",
        ],
        asks: &["How many dollars does {N} get?", "How much money is that?"],
        works: "The sale brings {e} = {v} dollars.",
        ..BASE
    },
    Event {
        name: "earn",
        key: "earned",
        result: "after_earning",
        expr: "cur + earned",
        says: &["{N} earns {k} dollars more.", "Then {s} earns {k} dollars."],
        works: "After earning, {N} has {e} = {v} dollars.",
        ..MONEY
    },
    Event {
        name: "pocket_money",
        key: "pocket_money",
        result: "with_pocket_money",
        expr: "cur + pocket_money",
        says: &[
            "{H} father adds {k} dollars.",
            "{S} gets {k} dollars of pocket money.",
        ],
        works: "With the pocket money it is {e} = {v} dollars.",
        ..MONEY
    },
    Event {
        name: "spend",
        key: "spent",
        result: "after_spending",
        expr: "cur - spent",
        says: &[
            "{N} spends {k} dollars.",
            "Then {s} spends {k} dollars on a gift.",
        ],
        asks: &[
            "How many dollars are left?",
            "How much money does {N} have left?",
        ],
        works: "After spending, {e} = {v} dollars are left.",
        ..MONEY
    },
    Event {
        name: "fee",
        key: "fee",
        result: "after_fee",
        expr: "cur - fee",
        says: &[
            "{N} pays a fee of {k} dollars.",
            "A fee of {k} dollars is taken away.",
        ],
        asks: &[
            "How many dollars are left?",
            "How much money does {N} have left?",
        ],
        works: "After the fee {e} = {v} dollars are left.",
        ..MONEY
    },
    Event {
        name: "match",
        result: "matched",
        expr: "cur * 2",
        says: &[
            "{H} mother doubles the money.",
            "The bank doubles {H} money.",
        ],
        works: "Doubled it is {e} = {v} dollars.",
        ..MONEY
    },
    Event {
        name: "split_money",
        key: "people",
        result: "per_person",
        expr: "cur // people",
        range: (2, 9),
        last: true,
        says: &[
            "The money is split equally among {k} people.",
            "{N} splits it among {k} people in whole dollars.",
        ],
        asks: &["How many dollars does each person get?"],
        works: "{e} gives each person {v} whole dollars.",
        ..MONEY
    },
    Event {
        name: "can_buy",
        to: Kind::Things,
        key: "{j}_price",
        result: "{j}",
        expr: "cur // {j}_price",
        range: (2, 9),
        noun: Noun::Thing,
        says: &[
            "{N} buys as many {j} as {s} can for {k} dollars each.",
            "With it {s} buys {j} at {k} dollars each, as many as possible.",
        ],
        asks: &["How many {j} does {N} get?", "How many {j} can {s} buy?"],
        works: "{e} buys {v} {j}.",
        ..MONEY
    },
    Event {
        name: "change",
        key: "ticket_price",
        result: "change",
        expr: "cur % ticket_price",
        range: (3, 9),
        says: &[
            "{N} buys as many tickets as {s} can for {k} dollars each.",
            "{S} spends it on tickets at {k} dollars each, as many as possible.",
        ],
        asks: &["How many dollars of change are left?"],
        works: "{e} leaves {v} dollars.",
        ..MONEY
    },
];
