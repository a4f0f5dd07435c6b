mod soup;

use super::*;

/// 2024-03-05T12:00:00Z
const PUBLISHED: UnixMillis = UnixMillis(1_709_640_000_000);

struct Article {
    title: &'static str,
    source_title: &'static str,
    published: Option<UnixMillis>,
}

const ARTICLE: Article =
    Article { title: "河边的图书馆", source_title: "河岸周报", published: Some(PUBLISHED) };

const UNDATED: Article = Article { published: None, ..ARTICLE };

fn read(html: &str, article: &Article) -> Normalised {
    let url = WebUrl::parse("https://www.site.example/a/1.html").unwrap();
    normalise(
        html,
        &Facts {
            title: article.title,
            url: Some(&url),
            base: None,
            source_title: article.source_title,
            published: article.published,
            language: None,
            now: PUBLISHED,
        },
    )
}

#[track_caller]
fn assert_bodies(cases: &[(&str, &str)]) {
    for (html, expected) in cases {
        assert_eq!(read(html, &ARTICLE).html, *expected, "from {html}");
    }
}

/// A body long enough that a tail may be cut from it.
const TEXT: &str = "<p>图书馆在河边，窗外有树。管理员每天早上开门，先给花浇水，然后才点灯。读者多半是老人和孩子，他们坐在窗边，一坐就是半天。</p>";

#[test]
fn pictures_lead_to_where_they_really_are() {
    assert_bodies(&[
        (
            "<img src=\"https://images.weserv.nl?url=p.example/a.jpg\" srcset=\"https://wsrv.nl/?url=p.example/b.jpg 2x\">",
            "<img data-via=\"https://images.weserv.nl?url=p.example/a.jpg\" src=\"https://p.example/a.jpg\" srcset=\"https://p.example/b.jpg 2x\">",
        ),
        (
            "<video poster=\"//images.weserv.nl/?url=p.example/a.jpg\" src=\"v.mp4\"></video>",
            "<video poster=\"https://p.example/a.jpg\" src=\"https://www.site.example/a/v.mp4\"></video>",
        ),
        (
            "<img src=\"https://wsrv.nl/?url=p.example/a.jpg&amp;w=640\">",
            "<img data-via=\"https://wsrv.nl/?url=p.example/a.jpg&amp;w=640\" src=\"https://p.example/a.jpg\" width=\"640\">",
        ),
    ]);
}

#[test]
fn relative_addresses_become_absolute_and_places_in_the_text_stay() {
    assert_bodies(&[(
        "<a href=\"../b\">一</a><a href=\"#n\">二</a><img src=\"//p.example/a.jpg\" srcset=\"b.jpg 2x, https://p.example/c.jpg 3x\">",
        "<a href=\"https://www.site.example/b\">一</a><a href=\"#n\">二</a><img src=\"https://p.example/a.jpg\" srcset=\"https://www.site.example/a/b.jpg 2x, https://p.example/c.jpg 3x\">",
    )]);
}

#[test]
fn lazy_pictures_are_loaded() {
    for html in [
        "<img data-src=\"https://p.example/a.jpg\">",
        "<img src=\"data:image/gif;base64,R0lGOD\" data-original=\"https://p.example/a.jpg\">",
        "<img src=\"/static/placeholder.png\" data-actualsrc=\"https://p.example/a.jpg\">",
        "<img src=\"blank.gif\"><noscript><img src=\"https://p.example/a.jpg\"></noscript>",
        "<noscript><img src=\"https://p.example/a.jpg\"></noscript>",
    ] {
        let read = read(html, &ARTICLE);
        assert_eq!(read.lead_image.map(|url| url.to_string()).as_deref(), Some("https://p.example/a.jpg"), "{html}");
        assert_eq!(read.html.matches("<img").count(), 1, "{}", read.html);
    }
}

#[test]
fn a_picture_that_is_there_is_not_replaced_by_another_one() {
    let html = "<img data-src=\"https://p.example/small.jpg\" src=\"https://p.example/a.jpg\"><noscript><img src=\"https://p.example/a.jpg\"></noscript>";
    assert_eq!(
        read(html, &ARTICLE).html,
        "<img data-src=\"https://p.example/small.jpg\" src=\"https://p.example/a.jpg\">"
    );
}

