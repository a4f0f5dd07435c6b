//! Published lists in the programs of others, and in another Gleaner: every reader finds in them what stands in the articles.

use gleaner::content::clean::{Rendering, clean, nothing_kept};
use gleaner::content::text::plain_text;
use gleaner::domain::{Clock as _, WebUrl};
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::Scope;

use super::publishing::{FORMATS, publish};
use super::reading::{followed, ids};
use crate::support::database::TestDatabase;
use crate::support::outside::Reply as Served;
use crate::support::site::{Person, TestSite};

/// What a strict reader of XML and dates finds wrong with a feed, and how many entries it reads.
const FEEDPARSER: &str = "
import sys, feedparser
for name in sys.argv[1:]:
    feed = feedparser.parse(name)
    assert not feed.bozo, (name, feed.bozo_exception)
    assert feed.version in ('rss20', 'atom10'), (name, feed.version)
    assert feed.feed.title and feed.feed.link and feed.feed.updated_parsed, name
    assert len({entry.id for entry in feed.entries}) == len(feed.entries), name
    for entry in feed.entries:
        assert entry.title and entry.link and entry.published_parsed, (name, entry)
        assert 'content' in entry or entry.title == 'Nothing', (name, entry)
    print(len(feed.entries))
";

/// The reader that Python's programs have (feedparser, in the Python that `GLEANER_TEST_PYTHON` names; without it this part passes
/// without a word, and `scripts/test` installs it) has no complaint, whatever the articles hold; nor has one of XML about
/// the catalogue, which says all that OPDS 1.2 asks for.
#[tokio::test]
async fn a_strict_reader_has_no_complaint_about_any_feed() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let ada = site.user("ada").await;
    let texts = super::exporting::odd_texts(&site);
    let feed = followed(&site, &ada, "/feed", &texts).await;
    let fields =
        [("list", format!("feed-{feed}")), ("title", "All & <everything>".to_owned()), ("newest", "200".to_owned())];
    let path = publish(&ada, &fields.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    let mut files = Vec::new();
    for name in ["rss.xml", "atom.xml", "opds.xml"] {
        let file = site.database.folder.path().join(name);
        std::fs::write(&file, site.visitor().get(&format!("{path}/{name}")).await.bytes).unwrap();
        files.push(file);
    }

    let Some(program) = std::env::var("GLEANER_TEST_PYTHON").ok().filter(|program| !program.is_empty()) else { return };
    let python = |script: &str, files: &[std::path::PathBuf]| {
        let run = std::process::Command::new(&program).args(["-c", script]).args(files).output();
        let run = run.expect("GLEANER_TEST_PYTHON names a program");
        (run.status.success(), String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned())
    };
    let (is_well, said) = python(FEEDPARSER, &files[..2]);
    assert!(is_well, "{said}");
    assert_eq!(said.split_whitespace().collect::<Vec<_>>(), [texts.len().to_string(), texts.len().to_string()]);
    let catalogue = "
import sys, xml.etree.ElementTree as tree
atom = '{http://www.w3.org/2005/Atom}'
root = tree.parse(sys.argv[1]).getroot()
assert root.tag == atom + 'feed' and root.find(atom + 'author') is not None
for one in [root, *root.findall(atom + 'entry')]:
    for name in ['id', 'title', 'updated']:
        assert one.findtext(atom + name), (name, tree.tostring(one))
kinds = {link.get('rel'): link.get('type') for link in root.findall(atom + 'link')}
assert kinds['self'] == kinds['start'] == 'application/atom+xml;profile=opds-catalog;kind=acquisition', kinds
books = root.findall(atom + 'entry')
for book in books:
    links = [link for link in book.findall(atom + 'link') if link.get('rel') == 'http://opds-spec.org/acquisition']
    assert len(links) == 1 and links[0].get('type') == 'application/epub+zip' and links[0].get('href').startswith('http'), tree.tostring(book)
assert len({book.findtext(atom + 'id') for book in books}) == len(books)
print(len(books))
";
    let (is_well, said) = python(catalogue, &files[2..]);
    assert!(is_well, "{said}");
    assert_eq!(said.trim(), (texts.len() + 1).to_string());
}

/// A list that Gleaner publishes and Gleaner reads: its articles say the same on both sides, whatever is in them, in all three formats.
#[tokio::test]
async fn a_published_list_that_is_followed_says_the_same_there() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let ada = site.user("ada").await;
    let texts = super::exporting::odd_texts(&site);
    let feed = followed(&site, &ada, "/feed", &texts).await;
    let list = format!("feed-{feed}");
    let path = publish(&ada, &[("list", &list), ("newest", "200")]).await;
    let shown = async |person: &Person, feed| {
        let mut found = std::collections::BTreeMap::new();
        for id in ids(&site, person, Scope::Feed(feed)).await {
            let article = site.app.db.article(person.id, id).await.unwrap().unwrap();
            let itself = |url: &WebUrl| url.to_string();
            let rendering =
                Rendering { base: article.url.as_ref(), picture: &itself, media: &itself, kept: &nothing_kept };
            let body = article.body.map(|body| body.html).unwrap_or_default();
            let text = plain_text(clean(&body, &rendering).as_str());
            // XML has no place for some signs that nobody sees (XML 1.0, section 2.2).
            let text = text.replace(|c: char| c.is_control() && !c.is_whitespace() || c == '\u{fffe}', "");
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            found.insert(article.url.unwrap().to_string(), (article.title, article.published, text));
        }
        found
    };
    let here = shown(&ada, feed).await;
    assert_eq!(here.len(), texts.len());

    for (end, kind) in FORMATS {
        let eve = site.user(&format!("eve{}", end.replace('.', "-"))).await;
        let document = site.visitor().get(&format!("{path}/{end}")).await;
        site.world.route(&format!("/{end}"), Served::ok(kind, document.bytes));
        let now = site.clock.now();
        let theirs = site.app.db.ensure_feed(&site.world.url(&format!("/{end}")), now).await.unwrap();
        site.app.db.subscribe(eve.id, theirs, None, now, 500).await.unwrap();
        refresh_feed(&site.app, theirs).await.unwrap();

        let there = shown(&eve, theirs).await;
        assert_eq!(there.len(), here.len(), "{end}");
        for (url, (title, published, text)) in &here {
            let (its_title, its_published, its_text) = &there[url];
            assert_eq!(published, its_published, "{end}: {title}");
            // JSON Feed asks for a text (section "Items"): where there is nothing at all, the title stands for it.
            let is_same = its_text == text || end == "feed.json" && text.is_empty() && its_text == title;
            assert!(is_same, "{end}: {title}: {text:?} became {its_text:?}");
            assert!(title == its_title || title.is_empty(), "{end}: {title} became {its_title}");
        }
    }
}
