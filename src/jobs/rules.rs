//! Rules meet articles: those that arrive, and, for a reader who tries a rule, those that are there.

use std::collections::HashMap;

use super::zone::zone_of;
use crate::app::App;
use crate::content::rule::{Asked, Matched, Matcher};
use crate::domain::{AccountId, Actions, ArticleDraft, Condition, FeedId, RuleTest};
use crate::search::Query;
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
    let mut asked = Vec::with_capacity(rules.len());
    for rule in &rules {
        asked.push(asked_by(app, rule.account, &rule.condition).await?);
    }
    let drafts: Vec<_> = articles.iter().map(|article| article.draft.clone()).collect();
    let judged = app
        .content
        .run(move || {
            let rules: Vec<_> = rules
                .iter()
                .zip(asked)
                .filter_map(|(rule, asked)| Some((rule, Matcher::new(&rule.condition, asked).ok()?)))
                .collect();
            drafts.iter().map(|draft| verdicts(&rules, feed, draft)).collect::<Vec<_>>()
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

/// The query of a condition, as this account means it; `None` if the condition is none.
pub async fn asked_by(app: &App, account: AccountId, condition: &Condition) -> Result<Option<Asked>, StoreError> {
    if condition.test != RuleTest::Query {
        return Ok(None);
    }
    let query = Query::parse(condition.pattern.trim(), app.clock.now(), &zone_of(app, account).await?);
    let feeds = match &query.node {
        Some(node) => app.db.feeds_meant(account, node).await?,
        None => HashMap::new(),
    };
    Ok(Some(Asked { query, feeds }))
}

fn verdicts(rules: &[(&Rule, Matcher)], feed: FeedId, draft: &ArticleDraft) -> Vec<Verdict> {
    let mut article = Matched::new(feed, draft);
    let mut all: HashMap<AccountId, Actions> = HashMap::new();
    for (rule, matcher) in rules {
        if matcher.matches(&mut article) {
            all.entry(rule.account).or_default().join(&rule.actions);
        }
    }
    all.into_iter().map(|(account, actions)| Verdict { account, actions }).collect()
}
