//! Finding the line of a dotted path in block-style YAML, for messages.

/// The line, from 1, on which the value at `path` begins; the nearest ancestor's line when the path itself is not
/// written out. `None` when not even the first key is found.
pub(super) fn line_of(text: &str, path: &str) -> Option<usize> {
    let parts: Vec<&str> = path
        .split(['.', '[', ']'])
        .filter(|part| !part.is_empty())
        .collect();
    let lines: Vec<(usize, usize, &str)> = text
        .lines()
        .enumerate()
        .filter_map(|(number, line)| {
            let body = line.trim_start();
            let content = !body.is_empty() && !body.starts_with('#');
            content.then(|| (number + 1, line.len() - body.len(), body))
        })
        .collect();
    let mut range = 0..lines.len();
    let mut found = None;
    let mut parent: Option<usize> = None;
    for part in parts {
        let Some(hit) = step(&lines[range.clone()], part, parent) else {
            break;
        };
        let start = range.start + hit.0;
        found = Some(lines[start].0);
        let column = hit.1;
        let mut end = start + 1;
        while end < range.end && lines[end].1 > column {
            end += 1;
        }
        // A list may stand at its key's own column.
        while part.parse::<usize>().is_err()
            && end < range.end
            && lines[end].1 == column
            && lines[end].2.starts_with("- ")
        {
            end += 1;
            while end < range.end && lines[end].1 > column {
                end += 1;
            }
        }
        // The first key of a list item stands on the item's own line.
        range = if part.parse::<usize>().is_ok() {
            start..end
        } else {
            start + 1..end
        };
        parent = Some(column);
    }
    found
}

/// The first line of the block that opens `part` (a key, or the number of a list item), with its column.
fn step(
    block: &[(usize, usize, &str)],
    part: &str,
    parent: Option<usize>,
) -> Option<(usize, usize)> {
    if let Ok(wanted) = part.parse::<usize>() {
        let column = block.iter().find(|(_, _, body)| body.starts_with('-'))?.1;
        let mut items = block
            .iter()
            .enumerate()
            .filter(|(_, line)| line.1 == column && line.2.starts_with('-'));
        return items.nth(wanted).map(|(index, line)| (index, line.1));
    }
    let own = |(index, line): (usize, &(usize, usize, &str))| -> Option<(usize, usize, bool)> {
        let item = index == 0 && parent == Some(line.1) && line.2.starts_with('-');
        let body = if item {
            line.2.trim_start_matches('-').trim_start()
        } else {
            line.2
        };
        let column = if item {
            line.1 + line.2.len() - body.len()
        } else {
            line.1
        };
        let key = body.split(':').next()?.trim().trim_matches(['"', '\'']);
        Some((index, column, key == part && body.contains(':')))
    };
    let candidates: Vec<_> = block.iter().enumerate().filter_map(own).collect();
    let column = candidates.iter().map(|candidate| candidate.1).min()?;
    candidates
        .iter()
        .find(|candidate| candidate.2 && candidate.1 == column)
        .map(|hit| (hit.0, hit.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# head\nname: x\nseeds:\n  - path: a\n    limit: 3\n  - path: b\n    limit: 4\nunify:\n  sampling:\n    top_p: 2\nsolve:\n  sampling:\n    top_p: 3\nlist:\n- one: 1\n- one: 2\nlast: 1\n";

    fn check(path: &str, line: Option<usize>) {
        assert_eq!(line_of(TEXT, path), line, "{path}");
    }

    #[test]
    fn paths_have_lines() {
        check("name", Some(2));
        check("seeds[0].path", Some(4));
        check("seeds[0].limit", Some(5));
        check("seeds[1].path", Some(6));
        check("seeds.1.limit", Some(7));
        check("unify.sampling.top_p", Some(10));
        check("solve.sampling.top_p", Some(13));
        check("list[1].one", Some(16));
        check("last", Some(17));
        check("solve.model", Some(11));
        check("nothing", None);
    }
}
