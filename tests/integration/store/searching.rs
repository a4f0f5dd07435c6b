//! Search finds exactly what is there: on both databases, for every account what it may read, in every state of a text.

use std::time::Instant;

use gleaner::domain::{
    AccountId, ArticleDraft, ArticleId, Body, BodyChoice, BodyKind, BodyPreference, ChoiceReason, FeedId, UnixMillis,
};
use gleaner::search::Query;
use gleaner::store::{
    Db, HitsWanted, IncomingArticle, NewUnread, SEARCH_PATIENCE, Scope, SearchRequest, SubscriptionChange,
};
use jiff::tz::TimeZone;

use crate::support::db::{START, TestDb, account, draft, feed, followed, on_both};
use crate::support::dice::Dice;

/// Glyphs of four scripts, few enough that every pair stands in many texts.
const GLYPHS: [&str; 4] =
    ["中国人民政府经济的龙麦田", "データドキュメントのはがを漢字", "한국어사람의나라", "麦田中国的のはデ"];
const WORDS: [&str; 12] =
    ["the", "document", "text", "window", "package", "a", "of", "river", "iphone", "2026", "naïve", "x"];

/// A text of few different words and characters.
fn text(dice: &mut Dice) -> String {
    let glyphs: Vec<char> = GLYPHS[dice.below(4)].chars().collect();
    let mut text = String::new();
    for _ in 0..10 + dice.below(30) {
        match dice.below(6) {
            0 | 1 => {
                for _ in 0..1 + dice.below(9) {
                    text.push(glyphs[dice.below(glyphs.len())]);
                }
            }
            2 => text.push_str(dice.pick(&["，", "。", ", ", "\n", " - "])),
            _ => {
                text.push(' ');
                text.push_str(dice.pick(&WORDS));
                text.push_str(dice.pick(&[" ", " ", "", ", "]));
            }
        }
    }
    text
}

pub(super) fn with_text(number: i64, title: &str, text: &str) -> ArticleDraft {
    let html = text.replace('&', "&amp;").replace('<', "&lt;");
    let bodies = vec![Body { kind: BodyKind::Feed, html: format!("<p>{html}</p>") }];
    ArticleDraft { title: title.to_owned(), author: None, bodies, ..draft(number) }
}

pub(super) async fn store(db: &Db, feed: FeedId, drafts: Vec<ArticleDraft>) -> Vec<ArticleId> {
    let articles: Vec<IncomingArticle> = drafts.into_iter().map(Into::into).collect();
    db.store_articles(feed, &articles, NewUnread::All, START).await.unwrap().added
}

fn query(text: &str) -> Query {
    Query::parse(text, START, &TimeZone::UTC)
}

pub(super) async fn found(db: &Db, account: AccountId, text: &str) -> Vec<ArticleId> {
    found_in(db, account, text, None).await
}

async fn found_in(db: &Db, account: AccountId, text: &str, within: Option<Scope>) -> Vec<ArticleId> {
    let query = query(text);
    let Some(node) = &query.node else { return Vec::new() };
    let request = SearchRequest { node, within, below: None, limit: 10_000 };
    let found = db.search(account, &request).await.unwrap_or_else(|error| panic!("{text}: {error}"));
    assert!(found.is_all, "{text}: not all");
    found.hits.into_iter().map(|hit| hit.id).collect()
}

/// Whether `text` has `part`, and a word of `part` at its border is a word of `text`. What everything else is measured by.
fn has(text: &str, part: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() && u32::from(c) < 0x2e80;
    text.match_indices(part).any(|(at, _)| {
        let touches = |a: Option<char>, b: Option<char>| a.is_some_and(is_letter) && b.is_some_and(is_letter);
        !touches(text[..at].chars().next_back(), part.chars().next())
            && !touches(part.chars().next_back(), text[at + part.len()..].chars().next())
    })
}

