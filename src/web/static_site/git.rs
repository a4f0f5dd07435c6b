//! The history of a folder, by the program git.

use std::path::Path;
use std::process::{Command, Stdio};

use super::PublishError;

/// Makes an entry of whatever changed; whether anything did.
pub(super) fn commit(folder: &Path, words: &str) -> Result<bool, PublishError> {
    if !folder.join(".git").exists() {
        run(folder, &["init", "--quiet"])?;
    }
    run(folder, &["add", "--all", "."])?;
    if run(folder, &["status", "--porcelain"])?.trim().is_empty() {
        return Ok(false);
    }
    // Whoever has not told git who they are gets a name for this all the same.
    let unnamed = run(folder, &["config", "user.email"]).is_err();
    let name: &[&str] = if unnamed { &["-c", "user.name=Gleaner", "-c", "user.email=gleaner@localhost"] } else { &[] };
    let commit = ["-c", "commit.gpgsign=false", "commit", "--quiet", "--message", words];
    run(folder, &[name, &commit].concat())?;
    Ok(true)
}

fn run(folder: &Path, words: &[&str]) -> Result<String, PublishError> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(words).stdin(Stdio::null());
    // The folder counts, and not where somebody else works with git.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    let output = command.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => PublishError::NoGit,
        _ => PublishError::Git(error.to_string()),
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(PublishError::Git(complaint.lines().next().unwrap_or("it failed and did not say why").to_owned()))
}
