//! The log: to standard error, for people or as JSON.

use std::io::IsTerminal;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::CliError;
use crate::config::{LogFormat, Settings};

/// Starts the log. Commands that end by themselves (`serving` false) log warnings only, because they report in their
/// own words; a `log` setting other than the default counts for them too.
pub fn start(settings: &Settings, serving: bool) -> Result<(), CliError> {
    let directives = if !serving && settings.log == "info" { "warn" } else { &settings.log };
    // SQL of other rooms' libraries is noise at info level.
    let filter: Targets = format!("sqlx=warn,{directives}")
        .parse()
        .map_err(|error| CliError::Log(format!("“{}” is no log level or filter: {error}", settings.log)))?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let filtered = tracing_subscriber::registry().with(filter);
    let started = match settings.log_format {
        LogFormat::Human => filtered.with(lines.with_ansi(std::io::stderr().is_terminal())).try_init(),
        LogFormat::Json => filtered.with(lines.json().flatten_event(true)).try_init(),
    };
    started.map_err(|error| CliError::Log(error.to_string()))
}
