use super::*;

fn outcome(a: &str, b: &str) -> Outcome {
    let (there, back) = (
        equivalent(a, b, &Policy::benchmark()),
        equivalent(b, a, &Policy::benchmark()),
    );
    assert_eq!(there.outcome, back.outcome, "{a} | {b}: {there:?} {back:?}");
    there.outcome
}

#[test]
fn the_same() {
    for (a, b) in [
        ("1,250", "1250.0"),
        ("$36", "36"),
        ("1/2", "0.5"),
        (r"\frac{1}{2}", "0.50"),
        (r"\dfrac12", "1/2"),
        ("1 1/2", "3/2"),
        ("2.5e2", "250"),
        ("5 meters", "5"),
        (r"5\text{ cm}", "5 cm"),
        ("20%", "20"),
        ("20%", "0.2"),
        (r"20\%", "1/5"),
        ("x=5", "5"),
        (r"12\sqrt{3}", "12*sqrt(3)"),
        (r"\frac{\pi}{3}", "pi/3"),
        ("Monday", r"\text{monday}"),
        ("True", "true"),
        ("(1, 2)", "(1.0, 2)"),
        ("1, 2", "[2, 1]"),
        ("{1,2}", r"\{2,1\}"),
        ("x^2+2x+1", "(x+1)**2"),
        ("4.24264068711928", r"3\sqrt{2}"),
        ("299.999999999999", "300"),
        ("5 - 11i", "5 - 11*I"),
        (r"10,\!000", "10000"),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", "Matrix([[1],[2]])"),
        ("[0,1)", "Interval.Ropen(0, 1)"),
        (r"1 \pm \sqrt{2}", "1+sqrt(2), 1-sqrt(2)"),
        ("(11,7)or(7,11)", "(7,11), (11,7)"),
        (r"\boxed{5}", "5"),
        ("'red'", "Red"),
        ("0.3333333333333333", "1/3"),
    ] {
        assert_eq!(
            outcome(a, b),
            Outcome::Equal,
            "{a} | {b} {:?}",
            equivalent(a, b, &Policy::benchmark())
        );
    }
}

#[test]
fn not_the_same() {
    for (a, b) in [
        ("0.33", "1/3"),
        ("50", "0.5"),
        ("20", "0.2"),
        ("9", "-9"),
        ("(1, 2)", "(2, 1)"),
        ("[0,9)", "(0,9)"),
        ("1, 2", "1, 2, 3"),
        ("Monday", "Sunday"),
        ("x^2", "x^3"),
        ("12", "21"),
        ("3", "red"),
        (r"\frac{13}{204}", "0.0588"),
        ("1000000001", "1000000000"),
        ("1,2", "3"),
        ("True", "False"),
        ("5 meters", "6 meters"),
        ("9.00000001", "9"),
        ("[1, 2, 3]", "(1, 3, 2)"),
        ("-10879,10879", "10879"),
        ("20%", "2000"),
    ] {
        assert_eq!(
            outcome(a, b),
            Outcome::Different,
            "{a} | {b} {:?}",
            equivalent(a, b, &Policy::benchmark())
        );
    }
}

#[test]
fn open_questions() {
    for (a, b) in [
        ("5 meters", "5 km"),
        ("[0, 9]", "(0, 9)"),
        ("x>3", "x<-1"),
        ("", "5"),
        ("x = 5", "y = 5"),
        ("1, 2", "(2, 1)"),
    ] {
        assert_eq!(
            outcome(a, b),
            Outcome::Undecided,
            "{a} | {b} {:?}",
            equivalent(a, b, &Policy::benchmark())
        );
    }
}

#[test]
fn strict_leaves_conventions_open() {
    let strict = |a: &str, b: &str| equivalent(a, b, &Policy::strict()).outcome;
    assert_eq!(strict("5 meters", "5"), Outcome::Undecided);
    assert_eq!(strict("20%", "20"), Outcome::Different);
    assert_eq!(strict("20%", "0.2"), Outcome::Equal);
    assert_eq!(strict("x=5", "5"), Outcome::Undecided);
    assert_eq!(strict("1/2", "0.5"), Outcome::Equal);
}
