//! How SQLite walks each list, once it has counted what its tables hold.

use sqlx::Row as _;

use super::statements::ALL;
use crate::domain::{ArticleDraft, Body, BodyChoice, BodyKind, ChoiceReason, Completeness, Keys, UnixMillis, WebUrl};
use crate::store::db::Pools;
use crate::store::{DatabaseAddress, Db, NewUnread};

const NOW: UnixMillis = UnixMillis(1_760_000_000_000);

fn draft(number: i64) -> ArticleDraft {
    ArticleDraft {
        keys: Keys { first: i128::from(number).to_be_bytes(), second: None },
        guid: None,
        url: None,
        title: String::new(),
        author: None,
        site_name: None,
        published: Some(NOW.plus(-number)),
        published_text: None,
        dates: None,
        language: None,
        excerpt: String::new(),
        words: 0,
        cjk_chars: 0,
        lead_image: None,
        completeness: Completeness::Whole,
        enclosures: Vec::new(),
        categories: Vec::new(),
        comments_url: None,
        bodies: vec![Body { kind: BodyKind::Feed, html: String::new() }],
        choice: BodyChoice { shown: BodyKind::Feed, reason: ChoiceReason::OnlyOne },
    }
}

/// A library with statistics, without which a planner guesses.
async fn library(db: &Db) {
    let ann = db.create_account("ann", "hash", false, NOW).await.unwrap().unwrap();
    let category = db.create_category(ann, "News").await.unwrap().unwrap();
    for number in 0..12 {
        let url = WebUrl::parse(&format!("https://{number}.example/feed")).unwrap();
        let feed = db.ensure_feed(&url, NOW).await.unwrap();
        db.subscribe(ann, feed, (number % 3 == 0).then_some(category), NOW, 0).await.unwrap();
        let articles: Vec<_> = (0..60).map(|k| draft(k * 12 + number).into()).collect();
        for id in db.store_articles(feed, &articles, NewUnread::All, NOW).await.unwrap().added.into_iter().take(3) {
            db.set_starred(ann, id, true, NOW).await.unwrap();
            db.set_later(ann, id, true, NOW).await.unwrap();
        }
    }
}

#[tokio::test]
async fn no_list_reads_a_whole_table() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&DatabaseAddress::Sqlite(folder.path().join("gleaner.db"))).await.unwrap();
    library(&db).await;
    let Pools::Sqlite { write, .. } = &db.pools else { unreachable!("this is SQLite") };
    sqlx::query("ANALYZE").execute(write).await.unwrap();

    for (name, statement) in ALL {
        let explain = format!("EXPLAIN QUERY PLAN {}", statement.sqlite);
        let steps = sqlx::query(sqlx::AssertSqlSafe(explain)).fetch_all(write).await.unwrap();
        let steps: Vec<String> = steps.iter().map(|step| step.get("detail")).collect();
        // The page itself, up to `$4` rows, and a list of ids that was given are what is read from end to end.
        let is_small = |step: &str| step.starts_with("SCAN p") || step.starts_with("SCAN j VIRTUAL TABLE");
        let whole: Vec<&String> = steps.iter().filter(|step| step.starts_with("SCAN") && !is_small(step)).collect();
        assert!(whole.is_empty(), "{name}: {whole:?} in {steps:#?}");
    }
}
