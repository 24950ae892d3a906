//! Small rewritings after parsing: assignments as maps, arithmetic of matrices, determinants.

use super::compare::{assignment, infinite, is_name};
use super::matrices::{determinant, inverse, multiplied, scaled};
use super::node::{Bracket, Function, Logic, Node, Number, Relation};
use super::parser::GOES_ON;
use super::rational::Rational;

/// Rewrites a tree from its leaves upwards.
pub(crate) fn settled(node: Node) -> Node {
    match node {
        Node::Sequence(bracket, items) => sequence(bracket, each(items)),
        Node::Add(parts) => sum(each(parts)),
        Node::Mul(parts) => product(each(parts)),
        Node::Power(two) => {
            let [base, exponent] = *two;
            power(settled(base), settled(exponent))
        }
        Node::Apply(function, parts) => apply(function, each(parts)),
        Node::Call(name, parts) => Node::Call(name, each(parts)),
        Node::PlusMinus(plus, inner) => Node::PlusMinus(plus, Box::new(settled(*inner))),
        Node::Interval(two, left, right) => {
            let [low, high] = *two;
            let (low, high) = (settled(low), settled(high));
            // An infinite end never belongs to an interval.
            let (left, right) = (
                left && infinite(&low).is_none(),
                right && infinite(&high).is_none(),
            );
            Node::Interval(Box::new([low, high]), left, right)
        }
        Node::Sets(operation, parts) => Node::Sets(operation, each(parts)),
        Node::Matrix(rows) => Node::Matrix(rows.into_iter().map(each).collect()),
        Node::Relation(parts, signs) => relation(each(parts), signs),
        Node::Logic(logic, parts) => statements(logic, each(parts)),
        Node::Map(pairs) => Node::Map(
            pairs
                .into_iter()
                .map(|(a, b)| (settled(a), settled(b)))
                .collect(),
        ),
        Node::Cases(pairs) => Node::Cases(
            pairs
                .into_iter()
                .map(|(a, b)| (settled(a), settled(b)))
                .collect(),
        ),
        Node::Percent(inner) => Node::Percent(Box::new(settled(*inner))),
        Node::Quantity(inner, unit) => match settled(*inner) {
            // 5\% of something
            Node::Percent(inner) => Node::Percent(inner),
            inner => Node::Quantity(Box::new(inner), unit),
        },
        Node::Ratio(parts) => Node::Ratio(each(parts)),
        other => other,
    }
}

fn each(parts: Vec<Node>) -> Vec<Node> {
    parts.into_iter().map(settled).collect()
}

/// The name and value of every element, where each is an assignment.
fn assignments(items: &[Node]) -> Option<Vec<(Node, Node)>> {
    items
        .iter()
        .map(|item| {
            let (name, value) = assignment(item, false)?;
            let Node::Relation(_, signs) = item else {
                return None;
            };
            (signs.as_slice() == [Relation::Equal]).then_some(())?;
            Some((name?.clone(), value.clone()))
        })
        .collect()
}

/// Most elements that dots between two numbers stand for.
const MAX_BETWEEN: i64 = 200;

/// `1, 2, …, 10` written out: at least two integers in equal steps before the dots, and one that the steps reach behind.
fn written_out(items: &[Node]) -> Option<Vec<Node>> {
    let at = items
        .iter()
        .position(|item| matches!(item, Node::Symbol(name) if &**name == GOES_ON))?;
    let integers: Option<Vec<i64>> = items
        .iter()
        .enumerate()
        .filter(|(place, _)| *place != at)
        .map(|(_, item)| match item {
            Node::Number(n) if n.digits == 0 && n.value.is_integer() => n.value.small(),
            _ => None,
        })
        .collect();
    let integers = integers?;
    let (before, behind) = integers.split_at(at);
    let [.., second, first] = before else {
        return None;
    };
    let step = first.checked_sub(*second).filter(|step| *step != 0)?;
    let next = behind.first()?.checked_sub(*first)?;
    let count = next
        .checked_div(step)
        .filter(|n| next % step == 0 && (1..=MAX_BETWEEN).contains(n))?;
    let even = |run: &[i64]| {
        run.windows(2)
            .all(|two| matches!(two, [a, b] if b.checked_sub(*a) == Some(step)))
    };
    (even(before) && even(behind)).then(|| {
        let between = (1..count).map(|n| first + n * step);
        before
            .iter()
            .copied()
            .chain(between)
            .chain(behind.iter().copied())
            .map(Node::integer)
            .collect()
    })
}

