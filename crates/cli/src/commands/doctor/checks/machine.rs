//! Cores, memory and disk.

use std::path::Path;
use std::process::Command;

use super::super::Check;
use super::size;

/// What the quickstart was sized for.
const MEMORY_NEEDED: u64 = 2 << 30;
/// The Python environment, a build's worth of run folders, and air.
const DISK_NEEDED: u64 = 2 << 30;

/// How many programs and training workers run side by side.
pub fn cores() -> Check {
    match std::thread::available_parallelism().map(usize::from) {
        Ok(1) => Check::warning(
            "cores",
            "1",
            "it works; the quickstart is sized for 2 cores and takes about twice as long",
        ),
        Ok(cores) => Check::good("cores", cores.to_string()),
        Err(error) => Check::warning(
            "cores",
            format!("unknown: {error}"),
            "nothing: one core is assumed",
        ),
    }
}

/// How much memory is free.
pub fn memory() -> Check {
    let Some(free) = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .as_deref()
        .and_then(available)
    else {
        return Check::good("memory", "unknown on this system");
    };
    if free < MEMORY_NEEDED {
        return Check::warning(
            "memory",
            format!("{} available", size(free)),
            "the quickstart is sized for 2 GiB: close something",
        );
    }
    Check::good("memory", format!("{} available", size(free)))
}

/// `MemAvailable` of /proc/meminfo in bytes.
fn available(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<u64>()
        .ok()
        .map(|kib| kib * 1024)
}

/// How much disk is free where the cache lies.
pub fn disk(folder: &Path) -> Check {
    let existing = folder
        .ancestors()
        .find(|folder| folder.is_dir())
        .unwrap_or(Path::new("/"));
    let output = Command::new("df").arg("-Pk").arg(existing).output();
    let free = output
        .ok()
        .and_then(|output| free(&String::from_utf8_lossy(&output.stdout)));
    match free {
        None => Check::good("disk", "unknown on this system"),
        Some(free) if free < DISK_NEEDED => Check::warning(
            "disk",
            format!("{} free at {}", size(free), existing.display()),
            "free some space: packages take about 300 MiB, a run a few hundred more",
        ),
        Some(free) => Check::good(
            "disk",
            format!("{} free at {}", size(free), existing.display()),
        ),
    }
}

/// The available bytes in the output of `df -Pk`.
fn free(text: &str) -> Option<u64> {
    text.lines()
        .nth(1)?
        .split_whitespace()
        .nth(3)?
        .parse::<u64>()
        .ok()
        .map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_texts_are_understood() {
        assert_eq!(
            available("MemTotal: 9 kB\nMemAvailable:   2048 kB\n"),
            Some(2 << 20)
        );
        assert_eq!(available("nothing"), None);
        let df =
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 100 40 60 40% /\n";
        assert_eq!(free(df), Some(60 * 1024));
    }
}
