//! From a query to SQL: what the index and the columns can say, and what remains to be read.
//!
//! The statement finds every article that can be meant, and, where phrases have to be read, some that are not: of a phrase
//! it asks for the terms alone, and of “not this phrase” for nothing. Terms are the only words of a reader that become part of
//! a search expression, in quotation marks; everything else is bound.

use super::hit::line;
use super::own::read_otherwise;
use super::resolve::Names;
use crate::domain::ArticleId;
use crate::search::{Folded, Node, Part, Phrase, Sketch, State, Test, Thing};
use crate::store::access::may_read;
use crate::store::db::{Db, Pools};
use crate::store::dialect::{HOST, MATCHING};
use crate::store::list::Scope;
use crate::store::row::id_list;
use crate::store::search::SearchedText;

/// So many levels of brackets a search expression may have: the parser of FTS5 has a stack of a hundred places, of which each
/// takes up to four. What is deeper is put together by SQL.
fn most_levels(is_sqlite: bool) -> usize {
    if is_sqlite { 12 } else { usize::MAX }
}

/// A value in its place in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Argument {
    Number(i64),
    Text(String),
}

/// A statement with its values. `$1` is the account, `$2` the id below which hits are wanted, `$3` how many.
///
/// Its rows are a text and a sketch. Without a check there is one row, without a sketch: its text is that of the hits
/// (`line!` of `hit.rs`). With one there is a row for each candidate, whose text is its id and the answers to tests.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) sql: String,
    /// From `$4` on.
    pub(super) arguments: Vec<Argument>,
    /// What is read of each candidate, if anything is.
    pub(super) check: Option<Check>,
}

/// What has to hold for a candidate's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    node: Node,
    /// The tests of `node` that are no texts; a candidate brings the answers in this order.
    facts: Vec<Test>,
}

/// Whether a statement may find too much or too little.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Upper,
    Lower,
}

impl Bound {
    fn other(self) -> Self {
        match self {
            Self::Upper => Self::Lower,
            Self::Lower => Self::Upper,
        }
    }
}

/// A condition: one that always or never holds, or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Always,
    Never,
    When(String),
}

struct Compiler<'a> {
    is_sqlite: bool,
    names: &'a Names,
    arguments: Vec<Argument>,
}

