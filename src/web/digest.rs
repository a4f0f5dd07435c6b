//! Digests: a list made into a book, when it is due.
//!
//! Owns: when the next book is due, what goes into one and how it is made to fit. Does not own: the form of books
//! (`archive::outward`), which articles a list has (`pages::publish::listed`), the page of digests (`pages::digests`). In: digests
//! that are due. Out: books in the store.

use jiff::tz::TimeZone;
use jiff::{ToSpan as _, civil};
use tokio_util::sync::CancellationToken;

use super::locale::Locale;
use super::page::Frame;
use super::pages::export;
use super::pages::publish::listed::{self, Listed};
use super::pages::publish::public::uuid;
use super::pages::share::title_of;
use super::view::Preferences;
use super::{Web, WebError, WebState};
use crate::archive::outward::{Book, Pictures, Piece, picture_addresses, write_book};
use crate::domain::{ArticleId, UnixMillis};
use crate::jobs::gather::gather_small;
use crate::media::card::Card;
use crate::store::{Digest, DigestOutcome, NewBook, Scope};

/// For how long a digest is leased: far longer than a book takes.
const LEASE: i64 = 20 * UnixMillis::MINUTE;
/// So often a book is tried that might be made another time.
const ATTEMPTS: i64 = 4;
/// The wait after a failure; four times as long after each further one.
const FIRST_WAIT: i64 = 5 * UnixMillis::MINUTE;
/// The longest sleep: what somebody asked for is begun by then.
const LONGEST_SLEEP: std::time::Duration = std::time::Duration::from_secs(2);
/// The sleep after an error of the database.
const AFTER_ERROR: std::time::Duration = std::time::Duration::from_secs(30);
/// The most pictures of a book.
const MOST_PICTURES: usize = 500;
/// The number of the rhythm that is every day.
pub const DAILY: i64 = 8;

/// Makes books when they are due, until `stop` is cancelled.
pub async fn keep(web: WebState, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let wait = match make_due(&web, &stop).await {
            Ok(_) => LONGEST_SLEEP,
            Err(error) => {
                tracing::error!(%error, "digests cannot be looked after; trying again soon");
                AFTER_ERROR
            }
        };
        let _ = stop.run_until_cancelled(tokio::time::sleep(wait)).await;
    }
}

/// Makes the books that are due; how many digests were looked at. One that is under way when `stop` is cancelled is given back.
pub async fn make_due(web: &WebState, stop: &CancellationToken) -> Result<usize, WebError> {
    let (db, mut done) = (&web.app.db, 0);
    while !stop.is_cancelled() {
        let now = web.app.clock.now();
        // Asked first: leasing writes, and almost always nothing is due.
        if db.next_digest_due().await?.is_none_or(|due| due > now) {
            break;
        }
        let Some(digest) = db.lease_digest(now, now.plus(LEASE)).await? else { break };
        done += 1;
        let preferences = Preferences::from_json(&db.account_settings(digest.account).await?);
        let made = if digest.tries > ATTEMPTS {
            // Whoever began it so often died of it.
            Err(WebError::internal(std::io::Error::other("it was begun several times and never finished")))
        } else {
            match stop.run_until_cancelled(make(web, &digest, &preferences)).await {
                Some(made) => made,
                None => {
                    db.release_digest(&digest).await?;
                    break;
                }
            }
        };
        finish(web, &digest, made, &preferences.zone()).await?;
    }
    Ok(done)
}

/// Stores what came of a digest.
async fn finish(web: &Web, digest: &Digest, made: Result<Made, WebError>, zone: &TimeZone) -> Result<(), WebError> {
    let now = web.app.clock.now();
    // Its reader may have chosen another hour meanwhile.
    let chosen = web.app.db.digest(digest.account, digest.id).await?;
    let choice = chosen.as_ref().map_or(&digest.choice, |chosen| &chosen.choice);
    let next = next_due(choice.rhythm, choice.hour, now, zone);
    let (outcome, book, due) = match made {
        Ok(Made::Book(book)) => (DigestOutcome::Made, Some(book), (next, 0)),
        Ok(Made::NothingNew) => (DigestOutcome::NothingNew, None, (next, 0)),
        Ok(Made::ListGone) => (DigestOutcome::ListGone, None, (None, 0)),
        Err(error) => {
            tracing::warn!(%error, digest = %digest.id, tries = digest.tries, "a digest could not be made");
            let doublings = u32::try_from(digest.tries.clamp(1, ATTEMPTS) - 1).unwrap_or(0) * 2;
            let again = now.plus(FIRST_WAIT << doublings);
            let due = if digest.tries < ATTEMPTS { (Some(again), digest.tries) } else { (next, 0) };
            (DigestOutcome::Failed, None, due)
        }
    };
    if let Some(book) = &book {
        tracing::info!(digest = %digest.id, articles = book.articles.len(), bytes = book.file.len(), "a digest was made");
    }
    web.app.db.finish_digest(digest, outcome, book.as_ref(), due, now).await?;
    Ok(())
}

