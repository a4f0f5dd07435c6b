//! Archived articles: are title, address, stamp and date read, is the text there, does writing give back what was read.
//!
//! What becomes of the text itself (pictures, captions, tails) is measured by the section `seed`.

use std::path::Path;

use gleaner::archive;
use gleaner::content::text::plain_text;
use gleaner::domain::UnixMillis;
use gleaner::jobs::import::article_of;
use serde::Deserialize;

use crate::report::Figure;

#[derive(Deserialize)]
struct Collection {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    file: String,
    #[serde(default)]
    expect: Expectation,
}

/// What a case says; a case that names no title may be read or refused.
#[derive(Deserialize, Default)]
struct Expectation {
    title: Option<String>,
    #[serde(default)]
    title_any: Vec<String>,
    url: Option<String>,
    timestamp_ms: Option<i64>,
    published: Option<String>,
    #[serde(default)]
    text_contains: Vec<String>,
}

/// Later than anything in the collection.
const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

/// Walks `seed` and `seedstyle` below the corpus root.
pub(crate) fn run(root: &Path) -> Vec<Figure> {
    let mut met = 0;
    let mut same = 0;
    let mut files = 0;
    for (path, expect) in cases(root) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Ok(bytes) = std::fs::read(&path) else {
            println!("{name}: there is no such file");
            continue;
        };
        files += 1;
        match archive::read(&name, &bytes) {
            Ok(article) => {
                let wrong = compare(&article, &expect);
                met += usize::from(wrong.is_empty());
                for reason in wrong {
                    println!("{name}: {reason}");
                }
                let written = archive::write(&name, &article);
                let again = archive::read(&name, written.as_bytes());
                same += usize::from(again.as_ref() == Ok(&article));
                if again.as_ref() != Ok(&article) {
                    println!("{name}: written and read again it is another article");
                }
            }
            // Where nothing is promised, a refusal is a good answer too.
            Err(error) => {
                let free = expect.title.is_none();
                met += usize::from(free);
                same += 1;
                if !free {
                    println!("{name}: {error}");
                }
            }
        }
    }
    println!("archived articles: {met} of {files} as expected, {same} of {files} written back the same");
    vec![Figure::share("seedstyle.read", met, files), Figure::share("seedstyle.written", same, files)]
}

fn cases(root: &Path) -> Vec<(std::path::PathBuf, Expectation)> {
    let folder = root.join("seedstyle");
    let list = std::fs::read_to_string(folder.join("cases.json")).unwrap_or_default();
    let mut cases: Vec<_> = match serde_json::from_str::<Collection>(&list) {
        Ok(list) => list.cases.into_iter().map(|case| (folder.join(case.file), case.expect)).collect(),
        Err(error) => {
            println!("seedstyle/cases.json: {error}");
            Vec::new()
        }
    };
    for entry in std::fs::read_dir(root.join("seed")).into_iter().flatten().flatten() {
        cases.push((entry.path(), Expectation::default()));
    }
    cases
}

/// What differs from the expectation.
fn compare(article: &archive::ArchivedArticle, expect: &Expectation) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Some(title) = &expect.title
        && squeeze(title) != squeeze(&article.title)
        && !expect.title_any.iter().any(|title| squeeze(title) == squeeze(&article.title))
    {
        wrong.push(format!("title “{}”", article.title));
    }
    if expect.url.as_ref().is_some_and(|url| *url != article.address) {
        wrong.push(format!("address {}", article.address));
    }
    if expect.title.is_some() && expect.timestamp_ms != article.stamp {
        wrong.push(format!("stamp {:?}", article.stamp));
    }
    let draft = article_of(article, "", NOW);
    if let Some(published) = &expect.published {
        let instant: Option<jiff::Timestamp> = published.parse().ok();
        if instant.map(UnixMillis::from) != draft.published {
            wrong.push(format!("published {:?}", draft.published.and_then(UnixMillis::to_timestamp)));
        }
    }
    let text: String = draft.bodies.iter().map(|body| squeeze(&plain_text(&body.html))).collect();
    for part in expect.text_contains.iter().filter(|part| !text.contains(&squeeze(part))) {
        wrong.push(format!("the text lacks “{part}”"));
    }
    wrong
}

/// Without white space: how it is collapsed between elements is nobody's promise.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect()
}
