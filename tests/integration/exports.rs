//! Taking in what other readers and keepers export, on both databases.

use gleaner::domain::UnixMillis;
use gleaner::imports::read;
use gleaner::jobs::import::ImportOptions;
use gleaner::jobs::import_log::ImportLog;
use gleaner::jobs::import_parts::{ItemsReport, PartReport, take_in};
use gleaner::store::{Job, JobKind, Scope};

use crate::support::database::on_both_databases;
use crate::support::house::House;

const LIST: &str = "title,url,time_added,tags,status\n\
    Tea,https://tea.example/1?utm_source=x,1692090439,leaf|water,unread\n\
    Harbour,https://harbour.example/2,1692094039,,archive\n\
    Twice,https://tea.example/1,1692094040,,unread\n\
    Script,javascript:alert(1),1692094040,,unread\n";

const TEXTS: &str = r#"[{"title":"Kept","url":"https://tea.example/long","is_archived":0,"is_starred":1,
    "created_at":"2023-08-15T11:07:19+0200","domain_name":"tea.example","language":"fr","tags":["a"],
    "content":"<p>La pluie est venue tard.</p><script>alert(1)</script>",
    "annotations":[{"quote":"pluie est venue","text":"enfin"}]}]"#;

async fn import(house: &House, name: &str, text: &str, dry_run: bool) -> ItemsReport {
    let parts = read(name, text.as_bytes()).unwrap();
    let options = ImportOptions { dry_run, read: false };
    let mut log = ImportLog::begin(&house.app, house.reader).await.unwrap();
    let reports = take_in(&house.app, house.reader, &parts, options, "Imported", &mut log, &|_| {}).await.unwrap();
    let Some(PartReport::Items(_, report)) = reports.into_iter().next() else { panic!("no items") };
    report
}

fn outcome(report: &ItemsReport) -> (usize, usize, usize, usize) {
    (report.added, report.already, report.refused_count, report.to_fetch)
}

async fn pages_to_fetch(house: &House) -> Vec<Job> {
    house.app.db.lease_jobs(house.app.clock.now(), 1_000, 10, &[JobKind::Page]).await.unwrap()
}

on_both_databases! {
    async fn links_are_kept_with_their_states_and_fetched_by_and_by(house: House) {
        let dry = import(&house, "pocket.csv", LIST, true).await;
        assert!(house.list(Scope::All, false).await.is_empty(), "a dry run stores nothing");
        let report = import(&house, "pocket.csv", LIST, false).await;

        assert_eq!(outcome(&dry), (2, 1, 1, 2));
        assert_eq!(outcome(&report), (2, 1, 1, 2));
        assert_eq!(report.refused[0].0, 4, "a bad row is named by its number");
        let unread = house.list(Scope::Unread, true).await;
        assert_eq!(unread.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["Tea"]);
        let later = house.list(Scope::Later, false).await;
        assert_eq!(later.len(), 1);
        let article = house.app.db.article(house.reader, later[0].id).await.unwrap().expect("the article");
        assert_eq!(article.url.unwrap().as_str(), "https://tea.example/1");
        assert_eq!(article.fetched_at, UnixMillis(1_692_090_439_000), "it counts from when it was kept there");
        let tags = house.app.db.article_tags(house.reader, later[0].id).await.unwrap();
        assert_eq!(tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["leaf", "water"]);
        assert_eq!(pages_to_fetch(&house).await.len(), 2);
    }

    async fn the_same_file_again_changes_nothing_that_its_reader_did_since(house: House) {
        import(&house, "pocket.csv", LIST, false).await;
        let tea = house.list(Scope::Later, false).await[0].id;
        let now = house.app.clock.now();
        house.app.db.set_read(house.reader, tea, true, now).await.unwrap();
        house.app.db.set_later(house.reader, tea, false, now).await.unwrap();

        let again = import(&house, "pocket.csv", LIST, false).await;

        assert_eq!(outcome(&again), (0, 3, 1, 0));
        assert!(house.list(Scope::Unread, true).await.is_empty() && house.list(Scope::Later, false).await.is_empty());
        assert_eq!(house.list(Scope::All, false).await.len(), 2);
    }

    async fn a_text_that_the_file_brings_is_kept_with_what_was_marked_in_it(house: House) {
        let report = import(&house, "wallabag.json", TEXTS, false).await;

        assert_eq!((report.added, report.refused_count), (1, 0));
        let starred = house.list(Scope::Starred, false).await;
        let article = house.app.db.article(house.reader, starred[0].id).await.unwrap().expect("the article");
        assert!(article.body.unwrap().html.contains("La pluie est venue tard."));
        assert_eq!(article.language.unwrap().as_str(), "fr");
        let marked = house.app.db.article_highlights(house.reader, starred[0].id).await.unwrap();
        assert_eq!((marked[0].anchor.exact.as_str(), marked[0].note.as_str()), ("pluie est venue", "enfin"));
    }

    async fn a_saved_page_is_read_as_if_it_had_been_fetched(house: House) {
        let text = "The harbour was quiet in the morning, and the ferry came late as it always does in autumn. ".repeat(8);
        let page = format!("<!doctype html><html><!-- Page saved with SingleFile\n url: https://harbour.example/quiet\n\
            saved date: Tue Aug 15 2023 09:07:19 GMT+0000\n--><head><title>Quiet</title></head>\
            <body><nav>Menu</nav><article><h1>Quiet</h1><p>{text}</p><p>{text}</p></article></body></html>");

        let report = import(&house, "quiet.html", &page, false).await;

        assert_eq!(outcome(&report), (1, 0, 0, 0));
        let rows = house.list(Scope::Unread, true).await;
        let article = house.app.db.article(house.reader, rows[0].id).await.unwrap().expect("the article");
        assert_eq!(article.title, "Quiet");
        assert!(article.body.unwrap().html.contains("the ferry came late"));
        assert!(house.list(Scope::Later, false).await.is_empty() && pages_to_fetch(&house).await.is_empty());
    }
}
