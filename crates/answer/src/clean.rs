//! Brings LaTeX, Python and plain spellings of an answer closer together, as text.
//!
//! Set braces become `⦃ ⦄`; what is left of `{ }` groups.

use super::parser::known;

/// Commands that only lay out.
const DROPPED: &[&str] = &[
    "displaystyle",
    "limits",
    "bigl",
    "bigr",
    "Bigl",
    "Bigr",
    "big",
    "Big",
    "rm",
    "bf",
    "textstyle",
    "left",
    "right",
    "nolimits",
];
/// Commands that stand for one sign or word of ours.
const REPLACED: &[(&str, &str)] = &[
    ("cdot", "*"),
    ("times", "*"),
    ("div", "/"),
    ("infty", " oo "),
    ("cup", " ∪ "),
    ("pm", "±"),
    ("leq", "<="),
    ("le", "<="),
    ("geq", ">="),
    ("ge", ">="),
    ("neq", "≠"),
    ("ne", "≠"),
    ("lt", "<"),
    ("gt", ">"),
    ("quad", " "),
    ("qquad", " "),
    ("in", " ∈ "),
    ("lvert", "|"),
    ("rvert", "|"),
    ("vert", "|"),
    ("mid", "|"),
    ("lfloor", " floor("),
    ("rfloor", ")"),
    ("lceil", " ceil("),
    ("rceil", ")"),
    ("degree", " degrees "),
    ("dots", "…"),
    ("ldots", "…"),
    ("cdots", "…"),
];
/// Commands whose argument is words.
const WORDS: &[&str] = &[
    "text",
    "textbf",
    "textit",
    "mbox",
    "mathrm",
    "mathbf",
    "operatorname",
    "mathit",
    "textrm",
    "mathsf",
    "emph",
];

/// The cleaned text.
pub(crate) fn clean(text: &str) -> String {
    let mut text = text.trim();
    for _ in 0..4 {
        let before = text;
        for (open, close) in [
            ("$$", "$$"),
            ("$", "$"),
            (r"\(", r"\)"),
            (r"\[", r"\]"),
            (r"\boxed{", "}"),
            ("`", "`"),
            ("**", "**"),
        ] {
            if let Some(inner) = text.strip_prefix(open).and_then(|t| t.strip_suffix(close))
                && !inner.contains('$')
            {
                text = inner.trim();
            }
        }
        text = text
            .strip_suffix('.')
            .filter(|t| !t.is_empty())
            .unwrap_or(text)
            .trim();
        if text == before {
            break;
        }
    }
    let latex = text.contains('\\') || text.contains("^{") || text.contains("_{");
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\\' => rest = command(rest, &mut out),
            '{' | '}' if !latex => out.push(if c == '{' { '⦃' } else { '⦄' }),
            // 10{,}000
            '{' if rest.starts_with(",}") => {
                out.push(',');
                rest = rest.get(2..).unwrap_or_default();
            }
            '$' | '€' | '£' => {}
            '^' if degrees(rest).is_some() => {
                out.push_str(" degrees ");
                rest = degrees(rest).unwrap_or_default();
            }
            '°' => out.push_str(" degrees "),
            '−' | '–' => out.push('-'),
            '·' | '×' | '⋅' => out.push('*'),
            '÷' => out.push('/'),
            '√' => out.push_str(" sqrt "),
            'ⅈ' => out.push('i'),
            'π' => out.push_str(" pi "),
            '∞' => out.push_str(" oo "),
            '≤' => out.push_str("<="),
            '≥' => out.push_str(">="),
            '~' | '\u{a0}' | '\u{202f}' => out.push(' '),
            _ => out.push(c),
        }
    }
    matrices(&out).trim().to_owned()
}

fn degrees(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    rest.strip_prefix(r"\circ")
        .or_else(|| rest.strip_prefix(r"{\circ}"))
        .or_else(|| rest.strip_prefix(r"{ \circ }"))
}

