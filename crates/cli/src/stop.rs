//! Ctrl-C: the first asks for a clean stop, the second ends the process at once. SIGTERM likewise.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Installs the handlers and returns the flag that asks for a clean stop. `notice` runs, on a thread of its own, when
/// the first signal arrives.
pub fn install(notice: impl FnOnce() + Send + 'static) -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let refused = |e: std::io::Error| {
        Failure::environment(format!("cannot handle Ctrl-C: {e}"), "check the system")
    };
    for signal in [SIGINT, SIGTERM] {
        // Order matters: the shutdown looks at the flag before the second action sets it.
        flag::register_conditional_shutdown(
            signal,
            i32::from(Exit::Interrupted.code()),
            Arc::clone(&stop),
        )
        .map_err(refused)?;
        flag::register(signal, Arc::clone(&stop)).map_err(refused)?;
    }
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(refused)?;
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            if signals.forever().next().is_some() {
                notice();
            }
        })
        .map_err(refused)?;
    Ok(stop)
}
