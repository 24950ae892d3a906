//! The opening families: each states quantities and reaches a first running quantity in zero to three steps.

use crate::story::Kind;

/// One opening family. In the texts: `{N}`, `{S}`, `{s}`, `{H}`, `{O}` as in [`crate::events::Event`]; `{i}` the things
/// counted; `{key}` the value of an input; in `works`, `{e}` and `{v}` are the step's expression and value.
#[derive(Debug)]
pub struct Opening {
    /// Stable name of the family.
    pub name: &'static str,
    /// What the running quantity counts when the opening ends.
    pub kind: Kind,
    /// Inputs in order: name (may hold `{i}`), smallest and largest value, number of list items (0: a plain number).
    pub inputs: &'static [(&'static str, i64, i64, usize)],
    /// Steps in order: result name, expression, sentence of the solution.
    pub steps: &'static [(&'static str, &'static str, &'static str)],
    /// Forms of the problem's text before the question.
    pub says: &'static [&'static str],
    /// Forms of the question when nothing follows.
    pub asks: &'static [&'static str],
}

const fn opening(
    name: &'static str,
    kind: Kind,
    inputs: &'static [(&'static str, i64, i64, usize)],
    steps: &'static [(&'static str, &'static str, &'static str)],
    says: &'static [&'static str],
    asks: &'static [&'static str],
) -> Opening {
    Opening {
        name,
        kind,
        inputs,
        steps,
        says,
        asks,
    }
}

const HAVE: &[&str] = &[
    "How many {i} does {N} have?",
    "How many {i} does {s} have in all?",
];
const DOLLARS: &[&str] = &["How many dollars does {N} have?", "How much money is that?"];
use Kind::{Closed, Money, Things};

