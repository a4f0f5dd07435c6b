//! A list as a site of files, opened from the disk as it lies there.

use std::fs;

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
