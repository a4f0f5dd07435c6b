//! Repeats: are two articles that say the same known for one, and only those.
//!
//! Every article of the real feeds is compared with what other feeds make of it (another address, the name of a site behind the title,
//! a line below the text, other mark-up, a beginning alone, a sentence more), which is the same article, and with every other article
//! under the same title on the same day, which is another one unless its text says otherwise.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use gleaner::content::text::plain_text;
use gleaner::domain::{UnixMillis, WebUrl};
use gleaner::feed::{ParseContext, parse};
use gleaner::search::{Folded, Likeness, Occasion};

use crate::report::{Figure, Tally, list, read_cases};

/// 2026-11-01: later than every document of the corpus.
const NOW: UnixMillis = UnixMillis(1_793_491_200_000);
/// Texts with fewer letters say too little to be compared.
const LETTERS: usize = 200;
/// The most articles: each is compared with every other.
const MOST: usize = 3_000;
/// The title that all of them are given.
const TITLE: &str = "One title for all of them";
const SAME_DAY: Occasion = Occasion { apart: 0, shared_address: false, shared_title: false };

/// A way to change a text.
type Change = fn(&str) -> String;

/// What another feed may make of a text.
const MADE: &[(&str, Change)] = &[
    ("as it is", str::to_owned),
    ("a line below", |text| format!("{text}\nThe post One title for all of them appeared first on A Site. Read more.")),
    ("a line above", |text| format!("By Ann Author, 3 November, 4 min read\n{text}")),
    ("a sentence more", |text| {
        let middle = text.floor_char_boundary(text.len() / 2);
        format!("{} Update: this was corrected. {}", &text[..middle], &text[middle..])
    }),
    ("nine tenths", |text| format!("{} …", &text[..text.floor_char_boundary(text.len() / 10 * 9)])),
    ("its beginning", |text| {
        let words = text.char_indices().filter(|(_, c)| c.is_whitespace()).nth(70).map_or(text.len(), |(at, _)| at);
        let end = words.min(text.char_indices().nth(400).map_or(text.len(), |(at, _)| at));
        format!("{} …", &text[..end])
    }),
];

/// Measures the feeds below `feeds/real`, `feeds/full-text-chinese` and `feeds/rss-parser`.
pub(crate) fn run(root: &Path) -> Vec<Figure> {
    let texts = texts(root);
    let likenesses: Vec<Likeness> = texts.iter().map(|text| likeness(text)).collect();
    let (mut found, mut recall) = (0_usize, Tally::default());
    for (name, make) in MADE {
        let mut tally = Tally::default();
        for (text, own) in texts.iter().zip(&likenesses) {
            let is_found = likeness(&make(text)).is_copy_of(own, SAME_DAY);
            tally.count(is_found);
            if !is_found {
                list(&format!("{name}: {}", text.chars().take(80).collect::<String>().replace('\n', " ")));
            }
        }
        println!("{name:<18} {tally}");
        found += tally.right;
        recall.add(&tally);
    }
    let mut wrong = 0_usize;
    let grams: Vec<HashSet<&str>> = texts.iter().map(|text| text.split_whitespace().collect()).collect();
    for (at, one) in likenesses.iter().enumerate() {
        for (after, other) in likenesses[at + 1..].iter().enumerate() {
            let other_at = at + 1 + after;
            if one.is_copy_of(other, SAME_DAY)
                && !says_the_same(&texts[at], &texts[other_at], &grams[at], &grams[other_at])
            {
                wrong += 1;
                let begin = |text: &str| text.chars().take(60).collect::<String>().replace('\n', " ");
                list(&format!("two articles: {} | {}", begin(&texts[at]), begin(&texts[other_at])));
            }
        }
    }
    println!(
        "{} articles, {} pairs of different ones, {wrong} of them taken for one",
        texts.len(),
        texts.len() * texts.len().saturating_sub(1) / 2
    );
    vec![
        Figure::share("repeats.precision", found, found + wrong),
        Figure::share("repeats.recall", recall.right, recall.all),
    ]
}

/// Of an article whose address no other has.
fn likeness(text: &str) -> Likeness {
    Likeness::new(None, &Folded::new(TITLE), &Folded::new(text))
}

/// Whether two texts of the corpus are one, told by the words themselves: snapshots of one feed lie in several folders.
fn says_the_same(one: &str, other: &str, words: &HashSet<&str>, others: &HashSet<&str>) -> bool {
    let (shorter, longer) = if one.len() < other.len() { (one, other) } else { (other, one) };
    let begins = shorter.floor_char_boundary(150.min(shorter.len()));
    let shared = words.intersection(others).count();
    longer.contains(&shorter[..begins]) || shared * 10 >= words.len().min(others.len()) * 9
}

/// The texts of all entries that are long enough, each once.
fn texts(root: &Path) -> Vec<String> {
    let mut texts = BTreeMap::new();
    for folder in ["full-text-chinese", "rss-parser", "real"] {
        let folder = root.join("feeds").join(folder);
        for case in read_cases(&folder) {
            let Some(bytes) = case["file"].as_str().and_then(|file| std::fs::read(folder.join(file)).ok()) else {
                continue;
            };
            let Ok(url) = WebUrl::parse("https://corpus.example/feed.xml") else { continue };
            let ctx = ParseContext { url: &url, content_type: None, now: NOW, max_entries: 200 };
            let Ok(document) = parse(&bytes, &ctx) else { continue };
            for entry in document.entries {
                let html = entry.content.or(entry.summary).unwrap_or_default();
                let text = plain_text(&html);
                if text.chars().filter(|c| c.is_alphabetic()).nth(LETTERS).is_some() && texts.len() < MOST {
                    texts.insert(text, ());
                }
            }
        }
    }
    texts.into_keys().collect()
}
