//! Articles as Markdown (CommonMark 0.31, tables and struck words as GitHub has them).
//!
//! No HTML is written: every character of a text that could be markup (or a tag of Liquid) is escaped, and addresses stand between angle brackets.
//! One article has a head as posts of static sites have it, so that `archive::read` knows it again.

use std::collections::HashMap;

use axum::body::Bytes;
use ego_tree::NodeRef;
use scraper::node::Element;
use scraper::{Html, Node};

use super::tree::{picture_addresses, words};
use super::{Pictures, Piece};
use crate::archive::front_matter::quote;
use crate::archive::passages::{address, escaped};
use crate::archive::{ZipFile, folder_name, with_own_pictures};
use crate::domain::UnixMillis;

/// Stands for a broken line until the whole one is written. No text has it: it is left out.
const BREAK: char = '\u{1}';

/// Writes articles with the pictures that were gathered beside them, as an archive; `None` if there are none.
pub fn write_markdown_with_pictures(name: &str, pieces: &mut [Piece], pictures: &Pictures) -> Option<Vec<Bytes>> {
    let mut zip = ZipFile::default();
    let mut places: HashMap<String, String> = HashMap::new();
    for address in pieces.iter().flat_map(|piece| picture_addresses(&piece.html)) {
        let Some(picture) = pictures.get(&address).filter(|_| !places.contains_key(&address)) else { continue };
        let place = format!("pictures/{}.{}", places.len() + 1, picture.kind.ending());
        zip.store_shared(&place, &picture.bytes);
        places.insert(address, place);
    }
    if places.is_empty() {
        return None;
    }
    for piece in &mut *pieces {
        piece.html = with_own_pictures(&piece.html, &|address| places.get(address).cloned());
    }
    zip.deflate(&format!("{}.md", folder_name(name)), write_markdown(pieces).as_bytes());
    Some(zip.finish_parts())
}

/// What an article says of itself, for programs.
fn head(piece: &Piece) -> String {
    let date = piece.published.and_then(UnixMillis::to_timestamp).map(|at| at.strftime("%FT%TZ").to_string());
    let fields = [
        ("title", Some(&piece.title)),
        ("author", piece.author.as_ref()),
        ("date", date.as_ref()),
        ("from", piece.url.as_ref()),
    ];
    let lines = fields.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}\n", quote(value?))));
    format!("---\n{}---\n\n", lines.collect::<String>())
}

/// Writes articles, one section for each.
pub fn write_markdown(pieces: &[Piece]) -> String {
    let mut out = if let [only] = pieces { head(only) } else { String::new() };
    for (number, piece) in pieces.iter().enumerate() {
        if number > 0 {
            out.push_str("\n---\n\n");
        }
        out.push_str(&format!("# {}\n", escaped(&piece.title)));
        let facts: Vec<String> = piece.facts().iter().map(|fact| escaped(fact)).collect();
        if !facts.is_empty() && pieces.len() > 1 {
            out.push_str(&format!("\n{}\n", facts.join(" · ")));
        }
        if let Some(url) = piece.url.as_ref().filter(|_| pieces.len() > 1) {
            out.push_str(&format!("\n<{}>\n", address(url)));
        }
        let document = Html::parse_fragment(&piece.html);
        for block in blocks(document.tree.root()) {
            out.push_str(&format!("\n{block}\n"));
        }
    }
    out
}

/// The blocks below a node; words that stand between them are paragraphs.
fn blocks(node: NodeRef<'_, Node>) -> Vec<String> {
    let mut found = Vec::new();
    let mut line = String::new();
    collect(node, &mut found, &mut line);
    flush(&mut found, &mut line);
    found
}

fn flush(found: &mut Vec<String>, line: &mut String) {
    let text = tidy(line);
    if !text.is_empty() {
        found.push(text);
    }
    line.clear();
}