fn sequence(bracket: Bracket, items: Vec<Node>) -> Node {
    let items = written_out(&items).unwrap_or(items);
    if items.len() == 1
        && bracket == Bracket::Square
        && let Some(Node::Matrix(_)) = items.first()
    {
        return items.into_iter().next().unwrap_or(Node::Truth(false));
    }
    if let Some(pairs) = assignments(&items)
        && let Some((first, _)) = pairs.first()
    {
        if items.len() > 1 && pairs.iter().all(|(name, _)| name == first) {
            // x = 1, x = 2: the solutions.
            return Node::Sequence(bracket, pairs.into_iter().map(|(_, value)| value).collect());
        }
        let distinct = pairs
            .iter()
            .enumerate()
            .all(|(at, (name, _))| !pairs.iter().skip(at + 1).any(|(n, _)| n == name));
        if distinct && (items.len() > 1 || bracket == Bracket::Set) {
            return Node::Map(pairs);
        }
    }
    // n = 2, 3, 4: the name is of all.
    if bracket == Bracket::Bare
        && let Some((Some(name), value)) = items.first().and_then(|first| assignment(first, false))
        && matches!(name, Node::Symbol(_) | Node::Call(..))
        && items.len() > 1
        && items.iter().skip(1).all(Node::is_scalar)
    {
        let mut values = vec![value.clone()];
        values.extend(items.iter().skip(1).cloned());
        return Node::Sequence(bracket, values);
    }
    Node::Sequence(bracket, items)
}

fn relation(parts: Vec<Node>, signs: Vec<Relation>) -> Node {
    // (x, y) = (1, 2)
    if let ([Node::Sequence(_, names), values], [Relation::Equal]) =
        (parts.as_slice(), signs.as_slice())
    {
        let values = match values {
            Node::Sequence(_, values) => Some(values.clone()),
            Node::Matrix(rows) => Some(rows.iter().flatten().cloned().collect()),
            _ => None,
        };
        if let Some(values) = values
            && values.len() == names.len()
            && names.len() > 1
            && names.iter().all(is_name)
        {
            return Node::Map(names.iter().cloned().zip(values).collect());
        }
    }
    Node::Relation(parts, signs)
}

fn statements(logic: Logic, parts: Vec<Node>) -> Node {
    if let Some(pairs) = assignments(&parts)
        && let Some((first, _)) = pairs.first()
    {
        let same = pairs.iter().all(|(name, _)| name == first);
        let distinct = pairs
            .iter()
            .enumerate()
            .all(|(at, (name, _))| !pairs.iter().skip(at + 1).any(|(n, _)| n == name));
        match logic {
            Logic::Or if same => {
                return Node::Sequence(
                    Bracket::Bare,
                    pairs.into_iter().map(|(_, value)| value).collect(),
                );
            }
            Logic::And if distinct => return Node::Map(pairs),
            // (x = 1 and y = 2) or …
            _ => {}
        }
    }
    // Statements that are maps or lists each: alternatives.
    if logic == Logic::Or && parts.iter().all(|part| matches!(part, Node::Map(_))) {
        return Node::Sequence(Bracket::Bare, parts);
    }
    Node::Logic(logic, parts)
}