on_both! {
    async fn every_part_of_a_text_finds_exactly_the_texts_that_have_it(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        let mut dice = Dice(11);
        let texts: Vec<String> = (0..150).map(|_| text(&mut dice)).collect();
        let drafts = texts.iter().zip(1..).map(|(text, number)| with_text(number, "", text)).collect();
        let ids = store(db, daily, drafts).await;
        // White space is one space in what is searched, a text begins and ends with none, and width does not matter.
        let plain: Vec<String> = texts
            .iter()
            .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ").replace('，', ",").replace('ï', "i"))
            .collect();

        for round in 0..400 {
            let text = &plain[dice.below(plain.len())];
            let chars: Vec<char> = text.chars().collect();
            let start = dice.below(chars.len());
            let length = [1, 2, 3, 4, 8][round % 5];
            let part: String = chars[start..(start + length).min(chars.len())].iter().collect();
            let part = part.trim();
            if !has(text, part) || !part.chars().any(char::is_alphanumeric) {
                continue;
            }
            let expected: Vec<ArticleId> =
                ids.iter().zip(&plain).filter(|(_, text)| has(text, part)).map(|(id, _)| *id).rev().collect();
            assert_eq!(found(db, ann, &format!("\"{part}\"")).await, expected, "{part}");
        }
    }

    async fn width_case_accents_and_both_scripts_of_chinese_find_the_same(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        let ids = store(db, daily, vec![
            with_text(1, "繁體中文", "臺灣的麥田，Ｃａｆé ﾃﾞｰﾀ"),
            with_text(2, "简体中文", "台湾的麦田 cafe データ"),
        ]).await;

        let both = [ids[1], ids[0]];
        for query in ["麥田", "麦田", "台灣的麥", "CAFÉ", "cafe", "ﾃﾞｰﾀ", "データ", "简体 or 繁体", "title:中文", "臺"] {
            assert_eq!(found(db, ann, query).await, both, "{query}");
        }
        assert_eq!(found(db, ann, "title:麦田").await, []);
    }

    async fn words_of_every_script_are_found_as_people_type_them(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        let texts = [
            "İstanbul'da ISPARTA yağmuru", "Die Straße nach Ærøskøbing, Œuvre", "وصل القِطارُ إلى الأُقصُر", "בָּרוּךְ הבא לירושלים",
            "ภาษาไทยเขียนติดกัน", "हिन्दी में लिखी हुई कहानी", "ភាសា\u{200b}ខ្មែរ", "훈민정음을 읽다", "𠮷野家で㈱スズキのﬁrst ＡＢＣ",
            "so good 👍🏽👍 news ❤\u{fe0f}", "see https://www.example.org/a/b?c=d#e or write to ann.b@example.org",
            "C++ and c#, but .NET 4.8", "a well-known state_of the art", "COVID19 in the 1990s and x86_64", "naïve cafe\u{301} ΟΔΟΣ Ёлка",
            "<b>one</b> block", "Việt Nam Đà Nẵng",
        ];
        let ids = store(db, daily, texts.iter().zip(1..).map(|(text, number)| with_text(number, "", text)).collect()).await;

        for (number, queries) in [
            (0, &["istanbul", "ISTANBUL", "İSTANBUL", "isparta", "ısparta", "yagmuru"][..]),
            (1, &["strasse", "STRASSE", "straße", "aeroskobing", "oeuvre", "\"die straße nach\""]),
            (2, &["القطار", "الأقصر", "الاقصر", "\"القطار إلى\""]),
            (3, &["ברוך", "בָּרוּךְ הבא", "לירושלים"]),
            (4, &["ไทย", "ภ", "เขียนติด"]),
            (5, &["हिन्दी", "कहानी", "\"लिखी हुई\""]),
            (6, &["ភាសា\u{200b}ខ្មែរ", "ខ្មែរ"]),
            (7, &["훈민", "훈민정음", "\u{1112}\u{116e}\u{11ab}\u{1106}\u{1175}\u{11ab}", "정"]),
            (8, &["𠮷", "吉野家 or 𠮷野家", "株", "(株)", "ｽｽﾞｷ", "スズキ", "first", "abc"]),
            (9, &["👍", "👍🏽", "\"good 👍\"", "❤", "❤\u{fe0f}"]),
            (10, &["https://www.example.org/a/b?c=d#e", "example.org", "ann.b@example.org", "\"ann.b@example.org\"", "\"b?c=d\""]),
            (11, &["\"c++\"", "\"c#\"", "\".net\"", ".net", "\"4.8\""]),
            (12, &["well-known", "well known", "wellknown or known", "\"well-known\"", "state_of", "\"state_of the\""]),
            (13, &["covid19", "1990s", "x86_64", "x86"]),
            (14, &["naive", "café", "οδός", "елка", "ёлка"]),
            (15, &["\"<b>one</b>\"", "one block"]),
            (16, &["viet nam", "đà nẵng", "da nang"]),
        ] {
            for query in queries {
                assert_eq!(found(db, ann, query).await, [ids[number]], "{query}");
            }
        }
        for query in ["covid", "86", "\"well known\"", "\"c--\"", "👎", "taxi"] {
            assert_eq!(found(db, ann, query).await, [], "{query}");
        }
    }

    async fn a_phrase_is_found_over_signs_elements_and_blocks(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        let mut article = with_text(1, "", "");
        article.bodies[0].html = "<p>He said “the <b>river</b> rose”.</p><ul><li>First<li>second&nbsp;item</ul>他说“<em>好</em>的”<br>\
                                  漢<ruby>字<rt>じ</rt></ruby>です".to_owned();
        let id = store(db, daily, vec![article]).await[0];

        for query in [
            "\"said \"the river rose\"\"", "“said \"the river rose\"”", "「said “the river rose”」", "\"rose\". first\"", "«second item 他说»",
            "「他说“好的”」", "\"好的\" 漢\"", "漢字です", "rose first", "-\"rose first\"", "-\"the river, rose\" -nothing",
        ] {
            assert_eq!(found(db, ann, query).await, [id], "{query}");
        }
        for query in ["\"said 'the river\"", "\"他说好的\"", "他说好", "漢字じ", "-rose", "-(nothing or rose)", "-\"second item\" -x"] {
            assert_eq!(found(db, ann, query).await, [], "{query}");
        }
    }

    async fn a_reader_finds_what_they_may_read_and_nothing_else(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let (daily, other) = (followed(db, ann, "daily").await, feed(db, "other").await);
        let mine = store(db, daily, vec![with_text(1, "mine", "麦田 wheat")]).await[0];
        let foreign = store(db, other, vec![with_text(2, "foreign", "麦田 wheat")]).await[0];

        for query in ["wheat", "麦", "麦田 wheat", "-nothing", "is:read or wheat"] {
            assert_eq!(found(db, ann, query).await, [mine], "{query}");
            assert_eq!(found(db, bob, query).await, [], "{query}");
        }
        db.subscribe(bob, other, None, START, 0).await.unwrap();
        assert_eq!(found(db, bob, "wheat").await, [foreign]);
        db.set_starred(bob, foreign, true, START).await.unwrap();
        db.unsubscribe(bob, &[other], START).await.unwrap();
        assert_eq!(found(db, bob, "wheat").await, [foreign], "what was starred stays readable");
    }

    async fn the_text_that_is_shown_is_the_one_that_is_searched(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        let id = store(db, daily, vec![with_text(1, "Title", "teaser of the feed")]).await[0];
        let mut with_page = with_text(1, "Title", "teaser of the feed");
        with_page.bodies.push(Body { kind: BodyKind::Page, html: "<p>whole article</p>".into() });
        with_page.choice = BodyChoice { shown: BodyKind::Page, reason: ChoiceReason::FeedIsTeaser };

        db.add_page_body(id, &with_page, None, START).await.unwrap();
        assert_eq!((found(db, ann, "teaser").await, found(db, ann, "whole").await), (vec![], vec![id]));

        db.set_body_choice(ann, id, Some(BodyKind::Feed)).await.unwrap();
        assert_eq!((found(db, ann, "teaser").await, found(db, ann, "whole").await), (vec![id], vec![]));

        db.set_body_choice(ann, id, None).await.unwrap();
        let change = SubscriptionChange { preference: Some(BodyPreference::Feed), ..SubscriptionChange::default() };
        db.update_subscription(ann, daily, &change).await.unwrap();
        while db.reindex_some(20).await.unwrap() > 0 {}
        assert_eq!((found(db, ann, "teaser").await, found(db, ann, "whole").await), (vec![id], vec![]));
    }

    async fn an_edit_changes_what_is_found_and_a_deletion_takes_it_away(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        let id = store(db, daily, vec![with_text(1, "Old title", "the first 人民政府")]).await[0];

        let edited = with_text(1, "New title", "the second 中华民国");
        db.store_articles(daily, &[edited.into()], NewUnread::All, START).await.unwrap();

        for gone in ["first", "人民", "title:old", "\"人民政府\"", "人"] {
            assert_eq!(found(db, ann, gone).await, [], "{gone}");
        }
        for there in ["second", "民", "title:new", "\"the second\"", "is:edited 中华民国"] {
            assert_eq!(found(db, ann, there).await, [id], "{there}");
        }
        let saved = db.private_feed(ann, gleaner::store::PrivateKind::Saved, START).await.unwrap();
        store(db, saved, vec![with_text(2, "Kept", "the second")]).await;
        db.delete_account(ann).await.unwrap();
        let bob = account(db, "bob").await;
        db.subscribe(bob, daily, None, START, 0).await.unwrap();
        let again = db.private_feed(bob, gleaner::store::PrivateKind::Saved, START).await.unwrap();
        let new = store(db, again, vec![with_text(3, "New", "nothing of the kind")]).await[0];
        assert_eq!(found(db, bob, "second").await, [id], "the number of a deleted article is used again");
        assert_eq!(found(db, bob, "kind").await, [new]);
    }

    async fn fields_find_what_they_say(db: &TestDb) {
        let ann = account(db, "ann").await;
        let (daily, weekly) = (followed(db, ann, "daily").await, followed(db, ann, "weekly").await);
        let tech = db.category_by_title_or_create(ann, "Tech & Co").await.unwrap();
        let change = SubscriptionChange {
            title: Some("Daily News".into()), category: Some(Some(tech)), ..SubscriptionChange::default()
        };
        db.update_subscription(ann, daily, &change).await.unwrap();
        let audio = gleaner::domain::Enclosure {
            url: crate::support::db::url("https://a.example/1.mp3"), media_type: Some("audio/mpeg".into()),
            length: None, title: None, seconds: None,
        };
        let first = ArticleDraft {
            author: Some("Ann Strøm".into()), enclosures: vec![audio],
            url: Some(crate::support::db::url("https://www.blog.example.org/1")),
            ..with_text(1, "One", "麦田")
        };
        let second = ArticleDraft {
            language: gleaner::domain::Language::parse("zh-TW"),
            lead_image: Some(crate::support::db::url("https://a.example/1.png")),
            ..with_text(2, "Two", "麦田")
        };
        let one = store(db, daily, vec![first]).await[0];
        let two = store(db, weekly, vec![second]).await[0];
        db.set_read(ann, two, true, START).await.unwrap();
        db.set_later(ann, one, true, START).await.unwrap();

        for (query, expected) in [
            ("feed:news", vec![one]), ("feed:weekly", vec![two]), ("feed:nothing", vec![]), ("-feed:news 麦田", vec![two]),
            ("category:\"tech & co\"", vec![one]), ("author:strom", vec![one]), ("strom", vec![one]),
            ("site:example.org", vec![one]), ("site:blog.example.org", vec![one]), ("site:log.example.org", vec![]),
            ("lang:zh", vec![two]), ("lang:zh-hant", vec![two]), ("lang:zh-hans", vec![]), ("lang:en", vec![one]),
            ("is:unread", vec![one]), ("is:read", vec![two]), ("is:later", vec![one]), ("is:starred", vec![]),
            ("is:shared", vec![]), ("is:gone or is:read", vec![two]), ("has:audio", vec![one]), ("has:picture", vec![two]),
            ("has:video", vec![]), ("has:note", vec![]), ("before:2025-10-09T", vec![]),
            ("after:2025-10-09", vec![two, one]), ("before:2025-10-09", vec![]), ("before:2026 麦", vec![two, one]),
            ("(is:read or \"麦 田\") 麦田", vec![two]), ("-(is:read or feed:weekly)", vec![one]),
            ("is:read or 没有的人", vec![two]), ("麦田 -\"麦田没\"", vec![two, one]), ("-\"麦田\"", vec![]),
        ] {
            assert_eq!(found(db, ann, query).await, expected, "{query}");
        }
        assert_eq!(found_in(db, ann, "麦田", Some(Scope::Feed(daily))).await, [one]);
        assert_eq!(found_in(db, ann, "麦田", Some(Scope::Later)).await, [one]);
        assert_eq!(found_in(db, ann, "麦田", Some(Scope::Category(tech))).await, [one]);
    }

    async fn marks_tags_passages_and_ages_are_found(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let daily = followed(db, ann, "daily").await;
        db.subscribe(bob, daily, None, START, 0).await.unwrap();
        let film = gleaner::domain::Enclosure {
            url: crate::support::db::url("https://a.example/1.mp4"), media_type: Some("video/mp4".into()),
            length: None, title: None, seconds: None,
        };
        let old = ArticleDraft {
            published: Some(START.plus(-40 * UnixMillis::DAY)), enclosures: vec![film], ..with_text(1, "Old", "麦田")
        };
        let ids = store(db, daily, vec![old, with_text(2, "New", "麦田"), with_text(3, "Newer", "麦田")]).await;
        let (old, new, newer) = (ids[0], ids[1], ids[2]);
        db.set_starred(ann, new, true, START).await.unwrap();
        for name in ["Wheat fields", "麥田"] {
            db.tag_article(ann, newer, &[gleaner::domain::TagName::parse(name).unwrap()], START).await.unwrap();
        }
        let anchor = gleaner::domain::Anchor { exact: "麦".into(), ..gleaner::domain::Anchor::default() };
        db.highlight(ann, old, &anchor, None, "why?", START).await.unwrap();
        db.highlight(ann, new, &anchor, None, "", START).await.unwrap();

        for (query, expected) in [
            ("is:starred", vec![new]), ("tag:\"wheat fields\"", vec![newer]), ("tag:麦田", vec![newer]), ("tag:wheat", vec![newer]),
            ("tag:rye", vec![]), ("-tag:麦田 麦田", vec![new, old]), ("has:highlight", vec![new, old]), ("has:note", vec![old]),
            ("has:video", vec![old]), ("-has:video", vec![newer, new]), ("before:7d", vec![old]), ("after:7d", vec![newer, new]),
            ("after:2025-08 before:2025-09-15", vec![old]), ("before:2025-08", vec![]),
            ("(is:starred or has:video) -has:note", vec![new]), ("(tag:麦田 or (has:note 麦))", vec![newer, old]),
        ] {
            assert_eq!(found(db, ann, query).await, expected, "{query}");
        }
        for query in ["is:starred", "tag:麦田", "has:highlight", "has:note"] {
            assert_eq!(found(db, bob, query).await, [], "{query}: that is nobody else's business");
        }
    }

    async fn what_was_stored_before_is_indexed_bit_by_bit_and_once(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        let drafts = (1..=50).map(|number| with_text(number, "Title", "麦田 wheat")).collect();
        let ids = store(db, daily, drafts).await;

        db.reindex_everything().await.unwrap();
        db.reindex_everything().await.unwrap();
        assert_eq!(db.count_unindexed(1_000).await.unwrap(), 50);
        assert_eq!(db.reindex_some(20).await.unwrap(), 20);
        let again = db.home.open().await;
        assert_eq!(again.count_unindexed(1_000).await.unwrap(), 30, "a restart goes on where it stopped");
        while again.reindex_some(20).await.unwrap() > 0 {}

        assert_eq!(found(&again, ann, "wheat").await.len(), ids.len());
        again.check_search_scheme().await.unwrap();
        assert_eq!(again.count_unindexed(1_000).await.unwrap(), 0);
        again.meta_set("search_scheme", "an older one").await.unwrap();
        again.check_search_scheme().await.unwrap();
        assert_eq!(again.count_unindexed(1_000).await.unwrap(), 50);
        again.close().await;
    }

    async fn no_query_is_an_error(db: &TestDb) {
        let ann = account(db, "ann").await;
        let daily = followed(db, ann, "daily").await;
        store(db, daily, vec![with_text(1, "Title", "麦田 wheat a* NEAR c++")]).await;
        let long = "wheat ".repeat(20_000);
        for text in [
            "\"", "*", "a*", "NEAR(a b)", "a NEAR b", "terms:wheat", "a AND b", "NOT", "\u{0}", "^a", "a + b", "' & | ! :*",
            "{a b}", "\\", "'; DROP TABLE article; --", "((((((((((", "-", "--", "-(-(-(a)))", "\u{fffd}", long.as_str(),
            "feed:\"\"", "tag:", "is:", "before:99999999y", "a or", "or", "() ()", "¹title", "²ann",
        ] {
            found(db, ann, text).await;
        }
        assert_eq!(found(db, ann, &"麦田 ".repeat(60)).await.len(), 1);
        // As deep as a query of this length can be.
        for (level, end) in [("(a|b ", ")"), ("a(b|", ")"), ("-(a ", ")"), ("-(is:read|a -", ")"), ("title:(a|", ")"), ("(\"a b\"|", ")")] {
            let deep = 250 / (level.len() + end.len());
            for text in [format!("{}wheat{}", level.repeat(deep), end.repeat(deep)), level.repeat(60)] {
                let query = query(&text);
                let request = SearchRequest { node: query.node.as_ref().unwrap(), within: None, below: None, limit: 10 };
                db.search(ann, &request).await.unwrap_or_else(|error| panic!("{text}: {error}"));
            }
        }
    }

    async fn saved_searches_and_recent_ones_are_an_accounts_own(db: &TestDb) {
        let (ann, bob) = (account(db, "ann").await, account(db, "bob").await);
        let id = db.save_search(ann, "Wheat", "麦田 is:unread", START).await.unwrap().unwrap();
        for (number, query) in (1..).zip(["one", "two", "one"]) {
            db.note_search(ann, query, START.plus(number));
        }

        assert_eq!(db.recent_searches(ann).await.unwrap(), ["one", "two"]);
        assert_eq!(db.recent_searches(bob).await.unwrap(), Vec::<String>::new());
        assert_eq!(db.saved_search(bob, id).await.unwrap(), None);
        assert!(!db.change_saved_search(bob, id, "Mine", "x").await.unwrap());
        assert_eq!(db.delete_saved_search(bob, id, START).await.unwrap(), None);
        db.count_saved_search(id, 7).await.unwrap();
        assert_eq!(db.saved_searches(ann).await.unwrap()[0].unread, Some(7));
        assert!(db.change_saved_search(ann, id, "Wheat", "小麦").await.unwrap());
        assert_eq!(db.saved_searches(ann).await.unwrap()[0].unread, None, "another query has another number");
        let receipt = db.delete_saved_search(ann, id, START).await.unwrap().unwrap();
        assert!(db.restore_saved_search(ann, receipt, START).await.unwrap());
        assert_eq!(db.saved_searches(ann).await.unwrap()[0].query, "小麦");
    }
}

