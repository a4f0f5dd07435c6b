//! Blocks: headings, paragraphs, lists, quotations, code, tables.

use std::borrow::Cow;

use super::words::{self, escaped};
use super::{DEEPEST, Named};

type Line<'a> = Cow<'a, str>;

/// The spaces at the beginning.
pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The mark of code between fences: its character, how often, and what stands behind it.
pub(super) fn fence_of(line: &str) -> Option<(char, usize, &str)> {
    let text = line.trim_start_matches(' ');
    let character = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = text.trim_start_matches(character);
    let length = text.len() - rest.len();
    let is_fence = length >= 3 && indent(line) < 4 && !(character == '`' && rest.contains('`'));
    is_fence.then(|| (character, length, rest.trim()))
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let text = line.trim();
    let rest = text.trim_start_matches('#');
    let level = text.len() - rest.len();
    if !(1..=6).contains(&level) || indent(line) > 3 || !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let inner = rest.trim();
    let bare = inner.trim_end_matches('#');
    let inner = if bare.is_empty() || bare.ends_with(' ') { bare.trim_end() } else { inner };
    // {#name} behind it is its name.
    let inner = inner.split_once(" {#").filter(|(_, end)| end.ends_with('}')).map_or(inner, |(text, _)| text);
    Some((level, inner))
}

fn is_rule(line: &str) -> bool {
    let mut marks = line.chars().filter(|c| *c != ' ');
    let Some(first) = marks.next().filter(|c| matches!(c, '-' | '*' | '_')) else { return false };
    indent(line) < 4 && marks.clone().count() >= 2 && marks.all(|c| c == first)
}

/// Where the text of a list's item begins, its kind (a bullet, or what stands behind a number), and its number.
fn item(line: &str) -> Option<(usize, char, u64)> {
    let from = indent(line);
    let text = &line[from..];
    let (length, kind, number) = match text.chars().next()? {
        c @ ('-' | '*' | '+') => (1, c, 0),
        c if c.is_ascii_digit() => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let kind = text[digits..].chars().next().filter(|c| matches!(c, '.' | ')'))?;
            (digits + 1, kind, text[..digits].parse().ok().filter(|_| digits < 10)?)
        }
        _ => return None,
    };
    let rest = &text[length..];
    let spaces = indent(rest);
    if from > 3 || is_rule(line) || !(rest.is_empty() || spaces > 0) {
        return None;
    }
    let gap = if rest.trim().is_empty() || spaces > 4 { 1 } else { spaces };
    Some((from + length + gap, kind, number))
}

/// What ends a block of HTML that begins here; an empty text is an empty line.
fn html_until(line: &str) -> Option<&'static str> {
    let text = line.trim_start();
    let inner = text.strip_prefix('<').filter(|_| indent(line) < 4)?;
    if inner.starts_with("!--") {
        return Some("-->");
    }
    let name: String = inner
        .trim_start_matches('/')
        .chars()
        .take(12)
        .take_while(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    match name.as_str() {
        "pre" => Some("</pre>"),
        "script" => Some("</script>"),
        "style" => Some("</style>"),
        "address" | "article" | "aside" | "audio" | "blockquote" | "center" | "dd" | "details" | "dl" | "dt"
        | "div" | "fieldset" | "figcaption" | "figure" | "footer" | "form" | "h1" | "h2" | "h3" | "h4" | "h5"
        | "h6" | "header" | "hr" | "iframe" | "li" | "main" | "nav" | "object" | "ol" | "p" | "section" | "summary"
        | "table" | "tbody" | "td" | "tfoot" | "th" | "thead" | "tr" | "ul" | "video" => Some(""),
        _ => None,
    }
}

/// Whether a line begins something that ends a paragraph.
fn interrupts(line: &str) -> bool {
    line.trim().is_empty()
        || heading(line).is_some()
        || is_rule(line)
        || fence_of(line).is_some()
        || (indent(line) < 4 && line.trim_start().starts_with('>'))
        || item(line).is_some_and(|(_, kind, number)| {
            (number == 1 || !matches!(kind, '.' | ')')) && !line.trim_end().ends_with(['-', '*', '+'])
        })
        || html_until(line).is_some()
}

