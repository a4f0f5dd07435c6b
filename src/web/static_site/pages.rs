//! The pages of lists, the feeds, and what the search of a site reads.

use std::collections::BTreeMap;

use askama::Template;

use super::files::Files;
use super::lines::{Line, Lines};
use super::manifest::{Manifest, page_place};
use super::{Plan, PublishError};
use crate::app::App;
use crate::domain::{AccountId, UnixMillis, WebUrl};
use crate::feed::publish::{Channel, Item, atom, json_feed, rss};
use crate::store::Scope;
use crate::web::MediaSigner;
use crate::web::assets::Asset;
use crate::web::page::Frame;
use crate::web::pages::{at_home, files_of, title_of, uuid};
use crate::web::view::{Moment, feed_title};

/// Articles of a page.
const OF_PAGE: usize = 50;
/// Articles of a feed.
const OF_FEED: usize = 50;
/// Characters of an excerpt that the search reads.
const SEARCHED_CHARS: usize = 160;
/// A picture beside a title is not larger: it is shown small.
const THUMBNAIL_BYTES: u64 = 512 * 1024;

/// What every page shows, and runs: nothing. Recordings come from where they are, and only when they are asked for.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; media-src https: http:; \
                      base-uri 'none'; form-action 'none'";
/// The page of the search runs its own script.
const SEARCH_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; \
                             base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'";
const SCRIPT: &str = include_str!("../../../templates/site/search.js");

/// What the pages of a site have in common.
#[derive(Debug)]
pub(super) struct Shell {
    pub(super) frame: Frame,
    pub(super) title: String,
    address: Option<String>,
    signer: MediaSigner,
}

impl Shell {
    pub(super) fn new(frame: Frame, plan: &Plan, signer: MediaSigner) -> Self {
        let locale = frame.locale;
        let named = || match (plan.scope, &plan.list_title) {
            (None, _) => plan.name.clone(),
            (Some(Scope::Starred), _) => locale.t("list.starred").to_owned(),
            (Some(Scope::Later), _) => locale.t("list.later").to_owned(),
            (Some(_), title) => feed_title(title.as_deref().unwrap_or_default(), locale),
        };
        let title = plan.title.clone().filter(|title| !title.trim().is_empty()).unwrap_or_else(named);
        Self { frame, title, address: plan.address.clone(), signer }
    }

    /// Everything that stands on a page whatever the articles are.
    pub(super) fn look(&self) -> String {
        let style = Asset::find("gleaner.css").map_or("", |asset| asset.hash.as_str());
        let zone = self.frame.preferences.time_zone.as_deref().unwrap_or_default();
        format!("{} {zone} {style} {} {}", self.frame.lang(), self.title, self.address.as_deref().unwrap_or_default())
    }

    pub(super) fn policy(&self) -> &'static str {
        POLICY
    }

    fn search_policy(&self) -> &'static str {
        SEARCH_POLICY
    }

    pub(super) fn title_of(&self, title: &str, excerpt: &str) -> String {
        title_of(title, excerpt, self.frame.locale)
    }

    pub(super) fn feed_title(&self, title: &str) -> String {
        feed_title(title, self.frame.locale)
    }

    /// The month of a moment, as in `2023-08`.
    pub(super) fn month_of(&self, at: UnixMillis) -> String {
        let at = at.to_timestamp().map(|at| at.to_zoned(self.frame.zone()).strftime("%Y-%m").to_string());
        at.unwrap_or_else(|| "1970-01".to_owned())
    }
}

/// A page of a list.
#[derive(Debug, Template)]
#[template(path = "site/list.html")]
struct ListPage<'a> {
    shell: &'a Shell,
    up: &'static str,
    heading: &'a str,
    rows: Vec<Row<'a>>,
    newer: Option<String>,
    older: Option<String>,
}

/// An article of a list.
#[derive(Debug)]
struct Row<'a> {
    address: String,
    title: String,
    excerpt: &'a str,
    source: &'a str,
    when: Moment,
    lang: Option<(&'a str, &'static str)>,
    picture: Option<String>,
}

/// A page of links to lists.
#[derive(Debug, Template)]
#[template(path = "site/index.html")]
struct IndexPage<'a> {
    shell: &'a Shell,
    up: &'static str,
    heading: &'a str,
    sections: Vec<Section>,
}

/// A part of such a page; its heading may lead somewhere, too.
#[derive(Debug, Default)]
struct Section {
    heading: Option<(String, String)>,
    links: Vec<(String, String, i64)>,
}

/// The page of the search.
#[derive(Debug, Template)]
#[template(path = "site/search.html")]
struct SearchPage<'a> {
    shell: &'a Shell,
    up: &'static str,
}

