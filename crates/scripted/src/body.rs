//! The body of an answer, which may break off in its middle.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

pub(crate) struct Sent {
    rest: Bytes,
    announced: u64,
    breaks: Option<Break>,
}

/// How far a body that breaks off has come.
#[derive(Clone, Copy)]
enum Break {
    Written,
    Flushed,
}

impl Sent {
    pub fn whole(bytes: Bytes) -> Self {
        Self {
            announced: bytes.len() as u64,
            rest: bytes,
            breaks: None,
        }
    }

    /// Announces all and sends half.
    pub fn half(bytes: Bytes) -> Self {
        Self {
            announced: bytes.len() as u64,
            rest: bytes.slice(..bytes.len() / 2),
            breaks: Some(Break::Written),
        }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if !self.rest.is_empty() {
            let bytes = std::mem::take(&mut self.rest);
            self.announced -= bytes.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.breaks {
            None => Poll::Ready(None),
            Some(Break::Written) => {
                // What is written leaves before the connection is closed.
                self.breaks = Some(Break::Flushed);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Break::Flushed) => Poll::Ready(Some(Err(io::ErrorKind::BrokenPipe.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.breaks.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
