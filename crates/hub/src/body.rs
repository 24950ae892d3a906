//! A part of a file as the body of a request, a piece at a time.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// Bytes in one piece.
const PIECE: usize = 1 << 17;

/// Reads from the disk when the connection has room. A piece comes from the page cache or takes a moment; the other uploads of
/// the process go on in other threads meanwhile.
pub(crate) struct Part {
    file: File,
    left: u64,
    stop: Arc<AtomicBool>,
}

impl Part {
    /// `length` bytes of a file from `start` on.
    pub(crate) fn open(
        path: &Path,
        start: u64,
        length: u64,
        stop: &Arc<AtomicBool>,
    ) -> std::io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(start))?;
        Ok(Self {
            file,
            left: length,
            stop: Arc::clone(stop),
        })
    }
}

impl Body for Part {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        if self.stop.load(Ordering::Relaxed) {
            return Poll::Ready(Some(Err(std::io::Error::other("stopped"))));
        }
        let most = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
        let mut piece = vec![0; most];
        if let Err(error) = self.file.read_exact(&mut piece) {
            return Poll::Ready(Some(Err(error)));
        }
        self.left -= most as u64;
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