/// Makes the statement for a query; `without_own`: without the articles of which the account reads another text.
pub(super) fn compile(db: &Db, node: &Node, within: Option<Scope>, names: &Names, without_own: bool) -> Compiled {
    let is_sqlite = matches!(db.pools, Pools::Sqlite { .. });
    let mut compiler = Compiler { is_sqlite, names, arguments: Vec::new() };
    let conjuncts: Vec<&Node> = match node {
        Node::All(nodes) => nodes.iter().collect(),
        node => vec![node],
    };
    let (mut wanted, mut unwanted, mut conditions) = (Vec::new(), Vec::new(), Vec::new());
    let mut to_read = Vec::new();
    let levels = most_levels(is_sqlite);
    for conjunct in conjuncts {
        if needs_text(conjunct) {
            to_read.push(conjunct.clone());
        }
        match conjunct {
            node if is_text(node, levels) => wanted.push(compiler.terms(node, Bound::Upper)),
            Node::Not(inner) if is_text(inner, levels) => unwanted.push(compiler.terms(inner, Bound::Lower)),
            node => conditions.push(compiler.condition(node, Bound::Upper)),
        }
    }
    let check = (!to_read.is_empty()).then(|| Check::new(Node::All(to_read)));
    let facts = check.as_ref().map_or_else(|| "''".to_owned(), |check| compiler.facts(&check.facts));
    let is_impossible = wanted.contains(&Condition::Never) || conditions.contains(&Condition::Never);
    // Words alone, and what is counted of every hit, are answered without the article's own row.
    let conditions_are_narrow = conditions.is_empty();
    let wanted = all_terms(is_sqlite, wanted);
    let unwanted = any(unwanted, if is_sqlite { " OR " } else { " | " }).text();
    let mut sql = match check {
        Some(_) => format!("SELECT a.id || ',' || {facts}, x.sketch FROM "),
        None => concat!("SELECT string_agg(line, ' '), NULL FROM (SELECT ", line!(), " AS line FROM ").to_owned(),
    };
    let mut filters: Vec<String> = conditions.into_iter().filter_map(Condition::text).collect();
    let id = match wanted {
        Some(mut expression) => {
            if let Some(terms) = unwanted {
                let not = if is_sqlite { "NOT" } else { "& !" };
                expression = format!("({expression}) {not} {terms}");
            }
            let place = compiler.bind(Argument::Text(expression));
            sql.push_str("search_terms CROSS JOIN article a");
            if is_sqlite && conditions_are_narrow {
                sql.push_str(" INDEXED BY article_facets");
            }
            let (key, matching) = if is_sqlite {
                ("search_terms.rowid", MATCHING.sqlite)
            } else {
                ("search_terms.article_id", MATCHING.postgres)
            };
            filters.insert(0, format!("{} AND a.id = {key}", matching.replace("$n", &place)));
            if is_sqlite { key } else { "a.id" }
        }
        None => {
            sql.push_str("article a");
            if let Some(terms) = unwanted {
                let found = compiler.found(terms);
                filters.push(format!("NOT {found}"));
            }
            "a.id"
        }
    };
    if check.is_some() {
        sql.push_str(" LEFT JOIN search_text x ON x.article_id = a.id");
    }
    if let Some(scope) = within {
        filters.extend(compiler.within(scope));
    }
    if without_own {
        filters.push(concat!("a.id NOT IN (", read_otherwise!(), ")").to_owned());
    }
    if is_impossible {
        filters.push("1 = 0".to_owned());
    }
    filters.push(format!("{id} < $2"));
    filters.push(may_read!().to_owned());
    sql.push_str(" WHERE ");
    sql.push_str(&filters.join(" AND "));
    sql.push_str(&format!(" ORDER BY {id} DESC LIMIT $3 + 0"));
    if check.is_none() {
        sql.push_str(") AS found");
    }
    Compiled { sql, arguments: compiler.arguments, check }
}

/// Makes the statement for the articles of which the account reads another text than the index knows: all of them, with the
/// answers to everything in the query that is no text. Whether they are hits, their texts tell.
pub(super) fn compile_own(db: &Db, node: &Node, within: Option<Scope>, names: &Names) -> Compiled {
    let is_sqlite = matches!(db.pools, Pools::Sqlite { .. });
    let mut compiler = Compiler { is_sqlite, names, arguments: Vec::new() };
    let check = Check::new(node.clone());
    let facts = compiler.facts(&check.facts);
    let within =
        within.and_then(|scope| compiler.within(scope)).map_or_else(String::new, |scope| format!(" AND {scope}"));
    let sql = format!(
        "SELECT a.id || ',' || {facts}, NULL FROM article a \
         WHERE a.id IN ({}) AND a.id < $2{within} AND {} ORDER BY a.id DESC LIMIT $3 + 0",
        read_otherwise!(),
        may_read!()
    );
    Compiled { sql, arguments: compiler.arguments, check: Some(check) }
}

/// Whether a condition is on words alone, asks for some, and fits into one search expression of so many levels.
fn is_text(node: &Node, depth: usize) -> bool {
    match node {
        Node::All(nodes) | Node::Any(nodes) => depth > 0 && nodes.iter().all(|node| is_text(node, depth - 1)),
        Node::Is(Test::Text { .. }) => true,
        Node::Not(_) | Node::Is(_) => false,
    }
}