/// Generated queries of everything that the language has.
fn any_query(dice: &mut Dice, depth: usize) -> String {
    let glyphs: Vec<char> = GLYPHS[dice.below(4)].chars().collect();
    let some = |dice: &mut Dice| -> String {
        let count = 1 + dice.below(5);
        (0..count).map(|_| glyphs[dice.below(glyphs.len())]).collect()
    };
    match dice.below(if depth == 0 { 9 } else { 13 }) {
        0 | 1 => some(dice),
        2 => dice.pick(&WORDS).to_owned(),
        3 => format!("\"{} {}\"", dice.pick(&WORDS), dice.pick(&WORDS)),
        4 => {
            let (start, end) = [("\"", "\""), ("“", "”"), ("「", "」"), ("title:«", "»")][dice.below(4)];
            format!("{start}{}{}{end}", dice.pick(&["", "the ", "a"]), some(dice))
        }
        5 => format!("title:{}", some(dice)),
        6 => dice
            .pick(&[
                "is:unread",
                "is:read",
                "is:starred",
                "is:edited",
                "has:picture",
                "is:later",
                "is:(unread or starred)",
                "tag:wheat",
                "has:note",
                "category:none",
            ])
            .to_owned(),
        7 => dice
            .pick(&["feed:daily", "feed:weekly", "lang:zh", "lang:en", "site:site.example", "author:ann"])
            .to_owned(),
        8 => dice.pick(&["before:2025-10-09T", "after:2025-10-10", "before:2025-10-10", "after:3650d"]).to_owned(),
        9 => format!("-{}", any_query(dice, depth - 1)),
        10 => format!("({})", any_query(dice, depth - 1)),
        11 => format!("{} or {}", any_query(dice, depth - 1), any_query(dice, depth - 1)),
        _ => format!("{} {}", any_query(dice, depth - 1), any_query(dice, depth - 1)),
    }
}

