//! The frame of a signed-in reader's page: sidebar, counters, what just happened.

use crate::store::{Scope, Sidebar};
use crate::web::page::Frame;
use crate::web::view::{ALL_FEEDS, ListChoice, Place, SidebarView, notice_of};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// A frame and what it was made from.
#[derive(Debug)]
pub(super) struct Framed {
    /// For the page.
    pub(super) frame: Frame,
    /// Categories and feeds of the account with their counters.
    pub(super) sidebar: Sidebar,
}

/// The frame of a page that shows the list of `scope`, belongs to it, or (`None`) belongs to none. Its preferences are those
/// that hold for this list.
pub(super) async fn framed(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    scope: Option<Scope>,
) -> Result<Framed, WebError> {
    let db = &web.app.db;
    let choice = async {
        match scope {
            Some(scope) => db.list_choice(user.id, scope).await,
            None => Ok(None),
        }
    };
    let (sidebar, choice) = tokio::try_join!(db.sidebar(user.id, scope, ALL_FEEDS), choice)?;
    let mut frame = visit.frame(web);
    if let Some(scope) = scope {
        frame.preferences = user.preferences.for_list(ListChoice::from_json(choice.as_deref()));
        let list = Place::preferred(scope, &frame.preferences);
        frame.section = Some(list.path());
        frame.list = Some(list);
    }
    frame.sidebar = Some(SidebarView::new(&sidebar, frame.locale));
    frame.notice = notice_of(&frame.here, frame.locale);
    Ok(Framed { frame, sidebar })
}
