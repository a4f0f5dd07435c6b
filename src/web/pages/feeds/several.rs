//! One thing done with many feeds at once, by a form of check boxes, and taking it back.

use axum::Form;
use axum::extract::rejection::RawFormRejection;
use axum::extract::{RawForm, State};
use axum::response::Response;
use url::form_urlencoded;

use super::super::add::category_of;
use super::super::{ReceiptForm, back_to, see_other};
use super::fetching;
use super::table::all_of_view;
use crate::domain::{ArticleId, FeedId};
use crate::jobs::refresh::NEWEST_UNREAD;
use crate::store::{BulkChange, Wanted};
use crate::web::view::{Done, FeedsDeed, Simple};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The most feeds of one form; as many as anybody follows.
const MOST: usize = 10_000;

/// The form: check boxes of one name, which one it is about, and where it stands.
#[derive(Debug, Default)]
struct Several {
    feeds: Vec<FeedId>,
    /// All feeds of the view, on whatever page.
    all: bool,
    act: String,
    category: String,
    back: String,
    /// The newest article when the page was drawn: what came later stays unread.
    newest: i64,
}

impl Several {
    fn read(form: &[u8]) -> Self {
        let mut several = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            match &*name {
                "feed" if several.feeds.len() < MOST => several.feeds.extend(value.parse::<i64>().ok().map(FeedId)),
                "all" => several.all = true,
                "act" => several.act = value.into_owned(),
                "category" => several.category = value.into_owned(),
                "newest" => several.newest = value.parse().unwrap_or(0),
                "back" => several.back = value.into_owned(),
                _ => {}
            }
        }
        several
    }

    /// The path of the table that the form stands on.
    fn back(&self) -> String {
        if self.back.starts_with("/feeds") { back_to(Some(&self.back)) } else { "/feeds".to_owned() }
    }
}

/// `POST /feeds/several`
pub async fn act(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    form: Result<RawForm, RawFormRejection>,
) -> Result<Response, WebError> {
    let RawForm(bytes) = form?;
    let several = Several::read(&bytes);
    let back = several.back();
    let feeds = if several.all {
        all_of_view(&web, &visit, &user, back.split_once('?').map_or("", |(_, query)| query)).await?
    } else {
        several.feeds.clone()
    };
    if feeds.is_empty() {
        return Ok(see_other(&web, &Done::Simply(Simple::NoFeedChosen).on(&back)));
    }
    let (db, now) = (&web.app.db, web.app.clock.now());
    let (deed, change) = match several.act.as_str() {
        "read" => {
            let receipt = db.mark_feeds_read(user.id, &feeds, ArticleId(several.newest), now).await?;
            let done = Done::Marked { count: receipt.marked, receipt: receipt.id };
            return Ok(see_other(&web, &done.on(&back)));
        }
        "fetch" => return fetching::begin(&web, &visit, &user, Wanted::These(feeds)).await,
        "leave" => {
            let done = match db.unsubscribe(user.id, &feeds, now).await? {
                Some((count, receipt)) => Done::FeedsLeft { count, title: None, receipt },
                None => Done::Simply(Simple::NoFeedChosen),
            };
            return Ok(see_other(&web, &done.on(&back)));
        }
        "move" => {
            let title = several.category.trim();
            let made = if title.is_empty() { None } else { db.create_category(user.id, title).await? };
            (
                FeedsDeed::Moved,
                match made {
                    Some(made) => BulkChange::NewCategory(made),
                    None => BulkChange::Category(category_of(&web, &user, title).await?),
                },
            )
        }
        "mute" => (FeedsDeed::Muted, BulkChange::Muted(true)),
        "unmute" => (FeedsDeed::Unmuted, BulkChange::Muted(false)),
        "pause" => (FeedsDeed::Paused, BulkChange::Paused(true)),
        "resume" => (FeedsDeed::Resumed, BulkChange::Paused(false)),
        other => return Err(WebError::BadRequest(format!("feeds cannot be “{other}”"))),
    };
    let changed = db.change_subscriptions(user.id, &feeds, change, now).await?;
    let done = Done::FeedsChanged { deed, count: changed.count, receipt: changed.receipt };
    Ok(see_other(&web, &done.on(&back)))
}

/// `POST /feeds/several/undo`: feeds are as they were before they were moved, muted or paused.
pub async fn undo(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<ReceiptForm>,
) -> Result<Response, WebError> {
    let back = web.app.db.undo_change(user.id, form.receipt, web.app.clock.now()).await?;
    let done = if back.is_some() { Simple::TakenBack } else { Simple::TooLate };
    Ok(see_other(&web, &Done::Simply(done).on(&back_to(form.back.as_deref()))))
}

/// `POST /feeds/again`: feeds are followed again as they were before they were let go.
pub async fn again(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<ReceiptForm>,
) -> Result<Response, WebError> {
    let newest = i64::try_from(NEWEST_UNREAD).unwrap_or(i64::MAX);
    let back = web.app.db.undo_unsubscribe(user.id, form.receipt, newest, web.app.clock.now()).await?;
    let done = if back.is_some() { Simple::TakenBack } else { Simple::TooLate };
    Ok(see_other(&web, &Done::Simply(done).on(&back_to(form.back.as_deref()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_names_as_many_feeds_as_are_checked() {
        let several = Several::read(b"feed=3&feed=x&feed=5&act=move&category=News&back=%2Ffeeds%3Fshow%3Dmuted");
        assert_eq!(several.feeds, [FeedId(3), FeedId(5)]);
        assert_eq!((several.act.as_str(), several.category.as_str()), ("move", "News"));
        assert_eq!(several.back(), "/feeds?show=muted");
        assert_eq!(Several::read(b"back=//evil.example").back(), "/feeds");
    }
}
