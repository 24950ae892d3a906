//! Sets of real numbers as intervals in order, and their unions, intersections and complements.

use std::cmp::Ordering;

use crate::node::Node;

/// An end of an interval.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    Low,
    At(Node),
    High,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub(super) low: End,
    pub(super) high: End,
    pub(super) low_in: bool,
    pub(super) high_in: bool,
}

impl Piece {
    pub(super) fn point(node: &Node) -> Self {
        Self {
            low: End::At(node.clone()),
            high: End::At(node.clone()),
            low_in: true,
            high_in: true,
        }
    }

    pub(super) fn line() -> Self {
        Self {
            low: End::Low,
            high: End::High,
            low_in: false,
            high_in: false,
        }
    }
}

/// Pieces in order that neither overlap nor touch.
pub(super) type RealSet = Vec<Piece>;

/// The order of two constants, where it is known.
pub(super) type Order<'o> = dyn FnMut(&Node, &Node) -> Option<Ordering> + 'o;

/// Most pieces of a set.
const MAX_PIECES: usize = 100;

fn ends(a: &End, b: &End, order: &mut Order<'_>) -> Option<Ordering> {
    Some(match (a, b) {
        (End::Low, End::Low) | (End::High, End::High) => Ordering::Equal,
        (End::Low, _) | (_, End::High) => Ordering::Less,
        (End::High, _) | (_, End::Low) => Ordering::Greater,
        (End::At(x), End::At(y)) => order(x, y)?,
    })
}

/// Whether a piece holds no number.
fn is_empty(piece: &Piece, order: &mut Order<'_>) -> Option<bool> {
    Some(match ends(&piece.low, &piece.high, order)? {
        Ordering::Less => false,
        Ordering::Equal => !(piece.low_in && piece.high_in),
        Ordering::Greater => true,
    })
}

/// Sorts and joins pieces.
pub(super) fn normal(pieces: Vec<Piece>, order: &mut Order<'_>) -> Option<RealSet> {
    if pieces.len() > MAX_PIECES {
        return None;
    }
    let mut kept = Vec::new();
    for piece in pieces {
        if !is_empty(&piece, order)? {
            kept.push(piece);
        }
    }
    // Insertion by the lower end: the order may be unknown, which a sort could not report.
    let mut sorted: Vec<Piece> = Vec::new();
    for piece in kept {
        let mut at = sorted.len();
        while at > 0 {
            let before = sorted.get(at - 1)?;
            let less = match ends(&piece.low, &before.low, order)? {
                Ordering::Less => true,
                Ordering::Equal => piece.low_in && !before.low_in,
                Ordering::Greater => false,
            };
            if !less {
                break;
            }
            at -= 1;
        }
        sorted.insert(at, piece);
    }
    let mut joined: Vec<Piece> = Vec::new();
    for piece in sorted {
        let Some(last) = joined.last_mut() else {
            joined.push(piece);
            continue;
        };
        let touches = match ends(&piece.low, &last.high, order)? {
            Ordering::Less => true,
            Ordering::Equal => piece.low_in || last.high_in,
            Ordering::Greater => false,
        };
        if !touches {
            joined.push(piece);
            continue;
        }
        match ends(&piece.high, &last.high, order)? {
            Ordering::Greater => {
                last.high = piece.high;
                last.high_in = piece.high_in;
            }
            Ordering::Equal => last.high_in |= piece.high_in,
            Ordering::Less => {}
        }
    }
    Some(joined)
}

/// What is in both of two sets.
pub(super) fn intersection(a: &RealSet, b: &RealSet, order: &mut Order<'_>) -> Option<RealSet> {
    let mut pieces = Vec::new();
    for x in a {
        for y in b {
            let (low, low_in) = match ends(&x.low, &y.low, order)? {
                Ordering::Less => (y.low.clone(), y.low_in),
                Ordering::Greater => (x.low.clone(), x.low_in),
                Ordering::Equal => (x.low.clone(), x.low_in && y.low_in),
            };
            let (high, high_in) = match ends(&x.high, &y.high, order)? {
                Ordering::Less => (x.high.clone(), x.high_in),
                Ordering::Greater => (y.high.clone(), y.high_in),
                Ordering::Equal => (x.high.clone(), x.high_in && y.high_in),
            };
            pieces.push(Piece {
                low,
                high,
                low_in,
                high_in,
            });
        }
    }
    normal(pieces, order)
}

/// All other real numbers.
pub(super) fn complement(set: &RealSet) -> RealSet {
    let mut pieces = Vec::new();
    let (mut low, mut low_in) = (End::Low, false);
    for piece in set {
        if piece.low != End::Low {
            pieces.push(Piece {
                low: low.clone(),
                low_in,
                high: piece.low.clone(),
                high_in: !piece.low_in,
            });
        }
        low = piece.high.clone();
        low_in = !piece.high_in;
    }
    if low != End::High {
        pieces.push(Piece {
            low,
            low_in,
            high: End::High,
            high_in: false,
        });
    }
    pieces
}

/// Whether two sets are the same.
pub(super) fn same(a: &RealSet, b: &RealSet, order: &mut Order<'_>) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    for (x, y) in a.iter().zip(b) {
        let low = ends(&x.low, &y.low, order)? == Ordering::Equal;
        let high = ends(&x.high, &y.high, order)? == Ordering::Equal;
        if !low || !high || x.low_in != y.low_in || x.high_in != y.high_in {
            return Some(false);
        }
    }
    Some(true)
}
