//! The command `gleaner`: reads the command line and hands over to one command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gleaner::cli::{self, CliError};
use gleaner::config::{SettingArgs, Settings};

/// A self-hosted web reader that keeps what you read.
#[derive(Debug, Parser)]
#[command(name = "gleaner", version, max_term_width = 100, after_help = EXAMPLES)]
struct CommandLine {
    /// What to do; serve when nothing is said.
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: SettingArgs,
}

const EXAMPLES: &str = "\
Examples:
  gleaner                                  serve, with data in the platform's data folder
  gleaner --data ./data --listen [::]:80   serve everybody, with data in ./data
  gleaner user add ada --admin             make the first account
  gleaner add example.org                  follow a site, or keep a page
  gleaner import subscriptions.opml        follow everything another reader followed
  gleaner import articles/                 take in a folder of archived articles

Every setting is a flag, an environment variable (GLEANER_ and the flag's name in capitals) and a
key of gleaner.toml in the data folder; they count in this order.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web pages and keep the feeds fresh, until stopped.
    Serve,
    /// Fetch the feeds once and report.
    Refresh(cli::refresh::RefreshArgs),
    /// Follow a feed or a site, or keep a page.
    Add(cli::add::AddArgs),
    /// Take in subscription lists (OPML), exports of other programs and archived articles.
    Import(cli::import::ImportArgs),
    /// Write out the subscription list (OPML), or the articles as files.
    Export(cli::export::ExportArgs),
    /// Write a list as a site of files: pages, feeds and Markdown, for any web server or none.
    Publish(cli::publish::PublishArgs),
    /// Write everything that an account has to one file, or take such a file in.
    #[command(subcommand)]
    Account(cli::whole_account::AccountCommand),
    /// Write the whole database to one file, while everything goes on.
    Backup(cli::backup::BackupArgs),
    /// Make a backup the database again. Stop the server first.
    Restore(cli::restore::RestoreArgs),
    /// Make the index of the search anew.
    Reindex,
    /// Check the proof of a text that somebody kept, as shared pages offer it.
    Verify(cli::verify::VerifyArgs),
    /// Manage accounts.
    #[command(subcommand)]
    User(cli::user::UserCommand),
    /// Count, verify, fetch and sweep kept pictures.
    #[command(subcommand)]
    Media(cli::media::MediaCommand),
    /// Check the database, and show versions, settings in force and feeds in trouble.
    Doctor,
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    match run(line) {
        Ok(code) => code,
        Err(error) => cli::report_failure(&error),
    }
}

fn run(line: CommandLine) -> Result<ExitCode, CliError> {
    let settings = Settings::load(line.settings)?;
    let command = line.command.unwrap_or(Command::Serve);
    cli::log::start(&settings, matches!(command, Command::Serve))?;
    let variables = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in SettingArgs::unknown_variables(variables) {
        tracing::warn!(name, "this environment variable looks like a setting and is none");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
    runtime.block_on(async {
        match command {
            Command::Serve => cli::serve::run(settings).await,
            Command::Refresh(args) => cli::refresh::run(settings, args).await,
            Command::Add(args) => cli::add::run(settings, args).await,
            Command::Import(args) => cli::import::run(settings, args).await,
            Command::Export(args) => cli::export::run(settings, args).await,
            Command::Publish(args) => cli::publish::run(settings, args).await,
            Command::Account(command) => cli::whole_account::run(settings, command).await,
            Command::Backup(args) => cli::backup::run(settings, args).await,
            Command::Restore(args) => cli::restore::run(settings, args).await,
            Command::Reindex => cli::reindex::run(settings).await,
            Command::Verify(args) => cli::verify::run(args),
            Command::User(command) => cli::user::run(settings, command).await,
            Command::Media(command) => cli::media::run(settings, command).await,
            Command::Doctor => cli::doctor::run(settings).await,
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn settings_are_taken_before_and_after_the_command() {
        for line in [["gleaner", "--data", "d", "doctor"], ["gleaner", "doctor", "--data", "d"]] {
            let line = CommandLine::parse_from(line);
            assert_eq!(line.settings.data, Some("d".into()));
            assert!(matches!(line.command, Some(Command::Doctor)));
        }
    }
}
