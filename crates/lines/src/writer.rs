//! Lines out: a file beside the output that becomes the output at the end, or stdout.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::{Error, Reader, Result, failed};

/// What a kill can cost: lines are handed to the system after so many bytes, or after so long.
const FLUSH_BYTES: usize = 1 << 18;
const FLUSH_AFTER: Duration = Duration::from_secs(1);

/// Collects lines in `OUT.part` and makes them `OUT` at the end. What came so far stays where that end is not reached.
pub struct Writer {
    output: PathBuf,
    part: Option<PathBuf>,
    writer: BufWriter<Box<dyn Write>>,
    since_flush: usize,
    flushed: Instant,
    old: Option<BufReader<File>>,
}

impl Writer {
    /// Opens an output; `-` is stdout. Lines of an earlier run that was cut short wait for [`Writer::resume`] or
    /// [`Writer::restart`].
    ///
    /// # Errors
    /// Where the output is there already and `force` is not set, or `OUT.part` cannot be written.
    pub fn open(output: &Path, force: bool) -> Result<Self> {
        let output = output.to_owned();
        if output == Path::new("-") {
            return Ok(Self {
                output,
                part: None,
                writer: BufWriter::new(Box::new(io::stdout())),
                since_flush: 0,
                flushed: Instant::now(),
                old: None,
            });
        }
        if output.exists() && !force {
            return Err(Error {
                message: format!("{} is there already", output.display()),
                hint: "give another --out, or --force to replace it".into(),
            });
        }
        let mut name = output.as_os_str().to_owned();
        name.push(".part");
        let part = PathBuf::from(name);
        let shown = part.clone();
        let failed = failed("cannot write", &shown);
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&part)
            .map_err(&failed)?;
        let whole = whole_lines(&mut file).map_err(&failed)?;
        file.set_len(whole).map_err(&failed)?;
        let old = (whole > 0)
            .then(|| File::open(&part))
            .transpose()
            .map_err(&failed)?;
        Ok(Self {
            output,
            part: Some(part),
            writer: BufWriter::new(Box::new(file)),
            since_flush: 0,
            flushed: Instant::now(),
            old: old.map(BufReader::new),
        })
    }

    /// Drops what an earlier run has left.
    ///
    /// # Errors
    /// Where `OUT.part` cannot be emptied.
    pub fn restart(&mut self) -> Result<()> {
        let Some(part) = self.part.as_deref().filter(|_| self.old.take().is_some()) else {
            return Ok(());
        };
        let emptied = OpenOptions::new().write(true).open(part);
        emptied
            .and_then(|file| file.set_len(0))
            .map_err(failed("cannot write", part))
    }

    /// Passes over the input's rows that an earlier run has done, and says how many; `same` says whether a line of the input
    /// is the one that a line of the output was made from.
    ///
    /// # Errors
    /// Where the lines that lie there are not of this input, or cannot be read.
    pub fn resume(
        &mut self,
        input: &mut Reader,
        same: &dyn Fn(&[u8], &[u8]) -> bool,
    ) -> Result<u64> {
        let Some(old) = self.old.take() else {
            return Ok(0);
        };
        let part = self.part.clone().unwrap_or_default();
        let mut count = 0;
        for done in old.split(b'\n') {
            let done = done.map_err(failed("cannot read", &part))?;
            match input.line()? {
                Some(line) if same(&line.text, &done) => count += 1,
                _ => {
                    return Err(Error {
                        message: format!(
                            "row {} of {} is not of {}",
                            count + 1,
                            part.display(),
                            input.path().display()
                        ),
                        hint: format!("remove {}, or give another --out", part.display()),
                    });
                }
            }
        }
        Ok(count)
    }

    /// Adds a line.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put(&mut self, line: &str) -> Result<()> {
        let target = self.part.as_deref().unwrap_or(&self.output);
        let failed = failed("cannot write", target);
        self.writer.write_all(line.as_bytes()).map_err(&failed)?;
        self.writer.write_all(b"\n").map_err(&failed)?;
        self.since_flush += line.len();
        if self.since_flush > FLUSH_BYTES || self.flushed.elapsed() > FLUSH_AFTER {
            self.since_flush = 0;
            self.flushed = Instant::now();
            self.writer.flush().map_err(&failed)?;
        }
        Ok(())
    }

    /// Hands what was added to the system, for a reader at the other end that waits.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        let target = self.part.as_deref().unwrap_or(&self.output);
        self.since_flush = 0;
        self.flushed = Instant::now();
        self.writer.flush().map_err(failed("cannot write", target))
    }

    /// Makes the collected lines the output.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn publish(mut self) -> Result<()> {
        let Some(part) = self.part.clone() else {
            return self
                .writer
                .flush()
                .map_err(failed("cannot write", &self.output));
        };
        self.writer.flush().map_err(failed("cannot write", &part))?;
        let suffix = self.output.extension().and_then(|suffix| suffix.to_str());
        let source = File::open(&part).map_err(failed("cannot read", &part))?;
        source.sync_all().map_err(failed("cannot write", &part))?;
        if !matches!(suffix, Some("gz" | "zst")) {
            return fs::rename(&part, &self.output).map_err(failed("cannot write", &self.output));
        }
        let failed_here = failed("cannot write", &self.output);
        let folder = match self.output.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let packed = tempfile::NamedTempFile::new_in(folder).map_err(&failed_here)?;
        let mut reader = BufReader::new(source);
        if suffix == Some("gz") {
            let mut encoder =
                flate2::write::GzEncoder::new(packed.as_file(), flate2::Compression::default());
            io::copy(&mut reader, &mut encoder).map_err(&failed_here)?;
            encoder.finish().map_err(&failed_here)?;
        } else {
            zstd::stream::copy_encode(&mut reader, packed.as_file(), 3).map_err(&failed_here)?;
        }
        packed.as_file().sync_all().map_err(&failed_here)?;
        packed
            .persist(&self.output)
            .map_err(|error| failed_here(error.error))?;
        fs::remove_file(&part).map_err(failed("cannot remove", &part))
    }
}

impl Drop for Writer {
    /// What came so far stays for the next run.
    fn drop(&mut self) {
        let _ = self.writer.flush();
    }
}

/// The length of a file up to and with its last line end.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut chunk = [0; 8192];
    while end > 0 {
        let start = end.saturating_sub(chunk.len() as u64);
        let part = chunk.get_mut(..(end - start) as usize).unwrap_or_default();
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