#[test]
fn pixels_that_count_visits_go_with_their_links() {
    assert_bodies(&[
        ("<p>一</p><img src=\"https://c.example/p.gif\" width=\"1\" height=\"1\">", "<p>一</p>"),
        (
            "<p>一</p><a href=\"https://c.example/\"><img src=\"https://c.example/p\" style=\"display: none\"></a>",
            "<p>一</p>",
        ),
        ("<p>一</p><img src=\"https://pixel.wp.com/b.gif?blog=1\">", "<p>一</p>"),
        (
            "<img src=\"https://p.example/line.png\" width=\"600\" height=\"1\">",
            "<img height=\"1\" src=\"https://p.example/line.png\" width=\"600\">",
        ),
    ]);
}

#[test]
fn places_for_advertisements_and_short_hidden_pieces_go() {
    assert_bodies(&[
        (
            "<p>一</p><section aria-label=\"广告 2\"><div class=\"slot\">广告</div></section><p>二</p>",
            "<p>一</p><p>二</p>",
        ),
        ("<div class=\"lazyload-placeholder\"></div><p>一</p>", "<p>一</p>"),
        ("<p>这是正文的第一段。</p><p hidden>稍后再读</p>", "<p>这是正文的第一段。</p>"),
        (
            "<section aria-label=\"广告业的历史\"><p>正文。</p></section>",
            "<section aria-label=\"广告业的历史\"><p>正文。</p></section>",
        ),
    ]);
}

#[test]
fn a_picture_and_its_caption_become_a_figure() {
    assert_bodies(&[
        (
            "<img src=\"https://p.example/a.jpg\"><div><small style=\"color: #999;\">河边的<b>图书馆</b>。</small></div><p>正文。</p>",
            "<figure><img src=\"https://p.example/a.jpg\"><figcaption>河边的<b>图书馆</b>。</figcaption></figure><p>正文。</p>",
        ),
        (
            "<p><a href=\"https://p.example/\"><img src=\"https://p.example/a.jpg\"></a></p><p class=\"wp-caption-text\">图一</p>",
            "<figure><a href=\"https://p.example/\"><img src=\"https://p.example/a.jpg\"></a><figcaption>图一</figcaption></figure>",
        ),
        (
            "<section><img src=\"https://p.example/a.jpg\"></section><section><span>▲ 河边</span></section><p>正文。</p>",
            "<figure><img src=\"https://p.example/a.jpg\"><figcaption>▲ 河边</figcaption></figure><p>正文。</p>",
        ),
        (
            "<p><img src=\"https://p.example/a.jpg\"></p><p><span>图为河边的图书馆。某人 摄</span></p><p>正文。</p>",
            "<figure><img src=\"https://p.example/a.jpg\"><figcaption>图为河边的图书馆。某人 摄</figcaption></figure><p>正文。</p>",
        ),
        (
            "<div><img src=\"https://p.example/a.jpg\"><p class=\"Copyright x\">来源，某人</p></div>",
            "<div><figure><img src=\"https://p.example/a.jpg\"><figcaption>来源，某人</figcaption></figure></div>",
        ),
        (
            "<video src=\"https://p.example/v.mp4\"></video><div><small>录像</small></div><p>正文。</p>",
            "<figure><video src=\"https://p.example/v.mp4\"></video><figcaption>录像</figcaption></figure><p>正文。</p>",
        ),
    ]);
}

#[test]
fn text_that_follows_a_picture_is_no_caption_by_itself() {
    for html in [
        "<img src=\"https://p.example/a.jpg\"><p>正文从这里开始。</p>",
        "<p>看<img src=\"https://p.example/a.jpg\"><small>小</small>图</p>",
        "<figure><img src=\"https://p.example/a.jpg\"></figure><p>正文。</p>",
        "<p><small>先秦：左丘明</small></p><p>春，公将如棠。</p>",
    ] {
        assert_bodies(&[(html, html)]);
    }
}

