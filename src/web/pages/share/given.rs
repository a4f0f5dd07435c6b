//! The page of an article that is given away, by a link of its own or in a published list.

use askama::Template;
use axum::body::Bytes;
use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::title_of;
use crate::archive::fingerprint;
use crate::content::chinese::Script;
use crate::content::clean::{CleanHtml, PictureSources, Rendering, clean};
use crate::content::highlight::{Marking, mark};
use crate::domain::{ArticleId, HighlightId, UnixMillis, WebUrl};
use crate::store::{Original, Snapshot};
use crate::web::layers::policy::ContentPolicy;
use crate::web::page::{CachePolicy, Frame};
use crate::web::pages::article::{add_recordings, fate_of};
use crate::web::public_media::PublicMedia;
use crate::web::view::{ColourView, Moment, in_its_size, reading_time};
use crate::web::{Visit, WebError, WebState};

/// Texts up to so many bytes are cleaned on the spot; longer ones on the pool.
const QUICK_BYTES: usize = 64 * 1024;

/// An article that is given away.
#[derive(Debug)]
pub(in crate::web::pages) struct Given<'a> {
    /// Which it is.
    pub(in crate::web::pages) article: ArticleId,
    /// The script of Chinese into which the text is to be converted.
    pub(in crate::web::pages) script: Option<Script>,
    /// What the page says beside the text.
    pub(in crate::web::pages) snapshot: &'a Snapshot,
    /// The page, below the base path.
    pub(in crate::web::pages) path: String,
    /// The addresses of its pictures.
    pub(in crate::web::pages) media: PublicMedia,
    /// Who gives it away, if the page is to say so.
    pub(in crate::web::pages) by: Option<&'a str>,
    /// Search engines may list it.
    pub(in crate::web::pages) indexed: bool,
    /// Feeds that have it: media type and address.
    pub(in crate::web::pages) feeds: Vec<(&'static str, String)>,
    /// The forms in which it can be saved: their names in addresses, and what they are called.
    pub(in crate::web::pages) files: Vec<(&'static str, &'static str)>,
    /// The published list that it is in: address and title.
    pub(in crate::web::pages) list: Option<(String, String)>,
    /// There is a preview below the page's address.
    pub(in crate::web::pages) has_preview: bool,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "pages/shared.html")]
