//! Articles given away: what somebody with the link sees, what they never see, and that it ends when it should.

use gleaner::domain::{ArticleId, Body, BodyKind, Clock as _, UnixMillis};
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::{Fate, NewUnread, Original, Scope};

use super::reading::{attribute, followed, ids, rss};
use crate::support::database::{TestDatabase, on_both_databases};
use crate::support::outside::Reply as Served;
use crate::support::site::{Person, TestSite};

pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\nabc";

/// A grey picture of this size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(width, height).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn size_of(picture: &[u8]) -> (u32, u32) {
    let picture = image::load_from_memory(picture).unwrap();
    (picture.width(), picture.height())
}

/// An article with this text, in a feed that the person follows.
pub(super) async fn article(site: &TestSite, person: &Person, title: &str, text: &str) -> ArticleId {
    let feed = followed(site, person, "/feed", &[(title.to_owned(), text.to_owned())]).await;
    ids(site, person, Scope::Feed(feed)).await[0]
}

/// Makes a link and gives its path.
pub(super) async fn share(person: &Person, id: ArticleId, fields: &[(&str, &str)]) -> String {
    let page = person.post(&format!("/articles/{id}/share"), fields).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let address = attribute(&page.text(), "id=\"link\"", "value").to_owned();
    address.strip_prefix("http://reader.test").unwrap().to_owned()
}

