//! Tables: Pocket, Instapaper, Raindrop.io, Readwise, Readeck, Diigo, and whatever has a column of addresses.

use std::collections::HashMap;

use super::value;
use super::{BadReason, Format, Item, Listing, Passage};
use crate::domain::Language;
use crate::feed::text::escape;

/// Columns beyond these are not looked at.
const MAX_COLUMNS: usize = 64;
/// So many times a quotation mark without its end is forgiven.
const MAX_UNCLOSED: usize = 50;

/// Where a table has what.
#[derive(Debug, Default)]
struct Columns {
    url: Option<usize>,
    title: Option<usize>,
    tags: Option<usize>,
    /// Those of the whole article, where others are of a passage in it.
    document_tags: Option<usize>,
    folder: Option<usize>,
    added: Option<usize>,
    published: Option<usize>,
    state: Option<usize>,
    read: Option<usize>,
    unread: Option<usize>,
    starred: Option<usize>,
    summary: Option<usize>,
    note: Option<usize>,
    passages: Option<usize>,
    author: Option<usize>,
    language: Option<usize>,
    content: Option<usize>,
    seen: Option<usize>,
}

impl Columns {
    fn read(head: &[String]) -> Self {
        let head: Vec<String> = head.iter().map(|name| key_of(name)).collect();
        let find = |names: &[&str]| names.iter().find_map(|name| head.iter().position(|found| found == name));
        Self {
            url: find(&[
                "url",
                "link",
                "href",
                "uri",
                "address",
                "givenurl",
                "resolvedurl",
                "sourceurl",
                "documenturl",
                "sourcelink",
                "articleurl",
            ]),
            title: find(&["title", "resolvedtitle", "giventitle", "name", "booktitle", "documenttitle", "headline"]),
            tags: find(&["tags", "labels", "documenttags", "keywords", "tag", "label"]),
            document_tags: find(&["documenttags"]),
            folder: find(&["folder", "collection", "list"]),
            added: find(&[
                "timeadded",
                "timestamp",
                "created",
                "createdat",
                "saveddate",
                "savedat",
                "dateadded",
                "addedat",
                "datecreated",
                "added",
                "highlightedat",
                "date",
                "time",
                "starreddate",
                "creationdate",
            ]),
            published: find(&["published", "publishedat", "publisheddate", "publicationdate"]),
            state: find(&["status", "state", "location"]),
            read: find(&["isarchived", "archived", "isread", "read", "archive"]),
            unread: find(&["unread", "toread", "isunread"]),
            starred: find(&[
                "favorite",
                "starred",
                "isstarred",
                "isfavorite",
                "important",
                "favourite",
                "liked",
                "favorited",
                "ismarked",
            ]),
            summary: find(&["excerpt", "description", "extended", "summary"]),
            note: find(&["note", "notes"]),
            passages: find(&["highlights", "selection", "highlight", "annotations"]),
            author: find(&["author", "bookauthor", "authors", "documentauthor"]),
            language: find(&["language", "lang"]),
            content: find(&["content", "html"]),
            seen: find(&["seen"]),
        }
    }
}

