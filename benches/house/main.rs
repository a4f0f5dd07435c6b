//! The measurements behind `scripts/bench`: the release binary against a farm of feeds on loopback.
//!
//! Prints a table and, at its end, one line `figure NAME VALUE UNIT` for each figure. Each figure is the median of
//! several runs. Nothing here asserts a time: machines differ, and the reader of the table judges.

mod attacks;
mod farm;
mod load;
mod photo;
mod pictures;
mod program;
mod publishing;
mod search;

use std::path::{Path, PathBuf};
use std::time::Instant;

use gleaner::content::article::{Source, article_from_entry};
use gleaner::domain::{AccountId, Clock as _, FeedId, PicturePolicy, SystemClock, UnixMillis, WebUrl};
use gleaner::feed::{ParseContext, parse};
use gleaner::store::{DatabaseAddress, Db, IncomingArticle, NewUnread};

use farm::{Farm, Script, Size};
use load::Address;
use program::{NAME, Program};

type Failure = Box<dyn std::error::Error>;

/// What `scripts/bench --help` says, without building anything.
const USAGE: &str = include_str!("usage.txt");

/// The names that may be given.
const KINDS: [&str; 10] =
    ["refresh", "unchanged", "memory", "pages", "binary", "pictures", "publishing", "attacks", "fill", "search"];

/// The workload of the first refresh.
const REFRESH: Size = Size { feeds: 200, items: 50, html: 6000, hosts: 50, pictures: 0 };
/// The workload of the unchanged feeds.
const UNCHANGED: Size = Size { feeds: 1000, items: 5, html: 1500, hosts: 50, pictures: 0 };

/// The workload of a server with little memory.
const MANY: Size = Size { feeds: 1000, items: 20, html: 6000, hosts: 50, pictures: 0 };

/// Where the pictures of a filled database are asked for; `scripts/ui-check` answers there.
const PICTURES: &str = "http://127.0.0.1:7480";

struct Options {
    binary: PathBuf,
    runs: usize,
    articles: usize,
    filled: Option<PathBuf>,
    names: Vec<String>,
}

fn options() -> Option<Options> {
    let mut options = Options {
        binary: PathBuf::from("target/release/gleaner"),
        runs: 3,
        articles: 100_000,
        filled: None,
        names: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--bench" => {}
            "--gleaner" => options.binary = words.next()?.into(),
            "--runs" => options.runs = words.next()?.parse().ok()?,
            "--articles" => options.articles = words.next()?.parse().ok()?,
            "--filled" => options.filled = Some(words.next()?.into()),
            name if KINDS.contains(&name) => {
                options.names.push(name.to_owned());
            }
            _ => return None,
        }
    }
    let fills = options.names.iter().any(|name| name == "fill");
    (!fills || options.filled.is_some()).then_some(options)
}

