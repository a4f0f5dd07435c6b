//! Clean HTML written anew as XML that every reader of web pages and books takes.
//!
//! A book is held to rules that a browser forgives: no paragraph in a heading, nothing but items in a list, no link into
//! nowhere. Where a text breaks one, the element is written as a neutral one; no words are lost.

use std::collections::HashSet;

use ego_tree::NodeRef;
use scraper::node::Element;
use scraper::{Html, Node};

/// How a text is written.
#[derive(Clone, Copy)]
pub(super) struct Writing<'a> {
    /// Where a picture is; `None` leaves its words in its place.
    pub(super) picture: &'a dyn Fn(&str) -> Option<String>,
    /// By the rules of books.
    pub(super) is_book: bool,
}

/// The addresses of the pictures of a text, each once, in their order.
pub fn picture_addresses(html: &str) -> Vec<String> {
    let document = Html::parse_fragment(html);
    let mut known = HashSet::new();
    let pictures = document.tree.nodes().filter_map(|node| node.value().as_element());
    let addresses = pictures.filter(|element| element.name() == "img").filter_map(|element| element.attr("src"));
    addresses.filter(|address| known.insert((*address).to_owned())).map(str::to_owned).collect()
}

/// Writes a text as XML.
pub(super) fn write(html: &str, writing: Writing<'_>) -> String {
    let document = Html::parse_fragment(html);
    let elements = || document.tree.nodes().filter_map(|node| node.value().as_element());
    let ids = elements().filter_map(|element| element.attr("id")).filter(|id| is_name(id)).map(str::to_owned).collect();
    let mut writer = Writer { writing, ids, used: HashSet::new(), out: String::with_capacity(html.len() + 256) };
    writer.children(document.tree.root(), Place { inline: false, link: false, ruby: false });
    writer.out
}

/// Escapes text for XML and leaves out what XML does not allow.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c < ' ' => {}
            c => out.push(c),
        }
    }
    out
}

/// All text below a node.
pub(super) fn words(node: NodeRef<'_, Node>) -> String {
    node.descendants().filter_map(|node| node.value().as_text().map(|text| text.to_string())).collect()
}

fn is_name(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_alphabetic())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "section"
            | "article"
            | "aside"
            | "header"
            | "footer"
            | "blockquote"
            | "pre"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "figure"
            | "figcaption"
            | "table"
            | "caption"
            | "thead"
            | "tbody"
            | "tfoot"
            | "tr"
            | "td"
            | "th"
            | "details"
            | "summary"
            | "center"
            | "hgroup"
            | "hr"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
    )
}

/// Where an element stands.
#[derive(Clone, Copy)]
struct Place {
    /// Among words, where no block may be.
    inline: bool,
    /// In a link, where no other may be.
    link: bool,
    /// In words with their reading above them.
    ruby: bool,
}

struct Writer<'a> {
    writing: Writing<'a>,
    /// The ids that links may lead to.
    ids: HashSet<String>,
    used: HashSet<String>,
    out: String,
}

