//! Counting what a page could only estimate.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query as Params, State};
use serde::Serialize;

use super::facets::{facets, names};
use super::hits::newest;
use super::{SearchParams, WINDOW, count};
use crate::search::Query;
use crate::store::{Scope, SearchRequest};
use crate::web::pages::framed::{Framed, framed};
use crate::web::view::ScopeName;
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// The number of hits as the page says it, and the numbers of facets by the addresses of the narrower searches.
#[derive(Debug, Default, Serialize)]
pub struct Counted {
    count: String,
    facets: HashMap<String, String>,
}

/// `GET /search/count`
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Params(params): Params<SearchParams>,
) -> Result<Json<Counted>, WebError> {
    let scope = params.r#in.as_deref().and_then(ScopeName::parse).filter(|scope| *scope != Scope::All);
    let Framed { frame, sidebar } = framed(&web, &visit, &user, scope).await?;
    let zone = frame.zone();
    let query = Query::parse(&params.q, frame.now, &zone);
    let Some(node) = &query.node else { return Ok(Json::default()) };
    let request = SearchRequest { node, within: scope, below: None, limit: WINDOW + 1 };
    let found = newest(&web, &user, &request, None, true).await?;
    let names = names(&web, &user, &sidebar, &found.hits).await?;
    let all = facets(&found.hits, &params.q, scope.map(ScopeName), &names, &frame, &zone);
    let values = all.into_iter().flat_map(|facet| facet.values);
    let facets = values.map(|(_, n, path)| (frame.path(path.as_str()), frame.number(n))).collect();
    Ok(Json(Counted { count: count(&found, &frame), facets }))
}