pub(super) struct SharedPage {
    frame: Frame,
    title: String,
    lang: Option<(String, &'static str)>,
    author: Option<String>,
    when: Option<Moment>,
    reading_time: String,
    note: String,
    kept: String,
    original: Option<String>,
    /// What became of it, if there is something to say, and where it is now.
    fate: Option<(String, Option<String>)>,
    text: CleanHtml,
    passages: Vec<PassageView>,
    /// The SHA-256 of the text as it was kept, and when that was.
    proof: Option<(String, Moment)>,
    indexed: bool,
    feeds: Vec<(&'static str, String)>,
    list: Option<(String, String)>,
    /// The page itself, and the forms in which it can be saved.
    here: String,
    files: Vec<(&'static str, &'static str)>,
    card: Card,
}

/// A passage that goes with the article.
#[derive(Debug)]
struct PassageView {
    colour: ColourView,
    lines: Vec<String>,
    note: String,
}

/// What previews show.
#[derive(Debug)]
struct Card {
    /// The page's own whole address.
    address: String,
    description: String,
    picture: Option<String>,
    source: String,
    published: Option<String>,
    linked_data: String,
}

/// A page for anybody, in its sandbox.
pub(in crate::web::pages) fn public(html: impl Into<Bytes>, indexed: bool) -> Response {
    let mut response = html.into().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response.extensions_mut().insert(ContentPolicy::Public { indexed });
    response.extensions_mut().insert(CachePolicy::NoStore);
    response
}

impl Given<'_> {
    /// The page with the text as it was kept at a moment. `server` is scheme, host and base path.
    pub(in crate::web::pages) async fn show(
        self,
        web: &WebState,
        visit: &Visit,
        server: &str,
        body: Option<(UnixMillis, String)>,
    ) -> Result<Response, WebError> {
        let indexed = self.indexed;
        Ok(public(self.draw(web, visit, server, body).await?, indexed))
    }

    /// Its HTML.
    pub(super) async fn draw(
        self,
        web: &WebState,
        visit: &Visit,
        server: &str,
        body: Option<(UnixMillis, String)>,
    ) -> Result<String, WebError> {
        // An episode may have no words at all, and is there to be heard.
        let (at, html) = body.unzip();
        let (text, hash) = self.text(web, html.unwrap_or_default()).await?;
        let proof = at.map(|at| (hash, at));
        let original = web.app.db.original(self.article).await?;
        self.page(visit.frame(web), server, text, (proof, original)).render().map_err(WebError::internal)
    }

    /// The text with its passages, and the SHA-256 of what was kept.
    async fn text(&self, web: &WebState, html: String) -> Result<(CleanHtml, String), WebError> {
        let (media, base, script) = (self.media.clone(), self.snapshot.url.clone(), self.script);
        // Numbers of their own: those of the owner's passages are nobody's business.
        let marking = |(id, passage): (i64, &crate::store::SharedPassage)| Marking {
            id: HighlightId(id),
            colour: passage.colour,
            anchor: passage.anchor.clone(),
        };
        let markings: Vec<Marking> = (1..).zip(&self.snapshot.passages).map(marking).collect();
        let recordings = self.snapshot.recordings.clone();
        let is_quick = html.len() <= QUICK_BYTES;
        let known = web.app.db.pictures_of(self.article).await?;
        let work = move || {
            let (picture, recording) = (|url: &WebUrl| media.picture(url), |url: &WebUrl| media.recording(url));
            // A page that knows how large its pictures are does not move when they come.
            let kept = |sources: &PictureSources| in_its_size(&known, sources, media.picture(&sources.best));
            let hash = fingerprint(&html);
            let mut html = html;
            add_recordings(&recordings, &mut html);
            let text =
                clean(&html, &Rendering { base: base.as_ref(), picture: &picture, media: &recording, kept: &kept });
            let text = Script::apply(script, text);
            (mark(&text, text.clone(), &markings).html, hash)
        };
        if is_quick { Ok(work()) } else { web.app.content.run(work).await.map_err(WebError::internal) }
    }

    fn page(
        self,
        frame: Frame,
        server: &str,
        text: CleanHtml,
        (proof, fate): (Option<(String, UnixMillis)>, Option<Original>),
    ) -> SharedPage {
        let (locale, zone, now, said) = (frame.locale, frame.zone(), frame.now, self.snapshot);
        let date = locale.date(said.kept, &zone);
        let source = if said.source.is_empty() { "Gleaner" } else { &said.source };
        let title = title_of(&said.title, &said.excerpt, locale);
        let address = format!("{server}{}", self.path);
        let picture = match &said.lead_image {
            _ if self.has_preview => Some(format!("{address}/preview")),
            lead => lead.as_ref().map(|url| self.media.whole(server).picture(url)),
        };
        let published = said.published.map(|at| Moment::new(at, now, &zone, locale));
        let machine = published.as_ref().map(|moment| moment.machine.clone());
        let passage = |passage: &crate::store::SharedPassage| PassageView {
            colour: ColourView::new(passage.colour, locale),
            lines: passage.anchor.exact.lines().map(str::to_owned).collect(),
            note: passage.note.clone(),
        };
        SharedPage {
            lang: said.language.as_ref().map(|lang| (lang.as_str().to_owned(), lang.direction().as_str())),
            author: said.author.clone(),
            reading_time: reading_time(said.words, said.cjk_chars, locale),
            note: said.note.clone(),
            kept: match self.by {
                Some(name) => locale.say("shared.kept_by", [("name", &name), ("source", &source), ("date", &date)]),
                None => locale.say("shared.kept", [("source", &source), ("date", &date)]),
            },
            passages: said.passages.iter().map(passage).collect(),
            proof: proof.map(|(hash, at)| (hash, Moment::new(at, now, &zone, locale))),
            indexed: self.indexed,
            feeds: self.feeds,
            list: self.list,
            here: frame.path(&self.path),
            files: self.files,
            card: Card {
                linked_data: linked_data(said, &title, &address, picture.as_deref(), machine.as_deref()),
                description: if said.note.is_empty() { said.excerpt.clone() } else { said.note.clone() },
                source: source.to_owned(),
                published: machine,
                address,
                picture,
            },
            when: published,
            original: said.url.as_ref().map(ToString::to_string),
            fate: fate.and_then(|original| fate_of(&original, &date, &zone, &frame)),
            text,
            title,
            frame,
        }
    }
}

/// The article for machines (schema.org, JSON-LD 1.1). No tag can end within it.
fn linked_data(said: &Snapshot, title: &str, address: &str, picture: Option<&str>, published: Option<&str>) -> String {
    let mut article = serde_json::json!({
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": title,
        "url": address,
        "isBasedOn": said.url.as_ref().map(ToString::to_string),
        "mainEntityOfPage": said.url.as_ref().map_or(address.to_owned(), ToString::to_string),
        "inLanguage": said.language.as_ref().map(|language| language.as_str().to_owned()),
        "datePublished": published,
        "description": said.excerpt,
        "image": picture,
        "author": said.author.as_ref().map(|name| serde_json::json!({ "@type": "Person", "name": name })),
    });
    if let Some(fields) = article.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    article.to_string().replace('<', "\\u003c").replace('>', "\\u003e")
}
