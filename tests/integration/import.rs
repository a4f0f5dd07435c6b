//! Taking in subscription lists and archived articles, on both databases.

use gleaner::archive::{self, ArchivedArticle};
use gleaner::domain::ArticleId;
use gleaner::jobs::import::{ArchiveFile, ImportOptions, ImportReport, archive_files, opml};
use gleaner::store::Scope;

use crate::support::database::on_both_databases;
use crate::support::house::House;

const TEA: &str = "<!--1692092344000-->\n[Tea [and] rain](https://tea.example/1.html)\n------\n\n\
                   <div><i>Tue, 15 Aug 2023 09:07:19 GMT</i></div><p>The rain came late.</p>\n";

fn file(path: &str, text: &str) -> ArchiveFile {
    let mut folders: Vec<String> = path.split('/').map(str::to_owned).collect();
    folders.pop();
    ArchiveFile {
        name: path.to_owned(),
        folders,
        fallback_source: "Imported".to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

async fn import(house: &House, files: Vec<ArchiveFile>) -> ImportReport {
    archive_files(&house.app, house.reader, files, ImportOptions::default()).await.unwrap()
}

fn outcome(report: &ImportReport) -> (usize, usize, usize, usize) {
    (report.added, report.changed, report.unchanged, report.skipped.len())
}

on_both_databases! {
    async fn an_archived_article_is_read_in_with_its_title_its_date_and_its_source(house: House) {
        let report = import(&house, vec![file("articles/Tea Times/1_x.txt", TEA)]).await;

        assert_eq!(outcome(&report), (1, 0, 0, 0));
        let rows = house.list(Scope::Unread, true).await;
        assert_eq!(rows.len(), 1);
        let article = house.app.db.article(house.reader, rows[0].id).await.unwrap().expect("the article");
        assert_eq!(article.title, "Tea [and] rain");
        assert_eq!(article.feed_title, "Tea Times");
        assert_eq!(article.url.unwrap().as_str(), "https://tea.example/1.html");
        // The date that the text gives, and not the collector's stamp, which is five minutes later.
        assert_eq!(article.published.unwrap().to_timestamp().unwrap().to_string(), "2023-08-15T09:07:19Z");
        assert_eq!(article.fetched_at.0, 1_692_092_344_000, "the stamp says when it was first seen");
    }

    async fn importing_twice_changes_nothing(house: House) {
        let files = || vec![
            file("a/1.txt", TEA),
            // The same address with another text, as collections hold it when a story was rewritten.
            file("a/2.txt", &TEA.replace("late", "early")),
            file("a/3.txt", &TEA.replace("(https://tea.example/1.html)", "()")),
            file("b/1.txt", TEA),
        ];

        let first = import(&house, files()).await;
        let second = import(&house, files()).await;

        assert_eq!(outcome(&first), (4, 0, 0, 0));
        assert_eq!(outcome(&second), (0, 0, 4, 0));
        assert_eq!(first.sources, ["a", "b"]);
    }

    async fn a_file_that_was_edited_becomes_a_version(house: House) {
        import(&house, vec![file("a/1.txt", TEA)]).await;
        let report = import(&house, vec![file("a/1.txt", &TEA.replace("late", "early"))]).await;

        assert_eq!(outcome(&report), (0, 1, 0, 0));
        assert_eq!(house.list(Scope::All, false).await.len(), 1);
    }

    async fn a_broken_file_is_named_and_the_rest_goes_on(house: House) {
        let report = import(&house, vec![file("a/0.txt", ""), file("a/1.txt", TEA), file("a/2.txt", "no head")]).await;

        assert_eq!(outcome(&report), (1, 0, 0, 2));
        let names: Vec<_> = report.skipped.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a/0.txt", "a/2.txt"]);
    }

    async fn a_dry_run_stores_nothing(house: House) {
        let options = ImportOptions { dry_run: true, read: false };
        let report = archive_files(&house.app, house.reader, vec![file("a/1.txt", TEA)], options).await.unwrap();

        assert_eq!(outcome(&report), (1, 0, 0, 0));
        assert!(house.app.db.subscriptions(house.reader).await.unwrap().is_empty());
    }

    async fn articles_imported_as_read_are_not_unread(house: House) {
        let options = ImportOptions { dry_run: false, read: true };
        archive_files(&house.app, house.reader, vec![file("a/1.txt", TEA)], options).await.unwrap();

        assert!(house.list(Scope::Unread, true).await.is_empty());
        assert_eq!(house.list(Scope::All, false).await.len(), 1);
    }

    async fn posts_of_a_static_site_find_their_source_by_their_first_tag(house: House) {
        let post = "---\ntitle: \"A: b\"\ndate: 2020-02-03T04:05:06.000Z\nauthor: Ann\nfrom: https://e.example/a\n\
                    tags: [ Harbour News ]\ncategories: [ Harbour News ]\n---\n<div>\n<p>Ships.</p>\n</div>\n";

        let report = import(&house, vec![file("site/_posts/2020-02-03-A.md", post)]).await;

        assert_eq!(report.sources, ["Harbour News"]);
        let rows = house.list(Scope::All, false).await;
        let article = house.app.db.article(house.reader, rows[0].id).await.unwrap().expect("the article");
        assert_eq!((article.title.as_str(), article.author.as_deref()), ("A: b", Some("Ann")));
        assert_eq!(article.published.unwrap().to_timestamp().unwrap().to_string(), "2020-02-03T04:05:06Z");
    }

    async fn what_is_exported_is_imported_to_the_same_article(house: House) {
        import(&house, vec![file("a/1.txt", TEA)]).await;
        let id = house.list(Scope::All, false).await[0].id;
        let before = house.app.db.article(house.reader, id).await.unwrap().expect("the article");
        let archived = ArchivedArticle {
            stamp: Some(before.fetched_at.0),
            title: before.title.clone(),
            address: before.url.clone().unwrap().to_string(),
            date: before.published.and_then(gleaner::domain::UnixMillis::to_timestamp).map(|time| format!("{time:.3}")),
            body: before.body.clone().unwrap().html,
            ..ArchivedArticle::default()
        };
        let name = archive::file_name(id.0, &before.title);

        let again = import(&house, vec![file(&format!("b/{name}"), &archive::write(&name, &archived))]).await;

        assert_eq!(outcome(&again), (1, 0, 0, 0));
        let rows = house.list(Scope::All, false).await;
        let other = rows.iter().map(|row| row.id).find(|other| *other != id).unwrap_or(ArticleId(0));
        let after = house.app.db.article(house.reader, other).await.unwrap().expect("the copy");
        assert_eq!((after.title, after.url, after.published), (before.title, before.url, before.published));
        assert_eq!(after.body.unwrap().html, before.body.unwrap().html);
    }

    async fn a_subscription_list_is_followed_once(house: House) {
        let list = r#"<opml version="2.0"><head><title>Mine</title></head><body>
            <outline text="News"><outline text="Asia">
              <outline type="rss" text="Harbour" xmlUrl="https://harbour.example/feed"/></outline></outline>
            <outline type="rss" text="Tea" xmlUrl="https://tea.example/feed" htmlUrl="https://tea.example/"/>
            <outline type="rss" text="Old" xmlUrl="gopher://old.example/"/>
            <outline type="link" text="A page" url="https://page.example/"/>
            <outline type="include" text="More" url="https://more.example/list.opml"/></body></opml>"#;

        let dry = opml(&house.app, house.reader, list.as_bytes(), true).await.unwrap();
        let first = opml(&house.app, house.reader, list.as_bytes(), false).await.unwrap();
        let second = opml(&house.app, house.reader, list.as_bytes(), false).await.unwrap();

        assert_eq!(dry, first);
        assert_eq!((first.followed.len(), first.already, first.refused.len()), (2, 0, 1));
        assert_eq!((second.followed.len(), second.already, second.refused.len()), (0, 2, 1));
        let others: Vec<_> = first.others.iter().map(|other| other.text.as_str()).collect();
        assert_eq!(others, ["https://page.example/", "https://more.example/list.opml"], "told of, and no feeds that failed");
        let categories = house.app.db.categories(house.reader).await.unwrap();
        assert_eq!(categories.iter().map(|category| category.title.as_str()).collect::<Vec<_>>(), ["News / Asia"]);
        let names: Vec<_> = house.app.db.subscriptions(house.reader).await.unwrap().into_iter().map(|row| row.title).collect();
        assert_eq!(names, ["Harbour", "Tea"]);
    }
}