fn collect(node: NodeRef<'_, Node>, found: &mut Vec<String>, line: &mut String) {
    for child in node.children() {
        let Some(element) = child.value().as_element() else {
            match child.value() {
                Node::Text(text) => line.push_str(&inline_text(text)),
                _ => collect(child, found, line),
            }
            continue;
        };
        match element.name() {
            "html" | "p" | "div" | "section" | "article" | "aside" | "header" | "footer" | "figure" | "details"
            | "dl" | "dd" | "center" | "hgroup" | "li" => {
                flush(found, line);
                found.extend(blocks(child));
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                flush(found, line);
                let depth = usize::from(element.name().as_bytes()[1] - b'0').clamp(2, 6);
                let text = tidy(&inline(child)).replace("\\\n", " ");
                if !text.is_empty() {
                    found.push(format!("{} {text}", "#".repeat(depth)));
                }
            }
            "figcaption" | "caption" | "dt" | "summary" => {
                flush(found, line);
                let text = tidy(&inline(child)).replace("\\\n", " ");
                if !text.is_empty() {
                    let mark = if matches!(element.name(), "dt" | "summary") { "**" } else { "*" };
                    found.push(format!("{mark}{text}{mark}"));
                }
            }
            "blockquote" => {
                flush(found, line);
                let text = blocks(child).join("\n\n");
                found.push(
                    text.lines().map(|line| format!("> {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n"),
                );
            }
            "pre" => {
                flush(found, line);
                found.push(fenced(child));
            }
            "ul" | "ol" => {
                flush(found, line);
                found.push(list(child, element));
            }
            "table" => {
                flush(found, line);
                found.extend(table(child));
            }
            "hr" => {
                flush(found, line);
                found.push("---".to_owned());
            }
            _ if holds_block(child) => {
                flush(found, line);
                found.extend(blocks(child));
            }
            _ => line.push_str(&inline_element(child, element)),
        }
    }
}

fn holds_block(node: NodeRef<'_, Node>) -> bool {
    let is_block = |element: &Element| {
        matches!(element.name(), "p" | "div" | "ul" | "ol" | "table" | "blockquote" | "pre" | "figure" | "h2" | "h3")
    };
    node.descendants().skip(1).any(|node| node.value().as_element().is_some_and(is_block))
}

/// A text among others; white space stays for the moment when the line is whole.
fn inline_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '#' | '{' => {
                out.push('\\');
                out.push(c);
            }
            BREAK => {}
            c if c.is_whitespace() && c != '\u{a0}' && c != '\u{3000}' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn inline(node: NodeRef<'_, Node>) -> String {
    let mut out = String::new();
    for child in node.children() {
        match child.value() {
            Node::Text(text) => out.push_str(&inline_text(text)),
            Node::Element(element) => out.push_str(&inline_element(child, element)),
            _ => out.push_str(&inline(child)),
        }
    }
    out
}

fn inline_element(node: NodeRef<'_, Node>, element: &Element) -> String {
    match element.name() {
        "br" => BREAK.to_string(),
        "em" | "i" | "cite" | "dfn" | "var" => marked(&inline(node), "*"),
        "strong" | "b" => marked(&inline(node), "**"),
        "del" | "s" | "strike" => marked(&inline(node), "~~"),
        "code" | "kbd" | "samp" | "tt" => code(&words(node)),
        "img" => {
            let alt = escaped(element.attr("alt").unwrap_or_default());
            // Of one that lies beside the text the title says where it is from.
            let first = element.attr("data-gleaner-src").map(|first| address(first).replace('"', "%22"));
            let first = first.map(|first| format!(" \"{first}\"")).unwrap_or_default();
            element.attr("src").map_or(alt.clone(), |src| format!("![{alt}](<{}>{first})", address(src)))
        }
        "audio" | "video" => {
            let source = node.children().find_map(|child| child.value().as_element().and_then(|one| one.attr("src")));
            element.attr("src").or(source).map(|src| format!("<{}>", address(src))).unwrap_or_default()
        }
        "a" => {
            let text = inline(node);
            let is_outside =
                |href: &&str| ["http://", "https://", "mailto:"].iter().any(|scheme| href.starts_with(scheme));
            match element.attr("href").filter(is_outside) {
                Some(href) if !tidy(&text).is_empty() => format!("[{}](<{}>)", tidy(&text), address(href)),
                _ => text,
            }
        }
        "rp" | "rtc" => String::new(),
        "rt" => format!("({})", inline(node)),
        _ => inline(node),
    }
}

/// Words between marks; white space at the ends stands outside, where it belongs.
fn marked(text: &str, mark: &str) -> String {
    let inner = text.trim();
    if inner.is_empty() {
        return text.to_owned();
    }
    let start = &text[..text.len() - text.trim_start().len()];
    let end = &text[text.trim_end().len()..];
    format!("{start}{mark}{inner}{mark}{end}")
}

fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    if text.is_empty() { String::new() } else { format!("{fence}{pad}{text}{pad}{fence}") }
}

