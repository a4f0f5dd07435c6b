//! The place in a text: kept when the reader leaves, offered on return.

use gleaner::domain::{Clock as _, ReadingPlace};
use gleaner::store::Scope;

use super::reading::{attribute, followed, ids};
use crate::support::database::on_both_databases;
use crate::support::site::TestSite;

/// A text of so many paragraphs, each of forty words.
fn long(paragraphs: usize) -> String {
    (0..paragraphs).map(|n| format!("<p>Paragraph {n}. {}</p>", "water and grain ".repeat(13))).collect()
}

on_both_databases! {
    async fn a_long_article_offers_the_place_where_its_reader_stopped(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &[("Long".to_owned(), long(30))]).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let page = ada.get(&format!("/articles/{id}")).await.text();
        assert!(page.contains(&format!("data-place=\"/articles/{id}/place\"")) && !page.contains("Continue where"));

        let kept = ada.post(&format!("/articles/{id}/place"), &[("share", "400"), ("paragraph", "12")]).await;

        assert_eq!((kept.status.as_u16(), kept.bytes.len()), (204, 0));
        let page = ada.get(&format!("/articles/{id}")).await.text();
        assert!(page.contains("<a href=\"#place\">Continue where you stopped</a> <span class=\"n\">40%</span>"));
        assert!(page.contains("<p><span id=\"place\"></span>Paragraph 12."), "the link leads there without a script");

        ada.post(&format!("/articles/{id}/place"), &[("share", "1000"), ("paragraph", "29")]).await;
        assert!(!ada.get(&format!("/articles/{id}")).await.text().contains("id=\"place\""), "read to the end");
    }

    async fn a_short_article_has_no_place(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &[("Short".to_owned(), long(3))]).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        ada.post(&format!("/articles/{id}/place"), &[("share", "500"), ("paragraph", "1")]).await;
        let page = ada.get(&format!("/articles/{id}")).await.text();
        assert!(!page.contains("data-place") && !page.contains("id=\"place\""));
    }

    async fn a_place_is_its_readers_own(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let feed = followed(&site, &ada, "/feed", &[("Long".to_owned(), long(30))]).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let now = gleaner::domain::Clock::now(site.clock.as_ref());
        let db = &site.app.db;

        assert_eq!(eve.post(&format!("/articles/{id}/place"), &[("share", "500")]).await.status, 404);
        db.set_reading_place(eve.id, id, ReadingPlace::new(500, 3), now).await.unwrap();
        assert_eq!(db.reading_place(eve.id, id).await.unwrap(), None);

        for (share, paragraph) in [(100, 2), (300, 9)] {
            db.set_reading_place(ada.id, id, ReadingPlace::new(share, paragraph), now).await.unwrap();
        }
        assert_eq!(db.reading_place(ada.id, id).await.unwrap(), Some(ReadingPlace { share: 300, paragraph: 9 }));
        let nonsense = [("share", "-99"), ("paragraph", "999999999999")];
        assert_eq!(ada.post(&format!("/articles/{id}/place"), &nonsense).await.status, 204);
        assert_eq!(db.reading_place(ada.id, id).await.unwrap(), None, "at the beginning there is nothing to keep");
    }

    async fn a_recording_goes_on_where_it_stopped(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let text = "<p>Listen: <audio src=\"https://sound.example/a.mp3\"></audio></p>";
        let feed = followed(&site, &ada, "/feed", &[("Sound".to_owned(), text.to_owned())]).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let (page, played) = (format!("/articles/{id}"), format!("/articles/{id}/played"));
        let address = |page: &str| attribute(page, "controls", "src").to_owned();
        let plain = address(&ada.get(&page).await.text());
        let file = plain.strip_prefix("/media/s/").unwrap().split('?').next().unwrap().to_owned();

        let told = ada.post(&played, &[("file", &file), ("at", "65.4"), ("of", "600")]).await;

        assert_eq!((told.status.as_u16(), told.bytes.len()), (204, 0));
        assert_eq!(address(&ada.get(&page).await.text()), format!("{plain}#t=65"));
        ada.post(&played, &[("file", &file), ("at", "598"), ("of", "600")]).await;
        assert_eq!(address(&ada.get(&page).await.text()), plain, "played to its end");

        for forged in ["", "x/y", &file.replace('/', "a/")] {
            assert_eq!(ada.post(&played, &[("file", forged), ("at", "65")]).await.status, 400, "{forged}");
        }
        assert_eq!(eve.post(&played, &[("file", &file), ("at", "65")]).await.status, 404);
        let (url, now) = (gleaner::domain::WebUrl::parse("https://sound.example/a.mp3").unwrap(), site.clock.now());
        site.app.db.set_played(eve.id, id, &url, Some(9), now).await.unwrap();
        assert_eq!(site.app.db.played(eve.id, id).await.unwrap().second_of(&url), None, "who cannot read it keeps nothing");
    }
}
