//! Rules meet articles: those that arrive, and, for a reader who tries a rule, those that are there.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::zone::zone_of;
use crate::app::App;
use crate::content::rule::{Matched, Matcher};
use crate::domain::{AccountId, Actions, ArticleDraft, FeedId};
use crate::store::{IncomingArticle, Rule, StoreError, Verdict};

/// Notes on each article what the rules of those who follow the feed say of it. Rules that cannot be read, or a pool
/// that has no time for them, never keep an article out.
pub(super) async fn judge(
    app: &App,
    feed: FeedId,
    articles: Vec<IncomingArticle>,
) -> Result<Vec<IncomingArticle>, StoreError> {
    let rules = app.db.rules_of_feed(feed).await?;
    if rules.is_empty() {
        return Ok(articles);
    }
    let mut zones = HashMap::new();
    for rule in &rules {
        if let Entry::Vacant(place) = zones.entry(rule.account) {
            place.insert(zone_of(app, rule.account).await?);
        }
    }
    let drafts: Vec<_> = articles.iter().map(|article| article.draft.clone()).collect();
    let judged = app
        .content
        .run(move || {
            let matcher = |rule: &Rule| Matcher::new(&rule.condition, zones.get(&rule.account)?).ok();
            let rules: Vec<_> = rules.iter().filter_map(|rule| Some((rule, matcher(rule)?))).collect();
            drafts.iter().map(|draft| verdicts(&rules, draft)).collect::<Vec<_>>()
        })
        .await;
    let verdicts = match judged {
        Ok(verdicts) => verdicts,
        Err(error) => {
            tracing::error!(feed = feed.0, %error, "the rules for a feed could not be applied");
            return Ok(articles);
        }
    };
    Ok(articles.into_iter().zip(verdicts).map(|(article, verdicts)| IncomingArticle { verdicts, ..article }).collect())
}

fn verdicts(rules: &[(&Rule, Matcher)], draft: &ArticleDraft) -> Vec<Verdict> {
    let mut article = Matched::new(draft);
    let mut all: HashMap<AccountId, Actions> = HashMap::new();
    for (rule, matcher) in rules {
        if matcher.matches(&mut article) {
            all.entry(rule.account).or_default().join(&rule.actions);
        }
    }
    all.into_iter().map(|(account, actions)| Verdict { account, actions }).collect()
}
