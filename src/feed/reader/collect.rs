//! The text of an element, with whatever markup stands in it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Reader, lower, trim};
use crate::feed::namespace::Namespace;
use crate::feed::raw::RawText;
use crate::feed::text::{decode_references, escape, is_html_element, is_void_element};
use crate::feed::xml::{Tag, Token};

/// How many of the innermost open elements are looked at when one is closed. Text nested deeper than this is an attack,
/// and for it only the time counts.
const REMEMBERED: usize = 64;

/// What stood inside an element.
#[derive(Debug)]
pub(super) enum Inside<'a> {
    /// Text alone, references decoded.
    Text(Cow<'a, str>),
    /// Text and elements: the text alone, and all of it as HTML.
    Markup { text: String, html: String },
}

impl<'a> Inside<'a> {
    fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Text(text) => trim(text),
            Self::Markup { text, .. } => trim(Cow::Owned(text)),
        }
    }
}

/// Whether an element says that it holds what nobody reads.
fn is_no_text(tag: &Tag<'_>) -> bool {
    let kind = tag.attribute("type").unwrap_or_default();
    ["image/", "audio/", "video/"].iter().any(|start| kind.starts_with(start))
}

/// Whether a text ends in an end of a block of HTML and begins with the beginning of one.
fn is_marked_up(text: &str) -> bool {
    let text = text.trim();
    let ends = ["</p>", "</div>", "</ul>", "</figure>", "</article>", "</section>"];
    text.starts_with('<')
        && ends.iter().any(|end| {
            text.get(text.len().saturating_sub(end.len())..).is_some_and(|last| last.eq_ignore_ascii_case(end))
        })
}

/// How the text of a construct is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// HTML, its markup escaped as text (all of RSS, `type="html"`).
    Html,
    /// Exactly the characters (`type="text"`).
    Plain,
    /// Markup as XML (`type="xhtml"`).
    Inline,
    /// Bytes in base64.
    Base64,
}

