//! A whole account out of one Gleaner and into another, on both databases.

use std::io::Cursor;
use std::sync::Arc;

use axum::body::Bytes;
use gleaner::archive::account::ListChoiceLine;
use gleaner::domain::{
    AccountId, Actions, Anchor, ArticleId, Condition, FeedId, HighlightColour, RuleScope, TagName, UnixMillis,
};
use gleaner::jobs::account::{AccountError, TakenIn, export, take_in};
use gleaner::jobs::housekeeping::undo_import;
use gleaner::jobs::import::ImportOptions;
use gleaner::jobs::import_log::ImportLog;
use gleaner::jobs::import_parts::{self, PartReport};
use gleaner::jobs::mirror::keep_pictures;
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::{ListQuery, Order, Scope, SubscriptionChange};
use image::ImageFormat;
use tokio::sync::mpsc;

use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::house::House;
use crate::support::outside::Reply;

/// The account of a house as one file.
async fn file_of(house: &House, account: AccountId) -> Vec<u8> {
    let (parts, mut coming) = mpsc::channel::<std::io::Result<Bytes>>(4);
    let app = Arc::clone(&house.app);
    let writing = tokio::spawn(async move { export(&app, account, false, &parts, &|_| {}).await.map(drop) });
    let mut file = Vec::new();
    while let Some(part) = coming.recv().await {
        file.extend(part.unwrap());
    }
    writing.await.unwrap().unwrap();
    file
}

async fn take(house: &House, account: AccountId, file: &[u8], for_all: bool) -> TakenIn {
    let mut log = ImportLog::begin(&house.app, account).await.unwrap();
    take_in(&house.app, account, Box::new(Cursor::new(file.to_vec())), for_all, &mut log, &|_| {}).await.unwrap()
}

/// A feed in the world with these articles (title and text), read by the house.
async fn read_feed(house: &House, feed: FeedId, items: &[(&str, &str)]) {
    let items: String = items
        .iter()
        .map(|(title, text)| {
            let link = house.world.url(&format!("/{title}"));
            format!(
                "<item><title>{title}</title><link>{link}</link><guid>{title}</guid>\
                 <pubDate>Tue, 15 Aug 2023 09:07:19 GMT</pubDate><description><![CDATA[{text}]]></description></item>"
            )
        })
        .collect();
    let rss = format!("<rss version=\"2.0\"><channel><title>Harbour &amp; sea</title>{items}</channel></rss>");
    house.world.route("/feed", Reply::ok("application/rss+xml", rss));
    refresh_feed(&house.app, feed).await.unwrap();
}

async fn id_of(house: &House, account: AccountId, title: &str) -> ArticleId {
    let query =
        ListQuery { scope: Scope::All, only_unread: false, order: Order::NewestFirst, after: None, limit: 1_000 };
    let rows = house.app.db.list(account, &query).await.unwrap();
    rows.iter().find(|row| row.title == title).unwrap_or_else(|| panic!("no {title}")).id
}

