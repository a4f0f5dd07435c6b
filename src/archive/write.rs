//! From an archived article to the text of its file.

use super::front_matter::{SOURCE, quote};
use super::{ArchivedArticle, read};

/// Writes an article so that `read` gives the same value again.
///
/// The short form (stamp, link, rule, body) is taken where it can carry the article; front matter is added for author,
/// date and tags, and for titles and addresses that an unescaped link line cannot hold. `name` is the file name the
/// text will get, since reading looks there for what the text does not say.
pub fn write(name: &str, article: &ArchivedArticle) -> String {
    let needs_head =
        article.author.is_some() || article.date.is_some() || !article.tags.is_empty() || article.source.is_some();
    if !needs_head {
        let short = without_head(article, &format!("{}\n", article.body));
        if read(name, short.as_bytes()).as_ref() == Ok(article) {
            return short;
        }
    }
    let mut text = String::from("---\nlayout: post\n");
    text.push_str(&format!("title: {}\n", quote(&article.title)));
    if let Some(date) = &article.date {
        text.push_str(&format!("date: {}\n", quote(date)));
    }
    if let Some(author) = &article.author {
        text.push_str(&format!("author: {}\n", quote(author)));
    }
    if let Some(source) = &article.source {
        text.push_str(&format!("{SOURCE}: {}\n", quote(source)));
    }
    text.push_str(&format!("from: {}\n", quote(&article.address)));
    if !article.tags.is_empty() {
        let tags: Vec<String> = article.tags.iter().map(|tag| quote(tag)).collect();
        text.push_str(&format!("tags: [{}]\n", tags.join(", ")));
    }
    text.push_str("---\n");
    let body = format!("<div>\n{}\n</div>\n", article.body);
    if article.address.is_empty() {
        // Without an address, a title that looks like the end of a link would be read as one.
        text.push_str(&format!("<!--{}-->\n{body}", stamp_of(article)));
    } else {
        text.push_str(&without_head(article, &body));
    }
    text
}

fn stamp_of(article: &ArchivedArticle) -> String {
    article.stamp.map_or_else(|| "NaN".to_owned(), |stamp| stamp.to_string())
}

fn without_head(article: &ArchivedArticle, body: &str) -> String {
    let stamp = stamp_of(article);
    // One line, whatever the title holds; where that changes it, the head has the title as it is.
    let title = article.title.replace(['\n', '\r'], " ");
    let address = article.address.replace(['\n', '\r'], " ");
    format!("<!--{stamp}-->\n[{title}]({address})\n------\n\n{body}")
}
