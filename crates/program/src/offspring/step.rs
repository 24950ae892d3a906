//! One more step on the result, with an input of its own.

use serde_json::Value as Json;

use super::names::{all, binds_output, by_key, fresh, statements};
use super::{Made, Parent};
use crate::chance::Chance;
use crate::inputs::Slot;
use crate::parse::module;

/// A step: the name of its function, that of its input, the input's least and greatest value, and the lines of the function
/// over `result` and `INPUT`.
struct Step {
    function: &'static str,
    input: &'static str,
    range: (i64, i64),
    lines: &'static [&'static str],
}

const fn step(
    function: &'static str,
    input: &'static str,
    range: (i64, i64),
    lines: &'static [&'static str],
) -> Step {
    Step {
        function,
        input,
        range,
        lines,
    }
}

const WHOLE: &[Step] = &[
    step(
        "remainder_after",
        "group_size",
        (3, 12),
        &["groups = result // INPUT", "return result - groups * INPUT"],
    ),
    step(
        "repeat",
        "times",
        (2, 9),
        &[
            "total = 0",
            "for _ in range(INPUT):",
            "    total += result",
            "return total",
        ],
    ),
    step(
        "digits_beyond",
        "digit",
        (2, 7),
        &[
            "digits = [int(c) for c in str(abs(result))]",
            "return sum(d for d in digits if d >= INPUT)",
        ],
    ),
    step(
        "common_divisor",
        "other_number",
        (12, 60),
        &[
            "a, b = abs(result), INPUT",
            "while b:",
            "    a, b = b, a % b",
            "return a",
        ],
    ),
    step(
        "next_multiple",
        "unit",
        (4, 25),
        &["missing = -result % INPUT", "return result + missing"],
    ),
];
const NUMBER: &[Step] = &[
    step(
        "add_percent",
        "extra_percent",
        (5, 40),
        &["extra = result * INPUT / 100", "return result + extra"],
    ),
    step(
        "cap",
        "limit",
        (20, 200),
        &[
            "if result > INPUT:",
            "    return INPUT + (result - INPUT) / 2",
            "return result",
        ],
    ),
    step(
        "share",
        "people",
        (2, 8),
        &["each = result / INPUT", "return round(each, 2)"],
    ),
    step(
        "scale_and_shift",
        "factor",
        (2, 6),
        &["scaled = result * INPUT", "return scaled - INPUT"],
    ),
];
const TEXT: &[Step] = &[
    step(
        "every_nth",
        "step_size",
        (2, 4),
        &["kept = result[::INPUT]", "return kept + str(len(result))"],
    ),
    step(
        "code_sum",
        "modulus",
        (7, 50),
        &[
            "total = sum(ord(c) for c in result)",
            "return total % INPUT",
        ],
    ),
    step(
        "rotate",
        "places",
        (1, 4),
        &[
            "places = INPUT % max(1, len(result))",
            "return result[places:] + result[:places]",
        ],
    ),
];
const NUMBERS: &[Step] = &[
    step(
        "sum_of_largest",
        "how_many",
        (1, 3),
        &[
            "ordered = sorted(result, reverse=True)",
            "return sum(ordered[:INPUT])",
        ],
    ),
    step(
        "count_above",
        "threshold",
        (2, 20),
        &[
            "above = [x for x in result if x > INPUT]",
            "return len(above)",
        ],
    ),
    step(
        "weighted_total",
        "weight",
        (2, 5),
        &[
            "total = 0",
            "for place, x in enumerate(result):",
            "    total += x * (INPUT + place)",
            "return total",
        ],
    ),
];
const TRUTH: &[Step] = &[step(
    "reward",
    "prize",
    (10, 90),
    &["if result:", "    return INPUT * 2", "return INPUT // 2"],
)];

/// Steps that fit an output.
fn fitting(output: &Json) -> Vec<&'static Step> {
    let numbers = |items: &[Json]| !items.is_empty() && items.iter().all(Json::is_number);
    let steps: &[&[Step]] = match output {
        Json::Number(number) if number.is_i64() => &[WHOLE, NUMBER],
        Json::Number(_) => &[NUMBER],
        Json::String(text) if text.chars().count() > 1 => &[TEXT],
        Json::Bool(_) => &[TRUTH],
        Json::Array(items) if numbers(items) => &[NUMBERS],
        _ => &[],
    };
    steps.iter().copied().flatten().collect()
}

pub(super) fn add(parent: &Parent<'_>, chance: &mut Chance) -> Made {
    let steps = fitting(parent.output);
    let step = chance.pick(&steps).ok_or("no step fits such an output")?;
    let slot = Slot::of(parent.source).map_err(|e| e.to_string())?;
    let keys: Vec<String> = slot
        .entries()
        .iter()
        .map(|entry| entry.key.clone())
        .collect();
    let source = by_key(parent.source, &keys)?;
    let mut taken = all(&source)?;
    taken.extend(keys.iter().cloned());
    let input = fresh(step.input, &taken);
    let function = fresh(step.function, &taken);
    let value = chance.between(step.range.0, step.range.1);
    let source = with_key(&source, &input, &value.to_string())?;
    let places = statements(&source, binds_output)?;
    let place = places
        .last()
        .ok_or("`output` is bound by no plain statement")?;
    let line = source.get(place.clone()).unwrap_or_default();
    let value_at = line
        .find('=')
        .ok_or("`output` is bound by no plain statement")?;
    let value = line.get(value_at + 1..).unwrap_or_default().trim();
    let body: Vec<String> = step
        .lines
        .iter()
        .map(|line| format!("    {}\n", line.replace("INPUT", &input)))
        .collect();
    let text = format!(
        "def {function}(result, {input}):\n{}\noutput = {function}({value}, {input}=input[\"{input}\"])\n",
        body.concat()
    );
    let program = crate::edit::apply(&source, vec![(place.clone(), text)]);
    Ok((
        program,
        format!("{} on the result, with {input}", step.function),
    ))
}

/// The program with one more key in its input.
pub(super) fn with_key(source: &str, key: &str, value: &str) -> Result<String, String> {
    use ruff_python_ast::Expr;
    use ruff_text_size::Ranged;
    let parsed = module(source).map_err(|p| p.to_string())?;
    let dict = parsed
        .syntax()
        .body
        .iter()
        .filter_map(crate::facts::binding)
        .find(|(name, _)| *name == "input")
        .map(|(_, value)| value);
    let last = match dict {
        Some(Expr::Dict(dict)) => dict.items.last().map(|item| {
            (
                item.value.range().end().to_usize(),
                dict.range().end().to_usize(),
            )
        }),
        _ => None,
    };
    let (after, end) = last.ok_or("`input` is no dict literal")?;
    // Behind a closing bracket around the last value, if there is one.
    let rest = source.get(after..end.saturating_sub(1)).unwrap_or_default();
    let bracket = rest.rfind(')').map_or(0, |at| at + 1);
    let at = after + bracket;
    Ok(crate::edit::apply(
        source,
        vec![(at..at, format!(", \"{key}\": {value}"))],
    ))
}
