//! Who runs, who waits, and how the server comes to an end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// The one way to the executor.
#[derive(Debug)]
pub struct Gate {
    turns: Semaphore,
    queue: usize,
    waiting: AtomicUsize,
    running: AtomicUsize,
    open: watch::Sender<usize>,
    phase: watch::Sender<Phase>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Ready,
    Draining,
    Stopped,
}

/// Why something was not run, or not to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// As many wait as may.
    Full,
    /// Its turn did not come in time.
    Late,
    /// The server takes no more.
    Draining,
    /// The server's deadline came first.
    Stopped,
}

impl Gate {
    pub fn new(in_flight: usize, queue: usize) -> Self {
        Self {
            turns: Semaphore::new(in_flight),
            queue,
            waiting: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            open: watch::Sender::new(0),
            phase: watch::Sender::new(Phase::Ready),
        }
    }

    /// Requests that wait for their turn.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Programs that the executor has.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    pub fn is_draining(&self) -> bool {
        *self.phase.borrow() != Phase::Ready
    }

    /// Does `work` when its turn comes, first come, first served. Dropping the future gives up the place and drops `work`.
    pub async fn run<T>(
        &self,
        wait: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Refusal> {
        // Counted before the phase is read: a drain that has begun sees it, or it sees the drain.
        let _open = Open::new(&self.open);
        if self.is_draining() {
            return Err(Refusal::Draining);
        }
        let mut phase = self.phase.subscribe();
        let stopped = phase.wait_for(|phase| *phase == Phase::Stopped);
        let turn = async {
            let _turn = match self.turns.try_acquire() {
                Ok(turn) => turn,
                Err(_) => self.wait_for_turn(wait).await?,
            };
            let _running = Counted::new(&self.running);
            Ok(work.await)
        };
        tokio::select! {
            biased;
            _ = stopped => Err(Refusal::Stopped),
            done = turn => done,
        }
    }

    async fn wait_for_turn(
        &self,
        wait: Duration,
    ) -> Result<tokio::sync::SemaphorePermit<'_>, Refusal> {
        let room = |waiting| (waiting < self.queue).then_some(waiting + 1);
        self.waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, room)
            .map_err(|_| Refusal::Full)?;
        let _waiting = Counted(&self.waiting);
        match timeout(wait, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) => Err(Refusal::Draining),
            Err(_) => Err(Refusal::Late),
        }
    }

    /// Takes no more, and waits until all that was taken is done. What is not done after `deadline` is dropped; returns how
    /// many those were.
    pub async fn drain(&self, deadline: Duration) -> usize {
        self.phase.send_replace(Phase::Draining);
        let mut open = self.open.subscribe();
        if timeout(deadline, open.wait_for(|open| *open == 0))
            .await
            .is_ok()
        {
            return 0;
        }
        let cut = *self.open.borrow();
        self.phase.send_replace(Phase::Stopped);
        // Ends as soon as those that were dropped have been: the sender is ours, so it cannot be gone.
        drop(open.wait_for(|open| *open == 0).await);
        cut
    }
}

/// One that was let in.
struct Open<'a>(&'a watch::Sender<usize>);

impl<'a> Open<'a> {
    fn new(open: &'a watch::Sender<usize>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(open)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}

/// One that is counted for as long as this lives.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
