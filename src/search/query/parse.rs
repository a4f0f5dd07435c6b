//! From a text to a condition. Never fails, and takes time in proportion to the length.

use std::iter::Peekable;
use std::str::CharIndices;

use jiff::tz::TimeZone;

use super::dates::moment;
use super::{MAX_QUERY_BYTES, Node, Note, Query, State, Test, Thing};
use crate::domain::{Language, UnixMillis};
use crate::search::fold::Folded;
use crate::search::phrase::Phrase;
use crate::search::terms::Part;

/// Whether a word begins like a field.
pub(super) fn names_a_field(word: &str) -> bool {
    word.split_once(':').is_some_and(|(name, _)| Field::of(name).is_some())
}

/// What a query consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Minus,
    Or,
    /// As it was written.
    Word(String),
    Quoted(String),
    /// Its value comes next.
    Field(Field),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Title,
    Author,
    Feed,
    Category,
    Tag,
    Language,
    Site,
    Is,
    Has,
    Before,
    After,
}

impl Field {
    const ALL: [(&str, Self); 11] = [
        ("title", Self::Title),
        ("author", Self::Author),
        ("feed", Self::Feed),
        ("category", Self::Category),
        ("tag", Self::Tag),
        ("lang", Self::Language),
        ("site", Self::Site),
        ("is", Self::Is),
        ("has", Self::Has),
        ("before", Self::Before),
        ("after", Self::After),
    ];

    fn of(name: &str) -> Option<Self> {
        let name = Folded::new(name);
        Self::ALL.into_iter().find(|(known, _)| *known == name.as_str()).map(|(_, field)| field)
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }
}

/// Reads a query.
pub(super) fn parse(text: &str, now: UnixMillis, zone: &TimeZone) -> Query {
    let mut notes = Vec::new();
    let end = text.floor_char_boundary(MAX_QUERY_BYTES);
    if end < text.trim_end().len() {
        notes.push(Note::Cut);
    }
    let tokens = tokens(&text[..end], &mut notes);
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), notes, now, zone };
    let mut nodes = Vec::new();
    while parser.tokens.peek().is_some() {
        nodes.extend(parser.side_by_side(None));
        // A bracket that closes nothing.
        if parser.tokens.next_if_eq(&Token::Close).is_some() {
            parser.note(Note::Unclosed);
        }
    }
    Query { node: joined(nodes, Node::All), notes: parser.notes, zone: zone.clone() }
}

/// One node, or all of them under one.
fn joined(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Option<Node> {
    if nodes.len() > 1 { Some(join(nodes)) } else { nodes.pop() }
}

/// What ends a phrase that begins with this: other languages end with what begins one elsewhere.
fn ends_of_quote(c: char) -> Option<&'static [char]> {
    Some(match c {
        '"' | '＂' => &['"', '＂'],
        '“' | '”' => &['”'],
        '„' => &['“', '”'],
        '«' => &['»'],
        '»' => &['«', '»'],
        '「' => &['」'],
        '『' => &['』'],
        _ => return None,
    })
}

pub(super) fn is_end_of_word(c: char) -> bool {
    let is_mark = matches!(c, '(' | ')' | '（' | '）' | '|' | '｜' | '」' | '』');
    is_mark || c.is_whitespace() || c.is_control() || ends_of_quote(c).is_some()
}

fn tokens(text: &str, notes: &mut Vec<Note>) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '(' | '（' => tokens.push(Token::Open),
            ')' | '）' => tokens.push(Token::Close),
            // Programmers write two.
            '|' | '｜' if tokens.last() == Some(&Token::Or) => {}
            '|' | '｜' => tokens.push(Token::Or),
            '-' | '－' | '−' if chars.peek().is_some_and(|(_, next)| !next.is_whitespace()) => {
                tokens.push(Token::Minus);
            }
            c if is_end_of_word(c) => {
                if let Some(ends) = ends_of_quote(c) {
                    tokens.push(quoted(text, at + c.len_utf8(), ends, &mut chars, notes));
                }
            }
            _ => {
                let (token, rest) = word(text, at, &mut chars);
                tokens.push(token);
                tokens.extend(rest);
            }
        }
    }
    tokens
}

