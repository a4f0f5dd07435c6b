use super::*;
use crate::domain::Enclosure;

const NOW: UnixMillis = UnixMillis(1_710_000_000_000);

fn at(address: &str) -> WebUrl {
    WebUrl::parse(address).unwrap()
}

fn entry(content: &str) -> Entry {
    Entry {
        url: Some(at("https://blog.example/post")),
        title: "Foxes and dogs".to_owned(),
        content: Some(content.to_owned()),
        ..Entry::default()
    }
}

fn draft(content: &str) -> ArticleDraft {
    article_from_entry(&entry(content), &Source::default(), NOW)
}

fn sentences(count: usize) -> String {
    format!("<p>{}</p>", "The fox jumps over the lazy dog. ".repeat(count))
}

fn page(body: Option<&str>) -> ExtractedPage {
    ExtractedPage {
        url: at("https://blog.example/post"),
        title: "Foxes and dogs".to_owned(),
        author: Some("Jane Doe".to_owned()),
        published_text: Some("2024-03-05T07:30:00Z".to_owned()),
        site_name: Some("The Blog".to_owned()),
        language: Language::parse("en"),
        lead_image: None,
        description: Some("About foxes.".to_owned()),
        body: body.map(str::to_owned),
        completeness: Completeness::Whole,
    }
}

#[test]
fn an_entry_becomes_an_article_with_what_can_be_told_of_it() {
    let article = draft("<p>The fox jumps over the lazy dog, and the dog lets it happen.</p><img src=\"/fox.jpg\">");
    assert_eq!(article.excerpt, "The fox jumps over the lazy dog, and the dog lets it happen.");
    assert_eq!((article.words, article.cjk_chars), (13, 0));
    assert_eq!(article.language, Language::parse("en"));
    assert_eq!(article.lead_image, Some(at("https://blog.example/fox.jpg")));
    assert_eq!(article.choice, BodyChoice { shown: BodyKind::Feed, reason: ChoiceReason::OnlyOne });
    assert!(article.bodies[0].html.contains("https://blog.example/fox.jpg"));
}

#[test]
fn the_picture_of_an_entry_stands_above_a_text_that_shows_none() {
    let entry = Entry { image: Some(at("https://blog.example/dog.jpg?w=9&h=6")), ..entry("<p>The fox jumps.</p>") };
    let article = article_from_entry(&entry, &Source::default(), NOW);
    let figure = "<figure><img src=\"https://blog.example/dog.jpg?w=9&amp;h=6\" alt=\"\"></figure>";
    assert_eq!(article.bodies[0].html, format!("{figure}<p>The fox jumps.</p>"));
    assert_eq!(article.excerpt, "The fox jumps.");

    let bare = with_page(article.clone(), &page(Some(&sentences(30))), BodyPreference::Automatic, NOW);
    assert!(bare.bodies[1].html.starts_with(figure), "the page's text has no picture either");
    let shown = format!("<p><img src=\"/cat.jpg\"></p>{}", sentences(30));
    let shown = with_page(article, &page(Some(&shown)), BodyPreference::Automatic, NOW);
    assert!(!shown.bodies[1].html.contains("dog.jpg"));
}

#[test]
fn an_entry_without_a_body_has_none() {
    let article = draft("  ");
    assert!(article.bodies.is_empty());
    assert_eq!(article.excerpt, "");
}

#[test]
fn the_fuller_text_of_an_entry_is_its_body() {
    let mut entry = entry("Foxes and dogs");
    entry.summary = Some(sentences(10));
    let article = article_from_entry(&entry, &Source::default(), NOW);
    assert!(article.bodies[0].html.contains("lazy dog"));
}

