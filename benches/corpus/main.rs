//! Measures the reader on a corpus of feeds, pages and lists that lies outside the repository.
//!
//! `scripts/corpus --help` says how to run it. Each section walks one folder of the corpus, prints a table and gives
//! figures, which are printed last, one per line, and compared with their floors by `--check`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program is for")]

mod articles;
mod compare;
mod dates;
mod discovery;
mod feeds;
mod fixups;
mod imports;
#[path = "../../fuzz/inert.rs"]
mod inert;
mod opml;
mod repeats;
mod report;
mod sanitizer;
mod seed;
mod seedstyle;
mod shape;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use report::Figure;

/// One part of the corpus: what it is called on the command line, and how it is measured.
struct Section {
    name: &'static str,
    /// Walks the folder below the corpus root, prints its tables, and returns its figures.
    run: fn(&Path) -> Vec<Figure>,
}

/// Every section, in the order in which they run.
const SECTIONS: &[Section] = &[
    Section { name: "feeds", run: feeds::run },
    Section { name: "dates", run: dates::run },
    Section { name: "discovery", run: discovery::run },
    Section { name: "urls", run: discovery::urls },
    Section { name: "opml", run: opml::run },
    Section { name: "imports", run: imports::run },
    Section { name: "articles", run: articles::run },
    Section { name: "sanitizer", run: sanitizer::run },
    Section { name: "fixups", run: fixups::run },
    Section { name: "repeats", run: repeats::run },
    Section { name: "seed", run: seed::run },
    Section { name: "seedstyle", run: seedstyle::run },
];

/// What `scripts/corpus --help` says, without building anything.
const HELP: &str = include_str!("usage.txt");

fn main() -> ExitCode {
    let mut root = None;
    let mut only = Vec::new();
    let mut check = false;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            // Cargo passes it to every bench target.
            "--bench" => {}
            "--check" => check = true,
            "--list" => report::list_misses(),
            "--only" => only.extend(words.next()),
            "--help" | "-h" => {
                print!("{HELP}");
                return ExitCode::SUCCESS;
            }
            name if SECTIONS.iter().any(|section| section.name == name) => only.push(name.to_owned()),
            folder if !folder.starts_with('-') => root = Some(PathBuf::from(folder)),
            other => {
                eprintln!("corpus: unknown option {other}; try --help");
                return ExitCode::from(2);
            }
        }
    }
    let root = root.unwrap_or_else(|| PathBuf::from("../shared/corpus"));
    if !root.is_dir() {
        eprintln!("corpus: {} is no folder; name the corpus folder as the first argument", root.display());
        return ExitCode::from(2);
    }
    if let Some(name) = only.iter().find(|name| !SECTIONS.iter().any(|section| section.name == name.as_str())) {
        eprintln!("corpus: there is no section called {name}; try --help");
        return ExitCode::from(2);
    }
    report::count_panics();
    let mut figures = Vec::new();
    for section in SECTIONS {
        if only.is_empty() || only.iter().any(|name| name == section.name) {
            println!("\n== {}", section.name);
            figures.extend((section.run)(&root));
        }
    }
    println!();
    for figure in &figures {
        println!("{figure}");
    }
    if check && !report::floors_hold(&figures, only.is_empty()) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
