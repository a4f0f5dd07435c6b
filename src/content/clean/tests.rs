use proptest::prelude::*;

use super::*;

fn as_is(url: &WebUrl) -> String {
    url.to_string()
}

fn shown(html: &str) -> String {
    let base = WebUrl::parse("https://site.example/a/1.html").unwrap();
    clean(html, &Rendering { base: Some(&base), picture: &as_is, media: &as_is, kept: &nothing_kept }).into_string()
}

#[track_caller]
fn assert_cleans(cases: &[(&str, &str)]) {
    for (html, expected) in cases {
        assert_eq!(shown(html), *expected, "from {html}");
    }
}

#[test]
fn what_reading_needs_stays() {
    for html in [
        "<h2>标题</h2><p>一段<em>文字</em>，<strong>着重</strong>、<mark>标出</mark>与<sub>下</sub><sup>上</sup>。</p>",
        "<figure><figcaption>图一 <cite>某人</cite></figcaption></figure>",
        "<table><caption>表</caption><thead><tr><th scope=\"col\" colspan=\"2\">甲</th></tr></thead><tbody><tr><td rowspan=\"2\">1</td></tr></tbody></table>",
        "<p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby></p>",
        "<details open=\"\"><summary>展开</summary>内容</details>",
        "<pre data-language=\"rust\"><code class=\"language-rust\">let a = \"&lt;b&gt;\" &amp;&amp; c;\n  d</code></pre>",
        "<dl><dt>词</dt><dd>义</dd></dl><ol start=\"3\" reversed=\"\" type=\"a\"><li value=\"5\">五</li></ol>",
        "<p dir=\"rtl\" lang=\"ar\">مرحبا</p><blockquote>引文<br>又一行</blockquote><hr>",
        "<p><time datetime=\"2024-01-02\">昨天</time><abbr title=\"全称\">简</abbr><kbd>Ctrl</kbd></p>",
        "<math display=\"block\"><mfrac><mi>a</mi><msup><mi>b</mi><mn>2</mn></msup></mfrac></math>",
    ] {
        assert_eq!(shown(html), html);
    }
}

#[test]
fn what_acts_is_taken_out() {
    assert_cleans(&[
        ("<script>alert(1)</script>一", "一"),
        ("<p onclick=alert(1) OnFocus='x'>一</p>", "<p>一</p>"),
        ("<svg onload=alert(1)><a href=x>y</a></svg>一", "一"),
        ("<object data=x>旧</object><embed src=x.swf><applet>小</applet>", ""),
        ("<form action=/x>名<input name=q autofocus><button formaction=y>送出</button></form>", "名送出"),
        ("<base href=//evil.example><link rel=stylesheet href=x><meta http-equiv=refresh content=0>", ""),
        ("<a href=\"java\tscript:alert(1)\">甲</a>", "<a>甲</a>"),
        ("<a href=\"&#106;avascript:alert(1)\">甲</a>", "<a>甲</a>"),
        ("<a href=\"data:text/html,x\">甲</a><a href=\"file:///etc/passwd\">乙</a>", "<a>甲</a><a>乙</a>"),
        (
            "<img src=x onerror=alert(1) alt=一>",
            "<img src=\"https://site.example/a/x\" alt=\"一\" class=\"unsized\" loading=\"lazy\" decoding=\"async\">",
        ),
        ("<img src=javascript:alert(1)>", ""),
        ("<p style=\"position:fixed;background:url(x)\">一</p>", "<p>一</p>"),
        (
            "<math><mi href=javascript:alert(1)>x</mi><maction actiontype=toggle>y</maction></math>",
            "<math><mi>x</mi>y</math>",
        ),
    ]);
}

#[test]
fn an_address_that_hides_its_scheme_becomes_an_ordinary_one() {
    assert_cleans(&[("<a href=\"\u{2028}javascript:alert(1)\">甲</a>", "<a>甲</a>")]);
    let html = shown("<a href=\"x\u{2028}javascript:alert(1)\">甲</a>");
    assert!(!html.contains("href=\"javascript") && !html.contains("href=\"\u{2028}"), "{html}");
}

#[test]
fn addresses_are_absolute_and_links_carry_their_rel() {
    assert_cleans(&[
        (
            "<a href=\"../b.html\" target=_blank ping=x download>甲</a>",
            "<a href=\"https://site.example/b.html\" rel=\"noopener noreferrer nofollow\">甲</a>",
        ),
        (
            "<a href=\"mailto:a@b.example\">信</a>",
            "<a href=\"mailto:a@b.example\" rel=\"noopener noreferrer nofollow\">信</a>",
        ),
    ]);
}

