//! The files of one article: its page, its archived form, its pictures.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;

use super::PublishError;
use super::files::{Placed, Reader};
use super::lines::Line;
use super::manifest::{Entry, page_place};
use super::pages::Shell;
use crate::app::App;
use crate::archive::{self, with_own_pictures};
use crate::content::clean::{CleanHtml, Kept, KeptPicture, PictureSources, Rendering, clean};
use crate::domain::{AccountId, ArticleId, UnixMillis, WebUrl, hex};
use crate::media::{PictureHash, PictureKey};
use crate::store::{ArticleView, PictureState, StoredPicture};
use crate::web::pages::{add_links, archived, at_home};
use crate::web::view::{Moment, reading_time};

/// The page of an article.
#[derive(Debug, Template)]
#[template(path = "site/article.html")]
struct ArticlePage<'a> {
    shell: &'a Shell,
    up: &'static str,
    title: &'a str,
    lang: Option<(String, &'static str)>,
    author: Option<String>,
    source: String,
    when: Option<Moment>,
    reading_time: String,
    kept: String,
    original: Option<String>,
    text: CleanHtml,
    feed: (String, String),
    month: String,
    /// The archived form.
    archived: String,
}

/// What was made of an article.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) id: ArticleId,
    text: String,
    pictures: Vec<String>,
    lead: Option<String>,
    pub(super) files: Vec<Placed>,
}

impl Made {
    pub(super) fn entry(&self, stamp: String) -> Entry {
        Entry { stamp, text: self.text.clone(), pictures: self.pictures.clone(), lead: self.lead.clone() }
    }
}

/// A picture as a site has it.
#[derive(Debug, Clone)]
struct Own {
    name: String,
    size: Option<(u32, u32)>,
    colour: Option<u8>,
}

/// Makes the files of an article; `None` if it went meanwhile. `place` is where its archived form goes.
pub(super) async fn make(
    app: &App,
    account: AccountId,
    shell: Arc<Shell>,
    line: Line,
    place: String,
    files: Reader,
) -> Result<Option<Made>, PublishError> {
    let Some(article) = app.db.article(account, line.id).await? else { return Ok(None) };
    let mut own: HashMap<WebUrl, Own> = HashMap::new();
    let mut fresh: Vec<(String, Bytes)> = Vec::new();
    for (url, state) in app.db.pictures_of(line.id).await? {
        let PictureState::Kept(picture) = state else { continue };
        let Some(name) = name_of(&picture) else { continue };
        if files.is_there(&format!("pictures/{name}")).is_none() {
            // A store that fails, or has lost it, costs the picture and not the article.
            match app.media.store.get(PictureKey::original(PictureHash(picture.hash))).await {
                Ok(Some(bytes)) => fresh.push((name.clone(), bytes)),
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!(%error, "a picture could not be read");
                    continue;
                }
            }
        }
        let size = (picture.width > 0 && picture.height > 0).then_some((picture.width, picture.height));
        own.insert(url, Own { name, size, colour: picture.colour });
    }
    let id = line.id;
    match app.content.run(move || write(&shell, &line, article, &own, (fresh, place, files))).await {
        Ok(made) => made.map(Some),
        Err(error) => {
            tracing::warn!(article = id.0, %error, "an article could not be made a page; it is tried again the next time");
            Ok(None)
        }
    }
}

/// The name of a picture: what it is follows from its content. A drawing in SVG could act where a web server gives it out, and is left
/// out.
fn name_of(picture: &StoredPicture) -> Option<String> {
    let ending = match picture.kind.as_str() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/avif" => "avif",
        "image/x-icon" => "ico",
        _ => return None,
    };
    Some(format!("{}.{ending}", hex(&picture.hash[..16])))
}

