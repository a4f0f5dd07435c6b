//! Rules: what a reader wants done with articles that arrive.
//!
//! `GET /rules` lists them; `POST /rules` adds one, or with `act=try` shows which of the newest stored articles it would have
//! meant, and changes nothing. `/rules/ID` does the same for one that is there; `POST /rules/ID/switch` lets it rest.
//! `POST /rules/apply` does what a rule says with the articles on which it was tried, `POST /rules/undo` takes that back.
//! `POST /rules/ID/delete` deletes one, `POST /rules/again` takes that back. Their order does not matter: each of them is
//! asked, and all that any of them says is done.

use askama::Template;
use axum::Form;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;

use super::framed::{Framed, framed};
use super::{ReceiptForm, see_other};
use crate::content::rule::{MAX_PATTERN_BYTES, Matched, Matcher, PatternError};
use crate::domain::{Actions, ArticleId, Condition, RuleField, RuleId, RuleScope, RuleTest, TagName};
use crate::jobs::rules::asked_by;
use crate::search::MAX_QUERY_BYTES;
use crate::store::{Category, FeedKind, Rule, Scope, SubscriptionRow};
use crate::web::locale::Locale;
use crate::web::page::{Frame, Page};
use crate::web::view::{Done, PictureView, Place, RowContext, RowView, ScopeName, Simple, feed_title};
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
    /// The rule that the form changes; a new one if there is none.
    editing: Option<RuleId>,
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
    is_off: bool,
}

/// What came of trying a rule.
#[derive(Debug)]
struct Tried {
    sentence: String,
    rows: Vec<RowView>,
    /// How many are meant, and their numbers with dots between them, for the form that does it to them.
    count: i64,
    articles: String,
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
    /// The articles on which it was tried.
    articles: String,
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