/// Writes everything that is no article.
pub(super) async fn write_all(
    app: &App,
    shell: &Shell,
    lines: &Lines,
    manifest: &Manifest,
    files: &mut Files,
    account: AccountId,
) -> Result<(), PublishError> {
    for (name, asset) in [("style.css", "gleaner.css"), ("icon.svg", "icons/mark.svg")] {
        if let Some(asset) = Asset::find(asset) {
            files.put(name.to_owned(), &asset.packed("").0)?;
        }
    }
    // Some hosts would otherwise make pages of their own of the archived articles.
    files.put(".nojekyll".to_owned(), b"")?;
    // What left meanwhile, or could not be made, has no page to lead to.
    let all: Vec<&Line> = lines.all.iter().filter(|line| manifest.articles.contains_key(&line.id.0)).collect();
    let writer = Writer { shell, manifest };
    writer.list(files, ("", "index"), &shell.title, &all)?;
    writer.by_date(files, &all)?;
    writer.by_feed(files, &all)?;
    writer.by_category(files, &all, lines)?;
    let page = SearchPage { shell, up: "" }.render()?;
    files.put("search.html".to_owned(), page.as_bytes())?;
    files.put("search.js".to_owned(), SCRIPT.as_bytes())?;
    files.put("search-index.js".to_owned(), searched(shell, &all).as_bytes())?;
    write_feeds(app, shell, &all, files, account).await
}

struct Writer<'a> {
    shell: &'a Shell,
    manifest: &'a Manifest,
}

impl Writer<'_> {
    /// The pages of a list: `FOLDER/STEM.html`, then `FOLDER/STEM-2.html` and so on.
    fn list(
        &self,
        files: &mut Files,
        (folder, stem): (&str, &str),
        heading: &str,
        all: &[&Line],
    ) -> Result<(), PublishError> {
        let up = if folder.is_empty() { "" } else { "../" };
        let name = |number: usize| match number {
            1 => format!("{stem}.html"),
            number => format!("{stem}-{number}.html"),
        };
        let pages = all.len().div_ceil(OF_PAGE).max(1);
        for number in 1..=pages {
            let from = (number - 1) * OF_PAGE;
            let shown = all.iter().skip(from).take(OF_PAGE);
            let page = ListPage {
                shell: self.shell,
                up,
                heading,
                rows: shown.map(|line| self.row(line, up, files)).collect(),
                newer: (number > 1).then(|| name(number - 1)),
                older: (number < pages).then(|| name(number + 1)),
            };
            let path = if folder.is_empty() { name(number) } else { format!("{folder}/{}", name(number)) };
            files.put(path, page.render()?.as_bytes())?;
        }
        Ok(())
    }

    fn row<'a>(&self, line: &'a Line, up: &str, files: &Files) -> Row<'a> {
        let frame = &self.shell.frame;
        let lead = self.manifest.articles.get(&line.id.0).and_then(|entry| entry.lead.as_ref());
        let picture = lead.map(|name| format!("pictures/{name}")).filter(|path| files.is_small(path, THUMBNAIL_BYTES));
        Row {
            address: format!("{up}{}", page_place(line.id.0)),
            title: self.shell.title_of(&line.title, &line.excerpt),
            excerpt: if line.title.is_empty() { "" } else { &line.excerpt },
            source: line.url.as_ref().map(WebUrl::site).unwrap_or_default(),
            when: Moment::new(line.at, line.at, &frame.zone(), frame.locale),
            lang: line.language.as_ref().map(|lang| (lang.as_str(), lang.direction().as_str())),
            picture: picture.map(|path| format!("{up}{path}")),
        }
    }

    /// A list for each year and each month, and the page that leads to them.
    fn by_date(&self, files: &mut Files, all: &[&Line]) -> Result<(), PublishError> {
        let mut sorted = all.to_vec();
        sorted.sort_by_key(|line| std::cmp::Reverse((line.at, line.id)));
        let mut months: BTreeMap<String, Vec<&Line>> = BTreeMap::new();
        let mut years: BTreeMap<String, Vec<&Line>> = BTreeMap::new();
        for line in sorted {
            let month = self.shell.month_of(line.at);
            let year = month.split('-').next().unwrap_or_default().to_owned();
            months.entry(month).or_default().push(line);
            years.entry(year).or_default().push(line);
        }
        let mut sections = Vec::with_capacity(years.len());
        for (year, of_year) in years.iter().rev() {
            self.list(files, ("archive", year), year, of_year)?;
            let mut section = Section { heading: Some((format!("{year}.html"), year.clone())), links: Vec::new() };
            for (month, of_month) in months.iter().filter(|(month, _)| month.starts_with(&format!("{year}-"))) {
                self.list(files, ("archive", month), month, of_month)?;
                section.links.push((format!("{month}.html"), self.month_name(month), count(of_month)));
            }
            sections.push(section);
        }
        self.index(files, "archive", self.shell.frame.t("site.by_month"), sections)
    }

    fn month_name(&self, month: &str) -> String {
        let number = month.rsplit('-').next().unwrap_or_default().trim_start_matches('0');
        match number.parse::<u8>() {
            Ok(1..=12) => self.shell.frame.t(&format!("month.{number}")).to_owned(),
            _ => month.to_owned(),
        }
    }

    fn by_feed(&self, files: &mut Files, all: &[&Line]) -> Result<(), PublishError> {
        let mut feeds: BTreeMap<(String, i64), Vec<&Line>> = BTreeMap::new();
        for line in all {
            let title = self.shell.feed_title(&line.feed_title);
            feeds.entry((title, line.feed.0)).or_default().push(line);
        }
        let mut section = Section::default();
        for ((title, id), lines) in &feeds {
            self.list(files, ("feeds", &id.to_string()), title, lines)?;
            section.links.push((format!("{id}.html"), title.clone(), count(lines)));
        }
        self.index(files, "feeds", self.shell.frame.t("base.feeds"), vec![section])
    }

    fn by_category(&self, files: &mut Files, all: &[&Line], lines: &Lines) -> Result<(), PublishError> {
        let mut section = Section::default();
        for category in &lines.categories {
            let within = |line: &&&Line| lines.category_of.get(&line.feed) == Some(&category.id);
            let of_category: Vec<&Line> = all.iter().filter(within).copied().collect();
            if of_category.is_empty() {
                continue;
            }
            self.list(files, ("categories", &category.id.to_string()), &category.title, &of_category)?;
            section.links.push((format!("{}.html", category.id), category.title.clone(), count(&of_category)));
        }
        self.index(files, "categories", self.shell.frame.t("article.categories"), vec![section])
    }

    fn index(
        &self,
        files: &mut Files,
        folder: &str,
        heading: &str,
        sections: Vec<Section>,
    ) -> Result<(), PublishError> {
        let page = IndexPage { shell: self.shell, up: "../", heading, sections }.render()?;
        files.put(format!("{folder}/index.html"), page.as_bytes())
    }
}

