//! Where data lives when nobody says: each platform's folder for an application's data.

use std::ffi::OsString;
use std::path::PathBuf;

/// The platform's data folder for Gleaner, from the environment as `variable` answers; `None` if it does not say.
///
/// Linux and other Unix: `$XDG_DATA_HOME/gleaner` (an absolute path, as the XDG base directory specification asks), else
/// `~/.local/share/gleaner`; macOS: `~/Library/Application Support/Gleaner`; Windows: `%LOCALAPPDATA%\Gleaner`. A service
/// manager that hands out a folder (`STATE_DIRECTORY` of systemd) comes first.
pub(super) fn data_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let absolute = |name| path(name).filter(|path| path.is_absolute());
    if let Some(state) = absolute("STATE_DIRECTORY") {
        return Some(state);
    }
    if cfg!(windows) {
        return absolute("LOCALAPPDATA").map(|folder| folder.join("Gleaner"));
    }
    if cfg!(target_os = "macos") {
        return absolute("HOME").map(|home| home.join("Library/Application Support/Gleaner"));
    }
    absolute("XDG_DATA_HOME")
        .map(|folder| folder.join("gleaner"))
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share/gleaner")))
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    fn folder(variables: &[(&str, &str)]) -> Option<PathBuf> {
        data_folder(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value)))
    }

    #[test]
    fn the_data_folder_follows_the_platforms_rules() {
        assert_eq!(folder(&[("HOME", "/people/ann")]), Some("/people/ann/.local/share/gleaner".into()));
        assert_eq!(folder(&[("HOME", "/people/ann"), ("XDG_DATA_HOME", "/x")]), Some("/x/gleaner".into()));
        assert_eq!(
            folder(&[("HOME", "/people/ann"), ("XDG_DATA_HOME", "rel")]),
            Some("/people/ann/.local/share/gleaner".into())
        );
        assert_eq!(folder(&[("STATE_DIRECTORY", "/var/lib/gleaner")]), Some("/var/lib/gleaner".into()));
        assert_eq!(folder(&[]), None);
    }
}
