//! Products, inverses and determinants of matrices, written out cell by cell.

use super::node::Node;

/// Largest matrix whose products and determinants are written out.
const MAX_SIDE: usize = 4;
/// Most nodes that are copied for one of them: what stays unwritten is as small as its text, while a row of matrices doubles
/// with each factor.
const MAX_COPIED: usize = 2_000;

/// Whether so many copies of the cells of these matrices are few enough.
fn may_copy(matrices: &[(&[Vec<Node>], usize)]) -> bool {
    let copied = matrices.iter().map(|(rows, copies)| {
        let parts = rows.iter().flatten().map(|cell| cell.parts() as usize);
        parts.sum::<usize>().saturating_mul(*copies)
    });
    copied.fold(0, usize::saturating_add) <= MAX_COPIED
}

/// Each cell with these factors in front.
pub(crate) fn scaled(scalars: &[Node], rows: Vec<Vec<Node>>) -> Option<Vec<Vec<Node>>> {
    let cells = rows.iter().map(Vec::len).sum();
    let factors = [scalars.to_vec()];
    if !may_copy(&[(&factors, cells)]) {
        return None;
    }
    let times = |cell| Node::Mul(scalars.iter().cloned().chain([cell]).collect());
    Some(
        rows.into_iter()
            .map(|row| row.into_iter().map(times).collect())
            .collect(),
    )
}

/// The product, where the sides fit each other.
pub(crate) fn multiplied(a: &[Vec<Node>], b: &[Vec<Node>]) -> Option<Vec<Vec<Node>>> {
    let (inner, width) = (b.len(), b.first()?.len());
    if a.len() > MAX_SIDE
        || inner > MAX_SIDE
        || width > MAX_SIDE
        || a.iter().any(|row| row.len() != inner)
        || !may_copy(&[(a, width), (b, a.len())])
    {
        return None;
    }
    Some(
        a.iter()
            .map(|row| {
                (0..width)
                    .map(|column| {
                        let terms = row.iter().zip(b).filter_map(|(x, other)| {
                            Some(Node::Mul(vec![x.clone(), other.get(column)?.clone()]))
                        });
                        Node::Add(terms.collect())
                    })
                    .collect()
            })
            .collect(),
    )
}

/// The inverse of a small matrix: its cofactors, turned, over its determinant.
pub(crate) fn inverse(rows: &[Vec<Node>]) -> Option<Node> {
    let size = rows.len();
    // Side 3: each cell stands twice in each of nine determinants, and in four cofactors.
    if size > 3 || !may_copy(&[(rows, 22)]) {
        return None;
    }
    let below = determinant(rows)?;
    if size < 2 {
        return Some(Node::Matrix(vec![vec![below.reciprocal()]]));
    }
    let mut cells = Vec::new();
    for row in 0..size {
        let mut line = Vec::new();
        for column in 0..size {
            let minor: Vec<Vec<Node>> = rows
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != column)
                .map(|(_, cells)| {
                    cells
                        .iter()
                        .enumerate()
                        .filter(|(at, _)| *at != row)
                        .map(|(_, cell)| cell.clone())
                        .collect()
                })
                .collect();
            let cofactor = determinant(&minor)?;
            let cofactor = if (row + column) % 2 == 1 {
                cofactor.negated()
            } else {
                cofactor
            };
            line.push(Node::quotient(cofactor, below.clone()));
        }
        cells.push(line);
    }
    Some(Node::Matrix(cells))
}

/// The determinant of a small square matrix, by its first row.
pub(crate) fn determinant(rows: &[Vec<Node>]) -> Option<Node> {
    // Side 4: each cell stands with the six determinants of side 3 that leave it out.
    if rows.len() > MAX_SIDE
        || rows.iter().any(|row| row.len() != rows.len())
        || !may_copy(&[(rows, 6)])
    {
        return None;
    }
    if let [row] = rows {
        return row.first().cloned();
    }
    let (first, rest) = rows.split_first()?;
    let mut terms = Vec::new();
    for (column, cell) in first.iter().enumerate() {
        let minor: Vec<Vec<Node>> = rest
            .iter()
            .map(|row| {
                row.iter()
                    .enumerate()
                    .filter(|(at, _)| *at != column)
                    .map(|(_, cell)| cell.clone())
                    .collect()
            })
            .collect();
        let term = Node::Mul(vec![cell.clone(), determinant(&minor)?]);
        terms.push(if column % 2 == 1 {
            term.negated()
        } else {
            term
        });
    }
    Some(Node::Add(terms))
}