#[test]
fn a_date_line_above_the_text_is_taken_out() {
    for (line, date, author) in [
        ("<div><i>Tue, 05 Mar 2024 09:07:19 GMT</i></div>", "Tue, 05 Mar 2024 09:07:19 GMT", None),
        ("<div><i>CHEN SHOUYI<br>2024-03-05 09:07:19</i></div>", "2024-03-05 09:07:19", Some("CHEN SHOUYI")),
        ("<div>陈守一<br><i>2024-03-05 09:07:19</i></div>", "2024-03-05 09:07:19", Some("陈守一")),
        ("<div>05/03/2024 - 09:07</div>", "05/03/2024 - 09:07", None),
        ("05/03/2024 - 09:07<br>", "05/03/2024 - 09:07", None),
        ("<p>发布时间：2024年3月5日 09:07</p>", "2024年3月5日 09:07", None),
        ("<p>March 5, 2024</p>", "March 5, 2024", None),
        ("<time datetime=\"2024-03-05\">52 分钟前</time>", "2024-03-05", None),
        // Korean newspapers name the day of the change, and their reporters.
        ("<div>입력 2024.03.05 09:07 | 수정 2024.03.06 10:00</div>", "2024.03.05 09:07", None),
        ("<p>기사입력 : 2024-03-05 09:07:19 최종수정 2024-03-06 10:00:00</p>", "2024-03-05 09:07:19", None),
        ("<p>홍길동 기자 입력 2024.03.05 09:07 수정 2024.03.06 10:00</p>", "2024.03.05 09:07", Some("홍길동")),
        ("<p>홍길동 기자 hong@mill.example</p><p>등록 2024.03.05 09:07</p>", "2024.03.05 09:07", Some("홍길동")),
        ("<p>승인 2024.03.05 09:07 홍길동·김철수 기자</p>", "2024.03.05 09:07", Some("홍길동·김철수")),
        // Blogs say how long the reading takes.
        ("<div>Mar 5, 2024 — 5 min read</div>", "Mar 5, 2024", None),
        (
            "<p><a href=\"https://s.example/author/ida/\">Ida Lund</a></p><p>5 Mar 2024 • 12 min read</p>",
            "5 Mar 2024",
            Some("Ida Lund"),
        ),
        ("<div>Ida Lund — Mar 5, 2024 — 5 min read</div>", "Mar 5, 2024", Some("Ida Lund")),
        ("<p>Mar 5, 2024</p><p>5 min read</p>", "Mar 5, 2024", None),
        ("<p>Published March 5, 2024 | Updated March 6, 2024</p>", "March 5, 2024", None),
        ("<p>By Ida Lund - 03/05/24 11:04 PM EST</p>", "03/05/24 11:04 PM EST", Some("Ida Lund")),
        (
            "<p>By Mill Staff | March 5, 2024 at 2:26 PM HST - Updated March 5 at 4:46 PM</p>",
            "March 5, 2024 at 2:26 PM HST",
            Some("Mill Staff"),
        ),
        // Forums name who wrote a post, whatever they call themselves.
        ("<p>Post by river_42 » Tue Mar 05, 2024 9:07 am</p>", "Tue Mar 05, 2024 9:07 am", Some("river_42")),
        (
            "<p>by <b><a href=\"https://s.example/memberlist.php?u=2\">Ida</a></b> » Tue Mar 05, 2024 9:07 am</p>",
            "Tue Mar 05, 2024 9:07 am",
            Some("Ida"),
        ),
    ] {
        let read = read(&format!("{line}{TEXT}"), &ARTICLE);
        assert_eq!(
            (read.date_line.as_deref(), read.author.as_deref(), read.html.as_str()),
            (Some(date), author, TEXT),
            "{line}"
        );
    }
}

#[test]
fn a_byline_below_the_picture_at_the_head_is_taken_out() {
    let picture = "<div><figure><img src=\"https://p.example/a.jpg\"><figcaption>河</figcaption></figure></div>";
    let read = read(&format!("{picture}<p>By Ida Lund | March 5, 2024</p>{TEXT}"), &ARTICLE);
    assert_eq!((read.author.as_deref(), read.html.as_str()), (Some("Ida Lund"), &*format!("{picture}{TEXT}")));
}

#[test]
fn a_byline_by_its_class_is_the_author() {
    let read = read(&format!("<div class=\"Byline-1\"><ul><li>吴桐</li></ul></div>{TEXT}"), &ARTICLE);
    assert_eq!((read.author.as_deref(), read.html.as_str()), (Some("吴桐"), TEXT));
}

