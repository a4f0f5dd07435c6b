//! The store by itself: how fast articles go in, how large they lie there, how long each list takes.
//!
//! `cargo bench --bench store -- [ARTICLES]` (default 20,000) on a new SQLite file, and after it on the PostgreSQL
//! server of `GLEANER_TEST_POSTGRES` if there is one: give it an empty database. Prints one line for each figure.

#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::error::Error;
use std::time::{Duration, Instant};

use gleaner::domain::{
    ArticleDraft, ArticleId, Body, BodyChoice, BodyKind, ChoiceReason, Completeness, FeedId, Keys, Language,
    UnixMillis, WebUrl,
};
use gleaner::store::{
    DatabaseAddress, Db, FeedOutcome, IncomingArticle, ListQuery, Marked, NewUnread, Order, Scope, SubscriptionChange,
};

#[expect(dead_code, reason = "only the texts of the farm are wanted here")]
#[path = "../house/farm.rs"]
mod farm;
#[path = "../house/photo.rs"]
mod photo;

use farm::{Dice, Script, item_html, title};

type Failure = Box<dyn Error>;

const FEEDS: usize = 1_000;
const PER_CALL: usize = 50;
const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let articles = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(20_000);
    let folder = std::env::temp_dir().join(format!("gleaner-bench-store-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure("sqlite", &DatabaseAddress::Sqlite(folder.join("gleaner.db")), articles).await;
    if std::env::var_os("GLEANER_BENCH_KEEP").is_none() {
        std::fs::remove_dir_all(&folder)?;
    }
    measured?;
    if let Ok(server) = std::env::var("GLEANER_TEST_POSTGRES") {
        measure("postgres", &server.parse()?, articles).await?;
    }
    Ok(())
}

async fn measure(name: &str, address: &DatabaseAddress, articles: usize) -> Result<(), Failure> {
    let db = Db::open(address).await?;
    let account = db.create_account("bench", "hash", false, NOW).await?.ok_or("the database is not empty")?;
    let mut feeds = Vec::new();
    let mut categories = Vec::new();
    for number in 0..20 {
        categories.push(db.category_by_title_or_create(account, &format!("Category {number}")).await?);
    }
    for number in 0..FEEDS {
        let feed = db.ensure_feed(&WebUrl::parse(&format!("https://feed{number}.example/rss"))?, NOW).await?;
        db.subscribe(account, feed, None, NOW, 10).await?;
        let change = SubscriptionChange {
            category: Some(Some(categories[number % categories.len()])),
            ..SubscriptionChange::default()
        };
        db.update_subscription(account, feed, &change).await?;
        feeds.push(feed);
    }

    insert(name, &db, &feeds, articles).await?;
    unchanged(name, &db).await?;
    let sizes = db.sizes().await?;
    figure(name, "bytes_per_article", ratio(sizes.bytes, sizes.articles), "B");

    for (list, scope, only_unread) in [
        ("unread", Scope::Unread, true),
        ("all", Scope::All, false),
        ("category", Scope::Category(categories[3]), false),
        ("category_unread", Scope::Category(categories[3]), true),
        ("feed", Scope::Feed(feeds[3]), false),
    ] {
        let query = ListQuery { scope, only_unread, order: Order::NewestFirst, after: None, limit: 50 };
        let first = db.list(account, &query).await?;
        median(name, &format!("list_{list}"), async || db.list(account, &query).await.map(drop)).await?;
        let Some(row) = first.get(25) else { continue };
        median(name, &format!("neighbours_{list}"), async || db.neighbours(account, &query, row.id).await.map(drop))
            .await?;
    }
    median(name, "article", async || db.article(account, ArticleId(77)).await.map(drop)).await?;
    median(name, "counts", async || db.counts(account).await.map(drop)).await?;
    median(name, "sidebar", async || db.sidebar(account, None, 60).await.map(drop)).await?;
    median(name, "subscriptions", async || db.subscriptions(account).await.map(drop)).await?;
    let mut read = false;
    median(name, "set_read", async || {
        read = !read;
        db.set_read(account, ArticleId(77), read, NOW).await.map(drop)
    })
    .await?;
    let newest = db.counts(account).await?.newest;
    let begun = Instant::now();
    let receipt = db.mark_read(account, Scope::All, &Marked::All, newest, NOW).await?;
    figure(name, "mark_all", begun.elapsed().as_secs_f64() * 1e3, "ms");
    let begun = Instant::now();
    db.undo_mark(account, receipt.id, NOW).await?;
    figure(name, "undo_mark_all", begun.elapsed().as_secs_f64() * 1e3, "ms");
    db.close().await;
    Ok(())
}

/// Stores articles feed by feed, as many feeds at a time as a refresh has on their way.
async fn insert(name: &str, db: &Db, feeds: &[FeedId], articles: usize) -> Result<(), Failure> {
    let (mut stored, mut spent, mut cpu) = (0, Duration::ZERO, 0.0);
    let mut dice = Dice::new(7);
    while stored < articles {
        let work: Vec<(FeedId, Vec<IncomingArticle>)> = (0..8)
            .map(|at| {
                let feed = feeds[(stored / PER_CALL + at) % feeds.len()];
                (feed, (0..PER_CALL).map(|k| draft(&mut dice, stored + at * PER_CALL + k).into()).collect())
            })
            .collect();
        let (begun, cpu_before) = (Instant::now(), cpu_seconds());
        let stores = work.iter().map(|(feed, articles)| db.store_articles(*feed, articles, NewUnread::All, NOW));
        for report in futures_util::future::join_all(stores).await {
            stored += report?.added.len();
        }
        spent += begun.elapsed();
        cpu += cpu_seconds() - cpu_before;
    }
    figure(name, "insert", ratio(stored, spent.as_secs_f64()), "articles/s");
    figure(name, "insert_cpu", ratio(stored, cpu), "articles/s of CPU");
    Ok(())
}

/// Ends the checks of feeds without news, 32 at a time.
async fn unchanged(name: &str, db: &Db) -> Result<(), Failure> {
    let begun = Instant::now();
    let due = db.lease_due_feeds(NOW, UnixMillis::HOUR, 1_000).await?;
    for some in due.chunks(32) {
        let ends = some.iter().map(|due| {
            db.finish_feed(FeedOutcome {
                id: due.feed.id,
                lease: due.lease,
                checked_at: NOW,
                next_check_at: NOW.plus(UnixMillis::DAY),
                interval_millis: None,
                failure: None,
                moved: None,
                document: None,
            })
        });
        for end in futures_util::future::join_all(ends).await {
            end?;
        }
    }
    figure(name, "lease_and_finish", ratio(due.len(), begun.elapsed().as_secs_f64()), "feeds/s");
    Ok(())
}

fn draft(dice: &mut Dice, number: usize) -> ArticleDraft {
    let script = Script::of(dice.below(5));
    let html = item_html(dice, script, "https://site.example", 6_000);
    let mut key = [0; 16];
    for byte in &mut key {
        *byte = u8::try_from(dice.below(256)).unwrap_or(0);
    }
    let published = NOW.plus(-i64::try_from(dice.below(100_000_000_000)).unwrap_or(0));
    ArticleDraft {
        keys: Keys { first: key, second: Some(key) },
        guid: Some(format!("https://site.example/items/{number}")),
        url: WebUrl::parse(&format!("https://site.example/2026/11/an-article-{number}")).ok(),
        title: title(dice, script),
        author: Some("Ann Author".to_owned()),
        site_name: None,
        published: Some(published),
        published_text: Some("Thu, 09 Oct 2025 10:00:00 +0000".to_owned()),
        dates: None,
        language: Language::parse(if script == Script::Chinese { "zh" } else { "en" }),
        excerpt: title(dice, script).chars().take(160).collect(),
        words: 900,
        cjk_chars: 0,
        lead_image: WebUrl::parse("https://site.example/img/1234.png").ok(),
        completeness: Completeness::Whole,
        enclosures: Vec::new(),
        categories: vec!["news".to_owned()],
        comments_url: None,
        bodies: vec![Body { kind: BodyKind::Feed, html }],
        choice: BodyChoice { shown: BodyKind::Feed, reason: ChoiceReason::OnlyOne },
    }
}

/// Runs `call` often and prints how long it took in the middle, and how much CPU it took on average: on a busy machine
/// the second says more.
async fn median<E: Error + 'static>(
    name: &str,
    what: &str,
    mut call: impl AsyncFnMut() -> Result<(), E>,
) -> Result<(), Failure> {
    let mut times = Vec::new();
    let cpu = cpu_seconds();
    for _ in 0..301 {
        let begun = Instant::now();
        call().await?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    let cpu = cpu_seconds() - cpu;
    figure(name, &format!("{what}_cpu"), cpu * 1e6 / ratio(times.len(), 1.0), "us");
    times.sort_by(f64::total_cmp);
    figure(name, what, times[times.len() / 2], "us");
    Ok(())
}

fn figure(name: &str, what: &str, value: f64, unit: &str) {
    println!("figure store_{name}_{what} {value:.0} {unit}");
}

#[expect(clippy::cast_precision_loss, reason = "figures are printed to a few digits")]
fn ratio(a: impl TryInto<i64>, b: impl IntoFigure) -> f64 {
    a.try_into().unwrap_or(0) as f64 / b.into_figure()
}

/// A divisor: a count or seconds.
trait IntoFigure {
    fn into_figure(self) -> f64;
}

impl IntoFigure for f64 {
    fn into_figure(self) -> f64 {
        self
    }
}

impl IntoFigure for i64 {
    #[expect(clippy::cast_precision_loss, reason = "figures are printed to a few digits")]
    fn into_figure(self) -> f64 {
        self as f64
    }
}

/// The CPU time of this process in seconds, from `/proc`; 0 elsewhere.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    ratio(ticks, 100.0)
}