/// Makes the statement for the answers of some articles to everything in a query that is no text; `None` if there is nothing of that
/// kind in it.
pub(super) fn compile_facts(db: &Db, node: &Node, articles: &[ArticleId], names: &Names) -> Option<Compiled> {
    let is_sqlite = matches!(db.pools, Pools::Sqlite { .. });
    let mut compiler = Compiler { is_sqlite, names, arguments: Vec::new() };
    let check = Check::new(node.clone());
    if check.facts.is_empty() {
        return None;
    }
    let ids = compiler.bind(Argument::Text(id_list(articles.iter().map(|id| id.0))));
    let facts = compiler.facts(&check.facts);
    let sql = format!(
        "SELECT a.id || ',' || {facts}, NULL FROM article a \
         WHERE a.id IN (SELECT value FROM json_each({ids})) AND a.id < $2 AND {} LIMIT $3 + 0",
        may_read!()
    );
    Some(Compiled { sql, arguments: compiler.arguments, check: Some(check) })
}

fn needs_text(node: &Node) -> bool {
    match node {
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(needs_text),
        Node::Not(node) => needs_text(node),
        Node::Is(Test::Text { phrase, .. }) => phrase.needs_text(),
        Node::Is(_) => false,
    }
}

impl Condition {
    fn text(self) -> Option<String> {
        match self {
            Self::When(text) => Some(text),
            Self::Always | Self::Never => None,
        }
    }
}

/// Joins conditions that must all hold.
fn all(conditions: Vec<Condition>, and: &str) -> Condition {
    if conditions.contains(&Condition::Never) {
        return Condition::Never;
    }
    let texts: Vec<String> = conditions.into_iter().filter_map(Condition::text).collect();
    if texts.is_empty() { Condition::Always } else { Condition::When(format!("({})", texts.join(and))) }
}

/// Joins conditions of which one must hold.
fn any(conditions: Vec<Condition>, or: &str) -> Condition {
    if conditions.contains(&Condition::Always) {
        return Condition::Always;
    }
    let texts: Vec<String> = conditions.into_iter().filter_map(Condition::text).collect();
    if texts.is_empty() { Condition::Never } else { Condition::When(format!("({})", texts.join(or))) }
}

fn all_terms(is_sqlite: bool, wanted: Vec<Condition>) -> Option<String> {
    all(wanted, if is_sqlite { " AND " } else { " & " }).text()
}

