//! A list as a site of files, opened from the disk as it lies there, and from a server of files.

use std::fs;
use std::path::Path;

use crate::support::outside::{Outside, Reply};
use crate::support::{Browser, Reader, Screen, Scripts};

/// A site of two articles; where it is.
fn site(reader: &Reader) -> String {
    let tree = reader.folder().join("tree/Harbour");
    fs::create_dir_all(&tree).unwrap();
    for (number, title, text) in [(1, "The ferry", "It left at noon."), (2, "雨", "一夜之间，河水上涨。")] {
        let text =
            format!("<!--169209234400{number}-->\n[{title}](https://e.example/{number})\n------\n\n<p>{text}</p>\n");
        fs::write(tree.join(format!("{number}.md")), text).unwrap();
    }
    reader.command(&["import", reader.folder().join("tree").to_str().unwrap()], None);
    let site = reader.folder().join("site");
    reader.command(&["publish", site.to_str().unwrap()], None);
    format!("file://{}", site.display())
}

#[tokio::test]
async fn a_site_of_files_is_searched_without_a_server() {
    let reader = Reader::with_account();
    let browser = Browser::start(Screen::Desktop, Scripts::On).await;
    let site = site(&reader);

    browser.open(&format!("{site}/index.html")).await;
    browser.counts(".row", 2).await;
    browser.picture("site-list").await;
    browser.open(&format!("{site}/search.html")).await;
    browser.write("#q", "河水").await;
    browser.counts("#found .row", 1).await;
    browser.says("#found .row", "雨").await;
    browser.write("#q", "nothing like it").await;
    browser.counts("#found .row", 0).await;
    browser.says("#none", "Nothing was found.").await;
    browser.write("#q", "FERRY noon").await;
    browser.counts("#found .row", 1).await;
    browser.go("#found .row a").await;
    browser.says(".text", "It left at noon.").await;
}

/// Has a server of files answer with everything below a folder.
fn serve(outside: &Outside, folder: &Path, path: &str) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let place = format!("{path}/{name}");
        if entry.file_type().unwrap().is_dir() {
            serve(outside, &entry.path(), &place);
            continue;
        }
        let kind = match name.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css",
            _ => "application/octet-stream",
        };
        outside.route(&place, Reply::ok(kind, fs::read(entry.path()).unwrap()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_of_files_is_read_over_http_without_scripts() {
    let reader = Reader::with_account();
    site(&reader);
    let outside = Outside::start().await;
    serve(&outside, &reader.folder().join("site"), "");
    let browser = Browser::start(Screen::Desktop, Scripts::Off).await;

    browser.open(outside.url("/index.html").as_str()).await;
    browser.counts(".row", 2).await;
    let link = browser.find(".row:nth-of-type(1) h3 a").await.attr("href").await.unwrap().unwrap();
    browser.open(outside.url("/index.html").join(&link).unwrap().as_str()).await;
    browser.says("h1", "雨").await;
    browser.says(".text", "河水上涨").await;
    browser.open(outside.url("/search.html").as_str()).await;
    browser.says("main", "needs JavaScript").await;
}
