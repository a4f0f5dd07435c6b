//! The elements of a feed itself.

use std::borrow::Cow;

use super::{Reader, Role, is_template};
use crate::domain::FeedFormat;
use crate::feed::FeedError;
use crate::feed::namespace::Namespace;
use crate::feed::raw::{PictureRank, RawLink, RawPerson, RawPicture};
use crate::feed::xml::Tag;

impl<'a> Reader<'a> {
    pub(super) fn channel_element(
        &mut self,
        namespace: Namespace,
        local: &str,
        tag: &Tag<'a>,
    ) -> Result<(), FeedError> {
        match namespace {
            Namespace::Feed | Namespace::Atom => return self.channel_native(namespace, local, tag),
            Namespace::Dublin => match local {
                "title" => {
                    let title = self.construct(tag, namespace);
                    self.feed.title = self.feed.title.take().or(title);
                }
                "description" => {
                    let text = self.construct(tag, namespace);
                    self.feed.description = self.feed.description.take().or(text);
                }
                "language" => {
                    let language = self.plain(tag);
                    self.feed.language = self.feed.language.take().or(language);
                }
                "date" => {
                    let date = self.plain(tag);
                    self.feed.updated = self.feed.updated.take().or(date);
                }
                "creator" | "author" => {
                    if let Some(name) = self.plain(tag) {
                        self.add_author(RawPerson { name, email: Cow::Borrowed("") });
                    }
                }
                _ => return self.skip(tag),
            },
            Namespace::Syndication => match local {
                "updateperiod" => self.feed.update_period = self.plain(tag),
                "updatefrequency" => self.feed.update_frequency = self.plain(tag),
                _ => return self.skip(tag),
            },
            Namespace::Itunes | Namespace::Podcast => match local {
                "image" => {
                    let href = self.attribute(tag, "href").or_else(|| self.attribute(tag, "url"));
                    if let Some(href) = href {
                        self.feed.logo.get_or_insert(RawLink { href, base: self.base_of(tag) });
                    }
                    return self.skip(tag);
                }
                "author" => {
                    if let Some(name) = self.plain(tag)
                        && self.feed.authors.is_empty()
                    {
                        self.add_author(RawPerson { name, email: Cow::Borrowed("") });
                    }
                }
                "subtitle" | "summary" | "description" => {
                    let text = self.construct(tag, namespace);
                    self.feed.description = self.feed.description.take().or(text);
                }
                _ => return self.skip(tag),
            },
            Namespace::Rdf if local == "rdf" => return self.push(tag, Role::Document),
            _ => return self.skip(tag),
        }
        Ok(())
    }

    fn channel_native(&mut self, namespace: Namespace, local: &str, tag: &Tag<'a>) -> Result<(), FeedError> {
        match local {
            "channel" | "feed" => {
                self.channel_attributes(tag);
                return self.push(tag, Role::Channel);
            }
            "rss" => return self.push(tag, Role::Document),
            "title" => {
                let title = self.construct(tag, namespace);
                self.feed.title = self.feed.title.take().or(title);
            }
            "link" => return self.channel_link(namespace, tag),
            "description" | "subtitle" | "tagline" | "abstract" => {
                let text = self.construct(tag, namespace);
                // An empty description gives way to itunes:summary, but that never to a later description.
                self.feed.description = text.or_else(|| self.feed.description.take());
            }
            "language" => self.feed.language = self.plain(tag).or_else(|| self.feed.language.take()),
            "image" => return self.push(tag, Role::Image),
            "icon" => {
                let icon = self.link_text(tag);
                self.feed.icon = self.feed.icon.take().or(icon);
            }
            "logo" => {
                let logo = self.link_text(tag);
                self.feed.logo = self.feed.logo.take().or(logo);
            }
            "author" => return self.push(tag, Role::Author),
            "managingeditor" => {
                if let Some(name) = self.plain(tag) {
                    self.add_author(RawPerson { name, email: Cow::Borrowed("") });
                }
            }
            "lastbuilddate" | "updated" | "modified" => {
                self.feed.updated = self.plain(tag).or_else(|| self.feed.updated.take());
            }
            "pubdate" | "published" => {
                let date = self.plain(tag);
                self.feed.updated = self.feed.updated.take().or(date);
            }
            "ttl" => self.feed.ttl_minutes = self.plain(tag),
            _ => return self.skip(tag),
        }
        Ok(())
    }

