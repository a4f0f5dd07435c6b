//! An electronic book (EPUB 3.3): one chapter for each article, a table of contents, the pictures.

use std::collections::HashMap;

use axum::body::Bytes;

use super::tree::{Writing, escaped, picture_addresses, uri, write};
use super::{Pictures, Piece};
use crate::archive::ZipFile;
use crate::domain::UnixMillis;

/// What a book says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Plain text.
    pub title: String,
    /// A name that no other book has: a URN.
    pub id: String,
    /// What the table of contents is called.
    pub contents: String,
    /// The language of that.
    pub language: String,
    /// When it was made.
    pub made: UnixMillis,
    /// The picture on its cover, as PNG.
    pub cover: Option<Vec<u8>>,
}

const STYLE: &str = "body{line-height:1.5}img{max-width:100%}h1{line-height:1.25}.cover{margin:0;text-align:center}.by,.caption{font-size:.85em;color:#555}\
                     pre{white-space:pre-wrap}blockquote{margin-inline:1em 0}td,th{border-bottom:1px solid #999;padding:.2em .5em}";
const CONTAINER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <container version=\"1.0\" xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\"><rootfiles>\
    <rootfile full-path=\"book/package.opf\" media-type=\"application/oebps-package+xml\"/></rootfiles></container>\n";

/// Writes a book, in parts. Pictures that were not gathered are left out, their words stay; those that were are not copied.
pub fn write_book(book: &Book, pieces: &[Piece], pictures: &Pictures) -> Vec<Bytes> {
    let mut zip = ZipFile::default();
    // First and as it is, so that the kind of file can be told by its beginning (EPUB 3.3, section 4.2.2).
    zip.store("mimetype", b"application/epub+zip");
    zip.deflate("META-INF/container.xml", CONTAINER.as_bytes());
    let mut places: HashMap<String, String> = HashMap::new();
    let (mut manifest, mut spine, mut contents) = (String::new(), String::new(), String::new());
    if let Some(cover) = &book.cover {
        zip.store("book/cover.png", cover);
        let title = escaped(&book.title);
        let image = format!("<p class=\"cover\"><img src=\"cover.png\" alt=\"{title}\"/></p>");
        zip.deflate("book/cover.xhtml", page(&book.title, &escaped(&book.language), "ltr", &image).as_bytes());
        manifest.push_str(
            "<item id=\"cover\" href=\"cover.png\" media-type=\"image/png\" properties=\"cover-image\"/>\n\
             <item id=\"front\" href=\"cover.xhtml\" media-type=\"application/xhtml+xml\"/>\n",
        );
    }
    for (number, piece) in pieces.iter().enumerate() {
        for address in picture_addresses(&piece.html) {
            let Some(picture) = pictures.get(&address).filter(|_| !places.contains_key(&address)) else { continue };
            let place = format!("i{}.{}", places.len(), picture.kind.ending());
            zip.store_shared(&format!("book/{place}"), &picture.bytes);
            let (id, kind) = (places.len(), picture.kind.media_type());
            manifest.push_str(&format!("<item id=\"i{id}\" href=\"{place}\" media-type=\"{kind}\"/>\n"));
            places.insert(address, place);
        }
        zip.deflate(&format!("book/a{number}.xhtml"), chapter(piece, &places).as_bytes());
        manifest.push_str(&format!(
            "<item id=\"a{number}\" href=\"a{number}.xhtml\" media-type=\"application/xhtml+xml\"/>\n"
        ));
        spine.push_str(&format!("<itemref idref=\"a{number}\"/>\n"));
        contents.push_str(&format!("<li><a href=\"a{number}.xhtml\">{}</a></li>\n", escaped(&piece.title)));
    }
    let language = escaped(&book.language);
    zip.deflate(
        "book/contents.xhtml",
        page(
            &book.contents,
            &language,
            "ltr",
            &format!("<nav epub:type=\"toc\"><h1>{}</h1><ol>{contents}</ol></nav>", escaped(&book.contents)),
        )
        .as_bytes(),
    );
    zip.deflate("book/style.css", STYLE.as_bytes());
    let made = book.made.to_timestamp().map(|at| at.strftime("%FT%TZ").to_string()).unwrap_or_default();
    let first = pieces.first();
    let main = first.and_then(|piece| piece.language.clone()).unwrap_or_else(|| book.language.clone());
    let direction = if first.is_some_and(|piece| piece.is_rtl) { "rtl" } else { "ltr" };
    let creator = match pieces {
        [only] => only.author.as_ref().map(|name| format!("<dc:creator>{}</dc:creator>\n", escaped(name))),
        _ => None,
    };
    // Readers that are older than EPUB 3 find the cover by its name.
    let (meta, front) = match book.cover {
        Some(_) => ("<meta name=\"cover\" content=\"cover\"/>\n", "<itemref idref=\"front\"/>\n"),
        None => ("", ""),
    };
    let package = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\" unique-identifier=\"id\">\n\
         <metadata xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <dc:identifier id=\"id\">{}</dc:identifier>\n<dc:title>{}</dc:title>\n<dc:language>{}</dc:language>\n{}\
         <dc:publisher>Gleaner</dc:publisher>\n<meta property=\"dcterms:modified\">{made}</meta>\n{meta}</metadata>\n<manifest>\n\
         <item id=\"contents\" href=\"contents.xhtml\" media-type=\"application/xhtml+xml\" properties=\"nav\"/>\n\
         <item id=\"style\" href=\"style.css\" media-type=\"text/css\"/>\n{manifest}</manifest>\n\
         <spine page-progression-direction=\"{direction}\">\n{front}<itemref idref=\"contents\"/>\n{spine}</spine>\n</package>\n",
        escaped(&book.id),
        escaped(&book.title),
        escaped(&main),
        creator.unwrap_or_default(),
    );
    zip.deflate("book/package.opf", package.as_bytes());
    zip.finish_parts()
}

fn chapter(piece: &Piece, places: &HashMap<String, String>) -> String {
    let picture = |address: &str| places.get(address).cloned();
    let mut body = format!("<h1>{}</h1>\n", escaped(&piece.title));
    let facts = piece.facts().iter().map(|fact| escaped(fact)).collect::<Vec<_>>().join(" · ");
    if !facts.is_empty() {
        body.push_str(&format!("<p class=\"by\">{facts}</p>\n"));
    }
    if let Some(url) = piece.url.as_deref().and_then(uri) {
        let url = escaped(&url);
        body.push_str(&format!("<p class=\"by\"><a href=\"{url}\">{url}</a></p>\n"));
    }
    body.push_str(&write(&piece.html, Writing { picture: &picture, is_book: true }));
    let direction = if piece.is_rtl { "rtl" } else { "ltr" };
    page(&piece.title, &escaped(piece.language.as_deref().unwrap_or("und")), direction, &body)
}

fn page(title: &str, language: &str, direction: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE html>\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:epub=\"http://www.idpf.org/2007/ops\" lang=\"{language}\" \
         xml:lang=\"{language}\" dir=\"{direction}\">\n<head><title>{}</title>\
         <link rel=\"stylesheet\" href=\"style.css\"/></head>\n<body>\n{body}\n</body>\n</html>\n",
        escaped(title)
    )
}
