//! Marks on many articles: `POST /mark-read` marks a list as read, or a part of it, and says up to which article, so that
//! nothing is marked that arrived after the page was drawn; `POST /undo` brings back exactly what was marked.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;

use super::{answer, back_to, see_other, wants_json};
use crate::domain::{ArticleId, UnixMillis};
use crate::store::Marked;
use crate::web::view::{Done, ScopeName};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The most articles of one page, which may have grown while its reader scrolled.
const MOST_ON_PAGE: usize = 2_000;

/// The form that marks a list as read.
#[derive(Debug, Deserialize)]
pub struct MarkForm {
    list: String,
    /// The newest article when the page was drawn.
    newest: ArticleId,
    /// Which of the list's articles: `day` and `week` for what is older than that, `page` for those in `page`, else all.
    #[serde(default)]
    which: String,
    /// The articles of the page: their numbers with dots between them.
    #[serde(default)]
    page: String,
    /// Those that are older than this one.
    than: Option<ArticleId>,
    /// The receipt of an earlier mark that this one belongs to.
    #[serde(default)]
    receipt: i64,
    back: Option<String>,
}

impl MarkForm {
    fn marked(&self, now: UnixMillis) -> Marked {
        match (self.which.as_str(), self.than) {
            (_, Some(article)) => Marked::OlderThan(article),
            ("day", _) => Marked::Before(now.plus(-UnixMillis::DAY)),
            ("week", _) => Marked::Before(now.plus(-7 * UnixMillis::DAY)),
            ("page", _) => {
                let ids = self.page.split('.').filter_map(|id| id.parse().ok().map(ArticleId));
                Marked::These(ids.take(MOST_ON_PAGE).collect())
            }
            _ => Marked::All,
        }
    }
}

/// `POST /mark-read`: marks what was there of a list when the page was drawn, all of it or a part.
pub async fn mark_read(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    Form(form): Form<MarkForm>,
) -> Result<Response, WebError> {
    let scope = ScopeName::parse(&form.list).ok_or_else(|| WebError::BadRequest(format!("no list “{}”", form.list)))?;
    let now = web.app.clock.now();
    let marked = form.marked(now);
    // What is named by its number was seen, whenever it came: a page that grew has newer articles than it began with.
    let newest = if matches!(marked, Marked::These(_)) { ArticleId(i64::MAX) } else { form.newest };
    let receipt = web.app.db.mark_more(user.id, scope, &marked, newest, now, form.receipt).await?;
    let done = Done::Marked { count: receipt.marked, receipt: receipt.id };
    if wants_json(&headers) {
        return answer(&web, &visit, &user, Some(scope), Some(&done)).await;
    }
    Ok(see_other(&web, &done.on(&back_to(form.back.as_deref()))))
}

/// The form behind Undo: the receipt of what is taken back, the list whose counters a script wants, and where to come
/// back to.
#[derive(Debug, Deserialize)]
pub struct UndoForm {
    receipt: i64,
    r#in: Option<String>,
    back: Option<String>,
}

/// `POST /undo`: what was marked as read with a list is unread again.
pub async fn undo(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    headers: HeaderMap,
    Form(form): Form<UndoForm>,
) -> Result<Response, WebError> {
    let count = web.app.db.undo_mark(user.id, form.receipt, web.app.clock.now()).await?;
    let done = Done::Unmarked { count };
    if wants_json(&headers) {
        let list = form.r#in.as_deref().and_then(ScopeName::parse);
        return answer(&web, &visit, &user, list, Some(&done)).await;
    }
    Ok(see_other(&web, &done.on(&back_to(form.back.as_deref()))))
}