/// Reads what follows a backslash; returns what is left.
fn command<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let name_length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    if name_length == 0 {
        let Some(c) = rest.chars().next() else {
            return rest;
        };
        match c {
            // A negative space joins: 10,\! 000.
            '!' => {
                out.truncate(out.trim_end().len());
                return rest.get(1..).unwrap_or_default().trim_start();
            }
            ',' | ';' | ':' | ' ' | '>' => out.push(' '),
            '{' => out.push('⦃'),
            '}' => out.push('⦄'),
            '|' => out.push('|'),
            '%' => out.push('%'),
            '$' => {}
            '\\' => out.push_str("\\\\"),
            _ => out.push(c),
        }
        return rest.get(c.len_utf8()..).unwrap_or_default();
    }
    let (name, after) = rest.split_at(name_length);
    if DROPPED.contains(&name) {
        // \left. and \right. are invisible.
        return match name {
            "left" | "right" => after.strip_prefix('.').unwrap_or(after),
            _ => after,
        };
    }
    if let Some((_, with)) = REPLACED.iter().find(|(from, _)| *from == name) {
        out.push_str(with);
        return after;
    }
    if WORDS.contains(&name) {
        let trimmed = after.trim_start();
        if let Some(inside) = trimmed.strip_prefix('{')
            && let Some(end) = inside.find('}')
        {
            out.push(' ');
            out.push_str(inside.get(..end).unwrap_or_default());
            out.push(' ');
            return inside.get(end + 1..).unwrap_or_default();
        }
        return after;
    }
    match name {
        "frac" | "dfrac" | "tfrac" | "cfrac" | "sqrt" => {
            let fraction = name != "sqrt";
            out.push_str(if fraction { "\\frac" } else { "\\sqrt" });
            // \frac12 and \sqrt3 take one digit each.
            let mut after = after.trim_start();
            for _ in 0..if fraction { 2 } else { 1 } {
                let Some(digit) = after.chars().next().filter(char::is_ascii_digit) else {
                    break;
                };
                out.push('{');
                out.push(digit);
                out.push('}');
                after = after.get(1..).unwrap_or_default();
            }
            if after.starts_with(|c: char| c.is_ascii_alphabetic()) {
                out.push(' ');
            }
            return after;
        }
        "binom" | "begin" | "end" => {
            out.push('\\');
            out.push_str(name);
        }
        // A command that is not known must not be taken for a product of letters.
        _ => {
            out.push(if known(name) { ' ' } else { '\\' });
            out.push_str(name);
        }
    }
    // A command ends at its first other character; a name that follows must not grow onto it.
    if after.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        out.push(' ');
    }
    after
}

/// `\begin{pmatrix} a & b \\ c & d \end{pmatrix}` becomes `Matrix([[a,b],[c,d]])`.
fn matrices(text: &str) -> String {
    let mut text = text.to_owned();
    for kind in ["pmatrix", "bmatrix", "vmatrix", "Bmatrix", "matrix"] {
        let (open, close) = (format!("\\begin{{{kind}}}"), format!("\\end{{{kind}}}"));
        while let Some((before, rest)) = text.split_once(&open) {
            let Some((inside, after)) = rest.split_once(&close) else {
                break;
            };
            let rows: Vec<String> = inside
                .split("\\\\")
                .map(str::trim)
                .filter(|row| !row.is_empty())
                .map(|row| format!("[{}]", row.replace('&', ",")))
                .collect();
            text = format!("{before}Matrix([{}]){after}", rows.join(","));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latex_becomes_plain() {
        assert_eq!(clean(r"$\dfrac{1}{2}$"), r"\frac{1}{2}");
        assert_eq!(clean(r"10,\!000"), "10,000");
        assert_eq!(clean(r"\left( 2, \pi \right)"), "( 2,  pi )");
        assert_eq!(clean(r"\text{Monday}"), "Monday");
        assert_eq!(clean(r"\{1,2\}"), "⦃1,2⦄");
        assert_eq!(clean("{1, 2}"), "⦃1, 2⦄");
        assert_eq!(clean(r"45^\circ"), "45 degrees");
        assert_eq!(
            clean(r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"),
            "Matrix([[ 1 , 2 ],[ 3 , 4 ]])"
                .replace("[[ 1 ", "[[1 ")
                .replace("2 ]", "2]")
                .replace("[ 3", "[3")
                .replace("4 ]", "4]")
        );
        assert_eq!(clean(r"\$36."), "36");
    }
}