/// An account that did everything there is to do. Its article “Ferry” has two versions, and the first is the one that is read.
async fn lived_in(house: &House) {
    let (db, account, now) = (&house.app.db, house.reader, house.app.clock.now());
    let picture = crate::pictures::picture(ImageFormat::Png, 320, 240);
    house.world.route("/boat.png", Reply::ok("image/png", picture));
    let feed = house.follow("/feed").await;
    let boat = "<p>The gull flew over the harbour, and came back late.</p><img src=\"/boat.png\" alt=\"A boat\">";
    read_feed(house, feed, &[("Ferry", "<p>The ferry left at noon with nobody on board.</p>"), ("Gull", boat)]).await;
    house.clock.advance(UnixMillis::DAY);
    read_feed(
        house,
        feed,
        &[("Ferry", "<p>The ferry never left at all; it lies at the quay and rusts.</p>"), ("Gull", boat)],
    )
    .await;
    let category = db.category_by_title_or_create(account, "Water").await.unwrap();
    let change = SubscriptionChange {
        title: Some("My harbour".to_owned()),
        category: Some(Some(category)),
        ..SubscriptionChange::default()
    };
    db.update_subscription(account, feed, &change).await.unwrap();
    let (ferry, gull) = (id_of(house, account, "Ferry").await, id_of(house, account, "Gull").await);
    keep_pictures(&house.app, gull).await.unwrap();
    db.set_starred(account, gull, true, now).await.unwrap();
    db.set_later(account, ferry, true, now).await.unwrap();
    db.set_read(account, gull, true, now).await.unwrap();
    db.tag_article(account, gull, &[TagName::parse("Birds").unwrap(), TagName::parse("鸟").unwrap()], now)
        .await
        .unwrap();
    let anchor =
        Anchor { exact: "came back late".to_owned(), prefix: "and ".to_owned(), suffix: ".".to_owned(), start: 38 };
    db.highlight(account, gull, &anchor, Some(HighlightColour::default()), "so it did", now).await.unwrap();
    let versions = db.versions(account, ferry).await.unwrap();
    assert_eq!(versions.len(), 2);
    db.pin_version(account, ferry, versions[0].id, gleaner::domain::BodyKind::Feed, now).await.unwrap();
    let actions = Actions { star: true, tag: TagName::parse("Birds"), ..Actions::default() };
    let condition = Condition { pattern: "gull".to_owned(), ..Condition::default() };
    db.add_rule(account, RuleScope::Feed(Some(feed)), &condition, &actions, now).await.unwrap();
    db.save_search(account, "Late", "late tag:Birds", now).await.unwrap();
    let file = house.world.url("/gull.mp3");
    db.set_played(account, gull, &file, Some(95), now).await.unwrap();
    let birds = db.tags(account).await.unwrap().iter().find(|tag| tag.name == "Birds").unwrap().id;
    for (scope, choice) in [
        (Scope::Feed(feed), "{\"order\":\"oldest\"}"),
        (Scope::Category(category), "{\"only_unread\":true}"),
        (Scope::Tag(birds), "{\"density\":\"compact\"}"),
        (Scope::Later, "{\"order\":\"newest\"}"),
    ] {
        assert!(db.set_list_choice(account, scope, choice).await.unwrap());
    }
    db.set_account_settings(account, "{\"theme\":\"sepia\"}").await.unwrap();
}

/// What the pages of an account show.
async fn shown(house: &House, account: AccountId) -> Vec<String> {
    let db = &house.app.db;
    let mut said = Vec::new();
    for (name, scope, only_unread) in [
        ("all", Scope::All, false),
        ("unread", Scope::Unread, true),
        ("starred", Scope::Starred, false),
        ("later", Scope::Later, false),
    ] {
        let query = ListQuery { scope, only_unread, order: Order::NewestFirst, after: None, limit: 1_000 };
        for row in db.list(account, &query).await.unwrap() {
            let at = row.cursor.sort_at.0;
            said.push(format!(
                "{name}: {} {} {} {:?} {at} {}",
                row.feed_title, row.title, row.excerpt, row.url, row.unread
            ));
        }
    }
    for title in ["Ferry", "Gull"] {
        let id = id_of(house, account, title).await;
        let article = db.article(account, id).await.unwrap().unwrap();
        said.push(format!(
            "{title}: {:?} {:?} {:?}",
            article.body.map(|body| body.html),
            article.published,
            article.fetched_at
        ));
        for version in db.versions(account, id).await.unwrap() {
            let text = db.article_body(account, id, version.id, gleaner::domain::BodyKind::Feed).await.unwrap();
            said.push(format!(
                "{title} version: {} {:?} {} {text:?}",
                version.title, version.created_at, version.trivial
            ));
        }
        let played = db.played(account, id).await.unwrap();
        said.push(format!("{title} stopped: {played:?}"));
        let tags = db.article_tags(account, id).await.unwrap();
        said.push(format!("{title} tags: {:?}", tags.into_iter().map(|tag| tag.name).collect::<Vec<_>>()));
        for one in db.article_highlights(account, id).await.unwrap() {
            said.push(format!(
                "{title} highlight: {:?} {:?} {} {:?}",
                one.anchor, one.colour, one.note, one.created_at
            ));
        }
        let pictures = db.pictures_of(id).await.unwrap();
        let mut pictures: Vec<_> = pictures.into_iter().map(|(url, state)| format!("{url} {state:?}")).collect();
        pictures.sort();
        said.push(format!("{title} pictures: {pictures:?}"));
    }
    for row in db.subscriptions(account).await.unwrap() {
        said.push(format!("feed: {:?} {} {:?} {}", row.url, row.title, row.own_title, row.unread));
    }
    let titles = db.categories(account).await.unwrap().into_iter().map(|one| one.title).collect::<Vec<_>>();
    said.push(format!("categories: {titles:?}"));
    for rule in db.rules(account).await.unwrap() {
        said.push(format!("rule: {:?} {:?} {}", rule.condition, rule.actions, rule.is_off));
    }
    for search in db.saved_searches(account).await.unwrap() {
        said.push(format!("search: {} {}", search.name, search.query));
    }
    for choice in db.list_choices(account).await.unwrap() {
        // Feeds have other numbers elsewhere.
        said.push(format!(
            "{:?} with a feed: {}",
            ListChoiceLine { feed: None, ..choice.clone() },
            choice.feed.is_some()
        ));
    }
    said.push(db.account_settings(account).await.unwrap());
    said
}

