use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize)]
struct Labelled {
    article: Vec<Article>,
}

#[derive(Debug, Deserialize)]
struct Article {
    story: Option<String>,
    feed: String,
    day: i64,
    url: String,
    title: String,
    text: String,
}

impl Article {
    fn likeness(&self) -> Likeness {
        let url = WebUrl::parse(&self.url).ok();
        Likeness::new(url.as_ref(), &Folded::new(&self.title), &Folded::new(&self.text))
    }
}

fn occasion(days: i64) -> Occasion {
    Occasion { apart: days * UnixMillis::DAY, shared_address: false, shared_title: false }
}

fn of(url: &str, title: &str, text: &str) -> Likeness {
    Likeness::new(WebUrl::parse(url).ok().as_ref(), &Folded::new(title), &Folded::new(text))
}

/// A text of this many words, the same for the same seed.
fn words(count: usize, seed: usize) -> String {
    (0..count).map(|n| format!("w{} ", (n * 7 + seed * 1_000) % 5_000)).collect()
}

#[test]
fn the_labelled_articles_are_told_apart() {
    let labelled: Labelled = toml::from_str(include_str!("../../../tests/fixtures/search/repeats.toml")).unwrap();
    let (mut right, mut wrong, mut missed) = (0, Vec::new(), Vec::new());
    for (at, one) in labelled.article.iter().enumerate() {
        for other in labelled.article[at + 1..].iter().filter(|other| other.feed != one.feed) {
            let is_one = one.story.is_some() && one.story == other.story;
            let found = one.likeness().is_copy_of(&other.likeness(), occasion((one.day - other.day).abs()));
            match (is_one, found) {
                (true, true) => right += 1,
                (false, true) => wrong.push((&one.url, &other.url)),
                (true, false) => missed.push((&one.url, &other.url)),
                (false, false) => {}
            }
        }
    }
    assert_eq!(wrong, Vec::new(), "these are two articles each");
    // One feed has only another title and a sentence: it is known by its address to one of the others, and joins the story by it.
    let others: Vec<_> =
        missed.iter().filter(|pair| !pair.0.contains("www.gazette") && !pair.1.contains("www.gazette")).collect();
    assert!(others.is_empty(), "{others:?} of {}", right + missed.len());
}

#[test]
fn one_address_is_one_article_however_it_is_written() {
    let plain = of("https://a.example/x", "One", "");
    for (url, is_one) in [
        ("http://www.a.example/x/?utm_source=rss", true),
        ("https://A.example/x", true),
        ("https://a.example/x?page=2", false),
        ("https://a.example/x#second", false),
        ("https://b.example/x", false),
    ] {
        assert_eq!(of(url, "Two", "").is_copy_of(&plain, occasion(1)), is_one, "{url}");
    }
    let same = of("https://a.example/x", "Two", "");
    assert!(!same.is_copy_of(&plain, occasion(8)), "a week later it is told anew");
    assert!(!same.is_copy_of(&plain, Occasion { shared_address: true, ..occasion(0) }));
    let site = of("https://a.example/", "One", "");
    assert!(!site.is_copy_of(&of("https://a.example", "Two", ""), occasion(0)), "a site is no article");
}

#[test]
fn a_title_alone_is_not_enough() {
    let (a, b) = ("https://a.example/1", "https://b.example/1");
    let one = of(a, "The same title", &words(200, 1));
    assert!(one.is_copy_of(&of(b, "The same title", &words(200, 1)), occasion(2)));
    assert!(one.is_copy_of(&of(b, "The same title | A Site", &words(190, 1)), occasion(2)));
    assert!(!one.is_copy_of(&of(b, "The same title", &words(200, 2)), occasion(0)));
    assert!(!one.is_copy_of(&of(b, "Another title", &words(200, 1)), occasion(0)));
    assert!(!one.is_copy_of(&of(b, "The same title", &words(200, 1)), occasion(4)));
    assert!(!of(a, "The same title", "").is_copy_of(&of(b, "The same title", ""), occasion(0)), "no text, no sign");
    let recurring = Occasion { shared_title: true, ..occasion(0) };
    let longer = words(40, 1) + &words(160, 3);
    assert!(one.is_copy_of(&of(b, "The same title", &longer), occasion(0)), "it begins alike");
    assert!(!one.is_copy_of(&of(b, "The same title", &longer), recurring), "as the ones of a series do");
}

proptest! {
    #[test]
    fn a_copy_is_one_of_its_copies(url in "https?://[a-z]{1,9}\\.example/[a-z0-9]{0,9}", title in ".{0,40}", text in ".{0,400}", days in 0_i64..9) {
        let (one, other) = (of(&url, &title, &text), of("https://b.example/b", &title, &text));
        prop_assert_eq!(one.is_copy_of(&other, occasion(days)), other.is_copy_of(&one, occasion(days)));
        for key in [one.address, one.title].into_iter().flatten() {
            prop_assert!(key >= 0);
        }
    }
}

#[test]
fn a_bit_of_a_fingerprint_is_what_most_terms_have_there() {
    let terms: Vec<u64> = (0..700).map(|number: u32| hash(&[&number.to_string()])).collect();

    let fingerprint = fingerprint(&terms).unwrap().cast_unsigned();

    for bit in 0..64 {
        let set = terms.iter().filter(|term| *term >> bit & 1 == 1).count();
        assert_eq!(fingerprint >> bit & 1 == 1, 2 * set > terms.len(), "bit {bit}, set in {set} of {}", terms.len());
    }
}