fn write(
    shell: &Shell,
    line: &Line,
    article: ArticleView,
    own: &HashMap<WebUrl, Own>,
    (fresh, place, files): (Vec<(String, Bytes)>, String, Reader),
) -> Result<Made, PublishError> {
    let base = article.url.clone().or_else(|| article.site_url.clone());
    let mut placed = Vec::with_capacity(fresh.len() + 2);
    for (name, bytes) in fresh {
        placed.push(files.put(format!("pictures/{name}"), &bytes)?);
    }
    for picture in own.values() {
        let path = format!("pictures/{}", picture.name);
        if !placed.iter().any(|one| one.path == path)
            && let Some(mark) = files.is_there(&path)
        {
            placed.push(Placed { path, mark, written: false });
        }
    }
    let found =
        |sources: &PictureSources| std::iter::once(&sources.best).chain(&sources.others).find_map(|url| own.get(url));
    // Nobody else is asked for a picture: what is not here is shown as lost.
    let kept = |sources: &PictureSources| match found(sources) {
        Some(picture) => Kept::Here(KeptPicture {
            src: format!("../pictures/{}", picture.name),
            size: picture.size,
            class: picture.colour.map(|colour| format!("p{colour}")).unwrap_or_default(),
            ..KeptPicture::default()
        }),
        None => Kept::Gone,
    };
    let itself = |url: &WebUrl| url.without_credentials().to_string();
    let mut html = article.body.as_ref().map(|body| body.html.clone()).unwrap_or_default();
    add_links(&article.enclosures, shell.frame.locale, &mut html);
    let text = clean(&html, &Rendering { base: base.as_ref(), picture: &itself, media: &itself, kept: &kept });
    let title = shell.title_of(&line.title, &line.excerpt);
    let page = page(shell, line, &article, (&title, text, &place)).render()?;
    placed.push(files.put(page_place(line.id.0), page.as_bytes())?);

    let mut archived = archived(article);
    // The folder may be given away: what it says is safe, and so are the programs that show it.
    let beside = |address: &str| {
        let url = WebUrl::parse(address).ok()?;
        own.get(&url).map(|picture| format!("../../pictures/{}", picture.name))
    };
    archived.address = line.url.as_ref().map(ToString::to_string).unwrap_or_default();
    archived.body = with_own_pictures(&at_home(&archived.body, base.as_ref(), None), &beside);
    let mut parts = place.rsplit('/');
    let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    archived.source = archive::source_beside(folder, &line.feed_title);
    let archived = archive::write(name, &archived);
    placed.push(files.put(place.clone(), archived.as_bytes())?);

    let mut pictures: Vec<String> = own.values().map(|picture| picture.name.clone()).collect();
    pictures.sort_unstable();
    pictures.dedup();
    let lead = line.lead.as_ref().and_then(|url| own.get(url)).map(|picture| picture.name.clone());
    Ok(Made { id: line.id, text: place, pictures, lead, files: placed })
}

fn page<'a>(
    shell: &'a Shell,
    line: &Line,
    article: &ArticleView,
    (title, text, place): (&'a str, CleanHtml, &str),
) -> ArticlePage<'a> {
    let (locale, zone) = (shell.frame.locale, shell.frame.zone());
    let host = line.url.as_ref().map(|url| url.site().to_owned());
    let source = host.or_else(|| article.site_name.clone()).unwrap_or_default();
    let named = if source.is_empty() { "Gleaner" } else { &source };
    let date = locale.date(article.fetched_at, &zone);
    let moment = |at: UnixMillis| Moment::new(at, at, &zone, locale);
    ArticlePage {
        shell,
        up: "../",
        title,
        lang: line.language.as_ref().map(|lang| (lang.as_str().to_owned(), lang.direction().as_str())),
        author: article.author.clone(),
        when: article.published.map(moment),
        reading_time: reading_time(line.words, line.cjk_chars, locale),
        kept: locale.say("shared.kept", [("source", &named), ("date", &date)]),
        original: line.url.as_ref().map(ToString::to_string),
        text,
        feed: (format!("feeds/{}.html", line.feed), shell.feed_title(&line.feed_title)),
        month: shell.month_of(line.at),
        archived: super::pages::encoded(place),
        source,
    }
}