impl Writer<'_> {
    fn children(&mut self, node: NodeRef<'_, Node>, place: Place) {
        for child in node.children() {
            match child.value() {
                Node::Text(text) => self.out.push_str(&escaped(text)),
                Node::Element(element) => self.element(child, element, place),
                _ => self.children(child, place),
            }
        }
    }

    fn element(&mut self, node: NodeRef<'_, Node>, element: &Element, place: Place) {
        let inner = Place { inline: true, ..place };
        match element.name() {
            // The root of a fragment.
            "html" => self.children(node, place),
            "br" => self.out.push_str("<br/>"),
            "wbr" => self.out.push_str("<wbr/>"),
            "hr" if !place.inline => self.out.push_str("<hr/>"),
            "hr" | "source" | "col" | "colgroup" | "rp" | "rtc" => {}
            "img" => self.picture(element),
            "audio" | "video" => self.recording(node, element, place),
            "math" => {
                let text = element.attr("alttext").map_or_else(|| words(node), str::to_owned);
                self.wrapped("span", element, |writer| writer.out.push_str(&escaped(&text)));
            }
            "ruby" if has_reading(node) => {
                self.wrapped("ruby", element, |writer| writer.children(node, Place { ruby: true, ..inner }));
            }
            "ruby" => self.neutral(node, element, Place { ruby: false, ..place }),
            "rt" if place.ruby
                && node.parent().and_then(|up| up.value().as_element()).is_some_and(|up| up.name() == "ruby") =>
            {
                self.wrapped("rt", element, |writer| writer.children(node, inner));
            }
            "a" if place.link => self.children(node, place),
            "a" => {
                let inside = Place { link: true, ..place };
                match self.target(element) {
                    Some(target) => {
                        let target = escaped(&target);
                        self.open("a", element, &format!(" href=\"{target}\""));
                        self.children(node, inside);
                        self.out.push_str("</a>");
                    }
                    None => self.neutral(node, element, place),
                }
            }
            name if is_block(name) && place.inline => {
                // A block among words: its words, set apart.
                self.out.push(' ');
                self.wrapped("span", element, |writer| writer.children(node, place));
                self.out.push(' ');
            }
            name if is_block(name) => self.block(node, element, name, place),
            "abbr" | "b" | "cite" | "code" | "del" | "dfn" | "em" | "i" | "ins" | "kbd" | "mark" | "q" | "s"
            | "samp" | "small" | "strong" | "sub" | "sup" | "u" | "var"
                if !holds_block(node) =>
            {
                self.wrapped(element.name(), element, |writer| writer.children(node, inner));
            }
            _ => self.neutral(node, element, place),
        }
    }

    /// An element that means nothing but keeps language and direction.
    fn neutral(&mut self, node: NodeRef<'_, Node>, element: &Element, place: Place) {
        let is_inline = place.inline || !holds_block(node);
        let name = if is_inline { "span" } else { "div" };
        self.wrapped(name, element, |writer| writer.children(node, Place { inline: is_inline, ..place }));
    }

    fn block(&mut self, node: NodeRef<'_, Node>, element: &Element, name: &str, place: Place) {
        let inner = Place { inline: true, ..place };
        let (is_book, name) = (self.writing.is_book, name.to_owned());
        match name.as_str() {
            "p" | "pre" => self.wrapped(&name, element, |writer| writer.children(node, inner)),
            // The title is the first heading.
            "h1" => self.wrapped("h2", element, |writer| writer.children(node, inner)),
            "h2" | "h3" | "h4" | "h5" | "h6" => self.wrapped(&name, element, |writer| writer.children(node, inner)),
            "ul" | "ol" => self.list(node, element, &name, place),
            "table" => self.table(node, element, place),
            "blockquote" => self.wrapped("blockquote", element, |writer| writer.children(node, place)),
            "figure" | "figcaption" | "dl" | "dt" | "dd" | "details" | "summary" if !is_book => {
                self.wrapped(&name, element, |writer| writer.children(node, place));
            }
            "dt" | "summary" => {
                self.out.push_str("<p><strong>");
                self.wrapped("span", element, |writer| writer.children(node, inner));
                self.out.push_str("</strong></p>");
            }
            "figcaption" => {
                self.open("div", element, " class=\"caption\"");
                self.children(node, place);
                self.out.push_str("</div>");
            }
            _ => self.wrapped("div", element, |writer| writer.children(node, place)),
        }
    }

    fn list(&mut self, node: NodeRef<'_, Node>, element: &Element, name: &str, place: Place) {
        let start = element.attr("start").and_then(|start| start.parse::<i32>().ok()).filter(|_| name == "ol");
        self.open(name, element, &start.map(|start| format!(" start=\"{start}\"")).unwrap_or_default());
        for child in node.children() {
            match child.value() {
                Node::Text(text) if text.trim().is_empty() => {}
                Node::Element(item) if item.name() == "li" => {
                    self.wrapped("li", item, |writer| writer.children(child, place));
                }
                Node::Text(text) => self.out.push_str(&format!("<li>{}</li>", escaped(text))),
                Node::Element(other) => {
                    self.out.push_str("<li>");
                    self.element(child, other, place);
                    self.out.push_str("</li>");
                }
                _ => {}
            }
        }
        self.out.push_str(&format!("</{name}>"));
    }

    /// The rows, in one body.
    fn table(&mut self, node: NodeRef<'_, Node>, element: &Element, place: Place) {
        let name_of = |node: &NodeRef<'_, Node>| node.value().as_element().map_or("", Element::name).to_owned();
        let mut rows = Vec::new();
        for child in node.children() {
            match name_of(&child).as_str() {
                "tr" => rows.push(child),
                "thead" | "tbody" | "tfoot" => rows.extend(child.children().filter(|row| name_of(row) == "tr")),
                "caption" => {
                    self.out.push_str("<p class=\"caption\">");
                    self.children(child, Place { inline: true, ..place });
                    self.out.push_str("</p>");
                }
                _ => {}
            }
        }
        let is_cell = |node: &NodeRef<'_, Node>| {
            node.value().as_element().is_some_and(|element| matches!(element.name(), "td" | "th"))
        };
        rows.retain(|row| row.children().any(|node| is_cell(&node)));
        if rows.is_empty() {
            return self.wrapped("div", element, |writer| writer.children(node, Place { inline: true, ..place }));
        }
        self.open("table", element, "");
        self.out.push_str("<tbody>");
        for row in rows {
            self.out.push_str("<tr>");
            for cell in row.children().filter(is_cell) {
                let Some(element) = cell.value().as_element() else { continue };
                let spans: String = ["colspan", "rowspan"]
                    .into_iter()
                    .filter_map(|name| {
                        let span = element.attr(name)?.parse::<u16>().ok().filter(|span| (2..=100).contains(span))?;
                        Some(format!(" {name}=\"{span}\""))
                    })
                    .collect();
                let name = element.name();
                self.open(name, element, &spans);
                self.children(cell, Place { inline: name == "th", ..place });
                self.out.push_str(&format!("</{name}>"));
            }
            self.out.push_str("</tr>");
        }
        self.out.push_str("</tbody></table>");
    }

    fn picture(&mut self, element: &Element) {
        let words = escaped(element.attr("alt").unwrap_or_default());
        match element.attr("src").and_then(self.writing.picture) {
            Some(place) => self.out.push_str(&format!("<img src=\"{}\" alt=\"{words}\"/>", escaped(&place))),
            None if words.is_empty() => {}
            None => self.out.push_str(&format!("<span>[{words}]</span>")),
        }
    }

    fn recording(&mut self, node: NodeRef<'_, Node>, element: &Element, place: Place) {
        let sources =
            node.children().filter_map(|child| child.value().as_element()).filter(|one| one.name() == "source");
        let address = element.attr("src").or_else(|| sources.into_iter().find_map(|source| source.attr("src")));
        match address.and_then(uri).filter(|_| !place.link) {
            Some(address) => {
                let address = escaped(&address);
                self.out.push_str(&format!("<a href=\"{address}\">{address}</a>"));
            }
            None => self.children(node, Place { inline: true, ..place }),
        }
    }

    /// Where a link leads, if that is somewhere.
    fn target(&self, element: &Element) -> Option<String> {
        let target = element.attr("href")?.trim();
        match target.strip_prefix('#') {
            Some(id) => self.ids.contains(id).then(|| target.to_owned()),
            None => uri(target),
        }
    }

    fn wrapped(&mut self, name: &str, element: &Element, inside: impl FnOnce(&mut Self)) {
        self.open(name, element, "");
        inside(self);
        self.out.push_str(&format!("</{name}>"));
    }

    /// The tag with what every element may have.
    fn open(&mut self, name: &str, element: &Element, more: &str) {
        self.out.push_str(&format!("<{name}{more}"));
        if let Some(id) = element.attr("id").filter(|id| is_name(id))
            && self.used.insert(id.to_owned())
        {
            self.out.push_str(&format!(" id=\"{id}\""));
        }
        if let Some(dir) = element.attr("dir").filter(|dir| matches!(*dir, "ltr" | "rtl" | "auto")) {
            self.out.push_str(&format!(" dir=\"{dir}\""));
        }
        if let Some(lang) = element.attr("lang").and_then(crate::domain::Language::parse) {
            let lang = lang.as_str();
            self.out.push_str(&format!(" lang=\"{lang}\""));
            if self.writing.is_book {
                self.out.push_str(&format!(" xml:lang=\"{lang}\""));
            }
        }
        self.out.push('>');
    }
}

