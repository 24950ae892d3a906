//! Looks for the pair that takes longest: patterns that blow up, at every size up to the longest answer that is read.
//!
//! `cargo run --release -p caco-answer --example worst`

use std::time::Instant;

use caco_answer::{MAX_BYTES, Policy, compare};

/// Patterns in which `N` is a number and `R(text)` the text repeated N times.
const PATTERNS: &[&str] = &[
    "R((N)R)",
    "R([)1R(])",
    "R({)1R(})",
    r"R(\frac{1}{)xR(})",
    r"R(\sqrt{)2R(})",
    "R(-)1",
    "R(1+)1",
    "R(x+)1",
    "R(x*)x",
    "R(x^)2",
    "R(2^)2",
    "R(2**)2",
    "R(|)",
    "R(|x)|",
    "1R(!)",
    "N!",
    "N!/(N-1)!",
    "2^N",
    "N^N",
    "(1+x)^N",
    "(1+x+y+z)^N",
    "(a+b+c+d+e+f+g)^24",
    "R((x+1))",
    "R((x+y+z))",
    "R((a+b)*)1",
    "R(1/3+)1",
    "R(sin(x)+)1",
    "R(sin()xR())",
    "R(exp()1R())",
    "R(log()5R())",
    "R(sqrt(2)+)1",
    "R(sqrt(N)+)1",
    "sqrt(N)",
    "R(1,)1",
    "{R(1,)1}",
    "R(x=1,)x=1",
    "R((1,2),)(3,4)",
    "R(Interval(1,2),)1",
    "R((1,2)\\cup)(3,4)",
    r"\begin{matrix}R(1&)1\end{matrix}",
    r"\begin{matrix}R(1\\)1\end{matrix}",
    "R(\\pm 1+)1",
    "R(\\pm 1,)1",
    "0.R(3)",
    "R(9)",
    "R(9).R(9)",
    "1eN",
    "1e-N",
    "R(9)/R(7)",
    "R(9)/R(7)+R(3)/R(11)",
    r"\frac{R(9)}{R(7)}",
    "R(a)",
    "R(ab )",
    "R(word )",
    r"R(\text{a})",
    r"\sum_{k=1}^{N} k^k",
    r"\sum_{k=1}^{N} \sqrt{k}",
    r"\sum_{k=1}^{N} 1/k",
    r"\prod_{k=1}^{N} (x+k)",
    r"\sum_{a=1}^{N}\sum_{b=1}^{N}\sum_{c=1}^{N} abc",
    r"\binom{N}{1000}",
    r"\binom{x}{N}",
    "gcd(N!, 2^N)",
    "R(1<)2",
    "R((x<1)|)(x>2)",
    "R((x<1)&)(x>2)",
    "2004!",
    "10**10**10",
    "10**10**10**10",
    "2^{2^{2^{2^{2}}}}",
    "e^{e^{e^{e^{e}}}}",
    "sin(10^N)",
    "tan(R(9))",
    "floor(e^N)",
    "(-1)^{R(9)}",
    "R(9)^{1/2}",
    "N^{1/N}",
    "(1+1/N)^N",
    "R(1/(1+)xR())",
    "R(1/(x+)1R())",
    "x^{R(9)}",
    "R(x^2+)y^2=1",
    "|R(|x|)|",
    "R(\"a\",)\"b\"",
    "R($)",
    "R(\\)",
    "R(\\\\)",
    "R(_)",
    "R(x_)1",
    "R(')",
    "R(x')",
    "R(%)",
    "1R(%)",
    "R(:)",
    "1R(:1)",
    "R(and )1",
    "R(not )1",
    "R(~)1",
    "max(R(1,)2)",
    "mod(R(9), R(7))",
    "R(9) mod R(7)",
    "R(9)_7",
    r"0.\overline{R(7)}",
    "Matrix([R([1],)[2]])",
    "R(f()xR())",
    "R(a,b;)c",
    "(x+1)^N-(x-1)^N",
    "(x^2-1)^N/(x-1)^N",
    "R((x+1)/(y+1)+)1",
    "R(1/(x+y)+)1",
];

fn expanded(pattern: &str, n: usize) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("R(") {
            let mut depth = 0;
            let end = rest.char_indices().skip(1).find(|(_, c)| {
                depth += i32::from(*c == '(') - i32::from(*c == ')');
                depth == 0
            });
            // Unbalanced inside, as in R(sin(): up to the last that follows.
            let end = end.map_or(rest.len() - 1, |(at, _)| at);
            let inner = rest[2..end].replace('N', &n.to_string());
            out.push_str(&inner.repeat(n));
            rest = &rest[end + 1..];
        } else if c == 'N' {
            out.push_str(&n.to_string());
            rest = &rest[1..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn main() {
    let policy = Policy::benchmark();
    let mut times: Vec<(f64, String)> = Vec::new();
    let mut pairs = 0u64;
    for pattern in PATTERNS {
        for n in [
            1, 2, 3, 5, 8, 13, 24, 25, 40, 60, 100, 199, 400, 1_000, 2_000, 3_333, 5_000, 9_999,
            100_000,
        ] {
            let text = expanded(pattern, n);
            if text.len() > 2_000_000 {
                continue;
            }
            for other in [
                format!("{text}+1"),
                format!("1+{text}"),
                "5".to_owned(),
                "x+y".to_owned(),
                format!("[{text}]"),
                r"\sqrt{2}+e^x".to_owned(),
            ] {
                for (a, b) in [(&text, &other), (&other, &text)] {
                    let run = || {
                        let start = Instant::now();
                        let verdict = compare(a, b, &policy);
                        (start.elapsed().as_secs_f64() * 1e3, verdict)
                    };
                    let (mut time, verdict) = run();
                    // The machine may have been busy with something else.
                    for _ in 0..if time > 2.0 { 8 } else { 0 } {
                        time = time.min(run().0);
                    }
                    pairs += 1;
                    times.push((
                        time,
                        format!(
                            "{pattern} n={n} ({} bytes): {:?} {}",
                            text.len(),
                            verdict.outcome,
                            verdict.reason
                        ),
                    ));
                }
            }
        }
    }
    times.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("{pairs} pairs up to {MAX_BYTES} bytes that are read; the slowest:");
    for (time, what) in times.iter().take(40) {
        println!("{time:>9.3} ms  {what}");
    }
}
