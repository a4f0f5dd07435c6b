//! `gleaner verify`: checks the proof of a text that somebody kept.

use std::path::PathBuf;
use std::process::ExitCode;

use super::CliError;
use crate::archive::{MAX_BYTES, Proof};

/// What to check.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The proof, as a shared page offers it.
    file: PathBuf,
    /// The key that it has to be signed with: the one at /.well-known/gleaner-key of the server that kept the text.
    #[arg(long)]
    key: Option<String>,
}

/// Runs the command. Needs no database.
pub fn run(args: VerifyArgs) -> Result<ExitCode, CliError> {
    let VerifyArgs { file, key } = args;
    let size = std::fs::metadata(&file).map_err(CliError::file(&file))?.len();
    if size > 2 * MAX_BYTES as u64 {
        return Err(CliError::Failed(format!("{}: larger than any proof", file.display())));
    }
    let bytes = std::fs::read(&file).map_err(CliError::file(&file))?;
    let failed = |error: String| CliError::Failed(format!("{}: {error}", file.display()));
    let proof: Proof = serde_json::from_slice(&bytes).map_err(|error| failed(format!("no proof: {error}")))?;
    proof.check().map_err(|error| failed(error.to_string()))?;
    if key.as_ref().is_some_and(|key| *key != proof.key) {
        return Err(failed(format!("signed with another key, {}", proof.key)));
    }
    println!("{}", proof.title.replace(|c: char| c.is_control(), " "));
    println!("from {}", proof.url.replace(|c: char| c.is_control(), " "));
    println!("kept since {}", proof.kept.replace(|c: char| c.is_control(), " "));
    println!("SHA-256 {}", proof.sha256);
    println!("The text is the one that was signed with the key {}.", proof.key);
    if key.is_none() {
        println!("Whose key that is, /.well-known/gleaner-key of the server says; give it with --key.");
    }
    Ok(ExitCode::SUCCESS)
}
