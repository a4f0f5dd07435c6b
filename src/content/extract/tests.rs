use proptest::prelude::*;

use super::*;

const NEWS: &str = include_str!("../../../tests/fixtures/content/news.html");
const CHINESE: &str = include_str!("../../../tests/fixtures/content/chinese.html");

fn at(address: &str) -> WebUrl {
    WebUrl::parse(address).unwrap()
}

fn page(html: &str) -> ExtractedPage {
    extract(html, &at("https://www.lowland.example/2024/river-1?session=7"))
}

fn text(page: &ExtractedPage) -> String {
    Prose::read(page.body.as_deref().unwrap_or_default()).text
}

/// A page with a text that is long enough for the extractor.
fn article(head: &str, extra: &str) -> String {
    let paragraph = "The quick brown fox jumps over the lazy dog, and the dog, being lazy, lets it happen once more. ";
    let body: String = (0..8).map(|_| format!("<p>{}</p>", paragraph.repeat(3))).collect();
    format!("<html><head>{head}</head><body><article><h1>Foxes</h1>{body}{extra}</article></body></html>")
}

#[test]
fn a_news_page_gives_its_text_and_what_it_says_of_itself() {
    let page = page(NEWS);
    assert_eq!(page.url.as_str(), "https://www.lowland.example/2024/river");
    assert_eq!(page.title, "River bursts its banks");
    assert_eq!(page.author.as_deref(), Some("Anna Meer, Bo Dijk"));
    assert_eq!(page.published_text.as_deref(), Some("2024-03-05T07:30:00+01:00"));
    assert_eq!(page.site_name.as_deref(), Some("The Lowland Post"));
    assert_eq!(page.language, Language::parse("en-GB"));
    assert_eq!(page.lead_image, Some(at("https://www.lowland.example/2024/pictures/river.jpg")));
    assert_eq!(page.description.as_deref(), Some("Two villages & one town were cut off overnight."));
    assert_eq!(page.completeness, Completeness::Whole);
    let text = text(&page);
    assert!(text.starts_with("The river rose by two metres"), "{text}");
    assert!(text.trim_end().ends_with("who lives on the other side."), "{text}");
}

#[test]
fn furniture_between_and_behind_the_paragraphs_is_left_out() {
    let text = text(&page(NEWS));
    for left_out in ["Share", "MINISTER", "Sign up", "You may also like", "How dykes are built", "©"] {
        assert!(!text.contains(left_out), "{left_out} in {text}");
    }
}

#[test]
fn lazy_and_noscript_pictures_have_their_absolute_addresses() {
    let body = page(NEWS).body.unwrap();
    assert!(body.contains("src=\"https://www.lowland.example/2024/pictures/dyke.jpg\""), "{body}");
    assert!(body.contains("src=\"https://www.lowland.example/2024/pictures/boats.jpg\""), "{body}");
}

#[test]
fn a_chinese_page_is_read_without_the_editors_signature() {
    let page = extract(CHINESE, &at("https://riverside.example/2024/0305/1.html"));
    assert_eq!(page.author.as_deref(), Some("林小雨"));
    assert_eq!(page.published_text.as_deref(), Some("2024-03-05 07:30"));
    let text = text(&page);
    assert!(text.contains("关了三年的旧书店") && text.contains("再请一个伙计"), "{text}");
    assert!(!text.contains("责任编辑") && !text.contains("扫一扫"), "{text}");
    assert!(page.body.unwrap().contains("https://img.riverside.example/shop.jpg"));
}

#[test]
fn a_page_that_says_so_is_partial() {
    let locked = r#"<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>"#;
    assert_eq!(page(&article(locked, "")).completeness, Completeness::Partial);
    let open = r#"<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":true}</script>"#;
    assert_eq!(page(&article(open, "")).completeness, Completeness::Whole);
}

