//! Vectors as sums of i, j and k.

use crate::node::{Constant, Node};

/// The place of a unit vector.
fn place(node: &Node) -> Option<usize> {
    match node {
        Node::Constant(Constant::Imaginary) => Some(0),
        Node::Symbol(name) => match &**name {
            "i" => Some(0),
            "j" => Some(1),
            "k" => Some(2),
            _ => None,
        },
        _ => None,
    }
}

/// The coordinates of a sum of multiples of i, j and k in which j or k stands and every term has one of them; else `None`.
/// With i alone it is a complex number.
pub(super) fn coordinates(node: &Node) -> Option<[Node; 3]> {
    let terms = match node {
        Node::Add(terms) => terms.as_slice(),
        other => std::slice::from_ref(other),
    };
    let mut sums: [Vec<Node>; 3] = Default::default();
    for term in terms {
        let factors = match term {
            Node::Mul(factors) => factors.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut places = factors.iter().filter_map(place);
        let at = places.next()?;
        let rest: Vec<Node> = factors
            .iter()
            .filter(|f| place(f).is_none())
            .cloned()
            .collect();
        if places.next().is_some() || rest.iter().any(|f| f.any(&|n| place(n).is_some())) {
            return None;
        }
        sums.get_mut(at)?.push(Node::Mul(rest));
    }
    let [_, j, k] = &sums;
    (!j.is_empty() || !k.is_empty()).then(|| sums.map(Node::Add))
}
