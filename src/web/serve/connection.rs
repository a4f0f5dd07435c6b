//! The clocks of one connection: how long a request head, a quiet client and an unread answer may take.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
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
    /// To read an answer, besides what its size asks for.
    answer: Duration,
}

impl Default for Clocks {
    /// 10 s, 60 s, 120 s, 120 s.
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            unread: Duration::from_secs(120),
            answer: Duration::from_secs(120),
        }
    }
}

/// The slowest line that a long answer may go over, in bytes a second; a recording that is listened to takes so much.
const SLOWEST: u64 = 8 * 1024;
/// The most bytes that are handed over in one go, so that a long answer is no single write with one clock for all of it.
const PIECE: usize = 64 * 1024;

const HEAD_PHASE: u8 = 0;
const BUSY_PHASE: u8 = 1;
const IDLE_PHASE: u8 = 2;

/// Counts the beginnings of waits, of all connections together: who began earlier has the smaller number.
static WAITS: AtomicU64 = AtomicU64::new(0);

/// What a connection is doing, known to its stream, its service and its responses alike.
#[derive(Debug, Clone)]
pub(super) struct Phases(Arc<Doing>);

#[derive(Debug)]
struct Doing {
    phase: AtomicU8,
    waits_since: AtomicU64,
}

impl Default for Phases {
    /// A connection that has just come: nothing was asked yet.
    fn default() -> Self {
        let waits_since = AtomicU64::new(WAITS.fetch_add(1, Ordering::Relaxed));
        Self(Arc::new(Doing { phase: AtomicU8::new(HEAD_PHASE), waits_since }))
    }
}

impl Phases {
    /// A whole head was read: the layers keep the time from here.
    pub(super) fn request_came(&self) {
        self.enter(BUSY_PHASE);
    }

    /// When the client began to keep the server waiting, as a place in the order of all such moments; `None` while a request
    /// is being answered.
    pub(super) fn waiting_since(&self) -> Option<u64> {
        (self.phase() != BUSY_PHASE).then(|| self.0.waits_since.load(Ordering::Relaxed))
    }

    fn response_left(&self) {
        self.0.waits_since.store(WAITS.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        self.enter(IDLE_PHASE);
    }

    fn phase(&self) -> u8 {
        self.0.phase.load(Ordering::Acquire)
    }

    fn enter(&self, phase: u8) {
        self.0.phase.store(phase, Ordering::Release);
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
            if buffer.filled().len() > before && this.phases.phase() == IDLE_PHASE {
                // The first bytes of the next head: from here it has its ten seconds.
                this.phases.enter(HEAD_PHASE);
            }
            return Poll::Ready(done);
        }
        let phase = this.phases.phase();
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

/// A response body that is handed over in pieces, gives up a client that takes too long for all of it, and tells the
/// connection when it has been handed over.
#[derive(Debug)]
pub(super) struct Finishing {
    body: Body,
    /// What came of the body and is not handed over yet.
    rest: Bytes,
    handed_over: u64,
    begun: Instant,
    clocks: Clocks,
    phases: Phases,
}

impl Finishing {
    pub(super) fn new(body: Body, phases: Phases, clocks: Clocks) -> Self {
        Self { body, rest: Bytes::new(), handed_over: 0, begun: Instant::now(), clocks, phases }
    }
}

impl HttpBody for Finishing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.begun.elapsed() > self.clocks.answer + Duration::from_secs(self.handed_over / SLOWEST) {
            return Poll::Ready(Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut)))));
        }
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)).map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.rest = data,
                Some(Ok(Err(trailers))) => return Poll::Ready(Some(Ok(trailers))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.handed_over += u64::try_from(length).unwrap_or(u64::MAX);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), u64::try_from(self.rest.len()).unwrap_or(u64::MAX));
        // The upper bound first: none may be below the lower one.
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
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
        answer: Duration::from_millis(500),
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

    /// An answer of `megabytes`, read by a client with a `pause` after each of them; how many arrived.
    async fn read_slowly(megabytes: usize, pause: Duration) -> usize {
        const MEGABYTE: usize = 1024 * 1024;
        let (server, mut client, phases) = connected().await;
        let service = hyper::service::service_fn(move |_| {
            phases.request_came();
            let body = Finishing::new(Body::from(vec![b'x'; megabytes * MEGABYTE]), phases.clone(), SHORT);
            async { Ok::<_, std::convert::Infallible>(hyper::Response::new(body)) }
        });
        let serving = hyper::server::conn::http1::Builder::new()
            .max_buf_size(128 * 1024)
            .header_read_timeout(None)
            .serve_connection(hyper_util::rt::TokioIo::new(server), service);
        let reading = async {
            client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
            let (mut whole, mut piece) = (0, vec![0; MEGABYTE]);
            while let Ok(read @ 1..) = client.read(&mut piece).await {
                whole += read;
                sleep(pause * u32::try_from(read).unwrap() / u32::try_from(MEGABYTE).unwrap()).await;
            }
            whole / MEGABYTE
        };
        tokio::join!(serving, reading).1
    }

    #[tokio::test]
    async fn a_long_answer_has_time_by_its_size_so_that_a_slow_line_gets_all_of_it() {
        assert_eq!(read_slowly(32, Duration::from_millis(40)).await, 32, "longer than any single write may take");
    }

    #[tokio::test]
    async fn an_answer_that_is_taken_byte_by_byte_is_given_up() {
        let drops = futures_util::stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(b"x")));
        let mut body = Finishing::new(Body::from_stream(drops), Phases::default(), SHORT);
        let mut next = async || std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await.unwrap();
        assert!(next().await.is_ok());
        sleep(SHORT.answer / 2).await;
        assert!(next().await.is_ok());
        sleep(SHORT.answer).await;
        assert!(next().await.is_err());
    }

    #[tokio::test]
    async fn an_answer_is_handed_over_in_pieces_and_its_length_is_known_throughout() {
        let text: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let mut body = Finishing::new(Body::from(text.clone()), Phases::default(), Clocks::default());
        let mut handed_over = Vec::new();
        loop {
            let left = u64::try_from(text.len() - handed_over.len()).unwrap();
            assert_eq!(body.size_hint().exact(), Some(left));
            assert_eq!(body.is_end_stream(), left == 0);
            let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
            let Some(frame) = frame else { break };
            let piece = frame.unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE);
            handed_over.extend_from_slice(&piece);
        }
        assert_eq!(handed_over, text);
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
