//! Threads of our own for parsing untrusted HTML.
//!
//! Owns: threads with stacks deep enough for any bounded document, a queue that says no when it is full, a watchdog, and
//! a wall against panics. Where the processor is short, the threads give way to those that draw pages. Does not own: what
//! runs on them. Tokio's blocking threads will not do: their stacks are small, there are hundreds of them, and none can be
//! given up.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// A tree builder recurses once a level; 256 levels take far less, but a mended bound must not turn into an abort.
const STACK_BYTES: usize = 16 << 20;

/// So much work may wait for each thread.
const QUEUE_PER_THREAD: usize = 64;

/// How long one piece of work may take before its caller gives it up.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much less of the processor the threads claim than others: so many steps of `nice(2)` of nineteen.
const MANNERS: i32 = 5;

/// The same for work that nobody waits for: whoever draws a page has the processor at once.
const BEST_MANNERS: i32 = 19;

/// Why a piece of work gave no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// It panicked.
    #[error("reading the document failed in a way that must not happen; it was given up")]
    Crashed,
    /// It took longer than the pool allows. It cannot be stopped, so another thread took its thread's place.
    #[error("reading the document took too long; it was given up")]
    TimedOut,
    /// Too much is waiting already, or no thread could be started.
    #[error("too many documents are waiting to be read; try again later")]
    Full,
}

/// Threads with deep stacks and a watchdog. Clones share the threads, which end when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct ContentPool {
    shared: Arc<Shared>,
    /// Dropped with the last clone.
    _owner: Arc<Owner>,
    patience: Duration,
}

/// Does something and says whether its thread may go on: not if it was given up meanwhile and replaced.
type Work = Box<dyn FnOnce() -> bool + Send>;

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    capacity: usize,
    manners: i32,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    queue: VecDeque<Work>,
    closed: bool,
}

/// Ends the threads when it goes.
#[derive(Debug)]
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.wake.notify_all();
    }
}

impl ContentPool {
    /// A pool of `threads` threads, at least one.
    pub fn new(threads: usize) -> Self {
        Self::with_patience(threads, PATIENCE)
    }

    /// A pool that gives work up after `patience`.
    pub fn with_patience(threads: usize, patience: Duration) -> Self {
        Self::start(threads, patience, MANNERS)
    }

    /// The same with one thread, for work that nobody waits for.
    pub fn in_background(patience: Duration) -> Self {
        Self::start(1, patience, BEST_MANNERS)
    }

    fn start(threads: usize, patience: Duration, manners: i32) -> Self {
        let threads = threads.max(1);
        let shared = Arc::new(Shared {
            state: Mutex::new(State::default()),
            wake: Condvar::new(),
            capacity: threads * QUEUE_PER_THREAD,
            manners,
        });
        for _ in 0..threads {
            start_thread(&shared);
        }
        Self { _owner: Arc::new(Owner(Arc::clone(&shared))), shared, patience }
    }

    /// Runs `work` on one of the threads and waits for its result. The time limit counts from when it begins.
    ///
    /// # Errors
    /// [`PoolError::Full`] at once if too much is waiting; [`PoolError::Crashed`] if the work panicked;
    /// [`PoolError::TimedOut`] if it took too long.
    pub async fn run<T, F>(&self, work: F) -> Result<T, PoolError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (begun, has_begun) = oneshot::channel();
        let (done, result) = oneshot::channel();
        let given_up = Arc::new(AtomicBool::new(false));
        let replaced = Arc::clone(&given_up);
        let job: Work = Box::new(move || {
            // Whoever asked may have gone; then nobody needs the result.
            if begun.send(()).is_ok() {
                let outcome = catch_unwind(AssertUnwindSafe(work));
                done.send(outcome.map_err(|_| PoolError::Crashed)).unwrap_or_default();
            }
            !replaced.load(Ordering::Acquire)
        });
        {
            let mut state = self.shared.lock();
            if state.queue.len() >= self.shared.capacity {
                return Err(PoolError::Full);
            }
            state.queue.push_back(job);
        }
        self.shared.wake.notify_one();
        has_begun.await.map_err(|_| PoolError::Crashed)?;
        match tokio::time::timeout(self.patience, result).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(PoolError::Crashed),
            Err(_) => {
                given_up.store(true, Ordering::Release);
                start_thread(&self.shared);
                Err(PoolError::TimedOut)
            }
        }
    }
}

impl Default for ContentPool {
    fn default() -> Self {
        Self::new(2)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under the lock, and the queue is sound at every point anyway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece of work, or `None` when the pool is gone.
    fn next(&self) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.queue.pop_front() {
                return Some(work);
            }
            if state.closed {
                return None;
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn start_thread(shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    let started = std::thread::Builder::new().name("content".to_owned()).stack_size(STACK_BYTES).spawn(move || {
        give_way(shared.manners);
        while let Some(work) = shared.next() {
            if !work() {
                break;
            }
        }
    });
    if let Err(error) = started {
        tracing::error!(%error, "no thread could be started for reading documents");
    }
}

/// Ranks the calling thread below others. Only Linux ranks threads one by one; where it refuses, the thread keeps its rank.
fn give_way(steps: i32) {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(steps);
    #[cfg(not(target_os = "linux"))]
    let _ = steps;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn only_the_threads_of_a_pool_give_way() {
        let rank = || rustix::process::getpriority_process(None);
        let mine = rank();
        assert_eq!(ContentPool::new(1).run(rank).await, Ok(mine.map(|rank| (rank + MANNERS).min(19))));
        assert_eq!(ContentPool::in_background(PATIENCE).run(rank).await, Ok(Ok(19)));
        assert_eq!(rank(), mine);
    }

    #[tokio::test]
    async fn work_runs_and_gives_its_result() {
        let pool = ContentPool::new(2);
        let all = futures_util::future::join_all((0..50).map(|n| pool.run(move || n * 2))).await;
        assert_eq!(all, (0..50).map(|n| Ok(n * 2)).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_panic_stays_inside_and_the_thread_goes_on() {
        let pool = ContentPool::new(1);
        assert_eq!(pool.run(|| panic!("broken document")).await, Err::<(), _>(PoolError::Crashed));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }

    #[tokio::test]
    async fn work_that_hangs_is_given_up_and_its_thread_replaced() {
        let pool = ContentPool::with_patience(1, Duration::from_millis(20));
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let hung = pool.run(move || wait.recv().is_ok()).await;
        assert_eq!(hung, Err(PoolError::TimedOut));
        assert_eq!(pool.run(|| 2).await, Ok(2));
        drop(release);
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once() {
        let pool = ContentPool::new(1);
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let blocked = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(move || wait.recv().is_err()).await }
        });
        tokio::task::yield_now().await;
        let mut waiting: Vec<_> = (0..=QUEUE_PER_THREAD + 1).map(|_| Box::pin(pool.run(|| true))).collect();
        let mut full = 0;
        for future in &mut waiting {
            if let Some(outcome) = futures_util::FutureExt::now_or_never(future.as_mut()) {
                assert_eq!(outcome, Err(PoolError::Full));
                full += 1;
            }
        }
        assert!(full >= 1);
        drop(release);
        assert_eq!(blocked.await.ok(), Some(Ok(true)));
    }

    #[tokio::test]
    async fn threads_have_room_for_deep_recursion() {
        fn descend(levels: u64) -> u64 {
            let frame = std::hint::black_box([levels; 64]);
            if levels == 0 { frame[0] } else { descend(levels - 1) + frame[1].min(1) }
        }
        assert_eq!(ContentPool::new(1).run(|| descend(8_000)).await, Ok(8_000));
    }
}