impl<'a> Reader<'a> {
    /// The plain text of an element whose opening tag was just read; `None` if there is none, or if the document ends
    /// before the element does.
    pub(super) fn plain(&mut self, tag: &Tag<'a>) -> Option<Cow<'a, str>> {
        let text = self.collect(tag, false)?.into_text();
        (!text.is_empty()).then_some(text)
    }

    /// The text of an element and how it is meant.
    pub(super) fn construct(&mut self, tag: &Tag<'a>, namespace: Namespace) -> Option<RawText<'a>> {
        let mode = self.mode(tag, namespace);
        let base = self.base_of(tag);
        let inside = self.collect(tag, mode == Mode::Inline)?;
        let (value, html) = match (inside, mode) {
            (Inside::Markup { html, .. }, _) => (Cow::Owned(html), true),
            (Inside::Text(text), Mode::Base64) => match from_base64(&text) {
                Some(text) => (Cow::Owned(text), true),
                None if is_no_text(tag) => return None,
                // An unknown type is taken for base64, but whoever invents types does not encode.
                None => (text, false),
            },
            // Who forgets the type forgets that it was needed: a text has no ends of paragraphs written out.
            (Inside::Text(text), Mode::Plain) if tag.attribute("type").is_none() && is_marked_up(&text) => (text, true),
            (Inside::Text(text), Mode::Plain) => (text, false),
            (Inside::Text(text), Mode::Inline) => (Cow::Owned(escape(&text).into_owned()), true),
            (Inside::Text(text), Mode::Html) => (text, true),
        };
        let value = trim(value);
        (!value.is_empty()).then_some(RawText { value, html, base })
    }

    /// The inside of an element as HTML, whatever its attributes say.
    pub(super) fn inline(&mut self, tag: &Tag<'a>) -> Option<String> {
        Some(match self.collect(tag, true)? {
            Inside::Text(text) => escape(&text).trim().to_owned(),
            Inside::Markup { html, .. } => html.trim().to_owned(),
        })
    }

    /// RFC 4287, sections 3.1 and 4.1.3; Atom 0.3, section 3.1 (`mode`). RSS knows HTML only.
    fn mode(&self, tag: &Tag<'a>, namespace: Namespace) -> Mode {
        let atom = namespace == Namespace::Atom || (namespace == Namespace::Feed && self.is_atom());
        let media_type = tag.attribute("type").unwrap_or_default().trim().to_ascii_lowercase();
        if !atom {
            // media:title and media:description say `type="plain"` or mean it by saying nothing.
            return if namespace == Namespace::Media && media_type != "html" { Mode::Plain } else { Mode::Html };
        }
        let html = matches!(media_type.as_str(), "html" | "text/html" | "xhtml" | "application/xhtml+xml");
        match tag.attribute("mode").unwrap_or_default().trim() {
            "base64" => return Mode::Base64,
            "escaped" => return if html { Mode::Html } else { Mode::Plain },
            _ => {}
        }
        match media_type.as_str() {
            "" | "text" | "plain" => Mode::Plain,
            "html" | "text/html" => Mode::Html,
            "xhtml" | "xml" => Mode::Inline,
            other if other.contains("xml") => Mode::Inline,
            other if other.starts_with("text/") => Mode::Plain,
            _ => Mode::Base64,
        }
    }

    /// Reads on to the end of the element that `tag` opened. `None` if the document ends first.
    fn collect(&mut self, tag: &Tag<'a>, inline: bool) -> Option<Inside<'a>> {
        if tag.empty {
            return Some(Inside::Text(Cow::Borrowed("")));
        }
        // Nearly every element holds one piece of text, which then needs no copy.
        let start = self.tokens.position();
        let only = match self.tokens.next() {
            Some(Token::Text(text)) => decode_references(text),
            Some(Token::CData(text)) => Cow::Borrowed(text),
            Some(Token::Close(name)) if name.eq_ignore_ascii_case(tag.name) => {
                return Some(Inside::Text(Cow::Borrowed("")));
            }
            _ => Cow::Borrowed(""),
        };
        if !self.tokens.cut
            && let Some(Token::Close(name)) = self.tokens.next()
            && name.eq_ignore_ascii_case(tag.name)
        {
            return Some(Inside::Text(only));
        }
        self.tokens.rewind(start);
        self.collect_pieces(tag, inline)
    }

    fn collect_pieces(&mut self, tag: &Tag<'a>, inline: bool) -> Option<Inside<'a>> {
        let mut pieces = Vec::new();
        let mut open: Vec<&str> = Vec::new();
        let mut marked_up = false;
        loop {
            let start = self.tokens.position();
            let Some(token) = self.tokens.next().filter(|_| !self.tokens.cut) else {
                self.truncated = true;
                return None;
            };
            match token {
                Token::Text(_) | Token::CData(_) => {}
                Token::Open(inner) => {
                    if ends_text(&inner, inline, &open) {
                        self.mended = true;
                        self.tokens.rewind(start);
                        break;
                    }
                    marked_up = true;
                    if !inner.empty && !is_void_element(&lower(inner.name)) {
                        open.push(inner.name);
                    }
                }
                Token::Close(name) => {
                    let recent = open.len().saturating_sub(REMEMBERED);
                    if let Some(at) = open[recent..].iter().rposition(|inner| inner.eq_ignore_ascii_case(name)) {
                        open.truncate(recent + at);
                    } else if name.eq_ignore_ascii_case(tag.name) {
                        break;
                    } else if self.stack.iter().any(|frame| frame.name.eq_ignore_ascii_case(name)) {
                        // The parent ends, so this element does too.
                        self.mended = true;
                        self.tokens.rewind(start);
                        break;
                    } else if !is_html_element(&lower(name)) && open.is_empty() {
                        // A misspelt end tag.
                        self.mended = true;
                        break;
                    }
                    marked_up = true;
                }
            }
            pieces.push((token, self.tokens.slice(start, self.tokens.position())));
        }
        if marked_up {
            self.mended |= !inline && !self.is_atom();
            return Some(self.with_markup(&pieces, inline));
        }
        let mut text = String::new();
        for (token, _) in pieces {
            match token {
                Token::Text(piece) => text.push_str(&decode_references(piece)),
                Token::CData(piece) => text.push_str(piece),
                Token::Open(_) | Token::Close(_) => {}
            }
        }
        Some(Inside::Text(Cow::Owned(text)))
    }

    /// Text with elements in it. White space and the `div` that Atom wants around XHTML are taken off.
    fn with_markup(&self, pieces: &[(Token<'a>, &'a str)], inline: bool) -> Inside<'a> {
        let blank = |piece: &&(Token<'a>, &'a str)| matches!(piece.0, Token::Text(text) if text.trim().is_empty());
        let first = pieces.iter().position(|piece| !blank(&piece)).unwrap_or(0);
        let last = pieces.iter().rposition(|piece| !blank(&piece)).map_or(0, |at| at + 1);
        let mut pieces = &pieces[first..last];
        if inline
            && let [(Token::Open(open), _), inner @ .., (Token::Close(close), _)] = pieces
            && open.name.eq_ignore_ascii_case(close)
            && self.local(open.name).eq_ignore_ascii_case("div")
            && encloses(inner, open.name)
        {
            pieces = inner;
        }
        let mut text = String::new();
        let mut html = String::new();
        for (token, raw) in pieces {
            match token {
                Token::Text(piece) => {
                    text.push_str(&decode_references(piece));
                    html.push_str(piece);
                }
                Token::CData(piece) => {
                    text.push_str(piece);
                    if inline {
                        html.push_str(&escape(piece));
                    } else {
                        html.push_str(piece);
                    }
                }
                Token::Open(tag) => self.open_tag(tag, raw, &mut html),
                Token::Close(name) => {
                    html.push_str("</");
                    html.push_str(self.local(name));
                    html.push('>');
                }
            }
        }
        Inside::Markup { text, html }
    }

    fn open_tag(&self, tag: &Tag<'a>, raw: &str, html: &mut String) {
        let local = self.local(tag.name);
        if local.len() == tag.name.len() && !tag.empty && raw.ends_with('>') {
            html.push_str(raw);
            return;
        }
        html.push('<');
        html.push_str(local);
        html.push_str(tag.attributes.trim_end());
        html.push('>');
        // HTML does not know elements that close themselves: an empty anchor would swallow the rest.
        if tag.empty && !is_void_element(&lower(local)) {
            html.push_str("</");
            html.push_str(local);
            html.push('>');
        }
    }

    /// The name of an XHTML element without its prefix; other names as they are.
    fn local<'n>(&self, name: &'n str) -> &'n str {
        match name.split_once(':') {
            Some((_, local)) if is_html_element(&lower(local)) => local,
            _ => name,
        }
    }
}

/// Whether the opening and closing tags of `name` in `inner` are in balance and never close what is outside.
fn encloses(inner: &[(Token<'_>, &str)], name: &str) -> bool {
    let mut depth = 0_usize;
    for (token, _) in inner {
        match token {
            Token::Open(tag) if !tag.empty && tag.name.eq_ignore_ascii_case(name) => depth += 1,
            Token::Close(close) if close.eq_ignore_ascii_case(name) => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ => {}
        }
    }
    depth == 0
}

/// Whether an element cannot be part of a text: it is one of the feed's own, and the text before it was never closed.
fn ends_text(tag: &Tag<'_>, inline: bool, open: &[&str]) -> bool {
    let name = lower(tag.name);
    match &*name {
        "item" | "channel" => !inline,
        "entry" => !inline && open.is_empty(),
        "pubdate" | "guid" | "enclosure" | "content:encoded" | "lastbuilddate" | "dc:date" | "dc:creator"
        | "description" | "published" | "updated" | "issued" | "modified" => {
            !inline && !open.iter().any(|name| !is_html_element(&lower(name)))
        }
        _ => false,
    }
}

/// Text from base64, as lenient as mail readers are; `None` if it is none, or no text.
fn from_base64(text: &str) -> Option<String> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let compact: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    String::from_utf8(LENIENT.decode(compact).ok()?).ok()
}