#[test]
fn footnotes_keep_working_under_their_prefix() {
    assert_cleans(&[
        (
            "<sup id=r1><a href=#n1>1</a></sup><p id=n1>注</p>",
            "<sup id=\"art-r1\"><a href=\"#art-n1\" rel=\"noopener noreferrer nofollow\">1</a></sup><p id=\"art-n1\">注</p>",
        ),
        (
            "<a href=https://site.example/a/1.html#n1>1</a><a name=n1>注</a>",
            "<a href=\"#art-n1\" rel=\"noopener noreferrer nofollow\">1</a><a id=\"art-n1\">注</a>",
        ),
        ("<p id=\"a b\">一</p><p id=\"\">二</p>", "<p>一</p><p>二</p>"),
    ]);
}

#[test]
fn pictures_and_media_go_through_the_caller() {
    let base = WebUrl::parse("https://site.example/").unwrap();
    let picture = |url: &WebUrl| format!("/picture?of={url}&v=1");
    let media = |url: &WebUrl| format!("/media?of={url}");
    let rendering = Rendering { base: Some(&base), picture: &picture, media: &media, kept: &nothing_kept };
    let html = clean(
        "<picture><source srcset='a.webp 1x, b.webp 2x' type=image/webp><img src=a.jpg width=10 height=5%></picture>\
         <video src=v.mp4 poster=p.jpg autoplay loop></video><audio autoplay><source src=s.ogg></audio>",
        &rendering,
    );
    assert_eq!(
        html.as_str(),
        "<picture><source srcset=\"/picture?of=https://site.example/a.webp&amp;v=1 1x, /picture?of=https://site.example/b.webp&amp;v=1 2x\" type=\"image/webp\">\
         <img src=\"/picture?of=https://site.example/a.jpg&amp;v=1\" width=\"10\" alt=\"\" class=\"sign\" loading=\"lazy\" decoding=\"async\"></picture>\
         <video src=\"/media?of=https://site.example/v.mp4\" poster=\"/picture?of=https://site.example/p.jpg&amp;v=1\" controls=\"\" preload=\"none\"></video>\
         <audio controls=\"\" preload=\"none\"><source src=\"/media?of=https://site.example/s.ogg\"></audio>"
    );
}

#[test]
fn only_small_raster_pictures_may_stand_in_an_address() {
    let small = format!("data:image/png;base64,{}", "A".repeat(400));
    assert!(shown(&format!("<img src=\"{small}\">")).contains(&small));
    for refused in [
        format!("data:image/png;base64,{}", "A".repeat(70_000)),
        "data:image/svg+xml;base64,AAAA".to_owned(),
        "DATA:text/html,x".to_owned(),
        "data:image/png;base64,\"onerror".to_owned(),
    ] {
        assert_eq!(shown(&format!("<img src='{refused}'>")), "");
    }
    assert_eq!(shown(&format!("<a href=\"{small}\">甲</a>")), "<a>甲</a>");
}

#[test]
fn a_picture_without_a_description_is_passed_over_by_screen_readers() {
    let cleaned = shown("<img src=\"https://a.example/p.jpg\"><img src=\"https://a.example/q.jpg\" alt=\"A field\">");
    assert!(cleaned.contains("p.jpg\" alt=\"\""), "{cleaned}");
    assert!(cleaned.contains("q.jpg\" alt=\"A field\""), "{cleaned}");
}

#[test]
fn a_link_that_shows_no_words_is_named_by_its_address_and_one_that_shows_nothing_is_none() {
    let picture = "<img src=\"https://a.example/p.jpg\">";
    for (link, named) in [
        (format!("<a href=\"https://a.example/wiki/Field.html?x=1\">{picture}</a>"), Some("Field.html")),
        (format!("<a href=\"https://a.example/\"><em> {picture}</em></a>"), Some("a.example")),
        (format!("<a href=\"https://a.example/x\">{picture} Words</a>"), None),
        ("<a href=\"https://a.example/x\"><img src=\"https://a.example/p.jpg\" alt=\"A field\"></a>".to_owned(), None),
    ] {
        let cleaned = shown(&link);
        let name = cleaned.split("aria-label=\"").nth(1).and_then(|rest| rest.split('"').next());
        assert_eq!(name, named, "{cleaned}");
        assert_eq!(shown(&cleaned), cleaned);
    }
    assert_eq!(shown("<p>One<a href=\"https://a.example/x\"> </a>two</p>"), "<p>One<a> </a>two</p>");
}

