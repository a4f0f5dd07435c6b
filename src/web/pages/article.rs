//! One article: its text set as its language is set, where it came from, and what can be done with it.
//!
//! Address: `/articles/ID?in=LIST&order=…&show=…`; the list it was opened from gives previous and next. With `q=…` what that search
//! finds is marked. `POST /articles/ID/body`
//! shows the other body, `POST /articles/ID/page` reads its page again.

mod files;
mod text;

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::framed::{Framed, framed};
use super::list::title_and_count;
use super::reading::{is_long, opening_in};
use super::{back_to, see_other};
use crate::content::chinese::Script;
use crate::content::clean::{CleanHtml, Heading, outline};
use crate::content::highlight::{MarkedHits, Marking, mark_hits};
use crate::content::place::{ANCHOR, mark_place};
use crate::domain::{ArticleId, BodyKind, ChoiceReason, Completeness, GivenDate, GivenDates, Language, UnixMillis};
use crate::jobs::{fulltext, pictures};
use crate::search::{self, places};
use crate::store::{
    ArticleTag, ArticleView, Fate, Highlight, Original, Pictures, Played, Reads, Scope, Sidebar, StoreError, Tag,
};
use crate::web::layers::visit::is_opened_by_its_reader;
use crate::web::locale::Locale;
use crate::web::page::{Frame, Page};
use crate::web::view::{
    ColourView, Done, HighlightView, Letter, Moment, PictureView, Place, PlaceParams, RowContext, RowView, ScopeName,
    Simple, feed_title, reading_time, source_name, tag_name_of,
};
use crate::web::{CurrentUser, Visit, Web, WebError, WebState};

pub(in crate::web) use files::add_links;
use files::{File, FileKind};
pub(super) use files::{add_recordings, recordings};
pub(super) use text::{Around, Text, text_of};

/// The field for tags offers so many.
const KNOWN_TAGS: usize = 200;

/// The words of an article's address: the list it was opened from.
#[derive(Debug, Default, Deserialize)]
pub struct ArticleParams {
    r#in: Option<String>,
    #[serde(flatten)]
    place: PlaceParams,
    /// The search that found it.
    q: Option<String>,
}

/// An article's page.
#[derive(Debug, Template)]
#[template(path = "pages/article.html")]
pub struct ArticlePage {
    frame: Frame,
    article: Shown,
    /// The sanitised text.
    text: CleanHtml,
    /// How many marks there are around what was searched for, `hit1` and so on.
    hits: i64,
    /// Its headings, where there are enough of them.
    outline: Vec<Heading>,
    list_title: String,
    /// The name of the list in forms.
    list_name: ScopeName,
    /// The address of the list, at this article's row.
    list: String,
    /// The newest article when the page was drawn: nothing that comes later is marked with it.
    newest: ArticleId,
    previous: Option<RowView>,
    next: Option<RowView>,
    /// The reader's own words for it, and those that the field offers.
    tags: Vec<ArticleTag>,
    known_tags: Vec<String>,
    /// What was typed and is no name of a tag.
    tag_bad: Option<(String, i64)>,
    /// The passages that the reader marked: in the order of the text, then those that it does not have any more.
    passages: Vec<HighlightView>,
    colours: Vec<ColourView>,
    /// Where the reader stops is kept.
    is_long: bool,
    /// Where the reader stopped, in hundredths of the text; the text has the anchor [`ANCHOR`] there.
    stopped: Option<i64>,
    /// What became of the original, if there is something to say, and where it is now.
    fate: Option<(String, Option<String>)>,
    /// It is nowhere else any more.
    is_only_here: bool,
    /// The page may have been loaded ahead: whether it was opened, its script has to tell.
    ahead: bool,
}

