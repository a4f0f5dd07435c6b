//! The search: whether it finds exactly what is there, and how long its first page takes.
//!
//! The queries are taken from the texts: one, two, three, four and eight characters of Chinese, words and phrases of English,
//! frequent ones and rare ones, and some of each together.

use std::path::Path;
use std::time::Instant;

use gleaner::content::text::plain_text;
use gleaner::domain::{AccountId, ArticleId, UnixMillis};
use gleaner::search::{Folded, Phrase, Query};
use gleaner::store::{DatabaseAddress, Db, ListQuery, Order, Scope, SearchRequest};
use jiff::tz::TimeZone;

use super::farm::Dice;
use super::load::Connection;
use super::program::{NAME, Program};
use super::{Failure, Options, Table, database, fill, filled, ratio};

/// Articles in which exactness is proven against reading every text.
const EXACT: usize = 2_000;
/// Queries of each kind for that.
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
        if let Ok(server) = std::env::var("GLEANER_BENCH_POSTGRES") {
            postgres(&server, options.articles, &queries, table).await?;
        }
        db.close().await;
        queries
    };
    first_pages(&program, &queries, table).await
}

/// Asks for the first page of every query in turn: no page can be given again, and each is noted as what was looked for last.
#[expect(clippy::print_stderr, reason = "a measurement says what is slow")]
async fn first_pages(program: &Program, queries: &[String], table: &mut Table) -> Result<(), Failure> {
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
    table.add("search_p50", vec![all[all.len() / 2]], "ms");
    table.add("search_p99", vec![all[all.len() * 99 / 100]], "ms");
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

/// A piece of a text: so many characters of Chinese, or so many words.
fn piece(dice: &mut Dice, text: &str, glyphs: usize, words: usize) -> Option<String> {
    let is_glyph = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let parts: Vec<&str> = if glyphs > 0 {
        text.split(|c| !is_glyph(c)).filter(|run| run.chars().count() >= glyphs).collect()
    } else {
        text.split(['.', '\n', ',']).filter(|line| line.split(' ').filter(|w| !w.is_empty()).count() >= words).collect()
    };
    let part = parts.get(dice.below(parts.len()))?;
    if glyphs > 0 {
        let start = dice.below(part.chars().count() - glyphs + 1);
        return Some(part.chars().skip(start).take(glyphs).collect());
    }
    let all: Vec<&str> = part.split(' ').filter(|word| !word.is_empty()).collect();
    let start = dice.below(all.len() - words + 1);
    let piece = all[start..start + words].join(" ");
    piece.is_ascii().then_some(piece)
}

/// Compares what is found with what reading every text finds, for pieces of the texts.
async fn exactness(options: &Options, table: &mut Table) -> Result<(), Failure> {
    let program = Program::new(&options.binary)?;
    fill(&database(&program), EXACT).await?;
    let db = open(&database(&program)).await?;
    let account: AccountId = db.account_by_name(NAME).await?.ok_or("the account is there")?.id;
    let texts = samples(&db, i64::try_from(EXACT)?).await?;
    let mut dice = Dice::new(23);
    let (mut missed, mut wrong, mut right) = (0, 0, 0);
    for (glyphs, words) in [(1, 0), (2, 0), (3, 0), (4, 0), (8, 0), (0, 1), (0, 2), (0, 3)] {
        for _ in 0..EACH {
            let text = texts[dice.below(texts.len())].1.as_str();
            let Some(piece) = piece(&mut dice, text, glyphs, words) else {
                continue;
            };
            let Some(phrase) = Phrase::exact(&piece) else { continue };
            let query = Query::parse(&format!("\"{piece}\""), UnixMillis(0), &TimeZone::UTC);
            let Some(node) = &query.node else { continue };
            let request = SearchRequest { node, within: None, below: None, limit: usize::MAX / 2 };
            let found: Vec<ArticleId> = db.search(account, &request).await?.hits.iter().map(|hit| hit.id).collect();
            let there: Vec<ArticleId> =
                texts.iter().filter(|(_, text)| is_in(text.as_str(), phrase.as_str())).map(|(id, _)| *id).collect();
            missed += there.iter().filter(|id| !found.contains(id)).count();
            wrong += found.iter().filter(|id| !there.contains(id)).count();
            right += there.len();
        }
    }
    db.close().await;
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
    for kind in (0..).take(TYPICAL * 20) {
        if queries.len() == TYPICAL {
            break;
        }
        let mut some = |glyphs, words| piece(&mut dice, texts[kind * 7 % texts.len()].1.as_str(), glyphs, words);
        let query = match kind % 10 {
            0 => some(1, 0),
            1 | 2 => some(2, 0),
            3 => some(3, 0),
            4 => some(4, 0),
            5 => some(8, 0),
            6 | 7 => some(0, 1),
            8 => some(0, 2).map(|words| format!("\"{words}\"")),
            _ => some(0, 2),
        };
        queries.extend(query);
    }
    queries
}

/// The same queries on PostgreSQL, without pages around them.
async fn postgres(server: &str, articles: usize, queries: &[String], table: &mut Table) -> Result<(), Failure> {
    let db = Db::open(&server.parse()?).await?;
    super::fill_database(&db, articles).await?;
    let account: AccountId = db.account_by_name(NAME).await?.ok_or("the account is there")?.id;
    let mut times = Vec::new();
    for query in queries {
        let query = Query::parse(query, UnixMillis(0), &TimeZone::UTC);
        let Some(node) = &query.node else { continue };
        let request = SearchRequest { node, within: None, below: None, limit: 1_001 };
        db.search(account, &request).await?;
        let begun = Instant::now();
        db.search(account, &request).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    db.close().await;
    times.sort_by(f64::total_cmp);
    table.add("search_postgres_p50", vec![times[times.len() / 2]], "ms");
    table.add("search_postgres_slowest", vec![times[times.len() - 1]], "ms");
    Ok(())
}