fn count(lines: &[&Line]) -> i64 {
    i64::try_from(lines.len()).unwrap_or(i64::MAX)
}

/// Titles and beginnings of texts for the script of the search: JSON in a script, so that it is read without a server, too.
fn searched(shell: &Shell, all: &[&Line]) -> String {
    let rows: Vec<serde_json::Value> = all
        .iter()
        .map(|line| {
            let short: String = line.excerpt.chars().take(SEARCHED_CHARS).collect();
            let day = shell.frame.locale.date(line.at, &shell.frame.zone());
            let title = shell.title_of(&line.title, &line.excerpt);
            let language = line.language.as_ref().map_or("", |language| language.as_str());
            serde_json::json!([line.id.0, title, short, shell.feed_title(&line.feed_title), day, language])
        })
        .collect();
    format!("self.articles = {};\n", serde_json::Value::from(rows))
}

/// The newest articles as feeds.
async fn write_feeds(
    app: &App,
    shell: &Shell,
    all: &[&Line],
    files: &mut Files,
    account: AccountId,
) -> Result<(), PublishError> {
    let whole = |path: &str| shell.address.as_ref().map_or_else(|| path.to_owned(), |site| format!("{site}/{path}"));
    let mut channel = Channel {
        title: shell.title.clone(),
        description: shell.frame.t("published.description").to_owned(),
        page: whole(""),
        address: String::new(),
        id: uuid(shell.signer.name(&format!("site {account} {}", shell.title))),
        updated: UnixMillis(0),
        hub: None,
        items: Vec::new(),
    };
    if channel.page.is_empty() {
        channel.page = "index.html".to_owned();
    }
    for line in all.iter().take(OF_FEED) {
        let Some(article) = app.db.article(account, line.id).await? else { continue };
        channel.updated = channel.updated.max(article.changed_at);
        let base = article.url.clone().or_else(|| article.site_url.clone());
        channel.items.push(Item {
            id: uuid(shell.signer.name(&format!("article {account} {}", line.id))),
            link: line.url.as_ref().map_or_else(|| whole(&page_place(line.id.0)), ToString::to_string),
            title: shell.title_of(&line.title, &line.excerpt),
            author: article.author,
            published: line.at,
            updated: article.changed_at,
            language: line.language.as_ref().map(|language| language.as_str().to_owned()),
            html: article.body.map(|body| at_home(&body.html, base.as_ref(), None)),
            categories: article.categories,
            files: files_of(article.enclosures),
        });
        // Cleaning fifty texts takes a while.
        tokio::task::yield_now().await;
    }
    for name in ["rss.xml", "atom.xml", "feed.json"] {
        channel.address = whole(name);
        let feed = match name {
            "rss.xml" => rss(&channel),
            "atom.xml" => atom(&channel),
            _ => json_feed(&channel),
        };
        files.put(name.to_owned(), feed.as_bytes())?;
    }
    Ok(())
}

/// A path as an address; its names may be in any script.
pub(super) fn encoded(path: &str) -> String {
    let part =
        |part: &str| url::form_urlencoded::byte_serialize(part.as_bytes()).collect::<String>().replace('+', "%20");
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}
