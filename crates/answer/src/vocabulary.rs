//! Names of functions, units and words, and how a run of letters falls into them.

use super::node::Function;

/// A part of a run of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Name(&'a str),
    Word(&'a str),
}

/// The function of a name in LaTeX, plain notation or a program.
pub(crate) fn function(name: &str) -> Option<Function> {
    use Function as F;
    Some(match name {
        "sin" => F::Sin,
        "cos" => F::Cos,
        "tan" | "tg" => F::Tan,
        "cot" | "ctg" | "cotg" => F::Cot,
        "sec" => F::Sec,
        "csc" | "cosec" => F::Csc,
        "asin" | "arcsin" => F::Asin,
        "acos" | "arccos" => F::Acos,
        "atan" | "arctan" | "arctg" => F::Atan,
        "acot" | "arccot" | "arcctg" => F::Acot,
        "asec" | "arcsec" => F::Asec,
        "acsc" | "arccsc" => F::Acsc,
        "atan2" => F::Atan2,
        "sinh" => F::Sinh,
        "cosh" => F::Cosh,
        "tanh" => F::Tanh,
        "coth" => F::Coth,
        "sech" => F::Sech,
        "csch" => F::Csch,
        "asinh" | "arsinh" | "arcsinh" => F::Asinh,
        "acosh" | "arcosh" | "arccosh" => F::Acosh,
        "atanh" | "artanh" | "arctanh" => F::Atanh,
        "acoth" | "arcoth" | "arccoth" => F::Acoth,
        "exp" => F::Exp,
        "ln" | "log" => F::Log,
        "lg" | "log10" => F::LogBase,
        "log2" => F::LogBase,
        "abs" | "Abs" | "fabs" => F::Abs,
        "sign" | "sgn" | "Sign" => F::Sign,
        "floor" => F::Floor,
        "ceil" | "ceiling" => F::Ceiling,
        "round" => F::Round,
        "sqrt" | "isqrt" | "cbrt" | "root" => F::RealRoot,
        "factorial" => F::Factorial,
        "factorial2" => F::DoubleFactorial,
        "gamma" => F::Gamma,
        "binomial" | "comb" | "binom" | "nCr" => F::Binomial,
        "perm" | "nPr" => F::Permutations,
        "gcd" | "igcd" => F::Gcd,
        "lcm" | "ilcm" => F::Lcm,
        "min" | "Min" => F::Min,
        "max" | "Max" => F::Max,
        "Mod" | "mod" | "fmod" => F::Mod,
        "re" | "Re" => F::Re,
        "im" | "Im" => F::Im,
        "conjugate" | "conj" => F::Conjugate,
        "arg" => F::Arg,
        "Sum" => F::Sum,
        "Product" => F::Product,
        "Integral" => F::Integral,
        "Derivative" => F::Derivative,
        "Limit" => F::Limit,
        "det" => F::Determinant,
        "totient" => F::Totient,
        _ => return None,
    })
}

/// Names of more than one letter that are no functions but known in mathematics.
const KNOWN: &[&str] = &[
    "pi",
    "cis",
    "oo",
    "inf",
    "nan",
    "zoo",
    "infty",
    "infinity",
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "theta",
    "lambda",
    "lamda",
    "mu",
    "sigma",
    "omega",
    "phi",
    "psi",
    "rho",
    "tau",
    "True",
    "False",
    "TRUE",
    "FALSE",
    "None",
    "Interval",
    "Reals",
    "Integers",
    "Naturals",
    "Rationals",
    "Complexes",
    "EmptySet",
    "Union",
    "emptyset",
    "mod",
    "sqrt",
    "cbrt",
    "true",
    "false",
    "infinite",
    "Infinity",
];

const CONJUNCTIONS: &[&str] = &["and", "or", "in", "not"];

