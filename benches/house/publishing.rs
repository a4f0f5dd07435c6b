//! What is given away: a shared page beside a style sheet, the picture of a link, a feed, a book, a site of files.

use std::time::{Duration, Instant};

use super::farm::{Farm, Size};
use super::load::Connection;
use super::program::{Program, Served, memory_mb};
use super::{Failure, NAME, Options, Table, database, fill, ratio, subscribe};

/// 100 articles with 300 pictures.
const GIVEN: Size = Size { feeds: 2, items: 50, html: 6000, hosts: 1, pictures: 3 };
/// Connections and seconds of a load.
const CONNECTIONS: usize = 32;
const SECONDS: f64 = 2.0;
/// The most articles of the site of files.
const SITE: usize = 10_000;

/// Everything that is given away.
pub(crate) async fn publishing(options: &Options, table: &mut Table) -> Result<(), Failure> {
    let farm = Farm::start(GIVEN).await?;
    let program = Program::new(&options.binary)?;
    subscribe(&program, &farm)?;
    program.run(&["refresh"], None)?;
    let served = program.serve().await?;
    let cookie = served.log_in().await?;
    let list = served.page("/all", &cookie).await?;
    let article = between(&list, "href=\"/articles/", &['"', '?', '#'])?;
    let style = list.split('"').find(|link| link.ends_with(".css")).ok_or("the list has no style sheet")?;
    let page = served.post(&format!("/articles/{article}/share"), "", &cookie).await?;
    let shared = path_of(&page, "id=\"link\"")?;
    given(options, table, &served, (style, &shared)).await?;
    let page = served.post("/published", "list=all&newest=50", &cookie).await?;
    let published = path_of(&page, "id=\"made1\"")?;
    let mut times = Vec::new();
    for number in 0..20 {
        times.push(ask(&served, &format!("{published}/atom.xml"), number).await?);
    }
    table.add("published_feed_50", times, "ms");
    let begun = Instant::now();
    let book = served.page_bytes("/export?list=all&format=epub", &cookie).await?;
    table.add("book_100_articles_300_pictures", vec![begun.elapsed().as_secs_f64()], "s");
    table.add("book_100_articles_300_pictures_size", vec![ratio(book.len(), 1e6)], "MB");
    table.add("memory_during_book", vec![memory_mb(served.process(), "VmHWM")], "MB");
    drop(served);
    site(options, table).await
}

/// A shared page beside a file that is only passed on, in turn; and the pictures of links, each asked for once.
async fn given(
    options: &Options,
    table: &mut Table,
    served: &Served,
    (style, shared): (&str, &str),
) -> Result<(), Failure> {
    let mut previews = Vec::new();
    // The first one looks for fonts; that it takes longer is seen once after a start.
    previews.push(ask(served, &format!("{shared}/preview"), 0).await?);
    table.add("preview_first", previews, "ms");
    let (mut rates, mut shares) = (vec![], vec![]);
    for _ in 0..options.runs {
        let plain = load(served, style).await?;
        let page = load(served, shared).await?;
        rates.push(page);
        shares.push(page / plain);
    }
    table.add("shared_page_32", rates, "requests/s");
    table.add("shared_page_32_to_static", shares, "ratio");
    Ok(())
}

/// A site of files, made and looked at again.
async fn site(options: &Options, table: &mut Table) -> Result<(), Failure> {
    let program = Program::new(&options.binary)?;
    // The database exists only once a server or a command has made it.
    drop(program.serve().await?);
    fill(&database(&program), options.articles.min(SITE)).await?;
    let folder = tempfile::tempdir()?;
    let words = ["publish", "--user", NAME, &folder.path().display().to_string()];
    for name in ["publish_new", "publish_unchanged"] {
        let cost = program.run(&words, None)?;
        table.add(name, vec![cost.elapsed.as_secs_f64()], "s");
        table.add(&format!("{name}_memory"), vec![cost.peak_mb], "MB");
    }
    Ok(())
}

/// A request by somebody without an account, each from an address of its own: what is given away is counted by addresses.
fn request(served: &Served, path: &str, number: usize) -> String {
    let [_, a, b, c] = u32::try_from(number).unwrap_or(0).to_be_bytes();
    let address = &served.address;
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nX-Forwarded-For: 10.{a}.{b}.{c}\r\nAccept: text/html\r\n\r\n")
}

/// How many milliseconds one answer takes.
async fn ask(served: &Served, path: &str, number: usize) -> Result<f64, Failure> {
    let mut connection = Connection::open(&served.address).await?;
    let begun = Instant::now();
    connection.ask(&request(served, path, number)).await?;
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}

/// Answers a second over many connections.
async fn load(served: &Served, path: &str) -> Result<f64, Failure> {
    let begun = Instant::now();
    let end = begun + Duration::from_secs_f64(SECONDS);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..CONNECTIONS {
        // So many visitors for each connection that none of them comes too often.
        let requests: Vec<String> = (0..2_000).map(|n| request(served, path, number * 2_000 + n)).collect();
        let address = served.address.clone();
        tasks.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut answers = 0;
            while Instant::now() < end {
                connection.ask(&requests[answers % requests.len()]).await?;
                answers += 1;
            }
            Ok::<_, String>(answers)
        });
    }
    let mut answers = 0;
    while let Some(done) = tasks.join_next().await {
        answers += done??;
    }
    Ok(ratio(answers, begun.elapsed().as_secs_f64()))
}

/// What stands between a mark and the first of these signs.
fn between<'a>(page: &'a str, mark: &str, ends: &[char]) -> Result<&'a str, Failure> {
    let (_, rest) = page.split_once(mark).ok_or_else(|| format!("the page has no {mark}"))?;
    Ok(rest.split(ends).next().unwrap_or_default())
}

/// The path of the address in the field with this mark.
fn path_of(page: &str, mark: &str) -> Result<String, Failure> {
    let field = between(page, mark, &['>'])?;
    let address = between(field, "value=\"", &['"'])?;
    let path = address.splitn(4, '/').nth(3).ok_or("an address without a path")?;
    Ok(format!("/{path}"))
}