/// A column's name without case, spaces and lines in it.
fn key_of(name: &str) -> String {
    name.trim().chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a line is the head of a table with addresses.
pub(super) fn is_head(line: &str) -> bool {
    let mut rows = Rows::new(line, separator_of(line));
    let Some(Ok(head)) = rows.next() else { return false };
    let columns = Columns::read(&head);
    head.len() > 1 && columns.url.is_some()
}

/// Reads a table; `None` if it has no addresses.
pub(super) fn read(name: &str, text: &str) -> Option<Listing> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let separator = separator_of(first);
    let mut rows = Rows::new(text, separator);
    let head = rows.next()?.ok()?;
    let mut columns = Columns::read(&head);
    let keys: Vec<String> = head.iter().map(|name| key_of(name)).collect();
    let has = |wanted: &[&str]| wanted.iter().all(|name| keys.iter().any(|key| key == name));
    let format = if has(&["url", "timeadded", "status"]) {
        Format::Pocket
    } else if has(&["url", "selection", "folder"]) {
        Format::Instapaper
    } else if has(&["url", "excerpt", "folder", "created"]) || has(&["url", "cover", "created"]) {
        Format::Raindrop
    } else if has(&["documenttags", "saveddate"]) || has(&["highlight", "booktitle"]) {
        Format::Readwise
    } else if has(&["url", "state", "labels"]) && has(&["created"]) {
        Format::Readeck
    } else if has(&["url", "mimetype", "creationdate"]) {
        Format::Wallabag
    } else if has(&["slug", "savedat", "url"]) {
        Format::Omnivore
    } else if has(&["url", "comments", "annotations"]) {
        Format::Diigo
    } else {
        Format::Table
    };
    let mut listing = Listing::new(name, format);
    if format == Format::Readwise && columns.url.is_none() {
        return Some(highlights(listing, &columns, rows));
    }
    let mut first_row = None;
    if columns.url.is_none() {
        // No head at all: whichever column holds an address in the first row, and the first other one is the title.
        let url = head.iter().position(|field| is_address(field))?;
        let title = (0..head.len()).find(|column| *column != url);
        columns = Columns { url: Some(url), title, ..Columns::default() };
        first_row = Some(Ok(head));
    }
    if format == Format::Readwise && columns.passages.is_some() {
        return Some(with_highlights(listing, &columns, rows));
    }
    for row in first_row.into_iter().chain(rows) {
        match row {
            Ok(row) if row.iter().all(|field| field.trim().is_empty()) => {}
            Ok(row) => listing.add(item_of(&row, &columns, format)),
            Err(reason) => listing.refuse(reason),
        }
        if listing.is_full() {
            listing.add(Item::default());
            break;
        }
    }
    Some(listing)
}

fn is_address(field: &str) -> bool {
    let field = field.trim();
    field.starts_with("http://") || field.starts_with("https://")
}

fn item_of(row: &[String], columns: &Columns, format: Format) -> Item {
    let field = |column: Option<usize>| column.and_then(|column| row.get(column)).map_or("", |field| field.trim());
    let folder = field(columns.folder);
    let mut item = Item {
        address: field(columns.url).to_owned(),
        title: value::title(field(columns.title)),
        summary: value::summary(if field(columns.note).is_empty() {
            field(columns.summary)
        } else {
            field(columns.note)
        }),
        note: value::passage(field(columns.note)),
        tags: value::names(field(columns.tags)),
        folder: value::title(folder),
        starred: value::truth(field(columns.starred)).unwrap_or(false),
        // The day comes first in the tables of wallabag: “09/02/2024 06:30:00” is in February.
        added: value::moment_of(field(columns.added), format == Format::Wallabag),
        published: value::moment(field(columns.published)),
        author: value::author(field(columns.author)),
        language: Language::parse(field(columns.language)),
        html: Some(field(columns.content).to_owned()).filter(|html| html.contains('<')),
        ..Item::default()
    };
    item.read = value::read_state(field(columns.state))
        .or_else(|| value::truth(field(columns.read)))
        .or_else(|| value::truth(field(columns.unread)).map(|unread| !unread));
    let mut names_tag = false;
    match (format, folder.to_lowercase().as_str()) {
        (Format::Instapaper, "unread" | "") => item.read = Some(false),
        (Format::Instapaper, "archive" | "archived") => item.read = Some(true),
        (Format::Instapaper, "starred" | "liked") => (item.read, item.starred) = (Some(false), true),
        (Format::Instapaper, _) => (item.read, names_tag) = (Some(false), true),
        (Format::Raindrop, "unsorted" | "") => {}
        (Format::Readwise, _) if field(columns.state).eq_ignore_ascii_case("feed") => {
            item.read = value::truth(field(columns.seen));
        }
        (_, folder) => names_tag = !folder.is_empty(),
    }
    if names_tag {
        value::add_tag(&mut item.tags, folder);
    }
    if format == Format::Diigo {
        item.tags = value::words(field(columns.tags));
        // What it calls an article without a tag.
        item.tags.retain(|tag| tag != "no_tag");
        item.note = value::passage(field(columns.summary));
    }
    for tag in value::names(field(columns.document_tags)) {
        value::add_tag(&mut item.tags, &tag);
    }
    let passages = field(columns.passages);
    if format == Format::Instapaper {
        item.passages.extend(passage_of(passages, ""));
    } else if matches!(format, Format::Raindrop | Format::Diigo) {
        item.passages = marked(passages);
    } else {
        item.passages.extend(passages.lines().take(200).filter_map(|line| passage_of(line, "")));
    }
    item
}

