//! The shapes in which pages of our days keep their text, one small page each.

use super::*;

fn at(address: &str) -> WebUrl {
    WebUrl::parse(address).unwrap()
}

const PARAGRAPH: &str = "The quick brown fox jumps over the lazy dog, and the dog, being lazy, lets it happen. ";

fn paragraphs(count: usize) -> String {
    format!("<p>{}</p>", PARAGRAPH.repeat(3)).repeat(count)
}

fn page(head: &str, body: &str) -> ExtractedPage {
    let html = format!("<html><head>{head}</head><body>{body}</body></html>");
    extract(&html, &at("https://lowland.example/2024/river"))
}

/// The body of an article that holds `inside` between its paragraphs.
fn article(inside: &str) -> String {
    let body = format!("<article><h1>Foxes</h1>{}{inside}{}</article>", paragraphs(3), paragraphs(3));
    page("<title>Foxes</title>", &body).body.unwrap()
}

#[track_caller]
fn assert_holds(html: &str, wanted: &[&str]) {
    for piece in wanted {
        assert!(html.contains(piece), "{piece:?} not in {html}");
    }
}

#[track_caller]
fn assert_lacks(html: &str, unwanted: &[&str]) {
    for piece in unwanted {
        assert!(!html.contains(piece), "{piece:?} in {html}");
    }
}

#[test]
fn text_that_a_script_would_show_is_read() {
    let text = format!("<div id=t style=\"visibility: hidden; opacity: 0;\">{}</div>", paragraphs(6));
    assert_holds(&page("", &format!("<h1>Foxes</h1>{text}")).body.unwrap(), &["brown fox"]);
    let body = article(
        "<div role=tabpanel><p>With npm, it is one line.</p></div><div role=tabpanel hidden><p>With yarn, it is two.</p></div>",
    );
    assert_holds(&body, &["one line", "is two"]);
}

#[test]
fn elements_that_scripts_define_are_shown() {
    let body = article(
        "<amp-img src=/a.jpg width=800 height=600></amp-img><amp-youtube data-videoid=abcdefghijk></amp-youtube>\
         <div role=img style=\"background-image:url('/b.jpg')\" aria-label=Fox></div><figure><div data-bg=/c.jpg></div></figure>\
         <picture><source srcset=\"/w_1,h_1/d.jpg 320w, /w_2,h_2/d.jpg 900w\"><img alt=d></picture>",
    );
    assert_holds(
        &body,
        &[
            "/a.jpg",
            "youtube.com/embed/abcdefghijk",
            "/b.jpg",
            "/c.jpg",
            "src=\"https://lowland.example/w_2,h_2/d.jpg\"",
        ],
    );
}

#[test]
fn headings_keep_their_words_alone() {
    let body = article(
        "<h2 id=river>River<a class=hash-link href=#river>\u{200b}</a></h2>\
         <div class=heading><h2>Water</h2><span>[<a href=\"/w?action=edit&section=2\">edit</a>]</span></div>\
         <h3 class=header-anchor-post id=related-work>Related work</h3><p>It is scarce, and it is old.</p>",
    );
    assert_holds(&body, &["River</h2>", "Water</h2>", "id=\"related-work\"", "Related work</h3>"]);
    assert_lacks(&body, &["edit", "\u{200b}", "hash-link", "data-anchor"]);
}

#[test]
fn code_comes_without_the_numbers_of_its_lines() {
    let in_table = "<div class=highlight><table class=lntable><tr><td><pre><code><span class=lnt>1\n</span><span class=lnt>2\n</span></code>\
        </pre></td><td><pre><code class=language-go>a := 1\n\tb(a &lt; 2)\n</code></pre></td></tr></table></div>";
    let in_rows = "<table class=hljs-ln><tr><td data-line-number=1></td><td class=hljs-ln-code>a := 1</td></tr>\
        <tr><td data-line-number=2></td><td class=hljs-ln-code>\tb(a &lt; 2)</td></tr></table>";
    let in_line = "<pre><code class=language-go><span class=ln>1</span>a := 1\n<span class=ln>2</span>\tb(a &lt; 2)\n</code></pre>";
    let in_spans = "<pre class=language-go><code><span>1</span>a := 1\n<span>2</span>\tb(a &lt; 2)\n</code></pre>";
    let in_blocks =
        "<pre class=language-go><ul class=pre-numbering><li>1<li>2</ul><div>a := 1</div><div>\tb(a &lt; 2)</div></pre>";
    let in_codes = "<pre data-lang=go><code>a := 1</code><code>\tb(a &lt; 2)</code></pre>";
    for code in [in_table, in_rows, in_line, in_spans, in_blocks, in_codes] {
        let body = article(code);
        assert_holds(&body, &["a := 1\n\tb(a &lt; 2)"].map(|wanted| wanted));
        assert_lacks(&body, &[">1", "<table", "<li>"]);
    }
    // A table that only counts its rows is no code, and a column of numbers is all there is to it.
    assert_holds(&article("<table><tr><td>1<td>Fox<tr><td>2<td>Dog</table>"), &["<table", "Fox"]);
    assert_holds(&article("<pre><span>1</span>\n<span>2</span></pre>"), &["<pre>"]);
}

