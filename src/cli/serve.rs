//! `gleaner serve`: the web pages and the scheduler, until told to stop.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{CliError, open};
use crate::config::Settings;
use crate::jobs::scheduler;
use crate::web::serve::serve;
use crate::web::{Site, Web, WebState, digest, hub, static_site};

/// How long a stop may take before what still runs is dropped. Nothing is lost then: jobs are leased, not taken.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// Serves until SIGTERM or SIGINT; a second signal stops at once.
pub async fn run(settings: Settings) -> Result<ExitCode, CliError> {
    let mut settings = settings;
    let address = settings.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| CliError::Listen { address, source })?;
    // With port 0 the system chose one; links and the guard must know it.
    settings.listen = listener.local_addr().map_err(|source| CliError::Listen { address, source })?;
    let app = Arc::new(open(settings).await?);
    let _only_server = app.db.lock_for_server()?;
    let stop = CancellationToken::new();
    let web = WebState::new(Web::new(app.clone()).await?);
    let site = Site::new(web.clone()).map_err(|error| CliError::Failed(error.to_string()))?;
    announce(&web).await?;
    let scheduler = tokio::spawn(scheduler::run(app.clone(), stop.clone()));
    let site_of_files = tokio::spawn({
        let (app, stop) = (app.clone(), stop.clone());
        async move {
            if let Some(folder) = app.settings.publish.clone() {
                static_site::keep(app, folder, stop).await;
            }
        }
    });
    let digests = tokio::spawn(digest::keep(web.clone(), stop.clone()));
    let hub = tokio::spawn(hub::keep(web.clone(), stop.clone()));
    let server = tokio::spawn(serve(listener, site, stop.clone()));
    tokio::spawn({
        let stop = stop.clone();
        async move {
            stop_signal().await;
            tracing::info!("stopping: no new requests or jobs; a second signal stops at once");
            stop.cancel();
            stop_signal().await;
            tracing::warn!("stopped at once");
            std::process::exit(130);
        }
    });
    stop.cancelled().await;
    let ending = async {
        let _ = tokio::join!(server, scheduler, site_of_files, digests, hub);
    };
    if tokio::time::timeout(STOP_WITHIN, ending).await.is_err() {
        tracing::warn!("some requests or jobs did not end in {} s and were dropped", STOP_WITHIN.as_secs());
    }
    app.close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Tells where to go, on standard output, so that it is seen whatever the log's level.
async fn announce(web: &Web) -> Result<(), CliError> {
    let app = &web.app;
    let address = app.settings.public_url();
    println!("Gleaner is ready. Open {address}/ in a browser.");
    if !web.is_set_up().await? {
        println!("The first visitor chooses a name and a password and becomes the administrator.");
        println!("From another machine this takes the set-up code {}", web.setup_code.expose());
    }
    tracing::info!(listen = %app.settings.listen, data = %app.settings.data_dir.display(), "serving");
    Ok(())
}

/// Waits for the wish to stop: SIGTERM or SIGINT, Ctrl-C elsewhere.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
