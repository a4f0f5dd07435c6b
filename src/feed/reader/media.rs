//! Media RSS: files, pictures and texts that go with an entry.

use super::{Reader, Role};
use crate::feed::FeedError;
use crate::feed::namespace::Namespace;
use crate::feed::raw::{PictureRank, RawLink, RawPicture};
use crate::feed::xml::Tag;

impl<'a> Reader<'a> {
    pub(super) fn media_element(&mut self, namespace: Namespace, local: &str, tag: &Tag<'a>) -> Result<(), FeedError> {
        if namespace != Namespace::Media {
            // Some put elements of the entry itself into media:content; none of them is worth a guess.
            return self.skip(tag);
        }
        match local {
            "group" => self.push(tag, Role::Media),
            "content" => {
                self.media_content(tag);
                self.push(tag, Role::Media)
            }
            "thumbnail" => {
                if let Some(href) = self.attribute(tag, "url") {
                    let link = RawLink { href, base: self.base_of(tag) };
                    self.set_picture(RawPicture { link, width: width_of(tag), rank: PictureRank::Thumbnail });
                }
                self.skip(tag)
            }
            "title" => {
                let title = self.construct(tag, namespace);
                self.with_entry(|entry| entry.other_title = entry.other_title.take().or(title));
                Ok(())
            }
            "keywords" | "category" => {
                let keywords = self.plain(tag);
                self.add_keywords(keywords);
                Ok(())
            }
            "description" | "text" => {
                let text = self.construct(tag, namespace);
                self.with_entry(|entry| entry.other_text = entry.other_text.take().or(text));
                Ok(())
            }
            _ => self.skip(tag),
        }
    }

    fn media_content(&mut self, tag: &Tag<'a>) {
        let Some(href) = self.attribute(tag, "url") else { return };
        let link = RawLink { href, base: self.base_of(tag) };
        let kind = tag.attribute("type").unwrap_or_default();
        let medium = tag.attribute("medium").unwrap_or_default();
        if kind.starts_with("image/") || medium.eq_ignore_ascii_case("image") {
            self.set_picture(RawPicture { link, width: width_of(tag), rank: PictureRank::Content });
        } else if kind.is_empty() && medium.is_empty() && has_name_of_picture(&link.href) {
            self.set_picture(RawPicture { link: link.clone(), width: width_of(tag), rank: PictureRank::Content });
            self.add_enclosure(link, tag, "fileSize");
        } else if kind != "application/x-shockwave-flash" {
            self.add_enclosure(link, tag, "fileSize");
        }
    }
}

/// How wide a picture is said to be.
fn width_of(tag: &Tag<'_>) -> Option<u32> {
    tag.attribute("width")?.trim().parse().ok().filter(|width| *width > 0)
}

/// Whether an address ends as pictures do.
fn has_name_of_picture(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"].iter().any(|ending| path.ends_with(ending))
}