/// What is found window by window, as pages do it: what is likely first, and then what is left of it once its texts were read.
async fn in_windows(db: &Db, account: AccountId, request: &SearchRequest<'_>) -> Vec<ArticleId> {
    let until = Instant::now() + SEARCH_PATIENCE;
    let (mut ids, mut below) = (Vec::new(), None);
    loop {
        let window =
            db.search_likely(account, &SearchRequest { below, limit: 30, ..*request }, 10, until).await.unwrap();
        let hits: Vec<_> = window.hits.iter().collect();
        let confirmed = db.confirm(account, &window, &hits, HitsWanted::up_to(usize::MAX), until).await.unwrap();
        ids.extend(confirmed.hits.iter().map(|hit| hit.id));
        if window.is_all {
            return ids;
        }
        below = window.hits.last().map(|hit| hit.id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_give_the_same_answers_to_thousands_of_queries() {
    let sqlite = TestDb::sqlite().await;
    let Some(postgres) = TestDb::postgres().await else { return };
    let mut accounts = Vec::new();
    for db in [&sqlite, &postgres] {
        let ann = account(db, "ann").await;
        let feeds = [followed(db, ann, "daily").await, followed(db, ann, "weekly").await, feed(db, "other").await];
        let mut dice = Dice(3);
        for number in 0..120 {
            let mut article = with_text(number * 60, &text(&mut dice), &text(&mut dice));
            article.author = (number % 3 == 0).then(|| "Ann Author".to_owned());
            article.language = gleaner::domain::Language::parse(dice.pick(&["zh", "en", "ja"]));
            let id = store(db, feeds[dice.below(3)], vec![article]).await[0];
            match dice.below(6) {
                0 => drop(db.set_starred(ann, id, true, START).await.unwrap()),
                1 | 2 => drop(db.set_read(ann, id, true, START).await.unwrap()),
                3 => drop(db.set_later(ann, id, true, START).await.unwrap()),
                _ => {}
            }
        }
        accounts.push(ann);
    }
    let now = START.plus(UnixMillis::DAY);
    let mut dice = Dice(5);
    let mut hits = 0;
    for _ in 0..2_000 {
        let depth = 2 + dice.below(4);
        let text = any_query(&mut dice, depth);
        let query = Query::parse(&text, now, &TimeZone::UTC);
        let Some(node) = &query.node else { continue };
        let request = SearchRequest { node, within: None, below: None, limit: 1_000 };
        let ids = |found: gleaner::store::HitWindow| found.hits.into_iter().map(|hit| hit.id).collect::<Vec<_>>();
        let in_sqlite = ids(sqlite.search(accounts[0], &request).await.unwrap());
        let in_postgres = ids(postgres.search(accounts[1], &request).await.unwrap());
        assert_eq!(in_sqlite, in_postgres, "{text} → {query}");
        if dice.below(8) == 0 {
            assert_eq!(in_windows(&sqlite, accounts[0], &request).await, in_sqlite, "{text} → {query}");
            assert_eq!(in_windows(&postgres, accounts[1], &request).await, in_sqlite, "{text} → {query}");
        }
        hits += in_sqlite.len();
    }
    assert!(hits > 10_000, "most queries find something: {hits}");
}
