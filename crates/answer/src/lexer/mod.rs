//! Cuts LaTeX, plain notation and program text into one kind of tokens.

mod command;
mod latex;
mod number;
mod scanner;

pub(crate) use number::scaled;
pub(crate) use scanner::tokens;

use super::node::{Number, Relation};

/// How a text is written; decides what a run of letters, a brace and a bar mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `\frac{1}{2}`, `x^2`: letters are names of their own, braces group.
    Latex,
    /// `2pi/3`, `{1, 2}`, `5 meters`: letters are names of their own, braces are sets.
    Plain,
    /// `3*x**2`, `Interval(0, 1)`: runs of letters are names, braces are sets and maps.
    Code,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Plus,
    Minus,
    PlusMinus,
    MinusPlus,
    Times,
    Divide,
    Caret,
    Underscore,
    Bang,
    Prime,
    Percent,
    Degree,
    Comma,
    Semicolon,
    Colon,
    Bar,
    DoubleBar,
    /// `\mid`: "such that" or a bar.
    Mid,
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    LeftSet,
    RightSet,
    LeftAngle,
    RightAngle,
    LeftFloor,
    RightFloor,
    LeftCeiling,
    RightCeiling,
    Cup,
    Cap,
    SetMinus,
    Triangle,
    And,
    Or,
    Not,
    Ampersand,
    RowBreak,
    Dots,
    Infinity,
    Currency,
    Is(Relation),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A number, and whether it has a decimal point.
    Number(Number, bool),
    /// A name: one letter, or a known or a program's longer one.
    Name(String),
    /// A word that is no mathematics, or a unit.
    Word(String),
    /// A LaTeX command, without its backslash.
    Command(&'static str),
    /// The inside of `\text{…}` and the like.
    Text(String),
    /// The inside of quotes.
    Quoted(String),
    Begin(String),
    End(String),
    Mark(Mark),
}

/// A token, where it starts, and whether space comes before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lexeme {
    pub(crate) token: Token,
    pub(crate) spaced: bool,
}

/// What was cut.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Lexeme>,
    /// Whether commas between digits were taken for thousands separators although they may separate a list.
    pub(crate) joined: bool,
}