fn passage_of(text: &str, note: &str) -> Option<Passage> {
    let text = value::passage(text);
    (!text.is_empty()).then(|| Passage { text, note: value::passage(note) })
}

/// The passages of Raindrop.io: each after its word, with a note or without; or, in older files, a line for each.
fn marked(text: &str) -> Vec<Passage> {
    let mut found: Vec<Passage> = Vec::new();
    let mut in_note = false;
    let has_words = text.contains("Highlight:");
    for line in text.lines().take(1_000).map(str::trim).filter(|line| !line.is_empty()) {
        let begins = line.strip_prefix("Highlight:");
        match (begins, found.last_mut()) {
            (Some(words), _) => {
                in_note = false;
                found.push(Passage { text: value::passage(words), note: String::new() });
            }
            (None, _) if !has_words => found.extend(passage_of(line, "")),
            (None, Some(last)) => {
                let note = line.strip_prefix("Note:");
                in_note |= note.is_some();
                let (field, piece) = match note {
                    Some(note) => (&mut last.note, note.trim()),
                    None if in_note => (&mut last.note, line),
                    None => (&mut last.text, line),
                };
                if !field.is_empty() {
                    field.push('\n');
                }
                value::push(field, piece);
            }
            (None, None) => {}
        }
    }
    found.retain(|passage| !passage.text.is_empty());
    found
}

/// Articles that come as rows of their highlights, by what tells them apart.
struct Grouped<K> {
    items: Vec<Item>,
    places: HashMap<K, usize>,
}

impl<K> Default for Grouped<K> {
    fn default() -> Self {
        Self { items: Vec::new(), places: HashMap::new() }
    }
}

impl<K: Eq + std::hash::Hash> Grouped<K> {
    fn is_full(&self) -> bool {
        self.places.len() >= super::MAX_ITEMS
    }

    /// The article of a row, without what is the row's own.
    fn article_of(&mut self, key: K, row: &Item) -> &mut Item {
        let place = *self.places.entry(key).or_insert_with(|| {
            self.items.push(Item {
                read: Some(true),
                passages: Vec::new(),
                summary: String::new(),
                note: String::new(),
                ..row.clone()
            });
            self.items.len() - 1
        });
        &mut self.items[place]
    }
}

/// Writes a highlight and its note at the end of an article’s text.
fn quote(article: &mut Item, passage: &str, note: &str) {
    let html = article.html.get_or_insert_default();
    html.push_str(&format!("<blockquote><p>{}</p></blockquote>", escape(passage)));
    if !note.is_empty() {
        html.push_str(&format!("<p>{}</p>", escape(note)));
    }
}