/// The article as the template writes it down.
#[derive(Debug)]
struct Shown {
    id: ArticleId,
    title: String,
    lang: Option<(String, &'static str)>,
    /// The panel has a row for it.
    is_chinese: bool,
    feed: Option<String>,
    feed_title: String,
    tile: Letter,
    author: Option<String>,
    when: Moment,
    reading_time: String,
    partial: bool,
    body: Option<&'static str>,
    reason: Option<&'static str>,
    /// The kind that the switch shows, and the switch's words.
    other: Option<(&'static str, &'static str)>,
    original: Option<String>,
    host: String,
    kept: Moment,
    /// How often it was edited and when last, and whether another version than the newest is shown.
    changed: Option<String>,
    is_pinned: bool,
    /// What feed, page and first line say of its date, where they differ.
    dates: Vec<String>,
    /// The page that says what was cut from it.
    cut: Option<String>,
    /// The same article in other feeds: address and feed.
    also: Vec<(ArticleId, String)>,
    comments: Option<String>,
    categories: Vec<String>,
    files: Vec<File>,
    /// Its reader wants to say when it is read, or come to its end, and has not yet.
    unread: bool,
    starred: bool,
    later: bool,
}

/// What became of an original, in words. Nothing is said of one that is where it was.
pub(super) fn fate_of(
    original: &Original,
    kept: &str,
    zone: &TimeZone,
    frame: &Frame,
) -> Option<(String, Option<String>)> {
    let since = Moment::new(original.since, frame.now, zone, frame.locale).full;
    let text = match original.fate {
        Fate::Gone => frame.say("original.gone", &[("date", kept)]),
        Fate::Changed => frame.say("original.changed", &[("date", since.as_str())]),
        Fate::Moved => frame.t("original.moved").to_owned(),
        Fate::There | Fate::Unknown => return None,
    };
    Some((text, original.moved_to.as_ref().map(ToString::to_string)))
}

/// Whether the database took note of an opening. A full disk keeps nobody from reading: the article stays unread.
async fn is_noted(web: &Web, opened: Result<bool, StoreError>) -> Result<bool, WebError> {
    match opened {
        Err(error) if error.is_disk() => {
            tracing::warn!(%error, "an article was opened, and that could not be noted");
            pictures::give_way_to_database(&web.app).await;
            Ok(false)
        }
        other => Ok(other.map(|_| true)?),
    }
}

/// `GET /articles/{id}`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    id: Result<Path<ArticleId>, PathRejection>,
    Query(params): Query<ArticleParams>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let mut article = web.app.db.article(user.id, id).await?.ok_or(WebError::NotFound)?;
    let scope = params.r#in.as_deref().and_then(ScopeName::parse).unwrap_or(Scope::Feed(article.feed_id));
    let ahead = !is_opened_by_its_reader(&headers);
    let reads = user.preferences.read_when.reads();
    let is_noted = ahead || {
        let opened = web.app.db.open_article(user.id, id, opening_in(scope), reads, web.app.clock.now()).await;
        is_noted(&web, opened).await?
    };
    article.unread &= reads == Reads::Later || !is_noted;
    let Framed { frame, sidebar } = framed(&web, &visit, &user, Some(scope)).await?;
    let place = Place::read(scope, &params.place, &frame.preferences);
    let is_long = is_long(article.words, article.cjk_chars);
    let (db, ids, around) = (&web.app.db, [id], place.query(1));
    let stopped = async { if is_long { db.reading_place(user.id, id).await } else { Ok(None) } };
    // None of these needs another: asked one after the other, most of the time would be spent on the way to the database.
    let (neighbours, tags, highlights, played, pictures, also, stopped, original) = tokio::try_join!(
        db.neighbours(user.id, &around, id),
        db.article_tags(user.id, id),
        db.article_highlights(user.id, id),
        db.played(user.id, id),
        db.pictures_of(id),
        db.also_in(user.id, &ids),
        stopped,
        db.original(id),
    )?;
    let known_tags = known_tags(&sidebar, &tags);
    let zone = frame.zone();
    let elsewhere = Pictures::new();
    let context = RowContext::new(&frame, &zone, &place, PictureView::new(&web.signer, &elsewhere));
    let q = params.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let search = q.map(|q| (q, search::Query::parse(q, frame.now, &zone)));
    let script = user.preferences.typography.chinese.script_for(article.language.as_ref());
    let (markings, large) = (markings(&highlights), frame.t("article.large"));
    let shown = Around { script, played: played.clone(), pictures: pictures.clone() };
    files::drop_shown_pictures(&mut article);
    let text = text_of(&web, &mut article, shown, move |text| text.marked(&markings, large)).await?;
    let also = also.into_iter().map(|other| (other.id, feed_title(&other.title, frame.locale))).collect();
    let (html, has_place) = match stopped {
        Some(place) => mark_place(text.html, place),
        None => (text.html, false),
    };
    let found = search.as_ref().map(|(_, query)| query.phrases(search::Part::Any)).unwrap_or_default();
    let MarkedHits { html, count: hits } = mark_hits(html, |text| places(text, &found));
    let (html, outline) = outline(html);
    let kept = Moment::new(article.fetched_at, frame.now, &zone, frame.locale).full;
    let page = ArticlePage {
        is_only_here: original.as_ref().is_some_and(|original| original.fate == Fate::Gone),
        fate: original.and_then(|original| fate_of(&original, &kept, &zone, &frame)),
        is_long,
        stopped: stopped.filter(|_| has_place).map(|place| place.share / 10),
        passages: passages(&highlights, &text.starts, script, &context),
        colours: ColourView::all(frame.locale),
        text: html,
        hits: i64::try_from(hits).unwrap_or(i64::MAX),
        outline,
        list_title: match search {
            Some(_) => frame.t("search.title").to_owned(),
            None => title_and_count(scope, &sidebar, &frame)
                .map_or_else(|| frame.t("list.all").to_owned(), |(title, _)| title),
        },
        list_name: place.scope_name(),
        list: match search {
            Some((q, _)) => format!("{}#a{id}", super::search::address(q, None, false)),
            None => format!("{}#a{id}", place.page_address(&frame.preferences)),
        },
        newest: sidebar.counts.newest,
        previous: neighbours.previous.map(|row| RowView::new(&row, &context)),
        next: neighbours.next.map(|row| RowView::new(&row, &context)),
        article: Shown {
            also,
            ..Shown::new(article, script, &played, PictureView::new(&web.signer.of_article(id), &pictures), &context)
        },
        tags,
        known_tags,
        tag_bad: tag_name_of(&frame.here),
        ahead,
        frame,
    };
    Ok(Page::new(page).into_response())
}

