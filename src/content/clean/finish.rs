//! After the sanitiser: every attribute is written anew by its rule, and addresses become those that the caller wants.
//!
//! The input is what the serialiser wrote: `<`, `>` and `&` only ever stand for markup, values only ever stand in
//! double quotes. The pass keeps that grammar and changes attributes, and tags without a content of their own, only; so
//! it cannot change how the rest is parsed. Were the grammar broken all the same, the rest would come out as text.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;

use super::kept::{Kept, KeptPicture, PictureSources, sources_of, sources_of_poster, sources_within};
use super::policy::{self, ID_PREFIX, Rule};
use super::{Rendering, addresses, frames, hosts};

/// What is declared to be no larger, in pixels, is a sign within the text.
const SMALL: i64 = 120;

/// Writes the sanitiser's output anew.
pub(crate) fn finish(html: &str, rendering: &Rendering<'_>) -> String {
    let mut pass = Pass {
        html,
        rendering,
        ids: OnceCell::new(),
        within_picture: None,
        out: String::with_capacity(html.len() + html.len() / 4),
    };
    let mut rest = html;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        pass.out.push_str(&rest[..at]);
        rest = match read_tag(&rest[at..]) {
            Some((tag, after)) => {
                pass.write(&tag, after);
                // The parser swallows the first line break of a `pre`; one that it left must be written twice.
                if tag.name == "pre" && !tag.closing && after.starts_with('\n') {
                    pass.out.push('\n');
                }
                after
            }
            None => {
                pass.out.push_str("&lt;");
                &rest[at + 1..]
            }
        };
    }
    pass.out.push_str(rest);
    pass.out
}

/// A tag as the serialiser writes it.
pub(crate) struct Tag<'a> {
    pub(crate) closing: bool,
    pub(crate) name: &'a str,
    /// Everything between the name and `>`.
    pub(crate) attributes: &'a str,
}

/// Reads one tag at the start of `text`, and what follows it. `None` if that is no tag of an allowed element.
pub(crate) fn read_tag(text: &str) -> Option<(Tag<'_>, &str)> {
    let end = memchr::memchr(b'>', text.as_bytes())?;
    let inside = &text[1..end];
    let (closing, inside) = match inside.strip_prefix('/') {
        Some(name) => (true, name),
        None => (false, inside),
    };
    let name_end = inside.find(' ').unwrap_or(inside.len());
    let (name, attributes) = inside.split_at(name_end);
    policy::is_allowed(name).then_some((Tag { closing, name, attributes }, &text[end + 1..]))
}

