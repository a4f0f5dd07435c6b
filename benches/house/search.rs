//! The search: whether it finds exactly what is there, and how long its first page takes.
//!
//! The queries are taken from the texts: one, two, three, four and eight characters of Chinese, Japanese and Korean, words and
//! phrases of English, frequent ones and rare ones, and some of each together.

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use gleaner::content::text::plain_text;
use gleaner::domain::{AccountId, ArticleId, UnixMillis};
use gleaner::search::{Folded, Phrase, Query};
use gleaner::store::{DatabaseAddress, Db, ListQuery, Order, Scope, SearchRequest};
use jiff::tz::TimeZone;

use super::farm::{Dice, Script};
use super::load::Connection;
use super::program::{NAME, Program};
use super::{Failure, Options, Table, database, fill, fill_feed, filled, ratio};

/// Articles in which exactness is proven against reading every text.
const EXACT: usize = 2_000;
/// Of each of the scripts that the farm has not.
const MORE: usize = 500;
/// Queries of each kind and script for that.
const EACH: usize = 12;
/// Queries whose time is measured.
const TYPICAL: usize = 30;
/// How often each of them is asked.
const ROUNDS: usize = 20;

/// Measures both.
pub(super) async fn measure(options: &Options, table: &mut Table) -> Result<(), Failure> {
    exactness(options, table).await?;
    let begun = Instant::now();
    let program = filled(options).await?;
    if options.filled.is_none() {
        table.add("search_fill", vec![ratio(options.articles, begun.elapsed().as_secs_f64())], "articles/s");
    }
    let queries = {
        let db = open(&database(&program)).await?;
        let queries = typical(&samples(&db, 400).await?);
        db.close().await;
        queries
    };
    if let Ok(server) = std::env::var("GLEANER_BENCH_POSTGRES") {
        let program = Program::on(&options.binary, &server)?;
        let db = Db::open(&server.parse()?).await?;
        super::fill_database(&db, options.articles).await?;
        db.close().await;
        first_pages(&program, &queries, "search_postgres", table).await?;
    }
    first_pages(&program, &queries, "search", table).await
}