/// Writes the blocks of these lines.
pub(super) fn write(lines: &[Line<'_>], named: &Named, depth: usize, out: &mut String) {
    write_blocks(lines, named, (depth, false), out);
}

fn write_blocks(lines: &[Line<'_>], named: &Named, (depth, tight): (usize, bool), out: &mut String) {
    let mut at = 0;
    while at < lines.len() {
        let line: &str = &lines[at];
        if line.trim().is_empty() {
            at += 1;
        } else if let Some((character, length, info)) = fence_of(line) {
            at = code(lines, at, (character, length, info), out);
        } else if indent(line) >= 4 {
            let end = lines[at..].iter().position(|line| !line.trim().is_empty() && indent(line) < 4);
            let end = end.map_or(lines.len(), |end| at + end);
            let text: Vec<&str> = lines[at..end].iter().map(|line| line.get(4..).unwrap_or_default()).collect();
            out.push_str(&format!("<pre><code>{}\n</code></pre>\n", escaped(text.join("\n").trim_end())));
            at = end;
        } else if let Some((level, text)) = heading(line) {
            out.push_str(&format!("<h{level}>{}</h{level}>\n", words::html(text, named, depth)));
            at += 1;
        } else if is_rule(line) {
            out.push_str("<hr>\n");
            at += 1;
        } else if line.trim_start().starts_with('>') && depth < DEEPEST {
            at = quotation(lines, at, named, depth, out);
        } else if item(line).is_some() && depth < DEEPEST {
            at = list(lines, at, named, depth, out);
        } else if let Some(until) = html_until(line) {
            at = html(lines, at, until, out);
        } else if let Some(end) = table(lines, at, named, depth, out) {
            at = end;
        } else {
            at = paragraph(lines, at, named, (depth, tight), out);
        }
    }
}

fn code(lines: &[Line<'_>], at: usize, (character, length, info): (char, usize, &str), out: &mut String) -> usize {
    let margin = indent(&lines[at]);
    let language = info.split([' ', '{', ',']).next().unwrap_or_default();
    match language {
        "" => out.push_str("<pre><code>"),
        language => out.push_str(&format!("<pre><code class=\"language-{}\">", escaped(language))),
    }
    let mut next = at + 1;
    while let Some(line) = lines.get(next) {
        next += 1;
        if fence_of(line).is_some_and(|(c, n, rest)| c == character && n >= length && rest.is_empty()) {
            break;
        }
        out.push_str(&escaped(&line[indent(line).min(margin)..]));
        out.push('\n');
    }
    out.push_str("</code></pre>\n");
    next
}

fn quotation(lines: &[Line<'_>], at: usize, named: &Named, depth: usize, out: &mut String) -> usize {
    let mut inner: Vec<Line<'_>> = Vec::new();
    let mut next = at;
    while let Some(line) = lines.get(next) {
        if let Some(rest) = line.trim_start().strip_prefix('>').filter(|_| indent(line) < 4) {
            inner.push(Cow::Borrowed(rest.strip_prefix(' ').unwrap_or(rest)));
        } else if interrupts(line) || inner.last().is_none_or(|last| last.trim().is_empty()) {
            break;
        } else {
            // A paragraph goes on, however lazily.
            inner.push(Cow::Borrowed(line));
        }
        next += 1;
    }
    out.push_str("<blockquote>\n");
    write_blocks(&inner, named, (depth + 1, false), out);
    out.push_str("</blockquote>\n");
    next
}

fn list(lines: &[Line<'_>], at: usize, named: &Named, depth: usize, out: &mut String) -> usize {
    let Some((_, kind, start)) = item(&lines[at]) else { return at + 1 };
    let mut items: Vec<Vec<Line<'_>>> = Vec::new();
    let (mut next, mut width, mut loose, mut blank) = (at, 0, false, false);
    while let Some(line) = lines.get(next) {
        if line.trim().is_empty() {
            blank = true;
            if let Some(last) = items.last_mut() {
                last.push(Cow::Borrowed(""));
            }
            next += 1;
            continue;
        }
        let is_inside = !items.is_empty() && indent(line) >= width;
        match item(line) {
            Some((text, other, _)) if !is_inside && other == kind => {
                loose |= blank && !items.is_empty();
                width = text;
                items.push(vec![Cow::Borrowed(line.get(text..).unwrap_or_default())]);
            }
            _ if is_inside => {
                // Two paragraphs of one item; a list within it is no reason to set it loosely.
                loose |= blank && item(&line[width..]).is_none();
                if let Some(last) = items.last_mut() {
                    last.push(Cow::Borrowed(&line[width..]));
                }
            }
            None if !blank && !interrupts(line) => {
                if let Some(last) = items.last_mut() {
                    last.push(Cow::Borrowed(line.trim_start()));
                }
            }
            _ => break,
        }
        blank = false;
        next += 1;
    }
    let name = if matches!(kind, '.' | ')') { "ol" } else { "ul" };
    let first = if start > 1 { format!(" start=\"{start}\"") } else { String::new() };
    out.push_str(&format!("<{name}{first}>\n"));
    for lines in &mut items {
        out.push_str("<li>");
        let text = lines[0].to_string();
        // What is done and what is to do.
        if let Some((mark, rest)) = [("☐ ", "[ ] "), ("☑ ", "[x] "), ("☑ ", "[X] ")]
            .into_iter()
            .find_map(|(mark, written)| Some((mark, text.strip_prefix(written)?)))
        {
            lines[0] = Cow::Owned(format!("{mark}{rest}"));
        }
        write_blocks(lines, named, (depth + 1, !loose), out);
        out.push_str("</li>\n");
    }
    out.push_str(&format!("</{name}>\n"));
    next
}

fn html(lines: &[Line<'_>], at: usize, until: &str, out: &mut String) -> usize {
    let mut next = at;
    while let Some(line) = lines.get(next) {
        if until.is_empty() && line.trim().is_empty() {
            break;
        }
        out.push_str(line);
        out.push('\n');
        next += 1;
        if !until.is_empty() && line.to_ascii_lowercase().contains(until) {
            break;
        }
    }
    next
}

/// The cells of a row; a bar behind a backslash separates nothing.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').filter(|rest| !rest.ends_with('\\')).unwrap_or(line);
    let mut cells = vec![String::new()];
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, cells.last_mut()) {
            ('\\', Some(cell)) if characters.peek() == Some(&'|') => {
                characters.next();
                cell.push('|');
            }
            ('|', _) => cells.push(String::new()),
            (c, Some(cell)) => cell.push(c),
            (_, None) => {}
        }
    }
    cells.into_iter().take(64).collect()
}

fn is_table_rule(line: &str) -> bool {
    line.contains('-') && line.contains('|') && line.trim().chars().all(|c| matches!(c, '-' | '|' | ':' | ' '))
}

fn table(lines: &[Line<'_>], at: usize, named: &Named, depth: usize, out: &mut String) -> Option<usize> {
    let rule = lines.get(at + 1).filter(|rule| lines[at].contains('|') && is_table_rule(rule))?;
    let columns = cells(rule).len();
    let row = |line: &str, cell: &str| {
        let cells: Vec<String> = cells(line)
            .iter()
            .take(columns)
            .map(|text| format!("<{cell}>{}</{cell}>", words::html(text.trim(), named, depth)))
            .collect();
        format!("<tr>{}</tr>\n", cells.concat())
    };
    out.push_str(&format!("<table>\n<thead>\n{}</thead>\n<tbody>\n", row(&lines[at], "th")));
    let mut next = at + 2;
    while let Some(line) = lines.get(next).filter(|line| line.contains('|')) {
        out.push_str(&row(line, "td"));
        next += 1;
    }
    out.push_str("</tbody>\n</table>\n");
    Some(next)
}

fn paragraph(lines: &[Line<'_>], at: usize, named: &Named, (depth, tight): (usize, bool), out: &mut String) -> usize {
    let mut text = lines[at].trim_start().to_owned();
    let mut next = at + 1;
    while let Some(line) = lines.get(next) {
        let rule = line.trim();
        let level = match rule.chars().next() {
            Some('=') if rule.chars().all(|c| c == '=') => 1,
            Some('-') if rule.chars().all(|c| c == '-') => 2,
            _ => 0,
        };
        if level > 0 && indent(line) < 4 {
            out.push_str(&format!("<h{level}>{}</h{level}>\n", words::html(text.trim(), named, depth)));
            return next + 1;
        }
        if interrupts(line) {
            break;
        }
        text.push('\n');
        text.push_str(line.trim_start());
        next += 1;
    }
    let html = words::html(text.trim_end(), named, depth);
    if tight {
        out.push_str(&html);
    } else {
        out.push_str(&format!("<p>{html}</p>\n"));
    }
    next
}