#[test]
fn a_picture_of_unknown_size_has_a_place_kept_for_it_unless_it_stands_among_words() {
    let img = "<img src=\"https://p.example/a.jpg\"";
    for (html, keeps) in [
        (format!("<figure>{img}><figcaption>一</figcaption></figure>"), true),
        (format!("<p> {img}>一</p>"), true),
        (format!("<p>一<br>{img} width=\"600\"></p>"), true),
        (format!("<p>一 {img}> 二</p>"), false),
        (format!("<p>{img} width=\"600\" height=\"400\"></p>"), false),
        (format!("<p>{img} width=\"16\"></p>"), false),
    ] {
        assert_eq!(shown(&html).contains("class=\"unsized\""), keeps, "{html}");
    }
}

#[test]
fn pixels_that_count_visits_are_not_shown() {
    assert_cleans(&[
        ("<img src=t.gif width=1 height=1>一", "一"),
        ("<img src=t.gif width=0>一", "一"),
        (
            "<img src=t.gif height=1 width=600>",
            "<img src=\"https://site.example/a/t.gif\" height=\"1\" width=\"600\" alt=\"\" class=\"sign\" loading=\"lazy\" decoding=\"async\">",
        ),
    ]);
}

#[test]
fn known_players_wait_for_a_click_and_other_frames_are_links() {
    assert_cleans(&[
        (
            "<p><iframe src=//www.youtube.com/embed/abcdefghijk?rel=0 allow=autoplay>旧</iframe></p>",
            "<div data-embed-id=\"abcdefghijk\" data-embed-provider=\"youtube\"><a href=\"https://www.youtube.com/watch?v=abcdefghijk\" rel=\"noopener noreferrer nofollow\">www.youtube.com/watch?v=abcdefghijk</a></div>",
        ),
        (
            "<iframe src=https://player.vimeo.com/video/42 title=河></iframe><iframe src=//youtu.be/abcdefghijk title='YouTube video player'></iframe>",
            "<div data-embed-id=\"42\" data-embed-provider=\"vimeo\"><a href=\"https://vimeo.com/42\" rel=\"noopener noreferrer nofollow\">河 · Vimeo</a></div><div data-embed-id=\"abcdefghijk\" data-embed-provider=\"youtube\"><a href=\"https://www.youtube.com/watch?v=abcdefghijk\" rel=\"noopener noreferrer nofollow\">YouTube video player</a></div>",
        ),
        (
            "<iframe src=https://maps.example/x title=地图></iframe>",
            "<a href=\"https://maps.example/x\" rel=\"noopener noreferrer nofollow\">地图</a>",
        ),
        (
            "<iframe srcdoc='<b>x</b>'></iframe><iframe src=about:srcdoc></iframe><iframe src='javascript:x'></iframe>一",
            "一",
        ),
        ("<iframe src=https://count.example/ width=0 height=0></iframe>一", "一"),
        ("<div data-embed-provider=youtube data-embed-id='\"><script>'>一</div>", "<div>一</div>"),
        ("<div data-embed-id=abcdefghijk>一</div>", "<div>一</div>"),
    ]);
}

#[test]
fn boxes_of_a_task_list_are_characters() {
    assert_cleans(&[(
        "<ul><li><input type=checkbox checked disabled>做完</li><li><input type=checkbox>未做</li></ul><input type=checkbox>",
        "<ul><li>☑ 做完</li><li>☐ 未做</li></ul>",
    )]);
}

#[test]
fn alignment_is_the_only_style_and_no_inline_style_is_written() {
    assert_cleans(&[
        ("<p style='TEXT-ALIGN: center !important; color:red'>一</p>", "<p align=\"center\">一</p>"),
        ("<p style=text-align:start>一</p>", "<p>一</p>"),
        ("<td style='text-align:right'>一</td>", "一"),
    ]);
}