/// A phrase up to what ends it; what was begun with one kind of mark may be ended with another.
fn quoted(
    text: &str,
    from: usize,
    ends: &[char],
    chars: &mut Peekable<CharIndices<'_>>,
    notes: &mut Vec<Note>,
) -> Token {
    let rest = &text[from..];
    let found = rest.find(ends).or_else(|| rest.find(['"', '＂', '”', '“', '」', '』', '»']));
    if found.is_none() && !notes.contains(&Note::Unclosed) {
        notes.push(Note::Unclosed);
    }
    let end = from + found.unwrap_or(rest.len());
    while chars.next_if(|(at, _)| *at <= end).is_some() {}
    Token::Quoted(text[from..end].to_owned())
}

/// A word, or a field and, unless it is quoted or in brackets, its value.
fn word(text: &str, from: usize, chars: &mut Peekable<CharIndices<'_>>) -> (Token, Option<Token>) {
    let mut end = text.len();
    let mut colon = None;
    while let Some((at, c)) = chars.peek().copied() {
        if is_end_of_word(c) {
            end = at;
            break;
        }
        if colon.is_none() && matches!(c, ':' | '：') {
            colon = Some((at, at + c.len_utf8()));
        }
        chars.next();
    }
    let word = &text[from..end];
    if let Some((name_end, value)) = colon
        && let Some(field) = Field::of(&text[from..name_end])
    {
        if value < end {
            return (Token::Field(field), Some(Token::Word(text[value..end].to_owned())));
        }
        if text[end..].starts_with(|c| ends_of_quote(c).is_some() || matches!(c, '(' | '（')) {
            return (Token::Field(field), None);
        }
    }
    let token = if word.eq_ignore_ascii_case("or") { Token::Or } else { Token::Word(word.to_owned()) };
    (token, None)
}

struct Parser<'a> {
    tokens: Peekable<std::vec::IntoIter<Token>>,
    notes: Vec<Note>,
    now: UnixMillis,
    zone: &'a TimeZone,
}

