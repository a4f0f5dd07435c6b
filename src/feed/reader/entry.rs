//! The elements of an entry.

use std::borrow::Cow;

use super::{Reader, Role, is_template};
use crate::feed::FeedError;
use crate::feed::namespace::Namespace;
use crate::feed::raw::{RawEnclosure, RawEntry, RawLink, RawPerson, RawText};
use crate::feed::xml::Tag;

/// Entries keep at most 50 of each; a little more is read, so that empty and repeated ones do not count.
const MOST_PARTS: usize = 200;

impl<'a> Reader<'a> {
    pub(super) fn entry_element(&mut self, namespace: Namespace, local: &str, tag: &Tag<'a>) -> Result<(), FeedError> {
        match namespace {
            Namespace::Feed | Namespace::Atom => self.entry_native(namespace, local, tag),
            Namespace::Dublin => self.entry_dublin(local, tag),
            Namespace::Itunes | Namespace::Podcast => self.entry_itunes(namespace, local, tag),
            Namespace::Media => self.media_element(namespace, local, tag),
            Namespace::Content if local == "encoded" => {
                let text = self.construct(tag, namespace);
                self.set_content(text);
                Ok(())
            }
            Namespace::Xhtml if matches!(local, "body" | "div") => {
                let text = self.inline_construct(tag);
                self.set_content(text);
                Ok(())
            }
            Namespace::FeedBurner if local == "origlink" => {
                let link = self.link_text(tag);
                self.with_entry(|entry| entry.original_link = link);
                Ok(())
            }
            Namespace::FeedBurner if local == "origenclosurelink" => {
                let link = self.link_text(tag);
                self.with_entry(|entry| entry.original_enclosure = link);
                Ok(())
            }
            _ => self.skip(tag),
        }
    }

    fn entry_native(&mut self, namespace: Namespace, local: &str, tag: &Tag<'a>) -> Result<(), FeedError> {
        match local {
            "title" => {
                let title = self.construct(tag, namespace);
                self.with_entry(|entry| entry.title = entry.title.take().or(title));
            }
            "link" => return self.entry_link(namespace, tag),
            "id" | "guid" => {
                let is_link =
                    tag.attribute("isPermaLink").is_none_or(|value| !value.trim().eq_ignore_ascii_case("false"));
                let guid = self.plain(tag);
                self.with_entry(|entry| {
                    if let Some(guid) = guid {
                        entry.guid = Some(guid);
                        entry.guid_is_link = is_link;
                    }
                });
            }
            "description" | "summary" | "abstract" => {
                let text = self.construct(tag, namespace);
                self.with_entry(|entry| match text {
                    // Some write a short and a long description.
                    Some(text) if entry.summary.is_some() => {
                        entry.content.get_or_insert(text);
                    }
                    text => entry.summary = entry.summary.take().or(text),
                });
            }
            "content" | "fullitem" | "content_encoded" | "body" => {
                if let Some(href) = self.attribute(tag, "src") {
                    // Content elsewhere (RFC 4287, section 4.1.3.2): its address is the best link there is.
                    let link = RawLink { href, base: self.base_of(tag) };
                    self.with_entry(|entry| {
                        entry.link.get_or_insert(link);
                    });
                    return self.skip(tag);
                }
                let text = self.construct(tag, namespace);
                self.set_content(text);
            }
            "author" => return self.push(tag, Role::Author),
            "source" if self.is_atom() => return self.push(tag, Role::Source),
            "pubdate" | "published" | "issued" => {
                let date = self.plain(tag);
                self.with_entry(|entry| entry.published = entry.published.take().or(date));
            }
            "updated" | "modified" => {
                let date = self.plain(tag);
                self.with_entry(|entry| entry.updated = date.or_else(|| entry.updated.take()));
            }
            "created" | "date" | "lastbuilddate" => {
                let date = self.plain(tag);
                self.with_entry(|entry| entry.other_date = entry.other_date.take().or(date));
            }
            "category" => {
                let label = self.attribute(tag, "label").or_else(|| self.attribute(tag, "term"));
                let text = self.plain(tag);
                self.add_category(label.or(text));
            }
            "enclosure" => {
                let href = self.attribute(tag, "url").or_else(|| self.attribute(tag, "href"));
                if let Some(href) = href {
                    let link = RawLink { href, base: self.base_of(tag) };
                    self.add_enclosure(link, tag, "length");
                }
                return self.skip(tag);
            }
            "comments" => {
                let link = self.link_text(tag);
                self.with_entry(|entry| entry.comments = link);
            }
            "image" | "thumbnail" => {
                let href = self.attribute(tag, "href").or_else(|| self.attribute(tag, "url"));
                if let Some(href) = href {
                    let base = self.base_of(tag);
                    self.set_image(RawLink { href, base });
                }
                return self.push(tag, Role::Image);
            }
            _ => return self.skip(tag),
        }
        Ok(())
    }