#[test]
fn the_text_for_search_engines_stands_in_where_nothing_else_is_found() {
    let told = "A sentence of the article. ".repeat(30);
    let data =
        format!(r#"<script type="application/ld+json">{{"@type":"Article","articleBody":"{told}<b>1 & 2"}}</script>"#);
    let shell = format!("<html><head>{data}</head><body><div id=app>Loading</div></body></html>");
    let body = page(&shell).body.unwrap();
    assert!(body.starts_with("<p>A sentence") && body.ends_with("&lt;b&gt;1 &amp; 2</p>"), "{body}");
    let whole = page(&article(&data, ""));
    assert!(text(&whole).contains("brown fox"));
}

#[test]
fn a_page_without_anything_to_read_says_so() {
    for html in ["", "<html></html>", "<body><script>render()</script></body>", "\u{0}\u{1}", "<!--"] {
        assert_eq!(page(html).body, None, "{html:?}");
    }
}

#[test]
fn canonical_addresses_are_only_believed_if_they_can_be_true() {
    for (link, address) in [
        ("https://www.lowland.example/river", "https://www.lowland.example/river"),
        ("https://www.lowland.example/", "https://www.lowland.example/2024/river-1?session=7"),
        ("javascript:alert(1)", "https://www.lowland.example/2024/river-1?session=7"),
        ("", "https://www.lowland.example/2024/river-1?session=7"),
    ] {
        let head = format!("<link rel=canonical href=\"{link}\">");
        assert_eq!(page(&article(&head, "")).url.as_str(), address, "{link}");
    }
}

#[test]
fn an_author_is_a_name() {
    for (written, name) in [
        ("By Jane Doe", Some("Jane Doe")),
        ("Jane Doe March 25, 2015", Some("Jane Doe")),
        ("Jane Doe 5 minute read", Some("Jane Doe")),
        ("Jane Doe@janedoe", Some("Jane Doe")),
        ("作者：林小雨", Some("林小雨")),
        ("By", None),
        ("著者", None),
        ("https://social.example/jane", None),
        ("Published: Dec. 22, 2016", None),
    ] {
        assert_eq!(author::of_byline(written).as_deref(), name, "{written}");
    }
}

#[test]
fn the_language_of_code_survives() {
    let code = "<pre class=hl><code class=\"hl language-rust big\">fn main() {}</code></pre>";
    let body = page(&article("", code)).body.unwrap();
    assert!(body.contains("class=\"language-rust\"") && !body.contains("hl"), "{body}");
}

#[test]
fn hostile_pages_end_in_good_order() {
    let work = || {
        for unit in [
            "<div>",
            "<ul><li>",
            "<table><tr><td>",
            "<b id=1>",
            "<svg><g>",
            "<font><b>",
            "<noscript><p>",
            "<blockquote>",
        ] {
            page(&format!("<body><p>{}</p>{}", "words and words ".repeat(60), unit.repeat(20_000)));
        }
        let nested = format!(r#"<script type="application/ld+json">{}</script>"#, "[".repeat(100_000));
        page(&article(&nested, ""));
        let captions =
            format!("<figure>{}{}</figure>", "<b>x</b>".repeat(20_000), "<div class=caption>x</div>".repeat(20_000));
        page(&article("", &captions));
    };
    let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(work).unwrap();
    assert!(thread.join().is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn mutilated_pages_are_read_without_a_panic(
        chinese in any::<bool>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[<>\"'/a-z!-]{0,6}"), 1..8),
    ) {
        let mut html: Vec<char> = if chinese { CHINESE } else { NEWS }.chars().collect();
        for (from, length, noise) in cuts {
            let from = from.index(html.len());
            let to = (from + length.index(60)).min(html.len());
            html.splice(from..to, noise.chars());
            if html.is_empty() {
                html.push('x');
            }
        }
        page(&html.into_iter().collect::<String>());
    }
}

#[test]
fn a_byline_names_people_and_not_their_site() {
    let site = r#"<meta property="og:site_name" content="Mill Post"><meta name="author" content="Mill Post">"#;
    for (head, byline, author) in [
        (
            site,
            r#"<p class="byline">By <a rel="author" href="/ida">Ida Lund</a> and <a rel="author" href="/bo">Bo Rask</a></p>"#,
            "Ida Lund, Bo Rask",
        ),
        (
            site,
            r#"<div itemprop="author"><a href="/ida">Ida Lund</a><a href="/t">Twitter</a><p>Boats writer</p></div>"#,
            "Ida Lund",
        ),
        (site, r#"<p class="author vcard"><a class="url fn" href="/ida">Ida Lund</a></p>"#, "Ida Lund"),
        (
            r#"<meta name="twitter:label1" content="Verfasst von"><meta name="twitter:data1" content="Ida Lund">"#,
            "",
            "Ida Lund",
        ),
        (site, r#"<p itemprop="author"><a href="/ida">Ida Lund</a> (with Bo Rask)</p>"#, "Ida Lund (with Bo Rask)"),
        (site, "", "Mill Post"),
        ("", r#"<div class="info">2024-05-03 09:12 来源：江城日报 记者：王小明 字号</div>"#, "王小明"),
        ("", r#"<p class="byline">홍길동 기자 hong@mill.example</p>"#, "홍길동"),
        ("", r#"<div class="info">홍길동 기자 입력 2024.01.02 03:04</div>"#, "홍길동"),
        ("", r#"<p class="byline">Eingestellt von Ida Lund</p>"#, "Ida Lund"),
        (
            "",
            r#"<div class="post-meta"><p><a href="/author/ida/">Ida Lund</a></p><p>02 Jan 2024 • 5 min read</p></div>"#,
            "Ida Lund",
        ),
        ("", r#"<p class="byline">מאת: דנה לוי</p>"#, "דנה לוי"),
    ] {
        let html = article(head, "").replace("</h1>", &format!("</h1>{byline}"));
        assert_eq!(page(&html).author.as_deref(), Some(author), "{byline}");
    }
}

#[test]
fn a_title_is_what_stands_before_or_behind_the_name_of_the_site() {
    for (title, heading, wanted) in [
        ("Mill Post | Foxes at large again", "Foxes at large again", "Foxes at large again"),
        ("Foxes - Mill Post", "Foxes", "Foxes"),
        ("Installing — Mill 2.1", "Installing<a href=\"#i\">¶</a>", "Installing"),
        ("狐狸又回到磨坊附近-磨坊网", "狐狸又回到磨坊附近", "狐狸又回到磨坊附近"),
        ("Foxes: a report", "Foxes", "Foxes: a report"),
        ("Animals: Foxes at large again", "Foxes at large again", "Foxes at large again"),
        ("A fox was here : News : Mill", "A fox was here", "A fox was here"),
        ("Foxes : an endless report", "Foxes", "Foxes : an endless report"),
        ("狐狸又回到磨坊附近：磨坊网", "狐狸又回到磨坊附近", "狐狸又回到磨坊附近"),
        ("狐狸回到磨坊 FoxFinder-MILL.NET", "狐狸回到磨坊 FoxFinder", "狐狸回到磨坊 FoxFinder"),
        ("Home", "Foxes at large again", "Foxes at large again"),
    ] {
        let html =
            article(&format!("<title>{title}</title>"), "").replace("<h1>Foxes</h1>", &format!("<h1>{heading}</h1>"));
        assert_eq!(page(&html).title, wanted, "{title}");
    }
}

#[test]
fn the_picture_by_which_a_page_is_known_stands_above_its_text() {
    let head = r#"<meta property="og:image" content="https://cdn.example/foxes.jpg?w=1200">"#;
    let hero =
        r#"<div class="hero"><img src="/i/foxes.jpg?w=800"><p class="hero-caption">Two foxes</p></div><article>"#;
    let body = page(&article(head, "").replace("<article>", hero)).body.unwrap();
    assert!(body.starts_with("<figure><img") && body.contains("<figcaption>Two foxes</figcaption>"), "{body}");
    let other = hero.replace("hero\"", "related\"");
    assert!(!page(&article(head, "").replace("<article>", &other)).body.unwrap().contains("<img"));
}

#[test]
fn a_reporter_who_signed_below_the_text_is_its_author() {
    assert_eq!(page(&article("", "<p>홍길동 기자 hong@mill.example</p>")).author.as_deref(), Some("홍길동"));
    assert_eq!(page(&article("", "<p>이 사람은 신문사의 기자이다</p>")).author, None);
}

#[test]
fn what_a_page_says_of_its_author_is_no_part_of_the_text() {
    let about = "Ida Lund has written about boats and foxes for longer than she likes to say, and lives near the mill.";
    for (box_, shown) in [
        (format!("<div class=\"author-bio\"><p>{about}</p></div>"), false),
        (format!("<div class=\"about-authorities\"><p>{about}</p></div>"), true),
    ] {
        assert_eq!(text(&page(&article("", &box_))).contains("near the mill"), shown, "{box_}");
    }
}

#[test]
fn lines_of_old_pages_are_apart() {
    let line = "The fox, who had been at the henhouse before, went round it twice and found the door shut. ".repeat(4);
    let html = format!(
        "<table><tr><td><font size=5>Foxes</font><br><font size=1>A line by itself.</font><br><br><font size=2>{line}<br><br>{line}<br><br>{line}</font></td></tr></table>"
    );
    let text = text(&page(&html));
    assert!(text.contains("A line by itself.\nThe fox"), "{text}");
}

#[test]
fn captions_and_credits_of_a_page_stand_with_their_pictures() {
    let block = r#"<div class="image-block"><img src="/boat.jpg"><div class="image-caption">The old boat</div><div class="image-credit">Jo Berg</div></div>"#;
    let body = crate::content::article::article_from_page(&page(&article("", block)), crate::domain::UnixMillis(0));
    let html = &body.bodies[0].html;
    assert!(html.contains("<figcaption>The old boat Jo Berg</figcaption>"), "{html}");
}

#[test]
fn a_picture_in_the_text_does_not_keep_the_first_one_out() {
    let first = r#"<h1>Foxes</h1><figure class="lead"><img src="/first.jpg"></figure>"#;
    let long = "<p>The fox went round the henhouse once more, and then once more, and found the door shut again.</p>";
    let text = format!("<div class=\"text\">{long}<p><img src=\"/second.jpg\"></p>{}</div>", long.repeat(9));
    let html = format!("<body><div class=\"head\">{first}</div>{text}</body>");
    let body = page(&html).body.unwrap();
    assert!(body.contains("first.jpg") && body.contains("second.jpg"), "{body}");
}

#[test]
fn a_forum_names_its_thread_last() {
    let html = article("<title>Boat Forum - View topic - Which engine for a small ferry?</title>", "")
        .replace("<h1>Foxes</h1>", "<h2><a href=\"./t?1\">Which engine for a small ferry?</a></h2>");
    assert_eq!(page(&html).title, "Which engine for a small ferry?");
}

#[test]
fn the_end_of_the_way_to_a_page_is_its_title() {
    let titled = |title: &str, headings: &str| {
        let html = article(&format!("<title>{title}</title>"), "").replace("<h1>Foxes</h1>", headings);
        page(&html).title
    };
    assert_eq!(
        titled(
            "Mill » Archive » A fox was here",
            "<h1><a href=\"/\">Mill</a></h1><h2>Search</h2><h2>A fox was here</h2>"
        ),
        "A fox was here"
    );
    assert_eq!(
        titled("A fox was here » Mill Post", "<h2>A fox was here</h2><h2>Mill Post</h2>"),
        "A fox was here » Mill Post"
    );
}

#[test]
fn a_name_beside_the_title_is_of_the_other_pages_unless_it_is_near() {
    let body = "<h1>A fox was here</h1><div><span>By </span><a href=\"/profile/7\">Ida Lund</a></div>";
    let html = article("", "").replace("<h1>Foxes</h1>", body);
    assert_eq!(page(&html).author.as_deref(), Some("Ida Lund"));
    let comments = "<ul><li class=\"recentcomments\"><span class=\"comment-author-link\">Bo</span> on Hens</li></ul>";
    assert_eq!(page(&article("", "").replace("</body>", &format!("{comments}</body>"))).author, None);
}

#[test]
fn what_a_program_hyphenated_is_whole_again() {
    let found = |text: &str| page(&article("", "").replace("quick", text)).body.unwrap_or_default();
    assert!(found("qu\u{ad}ick, hun&shy;gry").contains("quick, hungry"), "{}", found("qu\u{ad}ick"));
    let once = format!("<p>{} Donau\u{ad}dampfschiff {}</p>", "A fox ran. ".repeat(400), "It left. ".repeat(100));
    assert!(page(&format!("<article>{once}</article>")).body.unwrap_or_default().contains('\u{ad}'));
}

#[test]
fn a_mailbox_is_no_part_of_a_name() {
    for (written, name) in [
        ("Ida Lund, ida@mill.example", "Ida Lund"),
        ("Ida Lund (ida@mill.example)", "Ida Lund"),
        ("Ida Lund <ida@mill.example>", "Ida Lund"),
        ("林小雨，lin@mill.example", "林小雨"),
        ("ida@mill.example", "ida@mill.example"),
        ("Ida Lund @idalund", "Ida Lund @idalund"),
        ("Ida @ the mill", "Ida @ the mill"),
    ] {
        let written = written.replace('<', "&lt;");
        let said = page(&article(&format!("<meta name=\"author\" content=\"{written}\">"), ""));
        assert_eq!(said.author.as_deref(), Some(name), "{written}");
    }
}

#[test]
fn systems_put_names_of_their_own_before_the_usual_ones() {
    let said = |meta: &str| page(&article(meta, ""));
    let page =
        said(r#"<meta name="Search.Byline" content="Ida Lund"><meta name="rnews:datePublished" content="2024-03-05">"#);
    assert_eq!((page.author.as_deref(), page.published_text.as_deref()), (Some("Ida Lund"), Some("2024-03-05")));
    assert_eq!(said(r#"<meta name="web_author" content="Bo Rask">"#).author, None);
}

#[test]
fn a_line_below_the_text_that_says_who_wrote_it_is_no_part_of_it() {
    let ended = |line: &str| text(&page(&article("", &format!("<p>{line}</p>")))).contains("Ida Lund");
    assert!(!ended("Gespeichert von Ida Lund am 24. Juli 2017 - 18:55"));
    assert!(!ended("By Ida Lund on March 5, 2024 in Hens"));
    assert!(ended("Ida Lund was here on March 5, 2024."));
}