#[test]
fn the_language_of_code_is_named_in_many_ways() {
    for code in [
        "<div class=\"highlight-python notranslate\"><div class=highlight><pre>x = 1</pre></div></div>",
        "<div class=\"highlight highlight-source-python\"><pre>x = 1</pre></div>",
        "<div class=\"language-python highlighter-rouge\"><div class=highlight><pre><code>x = 1</code></pre></div></div>",
        "<div class=code-frame data-lang=python><div class=highlight><pre><code>x = 1</code></pre></div></div>",
        "<pre class=\"brush: python; gutter: true\">x = 1</pre>",
        "<pre class=\"sourceCode python\"><code>x = 1</code></pre>",
        "<pre><code class=\"hljs python\">x = 1</code></pre>",
        "<pre><code lang=python>x = 1</code></pre>",
        "<pre><div>python<button>Copy</button></div><code class=language-python>x = 1</code></pre>",
    ] {
        let body = article(code);
        assert_holds(&body, &["class=\"language-python\"", "x = 1"]);
        assert_lacks(&body, &["Copy"]);
    }
    assert_lacks(&article("<div class=\"highlight-default\"><pre>x = 1</pre></div>"), &["language-"]);
}

#[test]
fn formulas_and_boxes_of_lists_are_written_out() {
    let body = article(
        "<p>So <script type=\"math/tex\">a<b</script> holds.</p><ul><li><input type=checkbox checked> rope</li></ul>\
         <p>And <span><span style=\"display:none\"><math><mi>d</mi></math></span><img src=/d.svg></span> too.</p>",
    );
    assert_holds(&body, &["\\(a&lt;b\\)", "☑ ", "<math"]);
    assert_lacks(&body, &["d.svg"]);
}

#[test]
fn the_picture_between_title_and_text_is_kept() {
    let figure = "<figure><img src=/lead.jpg width=900><figcaption>The <b>river</b></figcaption></figure>";
    let with = |above: &str| {
        let body = format!("<main><div><h1>Foxes</h1>{above}</div><div class=text>{}</div></main>", paragraphs(8));
        page("", &body).body.unwrap()
    };
    assert_holds(
        &with(&format!("<div class=cover>{figure}</div>")),
        &["/lead.jpg", "<figcaption>The river</figcaption>"],
    );
    assert_lacks(&with(&format!("<aside>{figure}</aside>")), &["lead.jpg"]);
    assert_lacks(&with("<figure class=avatar><img src=/ada.jpg></figure>"), &["ada.jpg"]);
}

