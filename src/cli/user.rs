//! `gleaner user`: accounts, for the operator of the machine.

use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;

use super::{CliError, account, open};
use crate::app::App;
use crate::config::Settings;
use crate::web::password::Password;

/// What to do with accounts.
#[derive(Debug, clap::Subcommand)]
pub enum UserCommand {
    /// Make an account. The password is asked for, or read from standard input when that is no terminal.
    #[command(after_help = "Example: printf '%s\\n' \"$PASSWORD\" | gleaner user add ada --admin")]
    Add {
        /// The name to log in with.
        name: String,
        /// Let it manage accounts.
        #[arg(long)]
        admin: bool,
    },
    /// List the accounts.
    List,
    /// Change a password, and log the account out everywhere.
    Passwd {
        /// The account.
        name: String,
    },
    /// Stop an account at once: its sessions, keys, links and published lists. Nothing of it is deleted.
    Disable {
        /// The account.
        name: String,
    },
    /// Let a disabled account be used again.
    Enable {
        /// The account.
        name: String,
    },
    /// Delete an account with its subscriptions, its saved pages and its reading state.
    Delete {
        /// The account.
        name: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the command.
pub async fn run(settings: Settings, command: UserCommand) -> Result<ExitCode, CliError> {
    let app = open(settings).await?;
    let done = match command {
        UserCommand::Add { name, admin } => add(&app, &name, admin).await,
        UserCommand::List => list(&app).await,
        UserCommand::Passwd { name } => passwd(&app, &name).await,
        UserCommand::Disable { name } => disable(&app, &name).await,
        UserCommand::Enable { name } => enable(&app, &name).await,
        UserCommand::Delete { name, yes } => delete(&app, &name, yes).await,
    };
    app.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn add(app: &App, name: &str, admin: bool) -> Result<(), CliError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(CliError::Failed("a name has 1 to 64 characters".to_owned()));
    }
    if app.db.account_by_name(name).await?.is_some() {
        return Err(taken(name));
    }
    let hash = new_password_hash(app, name)?;
    let now = app.clock.now();
    // The first administrator goes through the same gate as the web's set-up page, so that there is only one first.
    let first = admin && app.db.count_accounts().await? == 0;
    let made = if first { app.db.create_first_admin(name, &hash, now).await? } else { None };
    if made.is_none() && app.db.create_account(name, &hash, admin, now).await?.is_none() {
        return Err(taken(name));
    }
    println!("The account “{name}” was made{}.", if admin { "; it is an administrator" } else { "" });
    Ok(())
}

fn taken(name: &str) -> CliError {
    CliError::Failed(format!("there already is an account called “{name}”"))
}

async fn list(app: &App) -> Result<(), CliError> {
    let accounts = app.db.accounts().await?;
    if accounts.is_empty() {
        println!("No account yet. Make one with `gleaner user add NAME --admin`.");
    }
    for account in accounts {
        let made =
            account.created_at.to_timestamp().map_or_else(String::new, |time| time.strftime("%Y-%m-%d").to_string());
        let role = if account.is_admin { "administrator" } else { "reader" };
        let state = if account.disabled_at.is_some() { "  (disabled)" } else { "" };
        println!("{made}  {role:<13}  {}{state}", account.name);
    }
    Ok(())
}

async fn passwd(app: &App, name: &str) -> Result<(), CliError> {
    let account = account::choose(&app.db, Some(name)).await?;
    let hash = new_password_hash(app, &account.name)?;
    app.db.set_password(account.id, &hash).await?;
    app.db.delete_sessions_of(account.id, None).await?;
    println!("The password of “{}” was changed; it is logged out everywhere.", account.name);
    Ok(())
}

async fn disable(app: &App, name: &str) -> Result<(), CliError> {
    let account = account::choose(&app.db, Some(name)).await?;
    if !app.db.disable_account(account.id, app.clock.now()).await? {
        let last = "the last administrator cannot be disabled: nobody could manage accounts any more";
        return Err(CliError::Failed(last.to_owned()));
    }
    println!("The account “{0}” is disabled. `gleaner user enable {0}` lets it be used again.", account.name);
    Ok(())
}

async fn enable(app: &App, name: &str) -> Result<(), CliError> {
    let account = account::choose(&app.db, Some(name)).await?;
    app.db.enable_account(account.id).await?;
    println!("The account “{}” can be used again.", account.name);
    Ok(())
}

async fn delete(app: &App, name: &str, yes: bool) -> Result<(), CliError> {
    let account = account::choose(&app.db, Some(name)).await?;
    if !yes {
        if !std::io::stdin().is_terminal() {
            return Err(CliError::Failed("say --yes to delete without being asked".to_owned()));
        }
        eprint!("Delete “{}” with everything it saved? Type the name to go on: ", account.name);
        if read_line()?.trim() != account.name {
            return Err(CliError::Failed("nothing was deleted".to_owned()));
        }
    }
    if !app.db.delete_account(account.id).await? {
        let last =
            "the last administrator cannot be deleted: make another one first, with `gleaner user add NAME --admin`";
        return Err(CliError::Failed(last.to_owned()));
    }
    println!("The account “{}” was deleted.", account.name);
    Ok(())
}

/// Asks for a new password (twice, hidden) or reads it from standard input, and hashes it.
fn new_password_hash(app: &App, name: &str) -> Result<String, CliError> {
    let refused = |error: &dyn std::fmt::Display| CliError::Failed(format!("{error}; choose another"));
    let typed = if std::io::stdin().is_terminal() {
        let ask = |prompt: &str| rpassword::prompt_password(prompt).map_err(CliError::file("the terminal"));
        let typed = ask(&format!("New password for {name}: "))?;
        // What cannot be a password is said before it must be typed again.
        Password::chosen(&typed, name).map_err(|error| refused(&error))?;
        if ask("The same again: ")? != typed {
            return Err(CliError::Failed("the two passwords differ; nothing was changed".to_owned()));
        }
        typed
    } else {
        read_line()?
    };
    let password = Password::chosen(&typed, name).map_err(|error| refused(&error))?;
    password.hash(app.entropy.as_ref()).map_err(|error| CliError::Failed(error.to_string()))
}

/// One line of standard input without its end.
fn read_line() -> Result<String, CliError> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(CliError::file("standard input"))?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
