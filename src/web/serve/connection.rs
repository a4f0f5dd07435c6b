//! The clocks of one connection: how long a request head, a quiet client and an unread answer may take.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::body::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How long a client may take. Tests are in more of a hurry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clocks {
    /// To send a request head, and before it begins with the first.
    head: Duration,
    /// To be quiet between two requests.
    idle: Duration,
    /// To read what was handed to it in one go.
    unread: Duration,
}

impl Default for Clocks {
    /// 10 s, 60 s, 120 s.
    fn default() -> Self {
        Self { head: Duration::from_secs(10), idle: Duration::from_secs(60), unread: Duration::from_secs(120) }
    }
}

const HEAD_PHASE: u8 = 0;
const BUSY_PHASE: u8 = 1;
const IDLE_PHASE: u8 = 2;

/// What a connection is doing, known to its stream, its service and its responses alike.
#[derive(Debug, Clone, Default)]
pub(super) struct Phases(Arc<AtomicU8>);

impl Phases {
    /// A whole head was read: the layers keep the time from here.
    pub(super) fn request_came(&self) {
        self.0.store(BUSY_PHASE, Ordering::Release);
    }

    fn response_left(&self) {
        self.0.store(IDLE_PHASE, Ordering::Release);
    }
}

/// A stream that fails with `TimedOut` when its client takes too long.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    phases: Phases,
    clocks: Clocks,
    /// The phase for which `reading` was set.
    reading_phase: u8,
    reading: Option<Pin<Box<Sleep>>>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, phases: Phases, clocks: Clocks) -> Self {
        Self { stream, phases, clocks, reading_phase: BUSY_PHASE, reading: None, writing: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        if let Poll::Ready(done) = Pin::new(&mut this.stream).poll_read(cx, buffer) {
            if buffer.filled().len() > before && this.phases.0.load(Ordering::Acquire) == IDLE_PHASE {
                // The first bytes of the next head: from here it has its ten seconds.
                this.phases.0.store(HEAD_PHASE, Ordering::Release);
            }
            return Poll::Ready(done);
        }
        let phase = this.phases.0.load(Ordering::Acquire);
        let limit = match phase {
            HEAD_PHASE => this.clocks.head,
            IDLE_PHASE => this.clocks.idle,
            _ => {
                this.reading_phase = phase;
                return Poll::Pending;
            }
        };
        let timer = this.reading.get_or_insert_with(|| Box::pin(sleep(limit)));
        if this.reading_phase != phase {
            this.reading_phase = phase;
            timer.as_mut().reset(Instant::now() + limit);
        }
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    /// Passes a write on. The first that has to wait starts the clock; only a flush stops it, which hyper does when it
    /// has nothing left to write. So a client that takes a byte now and then gains nothing.
    fn watch_write<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            return done;
        }
        let unread = self.clocks.unread;
        let timer = self.writing.get_or_insert_with(|| Box::pin(sleep(unread)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let done = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.watch_write(cx, done)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let done = Pin::new(&mut this.stream).poll_write_vectored(cx, parts);
        this.watch_write(cx, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let done = ready!(Pin::new(&mut this.stream).poll_flush(cx));
        this.writing = None;
        Poll::Ready(done)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// A response body that tells the connection when it has been handed over.
#[derive(Debug)]
pub(super) struct Finishing {
    body: Body,
    phases: Phases,
}

impl Finishing {
    pub(super) fn new(body: Body, phases: Phases) -> Self {
        Self { body, phases }
    }
}

impl HttpBody for Finishing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Finishing {
    fn drop(&mut self) {
        self.phases.response_left();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const SHORT: Clocks = Clocks {
        head: Duration::from_millis(300),
        idle: Duration::from_millis(600),
        unread: Duration::from_millis(500),
    };

    /// Both ends of a real connection, the server's watched.
    async fn connected() -> (Watched<TcpStream>, TcpStream, Phases) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let phases = Phases::default();
        (Watched::new(listener.accept().await.unwrap().0, phases.clone(), SHORT), client, phases)
    }

    #[tokio::test]
    async fn who_reads_a_byte_now_and_then_is_left_when_the_time_for_the_whole_is_over() {
        let (mut server, mut client, phases) = connected().await;
        phases.request_came();
        let reading = tokio::spawn(async move {
            let mut byte = [0];
            while client.read_exact(&mut byte).await.is_ok() {
                sleep(Duration::from_millis(20)).await;
            }
        });
        let begun = Instant::now();
        // More than the buffers of any system hold.
        let error = server.write_all(&vec![b'x'; 64 * 1024 * 1024]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!((SHORT.unread..Duration::from_secs(5)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
        reading.abort();
    }

    #[tokio::test]
    async fn who_reads_on_gets_everything_however_long_the_answer() {
        let (mut server, mut client, phases) = connected().await;
        phases.request_came();
        let reading = tokio::spawn(async move {
            let (mut whole, mut piece) = (0, vec![0; 1024 * 1024]);
            while whole < 32 * 1024 * 1024 {
                whole += client.read(&mut piece).await.unwrap();
                sleep(Duration::from_millis(20)).await;
            }
        });
        for _ in 0..32 {
            server.write_all(&vec![b'x'; 1024 * 1024]).await.unwrap();
            server.flush().await.unwrap();
        }
        reading.await.unwrap();
    }

    #[tokio::test]
    async fn a_head_has_its_time_and_so_has_the_quiet_between_two() {
        let (mut server, mut client, phases) = connected().await;
        client.write_all(b"GET /").await.unwrap();
        let mut buffer = [0; 64];
        assert_eq!(server.read(&mut buffer).await.unwrap(), 5);
        let trickle = tokio::spawn(async move {
            for _ in 0..100 {
                sleep(Duration::from_millis(50)).await;
                if client.write_all(b"x").await.is_err() {
                    break;
                }
            }
            client
        });
        let begun = Instant::now();
        while server.read(&mut buffer).await.is_ok() {}
        let head = begun.elapsed();
        assert!((SHORT.head..SHORT.head * 3).contains(&head), "each byte gains nothing: {head:?}");
        trickle.abort();

        let (mut server, _client, phases_of_next) = connected().await;
        drop(phases);
        phases_of_next.response_left();
        let begun = Instant::now();
        assert!(server.read(&mut buffer).await.is_err());
        assert!((SHORT.idle..SHORT.idle * 3).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }
}