fn sum(parts: Vec<Node>) -> Node {
    let matrix = |node: &Node| matches!(node, Node::Matrix(_));
    if !parts.is_empty() && parts.iter().all(matrix) {
        let mut matrices = parts.iter().filter_map(|part| match part {
            Node::Matrix(rows) => Some(rows),
            _ => None,
        });
        if let Some(first) = matrices.next() {
            let mut total = first.clone();
            for other in matrices {
                if other.len() != total.len()
                    || other.first().map(Vec::len) != total.first().map(Vec::len)
                {
                    return Node::Add(parts);
                }
                total = total
                    .into_iter()
                    .zip(other)
                    .map(|(row, more)| {
                        row.into_iter()
                            .zip(more)
                            .map(|(x, y)| Node::Add(vec![x, y.clone()]))
                            .collect()
                    })
                    .collect();
            }
            return Node::Matrix(total);
        }
    }
    Node::Add(parts)
}

fn product(parts: Vec<Node>) -> Node {
    if !parts.iter().any(|part| matches!(part, Node::Matrix(_))) {
        return Node::Mul(parts);
    }
    let (mut matrix, mut scalars): (Option<Vec<Vec<Node>>>, Vec<Node>) = (None, Vec::new());
    for part in &parts {
        match part {
            Node::Matrix(rows) => {
                matrix = match matrix {
                    None => Some(rows.clone()),
                    Some(left) => match multiplied(&left, rows) {
                        Some(product) => Some(product),
                        None => return Node::Mul(parts),
                    },
                };
            }
            other if other.is_scalar() => scalars.push(other.clone()),
            _ => return Node::Mul(parts),
        }
    }
    let rows = matrix.unwrap_or_default();
    if scalars.is_empty() {
        return Node::Matrix(rows);
    }
    match scaled(&scalars, rows) {
        Some(rows) => Node::Matrix(rows),
        None => Node::Mul(parts),
    }
}

fn power(base: Node, exponent: Node) -> Node {
    if let (Node::Matrix(rows), Node::Number(n)) = (&base, &exponent)
        && n.value.small() == Some(-1)
        && rows.len() <= 3
        && let Some(inverse) = inverse(rows)
    {
        return inverse;
    }
    if let (Node::Matrix(rows), Node::Number(n)) = (&base, &exponent)
        && let Some(times @ 2..=4) = n.value.small()
    {
        let mut result = rows.clone();
        for _ in 1..times {
            match multiplied(&result, rows) {
                Some(product) => result = product,
                None => return Node::power(base, exponent),
            }
        }
        return Node::Matrix(result);
    }
    Node::power(base, exponent)
}

fn apply(function: Function, parts: Vec<Node>) -> Node {
    match (function, parts.as_slice()) {
        (Function::Transpose, [Node::Matrix(rows)]) => {
            let width = rows.first().map_or(0, Vec::len);
            Node::Matrix(
                (0..width)
                    .map(|column| {
                        rows.iter()
                            .filter_map(|row| row.get(column).cloned())
                            .collect()
                    })
                    .collect(),
            )
        }
        (Function::Determinant, [Node::Matrix(rows)]) => match determinant(rows) {
            Some(value) => value,
            None => Node::Apply(function, parts),
        },
        (Function::Norm, [Node::Matrix(rows)])
            if rows.len() == 1 || rows.iter().all(|row| row.len() == 1) =>
        {
            length(rows.iter().flatten())
        }
        (Function::Norm, [inner]) if inner.is_scalar() => Node::Apply(Function::Abs, parts),
        _ => Node::Apply(function, parts),
    }
}

fn length<'n>(cells: impl Iterator<Item = &'n Node>) -> Node {
    let squares = cells
        .map(|cell| Node::power(cell.clone(), Node::integer(2)))
        .collect();
    Node::power(
        Node::Add(squares),
        Node::Number(Number::exact(Rational::Small(1, 2))),
    )
}
