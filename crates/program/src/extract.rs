//! Takes the program out of a model's reply.

/// The code inside the first fenced block that looks like a program of the contract, or else inside the longest fenced
/// block, or else the whole reply without surrounding blank lines.
///
/// A fence is a line that begins with three backticks; a block that is never closed runs to the end of the reply. Blocks
/// labelled with another language than Python are passed over unless nothing else is there.
#[must_use]
pub fn extract_code(reply: &str) -> &str {
    let blocks = fenced(reply);
    let python: Vec<&Block<'_>> = blocks.iter().filter(|b| b.python).collect();
    let candidates = if python.is_empty() {
        blocks.iter().collect()
    } else {
        python
    };
    let contract = candidates
        .iter()
        .find(|b| b.code.contains("input") && b.code.contains("output"));
    let longest = || {
        candidates
            .iter()
            .fold(None::<&Block<'_>>, |best, block| match best {
                Some(held) if held.code.len() >= block.code.len() => Some(held),
                _ => Some(block),
            })
    };
    match contract.copied().or_else(longest) {
        Some(block) => block.code,
        None => reply.trim_matches(|c| c == '\n' || c == '\r'),
    }
}

struct Block<'a> {
    code: &'a str,
    python: bool,
}

fn fenced(reply: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, bool)> = None;
    let mut at = 0;
    for line in reply.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some(label) = line.trim_start().strip_prefix("```") else {
            continue;
        };
        match open.take() {
            None => {
                let label = label.trim();
                let python = label.is_empty() || label.to_ascii_lowercase().starts_with("py");
                open = Some((at, python));
            }
            Some((from, python)) => blocks.extend(block(reply, from, start, python)),
        }
    }
    if let Some((from, python)) = open {
        blocks.extend(block(reply, from, reply.len(), python));
    }
    blocks
}

fn block(reply: &str, from: usize, to: usize, python: bool) -> Option<Block<'_>> {
    reply.get(from..to).map(|code| Block { code, python })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_reply_without_fences() {
        assert_eq!(extract_code("\nx = 1\nprint(x)\n"), "x = 1\nprint(x)");
    }

    #[test]
    fn the_block_that_follows_the_contract_wins() {
        let reply = "First:\n```python\nx = 1\n```\nthen\n```py\ninput = {}\noutput = 1\n```\nbye";
        assert_eq!(extract_code(reply), "input = {}\noutput = 1\n");
    }

    #[test]
    fn other_languages_are_passed_over_and_open_blocks_run_to_the_end() {
        let reply = "```bash\npip install a-very-long-package-name-here\n```\n```python\nx = 2\n";
        assert_eq!(extract_code(reply), "x = 2\n");
        assert_eq!(extract_code("```json\n{}\n```"), "{}\n");
        assert_eq!(extract_code("```"), "");
    }
}
