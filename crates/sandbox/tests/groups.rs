//! Control groups: made, used and removed where they can be written; absent, and said to be, where not.
#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used, reason = "a test suite")]

mod common;

use caco_sandbox::{Config, Error, Isolation, Limits, Sandbox, Status};
use common::{CONTROL, OrdinaryUser, config, everything_said, processes_with, run_in};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A group of one test, in which pools make theirs.
struct Parent(PathBuf);

impl Parent {
    /// None, with the reason said, where no group can be made below our own.
    fn new() -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let made = own_group().and_then(|own| {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let folder = own.join(format!("test-{}-{number}", std::process::id()));
            fs::create_dir(&folder).ok()?;
            Some(folder)
        });
        if made.is_none() {
            eprintln!("SKIPPED: no control group (cgroup v2) can be made here");
        }
        made.map(Self)
    }

    fn groups(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).unwrap().flatten();
        entries
            .filter(|entry| entry.file_type().unwrap().is_dir())
            .map(|entry| entry.path())
            .collect()
    }

    fn config(&self, isolation: Isolation) -> Config {
        Config {
            cgroup: Some(self.0.clone()),
            isolation,
            ..config()
        }
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// The folder of this process's group, as far as the usual places of the second version go.
fn own_group() -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
        .into_iter()
        .map(|mount| Path::new(mount).join(own))
        .find(|folder| folder.join("cgroup.controllers").exists())
}

fn members(group: &Path) -> Vec<u32> {
    let text = fs::read_to_string(group.join("cgroup.procs")).unwrap();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

/// A program whose grandchild has no session, parent, command line, folder or environment in common with it: only the group is
/// left. Then it does `then`.
fn escape(seconds: &str, then: &str) -> String {
    format!(
        r#"
import os, time
def parent_of(pid):
    with open("/proc/%d/stat" % pid) as f: return int(f.read().rpartition(")")[2].split()[1])
interpreter = os.getppid()
keeper = parent_of(interpreter)
r, w = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        os.chdir("/")
        os.execve("/bin/sleep", ["sleep", "{seconds}"], {{}})
    os._exit(0)
os.close(w)
os.read(r, 1)  # until the other program runs
{then}
"#
    )
}

const KILL_BOTH: &str = "os.kill(keeper, 9)\nos.kill(interpreter, 9)\ntime.sleep(600)\n";

#[test]
fn a_group_is_made_reported_and_removed() {
    let Some(parent) = Parent::new() else { return };
    for isolation in [Isolation::None, Isolation::Best] {
        let sandbox = Sandbox::start(parent.config(isolation)).unwrap();
        let outcome = run_in(&sandbox, &[CONTROL]).remove(0);
        assert_eq!(outcome.status, Status::Ok, "{outcome:?}");
        let reported = |layer| outcome.protection.split(',').any(|name| name == layer);
        assert!(reported("cgroup"), "{}", outcome.protection);
        let groups = parent.groups();
        assert_eq!(groups.len(), 1);
        assert!(members(&groups[0]).len() >= 2);
        assert!(!members(&groups[0]).contains(&std::process::id()));
        for (layer, file) in [("cgroup_memory", "memory.max"), ("cgroup_pids", "pids.max")] {
            let value = fs::read_to_string(groups[0].join(file)).unwrap_or("max".into());
            assert_eq!(reported(layer), value.trim() != "max", "{file}: {value}");
            eprintln!("{layer} at {isolation:?}: {}", reported(layer));
        }
        drop(sandbox);
        assert_eq!(parent.groups(), Vec::<PathBuf>::new());
    }
}

#[test]
fn what_has_escaped_in_every_other_way_dies_with_its_group() {
    let Some(parent) = Parent::new() else { return };
    let sandbox = Sandbox::start(parent.config(Isolation::None)).unwrap();
    let mark = format!("604800.{}", std::process::id());
    let outcomes = run_in(&sandbox, &[&escape(&mark, KILL_BOTH), CONTROL]);
    let class = outcomes[0].error_class.as_deref();
    assert_eq!(class, Some("InterpreterLost"), "{:?}", outcomes[0]);
    assert_eq!(processes_with(&mark), Vec::<u32>::new());
    assert_eq!(outcomes[1].output_text.as_deref(), Some("42"));
    drop(sandbox);
    assert_eq!(parent.groups(), Vec::<PathBuf>::new());
}

#[test]
fn groups_that_programs_make_in_theirs_go_too() {
    let Some(parent) = Parent::new() else { return };
    let sandbox = Sandbox::start(parent.config(Isolation::None)).unwrap();
    let folder = parent.0.to_string_lossy();
    let program = format!(
        "import os\nown, = [entry.path for entry in os.scandir({folder:?}) if entry.is_dir()]\nos.makedirs(own + '/a/b')\noutput = 'made'\n"
    );
    let outcome = run_in(&sandbox, &[&program]).remove(0);
    assert_eq!(outcome.output_text.as_deref(), Some("made"), "{outcome:?}");
    drop(sandbox);
    assert_eq!(parent.groups(), Vec::<PathBuf>::new());
}

/// Not a test: the supervisor that the next test kills.
#[test]
#[ignore = "started by the test below"]
fn supervisor_to_be_killed() {
    let Some(folder) = std::env::var_os("SANDBOX_TEST_FOLDER") else {
        return;
    };
    let mark = std::env::var("SANDBOX_TEST_MARK").unwrap();
    let sandbox = Parent(folder.into()).config(Isolation::None);
    let sandbox = Sandbox::start(Config {
        limits: Limits {
            cpu_seconds: 3600.0,
            wall_seconds: 3600.0,
            ..Limits::default()
        },
        ..sandbox
    })
    .unwrap();
    let say = |done| println!("\nsettled {done}");
    let programs = [CONTROL, &escape(&mark, "time.sleep(3600)")];
    let _ = sandbox.run(&programs, &say, &AtomicBool::new(false));
}

/// One that is gone already is none to be signalled.
fn signal(name: &str, process: u32) {
    let mut command = Command::new("kill");
    command.args([name, &process.to_string()]);
    command.stderr(Stdio::null()).status().unwrap();
}

#[test]
fn what_a_killed_supervisor_leaves_goes_at_the_next_start() {
    let Some(parent) = Parent::new() else { return };
    let bystander = Sandbox::start(parent.config(Isolation::Best)).unwrap();
    let others = parent.groups();
    let mark = format!("604801.{}", std::process::id());
    let mut supervisor = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "supervisor_to_be_killed",
            "--ignored",
            "--nocapture",
        ])
        .env("SANDBOX_TEST_FOLDER", &parent.0)
        .env("SANDBOX_TEST_MARK", &mark)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(supervisor.stdout.take().unwrap()).lines();
    let settled = lines
        .map_while(Result::ok)
        .find(|line| line.starts_with("settled"));
    assert!(settled.is_some(), "it did not come to run programs");
    while processes_with(&mark).is_empty() {
        std::thread::yield_now();
    }
    let escaped = processes_with(&mark);
    let mut groups = parent.groups();
    groups.retain(|group| !others.contains(group));
    // Everything that would sweep up is killed at one moment.
    signal("-STOP", supervisor.id());
    for process in members(&groups[0]) {
        if !escaped.contains(&process) {
            signal("-KILL", process);
        }
    }
    supervisor.kill().unwrap();
    supervisor.wait().unwrap();
    assert_eq!(processes_with(&mark), escaped, "nobody is left to find it");
    assert_eq!(parent.groups().len(), 2);

    let next = Sandbox::start(parent.config(Isolation::None)).unwrap();
    assert_eq!(processes_with(&mark), Vec::<u32>::new());
    assert!(!groups[0].exists());
    for sandbox in [bystander, next] {
        assert_eq!(run_in(&sandbox, &[CONTROL])[0].status, Status::Ok);
    }
    assert_eq!(parent.groups(), Vec::<PathBuf>::new());
}