#[test]
fn a_day_that_belongs_to_the_text_stays() {
    for line in [
        "<p>2020年1月5日</p>",
        "<p>12/04/1999</p>",
        "<p>2024年3月5日，河水漫过了堤岸。</p>",
        "<p>第 3 版 2024</p>",
        "<h2>2024-03-05</h2>",
        "<p>8:30</p>",
        "<p>그 기자</p>",
        "<p>Ida Lund</p>",
        "<p>It is a 5 min read from 2024</p>",
        "<p>The post by river_42 is long</p>",
        "<p><a href=\"https://s.example/author/ida/\">Ida Lund</a> has 42 hens.</p>",
    ] {
        let html = format!("{line}{TEXT}");
        let read = read(&html, &ARTICLE);
        assert_eq!(read.html, html);
    }
}

#[test]
fn a_date_that_a_program_wrote_goes_whenever_it_was() {
    let article = Article { published: Some(UnixMillis(0)), ..ARTICLE };
    let read = read(&format!("<div><i>Tue, 05 Mar 2024 09:07:19 GMT</i></div>{TEXT}"), &article);
    assert_eq!(read.html, TEXT);
}

#[test]
fn promotion_at_the_very_end_is_cut() {
    for tail in [
        "<br><hr><div>获取更多RSS：<br><a href=\"https://relay.example\">https://relay.example</a> <br><a href=\"https://b.example\">https://b.example</a><br></div>",
        "<hr>获取更多RSS：<br><a href=\"https://relay.example\">https://relay.example</a>",
        "<br>获取更多 RSS：<a href=\"https://relay.example\">relay.example</a><br>",
        "<p>The post <a href=\"https://s.example/1\">河边的图书馆</a> appeared first on <a href=\"https://s.example\">S</a>.</p>",
        "<p>==========<br>本文只代表作者个人观点。<br>==========</p>",
        "<p>——————</p><p>欢迎关注微信公众号“河岸”</p>",
        "<p><img src=\"https://p.example/qrcode.jpg\"></p><p>长按扫描二维码，关注公众号</p>",
        "<p><a href=\"https://www.site.example/1\">阅读原文</a></p>",
        "<p>——————</p>",
        "<p>— END —</p>",
        "<p>（完）</p>",
    ] {
        assert_eq!(read(&format!("{TEXT}{tail}"), &ARTICLE).html, TEXT, "{tail}");
    }
}

#[test]
fn what_programs_add_is_cut_in_every_language() {
    let link = "<a href=\"https://a.example/1\">T</a>";
    for tail in [
        format!("<p>The post {link} first appeared on {link}.</p>"),
        format!("<p>O post {link} apareceu primeiro em {link}.</p>"),
        format!("<p>Het bericht {link} verscheen eerst op {link}.</p>"),
        format!("<p>Artykuł {link} pochodzi z serwisu {link}.</p>"),
        format!("<p>Сообщение {link} появились сначала на {link}.</p>"),
        format!("<p>投稿 {link} は {link} に最初に表示されました。</p>"),
        format!("<p>{link}最先出现在{link}。</p>"),
        format!("<hr><p>{link} was originally published in {link} on Medium, where people are continuing the conversation.</p>"),
        "<p>Teilen: <a href=\"https://twitter.com/intent/tweet?x\">X</a> <a href=\"https://t.me/share/url?x\">T</a></p>".to_owned(),
        "<p>Follow us on <a href=\"https://b.example/a\">Mastodon</a></p>".to_owned(),
        "<p>更多精彩内容，请关注官方网站</p>".to_owned(),
        "<p>本文来自磨坊网，转载请注明出处。</p>".to_owned(),
        "<p>微信扫一扫，关注我们</p>".to_owned(),
    ] {
        let text = TEXT.repeat(3);
        assert_eq!(read(&format!("{text}{tail}"), &ARTICLE).html, text, "{tail}");
    }
}

#[test]
fn days_above_a_text_are_read_in_other_languages() {
    for (line, date) in [
        ("9. Februar 2024", "9. Februar 2024"),
        ("Veröffentlicht am 9. Februar 2024", "9. Februar 2024"),
        ("发布时间：2024-02-09 06:30 来源：潮汐社", "2024-02-09 06:30"),
        ("By Ada Brook | February 9, 2024", "February 9, 2024"),
        ("٩ فبراير ٢٠٢٤", "٩ فبراير ٢٠٢٤"),
    ] {
        let said = read(&format!("<p>{line}</p>{TEXT}"), &UNDATED);
        assert_eq!(said.date_line.as_deref(), Some(date), "{line}");
        assert_eq!(said.html, TEXT, "{line}");
    }
    assert_eq!(read(&format!("<p>Frühjahr 2024</p>{TEXT}"), &UNDATED).date_line, None);
}

