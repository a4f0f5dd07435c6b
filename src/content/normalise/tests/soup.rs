//! No page, however its tags are jumbled, brings a rule down or costs it a text.

use proptest::prelude::*;

use super::*;

fn soup() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<small>",
        "</small>",
        "<br>",
        "<hr>",
        "<i>",
        "</i>",
        "<a href=b>",
        "</a>",
        "<noscript>",
        "</noscript>",
        "<img src=https://images.weserv.nl?url=p.example/a.jpg>",
        "<img data-src=a.jpg>",
        "<figure>",
        "</figure>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<h1>",
        "</h1>",
        "河边的图书馆",
        "Tue, 05 Mar 2024 09:07:19 GMT",
        "2024-03-05 09:07:19",
        "获取更多RSS：",
        "=====",
        "appeared first on",
        "The post ",
        "关注公众号",
        "图",
        "<section aria-label=广告>",
        "</section>",
        "\n",
        "https://s.example/a",
        "<video poster=//wsrv.nl/?url=ssl:p.example/b.jpg>",
        "<p hidden>",
        "<time datetime=2024-03-05>",
        "&amp;",
        "<svg>",
        "<math>",
        "<template>",
        "<select>",
        "<!--",
        "-->",
        "<b>",
        "<pre>",
        "\u{0}",
        "é",
        "<ul><li>",
    ]);
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_soup_brings_a_rule_down(html in soup()) {
        let once = read(&html, &ARTICLE);
        // Whatever the rules moved, a second pass finds a tree to work on as well.
        let _ = read(&once.html, &ARTICLE);
    }

    #[test]
    fn text_between_two_paragraphs_is_never_lost(html in soup()) {
        // What the page itself hides or calls an advertisement may go, even where the soup put our sentence into it.
        let html = html.replace("<p hidden>", "").replace("<section aria-label=广告>", "");
        let middle = "这一句话站在两段正文之间，无论它的前后是什么，它都必须留下来。";
        let whole = format!("{TEXT}{html}</p></div></a></pre></select></template></svg></math></table>--><p>{middle}</p>{TEXT}{TEXT}");
        let parsed = Fragment::parse(&whole);
        prop_assume!(parsed.text(parsed.body()).contains(middle));
        let out = read(&whole, &ARTICLE);
        let read_back = Fragment::parse(&out.html);
        prop_assert!(read_back.text(read_back.body()).contains(middle), "{}", out.html);
    }
}