#[test]
fn the_data_of_a_page_that_scripts_draw_holds_its_text() {
    let text = PARAGRAPH.repeat(3);
    let html = format!(
        r#"{{"props":{{"post":{{"title":"T","content":"<p>{text}</p><p>{text}<img src='/a.jpg'></p>"}},"more":[{{"text":"x y"}}]}}}}"#
    );
    let state = format!("<div id=app></div><script id=__NEXT_DATA__ type=application/json>{html}</script>");
    assert_holds(&page("", &state).body.unwrap(), &["brown fox", "a.jpg"]);
    let blocks = format!(r#"{{"a":{{"body":[{{"type":"p","text":"{text}"}},{{"type":"p","text":"{text} <"}}]}}}}"#);
    let state = format!("<div id=app></div><script>window.__STATE__ = {blocks};(function(){{}})()</script>");
    assert_holds(&page("", &state).body.unwrap(), &["<p>The quick", "&lt;</p>"]);
    let whole = format!("<article><h1>Foxes</h1>{}</article>{state}", paragraphs(8));
    assert_lacks(&page("", &whole).body.unwrap(), &["&lt;</p>"]);
}

#[test]
fn a_title_is_cut_before_the_name_of_its_site() {
    for (title, heading, cut) in [
        ("Usage — Gauge 2.1 documentation", "<h1>Usage</h1>", "Usage"),
        ("Reading logs | Gauge Docs", "<h1>Reading logs</h1>", "Reading logs"),
        ("小镇等待春天--国际--某某网", "<h1>小镇等待春天</h1>", "小镇等待春天"),
        ("State-of-the-art foxes", "<h1>State</h1>", "State-of-the-art foxes"),
        ("Lowland - Foxes at night", "<h1>Lowland</h1><h2>Foxes at night</h2>", "Lowland - Foxes at night"),
        ("Gauges - a blog", "<h1 class=site-title>Gauges</h1>", "Gauges - a blog"),
    ] {
        let body = format!("<article>{heading}{}</article>", paragraphs(6));
        assert_eq!(page(&format!("<title>{title}</title>"), &body).title, cut);
    }
}

#[test]
fn dates_are_found_in_every_script() {
    for (body, date) in [
        ("<span class=pub-date>٩ فبراير ٢٠٢٤</span>", Some("٩ فبراير ٢٠٢٤")),
        ("<div class=post-date>9. Februar 2024, 6:15 Uhr</div>", Some("9. Februar 2024, 6:15 Uhr")),
        ("<div class=date>9 ก.พ. 2567</div>", Some("9 ก.พ. 2567")),
        ("<div class=info>12345 comments</div>", None),
    ] {
        let body = format!("<article><h1>Foxes</h1>{body}{}</article>", paragraphs(6));
        assert_eq!(page("", &body).published_text.as_deref(), date, "{body}");
    }
    let shown = format!("<div class=channel>2024年02月09日08:30 | 来源</div>{}", paragraphs(6));
    let found = page("<meta name=publishdate content=2024-02-09>", &shown).published_text;
    assert_eq!(found.as_deref(), Some("2024年02月09日08:30"));
}

#[test]
fn the_author_of_a_card_is_its_name_alone() {
    let card = "<div itemprop=author><meta itemprop=name content=\"Ada Brook\"><a>Ada Brook</a><p>Surveyor</p></div>";
    assert_eq!(page("", &format!("<article>{card}{}</article>", paragraphs(6))).author.as_deref(), Some("Ada Brook"));
}

#[test]
fn files_and_labels_around_a_text_are_left_out() {
    let body = article(
        "<p><a href=/tag/water>Water</a> <a href=/tag/rope>Rope</a></p><p>A word <a href=/tag/rope>rope</a> in a sentence.</p>\
         <p><span class=sr-only>Image caption, </span>A river.</p><p>6 min read</p><span itemprop=upvoteCount>27</span>\
         <p><strong>اقرأ أيضا:</strong> <a href=/b>Another story of the river and the rope</a></p>",
    );
    assert_holds(&body, &["in a sentence", "A river"]);
    assert_lacks(&body, &["Water", "Image caption", "min read", "27", "Another story"]);
}

#[test]
fn hostile_shapes_end_in_good_order() {
    let work = || {
        for unit in [
            "<pre>",
            "<pre><code><div>",
            "<table class=code><tr><td>1<td><pre>",
            "<h2><a href=#>#",
            "<x-img src=a>",
            "<div style=\"background:url(a.b)\">",
            "<li><input type=checkbox>",
        ] {
            page("", &format!("{}{}", paragraphs(2), unit.repeat(5_000)));
        }
        let deep = format!("<script>__x={}{}</script>", "{\"content\":[".repeat(50_000), PARAGRAPH.repeat(20));
        page("", &deep);
        let wide = format!(
            "<script type=application/json>{{\"content\":[{}\"\"]}}</script>",
            "{\"text\":\"<b><i>\"},".repeat(50_000)
        );
        page("", &wide);
    };
    let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(work).unwrap();
    assert!(thread.join().is_ok());
}

#[test]
fn a_thread_of_a_forum_is_by_who_began_it() {
    let post = |number: usize, name: &str| {
        format!(
            "<div id=p{number} class=\"post has-profile\"><div class=inner><dl class=postprofile><dt>\
             <a class=avatar href=\"./memberlist.php?u={number}\"></a>\
             <a class=\"username-coloured\" href=\"./memberlist.php?mode=viewprofile&amp;u={number}\">{name}</a></dt>\
             <dd>Posts: 7</dd></dl><div class=postbody><h3><a href=\"#p{number}\">Hens</a></h3>\
             <p class=author><span>by <strong><a class=username href=\"./memberlist.php?mode=viewprofile&amp;u={number}\">{name}</a></strong> &raquo; </span>\
             <time datetime=\"2024-01-0{number}T03:04:00+00:00\">Tue Jan 0{number}, 2024 3:04 am</time></p>\
             <div class=content>{}</div></div></div></div>",
            paragraphs(3)
        )
    };
    let thread = format!("<h2>Hens</h2>{}{}", post(2, "river_42"), post(3, "Bo Rask"));
    let read = page("", &thread);
    assert_eq!(read.author.as_deref(), Some("river_42"));
    let body = read.body.unwrap();
    assert!(!body.contains("Posts: 7") && body.contains(&PARAGRAPH[..40]), "{body}");
    let old = format!(
        "<table><tr><td><b class=postauthor>Ida</b></td><td>{}</td></tr><tr><td><b class=postauthor>Bo</b></td></tr></table>",
        paragraphs(6)
    );
    assert_eq!(page("", &old).author.as_deref(), Some("Ida"));
}