impl Parser<'_> {
    fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Everything up to the end or a closing bracket. What stands there without a field is of `field`, if there is one.
    fn side_by_side(&mut self, field: Option<Field>) -> Option<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        loop {
            match self.tokens.peek() {
                None | Some(Token::Close) => return joined(nodes, Node::All),
                Some(Token::Or) => {
                    self.tokens.next();
                    let is_last = matches!(self.tokens.peek(), None | Some(Token::Close));
                    if is_last || nodes.is_empty() {
                        // Nothing on one side of it: then it is a word.
                        nodes.extend(self.leaf("or", false, field));
                        continue;
                    }
                    let Some(right) = self.one(field) else { continue };
                    match nodes.pop() {
                        Some(Node::Any(mut alternatives)) => {
                            alternatives.push(right);
                            nodes.push(Node::Any(alternatives));
                        }
                        Some(left) => nodes.push(Node::Any(vec![left, right])),
                        None => nodes.push(right),
                    }
                }
                Some(_) => nodes.extend(self.one(field)),
            }
        }
    }

    /// One condition with what stands before it.
    fn one(&mut self, field: Option<Field>) -> Option<Node> {
        let mut is_not = false;
        while self.tokens.next_if_eq(&Token::Minus).is_some() {
            is_not = !is_not;
        }
        let node = match self.tokens.next()? {
            Token::Open => self.bracket(field),
            Token::Word(word) => self.leaf(&word, false, field),
            Token::Quoted(text) => self.leaf(&text, true, field),
            Token::Field(field) => self.value(field),
            Token::Or => self.leaf("or", false, field),
            Token::Close => {
                self.note(Note::Unclosed);
                None
            }
            Token::Minus => None,
        }?;
        Some(match node {
            Node::Not(inner) if is_not => *inner,
            node if is_not => Node::Not(Box::new(node)),
            node => node,
        })
    }

    fn bracket(&mut self, field: Option<Field>) -> Option<Node> {
        let node = self.side_by_side(field);
        if self.tokens.next_if_eq(&Token::Close).is_none() {
            self.note(Note::Unclosed);
        }
        // Brackets keep what is in them together: `a or (b or c) d`.
        node.map(|node| if matches!(node, Node::Any(_)) { Node::All(vec![node]) } else { node })
    }

    /// What comes after the name of a field; a field is never the last token.
    fn value(&mut self, field: Field) -> Option<Node> {
        match self.tokens.next()? {
            Token::Open => self.bracket(Some(field)),
            Token::Quoted(text) => self.leaf(&text, true, Some(field)),
            Token::Word(text) => self.leaf(&text, false, Some(field)),
            _ => None,
        }
    }

    /// A word or a phrase, or the value of a field; what cannot be one is looked for as words.
    fn leaf(&mut self, text: &str, is_exact: bool, field: Option<Field>) -> Option<Node> {
        let value = text.trim();
        let part = match field {
            None => Part::Any,
            Some(Field::Title) => Part::Title,
            Some(Field::Author) => Part::Author,
            Some(field) => {
                if let Some(test) = self.test(field, value) {
                    return Some(Node::Is(test));
                }
                let text = format!("{}:{value}", field.name());
                self.note(Note::AsWords(text.clone()));
                return self.leaf(&text, false, None);
            }
        };
        match if is_exact { Phrase::exact(text) } else { Phrase::loose(text) } {
            Some(phrase) => Some(Node::Is(Test::Text { part, phrase })),
            None => {
                if !value.is_empty() {
                    self.note(Note::Nothing(value.to_owned()));
                }
                None
            }
        }
    }

    fn test(&self, field: Field, value: &str) -> Option<Test> {
        let folded = Folded::new(value);
        let folded = folded.as_str().trim();
        if folded.is_empty() {
            return None;
        }
        match field {
            Field::Title | Field::Author => None,
            Field::Feed => Some(Test::Feed(value.to_owned())),
            Field::Category => Some(Test::Category(value.to_owned())),
            Field::Tag => Some(Test::Tag(value.to_owned())),
            Field::Language => language(folded).map(Test::Language),
            Field::Site => site(folded).map(Test::Site),
            Field::Is => state(folded).map(Test::State),
            Field::Has => thing(folded).map(Test::Has),
            Field::Before => moment(folded, self.now, self.zone).map(Test::Before),
            Field::After => moment(folded, self.now, self.zone).map(Test::From),
        }
    }
}

/// A language as it is compared. One without more is all of it: `zh` is both scripts.
fn language(text: &str) -> Option<String> {
    let language = Language::parse(text)?;
    let is_bare = text.chars().all(|c| c.is_ascii_alphabetic());
    Some(if is_bare { text.to_owned() } else { language.as_str().to_ascii_lowercase() })
}

/// A host as it is compared: without a scheme, `www.`, and what comes after it.
fn site(text: &str) -> Option<String> {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = text.split(['/', '?', '#', ' ']).next()?.trim_start_matches("www.").trim_matches('.');
    let is_host = !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':'));
    // Addresses hold hosts in ASCII.
    let is_ascii = host.is_ascii();
    match (is_host, is_ascii) {
        (true, true) => Some(host.to_owned()),
        (true, false) => url::Host::parse(host).ok().map(|host| host.to_string()),
        (false, _) => None,
    }
}

fn state(text: &str) -> Option<State> {
    use State::{Edited, Gone, Later, Read, Shared, Starred, Unread};
    [Unread, Read, Starred, Later, Edited, Shared, Gone].into_iter().find(|state| state.as_str() == text)
}

fn thing(text: &str) -> Option<Thing> {
    use Thing::{Audio, Highlight, Note, Picture, Video};
    let text = text.strip_suffix('s').unwrap_or(text);
    let text = if matches!(text, "image" | "img") { "picture" } else { text };
    [Picture, Audio, Video, Highlight, Note].into_iter().find(|thing| thing.as_str() == text)
}
