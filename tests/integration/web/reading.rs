//! What a reader does all day: lists, articles, marks, and taking things back.

use gleaner::domain::{ArticleId, Clock as _, FeedId, UnixMillis};
use gleaner::jobs::refresh::refresh_feed;
use gleaner::store::{Cursor, ListQuery, Order, Scope};

use crate::support::database::on_both_databases;
use crate::support::outside::Reply;
use crate::support::site::{Person, TestSite};

/// A feed of `items`, each a title and a text, the first one the newest.
pub(super) fn rss(title: &str, items: &[(String, String)]) -> String {
    let items: String = items
        .iter()
        .enumerate()
        .map(|(i, (title, text))| {
            format!(
                "<item><title>{title}</title><link>https://river.example/{i}</link><guid>{i}</guid>\
                 <pubDate>Mon, 01 Dec 2025 {:02}:{:02}:00 GMT</pubDate><description><![CDATA[{text}]]></description></item>",
                23 - i / 60,
                59 - i % 60
            )
        })
        .collect();
    format!("<rss version=\"2.0\"><channel><title>{title}</title>{items}</channel></rss>")
}

pub(super) fn numbered(count: usize) -> Vec<(String, String)> {
    (0..count).map(|i| (format!("Article {i}"), format!("<p>Text of number {i}.</p>"))).collect()
}

/// A feed that the person follows, read once.
pub(super) async fn followed(site: &TestSite, person: &Person, path: &str, items: &[(String, String)]) -> FeedId {
    let mut document = rss("The river", items);
    if path != "/feed" {
        // Its own articles, and not those of the other feeds.
        document = document.replace("<link>https://river.example", &format!("<link>https://river.example{path}"));
    }
    site.world.route(path, Reply::ok("application/rss+xml", document));
    let now = site.clock.now();
    let feed = site.app.db.ensure_feed(&site.world.url(path), now).await.unwrap();
    site.app.db.subscribe(person.id, feed, None, now, 500).await.unwrap();
    refresh_feed(&site.app, feed).await.unwrap();
    feed
}

pub(super) async fn ids(site: &TestSite, person: &Person, scope: Scope) -> Vec<ArticleId> {
    let query = ListQuery { scope, only_unread: false, order: Order::NewestFirst, after: None::<Cursor>, limit: 1_000 };
    site.app.db.list(person.id, &query).await.unwrap().into_iter().map(|row| row.id).collect()
}

async fn unread(site: &TestSite, person: &Person) -> i64 {
    site.app.db.counts(person.id).await.unwrap().unread
}

/// The value of an attribute of the first tag that holds `mark`.
pub(super) fn attribute<'a>(html: &'a str, mark: &str, name: &str) -> &'a str {
    let at = html.find(mark).unwrap_or_else(|| panic!("no {mark}"));
    let start = html[..at].rfind('<').unwrap();
    let tag = &html[start..start + html[start..].find('>').unwrap()];
    tag.split(&format!(" {name}=\"")).nth(1).unwrap_or_else(|| panic!("no {name} in {tag}")).split('"').next().unwrap()
}