const UNITS: &[&str] = &[
    "mm",
    "cm",
    "dm",
    "km",
    "nm",
    "inch",
    "inches",
    "in",
    "ft",
    "foot",
    "feet",
    "yd",
    "yard",
    "yards",
    "mi",
    "mile",
    "miles",
    "meter",
    "meters",
    "metre",
    "metres",
    "centimeter",
    "centimeters",
    "kilometer",
    "kilometers",
    "mg",
    "kg",
    "gram",
    "grams",
    "kilogram",
    "kilograms",
    "lb",
    "lbs",
    "pound",
    "pounds",
    "oz",
    "ounce",
    "ounces",
    "ton",
    "tons",
    "ml",
    "mL",
    "cl",
    "dl",
    "liter",
    "liters",
    "litre",
    "litres",
    "gal",
    "gallon",
    "gallons",
    "quart",
    "quarts",
    "pint",
    "pints",
    "cup",
    "cups",
    "ms",
    "sec",
    "secs",
    "second",
    "seconds",
    "min",
    "mins",
    "minute",
    "minutes",
    "hr",
    "hrs",
    "hour",
    "hours",
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "year",
    "years",
    "yr",
    "yrs",
    "mph",
    "kph",
    "kmh",
    "fps",
    "deg",
    "degree",
    "degrees",
    "rad",
    "radian",
    "radians",
    "cent",
    "cents",
    "dollar",
    "dollars",
    "usd",
    "euro",
    "euros",
    "rupees",
    "pct",
    "percent",
    "percentage",
    "sq",
    "square",
    "cubic",
    "unit",
    "units",
    "hz",
    "Hz",
    "khz",
    "kHz",
    "mol",
    "joule",
    "joules",
    "watt",
    "watts",
    "volt",
    "volts",
    "newton",
    "newtons",
    "kw",
    "kW",
    "kwh",
    "kWh",
    "kb",
    "mb",
    "gb",
    "MB",
    "GB",
    "KB",
    "cal",
    "kcal",
    "pm",
    "am",
    "way",
    "ways",
    "men",
    "man",
    "boy",
    "boys",
    "box",
    "boxes",
    "bag",
    "bags",
    "egg",
    "eggs",
    "car",
    "cars",
    "pen",
    "pens",
    "pie",
    "pies",
    "per",
    "pts",
    "people",
    "apples",
    "the",
    "of",
    "set",
    "sets",
    "kph",
    "ppm",
    "pair",
    "pairs",
    "bit",
    "bits",
    "byte",
    "bytes",
    "lux",
    "mile",
    "dozen",
    "hectares",
    "acre",
    "acres",
    "dB",
    "kPa",
    "Pa",
    "atm",
    "psi",
    "girl",
    "girls",
    "cat",
    "cats",
    "dog",
    "dogs",
    "hen",
    "hens",
    "cow",
    "cows",
    "cap",
    "caps",
    "toy",
    "toys",
    "row",
    "rows",
    "new",
    "old",
    "kid",
    "kids",
    "bus",
    "buses",
    "pcs",
];

const WORDS: &[&str] = &[
    "yes", "no", "may", "none", "red", "odd", "even", "all", "any", "but", "for", "if", "is",
    "are", "to", "one", "two", "six", "ten", "both", "from", "by", "at", "on", "tie", "win", "he",
    "she", "it", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "pct", "the", "not", "exist",
    "then", "when", "DNE", "dne",
];

/// Whether a run of letters is a unit that may stand behind a number.
pub(crate) fn is_unit(word: &str) -> bool {
    UNITS.contains(&word) || UNITS.contains(&word.to_lowercase().as_str())
}

/// Whether a run of letters joins or negates statements.
pub(crate) fn is_conjunction(word: &str) -> bool {
    CONJUNCTIONS.contains(&word)
}

fn is_known(run: &str) -> bool {
    KNOWN.contains(&run) || run.len() > 1 && function(run).is_some()
}