/// The figures, in the order in which they were measured.
#[derive(Default)]
struct Table(Vec<(String, f64, &'static str)>);

impl Table {
    fn add(&mut self, name: &str, mut values: Vec<f64>, unit: &'static str) {
        values.sort_by(f64::total_cmp);
        let median = values.get(values.len() / 2).copied().unwrap_or(f64::NAN);
        self.0.push((name.to_owned(), median, unit));
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a measurement prints its figures")]
fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().collect();
    if let [_, word, from, to, ..] = words.as_slice()
        && word == pictures::VARIANT
    {
        return pictures::make_variant(from, to);
    }
    let Some(options) = options() else {
        eprint!("{USAGE}");
        std::process::exit(2);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut table = Table::default();
    let wants = |name: &str| options.names.is_empty() || options.names.iter().any(|n| n == name);
    if options.names.iter().any(|name| name == "fill") {
        runtime.block_on(filled(&options))?;
    }
    if wants("refresh") {
        eprintln!("first refresh, {} runs …", options.runs);
        runtime.block_on(refresh(&options, &mut table))?;
    }
    if wants("unchanged") {
        eprintln!("unchanged feeds, {} runs …", options.runs);
        runtime.block_on(unchanged(&options, &mut table))?;
    }
    if wants("memory") {
        eprintln!("memory of a server …");
        runtime.block_on(memory(&options, &mut table))?;
    }
    if wants("pages") {
        eprintln!("pages with {} articles …", options.articles);
        runtime.block_on(pages(&options, &mut table))?;
    }
    if wants("search") {
        eprintln!("search in {} articles …", options.articles);
        runtime.block_on(search::measure(&options, &mut table))?;
    }
    if wants("pictures") {
        eprintln!("pictures …");
        runtime.block_on(pictures::pictures(&options, &mut table))?;
    }
    if wants("publishing") {
        eprintln!("what is given away …");
        runtime.block_on(publishing::publishing(&options, &mut table))?;
    }
    if wants("attacks") {
        eprintln!("clients that mean harm …");
        runtime.block_on(attacks::measure(&options, &mut table))?;
    }
    if wants("binary") {
        #[expect(clippy::cast_precision_loss, reason = "a file's size is far below 2^52")]
        table.add("binary_size", vec![std::fs::metadata(&options.binary)?.len() as f64 / 1e6], "MB");
    }
    println!("\n{:<36} {:>12}  unit", "what", "median");
    for (name, value, unit) in &table.0 {
        println!("{name:<36} {value:>12.2}  {unit}");
    }
    println!();
    for (name, value, unit) in &table.0 {
        println!("figure {name} {value:.2} {unit}");
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn ratio(a: usize, b: f64) -> f64 {
    a as f64 / b
}

/// Writes the farm's list and takes it in.
fn subscribe(program: &Program, farm: &Farm) -> Result<(), Failure> {
    let list = program.folder().join("farm.opml");
    std::fs::write(&list, farm.opml())?;
    program.run(&["import", "--user", NAME, &list.display().to_string()], None)?;
    Ok(())
}

fn database(program: &Program) -> PathBuf {
    program.folder().join("gleaner.db")
}

/// The articles that a program has.
async fn stored(program: &Program) -> Result<usize, Failure> {
    let db = Db::open(&DatabaseAddress::Sqlite(database(program))).await?;
    let sizes = db.sizes().await?;
    db.close().await;
    Ok(usize::try_from(sizes.articles)?)
}

/// For so many seconds pages are asked for while feeds arrive.
const MEANWHILE: f64 = 8.0;

async fn refresh(options: &Options, table: &mut Table) -> Result<(), Failure> {
    let farm = Farm::start(REFRESH).await?;
    let articles = REFRESH.feeds * REFRESH.items;
    let (mut rates, mut loops, mut shares, mut peaks, mut sizes) = (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..options.runs {
        let program = Program::new(&options.binary)?;
        subscribe(&program, &farm)?;
        let cost = program.run(&["refresh"], None)?;
        let stored = stored(&program).await?;
        if stored != articles {
            return Err(format!("{stored} of {articles} articles were stored").into());
        }
        let rate = ratio(articles, cost.elapsed.as_secs_f64());
        let plain = plain_loop(&farm).await?;
        rates.push(rate);
        loops.push(plain);
        shares.push(rate / plain);
        peaks.push(cost.peak_mb);
        sizes.push(ratio(usize::try_from(std::fs::metadata(database(&program))?.len())?, ratio(articles, 1.0)));
    }
    table.add("feeds_size", vec![ratio(farm.bytes(), 1e6)], "MB");
    table.add("first_refresh", rates, "articles/s");
    table.add("plain_loop", loops, "articles/s");
    table.add("first_refresh_to_plain_loop", shares, "ratio");
    table.add("memory_during_refresh", peaks, "MB");
    table.add("database_per_article", sizes, "bytes");
    read_meanwhile(options, &farm, table).await
}

/// Asks a filled server for its list while it fetches and stores the farm for the first time.
async fn read_meanwhile(options: &Options, farm: &Farm, table: &mut Table) -> Result<(), Failure> {
    let program = filled(options).await?;
    let served = program.serve().await?;
    let cookie = served.log_in().await?;
    subscribe(&program, farm)?;
    let busy = load::load(&served.address, ("/all", Address::New), &cookie, 1, MEANWHILE).await?;
    let arrived = stored(&program).await?.saturating_sub(options.articles);
    table.add("list_p95_while_refreshing", vec![busy.p95.as_secs_f64() * 1e3], "ms");
    table.add("articles_meanwhile", vec![ratio(arrived, MEANWHILE)], "articles/s");
    Ok(())
}

/// The same work without a network and without anything at the same time: decode, parse, bound, compress, insert.
async fn plain_loop(farm: &Farm) -> Result<f64, Failure> {
    let folder = tempfile::tempdir()?;
    let db = Db::open(&DatabaseAddress::Sqlite(folder.path().join("loop.db"))).await?;
    let now = SystemClock.now();
    let account = db.create_account(NAME, "none", true, now).await?.ok_or("the name is free")?;
    let mut feeds = Vec::new();
    for url in &farm.urls {
        let url = WebUrl::parse(url)?;
        let feed = db.ensure_feed(&url, now).await?;
        db.subscribe(account, feed, None, now, 50).await?;
        feeds.push((feed, url));
    }
    let start = Instant::now();
    let mut stored = 0;
    for ((feed, url), document) in feeds.iter().zip(farm.documents.iter()) {
        let articles = drafts(url, &document.body, document.content_type, now)?;
        stored += db.store_articles(*feed, &articles, NewUnread::All, now).await?.added.len();
    }
    let seconds = start.elapsed().as_secs_f64();
    db.close().await;
    Ok(ratio(stored, seconds))
}

fn drafts(url: &WebUrl, body: &[u8], content_type: &str, now: UnixMillis) -> Result<Vec<IncomingArticle>, Failure> {
    let context = ParseContext { url, content_type: Some(content_type), now, max_entries: 1000 };
    let document = parse(body, &context).map_err(|e| format!("{url}: {e}"))?;
    let source = Source {
        title: &document.title,
        url: Some(url),
        site_url: document.site_url.as_ref(),
        language: document.language.as_ref(),
    };
    Ok(document.entries.iter().map(|entry| article_from_entry(entry, &source, now).into()).collect())
}

async fn unchanged(options: &Options, table: &mut Table) -> Result<(), Failure> {
    let farm = Farm::start(UNCHANGED).await?;
    let program = Program::new(&options.binary)?;
    subscribe(&program, &farm)?;
    program.run(&["refresh"], None)?;
    let mut rates = Vec::new();
    for _ in 0..options.runs.max(3) {
        let cost = program.run(&["refresh", "--all"], None)?;
        rates.push(ratio(UNCHANGED.feeds, cost.elapsed.as_secs_f64()));
    }
    table.add("unchanged_feeds", rates, "feeds/s");
    Ok(())
}

/// The most that was resident at any time (`VmHWM`): what a limit on the memory of the whole process has to leave room for.
async fn memory(options: &Options, table: &mut Table) -> Result<(), Failure> {
    let farm = Farm::start(MANY).await?;
    let program = Program::new(&options.binary)?;
    subscribe(&program, &farm)?;
    let served = program.serve().await?;
    let cookie = served.log_in().await?;
    let db = Db::open(&DatabaseAddress::Sqlite(database(&program))).await?;
    let all = i64::try_from(MANY.feeds * MANY.items)?;
    let start = Instant::now();
    while db.sizes().await?.articles < all {
        if start.elapsed() > std::time::Duration::from_mins(10) {
            return Err("the feeds were not read within ten minutes".into());
        }
        load::load(&served.address, ("/all", Address::New), &cookie, 1, 1.0).await?;
    }
    db.close().await;
    table.add("memory_1000_feeds", vec![program::memory_mb(served.process(), "VmHWM")], "MB");
    table.add("first_refresh_1000_feeds", vec![start.elapsed().as_secs_f64()], "s");
    Ok(())
}

async fn pages(options: &Options, table: &mut Table) -> Result<(), Failure> {
    let program = Program::new(&options.binary)?;
    let rest = {
        let served = program.serve().await?;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        served.resident_mb()
    };
    let program = filled(options).await?;
    let mut starts = Vec::new();
    for _ in 0..options.runs.max(3) {
        starts.push(program.serve().await?.first_answer.as_secs_f64() * 1e3);
    }
    let served = program.serve().await?;
    let cookie = served.log_in().await?;
    let list = served.page("/all", &cookie).await?;
    let article = list
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|link| link.starts_with("/articles/"))
        .ok_or("the list has no article")?
        .replace("&amp;", "&");
    let style = list
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|link| link.ends_with(".css"))
        .ok_or("the list has no style sheet")?
        .to_owned();
    table.add("memory_at_rest", vec![rest], "MB");
    table.add("start_to_first_answer", starts, "ms");
    let mut static_rates = Vec::new();
    for _ in 0..options.runs {
        static_rates.push(load::load(&served.address, (&style, Address::Same), &cookie, 32, 2.0).await?.per_second);
    }
    static_rates.sort_by(f64::total_cmp);
    let static_rate = static_rates[static_rates.len() / 2];
    table.add("static_32", vec![static_rate], "requests/s");
    let all = [("list", "/all"), ("unread", "/unread"), ("article", article.as_str())];
    for (name, path) in all {
        for (name, kind) in [(format!("{name}_drawn"), Address::New), (name.to_owned(), Address::Same)] {
            let (mut medians, mut tails, mut rates, mut shares) = (vec![], vec![], vec![], vec![]);
            let mut bytes = 0;
            for _ in 0..options.runs {
                let one = load::load(&served.address, (path, kind), &cookie, 1, 2.0).await?;
                let many = load::load(&served.address, (path, kind), &cookie, 32, 2.0).await?;
                medians.push(one.median.as_secs_f64() * 1e3);
                tails.push(one.p99.as_secs_f64() * 1e3);
                rates.push(many.per_second);
                shares.push(many.per_second / static_rate);
                bytes = one.bytes;
            }
            table.add(&format!("{name}_p50"), medians, "ms");
            table.add(&format!("{name}_p99"), tails, "ms");
            table.add(&format!("{name}_32"), rates, "requests/s");
            table.add(&format!("{name}_32_to_static"), shares, "ratio");
            table.add(&format!("{name}_bytes"), vec![ratio(bytes, 1.0)], "bytes");
        }
    }
    Ok(())
}

/// A program that has much to show: in a folder of its own, or in a copy of the one that is kept.
async fn filled(options: &Options) -> Result<Program, Failure> {
    let Some(kept) = &options.filled else {
        let program = Program::new(&options.binary)?;
        fill(&database(&program), options.articles).await?;
        return Ok(program);
    };
    if !kept.is_dir() {
        // Made beside its place and moved there when it is whole.
        let unfinished = kept.with_extension("unfinished");
        let _ = std::fs::remove_dir_all(&unfinished);
        let program = Program::within(&options.binary, &unfinished)?;
        fill(&database(&program), options.articles).await?;
        std::fs::rename(&unfinished, kept)?;
    }
    Ok(Program::copy_of(&options.binary, kept)?)
}

/// Fills a database with made-up articles, half of them unread.
async fn fill(database: &Path, articles: usize) -> Result<(), Failure> {
    let db = Db::open(&DatabaseAddress::Sqlite(database.to_owned())).await?;
    let filled = fill_database(&db, articles).await;
    db.close().await;
    filled
}

/// The same for a database that is open. Its account is made if it is not there.
async fn fill_database(db: &Db, articles: usize) -> Result<(), Failure> {
    let now = SystemClock.now();
    let account: AccountId = match db.account_by_name(NAME).await? {
        Some(account) => account.id,
        None => db.create_account(NAME, "none", true, now).await?.ok_or("the name is free")?,
    };
    // Fetching made-up pictures would disturb the measurement, as fetching made-up feeds would.
    db.set_picture_policy(account, PicturePolicy::None).await?;
    let feeds = 1000.min(articles.div_ceil(50));
    for number in 0..feeds {
        fill_feed(db, account, number, articles.div_ceil(feeds), Script::of(number)).await?;
    }
    // None of them is due while something is measured. Filling took a while: they came after `now`.
    db.lease_due_feeds(SystemClock.now(), 30 * UnixMillis::DAY, 10_000).await?;
    Ok(())
}

/// One feed of them.
async fn fill_feed(db: &Db, account: AccountId, number: usize, items: usize, script: Script) -> Result<(), Failure> {
    let now = SystemClock.now();
    let base = format!("{PICTURES}/{number}");
    let url = WebUrl::parse(&format!("{base}/feed"))?;
    let category = db.category_by_title_or_create(account, &format!("Folder {}", number % 10)).await?;
    let feed: FeedId = db.ensure_feed(&url, now).await?;
    db.subscribe(account, feed, Some(category), now, 50).await?;
    let size = Size { feeds: 1, items, html: 6000, hosts: 1, pictures: 0 };
    let document = farm::document(number, &base, size, script);
    let articles = drafts(&url, &document.body, document.content_type, now)?;
    let half = articles.len() / 2;
    db.store_articles(feed, &articles, NewUnread::Newest(half), now).await?;
    Ok(())
}
