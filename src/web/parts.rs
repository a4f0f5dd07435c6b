//! A body that is there in parts: it goes out without being put together, and its length is known all the same.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// Parts on their way out; each is let go once it was sent.
#[derive(Debug)]
pub struct Parts {
    waiting: std::vec::IntoIter<Bytes>,
    bytes: u64,
}

impl From<Vec<Bytes>> for Parts {
    fn from(parts: Vec<Bytes>) -> Self {
        Self { bytes: parts.iter().map(|part| part.len() as u64).sum(), waiting: parts.into_iter() }
    }
}

impl From<Parts> for Body {
    fn from(parts: Parts) -> Self {
        Self::new(parts)
    }
}

impl HttpBody for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.waiting.next();
        self.bytes -= next.as_ref().map_or(0, |part| part.len() as u64);
        Poll::Ready(next.map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes)
    }
}
