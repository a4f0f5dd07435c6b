//! Rules: what a reader wants done with articles that arrive.
//!
//! `GET /rules` lists them; `POST /rules` adds one, or with `act=try` shows which of the newest stored articles it would have
//! meant, and changes nothing. `POST /rules/ID/delete` deletes one, `POST /rules/again` takes that back.

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;

use super::framed::{Framed, framed};
use super::{ReceiptForm, see_other};
use crate::content::rule::{MAX_PATTERN_BYTES, Matched, Matcher, PatternError};
use crate::domain::{Actions, Condition, RuleField, RuleId, RuleScope, RuleTest, TagName};
use crate::store::{Category, FeedKind, Rule, Scope, SubscriptionRow};
use crate::web::locale::Locale;
use crate::web::page::{Frame, Page};
use crate::web::view::{Done, Place, RowContext, RowView, ScopeName, Simple, feed_title};
use crate::web::{CurrentUser, Visit, WebError, WebState};

/// A rule is tried on so many stored articles, the newest ones.
const TRIED: i64 = 300;
/// So many of those that it means are shown.
const SHOWN: usize = 50;

/// The page of rules.
#[derive(Debug, Template)]
#[template(path = "pages/rules.html")]
pub struct RulesPage {
    frame: Frame,
    rules: Vec<RuleView>,
    form: RuleForm,
    /// What of an article can be read, how, and where: value and words of each choice.
    fields: Vec<(&'static str, &'static str)>,
    tests: Vec<(&'static str, &'static str)>,
    scopes: Vec<(String, String)>,
    known_tags: Vec<String>,
    most_bytes: usize,
    error: Option<String>,
    tried: Option<Tried>,
}

/// A rule in words.
#[derive(Debug)]
struct RuleView {
    id: RuleId,
    when: String,
    then: String,
    rests: bool,
}

/// What came of trying a rule.
#[derive(Debug)]
struct Tried {
    sentence: String,
    rows: Vec<RowView>,
}

/// A rule as the form has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RuleForm {
    scope: String,
    field: RuleField,
    test: RuleTest,
    pattern: String,
    read: Option<u8>,
    star: Option<u8>,
    later: Option<u8>,
    tag: String,
    act: String,
}

impl RuleForm {
    fn condition(&self) -> Condition {
        Condition { field: self.field, test: self.test, pattern: self.pattern.trim().to_owned() }
    }

    fn scope(&self) -> RuleScope {
        match ScopeName::parse(&self.scope) {
            Some(Scope::Feed(feed)) => RuleScope::Feed(Some(feed)),
            Some(Scope::Category(category)) => RuleScope::Category(Some(category)),
            _ => RuleScope::All,
        }
    }

    fn is_field(&self, value: &str) -> bool {
        FIELDS.iter().any(|(field, name, _)| *field == self.field && *name == value)
    }

    fn is_test(&self, value: &str) -> bool {
        TESTS.iter().any(|(test, name, _)| *test == self.test && *name == value)
    }
}

const FIELDS: [(RuleField, &str, &str); 5] = [
    (RuleField::Title, "title", "rules.title_field"),
    (RuleField::Author, "author", "rules.author_field"),
    (RuleField::Text, "text", "rules.text_field"),
    (RuleField::Url, "url", "rules.url_field"),
    (RuleField::Language, "language", "rules.language_field"),
];
const TESTS: [(RuleTest, &str, &str); 3] = [
    (RuleTest::Words, "words", "rules.words"),
    (RuleTest::Phrase, "phrase", "rules.phrase"),
    (RuleTest::Regex, "regex", "rules.regex"),
];

/// `GET /rules`
pub async fn show(State(web): State<WebState>, visit: Visit, user: CurrentUser) -> Result<Response, WebError> {
    let form = RuleForm { read: Some(1), ..RuleForm::default() };
    page(&web, &visit, &user, form, None, None).await
}

/// `POST /rules`
pub async fn add(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Form(form): Form<RuleForm>,
) -> Result<Response, WebError> {
    let condition = form.condition();
    let compiled = web.app.content.run(move || Matcher::new(&condition)).await.map_err(WebError::internal)?;
    let matcher = match compiled {
        Ok(matcher) => matcher,
        Err(error) => return page(&web, &visit, &user, form, Some(pattern_error(error)), None).await,
    };
    if form.act == "try" {
        let tried = try_on(&web, &visit, &user, &form, matcher).await?;
        return page(&web, &visit, &user, form, None, Some(tried)).await;
    }
    let tag = match form.tag.trim() {
        "" => None,
        name => match TagName::parse(name) {
            Some(name) => Some(name),
            None => return page(&web, &visit, &user, form, Some("done.tag_name"), None).await,
        },
    };
    let is_set = |value: Option<u8>| value == Some(1);
    let actions = Actions { read: is_set(form.read), star: is_set(form.star), later: is_set(form.later), tag };
    if actions.is_nothing() {
        return page(&web, &visit, &user, form, Some("rules.nothing_to_do"), None).await;
    }
    let now = web.app.clock.now();
    let done = match web.app.db.add_rule(user.id, form.scope(), &form.condition(), &actions, now).await? {
        Some(_) => Simple::RulesChanged,
        None => Simple::TooManyRules,
    };
    Ok(see_other(&web, &Done::Simply(done).on("/rules")))
}

/// `POST /rules/{id}/delete`: the next page can take that back.
pub async fn delete(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<RuleId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let receipt = web.app.db.delete_rule(user.id, id, web.app.clock.now()).await?.ok_or(WebError::NotFound)?;
    Ok(see_other(&web, &Done::RuleGone { receipt }.on("/rules")))
}