#[test]
fn a_folder_that_is_no_group_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let result = Sandbox::start(Config {
        cgroup: Some(folder.path().into()),
        ..config()
    });
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Folder { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("control group") && text.contains(&*folder.path().to_string_lossy()),
        "{text}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Not a test: what the next test runs as an ordinary user.
#[test]
#[ignore = "started by the test below"]
fn ordinary_user() {
    for isolation in [Isolation::Best, Isolation::None] {
        let sandbox = Sandbox::start(Config {
            isolation,
            ..config()
        })
        .unwrap();
        assert_eq!(run_in(&sandbox, &[CONTROL])[0].status, Status::Ok);
        println!("layers: {}", sandbox.protection());
    }
}

#[test]
fn an_ordinary_user_has_a_group_where_one_is_delegated_and_none_elsewhere() {
    let Some(user) = OrdinaryUser::new() else {
        return;
    };
    let arguments = ["--exact", "ordinary_user", "--ignored", "--nocapture"];
    let layers = |text: &str| -> Vec<bool> {
        text.lines()
            .filter_map(|line| line.split_once("layers: "))
            .map(|(_, layers)| layers.split(',').any(|layer| layer == "cgroup"))
            .collect()
    };
    let text = everything_said(user.command(&arguments));
    assert_eq!(layers(&text), [false, false], "{text}");

    let Some(parent) = Parent::new() else { return };
    for name in [
        "",
        "cgroup.procs",
        "cgroup.subtree_control",
        "cgroup.threads",
    ] {
        std::os::unix::fs::chown(parent.0.join(name), Some(common::NOBODY), None).unwrap();
    }
    let mut command = Command::new("sh");
    command
        .args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\""])
        .arg(&parent.0)
        .arg(&user.suite)
        .args(arguments);
    user.surround(&mut command);
    let text = everything_said(command);
    assert_eq!(layers(&text), [true, true], "{text}");
    assert_eq!(parent.groups(), Vec::<PathBuf>::new());
}

#[test]
fn memory_of_all_processes_together_is_bounded_where_the_controller_is_there() {
    let Some(parent) = Parent::new() else { return };
    let sandbox = Sandbox::start(Config {
        limits: Limits {
            cpu_seconds: 60.0,
            wall_seconds: 120.0,
            memory_mb: 256,
        },
        ..parent.config(Isolation::None)
    })
    .unwrap();
    if !sandbox.protection().contains("cgroup_memory") {
        eprintln!("SKIPPED: there is no memory controller here");
        return;
    }
    // Each keeps to its own limit; together they do not.
    let together = r#"
import os, time
for _ in range(12):
    if os.fork() == 0:
        kept = bytearray(120 << 20)
        for at in range(0, len(kept), 4096): kept[at] = 1
        time.sleep(600)
for _ in range(12): os.wait()
"#;
    let alone = "kept = bytearray(120 << 20)\noutput = len(kept)\n";
    let outcomes = run_in(&sandbox, &[together, alone]);
    assert_eq!(outcomes[0].status, Status::Memory, "{:?}", outcomes[0]);
    assert_eq!(outcomes[1].status, Status::Ok, "{:?}", outcomes[1]);
}