/// When the next book is due: at an hour of every day or of a weekday (1 is Monday). `None` for what is made by hand.
pub fn next_due(rhythm: i64, hour: i64, now: UnixMillis, zone: &TimeZone) -> Option<UnixMillis> {
    let local = now.to_timestamp()?.to_zoned(zone.clone());
    let time = civil::time(i8::try_from(hour.clamp(0, 23)).ok()?, 0, 0, 0);
    (0..=7).find_map(|days| {
        let date = local.date().checked_add(i64::from(days).days()).ok()?;
        let is_day = match rhythm {
            DAILY => true,
            1..=7 => i64::from(date.weekday().to_monday_one_offset()) == rhythm,
            _ => false,
        };
        // An hour that a day does not have, because clocks are changed, is the next one that it has.
        let at = is_day.then(|| date.to_datetime(time).to_zoned(zone.clone()).ok()).flatten()?;
        let due = UnixMillis(at.timestamp().as_millisecond());
        (due > now).then_some(due)
    })
}

/// What came of a digest.
enum Made {
    Book(NewBook),
    NothingNew,
    ListGone,
}

async fn make(web: &WebState, digest: &Digest, preferences: &Preferences) -> Result<Made, WebError> {
    let (db, account, choice) = (&web.app.db, digest.account, &digest.choice);
    let locale = preferences.language.as_deref().and_then(Locale::by_tag).unwrap_or_default();
    let frame = Frame::bare(locale, web.base.clone(), web.app.clock.now());
    let Some(list) = Listed::parse(&digest.list) else { return Ok(Made::ListGone) };
    let is_there = list == Listed::Scope(Scope::Unread)
        || Listed::all(web, account, &frame).await?.iter().any(|(known, _)| *known == list);
    if !is_there {
        return Ok(Made::ListGone);
    }
    let mut rows = listed::newest(web, account, list, choice.newest).await?;
    if choice.publication.is_some() {
        // What is read with a password is for others only where its owner chose that very feed.
        let private = db.feeds_with_password().await?;
        rows.retain(|row| list == Listed::Scope(Scope::Feed(row.feed_id)) || !private.contains(&row.feed_id));
    }
    if choice.only_new {
        rows.retain(|row| !digest.had.contains(&row.id));
    }
    let mut articles: Vec<(ArticleId, Piece)> = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(article) = db.article(account, row.id).await? else { continue };
        let title = title_of(&article.title, &article.excerpt, locale);
        articles.push((row.id, export::piece(&article, title, None, locale)));
        // Cleaning many texts takes a while.
        tokio::task::yield_now().await;
    }
    if articles.is_empty() {
        return Ok(Made::NothingNew);
    }
    let addresses = articles.iter().flat_map(|(_, piece)| picture_addresses(&piece.html)).collect();
    let room = usize::try_from(choice.max_bytes).unwrap_or(usize::MAX);
    let pictures = gather_small(&web.app, addresses, MOST_PICTURES, room).await;
    bind(web, digest, articles, pictures, (locale, &preferences.zone())).await.map(Made::Book)
}

/// Writes the book, and writes it again with less until it is no larger than its reader wants: first pictures go, from the end,
/// then articles. One article stays, whatever its size.
async fn bind(
    web: &WebState,
    digest: &Digest,
    mut articles: Vec<(ArticleId, Piece)>,
    mut pictures: Pictures,
    (locale, zone): (Locale, &TimeZone),
) -> Result<NewBook, WebError> {
    let (now, all) = (web.app.clock.now(), articles.len());
    let most = usize::try_from(digest.choice.max_bytes).unwrap_or(usize::MAX);
    let title = format!("{} · {}", digest.choice.title, locale.date(now, zone));
    loop {
        let count = i64::try_from(articles.len()).unwrap_or(i64::MAX);
        let card = Card {
            title: digest.choice.title.clone(),
            source: locale.count("digest.articles", count),
            date: locale.date(now, zone),
            language: Some(locale.tag().to_owned()),
            is_rtl: locale.direction().as_str() == "rtl",
        };
        let desk = web.app.media.background_desk().await;
        // A book without a cover is a book.
        let cover = desk.run(move || card.cover()).await.ok().and_then(Result::ok);
        drop(desk);
        let book = Book {
            title: title.clone(),
            id: uuid(web.signer.name(&format!("digest {} {}", digest.id, now.0))),
            contents: locale.t("article.outline").to_owned(),
            language: locale.tag().to_owned(),
            made: now,
            cover,
        };
        let write = move || {
            let (ids, pieces): (Vec<ArticleId>, Vec<Piece>) = articles.into_iter().unzip();
            let file = write_book(&book, &pieces, &pictures).concat();
            (file, ids, pieces, pictures)
        };
        let (file, ids, pieces, carried) = web.app.content.run(write).await.map_err(WebError::internal)?;
        if file.len() <= most || (carried.is_empty() && pieces.len() == 1) {
            let left_out = i64::try_from(all - pieces.len()).unwrap_or(0);
            return Ok(NewBook { title, articles: ids, left_out, file });
        }
        (articles, pictures) = (ids.into_iter().zip(pieces).collect(), carried);
        lighten(&mut articles, &mut pictures, (file.len(), most));
    }
}