impl Compiler<'_> {
    fn bind(&mut self, argument: Argument) -> String {
        self.arguments.push(argument);
        format!("${}", self.arguments.len() + 3)
    }

    /// A condition on words as a search expression.
    fn terms(&self, node: &Node, bound: Bound) -> Condition {
        let (and, or) = if self.is_sqlite { (" AND ", " OR ") } else { (" & ", " | ") };
        match node {
            Node::All(nodes) => all(nodes.iter().map(|node| self.terms(node, bound)).collect(), and),
            Node::Any(nodes) => any(nodes.iter().map(|node| self.terms(node, bound)).collect(), or),
            Node::Is(Test::Text { part, phrase }) => self.phrase(*part, phrase, bound, and),
            Node::Not(_) | Node::Is(_) => Condition::Always,
        }
    }

    fn phrase(&self, part: Part, phrase: &Phrase, bound: Bound, and: &str) -> Condition {
        if bound == Bound::Lower && phrase.needs_text() {
            return Condition::Never;
        }
        let quote = if self.is_sqlite { '"' } else { '\'' };
        let terms = phrase.terms(part).into_iter().map(|term| Condition::When(format!("{quote}{term}{quote}")));
        all(terms.collect(), and)
    }

    /// Whether an article is among those of a search expression.
    fn found(&mut self, expression: String) -> String {
        let place = self.bind(Argument::Text(expression));
        let (key, matching) =
            if self.is_sqlite { ("rowid", MATCHING.sqlite) } else { ("article_id", MATCHING.postgres) };
        format!("a.id IN (SELECT {key} FROM search_terms WHERE {})", matching.replace("$n", &place))
    }

    fn condition(&mut self, node: &Node, bound: Bound) -> Condition {
        match node {
            node if is_text(node, most_levels(self.is_sqlite)) => match self.terms(node, bound) {
                Condition::When(expression) => Condition::When(self.found(expression)),
                constant => constant,
            },
            Node::All(nodes) => all(nodes.iter().map(|node| self.condition(node, bound)).collect(), " AND "),
            Node::Any(nodes) => any(nodes.iter().map(|node| self.condition(node, bound)).collect(), " OR "),
            Node::Not(node) => match self.condition(node, bound.other()) {
                Condition::Always => Condition::Never,
                Condition::Never => Condition::Always,
                Condition::When(text) => Condition::When(format!("NOT {text}")),
            },
            Node::Is(test) => Condition::When(self.test(test)),
        }
    }

    /// A test that is no text, as SQL. Every one is true or false, never NULL.
    fn test(&mut self, test: &Test) -> String {
        match test {
            Test::Text { .. } => "1 = 0".to_owned(),
            Test::Feed(_) => {
                let ids = self.ids(test);
                format!("a.feed_id IN (SELECT value FROM json_each({ids}))")
            }
            Test::Category(_) => {
                let ids = self.ids(test);
                format!(
                    "a.feed_id IN (SELECT o.feed_id FROM subscription o WHERE o.account_id = $1 \
                     AND o.category_id IN (SELECT value FROM json_each({ids})))"
                )
            }
            Test::Tag(_) => {
                let ids = self.ids(test);
                format!(
                    "a.id IN (SELECT o.article_id FROM tagged o WHERE o.account_id = $1 \
                     AND o.tag_id IN (SELECT value FROM json_each({ids})))"
                )
            }
            Test::Language(tag) => {
                let whole = self.bind(Argument::Text(tag.clone()));
                let begins = self.bind(Argument::Text(format!("{tag}-%")));
                format!("(LOWER(COALESCE(a.language, '')) = {whole} OR LOWER(COALESCE(a.language, '')) LIKE {begins})")
            }
            Test::Site(host) => {
                let whole = self.bind(Argument::Text(host.clone()));
                let below = self.bind(Argument::Text(format!("%.{host}")));
                let port = self.bind(Argument::Text(format!("{host}:%")));
                let of = if self.is_sqlite { HOST.sqlite } else { HOST.postgres };
                format!("({of} = {whole} OR {of} LIKE {below} OR {of} LIKE {port})")
            }
            Test::State(state) => match state {
                State::Unread => exists("unread"),
                State::Read => format!("NOT {}", exists("unread")),
                State::Starred => among("starred"),
                State::Later => among("later"),
                State::Edited => "a.edits > 0".to_owned(),
                State::Gone => "EXISTS (SELECT 1 FROM original z WHERE z.article_id = a.id AND z.state = 3)".to_owned(),
                State::Shared => among("share"),
            },
            Test::Has(thing) => match thing {
                Thing::Picture => "a.lead_image IS NOT NULL".to_owned(),
                Thing::Audio => "COALESCE(a.details, '') LIKE '%\"media_type\":\"audio/%'".to_owned(),
                Thing::Video => "COALESCE(a.details, '') LIKE '%\"media_type\":\"video/%'".to_owned(),
                Thing::Highlight => among("highlight"),
                Thing::Note => {
                    "a.id IN (SELECT o.article_id FROM highlight o WHERE o.account_id = $1 AND o.note <> '')".to_owned()
                }
            },
            Test::Before(moment) => {
                let moment = self.bind(Argument::Number(moment.0));
                format!("a.sort_at < {moment}")
            }
            Test::From(moment) => {
                let moment = self.bind(Argument::Number(moment.0));
                format!("a.sort_at >= {moment}")
            }
        }
    }

    fn ids(&mut self, test: &Test) -> String {
        let ids = id_list(self.names.of(test).iter().copied());
        self.bind(Argument::Text(ids))
    }

    fn within(&mut self, scope: Scope) -> Option<String> {
        Some(match scope {
            Scope::All => return None,
            Scope::Unread => exists("unread"),
            Scope::Starred => among("starred"),
            Scope::Later => among("later"),
            Scope::History => among("opened"),
            Scope::Feed(feed) => format!("a.feed_id = {}", self.bind(Argument::Number(feed.0))),
            Scope::Category(category) => {
                let id = self.bind(Argument::Number(category.0));
                format!(
                    "a.feed_id IN (SELECT o.feed_id FROM subscription o WHERE o.account_id = $1 AND o.category_id = {id})"
                )
            }
            Scope::Tag(tag) => {
                let id = self.bind(Argument::Number(tag.0));
                format!("a.id IN (SELECT o.article_id FROM tagged o WHERE o.account_id = $1 AND o.tag_id = {id})")
            }
        })
    }

    /// The answers to tests, as a text of ones and noughts.
    fn facts(&mut self, tests: &[Test]) -> String {
        if tests.is_empty() {
            return "''".to_owned();
        }
        let answers: Vec<String> =
            tests.iter().map(|test| format!("CASE WHEN {} THEN '1' ELSE '0' END", self.test(test))).collect();
        answers.join(" || ")
    }
}

