//! Names of archive files and folders: what they tell, and how they are made.

use unicode_segmentation::UnicodeSegmentation;

/// The longest title in a file name, in bytes; with number and ending it stays below the 255 of common file systems.
const TITLE_BYTES: usize = 120;

/// The title in `NUMBER_TITLE.txt` or `2023-08-15-TITLE.md`; `--` stands for a slash. `None` where there is none.
pub(super) fn title_in(name: &str) -> Option<String> {
    let stem = stem(name);
    let title = match split_date(stem) {
        // As static sites make a title of a name: my-first-post.
        Some((_, slug))
            if slug.contains('-')
                && slug.bytes().all(|b| b == b'-' || b.is_ascii_lowercase() || b.is_ascii_digit())
                && !slug.contains("--") =>
        {
            return Some(slug.split('-').map(capitalised).collect::<Vec<_>>().join(" "));
        }
        Some((_, title)) => title,
        None => {
            let (number, title) = stem.split_once('_')?;
            number.bytes().all(|byte| byte.is_ascii_digit()).then_some(title)?
        }
    };
    let title = title.replace("--", "/");
    (!title.is_empty()).then_some(title)
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// The date in `2023-08-15-TITLE.md`, as written.
pub(super) fn date_in(name: &str) -> Option<String> {
    split_date(stem(name)).map(|(date, _)| date.to_owned())
}

fn stem(name: &str) -> &str {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn split_date(stem: &str) -> Option<(&str, &str)> {
    let (date, title) = (stem.get(..10)?, stem.get(10..)?.strip_prefix('-')?);
    let shape = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    date.bytes().enumerate().all(shape).then_some((date, title))
}

/// A file name for an article: a number that never changes, and the title for people.
///
/// Slashes become `--`; what file systems refuse (control characters, `\ : * ? " < > |`, a dot at the end) is replaced.
pub fn file_name(number: i64, title: &str) -> String {
    let title = safe(title);
    if title.is_empty() { format!("{number}.md") } else { format!("{number}_{title}.md") }
}

/// A folder name for a source; never empty, never hidden, and never a way out of the folder above.
pub fn folder_name(title: &str) -> String {
    let name = safe(title);
    let name = name.trim_start_matches('.').trim();
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let is_device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || numbered.is_some_and(|number| matches!(number, "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"));
    match name {
        "" => "articles".to_owned(),
        // What Windows takes for a device, whatever stands behind a dot.
        name if is_device => format!("_{name}"),
        name => name.to_owned(),
    }
}

/// The title of a source, where a folder of this name does not tell it.
pub fn source_beside(folder: &str, title: &str) -> Option<String> {
    let is_told = title.is_empty() || source_title(std::iter::once(folder)) == Some(title);
    (!is_told).then(|| title.to_owned())
}

/// The source that a file belongs to, by the folders it lies in (outermost first): the innermost that is no mere shelf
/// such as `_posts`, `articles` or a date. `None` if there is none.
pub fn source_title<'a>(folders: impl DoubleEndedIterator<Item = &'a str>) -> Option<&'a str> {
    folders.rev().find(|folder| {
        let shelves = ["", ".", "..", "_posts", "posts", "articles", "archived", "archive", "markdown"];
        let shelf = shelves.contains(folder);
        let dated = folder.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        !shelf && !dated
    })
}

fn safe(title: &str) -> String {
    let mut name = String::new();
    for piece in title.trim().graphemes(true) {
        let piece = match piece {
            "/" => "--",
            "\\" | ":" | "*" | "?" | "\"" | "<" | ">" | "|" => " ",
            piece if piece.chars().any(|c| c.is_control() || c == '\u{feff}') => " ",
            piece => piece,
        };
        if name.len() + piece.len() > TITLE_BYTES {
            break;
        }
        if !(piece == " " && name.ends_with(' ')) {
            name.push_str(piece);
        }
    }
    name.trim_end_matches(['.', ' ']).trim_start().to_owned()
}