/// The parser swallows the first line break of a `pre`; here it is doubled, so that another parse keeps it.
pub(crate) fn keep_first_line_breaks(html: &str) -> Cow<'_, str> {
    if !html.contains("<pre") {
        return Cow::Borrowed(html);
    }
    let mut out = String::with_capacity(html.len() + 16);
    let mut rest = html;
    while let Some(at) = rest.find("<pre") {
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        out.push_str(&rest[..end]);
        rest = &rest[end..];
        if rest.starts_with('\n') {
            out.push('\n');
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The attributes of a tag as name and unescaped value.
pub(crate) fn read_attributes(mut text: &str) -> Vec<(&str, Cow<'_, str>)> {
    let mut attributes = Vec::new();
    while let Some(rest) = text.strip_prefix(' ') {
        let Some((name, rest)) = rest.split_once("=\"") else { break };
        let Some((value, rest)) = rest.split_once('"') else { break };
        attributes.push((name, unescape(value)));
        text = rest;
    }
    attributes
}

struct Pass<'a> {
    html: &'a str,
    rendering: &'a Rendering<'a>,
    /// The ids of the text, read when a link first needs them.
    ids: OnceCell<HashSet<String>>,
    /// What is kept of the `picture` that is being written.
    within_picture: Option<Kept>,
    out: String,
}

/// Attributes as they will be written.
type Written = Vec<(&'static str, String)>;

impl Pass<'_> {
    /// Writes one tag; `after` is the text that follows it.
    fn write(&mut self, tag: &Tag<'_>, after: &str) {
        if tag.closing {
            if tag.name == "picture" {
                self.within_picture = None;
            }
            self.write_parts("</", tag.name, &[]);
            return;
        }
        if tag.name == "picture" {
            self.within_picture = sources_within(after, self.rendering).map(|sources| (self.rendering.kept)(&sources));
        }
        if tag.attributes.is_empty() && !matches!(tag.name, "img" | "source" | "video" | "audio" | "pre") {
            self.write_parts("<", tag.name, &[]);
            return;
        }
        let read = read_attributes(tag.attributes);
        if tag.name == "img" && is_pixel(&read) {
            return;
        }
        let kept = match tag.name {
            "img" => self.kept(&read),
            // Its `img` is written with what is kept; other forms of the same must not come before it.
            "source" if matches!(self.within_picture, Some(Kept::Here(_) | Kept::Gone)) => return,
            _ => Kept::Unknown,
        };
        let mut written = Written::new();
        for (name, value) in &read {
            if let Some(rule) = policy::rule(tag.name, name)
                && let Some((name, value)) = self.apply(rule, name, value, &read)
                && !written.iter().any(|(other, _)| *other == name)
            {
                written.push((name, value));
            }
        }
        let has = |name: &str| written.iter().any(|(other, _)| *other == name);
        match tag.name {
            // A picture without an address shows nothing but a broken sign.
            "img" if !has("src") && !has("srcset") && kept == Kept::Unknown => return,
            "source" if !has("src") && !has("srcset") => return,
            "img" => {
                // Without the attribute a screen reader reads the address aloud (HTML standard, section 4.8.4.4).
                if !has("alt") {
                    written.push(("alt", String::new()));
                }
                match kept {
                    Kept::Unknown => {}
                    Kept::Here(picture) => show_kept(&mut written, picture),
                    Kept::Gone => return self.write_frame(&written),
                }
                // A sign stays in its line; any other stands alone.
                let class = if is_sign(|name| value_of(&written, name)) {
                    " sign"
                } else if value_of(&written, "width").and(value_of(&written, "height")).is_none() && self.begins_line()
                {
                    " unsized"
                } else {
                    ""
                };
                match written.iter_mut().find(|(name, _)| *name == "class") {
                    Some((_, classes)) => classes.push_str(class),
                    None if class.is_empty() => {}
                    None => written.push(("class", class.trim_start().to_owned())),
                }
                written.extend([("loading", "lazy".to_owned()), ("decoding", "async".to_owned())]);
            }
            "video" | "audio" => written.extend([("controls", String::new()), ("preload", "none".to_owned())]),
            "a" if has("href") => match link_content(after) {
                // Nobody sees it, but a key would stop at it.
                LinkContent::Nothing => written.retain(|(name, _)| *name != "href"),
                content => {
                    let href = written.iter().find(|(name, _)| *name == "href").map(|(_, href)| href.as_str());
                    let (name, host) = (href.map(name_of), href.and_then(|href| hosts::hidden_host(href, after)));
                    if content == LinkContent::Nameless
                        && let Some(name) = name
                    {
                        written.push(("aria-label", name));
                    }
                    written.push(("rel", "noopener noreferrer nofollow".to_owned()));
                    written.extend(host.map(|host| ("data-host", host)));
                }
            },
            // The style sheet shows it above the code; it can read no part of a class, nor what stands inside.
            "pre" => {
                let own = || written.iter().find_map(|(_, class)| class.strip_prefix("language-").map(str::to_owned));
                let language = language_inside(after).or_else(own);
                written.extend(language.map(|language| ("data-language", language)));
            }
            "div" if has("data-embed-provider") != has("data-embed-id") => {
                written.retain(|(name, _)| !name.starts_with("data-embed"));
            }
            _ => {}
        }
        self.write_parts("<", tag.name, &written);
    }

    fn write_parts(&mut self, open: &str, name: &str, attributes: &[(&str, String)]) {
        self.out.push_str(open);
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape_into(value, &mut self.out);
            self.out.push('"');
        }
        self.out.push('>');
    }

    /// The attribute as it may come out.
    fn apply(
        &self,
        rule: Rule,
        name: &str,
        value: &str,
        all: &[(&str, Cow<'_, str>)],
    ) -> Option<(&'static str, String)> {
        let rendering = self.rendering;
        let trimmed = value.trim();
        let kept = match rule {
            Rule::Link => addresses::link(trimmed, rendering.base, |id| self.has_id(id))?,
            Rule::Picture if name == "poster" => self.poster(trimmed)?,
            Rule::Picture => addresses::picture(trimmed, rendering, true)?,
            Rule::PictureSet => addresses::picture_set(value, rendering)?,
            Rule::Media | Rule::MediaSource => addresses::media(trimmed, rendering)?,
            Rule::Id | Rule::Name => return prefixed(trimmed).map(|id| ("id", id)),
            Rule::Style => return alignment(value).map(|word| ("align", word.to_owned())),
            Rule::Align => one_of(trimmed, &["left", "right", "center", "justify"])?,
            Rule::LanguageClass => language_class(value)?,
            Rule::Number => is_number(trimmed).then(|| trimmed.to_owned())?,
            Rule::Flag => String::new(),
            Rule::Hint => return None,
            Rule::Lang => is_language_tag(trimmed).then(|| trimmed.to_owned())?,
            Rule::Words(words) => one_of(trimmed, words)?,
            Rule::Text(limit) => value.chars().take(limit).collect(),
            Rule::EmbedProvider => {
                let id = all.iter().find(|(other, _)| *other == "data-embed-id")?;
                frames::is_player(value, &id.1).then(|| value.to_owned())?
            }
            Rule::EmbedId => {
                let provider = all.iter().find(|(other, _)| *other == "data-embed-provider")?;
                frames::is_player(&provider.1, value).then(|| value.to_owned())?
            }
        };
        Some((policy::static_name(name)?, kept))
    }

    /// What is kept of the `img` with these attributes.
    fn kept(&self, attributes: &[(&str, Cow<'_, str>)]) -> Kept {
        match &self.within_picture {
            Some(kept) => kept.clone(),
            None => {
                let sources: Option<PictureSources> = sources_of(attributes, self.rendering);
                sources.map_or(Kept::Unknown, |sources| (self.rendering.kept)(&sources))
            }
        }
    }

    /// The address of a film's still picture.
    fn poster(&self, text: &str) -> Option<String> {
        let url = addresses::web(text, self.rendering.base)?;
        match (self.rendering.kept)(&sources_of_poster(url.clone())) {
            Kept::Here(picture) => Some(picture.src),
            Kept::Gone => None,
            Kept::Unknown => Some((self.rendering.picture)(&url)),
        }
    }

    /// The words of a picture that is gone, in a frame of its size. They stand in an attribute and are shown by the style
    /// sheet, so that the text, in which passages are found, stays what it is.
    fn write_frame(&mut self, attributes: &[(&'static str, String)]) {
        let of = |name: &str| attributes.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone());
        let words = of("alt").unwrap_or_default();
        self.write_parts(
            "<",
            "span",
            &[("class", "lost".to_owned()), ("role", "img".to_owned()), ("aria-label", words)],
        );
        let (width, height) = of("width").zip(of("height")).unwrap_or(("640".to_owned(), "360".to_owned()));
        // An empty picture of the same sides: they hold where the column is narrower, too.
        let empty =
            format!("data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'/>");
        let mut blank = vec![("src", empty), ("alt", String::new())];
        blank.extend([("width", width), ("height", height)]);
        self.write_parts("<", "img", &blank);
        self.write_parts("</", "span", &[]);
    }

    /// Whether what comes next has no words before it in its line: a picture of unknown size then has a place kept for it, and
    /// nothing moves when it comes. In a line with words it may be as small as they are.
    fn begins_line(&self) -> bool {
        let before = self.out.trim_end();
        before.is_empty() || before.ends_with('>')
    }

    /// Whether an element of the text has this id, as it was written there.
    fn has_id(&self, id: &str) -> bool {
        let ids = self.ids.get_or_init(|| {
            self.html
                .match_indices(" id=\"")
                .chain(self.html.match_indices(" name=\""))
                .filter_map(|(at, found)| self.html[at + found.len()..].split_once('"'))
                .map(|(id, _)| unescape(id).trim().to_owned())
                .collect()
        });
        ids.contains(id) || ids.contains(&format!("{ID_PREFIX}{id}"))
    }
}

/// The value that an attribute will have.
fn value_of<'a>(written: &'a Written, name: &str) -> Option<&'a str> {
    written.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
}

/// What a link shows, as far as it matters to somebody who does not see it.
#[derive(PartialEq, Eq)]
enum LinkContent {
    /// No text and no picture.
    Nothing,
    /// Pictures without a description.
    Nameless,
    /// Words.
    Words,
}

/// What the link holds whose content `after` begins with. Looks at the beginning only, where the answer stands.
fn link_content(after: &str) -> LinkContent {
    let mut found = LinkContent::Nothing;
    let mut rest = after;
    for _ in 0..16 {
        let Some(at) = memchr::memchr(b'<', rest.as_bytes()) else { return LinkContent::Words };
        if !rest[..at].trim().is_empty() {
            return LinkContent::Words;
        }
        match read_tag(&rest[at..]) {
            Some((tag, _)) if tag.closing && tag.name == "a" => return found,
            Some((tag, after)) => {
                let described = |(name, value): &(&str, Cow<'_, str>)| *name == "alt" && !value.trim().is_empty();
                match tag.name {
                    "img" if read_attributes(tag.attributes).iter().any(described) => return LinkContent::Words,
                    "img" | "picture" | "video" | "audio" | "math" => found = LinkContent::Nameless,
                    _ => {}
                }
                rest = after;
            }
            None => return LinkContent::Words,
        }
    }
    LinkContent::Words
}

/// The name of a link that shows none: the last part of its path, else its host.
fn name_of(href: &str) -> String {
    let bare = href.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let name = bare.rsplit('/').next().unwrap_or_default();
    if name.is_empty() { href.to_owned() } else { name.to_owned() }
}

/// A picture that is kept takes the place of the addresses it came from.
fn show_kept(written: &mut Written, picture: KeptPicture) {
    written.retain(|(name, _)| !matches!(*name, "src" | "srcset" | "sizes"));
    written.insert(0, ("src", picture.src));
    if !picture.srcset.is_empty() {
        written.extend([("srcset", picture.srcset), ("sizes", picture.sizes.to_owned())]);
    }
    if let Some((width, height)) = picture.size {
        written.retain(|(name, _)| !matches!(*name, "width" | "height"));
        written.extend([("width", width.to_string()), ("height", height.to_string())]);
    }
    if !picture.class.is_empty() {
        written.push(("class", picture.class));
    }
}

/// Whether a picture with these attributes is a sign within the text and no picture to look at.
pub(super) fn is_sign<'a>(value: impl Fn(&str) -> Option<&'a str>) -> bool {
    let is_small = |name| value(name).and_then(|value| value.parse::<i64>().ok()).is_some_and(|size| size <= SMALL);
    is_small("width") || is_small("height")
}

/// A picture of no size: it is there to count visits.
fn is_pixel(attributes: &[(&str, Cow<'_, str>)]) -> bool {
    let size = |name: &str| attributes.iter().find(|(other, _)| *other == name).map(|(_, value)| value.trim());
    let (width, height) = (size("width"), size("height"));
    let tiny = |size: Option<&str>| matches!(size, Some("0" | "1" | "0px" | "1px"));
    matches!(width, Some("0" | "0px")) || matches!(height, Some("0" | "0px")) || (tiny(width) && tiny(height))
}

/// The id with the prefix that keeps it apart from ours; once is enough.
fn prefixed(id: &str) -> Option<String> {
    if id.is_empty() || id.len() > super::ID_LIMIT || id.contains(char::is_whitespace) {
        return None;
    }
    Some(if id.starts_with(ID_PREFIX) { id.to_owned() } else { format!("{ID_PREFIX}{id}") })
}

/// The alignment in a style, unless it is the usual one.
fn alignment(style: &str) -> Option<&'static str> {
    let value = style.split(';').find_map(|declaration| {
        let (property, value) = declaration.split_once(':')?;
        property.trim().eq_ignore_ascii_case("text-align").then(|| value.trim())
    })?;
    let value = value.split('!').next().unwrap_or_default().trim();
    ["left", "right", "center", "justify"].into_iter().find(|word| value.eq_ignore_ascii_case(word))
}

/// `language-…` of the code's language, in the spelling of the HTML standard (section 4.5.15), also from `lang-…` and
/// `highlight-source-…`.
fn language_class(classes: &str) -> Option<String> {
    classes.split_ascii_whitespace().find_map(|class| {
        let lower = class.to_ascii_lowercase();
        let language =
            ["language-", "lang-", "highlight-source-"].iter().find_map(|prefix| lower.strip_prefix(prefix))?;
        let fits = (1..=32).contains(&language.len())
            && language.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'#' | b'-' | b'_' | b'.'));
        fits.then(|| format!("language-{language}"))
    })
}

/// The language of the code that `after` begins with.
fn language_inside(after: &str) -> Option<String> {
    let code = Some(after.trim_start()).filter(|start| start.starts_with("<code "))?;
    let attributes = read_attributes(read_tag(code)?.0.attributes);
    let class = attributes.iter().find_map(|(name, value)| (*name == "class").then(|| language_class(value)))??;
    class.strip_prefix("language-").map(str::to_owned)
}

fn one_of(value: &str, words: &[&str]) -> Option<String> {
    words
        .iter()
        .find(|word| **word == value)
        .or_else(|| words.iter().find(|word| word.eq_ignore_ascii_case(value)))
        .map(|word| (*word).to_owned())
}

fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    (1..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_language_tag(value: &str) -> bool {
    (2..=35).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The five references that the serialiser writes (HTML standard, section 13.3, “escaping a string”).
pub(crate) fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    Cow::Owned(
        value
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&nbsp;", "\u{a0}")
            .replace("&amp;", "&"),
    )
}

/// Writes the value of an attribute.
pub(crate) fn escape_into(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{a0}' => out.push_str("&nbsp;"),
            _ => out.push(c),
        }
    }
}