/// Takes away what makes a book of so many bytes too large.
fn lighten(articles: &mut Vec<(ArticleId, Piece)>, pictures: &mut Pictures, (bytes, most): (usize, usize)) {
    if pictures.is_empty() {
        let fitting = articles.len().saturating_mul(most) / bytes.max(1);
        articles.truncate(fitting.clamp(1, articles.len().saturating_sub(1).max(1)));
        return;
    }
    let mut over = bytes.saturating_sub(most);
    let carried = pictures.len();
    for (_, piece) in articles.iter().rev() {
        for address in picture_addresses(&piece.html).into_iter().rev() {
            if over == 0 {
                return;
            }
            if let Some(picture) = pictures.remove(&address) {
                over = over.saturating_sub(picture.bytes.len());
            }
        }
    }
    if pictures.len() == carried {
        pictures.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::outward::{Picture, PictureKind};

    fn at(text: &str) -> UnixMillis {
        UnixMillis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn the_next_book_is_due_at_its_hour_of_its_readers_day() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        // 1 November 2023 was a Wednesday; in Shanghai it is 20:00.
        let now = at("2023-11-01T12:00:00Z");
        for (rhythm, hour, due) in [
            (DAILY, 6, Some("2023-11-01T22:00:00Z")),
            (DAILY, 21, Some("2023-11-01T13:00:00Z")),
            (DAILY, 20, Some("2023-11-02T12:00:00Z")),
            (3, 20, Some("2023-11-08T12:00:00Z")),
            (1, 0, Some("2023-11-05T16:00:00Z")),
            (0, 6, None),
        ] {
            assert_eq!(next_due(rhythm, hour, now, &shanghai), due.map(at), "{rhythm} at {hour}");
        }
    }

    #[test]
    fn an_hour_that_a_day_does_not_have_is_not_skipped() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        // On 31 March 2024 clocks went from 2:00 to 3:00.
        let due = next_due(DAILY, 2, at("2024-03-30T12:00:00Z"), &berlin);
        assert_eq!(due, Some(at("2024-03-31T01:00:00Z")));
        assert_eq!(next_due(DAILY, 2, at("2024-03-31T01:00:01Z"), &berlin), Some(at("2024-04-01T00:00:00Z")));
    }

    #[test]
    fn an_hour_that_a_day_has_twice_brings_one_book() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        // On 27 October 2024 clocks went from 3:00 back to 2:00.
        let first = next_due(DAILY, 2, at("2024-10-26T12:00:00Z"), &berlin);
        assert_eq!(first, Some(at("2024-10-27T00:00:00Z")));
        for made in ["2024-10-27T00:00:05Z", "2024-10-27T01:00:05Z"] {
            assert_eq!(next_due(DAILY, 2, at(made), &berlin), Some(at("2024-10-28T01:00:00Z")), "{made}");
        }
    }

    #[test]
    fn pictures_go_from_the_end_before_any_article_does() {
        let piece = |name: &str| Piece { html: format!("<img src=\"https://a.example/{name}\">"), ..Piece::default() };
        let picture = || Picture { kind: PictureKind::Png, bytes: vec![0; 100].into() };
        let address = |name: &str| format!("https://a.example/{name}");
        let mut articles = vec![(ArticleId(1), piece("1")), (ArticleId(2), piece("2")), (ArticleId(3), piece("3"))];
        let mut pictures: Pictures = ["1", "2", "3"].map(|name| (address(name), picture())).into();

        lighten(&mut articles, &mut pictures, (1_000, 850));
        assert_eq!((articles.len(), pictures.keys().collect::<Vec<_>>()), (3, vec![&address("1")]));
        lighten(&mut articles, &mut pictures, (1_000, 999));
        assert_eq!((articles.len(), pictures.len()), (3, 0));
        lighten(&mut articles, &mut pictures, (1_000, 500));
        assert_eq!(articles.len(), 1);
    }
}
