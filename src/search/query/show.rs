//! A query written down again, as it was read.

use std::fmt;

use jiff::Timestamp;

use super::parse::{is_end_of_word, names_a_field};
use super::{Node, Query, Test};
use crate::domain::UnixMillis;
use crate::search::terms::Part;

/// With all of its brackets; what this writes is read as the same query again where its reader is, except that moments become days.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(Node::All(nodes)) => self.write_joined(f, nodes, " "),
            Some(node) => self.write(f, node),
            None => Ok(()),
        }
    }
}

impl Query {
    fn write(&self, f: &mut fmt::Formatter<'_>, node: &Node) -> fmt::Result {
        match node {
            Node::All(nodes) if nodes.len() == 1 => self.write_joined(f, nodes, " "),
            Node::All(nodes) => self.write_in_brackets(f, nodes, " "),
            Node::Any(nodes) => self.write_in_brackets(f, nodes, " or "),
            Node::Not(node) => {
                f.write_str("-")?;
                self.write(f, node)
            }
            Node::Is(Test::Before(moment)) => write!(f, "before:{}", self.day(*moment)),
            Node::Is(Test::From(moment)) => write!(f, "after:{}", self.day(*moment)),
            Node::Is(test) => write!(f, "{test}"),
        }
    }

    fn write_in_brackets(&self, f: &mut fmt::Formatter<'_>, nodes: &[Node], between: &str) -> fmt::Result {
        f.write_str("(")?;
        self.write_joined(f, nodes, between)?;
        f.write_str(")")
    }

    fn write_joined(&self, f: &mut fmt::Formatter<'_>, nodes: &[Node], between: &str) -> fmt::Result {
        for (at, node) in nodes.iter().enumerate() {
            if at > 0 {
                f.write_str(between)?;
            }
            self.write(f, node)?;
        }
        Ok(())
    }

    fn day(&self, moment: UnixMillis) -> String {
        let day = |moment: Timestamp| moment.to_zoned(self.zone.clone()).strftime("%Y-%m-%d").to_string();
        Timestamp::from_millisecond(moment.0).map(day).unwrap_or_default()
    }
}

/// Moments, which are days where somebody is, as numbers.
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
            Self::Before(moment) => write!(f, "before:{}", moment.0),
            Self::From(moment) => write!(f, "after:{}", moment.0),
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