    /// What is to be done; the key of a sentence if that cannot be.
    fn actions(&self) -> Result<Actions, &'static str> {
        let tag = match self.tag.trim() {
            "" => None,
            name => Some(TagName::parse(name).ok_or("done.tag_name")?),
        };
        let is_set = |value: Option<u8>| value == Some(1);
        let actions = Actions { read: is_set(self.read), star: is_set(self.star), later: is_set(self.later), tag };
        if actions.is_nothing() { Err("rules.nothing_to_do") } else { Ok(actions) }
    }

    /// The form of a rule that is there.
    fn of(rule: &Rule) -> Self {
        let set = |is_so: bool| is_so.then_some(1);
        let Actions { read, star, later, tag } = &rule.actions;
        Self {
            scope: scope_of(rule.scope).map_or_else(String::new, |scope| ScopeName(scope).to_string()),
            field: rule.condition.field,
            test: rule.condition.test,
            pattern: rule.condition.pattern.clone(),
            read: set(*read),
            star: set(*star),
            later: set(*later),
            tag: tag.as_ref().map(|tag| tag.as_str().to_owned()).unwrap_or_default(),
            ..Self::default()
        }
    }

    fn does_something(&self) -> bool {
        self.actions().is_ok()
    }

    /// The fields of the form that say what is to be done.
    fn deeds(&self) -> Vec<(&'static str, &str)> {
        let boxes = [("read", self.read), ("star", self.star), ("later", self.later)];
        let boxes = boxes.into_iter().filter(|(_, value)| *value == Some(1)).map(|(name, _)| (name, "1"));
        boxes.chain([("tag", self.tag.as_str())]).collect()
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
const TESTS: [(RuleTest, &str, &str); 4] = [
    (RuleTest::Words, "words", "rules.words"),
    (RuleTest::Phrase, "phrase", "rules.phrase"),
    (RuleTest::Regex, "regex", "rules.regex"),
    (RuleTest::Query, "query", "rules.query"),
];

/// `GET /rules`
///
/// Its address can hold what the form begins with.
pub async fn show(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Query(form): Query<RuleForm>,
) -> Result<Response, WebError> {
    let form = RuleForm { read: Some(1), ..form };
    page(&web, &visit, &user, Shown { form, ..Shown::default() }).await
}

/// `GET /rules/{id}`: the form filled in with a rule.
pub async fn edit(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<RuleId>, PathRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    let rule = own(&web, &user, id).await?;
    page(&web, &visit, &user, Shown { form: RuleForm::of(&rule), editing: Some(id), ..Shown::default() }).await
}

/// `POST /rules`
pub async fn add(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Form(form): Form<RuleForm>,
) -> Result<Response, WebError> {
    store(&web, &visit, &user, form, None).await
}

/// `POST /rules/{id}`
pub async fn change(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    id: Result<Path<RuleId>, PathRejection>,
    Form(form): Form<RuleForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    own(&web, &user, id).await?;
    store(&web, &visit, &user, form, Some(id)).await
}

/// Tries what the form says, or stores it: as another rule, or in the place of one.
async fn store(
    web: &WebState,
    visit: &Visit,
    user: &CurrentUser,
    form: RuleForm,
    editing: Option<RuleId>,
) -> Result<Response, WebError> {
    let now = web.app.clock.now();
    let failed = |form, error| page(web, visit, user, Shown { form, editing, error: Some(error), tried: None });
    // Reading an expression costs more than sending it: nobody has the threads to themselves.
    let Ok(_errand) = web.errands.begin(user.id, now) else { return failed(form, "done.too_much").await };
    let condition = form.condition();
    if condition.test == RuleTest::Query && condition.pattern.len() > MAX_QUERY_BYTES {
        return failed(form, "rules.query_too_long").await;
    }
    let asked = asked_by(&web.app, user.id, &condition).await?;
    let compiled = web.app.content.run(move || Matcher::new(&condition, asked)).await.map_err(WebError::internal)?;
    let matcher = match compiled {
        Ok(matcher) => matcher,
        Err(error) => return failed(form, pattern_error(error)).await,
    };
    if form.act == "try" {
        let tried = Some(try_on(web, visit, user, &form, matcher).await?);
        return page(web, visit, user, Shown { form, editing, error: None, tried }).await;
    }
    let actions = match form.actions() {
        Ok(actions) => actions,
        Err(key) => return failed(form, key).await,
    };
    let (db, scope, condition) = (&web.app.db, form.scope(), form.condition());
    let done = match editing {
        Some(id) if db.change_rule(user.id, id, scope, &condition, &actions, now).await? => Simple::RulesChanged,
        Some(_) => return Err(WebError::NotFound),
        None => match db.add_rule(user.id, scope, &condition, &actions, now).await? {
            Some(_) => Simple::RulesChanged,
            None => Simple::TooManyRules,
        },
    };
    Ok(see_other(web, &Done::Simply(done).on("/rules")))
}

/// One of the account's rules.
async fn own(web: &WebState, user: &CurrentUser, id: RuleId) -> Result<Rule, WebError> {
    let rules = web.app.db.rules(user.id).await?;
    rules.into_iter().find(|rule| rule.id == id).ok_or(WebError::NotFound)
}

/// Whether a rule rests.
#[derive(Debug, Deserialize)]
pub struct SwitchForm {
    off: Option<u8>,
}

/// `POST /rules/{id}/switch`
pub async fn switch(
    State(web): State<WebState>,
    user: CurrentUser,
    id: Result<Path<RuleId>, PathRejection>,
    Form(form): Form<SwitchForm>,
) -> Result<Response, WebError> {
    let Path(id) = id?;
    if !web.app.db.switch_rule(user.id, id, form.off == Some(1)).await? {
        return Err(WebError::NotFound);
    }
    Ok(see_other(&web, &Done::Simply(Simple::RulesChanged).on("/rules")))
}

/// `POST /rules/apply`: does what the form says with the articles on which it was tried.
pub async fn apply(
    State(web): State<WebState>,
    visit: Visit,
    user: CurrentUser,
    Form(form): Form<RuleForm>,
) -> Result<Response, WebError> {
    let actions = match form.actions() {
        Ok(actions) => actions,
        Err(key) => return page(&web, &visit, &user, Shown { form, error: Some(key), ..Shown::default() }).await,
    };
    let most = usize::try_from(TRIED).unwrap_or(usize::MAX);
    let articles: Vec<ArticleId> =
        form.articles.split('.').filter_map(|id| id.parse().ok().map(ArticleId)).take(most).collect();
    let deeds = web.app.db.do_now(user.id, &articles, &actions, web.app.clock.now()).await?;
    Ok(see_other(&web, &Done::RuleApplied { count: deeds.count, receipt: deeds.receipt }.on("/rules")))
}

/// `POST /rules/undo`: what was done with articles is not done.
pub async fn undo(
    State(web): State<WebState>,
    user: CurrentUser,
    Form(form): Form<ReceiptForm>,
) -> Result<Response, WebError> {
    let back = web.app.db.undo_deeds(user.id, form.receipt, web.app.clock.now()).await?;
    let done = if back { Simple::TakenBack } else { Simple::TooLate };
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
    let query = Place { only_unread: false, order: crate::store::Order::NewestFirst, ..place }.query(TRIED);
    let rows = web.app.db.list(user.id, &query).await?;
    let mut drafts = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some((feed, draft)) = web.app.db.article_draft(row.id).await? {
            drafts.push((row.id, feed, draft));
        }
    }
    let of = i64::try_from(drafts.len()).unwrap_or(TRIED);
    let work = move || {
        let meant = drafts.iter().filter(|(_, feed, draft)| matcher.matches(&mut Matched::new(*feed, draft)));
        meant.map(|(id, ..)| *id).collect::<std::collections::HashSet<_>>()
    };
    let meant = web.app.content.run(work).await.map_err(WebError::internal)?;
    let frame = visit.frame(web);
    let zone = frame.zone();
    let leads: Vec<_> = rows.iter().filter_map(|row| row.lead_image.clone()).collect();
    let pictures = web.app.db.pictures_at(&leads).await?;
    let context = RowContext::new(&frame, &zone, &place, PictureView::new(&web.signer, &pictures));
    let (n, of) = (frame.locale.number(i64::try_from(meant.len()).unwrap_or(0)), frame.locale.number(of));
    let count = i64::try_from(meant.len()).unwrap_or(0);
    Ok(Tried {
        count,
        articles: rows
            .iter()
            .filter(|row| meant.contains(&row.id))
            .map(|row| row.id.to_string())
            .collect::<Vec<_>>()
            .join("."),
        sentence: frame.locale.say("rules.tried", [("n", &n), ("of", &of)]),
        rows: rows
            .iter()
            .filter(|row| meant.contains(&row.id))
            .take(SHOWN)
            .map(|row| RowView::new(row, &context))
            .collect(),
    })
}