/// The names that the field for tags offers: those that the article does not have, the most used ones.
fn known_tags(sidebar: &Sidebar, own: &[ArticleTag]) -> Vec<String> {
    let mut others: Vec<&Tag> = sidebar.tags.iter().filter(|tag| own.iter().all(|own| own.id != tag.id)).collect();
    others.sort_by_key(|tag| std::cmp::Reverse(tag.articles));
    others.into_iter().take(KNOWN_TAGS).map(|tag| tag.name.clone()).collect()
}

fn markings(highlights: &[Highlight]) -> Vec<Marking> {
    let marking = |h: &Highlight| Marking { id: h.id, colour: h.colour, anchor: h.anchor.clone() };
    highlights.iter().map(marking).collect()
}

fn passages(
    highlights: &[Highlight],
    starts: &[Option<usize>],
    script: Option<Script>,
    context: &RowContext<'_>,
) -> Vec<HighlightView> {
    let mut passages: Vec<_> = highlights.iter().zip(starts).collect();
    passages.sort_by_key(|(_, start)| (start.is_none(), **start));
    let mut passages: Vec<_> = passages
        .into_iter()
        .map(|(highlight, start)| HighlightView::new(highlight, start.is_some(), context))
        .collect();
    if let Some(script) = script {
        for line in passages.iter_mut().flat_map(|passage| &mut passage.lines) {
            *line = script.convert(line);
        }
    }
    passages
}

impl Shown {
    fn new(
        article: ArticleView,
        script: Option<Script>,
        played: &Played,
        pictures: PictureView<'_>,
        context: &RowContext<'_>,
    ) -> Self {
        let locale = context.locale;
        let moment = |at| Moment::new(at, context.now, context.zone, locale);
        let title = match (article.title.is_empty(), article.excerpt.is_empty()) {
            (false, _) => article.title,
            (true, false) => article.excerpt,
            (true, true) => locale.t("list.untitled").to_owned(),
        };
        let feed_name = match article.site_name {
            Some(name) if article.feed_url.is_none() && article.feed_title.is_empty() => name,
            _ => source_name(&article.feed_title, article.url.as_ref(), locale),
        };
        let shown = article.published.unwrap_or(article.sort_at);
        let dates = article.dates.filter(|dates| dates.differ_from(shown));
        let dates = dates.map_or_else(Vec::new, |dates| dates_in_words(&dates, article.fetched_at, context));
        let has_body = article.choice.reason != ChoiceReason::OnlyOne || article.has_other_body;
        Self {
            id: article.id,
            title: script.map_or_else(|| title.clone(), |script| script.convert(&title)),
            is_chinese: article.language.as_ref().is_some_and(|language| Script::of(language).is_some()),
            lang: match script {
                Some(script) => Some((script.tag().to_owned(), "ltr")),
                None => article.language.as_ref().map(lang_and_dir),
            },
            feed: article.subscribed.then(|| format!("/feeds/{}", article.feed_id)),
            tile: Letter::of(&feed_name).without_colour(article.plain_tile),
            // Who writes alone calls the feed like himself; once is enough.
            author: article.author.filter(|author| *author != feed_name),
            feed_title: feed_name,
            when: moment(shown),
            reading_time: reading_time(article.words, article.cjk_chars, locale),
            partial: article.completeness == Completeness::Partial,
            body: has_body.then(|| body_name(article.choice.shown, locale)),
            reason: reason(article.choice.reason, locale),
            other: article.has_other_body.then(|| switch(article.choice.shown.other(), locale)),
            host: article.url.as_ref().map(|url| url.site().to_owned()).unwrap_or_default(),
            original: article.url.map(|url| url.to_string()),
            kept: moment(article.fetched_at),
            changed: (article.edits > 0).then(|| {
                let date = locale.date_time(article.changed_at, context.zone);
                locale.count("article.edited", article.edits).replace("{date}", &date)
            }),
            is_pinned: article.pinned.is_some(),
            dates,
            cut: article.is_cut.then(|| format!("/feeds/{}/recurring", article.feed_id)),
            also: Vec::new(),
            comments: article.comments_url.map(|url| url.to_string()),
            categories: article.categories,
            files: article.enclosures.iter().map(|file| File::new(file, played, pictures, locale)).collect(),
            unread: article.unread,
            starred: article.starred,
            later: article.later,
        }
    }
}

