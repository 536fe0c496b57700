//! A request to stop, seen by everything that waits.

use tokio::sync::watch;

/// The side that asks a run to stop (a signal handler).
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// The side that is asked; cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// A connected pair.
#[must_use]
pub fn channel() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Asks for the stop. Asking twice changes nothing.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// A stop that is never requested.
    #[must_use]
    pub fn never() -> Self {
        channel().1
    }

    /// Whether the stop has been requested.
    #[must_use]
    pub fn requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once the stop is requested; never, if the asking side is gone.
    pub async fn wait(&mut self) {
        if self.0.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