/// Readwise’s highlights with the addresses of what they stand in, a row for each: one article for each address.
fn with_highlights(mut listing: Listing, columns: &Columns, rows: Rows<'_>) -> Listing {
    let mut articles = Grouped::default();
    for row in rows {
        let Ok(row) = row else {
            listing.refuse(BadReason::Unreadable);
            continue;
        };
        if row.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        let item = item_of(&row, columns, Format::Table);
        let passage = columns.passages.and_then(|column| row.get(column)).map_or("", |text| text.trim());
        let passage = passage_of(passage, &item.summary);
        // What is of no page is told apart by its title.
        let key = if item.address.is_empty() { format!(" {}", item.title) } else { item.address.clone() };
        if articles.is_full() && !articles.places.contains_key(&key) {
            continue;
        }
        let article = articles.article_of(key, &item);
        for tag in &item.tags {
            value::add_tag(&mut article.tags, tag);
        }
        if article.address.is_empty()
            && let Some(passage) = &passage
        {
            quote(article, &passage.text, &passage.note);
        } else if article.passages.len() < 500 {
            article.passages.extend(passage);
        }
    }
    articles.items.into_iter().for_each(|article| listing.add(article));
    listing
}

/// Readwise’s table of highlights has no addresses: the highlights of each title are the text of one article.
fn highlights(mut listing: Listing, columns: &Columns, rows: Rows<'_>) -> Listing {
    let mut articles = Grouped::default();
    for row in rows {
        let Ok(row) = row else {
            listing.refuse(BadReason::Unreadable);
            continue;
        };
        let item = item_of(&row, columns, Format::Table);
        let Some(passage) = columns.passages.and_then(|column| row.get(column)).map(|text| text.trim()) else {
            continue;
        };
        if passage.is_empty() || articles.is_full() {
            continue;
        }
        let article = articles.article_of((item.title.clone(), item.author.clone()), &item);
        quote(article, passage, &item.summary);
    }
    articles.items.into_iter().for_each(|article| listing.add(article));
    listing
}

/// What separates the columns: whichever stands most in the first line.
fn separator_of(line: &str) -> u8 {
    let count = |separator: u8| line.bytes().filter(|byte| *byte == separator).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// The rows of a table (RFC 4180, and what deviates from it in reason).
struct Rows<'a> {
    text: &'a str,
    at: usize,
    separator: u8,
    unclosed: usize,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str, separator: u8) -> Self {
        Self { text, at: 0, separator, unclosed: 0 }
    }

    /// The field that begins here, and whether another one of the row follows; `None` if its quotation never ends.
    fn field(&mut self) -> Option<(String, bool)> {
        let bytes = self.text.as_bytes();
        let mut field = String::new();
        if bytes.get(self.at) == Some(&b'"') {
            let mut from = self.at + 1;
            loop {
                let quote = memchr::memchr(b'"', &bytes[from..])? + from;
                value::push(&mut field, &self.text[from..quote]);
                if bytes.get(quote + 1) == Some(&b'"') {
                    field.push('"');
                    from = quote + 2;
                } else {
                    self.at = quote + 1;
                    break;
                }
            }
        }
        let rest = &bytes[self.at..];
        let end = memchr::memchr3(self.separator, b'\n', b'\r', rest).unwrap_or(rest.len());
        value::push(&mut field, &self.text[self.at..self.at + end]);
        self.at += end;
        match bytes.get(self.at) {
            Some(byte) if *byte == self.separator => {
                self.at += 1;
                Some((field, true))
            }
            Some(b'\r') if bytes.get(self.at + 1) == Some(&b'\n') => {
                self.at += 2;
                Some((field, false))
            }
            Some(_) => {
                self.at += 1;
                Some((field, false))
            }
            None => Some((field, false)),
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Vec<String>, BadReason>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text.len() {
            return None;
        }
        let begin = self.at;
        let mut row = Vec::new();
        loop {
            let Some((field, goes_on)) = self.field() else {
                // Only this line is lost, not everything behind it.
                self.unclosed += 1;
                let line = memchr::memchr(b'\n', &self.text.as_bytes()[begin..]);
                self.at = line.filter(|_| self.unclosed <= MAX_UNCLOSED).map_or(self.text.len(), |end| begin + end + 1);
                return Some(Err(BadReason::Unreadable));
            };
            if row.len() < MAX_COLUMNS {
                row.push(field);
            }
            if !goes_on {
                return Some(Ok(row));
            }
        }
    }
}