/// What each place says. A date that cannot be is shown as it was written.
fn dates_in_words(dates: &GivenDates, seen: UnixMillis, context: &RowContext<'_>) -> Vec<String> {
    let given = [
        ("article.date_of_feed", &dates.feed),
        ("article.date_of_page", &dates.page),
        ("article.date_of_line", &dates.line),
    ];
    let in_words = |(key, date): (&str, &Option<GivenDate>)| {
        let date = date.as_ref()?;
        let written = date.text.clone().filter(|_| !date.can_be(seen));
        let date = written.unwrap_or_else(|| Moment::new(date.at, context.now, context.zone, context.locale).full);
        Some(context.locale.say(key, [("date", &date)]))
    };
    given.into_iter().filter_map(in_words).collect()
}

pub(super) fn lang_and_dir(language: &Language) -> (String, &'static str) {
    (language.as_str().to_owned(), language.direction().as_str())
}

fn body_name(kind: BodyKind, locale: Locale) -> &'static str {
    match kind {
        BodyKind::Feed => locale.t("article.body.feed"),
        BodyKind::Page => locale.t("article.body.page"),
    }
}

/// The form's word for a kind, and the words of the button that shows it.
fn switch(kind: BodyKind, locale: Locale) -> (&'static str, &'static str) {
    match kind {
        BodyKind::Feed => ("feed", locale.t("article.show.feed")),
        BodyKind::Page => ("page", locale.t("article.show.page")),
    }
}

fn reason(reason: ChoiceReason, locale: Locale) -> Option<&'static str> {
    Some(match reason {
        ChoiceReason::OnlyOne => return None,
        ChoiceReason::FeedComplete => locale.t("article.reason.feed_complete"),
        ChoiceReason::FeedIsTeaser => locale.t("article.reason.feed_is_teaser"),
        ChoiceReason::PageEmpty => locale.t("article.reason.page_empty"),
        ChoiceReason::Preference => locale.t("article.reason.preference"),
        ChoiceReason::Reader => locale.t("article.reason.reader"),
    })
}

/// The form that shows another body.
#[derive(Debug, Deserialize)]
pub struct BodyForm {
    body: BodyKind,
    back: Option<String>,
}

/// `POST /articles/{id}/body`: fixes which body this account sees of the article.
pub async fn choose_body(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<ArticleId>, PathRejection>,
    Form(form): Form<BodyForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.set_body_choice(user.id, id, Some(form.body)).await? {
        return Err(WebError::NotFound);
    }
    Ok(see_other(&web, &back_to(form.back.as_deref())))
}

/// The form that reads the page again.
#[derive(Debug, Deserialize)]
pub struct PageForm {
    back: Option<String>,
}

/// `POST /articles/{id}/page`: fetches the article's page now and shows what came of it.
pub async fn fetch_page(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<ArticleId>, PathRejection>,
    Form(form): Form<PageForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.is_visible(user.id, id).await? {
        return Err(WebError::NotFound);
    }
    let Ok(_errand) = web.errands.begin(user.id, web.app.clock.now()) else {
        return Ok(see_other(&web, &Done::Simply(Simple::TooMuch).on(&back_to(form.back.as_deref()))));
    };
    let done = match fulltext::fetch_page(&web.app, id).await {
        Ok(_) => {
            // Whoever asks for the page wants to see it.
            web.app.db.set_body_choice(user.id, id, Some(BodyKind::Page)).await?;
            Simple::PageRead
        }
        Err(error) => {
            tracing::info!(article = %id, %error, "the page of an article could not be read");
            Simple::PageNotRead
        }
    };
    Ok(see_other(&web, &Done::Simply(done).on(&back_to(form.back.as_deref()))))
}