fn fenced(node: NodeRef<'_, Node>) -> String {
    let text = words(node);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    format!("{fence}\n{}\n{fence}", text.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn list(node: NodeRef<'_, Node>, element: &Element) -> String {
    let start = element.attr("start").and_then(|start| start.parse::<u32>().ok()).unwrap_or(1);
    let is_ordered = element.name() == "ol";
    let mut items = Vec::new();
    for (number, item) in (start..).zip(node.children().filter(|child| child.value().is_element())) {
        let marker = if is_ordered { format!("{number}. ") } else { "- ".to_owned() };
        let text = blocks(item).join("\n\n");
        let indent = " ".repeat(marker.len());
        let lines: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(at, line)| match at {
                0 => format!("{marker}{line}"),
                _ if line.is_empty() => String::new(),
                _ => format!("{indent}{line}"),
            })
            .collect();
        items.push(if lines.is_empty() { marker.trim_end().to_owned() } else { lines.join("\n") });
    }
    items.join("\n")
}

fn table(node: NodeRef<'_, Node>) -> Vec<String> {
    let named = |node: &NodeRef<'_, Node>, names: &[&str]| {
        node.value().as_element().is_some_and(|element| names.contains(&element.name()))
    };
    let caption = node.children().find(|child| named(child, &["caption"]));
    let rows: Vec<Vec<String>> = node
        .descendants()
        .filter(|row| named(row, &["tr"]))
        .map(|row| {
            let cells = row.children().filter(|cell| named(cell, &["td", "th"]));
            cells.map(|cell| tidy(&inline(cell)).replace("\\\n", " ")).collect()
        })
        .collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut out: Vec<String> = caption.map(|caption| format!("*{}*", tidy(&inline(caption)))).into_iter().collect();
    if width > 0 {
        let line = |cells: &[String]| {
            let cells = (0..width).map(|at| cells.get(at).map_or("", String::as_str));
            format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
        };
        let mut lines: Vec<String> = rows.iter().map(|row| line(row)).collect();
        lines.insert(1, format!("|{}", " --- |".repeat(width)));
        out.push(lines.join("\n"));
    }
    out
}

/// A line without white space at its ends and without two of it in a row; what would begin a list is escaped.
fn tidy(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.trim_matches([' ', BREAK]).chars() {
        match c {
            ' ' if out.ends_with([' ', '\n']) => {}
            BREAK => {
                out.truncate(out.trim_end_matches(' ').len());
                out.push_str("\\\n");
            }
            c => out.push(c),
        }
    }
    let digits = out.bytes().take_while(u8::is_ascii_digit).count();
    match out.as_bytes().get(digits) {
        Some(b'.' | b')') if (1..10).contains(&digits) => format!("{}\\{}", &out[..digits], &out[digits..]),
        Some(b'-' | b'+' | b'=') if digits == 0 => format!("\\{out}"),
        _ => out,
    }
}
