//! Search in the browser: asked anywhere, read aloud, narrowed, kept.

use std::str::FromStr as _;

use gleaner::domain::{ArticleId, Body, BodyKind, Clock as _, Language, TagName};
use gleaner::jobs::reindex;
use gleaner::store::{NewUnread, SubscriptionChange};

use crate::support::database::on_both_databases;
use crate::support::db::{draft, url};
use crate::support::site::{Person, TestSite};

/// Articles of these titles and texts in a feed that the person follows.
pub(super) async fn articles(site: &TestSite, person: &Person, feed: &str, texts: &[(&str, &str)]) -> Vec<ArticleId> {
    let now = site.clock.now();
    let feed = site.app.db.ensure_feed(&url(&format!("https://{feed}.example/feed")), now).await.unwrap();
    site.app.db.subscribe(person.id, feed, None, now, 0).await.unwrap();
    let drafts: Vec<_> = texts
        .iter()
        .zip(1..)
        .map(|((title, text), number)| {
            let mut article = draft(number);
            article.title = (*title).to_owned();
            article.bodies = vec![Body { kind: BodyKind::Feed, html: format!("<p>{text}</p>") }];
            article.into()
        })
        .collect();
    site.app.db.store_articles(feed, &drafts, NewUnread::All, now).await.unwrap().added
}

/// The titles of every page from this one on.
async fn titles_of_all_pages(person: &Person, first: &str) -> Vec<String> {
    let (mut address, mut titles) = (first.to_owned(), Vec::new());
    for _ in 0..10 {
        let page = person.get(&address).await.text();
        let rows = page
            .split("<h3")
            .skip(1)
            .map(|row| row.split("<a href=\"").nth(1).unwrap_or_default())
            .map(|row| row.split("\">").nth(1).unwrap_or_default().split("</a>").next().unwrap().to_owned());
        titles.extend(rows);
        match page.split("rel=\"next\" href=\"").nth(1) {
            Some(rest) => address = rest.split('"').next().unwrap().replace("&#38;", "&"),
            None => break,
        }
    }
    titles
}

