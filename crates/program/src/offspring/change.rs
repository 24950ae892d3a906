//! Operators and constants of the code.

use std::ops::Range;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{CmpOp, Expr, Operator as Op, Stmt};
use ruff_text_size::Ranged;

use super::{Made, Parent};
use crate::chance::Chance;
use crate::facts;
use crate::inputs::{Inputs, Reach, Site, vary};
use crate::parse::module;
use crate::value::{self, Value};

/// A place that can be changed, and its new text.
struct Place {
    range: Range<usize>,
    text: String,
    detail: String,
}

/// One operator or function becomes another of its kind.
pub(super) fn operation(parent: &Parent<'_>, chance: &mut Chance) -> Made {
    let parsed = module(parent.source).map_err(|p| p.to_string())?;
    let mut walk = Operations {
        source: parent.source,
        places: Vec::new(),
        chance,
    };
    parsed
        .syntax()
        .body
        .iter()
        .for_each(|stmt| walk.visit_stmt(stmt));
    let places = walk.places;
    let place = chance
        .pick(&places)
        .ok_or("no operator that can be another")?;
    let edit = vec![(place.range.clone(), place.text.clone())];
    Ok((
        crate::edit::apply(parent.source, edit),
        place.detail.clone(),
    ))
}

/// Constants of the code, or values of the input, become others nearby.
pub(super) fn perturb(parent: &Parent<'_>, chance: &mut Chance) -> Made {
    let parsed = module(parent.source).map_err(|p| p.to_string())?;
    let mut walk = Constants {
        source: parent.source,
        places: Vec::new(),
    };
    parsed
        .syntax()
        .body
        .iter()
        .for_each(|stmt| walk.visit_stmt(stmt));
    let mut edits = Vec::new();
    let mut told = Vec::new();
    chance.shuffle(&mut walk.places);
    for (range, value) in walk.places.iter().take(1 + chance.below(2)) {
        let site = Site::default();
        if let Some(new) = vary(value, &site, Reach::Near, chance) {
            told.push(format!("{} became {}", value.python(), new.python()));
            edits.push((range.clone(), new.python()));
        }
    }
    if edits.is_empty() {
        let inputs =
            Inputs::of(parent.source, chance.bits(), parent.id).map_err(|e| e.to_string())?;
        let choice = inputs
            .joint(&inputs.original(), Reach::Near, 0)
            .filter(|choice| choice.lawful)
            .ok_or("no constant and no value that can be another")?;
        let program = inputs.program(&choice).map_err(|e| e.to_string())?;
        return Ok((program, "other values of the input".into()));
    }
    Ok((crate::edit::apply(parent.source, edits), told.join(", ")))
}

struct Operations<'a, 'c> {
    source: &'a str,
    places: Vec<Place>,
    chance: &'c mut Chance,
}

impl<'a> Operations<'a, '_> {
    fn text(&self, item: &impl Ranged) -> &'a str {
        let range = item.range();
        self.source
            .get(range.start().to_usize()..range.end().to_usize())
            .unwrap_or_default()
    }

    /// An operand as it can stand beside any operator.
    fn operand(&self, expr: &Expr) -> String {
        let text = self.text(expr);
        let atom = matches!(
            expr,
            Expr::Name(_)
                | Expr::NumberLiteral(_)
                | Expr::Call(_)
                | Expr::Subscript(_)
                | Expr::Attribute(_)
        );
        match atom {
            true => text.to_owned(),
            false => format!("({text})"),
        }
    }

    fn place(&mut self, range: Range<usize>, text: String, detail: String) {
        self.places.push(Place {
            range,
            text,
            detail,
        });
    }

    fn another(&mut self, op: Op) -> Option<Op> {
        let choices: &[Op] = match op {
            Op::Add => &[Op::Sub, Op::Mult],
            Op::Sub => &[Op::Add],
            Op::Mult => &[Op::Add, Op::Sub],
            Op::Div => &[Op::Mult],
            Op::FloorDiv => &[Op::Mod, Op::Mult],
            Op::Mod => &[Op::FloorDiv],
            _ => return None,
        };
        self.chance.pick(choices).copied()
    }
}

/// Whether an operand may be something else than a number, by its looks.
fn no_number(expr: &Expr) -> bool {
    match expr {
        Expr::StringLiteral(_)
        | Expr::FString(_)
        | Expr::BytesLiteral(_)
        | Expr::List(_)
        | Expr::ListComp(_)
        | Expr::Tuple(_)
        | Expr::Dict(_)
        | Expr::Set(_)
        | Expr::SetComp(_)
        | Expr::NoneLiteral(_)
        | Expr::BooleanLiteral(_) => true,
        Expr::Subscript(subscript) => matches!(subscript.slice.as_ref(), Expr::Slice(_)),
        Expr::BinOp(binary) => no_number(&binary.left) || no_number(&binary.right),
        Expr::If(choice) => no_number(&choice.body) || no_number(&choice.orelse),
        Expr::Call(call) => match call.func.as_ref() {
            Expr::Name(name) => matches!(
                name.id.as_str(),
                "str"
                    | "list"
                    | "sorted"
                    | "tuple"
                    | "set"
                    | "chr"
                    | "bin"
                    | "hex"
                    | "dict"
                    | "range"
                    | "repr"
                    | "timedelta"
                    | "date"
            ),
            Expr::Attribute(attribute) => matches!(
                attribute.attr.as_str(),
                "join"
                    | "format"
                    | "upper"
                    | "lower"
                    | "strip"
                    | "replace"
                    | "split"
                    | "date"
                    | "timedelta"
                    | "copy"
            ),
            _ => false,
        },
        _ => false,
    }
}

