//! Requests to stop: Ctrl-C, SIGTERM, and a terminal that goes away.

use enact_engine::stop::Stopper;
use tokio::signal::unix::{SignalKind, signal};

use crate::ui::Ui;

/// Returns when the process is asked to stop.
pub async fn asked_to_stop() {
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else {
        // Without handlers the signals end the process as they always do.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

/// Passes requests on to the engine, which alone knows when it may end. Never returns.
pub async fn pass_on(ui: &Ui, stopper: Stopper) -> std::convert::Infallible {
    asked_to_stop().await;
    stopper.stop();
    ui.say(
        "stopping: the statement at work is being cancelled; please wait for the server's answer",
    );
    loop {
        asked_to_stop().await;
        ui.say(
            "still waiting for the server's answer, which alone says what became of the statement",
        );
    }
}
