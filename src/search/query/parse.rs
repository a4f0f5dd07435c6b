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
    /// The name of a field; its value comes next.
    Field(Field, String),
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
    fn of(name: &str) -> Option<Self> {
        Some(match Folded::new(name).as_str() {
            "title" => Self::Title,
            "author" => Self::Author,
            "feed" => Self::Feed,
            "category" => Self::Category,
            "tag" => Self::Tag,
            "lang" => Self::Language,
            "site" => Self::Site,
            "is" => Self::Is,
            "has" => Self::Has,
            "before" => Self::Before,
            "after" => Self::After,
            _ => return None,
        })
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
        nodes.extend(parser.side_by_side(Part::Any));
        // A bracket that closes nothing.
        if parser.tokens.next_if_eq(&Token::Close).is_some() {
            parser.note(Note::Unclosed);
        }
    }
    Query { node: joined(nodes, Node::All), notes: parser.notes }
}

/// One node, or all of them under one.
fn joined(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Option<Node> {
    if nodes.len() > 1 { Some(join(nodes)) } else { nodes.pop() }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '＂')
}

fn is_end_of_word(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_quote(c) || matches!(c, '(' | ')' | '（' | '）')
}

fn tokens(text: &str, notes: &mut Vec<Note>) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '(' | '（' => tokens.push(Token::Open),
            ')' | '）' => tokens.push(Token::Close),
            '|' => tokens.push(Token::Or),
            '-' | '－' | '−' if chars.peek().is_some_and(|(_, next)| !next.is_whitespace()) => {
                tokens.push(Token::Minus);
            }
            c if is_quote(c) => tokens.push(quoted(text, at + c.len_utf8(), &mut chars, notes)),
            c if is_end_of_word(c) => {}
            _ => {
                let (token, rest) = word(text, at, &mut chars);
                tokens.push(token);
                tokens.extend(rest);
            }
        }
    }
    tokens
}

fn quoted(text: &str, from: usize, chars: &mut Peekable<CharIndices<'_>>, notes: &mut Vec<Note>) -> Token {
    for (at, c) in chars.by_ref() {
        if is_quote(c) {
            return Token::Quoted(text[from..at].to_owned());
        }
    }
    if !notes.contains(&Note::Unclosed) {
        notes.push(Note::Unclosed);
    }
    Token::Quoted(text[from..].to_owned())
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
        let is_followed = text[end..].starts_with(|c| is_quote(c) || matches!(c, '(' | '（'));
        if value < end {
            return (
                Token::Field(field, text[from..name_end].to_owned()),
                Some(Token::Word(text[value..end].to_owned())),
            );
        }
        if is_followed {
            return (Token::Field(field, text[from..name_end].to_owned()), None);
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

    /// Everything up to the end or a closing bracket.
    fn side_by_side(&mut self, part: Part) -> Option<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        loop {
            match self.tokens.peek() {
                None | Some(Token::Close) => return joined(nodes, Node::All),
                Some(Token::Or) => {
                    self.tokens.next();
                    let is_last = matches!(self.tokens.peek(), None | Some(Token::Close));
                    if is_last || nodes.is_empty() {
                        // Nothing on one side of it: then it is a word.
                        nodes.extend(self.words("or", part));
                        continue;
                    }
                    let Some(right) = self.one(part) else { continue };
                    match nodes.pop() {
                        Some(Node::Any(mut alternatives)) => {
                            alternatives.push(right);
                            nodes.push(Node::Any(alternatives));
                        }
                        Some(left) => nodes.push(Node::Any(vec![left, right])),
                        None => nodes.push(right),
                    }
                }
                Some(_) => nodes.extend(self.one(part)),
            }
        }
    }

    /// One condition with what stands before it.
    fn one(&mut self, part: Part) -> Option<Node> {
        let mut is_not = false;
        while self.tokens.next_if_eq(&Token::Minus).is_some() {
            is_not = !is_not;
        }
        let node = match self.tokens.next()? {
            Token::Open => self.bracket(part),
            Token::Word(word) => self.words(&word, part),
            Token::Quoted(text) => self.phrase(&text, part),
            Token::Field(field, name) => self.field(field, &name, part),
            Token::Or => self.words("or", part),
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

    fn bracket(&mut self, part: Part) -> Option<Node> {
        let node = self.side_by_side(part);
        if self.tokens.next_if_eq(&Token::Close).is_none() {
            self.note(Note::Unclosed);
        }
        // Brackets keep what is in them together: `a or (b or c) d`.
        node.map(|node| if matches!(node, Node::Any(_)) { Node::All(vec![node]) } else { node })
    }

    fn words(&mut self, text: &str, part: Part) -> Option<Node> {
        self.text(Phrase::loose(text), text, part)
    }

    fn phrase(&mut self, text: &str, part: Part) -> Option<Node> {
        self.text(Phrase::exact(text), text, part)
    }

    fn text(&mut self, phrase: Option<Phrase>, text: &str, part: Part) -> Option<Node> {
        match phrase {
            Some(phrase) => Some(Node::Is(Test::Text { part, phrase })),
            None => {
                if !text.trim().is_empty() {
                    self.note(Note::Nothing(text.trim().to_owned()));
                }
                None
            }
        }
    }

    fn field(&mut self, field: Field, name: &str, part: Part) -> Option<Node> {
        let own_part = match field {
            Field::Title => Some(Part::Title),
            Field::Author => Some(Part::Author),
            _ => None,
        };
        match self.tokens.peek().cloned() {
            Some(Token::Open) if own_part.is_some() => {
                self.tokens.next();
                self.bracket(own_part.unwrap_or(part))
            }
            Some(Token::Word(value)) => {
                self.tokens.next();
                match own_part {
                    Some(part) => self.words(&value, part),
                    None => self.value(field, name, &value, part),
                }
            }
            Some(Token::Quoted(value)) => {
                self.tokens.next();
                match own_part {
                    Some(part) => self.phrase(&value, part),
                    None => self.value(field, name, &value, part),
                }
            }
            // `feed:(…)`: the name is a word and the bracket what it is.
            _ => self.words(name, part),
        }
    }

    fn value(&mut self, field: Field, name: &str, value: &str, part: Part) -> Option<Node> {
        let folded = Folded::new(value).as_str().trim().to_owned();
        let test = match field {
            _ if folded.is_empty() => None,
            Field::Title | Field::Author => None,
            Field::Feed => Some(Test::Feed(value.trim().to_owned())),
            Field::Category => Some(Test::Category(value.trim().to_owned())),
            Field::Tag => Some(Test::Tag(value.trim().to_owned())),
            Field::Language => language(&folded).map(Test::Language),
            Field::Site => site(&folded).map(Test::Site),
            Field::Is => state(&folded).map(Test::State),
            Field::Has => thing(&folded).map(Test::Has),
            Field::Before => moment(&folded, self.now, self.zone).map(Test::Before),
            Field::After => moment(&folded, self.now, self.zone).map(Test::From),
        };
        match test {
            Some(test) => Some(Node::Is(test)),
            None => {
                let text = format!("{name}:{value}");
                self.note(Note::AsWords(text.clone()));
                self.words(&text, part)
            }
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