impl<'a> Visitor<'a> for Operations<'a, '_> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        // The input's values are no steps; and what a check asks for is no step either.
        if matches!(facts::binding(stmt), Some(("input", _))) || matches!(stmt, Stmt::Assert(_)) {
            return;
        }
        if let Stmt::AugAssign(assign) = stmt
            && !no_number(&assign.value)
            && let Some(op) = self
                .another(assign.op)
                .filter(|op| !matches!(op, Op::Mult | Op::Mod))
        {
            let range =
                assign.target.range().end().to_usize()..assign.value.range().start().to_usize();
            // Brackets around the value stay where they are.
            let between = self.source.get(range.clone()).unwrap_or_default();
            let sign = format!("{}=", assign.op.as_str());
            if let Some(at) = between.find(&sign) {
                let start = range.start + at;
                let detail = format!("{sign} became {}=", op.as_str());
                self.place(
                    start..start + sign.len(),
                    format!("{}=", op.as_str()),
                    detail,
                );
            }
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        let range = expr.range().start().to_usize()..expr.range().end().to_usize();
        match expr {
            Expr::BinOp(binary) if !no_number(&binary.left) && !no_number(&binary.right) => {
                if let Some(op) = self.another(binary.op) {
                    let (left, right) = (self.operand(&binary.left), self.operand(&binary.right));
                    let text = format!("({left} {} {right})", op.as_str());
                    let detail = format!("{} became {text}", self.text(expr));
                    self.place(range, text, detail);
                }
            }
            Expr::Compare(compare) if compare.ops.len() == 1 => {
                let other = match compare.ops.first() {
                    Some(CmpOp::Lt) => "<=",
                    Some(CmpOp::LtE) => "<",
                    Some(CmpOp::Gt) => ">=",
                    Some(CmpOp::GtE) => ">",
                    _ => "",
                };
                if let (Some(right), false) = (compare.comparators.first(), other.is_empty()) {
                    let (left, right) = (self.operand(&compare.left), self.operand(right));
                    let text = format!("({left} {other} {right})");
                    let detail = format!("{} became {text}", self.text(expr));
                    self.place(range, text, detail);
                }
            }
            Expr::Call(call) => {
                if let Expr::Name(name) = call.func.as_ref() {
                    let other = match name.id.as_str() {
                        "min" => "max",
                        "max" => "min",
                        "sum"
                            if call.arguments.args.len() == 1
                                && !matches!(
                                    call.arguments.args.first(),
                                    Some(Expr::Generator(_))
                                ) =>
                        {
                            "max"
                        }
                        _ => "",
                    };
                    if !other.is_empty() {
                        let at = call.func.range().start().to_usize()
                            ..call.func.range().end().to_usize();
                        self.place(at, other.into(), format!("{} became {other}", name.id));
                    }
                }
            }
            // An index is no step.
            Expr::Subscript(subscript) => {
                self.visit_expr(&subscript.value);
                return;
            }
            _ => {}
        }
        walk_expr(self, expr);
    }
}

struct Constants<'a> {
    source: &'a str,
    places: Vec<(Range<usize>, Value)>,
}

impl<'a> Visitor<'a> for Constants<'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if !matches!(facts::binding(stmt), Some(("input", _))) {
            walk_stmt(self, stmt);
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::NumberLiteral(_) => {
                // 0, 1 and 2 are seldom quantities.
                if let Ok(value) = value::read(expr, self.source)
                    && value
                        .number()
                        .is_some_and(|n| !matches!(n, 0.0 | 1.0 | 2.0))
                {
                    let range = expr.range().start().to_usize()..expr.range().end().to_usize();
                    self.places.push((range, value));
                }
            }
            Expr::Subscript(subscript) => self.visit_expr(&subscript.value),
            // Places of rounding, and exponents.
            Expr::Call(call) if matches!(call.func.as_ref(), Expr::Name(name) if name.id == "round") =>
            {
                call.arguments
                    .args
                    .iter()
                    .take(1)
                    .for_each(|a| self.visit_expr(a));
            }
            Expr::BinOp(binary) if binary.op == Op::Pow => self.visit_expr(&binary.left),
            _ => walk_expr(self, expr),
        }
    }
}
