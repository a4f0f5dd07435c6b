//! A query written down again, as it was read.

use std::fmt;

use jiff::Timestamp;

use super::parse::{is_end_of_word, names_a_field};
use super::{Node, Query, Test};
use crate::domain::UnixMillis;
use crate::search::terms::Part;

/// With all of its brackets; what this writes is read as the same query again, except that moments become times of UTC.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(Node::All(nodes)) => write_joined(f, nodes, " "),
            Some(node) => write!(f, "{node}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(nodes) if nodes.len() == 1 => write_joined(f, nodes, " "),
            Self::All(nodes) => write_in_brackets(f, nodes, " "),
            Self::Any(nodes) => write_in_brackets(f, nodes, " or "),
            Self::Not(node) => write!(f, "-{node}"),
            Self::Is(test) => write!(f, "{test}"),
        }
    }
}

fn write_in_brackets(f: &mut fmt::Formatter<'_>, nodes: &[Node], between: &str) -> fmt::Result {
    f.write_str("(")?;
    write_joined(f, nodes, between)?;
    f.write_str(")")
}

fn write_joined(f: &mut fmt::Formatter<'_>, nodes: &[Node], between: &str) -> fmt::Result {
    for (at, node) in nodes.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        write!(f, "{node}")?;
    }
    Ok(())
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { part, phrase } => {
                f.write_str(match part {
                    Part::Any => "",
                    Part::Title => "title:",
                    Part::Author => "author:",
                })?;
                let is_word = !phrase.as_str().contains(is_end_of_word) && phrase.as_str() != "or";
                // What looks like a field and is none (`after:someday`) would be taken for one when it is read again.
                let is_word = is_word && !names_a_field(phrase.as_str());
                let is_plain = is_word && !phrase.is_exact();
                if is_plain { f.write_str(phrase.as_str()) } else { write_quoted(f, phrase.as_str()) }
            }
            Self::Feed(title) => write_value(f, "feed", title),
            Self::Category(title) => write_value(f, "category", title),
            Self::Tag(name) => write_value(f, "tag", name),
            Self::Language(tag) => write_value(f, "lang", tag),
            Self::Site(host) => write_value(f, "site", host),
            Self::State(state) => write_value(f, "is", state.as_str()),
            Self::Has(thing) => write_value(f, "has", thing.as_str()),
            Self::Before(moment) => write_value(f, "before", &day(*moment)),
            Self::From(moment) => write_value(f, "after", &day(*moment)),
        }
    }
}

fn write_value(f: &mut fmt::Formatter<'_>, field: &str, value: &str) -> fmt::Result {
    write!(f, "{field}:")?;
    if value.contains(is_end_of_word) { write_quoted(f, value) } else { f.write_str(value) }
}

/// In marks that are not in it, if there are any.
fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    match [('"', '"'), ('「', '」'), ('『', '』')].into_iter().find(|(_, end)| !text.contains(*end)) {
        Some((start, end)) => write!(f, "{start}{text}{end}"),
        None => write!(f, "\"{}\"", text.replace('"', "'")),
    }
}

fn day(moment: UnixMillis) -> String {
    Timestamp::from_millisecond(moment.0)
        .map_or_else(|_| String::new(), |moment| moment.strftime("%Y-%m-%d").to_string())
}
