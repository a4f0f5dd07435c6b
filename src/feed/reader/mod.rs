//! The tolerant reader of all feeds in XML: RSS 0.9x to 2.0, RDF Site Summary, Atom 0.3 and 1.0 (RFC 4287), CDF.
//!
//! It walks the tokens once with a stack of open elements. Elements are known by vocabulary and name, whatever their
//! case and however the root spells its version, and an element that is never closed ends where its parent or the next
//! entry does. So damage costs only the element that it hits.

mod channel;
mod collect;
mod entry;
mod media;

use std::borrow::Cow;

use super::FeedError;
use super::namespace::{Namespace, Scope};
use super::raw::{RawEntry, RawFeed, RawLink, RawPerson};
use super::text::{decode_references, is_html_element};
use super::xml::{Tag, Token, Tokenizer};
use crate::domain::{FeedFormat, WebUrl};

/// How deep elements may be nested. Real feeds stay below 20.
const DEEPEST: usize = 256;

/// What came out of a document.
#[derive(Debug)]
pub(crate) struct Read<'a> {
    /// The feed.
    pub(crate) feed: RawFeed<'a>,
    /// Whether rules of XML were broken.
    pub(crate) mended: bool,
    /// Whether the document ends in the middle.
    pub(crate) truncated: bool,
}

/// Reads a feed in XML. `url` is the base of relative addresses.
pub(crate) fn read<'a>(text: &'a str, url: &WebUrl) -> Result<Read<'a>, FeedError> {
    let mut reader = Reader {
        tokens: Tokenizer::new(text),
        scope: Scope::default(),
        stack: Vec::new(),
        bases: Vec::new(),
        languages: Vec::new(),
        url: url.clone(),
        feed: RawFeed::default(),
        entry: None,
        person: RawPerson::default(),
        before: Before::default(),
        started: false,
        finished: false,
        mended: false,
        truncated: false,
    };
    reader.walk()?;
    if !reader.started {
        return Err(if reader.before.html { FeedError::HtmlPage } else { FeedError::NotAFeed });
    }
    let truncated = reader.truncated || (reader.tokens.cut && !reader.finished);
    Ok(Read { feed: reader.feed, mended: reader.mended || reader.tokens.mended, truncated })
}

/// What an open element is to the elements inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// `rss` and `rdf:RDF`.
    Document,
    /// `channel`, and `feed` of Atom.
    Channel,
    /// `item` and `entry`.
    Entry,
    /// `image` of RSS.
    Image,
    /// An author with parts.
    Author,
    /// `source` of Atom: the feed that an entry was taken from.
    Source,
    /// `media:group` and `media:content`.
    Media,
    /// Nothing inside it is wanted.
    Skip,
}

#[derive(Debug)]
struct Frame<'a> {
    name: &'a str,
    role: Role,
}

/// What stood before the root element.
#[derive(Debug, Default)]
struct Before {
    /// Elements of a web page.
    html: bool,
    /// Elements that are none of HTML's.
    other: bool,
    /// Any elements at all.
    any: bool,
}

#[derive(Debug)]
struct Reader<'a> {
    tokens: Tokenizer<'a>,
    scope: Scope<'a>,
    stack: Vec<Frame<'a>>,
    /// `xml:base` with the depth at which it was declared.
    bases: Vec<(usize, WebUrl)>,
    /// `xml:lang` with the depth at which it was declared.
    languages: Vec<(usize, &'a str)>,
    url: WebUrl,
    feed: RawFeed<'a>,
    entry: Option<RawEntry<'a>>,
    person: RawPerson<'a>,
    before: Before,
    started: bool,
    finished: bool,
    mended: bool,
    truncated: bool,
}