on_both_databases! {
    async fn whoever_has_the_link_reads_the_article_and_learns_nothing_else(site: TestSite) {
        let ada = site.user("ada-lovelace").await;
        let id = article(&site, &ada, "The flood", "<p>The river rose in the night.</p><script>alert(1)</script>").await;
        ada.post(&format!("/articles/{id}/highlights"), &[("exact", "in the night"), ("note", "my secret")]).await.leads_to();

        let path = share(&ada, id, &[]).await;
        let visitor = site.visitor();
        let reply = visitor.get(&path).await;

        let page = reply.text();
        assert_eq!((reply.status.as_u16(), path.len()), (200, 3 + 22));
        assert!(page.contains("<h1>The flood</h1>") && page.contains("<p>The river rose in the night.</p>"), "{page}");
        assert!(page.contains("Kept from river.example on 1 January 2026."), "{page}");
        assert!(page.contains("<link rel=\"canonical\" href=\"https://river.example/0\">"));
        for secret in ["ada-lovelace", "my secret", "alert(1)", "data-highlight", "/articles/", "/feed\"", "<form", "nonce"] {
            assert!(!page.contains(secret), "{secret}: {page}");
        }
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; img-src 'self';"), "{policy}");
        assert!(policy.ends_with("sandbox allow-popups allow-popups-to-escape-sandbox"), "{policy}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-robots-tag", "noindex, nofollow, noarchive"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("set-cookie", ""),
        ] {
            assert_eq!(reply.header(name), value, "{name}");
        }
        assert!(visitor.cookie().is_none());
    }

    async fn a_page_that_is_given_away_knows_how_large_its_pictures_are(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/mark.png", Served::ok("image/png", include_bytes!("../../../static/icons/mark-180.png").as_slice()));
        let picture = site.world.url("/mark.png");
        let id = article(&site, &ada, "The flood", &format!("<p>Water.</p><p><img src=\"{picture}\" alt=\"\"></p>")).await;
        let path = share(&ada, id, &[]).await;
        gleaner::jobs::mirror::keep_pictures(&site.app, id).await.unwrap();

        let page = site.visitor().get(&path).await.text();

        let picture = page.split("<img ").nth(1).unwrap().split('>').next().unwrap();
        assert!(picture.contains("width=\"180\" height=\"180\""), "nothing moves when it comes: {picture}");
        assert!(picture.contains(&format!("src=\"{path}/p/")), "it comes through the link: {picture}");
    }

    async fn a_link_that_was_taken_back_is_gone_with_its_pictures_at_once(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/p.png", Served::ok("image/png", PNG));
        let picture = site.world.url("/p.png");
        let id = article(&site, &ada, "The flood", &format!("<p>Water.</p><p><img src=\"{picture}\" alt=\"\"></p>")).await;
        let path = share(&ada, id, &[]).await;
        let visitor = site.visitor();
        let page = visitor.get(&path).await.text();
        let picture = attribute(&page, "src=\"/s/", "src").to_owned();
        assert!(picture.starts_with(&format!("{path}/p/")), "{picture}");
        let shown = visitor.get(&picture).await;
        assert_eq!((shown.status.as_u16(), shown.bytes.as_slice()), (200, PNG));
        assert_eq!(shown.header("cache-control"), "no-store");
        assert_eq!(shown.header("cross-origin-resource-policy"), "cross-origin", "the page is in an origin of its own");
        assert!(shown.header("content-security-policy").ends_with("sandbox"));
        assert!(ada.get("/search?q=is:shared").await.text().contains("The flood"));
        let other = share(&ada, id, &[]).await;
        let through_another = picture.replace(&path, &other);
        assert_eq!(visitor.get(&through_another).await.status, 404, "signed for one link");

        let link = site.app.db.shares(ada.id, None).await.unwrap().pop().unwrap();
        assert_eq!(ada.post(&format!("/shares/{}/delete", link.id), &[]).await.leads_to(), "/shares?done=share-deleted");

        for asking in [visitor.clone(), visitor.sending("if-none-match", "*"), visitor.sending("if-modified-since", "Wed, 01 Jan 2031 00:00:00 GMT")] {
            assert_eq!(asking.get(&path).await.status, 404);
            assert_eq!(asking.get(&picture).await.status, 404);
            for kind in ["preview", "html", "md", "epub", "txt", "proof"] {
                assert_eq!(asking.get(&format!("{path}/{kind}")).await.status, 404, "{kind}");
            }
        }
        assert_eq!(visitor.get(&other).await.status, 200, "the other link still opens");
        assert!(ada.get("/search?q=is:shared").await.text().contains("The flood"), "it is shared still");
        assert!(!site.user("eve").await.get("/search?q=is:shared").await.text().contains("The flood"));
        let link = site.app.db.shares(ada.id, None).await.unwrap().remove(0);
        ada.post(&format!("/shares/{}/delete", link.id), &[]).await.leads_to();
        assert!(!ada.get("/search?q=is:shared").await.text().contains("The flood"), "no link is left");
    }

    async fn nothing_of_a_hostile_article_goes_out_by_a_link_or_in_a_list(site: TestSite) {
        let ada = site.user("ada").await;
        let payloads = include_str!("../../fixtures/payloads/active.html").lines();
        let items: Vec<(String, String)> = payloads
            .map(|html| {
                let title = html.replace('&', "&amp;").replace('<', "&lt;");
                (format!("<![CDATA[{title}]]>"), format!("<p>Words before.</p>{html}<p>Words after.</p>"))
            })
            .collect();
        let feed = followed(&site, &ada, "/feed", &items).await;
        let made = ada.post("/published", &[("list", &format!("feed-{feed}")), ("newest", "200")]).await.text();
        let list = attribute(&made, "id=\"made1\"", "value").strip_prefix("http://reader.test").unwrap().to_owned();
        // Somebody with an account who comes from elsewhere: each time from another address, as visits are counted.
        let visitor = |number: usize| {
            let visitor = site.visitor_from(&format!("203.0.113.{}:4000", number + 1));
            visitor.sending("cookie", &ada.cookie().unwrap())
        };
        let mut pages = vec![(visitor(200).get(&list).await, "the list".to_owned())];
        for (number, id) in ids(&site, &ada, Scope::Feed(feed)).await.into_iter().enumerate() {
            let link = share(&ada, id, &[]).await;
            pages.push((visitor(number).get(&link).await, items[number].1.clone()));
        }
        let names = pages[0].0.text();
        for (number, rest) in names.split(&format!("href=\"{list}/")).skip(1).enumerate() {
            let name = rest.split('"').next().unwrap();
            if name.len() == 32 {
                pages.push((visitor(number + 100).get(&format!("{list}/{name}")).await, name.to_owned()));
            }
        }

        assert!(pages.len() > 2 * items.len(), "{} pages of {} articles", pages.len(), items.len());
        for (reply, what) in pages {
            let page = reply.text();
            assert_eq!((reply.status.as_u16(), reply.header("set-cookie")), (200, ""), "{what}");
            assert!(reply.header("content-security-policy").ends_with("sandbox allow-popups allow-popups-to-escape-sandbox"));
            let main = page.split("<main").nth(1).unwrap();
            for sign in ["<script", "<iframe", "<object", "<embed", "<svg", "<form", "<meta", "<base", "<style", "=\"javascript:"] {
                assert!(!main.contains(sign), "{sign} of {what}: {main}");
            }
            for tag in main.split('<').skip(1).filter_map(|tag| tag.split('>').next()) {
                let attributes = tag.split('"').step_by(2).flat_map(str::split_whitespace);
                assert!(attributes.skip(1).all(|name| !name.starts_with("on")), "{tag} of {what}");
            }
        }
    }

    async fn a_shared_article_stays_as_it_was_when_it_was_shared(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, "The flood", "<p>The river rose in the night.</p>").await;
        let path = share(&ada, id, &[]).await;
        let other = [("The flood, corrected".to_owned(), "<p>The river fell.</p>".to_owned())];
        site.world.route("/feed", Served::ok("application/rss+xml", rss("The river", &other)));
        let feed = site.app.db.article(ada.id, id).await.unwrap().unwrap().feed_id;
        site.clock.advance(UnixMillis::DAY);
        refresh_feed(&site.app, feed).await.unwrap();
        assert!(ada.get(&format!("/articles/{id}")).await.text().contains("The river fell"));

        let page = site.visitor().get(&path).await.text();

        assert!(page.contains("<h1>The flood</h1>") && page.contains("The river rose in the night."), "{page}");
        assert!(!page.contains("fell"));
    }

    async fn a_link_gives_the_version_and_the_body_that_its_maker_had_chosen(site: TestSite) {
        let ada = site.user("ada").await;
        let db = &site.app.db;
        let feed = crate::support::db::followed(db, ada.id, "daily").await;
        let version = |words: &str| {
            let mut draft = crate::support::db::draft(1);
            let body = |kind, place: &str| Body { kind, html: format!("<p>{words} in the {place}.</p>") };
            draft.bodies = vec![body(BodyKind::Feed, "feed"), body(BodyKind::Page, "page")];
            draft.into()
        };
        for words in ["The river rose", "The river fell"] {
            db.store_articles(feed, &[version(words)], NewUnread::All, site.clock.now()).await.unwrap();
            site.clock.advance(UnixMillis::DAY);
        }
        let ada = Person { id: ada.id, browser: site.signed_in(ada.id).await };
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let mut versions = db.versions(ada.id, id).await.unwrap();
        versions.sort_by_key(|version| version.created_at);
        let mut links = vec![(share(&ada, id, &[]).await, "The river fell in the feed.")];
        for (version, kind, words) in [
            (0, BodyKind::Page, "The river rose in the page."),
            (0, BodyKind::Feed, "The river rose in the feed."),
            (1, BodyKind::Page, "The river fell in the page."),
        ] {
            db.pin_version(ada.id, id, versions[version].id, kind, site.clock.now()).await.unwrap();
            links.push((share(&ada, id, &[]).await, words));
        }
        ada.post(&format!("/articles/{id}/versions/unpin"), &[]).await.leads_to();
        let form = ada.get(&format!("/articles/{id}/share")).await.text();
        let offered = form.split("name=\"text\"").nth(1).unwrap().split("</select>").next().unwrap();
        let offered: Vec<&str> = offered.split("<option value=\"").skip(1).collect();
        assert_eq!(offered.len(), 4);
        assert!(offered[0].contains(" selected>2 January 2026"), "{}", offered[0]);
        for (option, words) in offered.iter().zip(["fell in the feed", "fell in the page", "rose in the feed", "rose in the page"]) {
            let text = option.split('"').next().unwrap();
            links.push((share(&ada, id, &[("text", text)]).await, ["The river ", words, "."].concat().leak()));
        }
        assert_eq!(ada.post(&format!("/articles/{id}/share"), &[("text", "1.7")]).await.status, 404);

        for (path, words) in links {
            let page = site.visitor().get(&path).await.text();
            let main = page.split("<main").nth(1).unwrap();
            assert!(main.contains(&format!("<p>{words}</p>")) && main.matches("The river").count() == 1, "{words} of {main}");
        }
    }

    async fn what_became_of_the_original_is_said_to_whoever_has_the_link(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, "The flood", "<p>The river rose.</p>").await;
        let path = share(&ada, id, &[]).await;
        let visitor = site.visitor();
        assert!(!visitor.get(&path).await.text().contains("The original has"));
        let note = async |fate, moved_to: Option<&str>| {
            site.clock.advance(UnixMillis::HOUR);
            let now = gleaner::domain::Clock::now(&*site.clock);
            let moved_to = moved_to.map(|url| url.parse().unwrap());
            let original = Original { fate, since: now, checked_at: now, misses: 3, moved_to };
            site.app.db.note_original(id, &original, now.plus(UnixMillis::DAY)).await.unwrap();
            visitor.get(&path).await.text()
        };

        let moved = note(Fate::Moved, Some("https://river.example/<new>")).await;
        assert!(moved.contains("The original has moved: <a href=\"https://river.example/%3Cnew%3E\" rel=\"noopener"), "{moved}");
        assert!(note(Fate::Changed, None).await.contains("The original says something else since 1 January 2026"));
        let gone = note(Fate::Gone, None).await;
        assert!(gone.contains("The original is gone; you are reading the copy kept on 1 January 2026."), "{gone}");
        assert!(!note(Fate::There, None).await.contains("The original has"));
    }

    async fn every_choice_holds_beside_all_others(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/p.png", Served::ok("image/png", PNG));
        let text = format!("<p>The river rose in the night.</p><p><img src=\"{}\" alt=\"\"></p>", site.world.url("/p.png"));
        let id = article(&site, &ada, "The flood", &text).await;
        let marked = [("exact", "in the night"), ("note", "When exactly?")];
        ada.post(&format!("/articles/{id}/highlights"), &marked).await.leads_to();
        let path = share(&ada, id, &[
            ("slug", "flood"), ("note", "Read this"), ("highlights", "1"), ("notes", "1"), ("ends", "views"), ("views", "1"),
            ("password", "high water"), ("name", "1"), ("index", "1"),
        ]).await;
        let visitor = site.visitor();
        assert_eq!(path, "/s/flood", "short enough to be typed");

        let gate = visitor.get(&path).await;
        for secret in ["flood</", "rose", "night", "Read this", "ada", "river.example"] {
            assert!(!gate.text().contains(secret), "{secret}: {}", gate.text());
        }
        assert!(gate.text().contains("type=\"password\"") && gate.text().contains("opened 1 more time."));
        assert_eq!(visitor.post(&path, &[("password", "low water")]).await.status, 403, "which uses nothing up");
        let reply = visitor.post(&path, &[("password", "high water")]).await;

        let page = reply.text();
        for shown in ["<h1>The flood</h1>", "Kept by ada from river.example", "Read this", "<mark class=\"hl", "When exactly?"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        assert_eq!((reply.header("x-robots-tag"), page.contains("noindex")), ("", false));
        for kind in ["md", "epub", "proof", "preview"] {
            assert_eq!(visitor.get(&format!("{path}/{kind}")).await.status, 404, "{kind}");
        }
        assert_eq!(visitor.post(&path, &[("password", "high water")]).await.status, 404, "that was the only view");
        let list = ada.get("/shares").await.text();
        for fact in ["1 view", "last", "up to 1 view", "password", "ended", "/s/flood"] {
            assert!(list.contains(fact), "{fact}: {list}");
        }
    }

    async fn passages_notes_a_line_and_a_name_go_along_where_their_owner_says_so(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, "The flood", "<p>The river rose in the night.</p>").await;
        let marked = [("exact", "in the night"), ("colour", "blue"), ("note", "When exactly?")];
        ada.post(&format!("/articles/{id}/highlights"), &marked).await.leads_to();

        let with = share(&ada, id, &[("highlights", "1"), ("note", "Read <this>"), ("name", "1"), ("index", "1")]).await;
        let with_notes = share(&ada, id, &[("highlights", "1"), ("notes", "1")]).await;
        ada.post(&format!("/articles/{id}/highlights"), &[("exact", "The river")]).await.leads_to();

        let reply = site.visitor().get(&with).await;
        let page = reply.text();
        assert!(page.contains("<mark class=\"hl blue\"") && !page.contains("When exactly?"), "{page}");
        assert!(page.contains("Kept by ada from river.example") && page.contains("Read &#60;this&#62;"));
        assert_eq!(page.matches("<mark").count(), 1, "what was marked later stays with its owner");
        assert_eq!(reply.header("x-robots-tag"), "", "search engines may list it");
        assert!(!page.contains("noindex"));
        let page = site.visitor().get(&with_notes).await.text();
        assert!(page.contains("When exactly?") && !page.contains("Kept by"));
    }

    async fn a_link_with_a_password_says_nothing_until_it_is_given(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, "The flood", "<p>The river rose.</p>").await;
        let path = share(&ada, id, &[("password", "high water")]).await;
        let visitor = site.visitor();

        let gate = visitor.get(&path).await;
        assert_eq!(gate.status, 200);
        assert!(!gate.text().contains("flood") && gate.text().contains("type=\"password\""), "{}", gate.text());
        let wrong = visitor.post(&path, &[("password", "low water")]).await;
        assert_eq!(wrong.status, 403);
        assert!(wrong.text().contains("That is not the password."));
        let right = visitor.post(&path, &[("password", "high water")]).await;
        assert!(right.text().contains("The river rose."));
        assert_eq!(right.header("set-cookie"), "");
        for _ in 0..5 {
            visitor.post(&path, &[("password", "guess")]).await;
        }
        assert_eq!(visitor.post(&path, &[("password", "high water")]).await.status, 429, "guessing has to wait");
    }

    async fn previews_find_title_words_and_picture_and_no_tag_breaks_out(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/p.png", Served::ok("image/png", PNG));
        let picture = site.world.url("/p.png");
        let title = "</title></script><script>alert(1)</script> & \"floods\"";
        let text = format!("<p><img src=\"{picture}\" width=\"800\" height=\"500\" alt=\"\"></p><p>The river rose in the night and stood in the streets.</p>");
        let escaped = title.replace('&', "&amp;").replace('<', "&lt;");
        let id = article(&site, &ada, &format!("<![CDATA[{escaped}]]>"), &text).await;
        let path = share(&ada, id, &[]).await;
        // As the robots of chat programs do: no headers of a browser.
        let robot = site.visitor().without("sec-fetch-site").sending("user-agent", "TelegramBot (like TwitterBot)");

        let page = robot.get(&path).await.text();

        assert_eq!(page.matches("<script").count(), 1, "{page}");
        let data = page.split("<script type=\"application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert!(data["headline"].as_str().unwrap().contains("\"floods\""), "{data}");
        assert_eq!(data["isBasedOn"], "https://river.example/0");
        assert_eq!(attribute(&page, "og:url", "content"), format!("http://reader.test{path}"));
        assert!(attribute(&page, "og:title", "content").contains("&#34;floods&#34;"));
        assert!(attribute(&page, "og:description", "content").contains("The river rose"));
        let image = attribute(&page, "og:image", "content").strip_prefix("http://reader.test").unwrap().to_owned();
        let preview = robot.get(&image).await;
        let kind = preview.header("content-type").to_owned();
        assert_eq!((preview.status.as_u16(), kind.as_str()), (200, "image/png"), "a picture that is none makes room for a card");
        assert_eq!(size_of(&preview.bytes), (1200, 630));
        assert!(robot.get("/robots.txt").await.text().contains("Allow: /s/"));
    }

    async fn a_preview_is_the_lead_picture_if_that_is_large_and_else_a_card(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/large.png", Served::ok("image/png", png(1600, 1200)));
        site.world.route("/small.png", Served::ok("image/png", png(64, 40)));
        for (path, picture, kind) in [
            ("/large", Some("/large.png"), "image/jpeg"), ("/small", Some("/small.png"), "image/png"),
            ("/lost", Some("/lost.png"), "image/png"), ("/none", None, "image/png"),
        ] {
            let picture = picture.map(|picture| format!("<p><img src=\"{}\" width=\"800\" height=\"500\" alt=\"\"></p>", site.world.url(picture)));
            let text = format!("{}<p>一夜之间，河水上涨。</p>", picture.unwrap_or_default());
            let feed = followed(&site, &ada, path, &[("洪水".to_owned(), text)]).await;
            let link = share(&ada, ids(&site, &ada, Scope::Feed(feed)).await[0], &[]).await;

            let preview = site.visitor().get(&format!("{link}/preview")).await;

            assert_eq!((preview.status.as_u16(), preview.header("content-type")), (200, kind), "{path}");
            assert_eq!(size_of(&preview.bytes), (1200, 630), "{path}");
            assert_eq!(preview.header("cache-control"), "no-store");
        }
        let asking = share(&ada, ids(&site, &ada, Scope::All).await[0], &[("ends", "views"), ("views", "3")]).await;
        assert_eq!(site.visitor().get(&format!("{asking}/preview")).await.status, 404, "it would tell what is in it");
        let link = site.app.db.shares(ada.id, None).await.unwrap();
        assert_eq!(link.iter().map(|link| link.views).sum::<i64>(), 0, "robots are no readers");
    }

    async fn words_of_its_owner_are_an_address_of_their_own(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, "洪水", "<p>一夜之间，河水上涨，淹没了下城的街道，人们只好搬到高处去住。</p>").await;
        let path = share(&ada, id, &[("slug", "洪水 之夜")]).await;
        assert_eq!(path, "/s/%E6%B4%AA%E6%B0%B4-%E4%B9%8B%E5%A4%9C");

        let page = site.visitor().get(&path).await.text();

        assert!(page.contains("<article class=\"art\" lang=\"zh-Hans\" dir=\"ltr\">"), "{page}");
        assert!(ada.get("/shares").await.text().contains(&path), "it is no secret");
        for (field, value, words) in [
            ("slug", "洪水 之夜", "Another link has this address."),
            ("slug", "a/b", "at least three letters"),
            ("ends", "date", "still to come"),
            ("ends", "views", "still to come"),
        ] {
            let refused = ada.post(&format!("/articles/{id}/share"), &[(field, value)]).await;
            assert_eq!(refused.status, 422);
            assert!(refused.text().contains(words), "{words}");
        }
        assert_eq!(site.app.db.shares(ada.id, None).await.unwrap().len(), 1);
    }

    async fn an_address_for_those_who_must_type_it_is_short_and_found_however_it_is_typed(site: TestSite) {
        let ada = site.user("ada").await;
        let id = article(&site, &ada, "High water", "<p>The river rose overnight and flooded the lower town.</p>").await;

        let path = share(&ada, id, &[("short", "1")]).await;

        let code = path.strip_prefix("/s/").unwrap();
        assert!(code.len() == 10 && !code.contains(['0', '1', 'i', 'l', 'o']), "{code}");
        let page = site.visitor().get(&format!("/s/{}", code.to_uppercase())).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("flooded the lower town"));
        assert!(!ada.get("/shares").await.text().contains(code), "it is a secret as the long one is");
    }

    async fn a_feed_with_a_password_is_not_given_away_by_accident(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/feed", Served::ok("application/rss+xml", rss("Members", &[("A".to_owned(), "<p>B</p>".to_owned())])));
        let mut url = site.world.url("/feed").as_url().clone();
        url.set_username("ada").unwrap();
        url.set_password(Some("secret")).unwrap();
        let feed = site.app.db.ensure_feed(&url.as_str().parse().unwrap(), gleaner::domain::Clock::now(&*site.clock)).await.unwrap();
        site.app.db.subscribe(ada.id, feed, None, gleaner::domain::Clock::now(&*site.clock), 50).await.unwrap();
        refresh_feed(&site.app, feed).await.unwrap();
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];

        assert!(ada.get(&format!("/articles/{id}/share")).await.text().contains("name=\"sure\""));
        assert_eq!(ada.post(&format!("/articles/{id}/share"), &[]).await.status, 422);
        let path = share(&ada, id, &[("sure", "1")]).await;
        assert!(!site.visitor().get(&path).await.text().contains("secret"));
    }
}