/// `POST /rules/again`: brings a deleted rule back.
pub async fn again(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<ReceiptForm>,
) -> Result<Response, WebError> {
    let back = web.app.db.restore_rule(user.id, form.receipt, web.app.clock.now()).await?;
    let done = if back { Simple::RulesChanged } else { Simple::TooLate };
    Ok(see_other(&web, &Done::Simply(done).on("/rules")))
}

/// The newest stored articles that the rule would have meant.
async fn try_on(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    form: &RuleForm,
    matcher: Matcher,
) -> Result<Tried, WebError> {
    let scope = ScopeName::parse(&form.scope).unwrap_or(Scope::All);
    let place = Place { scope, ..Place::preferred(Scope::All, &user.preferences) };
    let query = Place { only_unread: false, order: crate::store::Order::NewestFirst, ..place }.query(None, TRIED);
    let rows = web.app.db.list(user.id, &query).await?;
    let mut drafts = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some((_, draft)) = web.app.db.article_draft(row.id).await? {
            drafts.push((row.id, draft));
        }
    }
    let of = i64::try_from(drafts.len()).unwrap_or(TRIED);
    let work = move || {
        let meant = drafts.iter().filter(|(_, draft)| matcher.matches(&mut Matched::new(draft)));
        meant.map(|(id, _)| *id).collect::<std::collections::HashSet<_>>()
    };
    let meant = web.app.content.run(work).await.map_err(WebError::internal)?;
    let frame = visit.frame(web);
    let zone = frame.zone();
    let context = RowContext {
        locale: frame.locale,
        preferences: &frame.preferences,
        zone: &zone,
        now: frame.now,
        place: &place,
        signer: &web.signer,
    };
    let (n, of) = (frame.locale.number(i64::try_from(meant.len()).unwrap_or(0)), frame.locale.number(of));
    Ok(Tried {
        sentence: frame.locale.say("rules.tried", [("n", &n), ("of", &of)]),
        rows: rows
            .iter()
            .filter(|row| meant.contains(&row.id))
            .take(SHOWN)
            .map(|row| RowView::new(row, &context))
            .collect(),
    })
}

async fn page(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    form: RuleForm,
    error: Option<&'static str>,
    tried: Option<Tried>,
) -> Result<Response, WebError> {
    let rules = web.app.db.rules(user.id).await?;
    let Framed { frame, sidebar } = framed(web, visit, user, None).await?;
    let (categories, feeds) = (web.app.db.categories(user.id).await?, web.app.db.subscriptions(user.id).await?);
    let locale = frame.locale;
    let scopes = scopes(&categories, &feeds, locale);
    let page = RulesPage {
        rules: rules.iter().map(|rule| RuleView::new(rule, &scopes, locale)).collect(),
        fields: FIELDS.map(|(_, name, key)| (name, locale.t(key))).into(),
        tests: TESTS.map(|(_, name, key)| (name, locale.t(key))).into(),
        known_tags: sidebar.tags.iter().take(200).map(|tag| tag.name.clone()).collect(),
        most_bytes: MAX_PATTERN_BYTES,
        error: error.map(|key| locale.t(key).to_owned()),
        scopes,
        form,
        tried,
        frame,
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(Page::new(page).status(status).into_response())
}

/// Everything, each category, each feed: the value of the choice and its words.
fn scopes(categories: &[Category], feeds: &[SubscriptionRow], locale: Locale) -> Vec<(String, String)> {
    let mut scopes = vec![("all".to_owned(), locale.t("rules.everything").to_owned())];
    for category in categories {
        scopes.push((ScopeName(Scope::Category(category.id)).to_string(), category.title.clone()));
    }
    // What a reader saves or imports does not arrive: rules look at feeds.
    let feeds = feeds.iter().filter(|feed| feed.kind == FeedKind::Public);
    scopes.extend(feeds.map(|row| (ScopeName(Scope::Feed(row.feed)).to_string(), feed_title(&row.title, locale))));
    scopes
}

impl RuleView {
    fn new(rule: &Rule, scopes: &[(String, String)], locale: Locale) -> Self {
        let scope = match rule.scope {
            RuleScope::All => Some(Scope::All),
            RuleScope::Feed(feed) => feed.map(Scope::Feed),
            RuleScope::Category(category) => category.map(Scope::Category),
        };
        let value = scope.map(|scope| ScopeName(scope).to_string());
        let place = value.and_then(|value| scopes.iter().find(|(known, _)| *known == value));
        let field = FIELDS.iter().find(|(field, ..)| *field == rule.condition.field).map_or("", |(_, _, key)| key);
        let test = TESTS.iter().find(|(test, ..)| *test == rule.condition.test).map_or("", |(_, _, key)| key);
        let actions = &rule.actions;
        let then = [
            actions.read.then(|| locale.t("rules.read").to_owned()),
            actions.star.then(|| locale.t("rules.star").to_owned()),
            actions.later.then(|| locale.t("rules.later").to_owned()),
            actions.tag.as_ref().map(|tag| locale.say("rules.tagged", [("name", &tag.as_str())])),
        ];
        Self {
            id: rule.id,
            when: locale.say(
                "rules.sentence",
                [
                    ("scope", &place.map_or(locale.t("rules.gone"), |(_, title)| title)),
                    ("field", &locale.t(field)),
                    ("test", &locale.t(test)),
                    ("pattern", &rule.condition.pattern),
                ],
            ),
            then: then.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            rests: place.is_none(),
        }
    }
}

fn pattern_error(error: PatternError) -> &'static str {
    match error {
        PatternError::Empty => "rules.empty",
        PatternError::TooLong => "rules.too_long",
        PatternError::NoRegex => "rules.no_regex",
    }
}