#[test]
fn a_text_about_such_things_keeps_every_word() {
    for end in [
        "<p>获取更多RSS的方法有三种：一是找网站底部的图标，二是问站长，三是自己写一个程序去抓取网页。</p>",
        "<p>“扫码关注公众号”成了商店门口最常见的一句话，可是没有人知道关注之后会怎样。他们调查了一百家店，结果出乎意料：大多数顾客从来没有打开过那些推送，也有人因此丢了钱，还有人因此多了几位朋友。不少店家后来把牌子撤了，说是占地方，不如放一盆花。店主们说，花至少是真的，风一吹就动，下雨的时候还会香。</p>",
        "<p>The post office appeared first on this corner in 1920.</p>",
        "<p>他写道：==</p>",
        "<p>End as you began, to the end</p>",
        "<hr><p>后来他再也没有来过。</p>",
        "<p>相关报道：<a href=\"https://s.example/2\">另一座图书馆</a></p>",
    ] {
        let html = format!("{TEXT}{end}");
        assert_eq!(read(&html, &ARTICLE).html, html);
    }
    // What stands in the middle stays in any case.
    let html = format!("<p>获取更多RSS：<a href=\"https://relay.example\">relay.example</a></p>{TEXT}");
    assert_eq!(read(&html, &ARTICLE).html, html);
}

#[test]
fn the_title_is_not_repeated_above_the_text() {
    for head in ["<h1>河边的图书馆</h1>", "<div><h2>河边的 图书馆</h2></div>", "<p><strong>河边的图书馆</strong></p>"]
    {
        let read = read(&format!("{head}{TEXT}"), &ARTICLE);
        assert!(
            !read.html.contains("<h") && !read.html.contains("strong") && read.html.contains(TEXT),
            "{}",
            read.html
        );
    }
    for kept in [
        "<p><a href=\"https://other.example/\">河边的图书馆</a></p>",
        "<p>河边的图书馆</p>",
        "<h2>河边的图书馆又开门了</h2>",
    ] {
        assert_bodies(&[(&format!("{kept}{TEXT}"), &format!("{kept}{TEXT}"))]);
    }
    assert_bodies(&[("<h1>河边的图书馆</h1>", "<h1>河边的图书馆</h1>")]);
}

#[test]
fn the_name_of_the_source_is_cut_from_the_title() {
    let url = WebUrl::parse("https://www.rfx.example/a").unwrap();
    for (title, source, expected) in [
        ("港口重开 – 远声广播电台 - RFX", "远声广播电台 - RFX", Some("港口重开")),
        ("港口重开 | 河岸周报", "河岸周报", Some("港口重开")),
        ("港口重开_河岸周报", "河岸周报", Some("港口重开")),
        ("港口重开 - 河岸周报新闻频道", "河岸周报", Some("港口重开")),
        ("Harbour reopens - Rfx", "", Some("Harbour reopens")),
        ("Harbour reopens | Rfx", "World news", Some("Harbour reopens")),
        ("Harbour United - Rfx", "Rfx football news", None),
        ("The Puzzle - Trailer", "Videos about the puzzle trailer", None),
        ("snake_case_title", "A title", None),
        ("state-of-the-art harbour", "art harbour news", None),
        ("河岸周报", "河岸周报", None),
        ("港口重开 - 两年之后", "河岸周报", None),
        ("2023-24 - a review", "The Review of Books", None),
        ("港口重开", "河岸周报", None),
    ] {
        assert_eq!(titles::cut_source_suffix(title, source, Some(&url)).as_deref(), expected, "{title}");
    }
}

#[test]
fn cached_pages_in_links_lead_to_the_page() {
    assert_bodies(&[(
        "<a href=\"https://www.google.com/amp/s/s.example/1\">一</a>",
        "<a href=\"https://s.example/1\">一</a>",
    )]);
}

#[test]
fn a_body_without_anything_to_mend_comes_out_as_it_is() {
    for html in ["", "只有文字", TEXT, "<p>一&nbsp;二 &amp; 三</p><ul><li>四</ul>"] {
        let read = read(html, &ARTICLE);
        assert_eq!(Fragment::parse(&read.html).to_html(), Fragment::parse(html).to_html());
        assert_eq!(read.date_line, None);
    }
}