on_both_databases! {
    async fn what_is_found_is_marked_in_the_list_and_in_the_article(site: TestSite) {
        let ada = site.user("ada").await;
        let ids = articles(&site, &ada, "daily", &[
            ("Of a field", "風吹過<b>麥田</b>的時候 &amp; more"), ("麦田", "Nothing else"), ("Other", "Nothing"),
        ]).await;

        let page = ada.get("/search?q=%E9%BA%A6%E7%94%B0").await.text();

        assert!(page.contains("2 articles"), "{page}");
        assert!(page.contains("風吹過<mark class=\"hit\">麥田</mark>的時候 &#38; more"), "in the script of the article: {page}");
        assert!(page.contains("><mark class=\"hit\">麦田</mark></a>"), "in the title");
        assert!(!page.contains(">Other</a>"));
        let address = format!("/articles/{}?in=all&q=%E9%BA%A6%E7%94%B0", ids[0]);
        assert!(page.contains(&format!("href=\"{}\"", address.replace('&', "&#38;"))), "{page}");
        let article = ada.get(&address).await.text();
        assert!(article.contains("<mark class=\"hit\" id=\"hit1\">麥田</mark>"), "{article}");
        assert!(article.contains("href=\"#hit1\""));
        assert!(article.contains("href=\"/search?q=%E9%BA%A6%E7%94%B0#a"), "the way back leads to the hits");
    }

    async fn a_query_is_text_whatever_it_holds(site: TestSite) {
        let ada = site.user("ada").await;
        articles(&site, &ada, "daily", &[("&lt;script&gt;", "a &lt;script&gt;alert(1)&lt;/script&gt; b")]).await;
        for query in ["<script>alert(1)</script>", "\"<script>\"", "'\"><mark>", "¹script", "\u{0}", "%", "(((("] {
            let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", query).finish();
            let reply = ada.get(&format!("/search?{query}")).await;
            assert_eq!(reply.status, 200, "{query}");
            assert!(!reply.text().contains("<script>alert") && !reply.text().contains("><mark>"), "{query}");
        }
        let page = ada.get("/search?q=script").await.text();
        assert!(page.contains("a &#60;<mark class=\"hit\">script</mark>&#62;alert(1)"), "{page}");
    }

    async fn the_page_says_how_a_query_was_read(site: TestSite) {
        let ada = site.user("ada").await;
        articles(&site, &ada, "daily", &[("One", "river")]).await;

        let plain = ada.get("/search?q=river").await.text();
        assert!(!plain.contains("Read as:"), "nothing to explain");
        let page = ada.get("/search?q=is:shared+or+River+foo:bar+%22open").await.text();

        assert!(page.contains("Read as:") && page.contains("(is:shared or river) foo:bar &#34;open&#34;"), "{page}");
        assert!(page.contains("has no other half"));
        let nothing = ada.get("/search?q=drought").await.text();
        assert!(nothing.contains("Nothing found") && nothing.contains("0 articles"));
    }

    async fn hits_are_narrowed_by_what_they_have_in_common(site: TestSite) {
        let ada = site.user("ada").await;
        articles(&site, &ada, "daily", &[("One", "river"), ("Two", "river")]).await;
        articles(&site, &ada, "weekly", &[("Three", "river")]).await;

        let page = ada.get("/search?q=river").await.text();

        let link = "/search?q=river+feed%3A%22https%3A%2F%2Fweekly.example%2Ffeed%22";
        assert!(page.contains("3 articles") && page.contains(link), "{page}");
        let narrow = ada.get(link).await.text();
        assert!(narrow.contains("1 article<") && narrow.contains(">Three</a>") && !narrow.contains(">One</a>"), "{narrow}");
        let feed = site.app.db.subscriptions(ada.id).await.unwrap().into_iter().find(|row| row.url.as_ref().is_some_and(|url| url.host() == "weekly.example")).unwrap().feed;
        let within = ada.get(&format!("/search?q=river&in=feed-{feed}")).await.text();
        assert!(within.contains(">Three</a>") && !within.contains(">One</a>") && within.contains("Search everywhere"));
        assert_eq!(ada.get("/search?q=river&in=category-999").await.status, 404);
    }

    async fn categories_years_and_states_are_offered_with_their_numbers(site: TestSite) {
        let ada = site.user("ada").await;
        let ids = articles(&site, &ada, "daily", &[("One", "river"), ("Two", "river"), ("Three", "river")]).await;
        articles(&site, &ada, "weekly", &[("Four", "river")]).await;
        let (db, now) = (&site.app.db, site.clock.now());
        let rivers = db.category_by_title_or_create(ada.id, "Rivers & \"lakes\"").await.unwrap();
        let feed = db.subscriptions(ada.id).await.unwrap().into_iter().find(|row| row.url.as_ref().is_some_and(|url| url.host() == "daily.example")).unwrap().feed;
        let change = SubscriptionChange { category: Some(Some(rivers)), ..SubscriptionChange::default() };
        db.update_subscription(ada.id, feed, &change).await.unwrap();
        let mut old = draft(9);
        old.published = Some(jiff::Timestamp::from_str("2019-05-05T00:00:00Z").unwrap().into());
        old.bodies = vec![Body { kind: BodyKind::Feed, html: "<p>river</p>".to_owned() }];
        db.store_articles(feed, &[old.into()], NewUnread::All, now).await.unwrap();
        db.set_read(ada.id, ids[0], true, now).await.unwrap();
        db.set_starred(ada.id, ids[1], true, now).await.unwrap();
        db.set_later(ada.id, ids[2], true, now).await.unwrap();
        db.tag_article(ada.id, ids[2], &[TagName::parse("water").unwrap()], now).await.unwrap();

        let page = ada.get("/search?q=river").await.text();

        assert!(page.contains("5 articles"), "{page}");
        for (field, number) in [
            ("category%3A%22Rivers+%26+%27lakes%27%22", 4), ("after%3A2019+before%3A2020", 1), ("after%3A2025+before%3A2026", 4),
            ("is%3Aread", 2), ("is%3Aunread", 3), ("is%3Astarred", 1), ("is%3Alater", 1),
        ] {
            let link = format!("/search?q=river+{field}");
            let facet = page.split(&format!("href=\"{link}\"")).nth(1).unwrap_or_else(|| panic!("{link} in {page}"));
            assert!(facet.split("</a>").next().unwrap().contains(&format!("<span class=\"n\">{number}</span>")), "{link}");
            let narrow = ada.get(&link).await.text();
            let says = if number == 1 { "1 article<".to_owned() } else { format!("{number} articles<") };
            assert!(narrow.contains(&says), "{link}: {narrow}");
        }
        let tag = db.tags(ada.id).await.unwrap()[0].id;
        let within = ada.get(&format!("/search?q=river&in=tag-{tag}")).await.text();
        assert!(within.contains("1 article<") && within.contains(">Three</a>"), "{within}");
        let within = ada.get("/search?q=river&in=starred").await.text();
        assert!(within.contains("1 article<") && within.contains(">Two</a>"), "{within}");
    }

    async fn a_facet_leads_to_as_many_as_it_says_whatever_was_typed(site: TestSite) {
        let ada = site.user("ada").await;
        let titles = [("a", "他说“好”的"), ("b", "The Daily"), ("c", "THE DAILY"), ("d", "Ends | in («or»)"), ("e", &"long ".repeat(60))];
        for (host, title) in titles {
            articles(&site, &ada, host, &[("One", "river or sea"), ("Two", "river")]).await;
            let feed = site.app.db.ensure_feed(&url(&format!("https://{host}.example/feed")), site.clock.now()).await.unwrap();
            let change = SubscriptionChange { title: Some(title.to_owned()), ..SubscriptionChange::default() };
            site.app.db.update_subscription(ada.id, feed, &change).await.unwrap();
        }
        for typed in ["river", "\"river", "(river", "river)", "「river", "river or", "sea | river", "sea OR river |"] {
            let typed: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", typed).finish();
            let page = ada.get(&format!("/search?{typed}")).await.text();
            let feeds = page.split("<h2>Feed</h2>").nth(1).unwrap_or_else(|| panic!("{typed}: {page}")).split("</ul>").next().unwrap();
            let links: Vec<(&str, &str)> = feeds.split("<li><a href=\"").skip(1).map(|link| {
                let n = link.split("<span class=\"n\">").nth(1).unwrap().split('<').next().unwrap();
                (link.split('"').next().unwrap(), n)
            }).collect();
            assert_eq!(links.len(), 3, "one for two of nearly one name, none that has no room in a query: {typed}: {feeds}");
            for (link, n) in links {
                let narrow = ada.get(&link.replace("&#38;", "&")).await.text();
                assert!(narrow.contains(&format!("{n} article")), "{typed}: {link}: {n}");
            }
        }
    }

    async fn a_thousand_are_counted_and_no_more(site: TestSite) {
        let ada = site.user("ada").await;
        articles(&site, &ada, "daily", &[("One", "river"); 1_000]).await;
        assert!(ada.get("/search?q=river").await.text().contains(">1,000 articles<"));
        articles(&site, &ada, "weekly", &[("One", "river")]).await;
        let page = ada.get("/search?q=river").await.text();
        assert!(page.contains("more than 1,000 articles"), "{page}");

        articles(&site, &ada, "daily", &[("One", "river"); 1_001]).await;
        let list = ada.post("/searches", &[("name", "Rivers"), ("q", "river")]).await.leads_to().to_owned();
        reindex::count_saved(&site.app).await.unwrap();
        let page = ada.get(&list).await.text();
        assert!(page.contains("<span class=\"name\">Rivers</span><span class=\"n\">1,000+</span>"), "{page}");
    }

    async fn what_is_not_indexed_yet_is_said_and_the_rest_is_found(site: TestSite) {
        let ada = site.user("ada").await;
        let texts: Vec<(String, &str)> = (0..30).map(|number| (format!("T{number}"), "river")).collect();
        let texts: Vec<(&str, &str)> = texts.iter().map(|(title, text)| (title.as_str(), *text)).collect();
        articles(&site, &ada, "daily", &texts).await;
        assert!(!ada.get("/search?q=river").await.text().contains("not in the search yet"));

        site.app.db.reindex_everything().await.unwrap();
        site.app.db.reindex_some(10).await.unwrap();
        let page = ada.get("/search?q=river").await.text();
        assert!(page.contains("20 articles are not in the search yet"), "{page}");
        assert!(page.contains("<h3"), "what is there is found: {page}");
        while site.app.db.reindex_some(10).await.unwrap() > 0 {}

        let page = ada.get("/search?q=river").await.text();
        assert!(page.contains("30 articles<") && !page.contains("not in the search yet"), "{page}");
    }

    async fn a_language_is_offered_by_its_name_with_all_that_it_finds(site: TestSite) {
        let ada = site.user("ada").await;
        let now = site.clock.now();
        let feed = site.app.db.ensure_feed(&url("https://daily.example/feed"), now).await.unwrap();
        site.app.db.subscribe(ada.id, feed, None, now, 0).await.unwrap();
        let drafts: Vec<_> = ["en-US", "en-GB", "zh-Hans", "th"]
            .iter()
            .zip(1..)
            .map(|(tag, number)| {
                let mut article = draft(number);
                article.language = Language::parse(tag);
                article.bodies = vec![Body { kind: BodyKind::Feed, html: "<p>river</p>".to_owned() }];
                article.into()
            })
            .collect();
        site.app.db.store_articles(feed, &drafts, NewUnread::All, now).await.unwrap();

        let page = ada.get("/search?q=river").await.text();

        let link = "/search?q=river+lang%3Aen";
        let facet = page.split(&format!("href=\"{link}\"")).nth(1).unwrap().split("</a>").next().unwrap();
        assert!(facet.contains("English") && facet.contains(">2<"), "{facet}");
        assert!(page.contains("简体中文") && page.contains("lang%3Ath"), "{page}");
        assert!(ada.get(link).await.text().contains("2 articles"));
    }

    async fn a_box_offers_what_its_reader_knows(site: TestSite) {
        let (ada, bob) = (site.user("ada").await, site.user("bob").await);
        articles(&site, &ada, "daily", &[("One", "river")]).await;
        ada.get("/search?q=river+gauge").await;
        ada.sending("sec-purpose", "prefetch").get("/search?q=rivers").await;

        let offered = ada.get("/search/suggest?q=riv").await;
        assert_eq!(offered.text(), "[\"river gauge\"]", "and nothing that was only loaded ahead");
        assert_eq!(ada.get("/search/suggest?q=flood+feed:dai").await.text(), "[\"flood feed:https://daily.example/feed\"]");
        assert_eq!(bob.get("/search/suggest?q=riv").await.text(), "[]");
        let id = site.app.db.subscriptions(ada.id).await.unwrap()[0].feed;
        let article = site.app.db.article_ids(id, ArticleId(0), 1).await.unwrap()[0];
        let tags = [TagName::parse("Wheat fields").unwrap(), TagName::parse("麥田").unwrap()];
        site.app.db.tag_article(ada.id, article, &tags, site.clock.now()).await.unwrap();
        ada.post("/searches", &[("name", "Floods of the river"), ("q", "flood or gauge")]).await.leads_to();
        assert_eq!(ada.get("/search/suggest?q=new+tag:whe").await.text(), "[\"new tag:\\\"Wheat fields\\\"\"]");
        assert_eq!(ada.get("/search/suggest?q=%E9%BA%A6").await.text(), "[\"tag:麥田\"]", "in either script");
        assert_eq!(ada.get("/search/suggest?q=floods").await.text(), "[\"flood or gauge\"]", "what was kept, by its name");
        assert!(ada.get("/search").await.text().contains("river gauge"));
        ada.post("/search/forget", &[]).await.leads_to();
        let page = ada.get("/search").await.text();
        assert!(!page.contains("river gauge"), "{page}");
    }

    async fn pages_follow_each_other_and_the_most_relevant_can_come_first(site: TestSite) {
        let ada = site.user("ada").await;
        let many: Vec<(String, String)> = (0..45)
            .map(|n| if n == 7 { ("River".to_owned(), "river river".to_owned()) } else { (format!("T{n}"), format!("a river {n}")) })
            .collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(title, text)| (title.as_str(), text.as_str())).collect();
        articles(&site, &ada, "daily", &many).await;

        let titles = titles_of_all_pages(&ada, "/search?q=river").await;
        assert_eq!(titles.len(), 45, "{titles:?}");
        assert_eq!(titles[0], "T44", "the newest first");
        let relevant = ada.get("/search?q=river&sort=relevance").await.text();
        let first = relevant.split("<h3").nth(1).unwrap();
        assert!(first.contains("<mark class=\"hit\">River</mark></a>"), "{first}");
    }

    async fn a_page_shows_hits_alone_though_it_only_knows_about_how_many_there_are(site: TestSite) {
        let ada = site.user("ada").await;
        let texts: Vec<(String, &str)> = (0..90)
            .map(|n| (format!("T{n}"), if n % 2 == 0 { "the river, flood and all" } else { "the river flood and all" }))
            .collect();
        let texts: Vec<(&str, &str)> = texts.iter().map(|(title, text)| (title.as_str(), *text)).collect();
        articles(&site, &ada, "daily", &texts).await;
        articles(&site, &ada, "weekly", &[("W", "the river, flood")]).await;

        let query = "q=%22river,+flood%22";
        let first = ada.get(&format!("/search?{query}")).await.text();

        assert!(first.contains("about 91 articles") && !first.contains(">T1<"), "{first}");
        let titles = titles_of_all_pages(&ada, &format!("/search?{query}")).await;
        // T0 and W have one date, and W came later.
        let expected = (1..45).rev().map(|n| format!("T{}", 2 * n)).chain(["W".to_owned(), "T0".to_owned()]);
        let expected: Vec<String> = expected.collect();
        assert_eq!(titles, expected);
        let exact = first.split("<a href=\"").find(|link| link.contains("exact=1")).unwrap().split('"').next().unwrap();
        let exact = ada.get(&exact.replace("&#38;", "&")).await.text();
        assert!(exact.contains("46 articles") && !exact.contains("data-counted"), "{exact}");
        let counted = ada.get(&format!("/search/count?{query}")).await.text();
        assert!(counted.contains("\"count\":\"46 articles\"") && counted.contains("weekly.example%2Ffeed%22\":\"1\""), "{counted}");
    }

    async fn what_is_far_below_is_shown_at_once(site: TestSite) {
        let ada = site.user("ada").await;
        articles(&site, &ada, "old", &[("Old", "the river, flood"), ("Older", "the river, flood")]).await;
        let others = vec![("Other", "the river flood"); 1_100];
        articles(&site, &ada, "daily", &others).await;

        let page = ada.get("/search?q=%22river,+flood%22").await.text();

        assert!(page.contains(">Old<") && page.contains(">Older<") && !page.contains(">Other<"), "{page}");
    }

    async fn own_passages_and_notes_are_found_too(site: TestSite) {
        let ada = site.user("ada").await;
        let id = articles(&site, &ada, "daily", &[("One", "the river rose")]).await[0];
        let anchor = gleaner::domain::Anchor { exact: "river".into(), ..gleaner::domain::Anchor::default() };
        let colour = Some(gleaner::domain::HighlightColour::Green);
        site.app.db.highlight(ada.id, id, &anchor, colour, "像一片麥田", site.clock.now()).await.unwrap();

        let page = ada.get("/search?q=%E9%BA%A6%E7%94%B0").await.text();

        assert!(page.contains("In your highlights and notes") && page.contains("像一片麥田"), "{page}");
        assert!(ada.get("/search?q=has:note").await.text().contains(">One</a>"));
        for (query, is_found) in [
            ("river 麦田", true), ("drought or 麦田", true), ("麦田 is:read or river", true), ("drought or is:unread 麦田", true),
            ("麦田 -river", false), ("麦田 -drought", true), ("drought 麦田", false), ("-drought", false), ("title:(麦田 or x)", false), ("title:one 麦田", true),
        ] {
            let q: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", query).finish();
            let page = ada.get(&format!("/search?{q}")).await.text();
            assert_eq!(page.contains("In your highlights and notes"), is_found, "{query}");
        }
    }

    async fn own_passages_are_found_in_articles_that_a_search_asks_for(site: TestSite) {
        let ada = site.user("ada").await;
        let (db, now) = (&site.app.db, site.clock.now());
        let one = articles(&site, &ada, "daily", &[("One", "a text of one article")]).await[0];
        let other = articles(&site, &ada, "weekly", &[("Other", "a text that is another")]).await[0];
        for (id, exact) in [(one, "the old mill"), (other, "a mill elsewhere")] {
            let anchor = gleaner::domain::Anchor { exact: exact.into(), ..gleaner::domain::Anchor::default() };
            db.highlight(ada.id, id, &anchor, None, "", now).await.unwrap();
        }
        db.set_starred(ada.id, other, true, now).await.unwrap();
        db.tag_article(ada.id, one, &[TagName::parse("water").unwrap()], now).await.unwrap();

        for (query, old, elsewhere) in [
            ("mill", true, true),
            ("mill is:starred", false, true),
            ("mill -is:starred", true, false),
            ("mill tag:water", true, false),
            ("mill (tag:water or is:starred) has:highlight", true, true),
            ("mill title:other", false, true),
            ("mill author:nobody", false, false),
            ("mill feed:none", false, false),
            ("is:starred or mill", true, true),
            ("(mill is:starred) or (old tag:none)", false, true),
        ] {
            let list = ada.post("/searches", &[("name", "Mills"), ("q", query)]).await.leads_to().to_owned();
            let q: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", query).finish();
            for path in [list, format!("/search?{q}")] {
                let page = ada.get(&path).await.text();
                assert_eq!(page.contains("the old mill"), old, "{query}: {page}");
                assert_eq!(page.contains("a mill elsewhere"), elsewhere, "{query}: {page}");
            }
        }
    }

    async fn own_passages_are_found_however_old_and_in_a_list(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let (db, now) = (&site.app.db, site.clock.now());
        let one = articles(&site, &ada, "daily", &[("One", "sea"), ("Two", "sea"), ("Three", "sea")]).await;
        let other = articles(&site, &ada, "weekly", &[("Other", "sea")]).await[0];
        let mark = async |id, exact: &str, start| {
            let anchor = gleaner::domain::Anchor { exact: exact.into(), start, ..gleaner::domain::Anchor::default() };
            db.highlight(ada.id, id, &anchor, None, "", now.plus(start)).await.unwrap();
        };
        mark(other, "a mill elsewhere", 0).await;
        mark(one[0], "the old mill", 1).await;
        for id in &one[1..] {
            for start in 2..202 {
                mark(*id, "nothing of that", start).await;
            }
        }
        let tags = [TagName::parse("water").unwrap()];
        db.tag_article(ada.id, one[0], &tags, now).await.unwrap();
        let tag = db.tags(ada.id).await.unwrap()[0].id;
        db.set_starred(ada.id, other, true, now).await.unwrap();
        let feeds = db.subscriptions(ada.id).await.unwrap();
        let feed_of = |part: &str| feeds.iter().find(|row| row.url.as_ref().unwrap().as_str().contains(part)).unwrap().feed;
        let (daily, weekly) = (feed_of("daily"), feed_of("weekly"));
        let category = db.category_by_title_or_create(ada.id, "Rivers").await.unwrap();
        let change = SubscriptionChange { category: Some(Some(category)), ..SubscriptionChange::default() };
        db.update_subscription(ada.id, daily, &change).await.unwrap();

        for (list, old, elsewhere) in [
            (String::new(), true, true),
            (format!("&in=feed-{daily}"), true, false),
            (format!("&in=feed-{weekly}"), false, true),
            (format!("&in=category-{category}"), true, false),
            (format!("&in=tag-{tag}"), true, false),
            ("&in=starred".to_owned(), false, true),
            // The other one is a repeat.
            ("&in=unread".to_owned(), true, false),
            ("&in=history".to_owned(), false, false),
            ("&in=later".to_owned(), false, false),
        ] {
            let page = ada.get(&format!("/search?q=mill{list}")).await.text();
            assert_eq!(page.contains("the old mill"), old, "{list}: {page}");
            assert_eq!(page.contains("a mill elsewhere"), elsewhere, "{list}: {page}");
        }
        assert!(!eve.get("/search?q=mill").await.text().contains("the old mill"));
    }

    async fn spaces_without_width_between_words_do_not_matter_where_most_write_none(site: TestSite) {
        let ada = site.user("ada").await;
        for (feed, language) in [("khmer", "ភាសា ខ្មែរ"), ("thai", "ภาษา ไทย"), ("lao", "ພາສາ ລາວ"), ("burmese", "မြန်မာ ဘာသာ")] {
            let (without, with) = (language.replace(' ', ""), language.replace(' ', "\u{200b}"));
            articles(&site, &ada, feed, &[("Without", &without), ("With", &with), (&with, "title")]).await;
            for typed in [without.clone(), with.clone(), format!("\"{without}\""), format!("\"{with}\"")] {
                let q: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", &typed).finish();
                let page = ada.get(&format!("/search?{q}")).await.text();
                assert!(page.contains("3 articles"), "{typed:?}: {page}");
                assert!(page.contains(&format!("<mark class=\"hit\">{with}</mark>")), "the place is the whole word: {typed:?}: {page}");
            }
        }
    }
}