impl<'a> Reader<'a> {
    fn walk(&mut self) -> Result<(), FeedError> {
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Open(tag) if self.started => self.open(tag)?,
                Token::Open(tag) => self.open_root(tag)?,
                Token::Close(name) => self.close(name),
                Token::Text(text) => self.loose_text(decode_references(text)),
                Token::CData(text) => self.loose_text(Cow::Borrowed(text)),
            }
            if self.finished {
                return Ok(());
            }
        }
        if self.started {
            if self.entry.is_some() {
                // The last entry is not whole. What is missing comes with the next fetch; half an article would stay.
                self.truncated = true;
            } else {
                self.mended = true;
            }
        }
        Ok(())
    }

    /// Looks whether a feed begins here. Anything may stand before it: blank lines, warnings of PHP, a comment.
    fn open_root(&mut self, tag: Tag<'a>) -> Result<(), FeedError> {
        self.scope.enter(&tag, 1);
        let (namespace, local) = self.scope.resolve(tag.name);
        let local = lower(local);
        let first = !self.before.html && !self.before.other;
        let declared = tag.attributes.contains("xmlns") || tag.attributes.contains("version");
        let native = matches!(namespace, Namespace::Feed | Namespace::Atom);
        let role = match &*local {
            "rss" => Some((Role::Document, FeedFormat::Rss)),
            "rdf" if namespace == Namespace::Rdf || declared => Some((Role::Document, FeedFormat::Rdf)),
            "feed" if native && (first || declared) => Some((Role::Channel, FeedFormat::Atom)),
            "channel" if native && !self.before.other => {
                let cdf = tag.attribute("href").is_some() || tag.attribute("base").is_some();
                Some((Role::Channel, if cdf { FeedFormat::Cdf } else { FeedFormat::Rss }))
            }
            "entry" if native && first => Some((Role::Document, FeedFormat::Atom)),
            "item" if native && first => Some((Role::Document, FeedFormat::Rss)),
            _ => None,
        };
        let Some((role, format)) = role else {
            self.scope.leave(0);
            self.before.any = true;
            if matches!(&*local, "html" | "head" | "body") && !self.before.other {
                self.before.html = true;
            } else if !is_html_element(&local) {
                self.before.other = true;
            }
            return Ok(());
        };
        self.started = true;
        self.mended |= self.before.any;
        self.feed.format = format;
        if matches!(&*local, "entry" | "item") {
            self.push(&tag, role)?;
            return self.begin_entry(&tag);
        }
        if tag.attribute("version").is_none() && format == FeedFormat::Rss {
            self.mended = true;
        }
        self.push(&tag, role)?;
        if format == FeedFormat::Cdf {
            self.channel_attributes(&tag);
        }
        if tag.empty {
            self.finished = true;
        }
        Ok(())
    }

    fn open(&mut self, tag: Tag<'a>) -> Result<(), FeedError> {
        self.scope.enter(&tag, self.stack.len() + 1);
        let (namespace, local) = self.scope.resolve(tag.name);
        let local = lower(local);
        let native = namespace == Namespace::Feed || (namespace == Namespace::Atom && self.is_atom());
        if native && matches!(&*local, "item" | "entry") {
            return self.begin_entry(&tag);
        }
        let role = self.stack.last().map_or(Role::Skip, |frame| frame.role);
        match role {
            Role::Document | Role::Channel => self.channel_element(namespace, &local, &tag),
            Role::Entry => self.entry_element(namespace, &local, &tag),
            Role::Image => self.image_element(&local, &tag),
            Role::Author => self.person_element(namespace, &local, &tag),
            Role::Media => self.media_element(namespace, &local, &tag),
            // Its authors wrote what names none of its own (RFC 4287, section 4.2.1).
            Role::Source if native && local == "author" => self.push(&tag, Role::Author),
            Role::Source | Role::Skip => self.skip(&tag),
        }
    }

    fn close(&mut self, name: &str) {
        let Some(at) = self.stack.iter().rposition(|frame| frame.name.eq_ignore_ascii_case(name)) else { return };
        self.mended |= at + 1 != self.stack.len();
        self.close_to(at);
        self.finished = self.stack.is_empty() && self.started;
    }

    /// Closes every open element from `depth` on.
    fn close_to(&mut self, depth: usize) {
        while self.stack.len() > depth {
            let Some(frame) = self.stack.pop() else { return };
            let depth = self.stack.len();
            self.scope.leave(depth);
            while self.bases.last().is_some_and(|(at, _)| *at > depth) {
                self.bases.pop();
            }
            while self.languages.last().is_some_and(|(at, _)| *at > depth) {
                self.languages.pop();
            }
            match frame.role {
                Role::Entry => self.feed.entries.extend(self.entry.take()),
                Role::Author => {
                    let person = std::mem::take(&mut self.person);
                    match &mut self.entry {
                        Some(entry) if self.stack.last().is_some_and(|frame| frame.role == Role::Source) => {
                            entry.source_authors.push(person);
                        }
                        _ => self.add_author(person),
                    }
                }
                _ => {}
            }
        }
    }

    /// Puts an element on the stack; its end takes it off again.
    fn push(&mut self, tag: &Tag<'a>, role: Role) -> Result<(), FeedError> {
        if self.stack.len() >= DEEPEST {
            return Err(FeedError::TooDeep);
        }
        let depth = self.stack.len() + 1;
        if tag.attributes.contains(':') || self.feed.format == FeedFormat::Cdf {
            if self.own_base(tag).is_some()
                && let Some(base) = self.base_of(tag)
            {
                self.bases.push((depth, base));
            }
            if let Some(language) = tag.attribute("xml:lang") {
                self.languages.push((depth, language));
                if role == Role::Channel || role == Role::Document {
                    self.feed.language.get_or_insert(Cow::Borrowed(language));
                }
            }
        }
        self.stack.push(Frame { name: tag.name, role });
        if tag.empty {
            self.close_to(depth - 1);
        }
        Ok(())
    }

    /// Passes over an element and all that it holds.
    fn skip(&mut self, tag: &Tag<'a>) -> Result<(), FeedError> {
        // Loose HTML between the elements of a feed does not close what need not be closed. (Of HTML's other elements
        // without an end, such as `source` and `link`, feeds have their own, which have one.)
        if tag.empty || matches!(&*lower(tag.name), "br" | "hr" | "img" | "meta" | "input" | "wbr") {
            return Ok(());
        }
        self.push(tag, Role::Skip)
    }

    /// Begins an entry, and ends the one before it if nobody else did.
    fn begin_entry(&mut self, tag: &Tag<'a>) -> Result<(), FeedError> {
        if let Some(open) = self.stack.iter().rposition(|frame| frame.role == Role::Entry) {
            self.mended = true;
            if tag.empty {
                // `<item/>` inside an item: a slip of the generator, not an end and not an entry.
                return Ok(());
            }
            self.close_to(open);
        } else if let Some(channel) =
            self.stack.iter().rposition(|frame| matches!(frame.role, Role::Channel | Role::Document))
        {
            // Whatever was open in the channel ends here, but for the wrappers that some put around their items.
            if self.stack[channel + 1..].iter().any(|frame| frame.role != Role::Skip) {
                self.close_to(channel + 1);
            }
        }
        // The name of an item in RDF is its address (RSS 1.0, section 5.5).
        let about = self.attribute(tag, "rdf:about");
        let mut entry = RawEntry { guid_is_link: about.is_some(), guid: about, ..RawEntry::default() };
        entry.updated = self.attribute(tag, "lastmod");
        if let Some(href) = self.attribute(tag, "href") {
            entry.link = Some(RawLink { href, base: self.base_of(tag) });
        }
        self.entry = Some(entry);
        self.push(tag, Role::Entry)?;
        if let Some(entry) = &mut self.entry {
            entry.base = self.bases.last().map(|(_, base)| base.clone());
            // The feed's own language counts for it anyway; only what differs is worth a word.
            entry.language = self.languages.last().map(|(_, language)| Cow::Borrowed(*language));
        }
        Ok(())
    }

    /// Text directly inside a container: only authors and pictures have any.
    fn loose_text(&mut self, text: Cow<'a, str>) {
        match self.stack.last().map(|frame| frame.role) {
            Some(Role::Author) if !text.trim().is_empty() => {
                if self.person.name.is_empty() {
                    self.person.name = trim(text);
                } else {
                    self.person.name.to_mut().push_str(&text);
                }
            }
            Some(Role::Image) if text.trim_start().starts_with("http") => {
                let link = RawLink { href: trim(text), base: None };
                self.set_image(link);
            }
            _ => {}
        }
    }

    fn is_atom(&self) -> bool {
        self.feed.format == FeedFormat::Atom
    }

    /// How a link is related, in lower case. A registered name may be written as an address (RFC 4287, section 4.2.7.2).
    fn relation(&self, tag: &Tag<'a>) -> String {
        let rel = self.attribute(tag, "rel").map_or_else(String::new, |rel| rel.to_ascii_lowercase());
        match rel.split_once("://www.iana.org/assignments/relation/") {
            Some((_, name)) => name.to_owned(),
            None => rel,
        }
    }

    /// The base that `tag` itself declares; CDF has an attribute of its own for it.
    fn own_base(&self, tag: &Tag<'a>) -> Option<&'a str> {
        let of_cdf = || tag.attribute("base").filter(|_| self.feed.format == FeedFormat::Cdf);
        tag.attribute("xml:base").or_else(of_cdf)
    }

    /// The base address inside `tag`; `None` if it is the document's own.
    fn base_of(&self, tag: &Tag<'a>) -> Option<WebUrl> {
        let outer = self.bases.last().map(|(_, base)| base);
        match self.own_base(tag) {
            // A base with another scheme, such as javascript:, fails to join and is passed over.
            Some(base) => outer.unwrap_or(&self.url).join(&decode_references(base)).ok().or_else(|| outer.cloned()),
            None => outer.cloned(),
        }
    }

    /// The value of an attribute, decoded and trimmed; `None` if it is missing or blank.
    fn attribute(&self, tag: &Tag<'a>, name: &str) -> Option<Cow<'a, str>> {
        let value = trim(decode_references(tag.attribute(name)?));
        (!value.is_empty()).then_some(value)
    }
}

/// Whether an address has places that somebody was to fill in: `{{ page.url }}`, `{searchTerms}`. Ids in braces have hyphens or begin with
/// a digit.
fn is_template(href: &str) -> bool {
    let Some((_, rest)) = href.split_once('{') else { return false };
    let Some((name, _)) = rest.split_once('}') else { return false };
    let name = name.trim_start_matches(['?', '&', '/', '#', '+', '.', ';']);
    name.starts_with(['{', '%'])
        || name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b',' | b'*' | b':' | b'?'))
}

/// `text` without white space at its ends.
fn trim(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// `name` in lower case, borrowed where it is so already.
fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
