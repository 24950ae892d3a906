//! How many threads one matrix product uses.
//!
//! candle splits each product over as many threads as `RAYON_NUM_THREADS` says, or as the machine has cores. The trainer
//! and the sampler already keep every core busy with a worker of its own, and then the splitting only costs: training a
//! model of a million weights ran at 6 thousand tokens a second with it and at 16 thousand without, on two cores. The
//! variable is read when a thread pool starts, and a process cannot change its own environment safely, so the command
//! starts itself again, in the same process, with the variable set.

/// The variable that candle and rayon read.
const VARIABLE: &str = "RAYON_NUM_THREADS";

/// Continues with one thread for each matrix product; a value that the user has set stays.
#[cfg(unix)]
pub fn one_for_each_product() {
    use std::os::unix::process::CommandExt as _;
    if std::env::var_os(VARIABLE).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let mut arguments = std::env::args_os();
    let mut command = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    // Returns only when it fails, and then the command is as right as before, only slower.
    let _ = command.args(arguments).env(VARIABLE, "1").exec();
}

/// Continues as it is: only Unix can start a program again in the same process.
#[cfg(not(unix))]
pub fn one_for_each_product() {}

/// Gives the rest of the command, which does split its work over threads, every core.
pub fn all_cores_for_the_rest() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // Fails only when a pool was started already, and then that one serves.
    let _ = rayon::ThreadPoolBuilder::new()
        .num_threads(cores)
        .build_global();
}
