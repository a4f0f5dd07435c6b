use std::time::Duration;

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    settings: SettingArgs,
}

fn with_file(text: &str, flags: &[&str]) -> Result<Settings, ConfigError> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(FILE_NAME), text).expect("the file is written");
    let data = folder.path().display().to_string();
    let mut line = vec!["gleaner", "--data", &data];
    line.extend(flags);
    Settings::load(Line::parse_from(line).settings)
}

#[test]
fn the_defaults_listen_on_this_machine_only_and_keep_an_sqlite_file_in_the_data_folder() {
    let settings = Settings::in_folder(Path::new("/data"));

    assert!(settings.listen.ip().is_loopback());
    assert_eq!(settings.database, DatabasePlace::Sqlite("/data/gleaner.db".into()));
    assert_eq!(settings.polling.min_interval, Duration::from_mins(15));
    assert_eq!(settings.public_url(), "http://127.0.0.1:7411");
}

/// Whoever reads the README knows every setting, and whoever knows a flag knows its variable.
#[test]
fn every_setting_stands_in_the_readme_and_has_a_variable_of_its_name() {
    use clap::CommandFactory as _;
    let readme = include_str!("../../README.md");
    let command = Line::command();
    let settings: Vec<_> = command.get_arguments().filter(|argument| argument.get_long() != Some("help")).collect();
    assert!(settings.len() > 20);
    for setting in settings {
        let flag = setting.get_long().unwrap();
        assert!(readme.contains(&format!("`--{flag}")), "--{flag} is not in the README");
        let variable = setting.get_env().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
        assert_eq!(variable, format!("GLEANER_{}", flag.to_uppercase().replace('-', "_")), "--{flag}");
        assert!(setting.get_help().is_some(), "--{flag} says nothing in --help");
    }
}

#[test]
fn a_flag_counts_more_than_the_file_and_the_file_more_than_the_default() {
    let settings = with_file("listen = '127.0.0.1:1'\npoll_min = '20m'", &["--listen", "127.0.0.1:2"]).unwrap();

    assert_eq!(settings.listen.port(), 2);
    assert_eq!(settings.polling.min_interval, Duration::from_mins(20));
    assert_eq!(settings.polling.max_interval, Duration::from_hours(24));
}

#[test]
fn errors_name_the_setting() {
    for (file, name) in [
        ("listne = '127.0.0.1:1'", "listne"),
        ("poll_min = '15'", "poll_min"),
        ("poll_min = '2d'", "poll_max"),
        ("base_url = 'https://example.com/?a'", "base_url"),
        ("trusted_proxies = ['home']", "trusted_proxies"),
        ("allow_net = ['home']", "allow_net"),
        ("connections = 0", "connections"),
        ("user_agent = ''", "user_agent"),
        ("database = 'mysql://a'", "database"),
        ("setup_code = 'a'\nsetup_code_file = 'b'", "setup_code"),
    ] {
        let error = with_file(file, &[]).expect_err(file).to_string();
        assert!(error.contains(name), "{file}: {error}");
    }
}

#[test]
fn a_mistyped_variable_is_noticed() {
    let names = ["GLEANER_LISTEN", "GLEANER_LISTN", "GLEANER_SETUP_CODE_FILE", "HOME", "GLEANER_TEST_POSTGRES"];

    assert_eq!(SettingArgs::unknown_variables(names.map(str::to_owned)), ["GLEANER_LISTN"]);
}

#[test]
fn secrets_are_masked_in_every_report() {
    let settings =
        with_file("database = 'postgres://me:hush@db/gleaner?password=hush'\nsetup_code = 'hush'", &[]).unwrap();

    assert!(!format!("{settings:?} {:?}", settings.in_force()).contains("hush"));
}

#[test]
fn a_secret_can_stand_in_a_file_of_its_own() {
    let secret = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(secret.path(), "postgres://db/gleaner\n").expect("written");
    let flag = format!("--database-file={}", secret.path().display());

    let settings = with_file("database = 'elsewhere.db'", &[&flag]).unwrap();

    assert_eq!(settings.database, DatabasePlace::Postgres("postgres://db/gleaner".into()));
}

#[test]
fn the_base_path_is_the_path_of_the_base_address() {
    let settings = with_file("base_url = 'https://example.com/reader/'", &[]).unwrap();

    assert_eq!(settings.base_path(), "/reader");
    assert_eq!(settings.public_url(), "https://example.com/reader");
    assert!(settings.is_https());
    assert_eq!(with_file("base_url = 'https://example.com'", &[]).unwrap().base_path(), "");
}

#[test]
fn a_hub_needs_an_address_under_which_others_know_this_server() {
    let error = with_file("hub = 'https://hub.example/'", &[]).unwrap_err().to_string();
    assert!(error.contains("base_url"), "{error}");

    let settings = with_file("hub = 'https://hub.example/'\nbase_url = 'https://example.com'", &[]).unwrap();
    assert_eq!(settings.hub.map(|hub| hub.to_string()).as_deref(), Some("https://hub.example/"));
}

#[test]
fn the_user_agent_names_the_program_and_the_page_where_a_sites_operator_reads_who_asks() {
    let version = env!("CARGO_PKG_VERSION");
    let told = |file: &str| with_file(file, &[]).unwrap().user_agent;

    assert_eq!(told(""), format!("Gleaner/{version} (self-hosted feed reader)"));
    for base in ["https://example.com/reader", "https://example.com/reader/"] {
        let agent = told(&format!("base_url = '{base}'"));
        assert_eq!(agent, format!("Gleaner/{version} (self-hosted feed reader; +https://example.com/reader/bot)"));
    }
    assert!(
        told("base_url = 'https://读者.example'").is_ascii(),
        "a name in another script goes out in its ASCII form"
    );
    assert_eq!(told("base_url = 'https://example.com'\nuser_agent = 'Mine/1'"), "Mine/1");
}

#[test]
fn a_settings_file_that_was_named_must_be_there() {
    let args = Line::parse_from(["gleaner", "--config", "/nowhere/gleaner.toml"]).settings;

    assert!(matches!(Settings::load(args), Err(ConfigError::File { .. })));
}