on_both_databases! {
    async fn an_account_comes_back_as_it_was_in_another_house(house: House) {
        lived_in(&house).await;
        let before = shown(&house, house.reader).await;
        let file = file_of(&house, house.reader).await;
        // Another house on the other side of the world, on SQLite whatever the first one is on.
        let other = House::on(TestDatabase::sqlite()).await;
        other.clock.advance(UnixMillis::DAY);

        let taken = take(&other, other.reader, &file, true).await;

        assert_eq!((taken.added, taken.already, taken.refused, taken.feeds, taken.pictures), (2, 0, 0, 1, 1));
        assert_eq!(shown(&other, other.reader).await, before);
        let hits = gleaner::search::Query::parse("quay", other.app.clock.now(), &jiff::tz::TimeZone::UTC);
        let request = gleaner::store::SearchRequest { node: hits.node.as_ref().unwrap(), within: None, below: None, limit: 10 };
        assert!(other.app.db.search(other.reader, &request).await.unwrap().hits.is_empty(), "the version that is read is searched");

        // What is back goes on: the feed is read again, and nothing is new.
        let again = take(&other, other.reader, &file, true).await;
        assert_eq!((again.added, again.already, again.feeds), (0, 2, 0));
        assert_eq!(shown(&other, other.reader).await, before);
    }

    async fn the_same_database_takes_it_in_for_another_account(house: House) {
        lived_in(&house).await;
        let before = shown(&house, house.reader).await;
        let file = file_of(&house, house.reader).await;
        let now = house.app.clock.now();
        let other = house.app.db.create_account("other", "no hash", false, now).await.unwrap().unwrap();

        let taken = take(&house, other, &file, true).await;

        assert_eq!((taken.added, taken.already), (0, 2), "the articles are those of the feed that both follow");
        let marks = |said: &[String]| -> Vec<String> {
            said.iter().filter(|line| !line.starts_with("unread:") && !line.starts_with("feed:") && !line.starts_with("all:")).cloned().collect()
        };
        // What was pinned is the chooser's own; everything else is theirs, too.
        let (ours, theirs) = (marks(&before), marks(&shown(&house, other).await));
        let differing: Vec<_> = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs).collect();
        assert!(differing.iter().all(|(ours, _)| ours.contains("Ferry")), "{differing:?}");
        assert_eq!(shown(&house, house.reader).await, before, "nobody else's account is another");
    }

    async fn what_its_reader_did_since_stays(house: House) {
        lived_in(&house).await;
        let file = file_of(&house, house.reader).await;
        let other = House::on(TestDatabase::sqlite()).await;
        other.clock.advance(UnixMillis::DAY);
        take(&other, other.reader, &file, true).await;
        let (db, now) = (&other.app.db, other.app.clock.now());
        let gull = id_of(&other, other.reader, "Gull").await;
        db.set_starred(other.reader, gull, false, now).await.unwrap();
        for tag in db.article_tags(other.reader, gull).await.unwrap() {
            db.untag_article(other.reader, gull, tag.id, UnixMillis(i64::MAX)).await.unwrap();
        }
        let after = shown(&other, other.reader).await;

        take(&other, other.reader, &file, true).await;

        assert_eq!(shown(&other, other.reader).await, after);
    }

    async fn a_reader_among_others_cannot_put_articles_into_a_feed_that_all_share(house: House) {
        lived_in(&house).await;
        let file = file_of(&house, house.reader).await;
        let other = House::on(TestDatabase::sqlite()).await;
        other.clock.advance(UnixMillis::DAY);
        let now = other.app.clock.now();
        other.app.db.create_account("second", "no hash", false, now).await.unwrap();
        let parts = import_parts::read("account.zip".to_owned(), file).await.unwrap();

        let mut log = ImportLog::begin(&other.app, other.reader).await.unwrap();
        let reports =
            import_parts::take_in(&other.app, other.reader, &parts, ImportOptions::default(), "Imported", &mut log, &|_| {}).await.unwrap();

        assert!(matches!(&reports[0], PartReport::Account(name, taken) if name == "account.zip" && taken.added == 2));
        let url = house.world.url("/feed");
        let shared = other.app.db.feed_by_url(&url).await.unwrap().expect("it is followed");
        assert!(other.app.db.article_ids(shared.id, ArticleId(0), 10).await.unwrap().is_empty());
        let rows = other.list(Scope::Starred, false).await;
        assert_eq!(rows.iter().map(|row| row.feed_title.as_str()).collect::<Vec<_>>(), ["Harbour & sea"]);
        assert!(other.app.db.pictures_of(rows[0].id).await.unwrap().is_empty(), "nor pictures under addresses that all share");
    }

    async fn marks_on_articles_that_were_there_are_taken_back(house: House) {
        lived_in(&house).await;
        let (db, account) = (&house.app.db, house.reader);
        let file = file_of(&house, account).await;
        let starred: Vec<ArticleId> = house.list(Scope::Starred, false).await.iter().map(|row| row.id).collect();
        assert!(!starred.is_empty());
        for article in &starred {
            db.set_starred(account, *article, false, house.app.clock.now()).await.unwrap();
        }
        let before = db.holdings(account).await.unwrap();

        let mut log = ImportLog::begin(&house.app, account).await.unwrap();
        take_in(&house.app, account, Box::new(Cursor::new(file.clone())), true, &mut log, &|_| {}).await.unwrap();
        let receipt = log.close("account.zip".to_owned()).await.unwrap().expect("something to take back");
        assert_eq!(house.list(Scope::Starred, false).await.len(), starred.len());
        let undone = undo_import(&house.app, account, receipt, &|_| {}).await.unwrap().expect("in time");

        assert_eq!((undone.thrown, undone.kept), (0, 0));
        assert!(house.list(Scope::Starred, false).await.is_empty());
        assert_eq!(db.holdings(account).await.unwrap(), before);
        // The file can come again, as if it never had.
        assert_eq!(take(&house, account, &file, true).await.already, house.list(Scope::All, false).await.len());
        assert_eq!(house.list(Scope::Starred, false).await.len(), starred.len());
    }

    async fn damaged_and_foreign_files_change_nothing(house: House) {
        lived_in(&house).await;
        let file = file_of(&house, house.reader).await;
        let other = House::on(TestDatabase::sqlite()).await;
        let mut log = ImportLog::begin(&other.app, other.reader).await.unwrap();

        for bytes in [b"PK\x03\x04".to_vec(), b"no archive".to_vec(), file[..file.len() / 2].to_vec()] {
            let source = Box::new(Cursor::new(bytes));
            let refused = take_in(&other.app, other.reader, source, true, &mut log, &|_| {}).await;
            assert!(matches!(refused, Err(AccountError::NoAccount)), "{refused:?}");
        }
        assert!(other.list(Scope::All, false).await.is_empty());
        // A damaged byte anywhere costs what it stands in, and no more than that.
        for at in (0..file.len()).step_by(file.len() / 40 + 1) {
            let mut bytes = file.clone();
            bytes[at] ^= 0x55;
            let _ = take_in(&other.app, other.reader, Box::new(Cursor::new(bytes)), true, &mut log, &|_| {}).await;
        }
    }
}