#[test]
fn only_classes_that_name_a_language_stay() {
    assert_cleans(&[
        ("<pre class='hl lang-RUST'>x</pre>", "<pre class=\"language-rust\" data-language=\"rust\">x</pre>"),
        (
            "<pre class=lang-text>\n<code class='lang-RUST'>x</code></pre>",
            "<pre class=\"language-text\" data-language=\"rust\"><code class=\"language-rust\">x</code></pre>",
        ),
        ("<pre>> 一<code class=lang-c>x</code></pre>", "<pre>&gt; 一<code class=\"language-c\">x</code></pre>"),
        ("<p><code class=lang-c>x</code></p>", "<p><code class=\"language-c\">x</code></p>"),
        ("<code class='btn primary'>x</code><p class=hidden>y</p>", "<code>x</code><p>y</p>"),
    ]);
}

#[test]
fn the_first_empty_line_of_code_survives_a_second_reading() {
    let once = shown("<pre>\n\n一\n</pre>");
    assert_eq!(once, "<pre>\n\n一\n</pre>");
    assert_eq!(shown(&once), once);
}

#[test]
fn without_a_base_relative_addresses_are_left_out() {
    let rendering = Rendering { base: None, picture: &as_is, media: &as_is, kept: &nothing_kept };
    let html = clean("<a href=b.html>甲</a><img src=//p.example/a.jpg><a href=#n>乙</a>", &rendering);
    assert_eq!(
        html.as_str(),
        "<a>甲</a><img src=\"https://p.example/a.jpg\" alt=\"\" class=\"unsized\" loading=\"lazy\" decoding=\"async\"><a href=\"#art-n\" rel=\"noopener noreferrer nofollow\">乙</a>"
    );
}

#[test]
fn the_same_text_always_comes_out_the_same() {
    let html = "<img src=a.jpg alt=a><video src=v.mp4></video><a href=b title=c>d</a>";
    let first = shown(html);
    for _ in 0..20 {
        assert_eq!(shown(html), first);
    }
}

/// Pieces out of which hostile texts are made: tags that are parsed by rules of their own, quotes, half tags.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<a href=javascript:x>",
            "<a href='//h.example/a'>",
            "</a>",
            "<table>",
            "<tr>",
            "<td>",
            "</table>",
            "<math>",
            "<mtext>",
            "<mi>",
            "<mglyph>",
            "<malignmark>",
            "<annotation-xml encoding=text/html>",
            "</math>",
            "<svg>",
            "<foreignObject>",
            "<desc>",
            "<title>",
            "</title>",
            "</svg>",
            "<style>",
            "</style>",
            "<noscript>",
            "</noscript>",
            "<template>",
            "<select>",
            "<option>",
            "<textarea>",
            "</textarea>",
            "<form>",
            "<img src=x onerror=y>",
            "<img srcset='a 1x,javascript:b 2x'>",
            "<iframe src=//www.youtube.com/embed/abcdefghijk>",
            "</iframe>",
            "<input type=checkbox>",
            "<li>",
            "<ul>",
            "<pre>\n",
            "\n",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<?x",
            "\"",
            "'",
            ">",
            "<",
            "&lt;",
            "&amp;",
            "&#0;",
            "\u{0}",
            "\u{a0}",
            "文字",
            "<plaintext>",
            "<xmp>",
            "</xmp>",
            "<div id=x style='text-align:right' class=y data-embed-id=abcdefghijk>",
            "</div>",
            "<ruby>",
            "<rt>",
            "<frameset>",
            "<h1>",
            "<details>",
            "<p title='</p><script>x</script>'>",
            "<video poster=javascript:x src=v>",
            "<source src=data:x>",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,6}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_outside_the_list_comes_out_of_any_soup(html in soup()) {
        let out = shown(&html);
        let fragment = crate::content::tree::Fragment::parse(&out);
        for id in fragment.all_elements() {
            let name = fragment.name(id).to_owned();
            prop_assert!(policy::is_allowed(&name), "<{name}> in {out}");
            for (attribute, value) in fragment.attrs(id) {
                let ours = matches!(attribute.as_str(), "loading" | "decoding" | "rel" | "controls" | "preload" | "aria-label" | "data-language" | "data-host")
                    || (name == "img" && attribute == "class" && matches!(value.as_str(), "sign" | "unsized"));
                prop_assert!(ours || policy::rule(&name, &attribute).is_some(), "{attribute} on <{name}> in {out}");
                prop_assert!(attribute != "style" && !value.to_ascii_lowercase().trim_start().starts_with("javascript:"));
            }
        }
    }

    #[test]
    fn cleaning_again_changes_nothing_without_formulas(html in soup()) {
        prop_assume!(!html.contains("<math"));
        let once = shown(&html);
        prop_assert_eq!(shown(&once), once);
    }
}