on_both_databases! {
    async fn someone_new_is_told_what_to_do(site: TestSite) {
        let ada = site.user("ada").await;
        let page = ada.get("/unread").await.text();
        assert!(page.contains("A field to be gleaned"));
        assert_eq!(attribute(&page, "Add something to read", "href"), "/add");
        let add = ada.get("/add").await.text();
        assert_eq!(attribute(&add, "another reader", "href"), "/settings#exports", "who comes from elsewhere brings much along");
    }

    async fn a_long_list_comes_in_pages_that_miss_nothing(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada, "/feed", &numbered(120)).await;
        let (mut seen, mut address) = (Vec::new(), "/all".to_owned());
        loop {
            let page = ada.get(&address).await.text();
            seen.extend((0..120).filter(|i| page.contains(&format!(">Article {i}</a>"))));
            if !page.contains("Older articles") {
                break;
            }
            address = page.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        }
        assert_eq!(seen, (0..120).collect::<Vec<_>>());
    }

    async fn the_oldest_can_stand_first(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada, "/feed", &numbered(3)).await;
        let page = ada.get("/all?order=oldest").await.text();
        let place = |i: usize| page.find(&format!(">Article {i}</a>")).unwrap();
        assert!(place(2) < place(1) && place(1) < place(0));
        assert!(page.contains("in=all&#38;order=oldest"), "the article knows the order that it was opened in");
    }

    async fn opening_an_article_marks_it_as_read_and_loading_ahead_does_not(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(2)).await;
        let article = format!("/articles/{}", ids(&site, &ada, Scope::Feed(feed)).await[0]);

        let ahead = ada.sending("sec-purpose", "prefetch").get(&article).await;
        assert!(ahead.text().contains("data-ahead"), "the script tells when the page is shown");
        ada.sending("sec-fetch-site", "cross-site").get(&article).await;
        assert_eq!(unread(&site, &ada).await, 2);
        assert!(ids(&site, &ada, Scope::History).await.is_empty());

        let opened = ada.sending("sec-fetch-dest", "document").get(&article).await;
        assert!(!opened.text().contains("data-ahead"));
        assert_eq!(unread(&site, &ada).await, 1);
        assert_eq!(ids(&site, &ada, Scope::History).await.len(), 1);
    }

    async fn the_history_lists_what_was_opened_and_what_the_script_says_was_looked_at(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(3)).await;
        let articles = ids(&site, &ada, Scope::Feed(feed)).await;
        assert!(ada.get("/history").await.text().contains("Nothing opened yet"));

        ada.get(&format!("/articles/{}?in=unread", articles[2])).await;
        site.clock.advance(1_000);
        let told = ada.post(&format!("/articles/{}/opened", articles[0]), &[("in", "unread")]).await;

        assert_eq!(told.text(), format!("{{\"counts\":{{\"feed-{feed}\":1,\"later\":0,\"starred\":0,\"unread\":1}}}}"));
        let page = ada.get("/history").await.text();
        let place = |i: usize| page.find(&format!(">Article {i}</a>"));
        assert!(place(0).unwrap() < place(2).unwrap() && place(1).is_none());
        assert!(page.contains("in=history"), "next is the next of the history");
        let eve = site.user("eve").await;
        assert_eq!(eve.post(&format!("/articles/{}/opened", articles[0]), &[]).await.status, 404);
    }

    async fn an_article_leads_to_its_neighbours_in_its_list(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(3)).await;
        let ids = ids(&site, &ada, Scope::Feed(feed)).await;
        let page = ada.get(&format!("/articles/{}?in=unread", ids[1])).await.text();
        assert_eq!(attribute(&page, "rel=\"prev\"", "href"), format!("/articles/{}?in=unread", ids[0]));
        assert_eq!(attribute(&page, "rel=\"next\"", "href"), format!("/articles/{}?in=unread", ids[2]));
        assert_eq!(attribute(&page, "data-back", "href"), format!("/unread#a{}", ids[1]));
    }

    async fn the_picture_beside_a_text_is_shown_once_and_in_its_largest_size(site: TestSite) {
        let ada = site.user("ada").await;
        let media = "<media:content width=\"140\" url=\"https://river.example/flood.jpg?w=140\"/>\
                     <media:content width=\"460\" url=\"https://river.example/flood.jpg?w=460\"/></item>";
        let document = rss("The river", &numbered(1)).replace("</item>", media);
        site.world.route("/feed", Reply::ok("application/rss+xml", document));
        let feed = site.app.db.ensure_feed(&site.world.url("/feed"), site.clock.now()).await.unwrap();
        site.app.db.subscribe(ada.id, feed, None, site.clock.now(), 500).await.unwrap();
        refresh_feed(&site.app, feed).await.unwrap();

        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let page = ada.get(&format!("/articles/{id}")).await.text();

        let article = &page[page.find("<article").unwrap()..page.find("</article>").unwrap()];
        assert_eq!(article.matches("<img").count(), 1, "{article}");
        assert!(article.find("<img") < article.find("Text of number 0"), "above the text");
        assert!(!article.contains("flood.jpg</a>"), "no file beside it");
        let shown = site.app.db.article(ada.id, id).await.unwrap().unwrap().body.unwrap().html;
        assert!(shown.contains("flood.jpg?w=460"), "{shown}");
    }

    async fn a_text_is_set_in_its_own_language_and_cannot_act(site: TestSite) {
        let ada = site.user("ada").await;
        let text = "<p onclick=\"x()\" style=\"color:red\">河水在夜里上涨，到了早晨，下面的街道都淹没在水中，老人们还在谈论那一年的大水。</p>\
                    <script>alert(1)</script><img src=\"https://river.example/a.jpg\">";
        let items = [("河水 &lt;b&gt;上涨&lt;/b&gt; &amp;quot;".to_owned(), text.to_owned())];
        let feed = followed(&site, &ada, "/feed", &items).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];

        let page = ada.get(&format!("/articles/{id}")).await.text();

        let article = &page[page.find("<article").unwrap()..page.find("</article>").unwrap()];
        assert_eq!(attribute(article, "class=\"art\"", "lang"), "zh-Hans");
        assert!(article.contains("河水在夜里上涨"));
        for active in ["<script", "onclick", "style=", "https://river.example/a.jpg"] {
            assert!(!article.contains(active), "{active} in {article}");
        }
        assert!(article.contains("src=\"/media/p/"), "pictures load through this server");
    }

    async fn arabic_turns_the_page_and_not_the_text(site: TestSite) {
        let ada = site.user("ada").await;
        let text = "<p>The river rose in the night, and by the morning the lower streets of the town were under water.</p>";
        let feed = followed(&site, &ada, "/feed", &[("The river rose!".to_owned(), text.to_owned())]).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        ada.post("/settings", &[("language", "ar"), ("theme", "auto"), ("order", "newest")]).await.leads_to();

        let (page, list) = (ada.get(&format!("/articles/{id}")).await.text(), ada.get("/all").await.text());

        assert_eq!(attribute(&page, "html lang=", "dir"), "rtl");
        assert_eq!(attribute(&page, "class=\"art\"", "dir"), "ltr");
        assert_eq!(attribute(&page, "span lang=", "dir"), "rtl", "the date is the page's, and stands apart in the article's line");
        assert!(list.contains("<h3 lang=\"en\" dir=\"ltr\">"), "{list}");
    }

    async fn a_star_is_a_form_that_comes_back_and_a_script_gets_counters(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(2)).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];

        let mark = format!("{id}.1");
        let plain = ada.post("/marks", &[("starred", mark.as_str()), ("back", "/all?order=oldest")]).await;
        let script = ada.sending("accept", "application/json").post("/marks", &[("later", mark.as_str())]).await;

        assert_eq!(plain.leads_to(), format!("/all?order=oldest&done=set&mark=starred&undo={id}.0#a{id}"));
        let answer = script.text();
        assert!(answer.contains("\"later\":1,\"starred\":1,\"unread\":2"), "{answer}");
        assert!(answer.contains("\"text\":\"Kept for later.\""), "{answer}");
        assert!(answer.contains(&format!("\"undo\":\"/marks\",\"fields\":\"later={id}.0\"")), "{answer}");
        assert!(ada.get("/starred").await.text().contains("Article 0"));
        assert!(ada.get("/later").await.text().contains("Article 0"));
    }

    async fn a_list_that_was_marked_as_read_can_be_brought_back(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada, "/feed", &numbered(3)).await;
        let page = ada.get("/unread").await.text();
        let newest = attribute(&page, "name=\"newest\"", "value").to_owned();
        let mut more = numbered(3);
        more.push(("Arrived meanwhile".to_owned(), "Text".to_owned()));
        site.world.route("/feed", Reply::ok("application/rss+xml", rss("The river", &more)));
        let feed = site.app.db.feed_by_url(&site.world.url("/feed")).await.unwrap().unwrap().id;
        refresh_feed(&site.app, feed).await.unwrap();

        let marked = ada.post("/mark-read", &[("list", "unread"), ("newest", &newest), ("back", "/unread")]).await;
        assert_eq!(unread(&site, &ada).await, 1, "what came after the page was drawn stays unread");

        let page = ada.get(marked.leads_to()).await.text();
        assert!(page.contains("3 articles marked as read."));
        let receipt = attribute(&page, "name=\"receipt\"", "value").to_owned();
        let undone = ada.post("/undo", &[("receipt", &receipt), ("back", "/unread")]).await;
        assert!(ada.get(undone.leads_to()).await.text().contains("3 articles are unread again."));
        assert_eq!(unread(&site, &ada).await, 4);
    }

    async fn a_page_of_a_long_list_is_marked_by_itself(site: TestSite) {
        let ada = site.user("ada").await;
        followed(&site, &ada, "/feed", &numbered(40)).await;
        followed(&site, &ada, "/other", &numbered(20)).await;
        let page = ada.get("/unread").await.text();
        let (newest, on_page) = (attribute(&page, "name=\"newest\"", "value"), attribute(&page, "name=\"page\"", "value"));
        let form = [("list", "unread"), ("newest", newest), ("which", "page"), ("page", on_page), ("back", "/unread")];

        let marked = ada.post("/mark-read", &form).await;

        assert_eq!(unread(&site, &ada).await, 10);
        assert!(ada.get(marked.leads_to()).await.text().contains("50 articles marked as read."));
    }

    async fn what_is_old_is_marked_by_its_age(site: TestSite) {
        // The articles are some minutes old.
        site.clock.advance(-30 * UnixMillis::DAY);
        let ada = site.user("ada").await;
        followed(&site, &ada, "/feed", &numbered(3)).await;
        let newest = site.app.db.counts(ada.id).await.unwrap().newest.to_string();
        let form = |which| [("list", "unread"), ("newest", newest.as_str()), ("which", which), ("back", "/unread")];

        ada.post("/mark-read", &form("day")).await;
        let within_a_day = unread(&site, &ada).await;
        site.clock.advance(2 * UnixMillis::DAY);
        ada.post("/mark-read", &form("week")).await;
        let within_a_week = unread(&site, &ada).await;
        ada.post("/mark-read", &form("day")).await;

        assert_eq!((within_a_day, within_a_week, unread(&site, &ada).await), (3, 3, 0));
    }

    async fn another_users_articles_and_feeds_are_not_there(site: TestSite) {
        let (ada, eve) = (site.user("ada").await, site.user("eve").await);
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        for path in [format!("/articles/{id}"), format!("/feeds/{feed}"), format!("/feeds/{feed}/settings")] {
            assert_eq!(eve.get(&path).await.status, 404, "{path}");
        }
        for name in ["read", "starred", "later"] {
            assert_eq!(eve.post("/marks", &[(name, format!("{id}.1").as_str())]).await.status, 404, "{name}");
        }
        let receipt = site.app.db.unsubscribe(ada.id, &[feed], site.clock.now()).await.unwrap().unwrap().1;
        let again = eve.post("/feeds/again", &[("receipt", receipt.to_string().as_str()), ("back", "/feeds")]).await;
        assert_eq!(again.leads_to(), "/feeds?done=too-late");
        assert!(site.app.db.subscriptions(eve.id).await.unwrap().is_empty());
    }

    async fn a_feed_that_was_let_go_comes_back_as_it_was(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(3)).await;
        let settings = [("title", "My river"), ("category", "Water"), ("body", "feed")];
        ada.post(&format!("/feeds/{feed}/settings"), &settings).await.leads_to();

        let gone = ada.post(&format!("/feeds/{feed}/unsubscribe"), &[]).await;
        let page = ada.get(gone.leads_to()).await.text();
        assert!(page.contains("“My river” is not followed any more."));
        assert_eq!(ada.get(&format!("/feeds/{feed}")).await.status, 404);

        let receipt = attribute(&page, "name=\"receipt\"", "value");
        ada.post("/feeds/again", &[("receipt", receipt), ("back", "/feeds")]).await.leads_to();

        let back = site.app.db.subscription(ada.id, feed).await.unwrap().unwrap();
        assert_eq!((back.title.as_str(), back.preference.code(), back.unread), ("My river", 1, 3));
        assert!(ada.get("/feeds").await.text().contains(">Water</td>"));
    }

    async fn adding_shows_what_is_there_before_anything_is_stored(site: TestSite) {
        let ada = site.user("ada").await;
        site.world.route("/feed", Reply::ok("application/rss+xml", rss("The river", &numbered(2))));
        let address = site.world.url("/feed").to_string();

        let found = ada.post("/add", &[("address", &address)]).await;
        assert_eq!(found.status, 200);
        assert!(found.text().contains("The river") && found.text().contains("Article 1"));
        assert_eq!(site.app.db.subscriptions(ada.id).await.unwrap().len(), 0);

        let followed = ada.post("/add/follow", &[("url", &address), ("category", "Water")]).await;
        let list = ada.get(followed.leads_to()).await.text();
        assert!(list.contains("You follow it now.") && list.contains("Article 1") && list.contains(">Water"));
    }

    async fn what_was_typed_stays_when_it_is_no_address(site: TestSite) {
        let ada = site.user("ada").await;
        let answer = ada.post("/add", &[("address", "just \"words\"")]).await;
        assert_eq!(answer.status, 422);
        assert_eq!(attribute(&answer.text(), "id=\"address\"", "value"), "just &#34;words&#34;");
        assert!(answer.text().contains("This is not a web address."));
        assert!(!answer.text().contains("Keep as an article"), "what is no address cannot be kept");
    }

    async fn a_feed_in_trouble_says_why_in_plain_words(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        site.world.route("/feed", Reply::status(503));
        site.clock.advance(60_000);
        ada.post(&format!("/feeds/{feed}/refresh"), &[]).await.leads_to();
        let page = ada.get("/feeds").await.text();
        assert!(page.contains("trouble of its own (HTTP 503)"), "{page}");
        assert!(page.contains("1 feed needs a look"));

        site.world.route("/feed", Reply::status(410));
        site.clock.advance(60_000);
        ada.post(&format!("/feeds/{feed}/refresh"), &[]).await.leads_to();
        for path in ["/feeds".to_owned(), format!("/feeds/{feed}")] {
            let page = ada.get(&path).await.text();
            assert!(page.contains("taken down for good and is not asked any more"), "{path}: {page}");
        }
        assert!(ada.get(&format!("/feeds/{feed}")).await.text().contains("Article 0"), "its articles stay");
    }

    async fn a_page_that_is_only_free_in_part_says_so(site: TestSite) {
        let ada = site.user("ada").await;
        let text = "<p>The river rose in the night, and by morning the lower streets were under water.</p>".repeat(12);
        let page = format!("<html lang=en><head><title>The river</title><script type=\"application/ld+json\">\
            {{\"@type\":\"NewsArticle\",\"isAccessibleForFree\":\"False\"}}</script></head><body><article><h1>The river</h1>\
            {text}</article></body></html>");
        site.world.route("/paid", Reply::ok("text/html", page));
        let saved = ada.post("/add/save", &[("url", site.world.url("/paid").as_str())]).await;
        let address = saved.leads_to().to_owned();

        assert!(ada.get(&address).await.text().contains("The source shows only a part of it to everybody."), "{address}");
        assert!(ada.get("/all").await.text().contains("Partial text."));
    }

    async fn categories_are_made_renamed_deleted_and_brought_back(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(1)).await;
        ada.post(&format!("/feeds/{feed}/settings"), &[("title", ""), ("category", "Water"), ("body", "automatic")]).await;
        let id = site.app.db.categories(ada.id).await.unwrap()[0].id;

        ada.post(&format!("/categories/{id}/rename"), &[("title", "Rivers")]).await.leads_to();
        assert!(ada.get(&format!("/categories/{id}")).await.text().contains("Article 0"));
        let gone = ada.post(&format!("/categories/{id}/delete"), &[]).await;
        let page = ada.get(gone.leads_to().split('#').next().unwrap()).await.text();
        assert!(page.contains("“Rivers” is gone"));
        let receipt = attribute(&page, "name=\"receipt\"", "value");
        ada.post("/categories/again", &[("receipt", receipt)]).await.leads_to();

        let row = site.app.db.subscription(ada.id, feed).await.unwrap().unwrap();
        assert_eq!(row.category, Some(site.app.db.categories(ada.id).await.unwrap()[0].id));
    }

    async fn no_page_needs_a_script_and_none_has_one_in_its_markup(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(2)).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let pages = [
            "/unread".to_owned(), "/history".to_owned(), "/rules".to_owned(), "/highlights".to_owned(), "/tags".to_owned(), "/feeds".to_owned(), "/add".to_owned(), "/about".to_owned(),
            format!("/feeds/{feed}/settings"), format!("/articles/{id}"), "/nothing".to_owned(),
        ];
        for path in pages {
            let html = ada.get(&path).await.text();
            for forbidden in [" style=\"", " onclick", " onload", "javascript:"] {
                assert!(!html.contains(forbidden), "{forbidden} on {path}");
            }
            // Every button belongs to a form, so that it works without the script.
            for button in html.split("<button").skip(1) {
                let tag = button.split('>').next().unwrap();
                let before = &html[..button.as_ptr() as usize - html.as_ptr() as usize];
                let in_form = before.matches("<form").count() > before.matches("</form>").count();
                assert!(tag.contains("form=\"marks\"") || in_form, "a button without a form on {path}: {tag}");
            }
        }
    }

    async fn an_article_can_count_as_read_at_its_end_alone(site: TestSite) {
        let ada = site.user("ada").await;
        let feed = followed(&site, &ada, "/feed", &numbered(2)).await;
        let id = ids(&site, &ada, Scope::Feed(feed)).await[0];
        let address = format!("/articles/{id}");
        let choices = [("read_when", "ended"), ("theme", "auto"), ("order", "newest"), ("density", "titles")];
        ada.post("/settings", &choices).await.leads_to();
        assert!(ada.get("/settings").await.text().contains("<option value=\"ended\" selected>"));

        for _ in 0..2 {
            let page = ada.get(&address).await.text();
            assert!(page.contains(&format!("name=\"read\" value=\"{id}.1\" data-at-end aria-pressed=\"false\"")));
        }
        assert_eq!(unread(&site, &ada).await, 2);
        assert_eq!(ids(&site, &ada, Scope::History).await, [id], "it was opened all the same");
        ada.post(&format!("{address}/opened"), &[("in", "unread")]).await;
        assert_eq!(unread(&site, &ada).await, 2, "a page that was loaded ahead counts no more than another");

        let read = ada.post("/marks", &[("read", &format!("{id}.1")), ("back", &address)]).await;

        assert!(read.leads_to().starts_with(&address), "{}", read.leads_to());
        assert_eq!(unread(&site, &ada).await, 1);
        assert!(!ada.get(&address).await.text().contains("data-at-end"));
    }

    async fn a_picture_is_a_link_to_its_largest_form_on_this_server(site: TestSite) {
        let ada = site.user("ada").await;
        let text = "<figure><img src=\"https://p.example/s.jpg\" srcset=\"https://p.example/l.jpg 2000w\"></figure>";
        let feed = followed(&site, &ada, "/feed", &[("Picture".to_owned(), text.to_owned())]).await;
        let page = ada.get(&format!("/articles/{}", ids(&site, &ada, Scope::Feed(feed)).await[0])).await.text();
        let link = attribute(&page, "class=\"large\" href", "href");
        let url = gleaner::domain::WebUrl::parse("https://p.example/l.jpg").unwrap();
        assert!(link.starts_with("/media/p/") && page.contains("aria-label=\"Open the picture large\"><img"));
        assert_eq!(link.split('?').next(), site.site.web().signer.picture(&url).split('?').next());
    }
}