    fn entry_dublin(&mut self, local: &str, tag: &Tag<'a>) -> Result<(), FeedError> {
        match local {
            "title" => {
                let title = self.construct(tag, Namespace::Dublin);
                self.with_entry(|entry| entry.other_title = entry.other_title.take().or(title));
            }
            "creator" | "author" => {
                if let Some(name) = self.plain(tag) {
                    self.add_author(RawPerson { name, email: Cow::Borrowed("") });
                }
            }
            "date" | "created" => {
                let date = self.plain(tag);
                self.with_entry(|entry| entry.other_date = entry.other_date.take().or(date));
            }
            "issued" | "available" => {
                let date = self.plain(tag);
                self.with_entry(|entry| entry.published = entry.published.take().or(date));
            }
            "modified" => {
                let date = self.plain(tag);
                self.with_entry(|entry| entry.updated = entry.updated.take().or(date));
            }
            "subject" => {
                let subject = self.plain(tag);
                self.add_category(subject);
            }
            "language" => {
                let language = self.plain(tag);
                self.with_entry(|entry| entry.language = language.or_else(|| entry.language.take()));
            }
            "description" | "abstract" => {
                let text = self.construct(tag, Namespace::Dublin);
                self.with_entry(|entry| entry.other_text = entry.other_text.take().or(text));
            }
            _ => return self.skip(tag),
        }
        Ok(())
    }

    fn entry_itunes(&mut self, namespace: Namespace, local: &str, tag: &Tag<'a>) -> Result<(), FeedError> {
        match local {
            "title" => {
                let title = self.construct(tag, namespace);
                self.with_entry(|entry| entry.other_title = entry.other_title.take().or(title));
            }
            "author" => {
                let name = self.plain(tag);
                self.with_entry(|entry| entry.other_author = name);
            }
            "summary" | "description" => {
                let text = self.construct(tag, namespace);
                self.with_entry(|entry| entry.other_text = text.or_else(|| entry.other_text.take()));
            }
            "subtitle" => {
                let text = self.construct(tag, namespace);
                self.with_entry(|entry| entry.other_text = entry.other_text.take().or(text));
            }
            "image" => {
                let href = self.attribute(tag, "href").or_else(|| self.attribute(tag, "url"));
                if let Some(href) = href {
                    let base = self.base_of(tag);
                    self.set_image(RawLink { href, base });
                }
                return self.skip(tag);
            }
            "duration" => {
                let duration = self.plain(tag);
                self.with_entry(|entry| entry.duration = duration);
            }
            "keywords" => {
                let keywords = self.plain(tag);
                self.add_keywords(keywords);
            }
            _ => return self.skip(tag),
        }
        Ok(())
    }

