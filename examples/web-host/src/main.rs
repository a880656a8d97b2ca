//! A product-like host of the helpdesk.
//!
//! Run it with `cargo run -p web-host`; `--help` lists what can be set. With nothing set, it keeps everything under
//! `data/`, answers from the articles that it ships with, and prints the first admin's password once.

use std::{io::IsTerminal as _, process::ExitCode};

use clap::Parser;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use web_host::{Config, Host, Settings};

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::resolve(Settings::parse())?;
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|_| "HELPDESK_LOG is not a log filter: use for example `info` or `info,helpdesk_core=debug`")?;
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();

    let shutdown = CancellationToken::new();
    let host = Host::start(config, shutdown.clone()).await?;
    announce(&host);
    let running = host.run();
    tokio::pin!(running);
    tokio::select! {
        result = &mut running => return Ok(result?),
        () = asked_to_stop() => tracing::info!("stopping: finishing the work under way"),
    }
    shutdown.cancel();
    Ok(running.await?)
}

/// What the one who started it must know, on standard output.
#[expect(clippy::print_stdout, reason = "this is the program's own output")]
fn announce(host: &Host) {
    if let Some(password) = host.generated_password() {
        println!("first admin: login {}, password {password}", host.admin_login());
        println!("(shown this once; change it after the first login)");
    }
    println!("listening on http://{}", host.address());
}

#[expect(clippy::print_stderr, reason = "logging may not be set up yet")]
fn report(error: &dyn std::error::Error) {
    eprintln!("web-host: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        eprintln!("  because: {inner}");
        cause = inner.source();
    }
}

/// Ctrl-C, or SIGTERM from a service manager.
async fn asked_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = interrupted.await;
}
