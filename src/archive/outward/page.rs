//! One web page that needs nothing else: styles and pictures are in it, and it asks nobody for anything.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::tree::{Writing, escaped, write};
use super::{Pictures, Piece};

/// The page may show what is in it, and do nothing.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
const STYLE: &str = ":root{color-scheme:light dark}body{max-width:38rem;margin:2rem auto;padding:0 1.25rem;\
    font:1.125rem/1.6 Charter,\"Noto Serif\",Georgia,serif;overflow-wrap:break-word}h1{line-height:1.25}img{max-width:100%;height:auto}\
    figure{margin:1.5em 0}figcaption,.by,.caption{font:.875rem/1.5 system-ui,sans-serif;opacity:.8}pre{white-space:pre-wrap}\
    blockquote{margin-inline:0;padding-inline-start:1rem;border-inline-start:3px solid #b98a2f}\
    table{border-collapse:collapse}td,th{border-bottom:1px solid;padding:.3rem .6rem;text-align:start}article+article{margin-top:5rem}";

/// Writes articles as one page. Pictures that were not gathered are left out, their words stay.
pub fn write_page(title: &str, pieces: &[Piece], pictures: &Pictures) -> String {
    let picture = |address: &str| {
        let picture = pictures.get(address)?;
        Some(format!("data:{};base64,{}", picture.kind.media_type(), STANDARD.encode(&picture.bytes)))
    };
    // Whoever takes the file in again knows what it is.
    let origin = match pieces {
        [Piece { url: Some(url), .. }] => format!("<meta property=\"og:url\" content=\"{}\">\n", escaped(url)),
        _ => String::new(),
    };
    let mut out = format!(
        "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
         content=\"{POLICY}\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n{origin}<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        escaped(title)
    );
    for piece in pieces {
        let language = piece.language.as_deref().map(|tag| format!(" lang=\"{}\"", escaped(tag))).unwrap_or_default();
        let direction = if piece.is_rtl { "rtl" } else { "ltr" };
        out.push_str(&format!("<article{language} dir=\"{direction}\">\n<h1>{}</h1>\n", escaped(&piece.title)));
        let facts = piece.facts().iter().map(|fact| escaped(fact)).collect::<Vec<_>>().join(" · ");
        let link = piece.url.as_deref().map(escaped).map(|url| format!("<a href=\"{url}\">{url}</a>"));
        let line: Vec<String> = [Some(facts).filter(|facts| !facts.is_empty()), link].into_iter().flatten().collect();
        out.push_str(&format!("<p class=\"by\">{}</p>\n", line.join("<br>")));
        out.push_str(&write(&piece.html, Writing { picture: &picture, is_book: false }));
        out.push_str("\n</article>\n");
    }
    out.push_str("</body>\n</html>\n");
    out
}