/// An address by the strict rules of RFC 3986, which books are held to and browsers are not.
pub(super) fn uri(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok().filter(|url| is_outside(url.as_str()))?;
    if url.scheme() == "mailto" && !url.path().contains('@') {
        return None;
    }
    let (host, rest) = url.as_str().split_at(url[..url::Position::BeforePath].len());
    let mut out = host.to_owned();
    for (at, byte) in rest.bytes().enumerate() {
        let is_escape = || rest.get(at + 1..at + 3).is_some_and(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
        match byte {
            b'%' if !is_escape() => out.push_str("%25"),
            b'|' | b'^' | b'`' | b'{' | b'}' | b'[' | b']' | b'\\' | b'"' | b'<' | b'>' | b' ' => {
                out.push_str(&format!("%{byte:02X}"));
            }
            // The fragment of a fragment.
            b'#' if rest[..at].contains('#') => out.push_str("%23"),
            byte => out.push(char::from(byte)),
        }
    }
    out.is_ascii().then_some(out)
}

fn is_outside(address: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| address.starts_with(scheme))
}

fn holds_block(node: NodeRef<'_, Node>) -> bool {
    node.descendants().skip(1).any(|node| node.value().as_element().is_some_and(|element| is_block(element.name())))
}

/// Whether each reading stands behind something that it is the reading of.
fn has_reading(node: NodeRef<'_, Node>) -> bool {
    let mut has_base = false;
    let mut readings = 0;
    for child in node.children() {
        match child.value() {
            Node::Element(element) if element.name() == "rt" => {
                if !has_base {
                    return false;
                }
                (has_base, readings) = (false, readings + 1);
            }
            Node::Element(element) if matches!(element.name(), "rp" | "rtc") => {}
            Node::Text(text) if text.trim().is_empty() => {}
            _ => has_base = true,
        }
    }
    readings > 0 && !has_base
}
