//! Mixed numbers: a whole number and a fraction next to each other.

use crate::node::{Function, Node, Number};

/// A whole number and a fraction next to each other; a percent or degree sign behind is of both.
pub(super) fn mixed(whole: Node, fraction: Node) -> Node {
    match fraction {
        Node::Percent(inner) => Node::Percent(Box::new(Node::Add(vec![whole, *inner]))),
        Node::Apply(Function::Degrees, inner) => {
            let sum = std::iter::once(whole).chain(inner).collect();
            Node::Apply(Function::Degrees, vec![Node::Add(sum)])
        }
        fraction => Node::Add(vec![whole, fraction]),
    }
}

/// Whether a node is a fraction of two written integers, the upper one smaller, perhaps with a percent or degree sign.
pub(super) fn proper(node: &Node) -> bool {
    let node = match node {
        Node::Percent(inner) => inner,
        Node::Apply(Function::Degrees, inner) => match inner.first() {
            Some(inner) => inner,
            None => return false,
        },
        other => other,
    };
    let Node::Mul(two) = node else { return false };
    match two.as_slice() {
        [Node::Number(above), Node::Power(below)] => match below.as_ref() {
            [Node::Number(below), Node::Number(Number { value, .. })] => {
                value.small() == Some(-1)
                    && above.value.is_integer()
                    && below.value.is_integer()
                    && !above.value.is_negative()
                    && above.value < below.value
            }
            _ => false,
        },
        _ => false,
    }
}