    fn entry_link(&mut self, namespace: Namespace, tag: &Tag<'a>) -> Result<(), FeedError> {
        let base = self.base_of(tag);
        let native = namespace == Namespace::Feed || self.is_atom();
        let attribute = self.attribute(tag, "href");
        let has_attribute = attribute.is_some();
        let Some(href) = attribute.or_else(|| self.plain(tag)) else { return Ok(()) };
        if is_template(&href) {
            return if has_attribute { self.skip(tag) } else { Ok(()) };
        }
        let link = RawLink { href, base };
        let rel = self.relation(tag);
        let html = tag.attribute("type").map(|kind| kind.contains("html"));
        match rel.as_str() {
            "" | "alternate" => {
                // In RSS its own link element is surest; in Atom the link that says it leads to a page.
                let rank = match (native, html) {
                    (true, Some(true)) => 4,
                    (true, None) if !has_attribute => 4,
                    (true, None) => 3,
                    (true, Some(false)) => 2,
                    // A bare atom:link with text in RSS says nothing.
                    (false, _) if !has_attribute => return Ok(()),
                    (false, _) => 1,
                };
                self.with_entry(|entry| {
                    if entry.link.is_none() || rank > entry.link_rank {
                        entry.link = Some(link);
                        entry.link_rank = rank;
                    }
                });
            }
            "enclosure" => self.add_enclosure(link, tag, "length"),
            "replies" if html != Some(false) => self.with_entry(|entry| {
                entry.comments.get_or_insert(link);
            }),
            _ => {}
        }
        if has_attribute { self.skip(tag) } else { Ok(()) }
    }

    /// The inside of an XHTML element.
    fn inline_construct(&mut self, tag: &Tag<'a>) -> Option<RawText<'a>> {
        let base = self.base_of(tag);
        let html = self.inline(tag)?;
        (!html.is_empty()).then_some(RawText { value: Cow::Owned(html), html: true, base })
    }

    fn set_content(&mut self, text: Option<RawText<'a>>) {
        let Some(text) = text else { return };
        self.with_entry(|entry| {
            // Atom 0.3 allows several contents, such as plain text and HTML; the longest says most.
            if entry.content.as_ref().is_none_or(|content| content.value.len() < text.value.len()) {
                entry.content = Some(text);
            }
        });
    }

    /// Adds categories that stand in one text, parted by commas.
    pub(super) fn add_keywords(&mut self, keywords: Option<Cow<'a, str>>) {
        match keywords {
            Some(Cow::Borrowed(keywords)) => {
                for keyword in keywords.split(',').take(MOST_PARTS) {
                    self.add_category(Some(Cow::Borrowed(keyword.trim())));
                }
            }
            Some(Cow::Owned(keywords)) => {
                for keyword in keywords.split(',').take(MOST_PARTS) {
                    self.add_category(Some(Cow::Owned(keyword.trim().to_owned())));
                }
            }
            None => {}
        }
    }

    pub(super) fn add_category(&mut self, category: Option<Cow<'a, str>>) {
        let Some(category) = category.filter(|category| !category.is_empty()) else { return };
        self.with_entry(|entry| {
            if entry.categories.len() < MOST_PARTS {
                entry.categories.push(category);
            }
        });
    }

    /// Adds a file; `length` names the attribute that holds its size.
    pub(super) fn add_enclosure(&mut self, link: RawLink<'a>, tag: &Tag<'a>, length: &str) {
        let enclosure = RawEnclosure {
            link,
            media_type: self.attribute(tag, "type"),
            length: self.attribute(tag, length),
            title: self.attribute(tag, "title"),
            duration: self.attribute(tag, "duration"),
        };
        self.with_entry(|entry| {
            if entry.enclosures.len() < MOST_PARTS {
                entry.enclosures.push(enclosure);
            }
        });
    }

    pub(super) fn with_entry(&mut self, change: impl FnOnce(&mut RawEntry<'a>)) {
        if let Some(entry) = &mut self.entry {
            change(entry);
        }
    }
}