#[test]
fn the_page_is_fetched_where_it_can_help() {
    let teaser = draft("<p>Foxes jump.</p>");
    let whole = draft(&sentences(60));
    let cut = draft(&format!("{}<p>[…]</p>", sentences(60)));
    for (article, preference, needed) in [
        (&teaser, BodyPreference::Automatic, true),
        (&whole, BodyPreference::Automatic, false),
        (&cut, BodyPreference::Automatic, true),
        (&teaser, BodyPreference::Feed, false),
        (&whole, BodyPreference::Page, true),
    ] {
        assert_eq!(needs_page(article, preference), needed, "{preference:?} {}", article.excerpt);
    }
}

#[test]
fn no_page_is_fetched_for_episodes_videos_and_entries_without_a_link() {
    let mut episode = draft("<p>Notes.</p>");
    episode.enclosures.push(Enclosure {
        url: at("https://blog.example/1.mp3"),
        media_type: Some("audio/mpeg".to_owned()),
        length: None,
        title: None,
        seconds: None,
    });
    let mut video = draft("<p>A video.</p>");
    video.url = Some(at("https://www.youtube.com/watch?v=1"));
    let mut nowhere = draft("<p>Notes.</p>");
    nowhere.url = None;
    for article in [episode, video, nowhere] {
        assert!(!needs_page(&article, BodyPreference::Automatic));
    }
}

#[test]
fn the_better_body_is_shown_and_the_reason_is_kept() {
    use BodyPreference::{Automatic, Feed, Page};
    let (short, long, whole) = (sentences(3), sentences(30), sentences(60));
    for (feed, page, preference, shown, reason) in [
        (Some(&short), Some(&long), Automatic, BodyKind::Page, ChoiceReason::FeedIsTeaser),
        (Some(&whole), Some(&long), Automatic, BodyKind::Feed, ChoiceReason::FeedComplete),
        (Some(&long), Some(&long), Automatic, BodyKind::Feed, ChoiceReason::FeedComplete),
        (Some(&short), None, Automatic, BodyKind::Feed, ChoiceReason::PageEmpty),
        (None, Some(&long), Automatic, BodyKind::Page, ChoiceReason::OnlyOne),
        (None, None, Automatic, BodyKind::Feed, ChoiceReason::OnlyOne),
        (Some(&whole), Some(&long), Page, BodyKind::Page, ChoiceReason::Preference),
        (Some(&short), Some(&long), Feed, BodyKind::Feed, ChoiceReason::Preference),
    ] {
        let choice = choose(feed.map(String::as_str), page.map(String::as_str), preference);
        assert_eq!(choice, BodyChoice { shown, reason }, "{preference:?}");
    }
}

#[test]
fn a_page_fills_in_what_the_feed_left_out_and_both_bodies_are_kept() {
    let article = with_page(draft("<p>Foxes jump.</p>"), &page(Some(&sentences(30))), BodyPreference::Automatic, NOW);
    assert_eq!(article.choice.shown, BodyKind::Page);
    assert_eq!(article.bodies.iter().map(|body| body.kind).collect::<Vec<_>>(), [BodyKind::Feed, BodyKind::Page]);
    assert_eq!(article.author.as_deref(), Some("Jane Doe"));
    assert_eq!(article.published, Some(UnixMillis(1_709_623_800_000)));
    assert_eq!(article.words, 210);
}

#[test]
fn an_empty_page_leaves_the_feeds_body() {
    let article = with_page(draft("<p>Foxes jump.</p>"), &page(None), BodyPreference::Page, NOW);
    assert_eq!(article.choice, BodyChoice { shown: BodyKind::Feed, reason: ChoiceReason::PageEmpty });
    assert_eq!(article.bodies.len(), 1);
}

#[test]
fn a_saved_page_is_an_article_and_known_by_its_address() {
    let article = article_from_page(&page(Some(&sentences(30))), NOW);
    assert_eq!(article.choice, BodyChoice { shown: BodyKind::Page, reason: ChoiceReason::OnlyOne });
    assert_eq!(article.site_name.as_deref(), Some("The Blog"));
    assert_eq!(article.keys, article_from_page(&page(None), NOW).keys);
    assert_ne!(article.keys, Keys::default());
    assert_eq!(article_from_page(&page(None), NOW).excerpt, "About foxes.");
}