/// All opening families.
pub const OPENINGS: &[Opening] = &[
    // Things that somebody has; events follow.
    opening(
        "has",
        Things,
        &[("{i}", 3, 60, 0)],
        &[],
        &[
            "{N} has {{i}} {i}.",
            "There are {{i}} {i} on {N}'s table.",
            "{N} owns {{i}} {i}.",
        ],
        &[],
    ),
    opening(
        "boxes",
        Things,
        &[("boxes", 2, 9, 0), ("{i}_per_box", 2, 12, 0)],
        &[("{i}", "boxes * {i}_per_box", "{N} has {e} = {v} {i}.")],
        &[
            "{N} has {boxes} boxes with {{i}_per_box} {i} each.",
            "{N} has {boxes} boxes. Each box holds {{i}_per_box} {i}.",
        ],
        HAVE,
    ),
    opening(
        "rows",
        Things,
        &[("rows", 2, 9, 0), ("{i}_per_row", 2, 12, 0)],
        &[(
            "{i}",
            "rows * {i}_per_row",
            "In the rows there are {e} = {v} {i}.",
        )],
        &[
            "{N} lays out {rows} rows of {{i}_per_row} {i}.",
            "{N} has {rows} rows with {{i}_per_row} {i} in each.",
        ],
        HAVE,
    ),
    opening(
        "colours",
        Things,
        &[("red_{i}", 2, 50, 0), ("blue_{i}", 2, 50, 0)],
        &[("{i}", "red_{i} + blue_{i}", "{N} has {e} = {v} {i}.")],
        &[
            "{N} has {red_{i}} red {i} and {blue_{i}} blue {i}.",
            "{N} owns {red_{i}} red and {blue_{i}} blue {i}.",
        ],
        HAVE,
    ),
    opening(
        "sizes",
        Things,
        &[
            ("big_{i}", 2, 30, 0),
            ("small_{i}", 2, 30, 0),
            ("tiny_{i}", 2, 30, 0),
        ],
        &[
            (
                "not_tiny",
                "big_{i} + small_{i}",
                "Big and small ones are {e} = {v}.",
            ),
            ("{i}", "not_tiny + tiny_{i}", "All {i} are {e} = {v}."),
        ],
        &[
            "{N} has {big_{i}} big, {small_{i}} small and {tiny_{i}} tiny {i}.",
            "{N} counts {big_{i}} big {i}, {small_{i}} small {i} and {tiny_{i}} tiny {i}.",
        ],
        HAVE,
    ),
    opening(
        "two_days",
        Things,
        &[("monday_{i}", 2, 50, 0), ("tuesday_{i}", 2, 50, 0)],
        &[(
            "{i}",
            "monday_{i} + tuesday_{i}",
            "In two days {s} gets {e} = {v} {i}.",
        )],
        &[
            "{N} collects {monday_{i}} {i} on Monday and {tuesday_{i}} on Tuesday.",
            "On Monday {N} gets {monday_{i}} {i} and on Tuesday {tuesday_{i}} {i}.",
        ],
        HAVE,
    ),
    opening(
        "dozens",
        Things,
        &[("dozens", 2, 9, 0)],
        &[("{i}", "dozens * 12", "{N} has {e} = {v} {i}.")],
        &[
            "{N} has {dozens} dozen {i}.",
            "{N} brings {dozens} dozen {i} home.",
        ],
        HAVE,
    ),
    opening(
        "pairs",
        Things,
        &[("pairs", 3, 40, 0)],
        &[("{i}", "pairs * 2", "{N} has {e} = {v} {i}.")],
        &[
            "{N} has {pairs} pairs of {i}.",
            "{N} keeps {pairs} pairs of {i} at home.",
        ],
        HAVE,
    ),
    opening(
        "spoiled",
        Things,
        &[("{i}", 10, 60, 0), ("bad", 2, 30, 0)],
        &[("good", "{i} - bad", "{e} = {v} {i} are good.")],
        &[
            "Of the {{i}} {i} that {N} has, {bad} are bad and are thrown away.",
            "{N} has {{i}} {i}, but {bad} are bad and are thrown away.",
        ],
        &["How many good {i} are left?", "How many {i} are good?"],
    ),
    opening(
        "boxes_extra",
        Things,
        &[
            ("boxes", 2, 9, 0),
            ("{i}_per_box", 2, 10, 0),
            ("loose", 2, 20, 0),
        ],
        &[
            (
                "packed",
                "boxes * {i}_per_box",
                "In the boxes there are {e} = {v} {i}.",
            ),
            (
                "{i}",
                "packed + loose",
                "With the loose ones it is {e} = {v} {i}.",
            ),
        ],
        &[
            "{N} has {boxes} boxes of {{i}_per_box} {i} and {loose} loose {i}.",
            "{N} has {loose} loose {i} and {boxes} boxes with {{i}_per_box} {i} each.",
        ],
        HAVE,
    ),
    opening(
        "boxes_missing",
        Things,
        &[
            ("boxes", 2, 9, 0),
            ("{i}_per_box", 3, 10, 0),
            ("missing", 1, 15, 0),
        ],
        &[
            (
                "full",
                "boxes * {i}_per_box",
                "Full boxes would hold {e} = {v} {i}.",
            ),
            (
                "{i}",
                "full - missing",
                "Without the missing ones it is {e} = {v} {i}.",
            ),
        ],
        &["{N} has {boxes} boxes made for {{i}_per_box} {i} each, but {missing} {i} are missing."],
        HAVE,
    ),
    opening(
        "two_people",
        Things,
        &[("own_{i}", 2, 50, 0), ("brother_{i}", 2, 50, 0)],
        &[(
            "{i}",
            "own_{i} + brother_{i}",
            "The two have {e} = {v} {i}.",
        )],
        &[
            "{N} has {own_{i}} {i} and {H} brother gives {N} {brother_{i}} {i}.",
            "{N} brings {own_{i}} {i} and {H} brother hands over {brother_{i}} more.",
        ],
        HAVE,
    ),
    opening(
        "shelves",
        Things,
        &[
            ("shelves", 2, 8, 0),
            ("{i}_per_shelf", 2, 12, 0),
            ("{i}_on_table", 2, 20, 0),
        ],
        &[
            (
                "shelved",
                "shelves * {i}_per_shelf",
                "On the shelves there are {e} = {v} {i}.",
            ),
            (
                "{i}",
                "shelved + {i}_on_table",
                "With the table it is {e} = {v} {i}.",
            ),
        ],
        &[
            "{N} has {shelves} shelves with {{i}_per_shelf} {i} each and {{i}_on_table} {i} on a table.",
        ],
        HAVE,
    ),
    opening(
        "week_list",
        Things,
        &[("daily_{i}", 2, 20, 3)],
        &[("{i}", "sum(daily_{i})", "In all it is {e} = {v} {i}.")],
        &[
            "On three days {N} gets {daily_{i}} {i}.",
            "{N} collects {daily_{i}} {i} on three days.",
        ],
        HAVE,
    ),
    opening(
        "best_of",
        Things,
        &[("jars", 3, 60, 3)],
        &[("{i}", "max(jars)", "The fullest jar has {v} {i}.")],
        &["Three jars hold {jars} {i} and {N} takes the fullest jar."],
        HAVE,
    ),
    opening(
        "least_of",
        Things,
        &[("piles", 3, 60, 3)],
        &[("{i}", "min(piles)", "The smallest pile has {v} {i}.")],
        &["Three piles have {piles} {i} and {N} takes the smallest pile."],
        HAVE,
    ),
    // Money; events follow.
    opening(
        "purse",
        Money,
        &[("dollars", 5, 80, 0)],
        &[],
        &[
            "{N} has {dollars} dollars.",
            "There are {dollars} dollars in {N}'s purse.",
        ],
        &[],
    ),
    opening(
        "wages",
        Money,
        &[("hours", 2, 9, 0), ("wage", 3, 14, 0)],
        &[("pay", "hours * wage", "{N} earns {e} = {v} dollars.")],
        &[
            "{N} works {hours} hours for {wage} dollars an hour.",
            "{N} gets {wage} dollars an hour and works {hours} hours.",
        ],
        &["How many dollars does {N} earn?"],
    ),
    opening(
        "wages_bonus",
        Money,
        &[("hours", 2, 9, 0), ("wage", 3, 12, 0), ("bonus", 2, 30, 0)],
        &[
            (
                "basic_pay",
                "hours * wage",
                "The hours bring {e} = {v} dollars.",
            ),
            (
                "pay",
                "basic_pay + bonus",
                "With the bonus it is {e} = {v} dollars.",
            ),
        ],
        &[
            "{N} works {hours} hours for {wage} dollars an hour and gets a bonus of {bonus} dollars.",
        ],
        &["How many dollars does {N} earn?"],
    ),
    opening(
        "two_jobs",
        Money,
        &[("morning_pay", 5, 60, 0), ("evening_pay", 5, 60, 0)],
        &[(
            "pay",
            "morning_pay + evening_pay",
            "Both jobs bring {e} = {v} dollars.",
        )],
        &[
            "{N} earns {morning_pay} dollars in the morning and {evening_pay} dollars in the evening.",
        ],
        DOLLARS,
    ),
    opening(
        "savings",
        Money,
        &[("weeks", 2, 9, 0), ("saved_per_week", 2, 14, 0)],
        &[(
            "savings",
            "weeks * saved_per_week",
            "{N} saves {e} = {v} dollars.",
        )],
        &[
            "{N} saves {saved_per_week} dollars a week for {weeks} weeks.",
            "For {weeks} weeks {N} saves {saved_per_week} dollars each week.",
        ],
        &["How many dollars does {N} save?"],
    ),
    opening(
        "coins",
        Money,
        &[("fives", 2, 9, 0), ("tens", 2, 8, 0)],
        &[
            (
                "from_fives",
                "fives * 5",
                "The fives are {e} = {v} dollars.",
            ),
            ("from_tens", "tens * 10", "The tens are {e} = {v} dollars."),
            (
                "cash",
                "from_fives + from_tens",
                "In all it is {e} = {v} dollars.",
            ),
        ],
        &["{N} has {fives} five dollar notes and {tens} ten dollar notes."],
        DOLLARS,
    ),
    opening(
        "stall",
        Money,
        &[
            ("cakes", 2, 9, 0),
            ("cake_price", 2, 9, 0),
            ("juices", 2, 9, 0),
            ("juice_price", 2, 6, 0),
        ],
        &[
            (
                "from_cakes",
                "cakes * cake_price",
                "The cakes bring {e} = {v} dollars.",
            ),
            (
                "from_juices",
                "juices * juice_price",
                "The juices bring {e} = {v} dollars.",
            ),
            (
                "takings",
                "from_cakes + from_juices",
                "Together it is {e} = {v} dollars.",
            ),
        ],
        &[
            "{N} sells {cakes} cakes for {cake_price} dollars each and {juices} juices for {juice_price} dollars each.",
        ],
        DOLLARS,
    ),
    opening(
        "paid_with",
        Money,
        &[("note", 20, 100, 0), ("shirt_price", 5, 60, 0)],
        &[(
            "left_money",
            "note - shirt_price",
            "{N} gets back {e} = {v} dollars.",
        )],
        &[
            "{N} pays with {note} dollars for a shirt that costs {shirt_price} dollars.",
            "A shirt costs {shirt_price} dollars and {N} pays with {note} dollars.",
        ],
        &["How many dollars does {N} get back?"],
    ),
    opening(
        "gifts",
        Money,
        &[("gifts", 3, 40, 3)],
        &[(
            "gift_money",
            "sum(gifts)",
            "The gifts are {e} = {v} dollars.",
        )],
        &["{N} gets {gifts} dollars as three gifts."],
        DOLLARS,
    ),
    // Stories of one piece.
    opening(
        "rectangle_perimeter",
        Closed,
        &[("length", 3, 40, 0), ("width", 2, 30, 0)],
        &[
            (
                "two_sides",
                "length + width",
                "Two sides are {e} = {v} metres.",
            ),
            (
                "perimeter",
                "two_sides * 2",
                "The perimeter is {e} = {v} metres.",
            ),
        ],
        &[
            "A garden is {length} metres long and {width} metres wide.",
            "A field has a length of {length} metres and a width of {width} metres.",
        ],
        &["What is the perimeter in metres?"],
    ),
    opening(
        "rectangle_area",
        Closed,
        &[("length", 3, 14, 0), ("width", 2, 10, 0)],
        &[(
            "area",
            "length * width",
            "The area is {e} = {v} square metres.",
        )],
        &[
            "A floor is {length} metres long and {width} metres wide.",
            "A room has a length of {length} metres and a width of {width} metres.",
        ],
        &["What is the area in square metres?"],
    ),
    opening(
        "square_perimeter",
        Closed,
        &[("side", 2, 36, 0)],
        &[(
            "perimeter",
            "side * 4",
            "The perimeter is {e} = {v} metres.",
        )],
        &[
            "A square has sides of {side} metres.",
            "Each side of a square is {side} metres long.",
        ],
        &["What is the perimeter in metres?"],
    ),
    opening(
        "triangle_perimeter",
        Closed,
        &[
            ("side_a", 3, 40, 0),
            ("side_b", 3, 40, 0),
            ("side_c", 3, 40, 0),
        ],
        &[
            (
                "two_sides",
                "side_a + side_b",
                "Two sides are {e} = {v} metres.",
            ),
            (
                "perimeter",
                "two_sides + side_c",
                "The perimeter is {e} = {v} metres.",
            ),
        ],
        &["A triangle has sides of {side_a}, {side_b} and {side_c} metres."],
        &["What is the perimeter in metres?"],
    ),
    opening(
        "travel",
        Closed,
        &[("speed", 3, 20, 0), ("hours", 2, 8, 0)],
        &[("distance", "speed * hours", "The distance is {e} = {v} km.")],
        &[
            "{N} rides at {speed} km an hour for {hours} hours.",
            "For {hours} hours {N} rides at {speed} km an hour.",
        ],
        &["How many km does {N} ride?"],
    ),
    opening(
        "travel_left",
        Closed,
        &[
            ("road", 60, 150, 0),
            ("speed", 3, 20, 0),
            ("hours", 2, 7, 0),
        ],
        &[
            ("ridden", "speed * hours", "{N} has done {e} = {v} km."),
            ("remaining", "road - ridden", "{e} = {v} km remain."),
        ],
        &["A road is {road} km long and {N} rides on it at {speed} km an hour for {hours} hours."],
        &["How many km remain?"],
    ),
    opening(
        "age_future",
        Closed,
        &[("age", 5, 60, 0), ("years", 2, 30, 0)],
        &[(
            "later_age",
            "age + years",
            "In {years} years {N} is {e} = {v} years old.",
        )],
        &["{N} is {age} years old."],
        &[
            "How old is {N} in {years} years?",
            "What is {H} age {years} years from now?",
        ],
    ),
    opening(
        "age_past",
        Closed,
        &[("age", 20, 80, 0), ("years", 2, 18, 0)],
        &[(
            "earlier_age",
            "age - years",
            "{years} years ago {N} was {e} = {v} years old.",
        )],
        &["{N} is {age} years old."],
        &["How old was {N} {years} years ago?"],
    ),
    opening(
        "age_sum",
        Closed,
        &[("age", 5, 40, 0), ("older_by", 2, 20, 0)],
        &[
            ("other_age", "age + older_by", "{O} is {e} = {v} years old."),
            (
                "sum_of_ages",
                "age + other_age",
                "The ages add up to {e} = {v}.",
            ),
        ],
        &["{N} is {age} years old and {O} is {older_by} years older."],
        &["What is the sum of their ages?"],
    ),
    opening(
        "minutes",
        Closed,
        &[("hours", 1, 2, 0), ("minutes", 5, 59, 0)],
        &[
            (
                "from_hours",
                "hours * 60",
                "The hours are {e} = {v} minutes.",
            ),
            (
                "all_minutes",
                "from_hours + minutes",
                "In all it is {e} = {v} minutes.",
            ),
        ],
        &["A film lasts {hours} hours and {minutes} minutes."],
        &["How many minutes is that?"],
    ),
    opening(
        "weeks",
        Closed,
        &[("weeks", 2, 15, 0), ("days", 2, 6, 0)],
        &[
            ("from_weeks", "weeks * 7", "The weeks are {e} = {v} days."),
            (
                "all_days_off",
                "from_weeks + days",
                "In all it is {e} = {v} days.",
            ),
        ],
        &["A trip lasts {weeks} weeks and {days} days."],
        &["How many days is that?"],
    ),
    opening(
        "temperature",
        Closed,
        &[
            ("morning_degrees", 2, 30, 0),
            ("rise", 2, 20, 0),
            ("fall", 1, 15, 0),
        ],
        &[
            (
                "noon",
                "morning_degrees + rise",
                "At noon it is {e} = {v} degrees.",
            ),
            (
                "evening",
                "noon - fall",
                "In the evening it is {e} = {v} degrees.",
            ),
        ],
        &[
            "In the morning it is {morning_degrees} degrees. It gets {rise} degrees warmer by noon and {fall} degrees colder by evening.",
        ],
        &["How many degrees is it in the evening?"],
    ),
    opening(
        "league",
        Closed,
        &[("wins", 2, 20, 0), ("draws", 2, 12, 0)],
        &[
            ("from_wins", "wins * 3", "Wins give {e} = {v} points."),
            (
                "points",
                "from_wins + draws",
                "In all it is {e} = {v} points.",
            ),
        ],
        &[
            "A win gives three points and a draw one point. A team has {wins} wins and {draws} draws.",
        ],
        &["How many points does the team have?"],
    ),
    opening(
        "legs",
        Closed,
        &[("cows", 2, 12, 0), ("hens", 2, 20, 0)],
        &[
            ("cow_legs", "cows * 4", "Cows have {e} = {v} legs."),
            ("hen_legs", "hens * 2", "Hens have {e} = {v} legs."),
            (
                "legs",
                "cow_legs + hen_legs",
                "In all there are {e} = {v} legs.",
            ),
        ],
        &[
            "A farm has {cows} cows and {hens} hens.",
            "There are {cows} cows and {hens} hens on a farm.",
        ],
        &["How many legs do they have?"],
    ),
    opening(
        "heights",
        Closed,
        &[("tower", 40, 150, 0), ("house", 5, 39, 0)],
        &[(
            "difference",
            "tower - house",
            "The difference is {e} = {v} metres.",
        )],
        &["A tower is {tower} metres high and a house is {house} metres high."],
        &["How much higher is the tower in metres?"],
    ),
    opening(
        "spread",
        Closed,
        &[("scores", 5, 90, 3)],
        &[
            ("highest", "max(scores)", "The highest score is {v}."),
            ("lowest", "min(scores)", "The lowest score is {v}."),
            ("spread", "highest - lowest", "The spread is {e} = {v}."),
        ],
        &["{N} has scores of {scores}."],
        &["What is the difference between the highest and the lowest score?"],
    ),
    opening(
        "middle",
        Closed,
        &[("lengths", 5, 90, 3)],
        &[(
            "median",
            "middle(lengths)",
            "In order, the middle one is {v} cm.",
        )],
        &["Three sticks are {lengths} cm long."],
        &["How long is the middle one in cm?"],
    ),
    opening(
        "seats",
        Closed,
        &[
            ("buses", 2, 6, 0),
            ("seats", 8, 24, 0),
            ("children", 5, 60, 0),
        ],
        &[
            ("places", "buses * seats", "The buses have {e} = {v} seats."),
            ("empty", "places - children", "{e} = {v} seats stay empty."),
        ],
        &["{buses} buses have {seats} seats each and {children} children get on."],
        &["How many seats stay empty?"],
    ),
    opening(
        "class_rest",
        Closed,
        &[("pupils", 15, 100, 0), ("team_size", 3, 9, 0)],
        &[(
            "without_team",
            "pupils % team_size",
            "{e} leaves {v} pupils.",
        )],
        &["{pupils} pupils form teams of {team_size}."],
        &["How many pupils are left without a team?"],
    ),
];