    /// What CDF writes on the channel itself.
    pub(super) fn channel_attributes(&mut self, tag: &Tag<'a>) {
        if let Some(href) = self.attribute(tag, "href") {
            self.feed.format = FeedFormat::Cdf;
            // A channel in a channel does not speak for the outer one.
            let link = RawLink { href, base: self.base_of(tag) };
            self.feed.link.get_or_insert(link);
        }
    }

    fn channel_link(&mut self, namespace: Namespace, tag: &Tag<'a>) -> Result<(), FeedError> {
        let base = self.base_of(tag);
        let Some(href) = self.attribute(tag, "href") else {
            if namespace == Namespace::Atom && !self.is_atom() {
                return self.skip(tag);
            }
            if let Some(href) = self.plain(tag).filter(|href| !is_template(href))
                && (self.feed.link.is_none() || self.feed.link_is_atom)
            {
                self.feed.link = Some(RawLink { href, base });
                self.feed.link_is_atom = false;
            }
            return Ok(());
        };
        if is_template(&href) {
            return self.skip(tag);
        }
        let rel = self.relation(tag);
        let link = RawLink { href, base };
        match rel.as_str() {
            "" | "alternate" => {
                let html = tag.attribute("type").is_none_or(|kind| kind.contains("html"));
                if self.feed.link.is_none() || (self.feed.link_is_atom && html && !self.feed.link_is_html) {
                    self.feed.link = Some(link);
                    self.feed.link_is_atom = true;
                    self.feed.link_is_html = html;
                }
            }
            "self" => {
                self.feed.self_link.get_or_insert(link);
            }
            _ => {}
        }
        self.skip(tag)
    }

    /// An address as the text of an element, or as its `href`.
    pub(super) fn link_text(&mut self, tag: &Tag<'a>) -> Option<RawLink<'a>> {
        let base = self.base_of(tag);
        let attribute = self.attribute(tag, "href").or_else(|| self.attribute(tag, "rdf:resource"));
        let text = self.plain(tag);
        text.or(attribute).map(|href| RawLink { href, base })
    }

    /// Inside `image`: of the feed, or of an entry that has one.
    pub(super) fn image_element(&mut self, local: &str, tag: &Tag<'a>) -> Result<(), FeedError> {
        match local {
            "url" | "href" => {
                if let Some(link) = self.link_text(tag) {
                    self.set_image(link);
                }
                Ok(())
            }
            // Its `link` and `title` are no void elements of HTML: they hold text, and it is not the picture's.
            _ => self.push(tag, Role::Skip),
        }
    }

    /// A picture without a word about its size.
    pub(super) fn set_image(&mut self, link: RawLink<'a>) {
        self.set_picture(RawPicture { link, width: None, rank: PictureRank::Thumbnail });
    }

    pub(super) fn set_picture(&mut self, picture: RawPicture<'a>) {
        match &mut self.entry {
            Some(entry) => {
                if entry.image.as_ref().is_none_or(|known| picture.is_better_than(known)) {
                    entry.image = Some(picture);
                }
            }
            None => {
                self.feed.logo.get_or_insert(picture.link);
            }
        }
    }

    /// Inside an author.
    pub(super) fn person_element(&mut self, namespace: Namespace, local: &str, tag: &Tag<'a>) -> Result<(), FeedError> {
        if namespace == Namespace::Other {
            return self.skip(tag);
        }
        match local {
            "name" => {
                let name = self.plain(tag);
                if let Some(name) = name {
                    self.person.name = name;
                }
                Ok(())
            }
            "email" => {
                if let Some(email) = self.plain(tag) {
                    self.person.email = email;
                }
                Ok(())
            }
            "a" | "b" | "em" | "font" | "i" | "small" | "span" | "strong" | "u" => {
                // “by <a href=…>Ann</a>”
                if let Some(text) = self.plain(tag) {
                    let name = self.person.name.to_mut();
                    name.push(' ');
                    name.push_str(&text);
                }
                Ok(())
            }
            _ => self.skip(tag),
        }
    }

    /// Adds an author to the entry that is open, else to the feed.
    pub(super) fn add_author(&mut self, person: RawPerson<'a>) {
        if person.name.is_empty() && person.email.is_empty() {
            return;
        }
        let authors = match &mut self.entry {
            Some(entry) => &mut entry.authors,
            None => &mut self.feed.authors,
        };
        if !authors.contains(&person) {
            authors.push(person);
        }
    }
}
