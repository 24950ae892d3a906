//! The supervisor's ends of a child's pipes. Everything read from them is taken as hostile.

use crate::sys;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd};

/// The reading end of a pipe and what came out of it, up to a cap.
#[derive(Debug)]
pub struct Capture {
    pipe: Option<PipeReader>,
    pub bytes: Vec<u8>,
    pub cap: usize,
    pub overflow: bool,
}

impl Capture {
    pub fn new(cap: usize) -> io::Result<(Self, PipeWriter)> {
        let (reader, writer) = io::pipe()?;
        let capture = Self {
            pipe: Some(reader),
            bytes: Vec::new(),
            cap,
            overflow: false,
        };
        Ok((capture, writer))
    }

    pub fn fd(&self) -> i32 {
        self.pipe.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// Reads once; to be called when there is something.
    pub fn read(&mut self) {
        let mut chunk = [0; 65_536];
        match self.pipe.as_mut().map(|pipe| pipe.read(&mut chunk)) {
            Some(Ok(n)) if n > 0 => {
                let room = self.cap - self.bytes.len();
                self.overflow |= n > room;
                self.bytes
                    .extend_from_slice(chunk.get(..n.min(room)).unwrap_or_default());
            }
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            _ => self.pipe = None,
        }
    }

    /// Reads what is left after all writers are dead, at most what still fits.
    pub fn drain(&mut self) {
        while self.pipe.is_some() && !self.overflow {
            match sys::poll([self.fd()], [false], 0) {
                Ok([true]) => self.read(),
                _ => self.pipe = None,
            }
        }
    }

    /// The last `keep` bytes as text.
    pub fn tail(&self, keep: usize) -> String {
        let start = self.bytes.len().saturating_sub(keep);
        String::from_utf8_lossy(self.bytes.get(start..).unwrap_or_default()).into_owned()
    }
}

/// The writing end of the pipe that gives a child its programs, and what has still to go into it.
#[derive(Debug)]
pub struct Feed {
    pipe: Option<PipeWriter>,
    pending: Vec<u8>,
    at: usize,
}

impl Feed {
    pub fn new() -> io::Result<(PipeReader, Self)> {
        let (reader, writer) = io::pipe()?;
        sys::never_wait(writer.as_fd())?;
        let feed = Self {
            pipe: Some(writer),
            pending: Vec::new(),
            at: 0,
        };
        Ok((reader, feed))
    }

    /// Adds `data` to what has to be written, and writes what fits.
    pub fn push(&mut self, data: &[u8]) {
        self.pending.drain(..self.at);
        self.at = 0;
        self.pending.extend_from_slice(data);
        self.write();
    }

    /// The descriptor to wait for; -1 where nothing is left to write.
    pub fn fd(&self) -> i32 {
        match &self.pipe {
            Some(pipe) if self.at < self.pending.len() => pipe.as_raw_fd(),
            _ => -1,
        }
    }

    /// Writes what fits. A child that has closed its end gets nothing more.
    pub fn write(&mut self) {
        while let (Some(pipe), Some(rest)) = (self.pipe.as_mut(), self.pending.get(self.at..)) {
            if rest.is_empty() {
                break;
            }
            match pipe.write(rest) {
                Ok(n) if n > 0 => self.at += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                _ => self.pipe = None,
            }
        }
    }

    /// Tells the child that nothing more comes.
    pub fn close(&mut self) {
        self.pipe = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_stops_at_its_cap_and_keeps_the_tail() {
        let (mut capture, mut writer) = Capture::new(6000).unwrap();
        writer.write_all(&[b'a'; 5000]).unwrap();
        writer.write_all(b"end").unwrap();
        capture.read();
        assert!(!capture.overflow);
        assert_eq!(capture.tail(4096).len(), 4096);
        assert!(capture.tail(4096).ends_with("end"));
        writer.write_all(&[b'b'; 5000]).unwrap();
        drop(writer);
        capture.drain();
        assert!(capture.overflow);
        assert_eq!(capture.bytes.len(), 6000);
    }

    #[test]
    fn a_feed_never_waits_and_writes_all_in_the_end() {
        let (mut reader, mut feed) = Feed::new().unwrap();
        let data: Vec<u8> = (0..300_000u32).map(|i| i as u8).collect();
        feed.push(&data);
        assert!(feed.fd() >= 0, "a pipe does not take it all at once");
        let mut got = Vec::new();
        let mut chunk = [0; 65_536];
        while got.len() < data.len() {
            let n = reader.read(&mut chunk).unwrap();
            got.extend_from_slice(&chunk[..n]);
            feed.write();
        }
        assert_eq!(feed.fd(), -1);
        assert!(got == data);
        drop(reader);
        feed.push(b"x");
        assert_eq!(feed.fd(), -1);
    }
}
