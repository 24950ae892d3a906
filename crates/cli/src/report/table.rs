//! Text tables with aligned columns.

/// Lays out rows under a header. The first column and those in `left` are left-aligned, the others right-aligned.
pub fn layout(header: &[&str], rows: &[Vec<String>], left: &[usize]) -> Vec<String> {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String]| {
        let mut out = String::new();
        for (column, (cell, &width)) in cells.iter().zip(&widths).enumerate() {
            if column > 0 {
                out.push_str("  ");
            }
            if column == 0 || left.contains(&column) {
                out.push_str(&format!("{cell:<width$}"));
            } else {
                out.push_str(&format!("{cell:>width$}"));
            }
        }
        out.trim_end().to_owned()
    };
    let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    std::iter::once(line(&header))
        .chain(rows.iter().map(|row| line(row)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = vec![
            vec!["a".into(), "1,234".into(), "why".into()],
            vec!["longer".into(), "5".into(), String::new()],
        ];
        let lines = layout(&["name", "n", "reason"], &rows, &[2]);
        assert_eq!(
            lines,
            [
                "name        n  reason",
                "a       1,234  why",
                "longer      5"
            ]
        );
    }
}