#[test]
fn plain_text_gets_paragraphs_lines_and_links() {
    assert_bodies(&[
        ("一\n二\n\n三 &amp; 四", "<p>一<br>二</p><p>三 &amp; 四</p>"),
        (
            "见 https://s.example/a?b=1，或（http://s.example/c）。",
            "见 <a href=\"https://s.example/a?b=1\">https://s.example/a?b=1</a>，或（<a href=\"http://s.example/c\">http://s.example/c</a>）。",
        ),
        ("<pre>https://s.example/</pre>", "<pre>https://s.example/</pre>"),
    ]);
}

#[test]
fn a_page_that_is_a_video_begins_with_its_player() {
    let url = WebUrl::parse("https://www.youtube.com/watch?v=abcdefghijk").unwrap();
    let facts = Facts {
        title: "",
        url: Some(&url),
        base: None,
        source_title: "",
        published: None,
        language: None,
        now: PUBLISHED,
    };
    let once = normalise("说明", &facts).html;
    assert_eq!(once, "<iframe src=\"https://www.youtube.com/embed/abcdefghijk\"></iframe>说明");
    assert_eq!(normalise(&once, &facts).html, once);
}

#[test]
fn a_picture_alone_shows_its_long_title() {
    let title = "这一句话很长，长到没有人会以为它只是一个文件名，因为它讲的正是图里没有画出来的那一半笑话，哈哈哈";
    let read = read(&format!("<img src=\"https://p.example/a.png\" title=\"{title}\">"), &ARTICLE);
    assert!(read.html.contains(&format!("<figcaption>{title}</figcaption></figure>")), "{}", read.html);
}

#[test]
fn normalising_twice_is_normalising_once() {
    let html = format!(
        "<div><i>Tue, 05 Mar 2024 09:07:19 GMT</i></div><img src=\"https://images.weserv.nl?url=p.example/a.jpg\">\
         <div><small>图</small></div>{TEXT}<hr><div>获取更多RSS：<a href=\"https://relay.example\">relay.example</a></div>"
    );
    let once = read(&html, &ARTICLE).html;
    assert_eq!(
        once,
        format!(
            "<figure><img data-via=\"https://images.weserv.nl?url=p.example/a.jpg\" src=\"https://p.example/a.jpg\"><figcaption>图</figcaption></figure>{TEXT}"
        )
    );
    assert_eq!(read(&once, &ARTICLE).html, once);
}

#[test]
fn a_notice_goes_from_above_related_links_and_they_stay() {
    let links = "<p><a href=\"https://s.example/2\">相关报道：另一座图书馆</a></p>";
    assert_bodies(&[(&format!("{TEXT}<p>=====<br>文责自负。<br>=====</p>{links}"), &format!("{TEXT}{links}"))]);
}

#[test]
fn a_preview_gives_way_to_the_picture_in_noscript() {
    assert_bodies(&[(
        "<figure><img src=\"https://p.example/60/picture-1.jpg?q=20\"><img width=\"1280\"><noscript><img src=\"https://p.example/2560/picture-1.jpg\"></noscript></figure>",
        "<figure><img src=\"https://p.example/2560/picture-1.jpg\"></figure>",
    )]);
}

#[test]
fn a_relayed_article_looks_as_its_author_meant_it() {
    let relayed = include_str!("../../../tests/fixtures/content/relayed.html").trim_end();
    let expected = include_str!("../../../tests/fixtures/content/relayed.shown.html").trim_end();

    let read = read(relayed, &ARTICLE);
    let as_is = |url: &WebUrl| url.to_string();
    let rendering = crate::content::clean::Rendering {
        base: None,
        picture: &as_is,
        media: &as_is,
        kept: &crate::content::clean::nothing_kept,
    };
    let shown = crate::content::clean::clean(&read.html, &rendering);

    assert_eq!(shown.as_str(), expected);
    assert_eq!(read.date_line.as_deref(), Some("Tue, 05 Mar 2024 09:07:19 GMT"));
    assert_eq!(read.lead_image.map(|url| url.to_string()).as_deref(), Some("https://p.example/library_w900.jpg"));
}