fn exists(table: &str) -> String {
    format!("EXISTS (SELECT 1 FROM {table} o WHERE o.article_id = a.id AND o.account_id = $1)")
}

/// As `exists`, for tables with few rows, from which a database can begin.
fn among(table: &str) -> String {
    format!("a.id IN (SELECT o.article_id FROM {table} o WHERE o.account_id = $1)")
}

impl Check {
    fn new(node: Node) -> Self {
        let mut facts = Vec::new();
        gather(&node, &mut facts);
        Self { node, facts }
    }

    /// Whether a candidate can be a hit, as far as its sketch tells.
    pub(super) fn may_be(&self, facts: &str, sketch: &Sketch) -> bool {
        self.may(&self.node, facts, sketch)
    }

    fn may(&self, node: &Node, facts: &str, sketch: &Sketch) -> bool {
        match node {
            Node::All(nodes) => nodes.iter().all(|node| self.may(node, facts, sketch)),
            Node::Any(nodes) => nodes.iter().any(|node| self.may(node, facts, sketch)),
            Node::Is(Test::Text { phrase, .. }) => phrase.may_be_in(sketch),
            Node::Is(test) => self.fact(test, facts),
            // A sketch may hold too much, so it cannot tell what an article has not.
            Node::Not(_) => true,
        }
    }

    /// Whether a candidate is a hit.
    pub(super) fn holds(&self, facts: &str, text: &SearchedText) -> bool {
        let parts = [Folded::new(&text.title), Folded::new(&text.author), Folded::new(&text.text)];
        self.is(&self.node, facts, &parts)
    }

    fn is(&self, node: &Node, facts: &str, parts: &[Folded; 3]) -> bool {
        let [title, author, text] = parts;
        match node {
            Node::All(nodes) => nodes.iter().all(|node| self.is(node, facts, parts)),
            Node::Any(nodes) => nodes.iter().any(|node| self.is(node, facts, parts)),
            Node::Not(node) => !self.is(node, facts, parts),
            Node::Is(Test::Text { part, phrase }) => match part {
                Part::Any => [text, title, author].into_iter().any(|part| phrase.is_in(part)),
                Part::Title => phrase.is_in(title),
                Part::Author => phrase.is_in(author),
            },
            Node::Is(test) => self.fact(test, facts),
        }
    }

    /// The tests that hold for a candidate, of those that are no texts.
    pub(super) fn facts_of(&self, facts: &str) -> Vec<Test> {
        self.facts.iter().filter(|test| self.fact(test, facts)).cloned().collect()
    }

    fn fact(&self, test: &Test, facts: &str) -> bool {
        let place = self.facts.iter().position(|known| known == test);
        place.and_then(|place| facts.as_bytes().get(place)) == Some(&b'1')
    }
}

fn gather(node: &Node, facts: &mut Vec<Test>) {
    match node {
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| gather(node, facts)),
        Node::Not(node) => gather(node, facts),
        Node::Is(Test::Text { .. }) => {}
        Node::Is(test) => {
            if !facts.contains(test) {
                facts.push(test.clone());
            }
        }
    }
}