#[tokio::test]
async fn one_address_opens_sixty_links_a_minute() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    site.account("ada", true).await;
    let visitor = site.visitor_from("203.0.113.9:4000");
    let mut found = std::collections::BTreeMap::new();
    for n in 0..200 {
        *found.entry(visitor.get(&format!("/s/{n:022}")).await.status.as_u16()).or_insert(0) += 1;
    }
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(404, 60), (429, 140)]);
}

#[tokio::test]
async fn the_text_that_was_kept_has_a_fingerprint() {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let ada = site.user("ada").await;
    let id = article(&site, &ada, "The flood", "<p>The river rose.</p>").await;
    let path = share(&ada, id, &[]).await;
    let body = site.app.db.article(ada.id, id).await.unwrap().unwrap().body.unwrap();
    use sha2::Digest as _;
    let hash: String = sha2::Sha256::digest(body.html.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let page = site.visitor().get(&path).await.text();
    assert!(page.contains(&hash), "{page}");
    let proof = site.visitor().get(&format!("{path}/proof")).await;
    let proof: gleaner::archive::Proof = serde_json::from_slice(&proof.bytes).unwrap();
    assert_eq!(
        (proof.check(), proof.sha256.as_str(), proof.kept.as_str()),
        (Ok(()), hash.as_str(), "2026-01-01T00:00:00Z")
    );
    let key = site.visitor().get("/.well-known/gleaner-key").await.text();
    assert_eq!(proof.key, key.trim_end());
    let closed = share(&ada, id, &[("password", "secret word")]).await;
    assert_eq!(site.visitor().get(&format!("{closed}/proof")).await.status, 404);
    assert!(page.contains("SHA-256 of the text as it was kept on 1 January 2026"), "{page}");
}
