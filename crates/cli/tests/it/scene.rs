//! A temporary folder to run commands in, and what they print.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

/// A folder of one test.
pub struct Scene {
    dir: TempDir,
}

impl Scene {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `caco` with this folder as the current one and nothing of the user's settings.
    pub fn caco(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caco"));
        command
            .args(args)
            .current_dir(self.path())
            .env("XDG_CACHE_HOME", cache())
            .env("HOME", self.path())
            .env("NO_COLOR", "1")
            .env_remove("CACO_PYTHON")
            .env_remove("COLUMNS")
            .stdin(Stdio::null());
        command
    }

    /// Runs to the end.
    pub fn run(&self, args: &[&str]) -> Shown {
        Shown::of(self.caco(args).output().unwrap(), self.path())
    }

    /// Starts in the background, in a process group of its own, with its output in a file.
    pub fn start(&self, args: &[&str]) -> Child {
        self.start_with(args, &[])
    }

    /// The same with more variables in the environment.
    pub fn start_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Child {
        use std::os::unix::process::CommandExt as _;
        let log = std::fs::File::create(self.path().join("stderr.log")).unwrap();
        self.caco(args)
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap()
    }
}

/// What a command printed and returned; `{}` shows it whole, for snapshots.
pub struct Shown {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Shown {
    pub fn of(output: Output, dir: &Path) -> Self {
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            let real = dir.canonicalize().unwrap();
            text.replace(&*real.to_string_lossy(), "[DIR]")
                .replace(&*dir.to_string_lossy(), "[DIR]")
        };
        let code = output.status.code().unwrap_or(-1);
        Self {
            code,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The stdout as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// Itself, if the exit code is this one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "\n---- {name}\n{}", text.trim_end())?;
            }
        }
        f.write_char('\n')
    }
}

/// A cache folder for all tests, kept between them.
pub fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

/// A file of the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
        .canonicalize()
        .unwrap()
}

/// The configuration of a run that takes a few seconds and passes through every stage, for two rounds.
pub fn tiny() -> String {
    format!(
        "name: tiny
seed: 7
rounds: 2
shard_rows: 6
seeds:
  - {{path: {seeds}, limit: 24}}
execute: {{python: [], workers: 2}}
unify: {{samples: 2}}
tune: {{training: {{steps: 6, checkpoint_every: 2, tokens_per_step: 512}}}}
sample: {{count: 30}}
export: {{formats: [messages, verl], rows_per_file: 20}}
train: {{training: {{steps: 6, checkpoint_every: 2, tokens_per_step: 512}}}}
evaluate:
  benchmarks:
    - {{name: held_out, path: {held_out}, limit: 8}}
",
        seeds = project("seeds/quickstart.jsonl").display(),
        held_out = project("examples/quickstart-held-out.jsonl").display(),
    )
}

/// One undisturbed run of [`tiny`], shared by the tests that only look.
pub fn finished() -> &'static (Scene, Shown) {
    static RUN: OnceLock<(Scene, Shown)> = OnceLock::new();
    RUN.get_or_init(|| {
        let scene = Scene::new();
        scene.write("tiny.yaml", &tiny());
        let shown = scene
            .run(&["run", "tiny.yaml", "-o", "run", "--no-progress"])
            .expect(0);
        (scene, shown)
    })
}

/// The rows of the shards in a folder of a run, such as `r1-execute`.
pub fn shard_rows(run: &Path, folder: &str) -> Vec<caco_record::Row> {
    let mut rows = Vec::new();
    for file in std::fs::read_dir(run.join("shards").join(folder)).unwrap() {
        let file = std::fs::File::open(file.unwrap().path()).unwrap();
        let batches = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        for batch in batches.build().unwrap() {
            rows.extend(caco_record::from_batch(&batch.unwrap()).unwrap());
        }
    }
    rows
}

/// Every file below a folder with its bytes, in order.
pub fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in
            std::fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display()))
        {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.push((path.strip_prefix(folder).unwrap().to_owned(), bytes));
            }
        }
    }
    found.sort();
    found
}