/// Asks for the first page of every query in turn: no page can be given again, and each is noted as what was looked for last.
#[expect(clippy::print_stderr, reason = "a measurement says what is slow")]
async fn first_pages(program: &Program, queries: &[String], name: &str, table: &mut Table) -> Result<(), Failure> {
    let served = program.serve().await?;
    let cookie = served.log_in().await?;
    let mut connection = Connection::open(&served.address).await?;
    let mut times = vec![Vec::new(); queries.len()];
    for round in 0..=ROUNDS {
        for (query, times) in queries.iter().zip(&mut times) {
            let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
            let request = format!(
                "GET /search?q={query} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\nAccept: text/html\r\n\r\n",
                served.address
            );
            let asked = Instant::now();
            connection.ask(&request).await?;
            // The first round finds nothing in memory.
            if round > 0 {
                times.push(asked.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    for (query, times) in queries.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        eprintln!("{:>9.2} ms  {query}", times[times.len() / 2]);
    }
    let mut all = times.concat();
    all.sort_by(f64::total_cmp);
    table.add(&format!("{name}_p50"), vec![all[all.len() / 2]], "ms");
    table.add(&format!("{name}_p99"), vec![all[all.len() * 99 / 100]], "ms");
    Ok(())
}

async fn open(path: &Path) -> Result<Db, Failure> {
    Ok(Db::open(&DatabaseAddress::Sqlite(path.to_owned())).await?)
}

/// The newest texts, folded.
async fn samples(db: &Db, count: i64) -> Result<Vec<(ArticleId, Folded)>, Failure> {
    let account: AccountId = db.account_by_name(NAME).await?.ok_or("the account is there")?.id;
    let query =
        ListQuery { scope: Scope::All, only_unread: false, order: Order::NewestFirst, after: None, limit: count };
    let rows = db.list(account, &query).await?;
    let mut texts = Vec::new();
    for row in rows {
        let Some((_, draft)) = db.article_draft(row.id).await? else { continue };
        let body = draft.bodies.first().map(|body| plain_text(&body.html)).unwrap_or_default();
        texts.push((row.id, Folded::new(&format!("{}.\n{body}", draft.title))));
    }
    Ok(texts)
}

/// What is taken from a text.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// So many characters of a script.
    Glyphs(Script, usize),
    /// So many words.
    Words(usize),
}

fn is_glyph(script: Script, c: char) -> bool {
    match script {
        Script::Latin => false,
        Script::Chinese => ('\u{4e00}'..='\u{9fff}').contains(&c),
        Script::Japanese => ('\u{3041}'..='\u{30ff}').contains(&c) || is_glyph(Script::Chinese, c),
        Script::Korean => ('\u{ac00}'..='\u{d7a3}').contains(&c),
    }
}

/// A piece of a text, if it has one of this kind.
fn piece(dice: &mut Dice, text: &str, kind: Kind) -> Option<String> {
    let choose = |dice: &mut Dice, parts: &[&str]| parts.get(dice.below(parts.len())).map(|part| (*part).to_owned());
    match kind {
        Kind::Glyphs(script, count) => {
            let runs = text.split(|c| !is_glyph(script, c));
            let part = choose(dice, &runs.filter(|run| run.chars().count() >= count).collect::<Vec<_>>())?;
            let start = dice.below(part.chars().count() - count + 1);
            Some(part.chars().skip(start).take(count).collect())
        }
        Kind::Words(count) => {
            let lines = text.split(['.', '\n', ',']);
            let words = |line: &str| line.split(' ').filter(|word| !word.is_empty()).count();
            let part = choose(dice, &lines.filter(|line| words(line) >= count).collect::<Vec<_>>())?;
            let all: Vec<&str> = part.split(' ').filter(|word| !word.is_empty()).collect();
            let start = dice.below(all.len() - count + 1);
            let piece = all[start..start + count].join(" ");
            piece.is_ascii().then_some(piece)
        }
    }
}

/// Compares what is found with what reading every text finds, for pieces of the texts.
async fn exactness(options: &Options, table: &mut Table) -> Result<(), Failure> {
    let program = Program::new(&options.binary)?;
    fill(&database(&program), EXACT).await?;
    let db = open(&database(&program)).await?;
    let account: AccountId = db.account_by_name(NAME).await?.ok_or("the account is there")?.id;
    for (number, script) in [Script::Japanese, Script::Korean].into_iter().enumerate() {
        fill_feed(&db, account, EXACT + number, MORE, script).await?;
    }
    let texts = samples(&db, i64::try_from(EXACT + 2 * MORE)?).await?;
    let mut dice = Dice::new(23);
    let scripts = [Script::Chinese, Script::Japanese, Script::Korean];
    let glyphs = scripts.into_iter().flat_map(|script| [1, 2, 3, 4, 8].map(|count| Kind::Glyphs(script, count)));
    let (mut queries, mut missed, mut wrong, mut right) = (0, 0, 0, 0);
    for kind in glyphs.chain([1, 2, 3].map(Kind::Words)) {
        let pieces = std::iter::repeat_with(|| {
            let text = &texts[dice.below(texts.len())].1;
            piece(&mut dice, text.as_str(), kind)
        });
        for piece in pieces.take(EACH * 50).flatten().take(EACH) {
            let phrase = Phrase::exact(&piece).ok_or("a piece has something to look for")?;
            let query = Query::parse(&format!("\"{piece}\""), UnixMillis(0), &TimeZone::UTC);
            let node = query.node.as_ref().ok_or("and is a query")?;
            let request = SearchRequest { node, within: None, below: None, limit: usize::MAX / 2 };
            let found: HashSet<ArticleId> = db.search(account, &request).await?.hits.iter().map(|hit| hit.id).collect();
            let there: HashSet<ArticleId> =
                texts.iter().filter(|(_, text)| is_in(text.as_str(), phrase.as_str())).map(|(id, _)| *id).collect();
            queries += 1;
            missed += there.difference(&found).count();
            wrong += found.difference(&there).count();
            right += there.len();
        }
    }
    db.close().await;
    table.add("search_asked", vec![ratio(queries, 1.0)], "queries");
    table.add("search_right", vec![ratio(right, 1.0)], "hits");
    table.add("search_missed", vec![ratio(missed, 1.0)], "hits");
    table.add("search_wrong", vec![ratio(wrong, 1.0)], "hits");
    Ok(())
}

/// Whether a folded text has a piece, its words whole: found by nothing but looking.
fn is_in(text: &str, piece: &str) -> bool {
    let joins = |a: Option<char>, b: Option<char>| {
        a.is_some_and(|c| c.is_ascii_alphanumeric()) && b.is_some_and(|c| c.is_ascii_alphanumeric())
    };
    text.match_indices(piece).any(|(at, _)| {
        !joins(text[..at].chars().next_back(), piece.chars().next())
            && !joins(piece.chars().next_back(), text[at + piece.len()..].chars().next())
    })
}

/// Queries as readers ask them: most of two characters or one word, some longer, some together.
fn typical(texts: &[(ArticleId, Folded)]) -> Vec<String> {
    let mut dice = Dice::new(41);
    let mut queries = Vec::new();
    for turn in (0..).take(TYPICAL * 20) {
        if queries.len() == TYPICAL {
            break;
        }
        let mut some = |kind| piece(&mut dice, texts[turn * 7 % texts.len()].1.as_str(), kind);
        let glyphs = |count| Kind::Glyphs(Script::Chinese, count);
        let query = match turn % 10 {
            0 => some(glyphs(1)),
            1 | 2 => some(glyphs(2)),
            3 => some(glyphs(3)),
            4 => some(glyphs(4)),
            5 => some(glyphs(8)),
            6 | 7 => some(Kind::Words(1)),
            8 => some(Kind::Words(2)).map(|words| format!("\"{words}\"")),
            _ => some(Kind::Words(2)),
        };
        queries.extend(query);
    }
    queries
}