/// What the page shows beside the rules.
#[derive(Debug, Default)]
struct Shown {
    form: RuleForm,
    editing: Option<RuleId>,
    /// The key of a sentence.
    error: Option<&'static str>,
    tried: Option<Tried>,
}

async fn page(web: &WebState, visit: &Visit, user: &CurrentUser, shown: Shown) -> Result<Response, WebError> {
    let Shown { form, editing, error, tried } = shown;
    let rules = web.app.db.rules(user.id).await?;
    let Framed { mut frame, sidebar } = framed(web, visit, user, None).await?;
    frame.section = Some("/rules".to_owned());
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
        editing,
        tried,
        frame,
    };
    let status = match error {
        None => StatusCode::OK,
        Some("done.too_much") => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
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

/// The list of the articles that a rule looks at; none if what it looked at is gone.
fn scope_of(scope: RuleScope) -> Option<Scope> {
    match scope {
        RuleScope::All => Some(Scope::All),
        RuleScope::Feed(feed) => feed.map(Scope::Feed),
        RuleScope::Category(category) => category.map(Scope::Category),
    }
}

impl RuleView {
    fn new(rule: &Rule, scopes: &[(String, String)], locale: Locale) -> Self {
        let value = scope_of(rule.scope).map(|scope| ScopeName(scope).to_string());
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
            is_off: rule.is_off,
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