/// Whether a run of letters is a word of a natural language rather than a product of names: it is listed, or has four
/// letters or more, one of them a vowel, and capitals only in front or throughout.
fn is_word(run: &str) -> bool {
    if WORDS.contains(&run) || WORDS.contains(&run.to_lowercase().as_str()) {
        return true;
    }
    let vowel = run.contains(['a', 'e', 'i', 'o', 'u', 'y', 'A', 'E', 'I', 'O', 'U']);
    let tail = run.get(1..).unwrap_or_default();
    run.len() >= 4 && vowel && tail.bytes().all(|b| b.is_ascii_lowercase())
}

/// Functions that people write without a space before their argument, `sinx`.
const GLUED: &[&str] = &[
    "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "sqrt", "sin", "cos", "tan", "log", "ln",
    "pi",
];

/// Cuts a run of letters outside program text. `behind_number`: a number and a space come before, so that a unit may
/// follow; `called`: an opening parenthesis comes next.
pub(crate) fn split(run: &str, behind_number: bool, called: bool) -> Vec<Piece<'_>> {
    if run.len() == 1 || called && is_call(run) {
        return vec![Piece::Name(run)];
    }
    if is_conjunction(run) {
        return vec![Piece::Word(run)];
    }
    if behind_number && !called && is_unit(run) {
        return vec![Piece::Word(run)];
    }
    // The real part is called; elsewhere r and e are names: re^{iθ}.
    if is_known(run) && !matches!(run, "re" | "im") {
        return vec![Piece::Name(run)];
    }
    if is_unit(run) && run.len() >= 2 {
        return vec![Piece::Word(run)];
    }
    let glued = GLUED.iter().find(|f| run.starts_with(**f)).filter(|f| {
        let tail = run.get(f.len()..).unwrap_or_default();
        tail.len() == 1
            && tail.starts_with(['x', 'y', 'z', 'u', 'v', 'n', 'a', 'b', 'A', 'B', 'C', 'r'])
    });
    if let Some(name) = glued {
        return vec![
            Piece::Name(name),
            Piece::Name(run.get(name.len()..).unwrap_or_default()),
        ];
    }
    if is_word(run) {
        return vec![Piece::Word(run)];
    }
    let mut pieces = Vec::with_capacity(run.len());
    let mut at = 0;
    while at < run.len() {
        let rest = run.get(at..).unwrap_or_default();
        let length = GLUED
            .iter()
            .find(|name| rest.starts_with(**name))
            .map_or(1, |name| name.len());
        pieces.push(Piece::Name(rest.get(..length).unwrap_or_default()));
        at += length;
    }
    pieces
}

/// Whether a name is a class or function of Python, numpy or sympy that answers are printed with.
pub(crate) fn is_call(name: &str) -> bool {
    matches!(
        name,
        "Interval"
            | "Interval.open"
            | "Interval.Lopen"
            | "Interval.Ropen"
            | "FiniteSet"
            | "Union"
            | "Intersection"
            | "Complement"
            | "SymmetricDifference"
            | "EmptySet"
            | "Eq"
            | "Ne"
            | "Lt"
            | "Le"
            | "Gt"
            | "Ge"
            | "And"
            | "Or"
            | "Not"
            | "Matrix"
            | "array"
            | "Rational"
            | "Fraction"
            | "Integer"
            | "Float"
            | "Decimal"
            | "Piecewise"
            | "Tuple"
            | "set"
            | "list"
            | "tuple"
            | "dict"
            | "frozenset"
            | "mpf"
            | "float64"
            | "int64"
            | "pow"
            | "Pow"
            | "root"
            | "Contains"
            | "ConditionSet"
            | "ImmutableDenseMatrix"
            | "MutableDenseMatrix"
            | "complex"
            | "Point2D"
            | "Point"
            | "log2"
            | "Poly"
            | "float"
            | "int"
            | "mpc"
            | "matrix"
    )
}
