//! What people write, and what it is to look like; then what is written to hurt.

use super::to_html;

/// The HTML on one line.
fn html(text: &str) -> String {
    to_html(text).lines().collect::<Vec<_>>().join("")
}

#[test]
fn blocks_are_told_apart() {
    for (text, expected) in [
        ("One\ntwo\n\nThree", "<p>Onetwo</p><p>Three</p>"),
        ("# A #\n## B {#b}\nC\n===\nD\n---", "<h1>A</h1><h2>B</h2><h1>C</h1><h2>D</h2>"),
        ("> a\nb\n> > c\n\nd", "<blockquote><p>ab</p><blockquote><p>c</p></blockquote></blockquote><p>d</p>"),
        ("a\n***\n- - -\nb", "<p>a</p><hr><hr><p>b</p>"),
        ("```ruby\nputs <1>\n```\n", "<pre><code class=\"language-ruby\">puts &lt;1&gt;</code></pre>"),
        ("    code\n\n    more\ntext", "<pre><code>codemore</code></pre><p>text</p>"),
        ("~~~\n# no\n~~~", "<pre><code># no</code></pre>"),
        ("<div class=\"x\">\n*raw*\n</div>\n\n*set*", "<div class=\"x\">*raw*</div><p><em>set</em></p>"),
        ("<!--more-->\n\na", "<!--more--><p>a</p>"),
        (
            "| a | b |\n|---|:-:|\n| 1 | x\\|y |\n| 2 |\n\nend",
            "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>x|y</td></tr><tr><td>2</td></tr></tbody></table><p>end</p>",
        ),
        ("a\n{: .lead}\n\nb", "<p>a</p><p>b</p>"),
        ("#hashtag\n\n1986. A year", "<p>#hashtag</p><ol start=\"1986\"><li>A year</li></ol>"),
    ] {
        assert_eq!(html(text).replace(">\n", ">"), expected, "{text}");
    }
}

#[test]
fn lists_hold_lists_and_paragraphs() {
    for (text, expected) in [
        ("- a\n- b\n  - c\n- d", "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>"),
        ("1. a\n2. b\n\n   more\n", "<ol><li><p>a</p></li><li><p>b</p><p>more</p></li></ol>"),
        ("* a\n\n* b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"),
        ("- a\n    - b\n\nend", "<ul><li>a<ul><li>b</li></ul></li></ul><p>end</p>"),
        ("- [ ] to do\n- [x] done", "<ul><li>☐ to do</li><li>☑ done</li></ul>"),
        ("text\n- a", "<p>text</p><ul><li>a</li></ul>"),
        ("- a\nlazy\n- b", "<ul><li>alazy</li><li>b</li></ul>"),
        ("-\n-", "<ul><li></li><li></li></ul>"),
        ("- a\n\n      code", "<ul><li><p>a</p><pre><code>code</code></pre></li></ul>"),
    ] {
        assert_eq!(html(text), expected, "{text}");
    }
}

#[test]
fn words_are_set_and_linked() {
    for (text, expected) in [
        (
            "*a* **b** ***c*** ~~d~~ _e_",
            "<em>a</em> <strong>b</strong> <em><strong>c</strong></em> <del>d</del> <em>e</em>",
        ),
        ("snake_case_name 2 * 3 * 4", "snake_case_name 2 * 3 * 4"),
        ("**bold *and* more**", "<strong>bold <em>and</em> more</strong>"),
        ("*a **b***", "<em>a <strong>b</strong></em>"),
        ("**渡口**又开了", "<strong>渡口</strong>又开了"),
        ("`a*b` `` c`d `` `open", "<code>a*b</code> <code>c`d</code> `open"),
        ("\\*a\\* AT&T &amp; &copy; 1 < 2", "*a* AT&amp;T &amp; &copy; 1 &lt; 2"),
        ("[a *b*](https://a.example/x_(y) \"t\")", "<a href=\"https://a.example/x_(y)\">a <em>b</em></a>"),
        ("[a](<b c>) [d]()", "<a href=\"b c\">a</a> <a href=\"\">d</a>"),
        ("![Boat *x*](/boat.png)", "<img src=\"/boat.png\" alt=\"Boat  x\">"),
        ("[![p](p.png)](q)", "<a href=\"q\"><img src=\"p.png\" alt=\"p\"></a>"),
        (
            "<https://a.example/> <me@a.example>",
            "<a href=\"https://a.example/\">https://a.example/</a> <a href=\"mailto:me@a.example\">me@a.example</a>",
        ),
        ("a  \nb\\\nc", "a<br>b<br>c"),
        ("H<sub>2</sub>O", "H<sub>2</sub>O"),
        ("[no link] [x][gone]", "[no link] [x][gone]"),
        ("*open", "*open"),
    ] {
        let whole = html(text);
        assert_eq!(whole.strip_prefix("<p>").and_then(|text| text.strip_suffix("</p>")), Some(expected), "{text}");
    }
}

#[test]
fn what_is_named_at_the_end_is_found() {
    let text = "See [the Sea][sea], [tea] and [Tea][].[^1]\n\n[sea]: https://sea.example/ \"Blue\"\n[TEA]: <https://tea.example/>\n\
                [^1]: A *note*\n  that goes on.\n";
    assert_eq!(
        html(text),
        "<p>See <a href=\"https://sea.example/\">the Sea</a>, <a href=\"https://tea.example/\">tea</a> and \
         <a href=\"https://tea.example/\">Tea</a>.<sup>[1]</sup></p><hr><ol><li>A <em>note</em>that goes on.</li></ol>"
    );
    assert!(html("```\n[a]: b\n```").contains("[a]: b"), "code names nothing");
}

#[test]
fn tags_of_liquid_do_no_harm() {
    for (text, expected) in [
        (
            "{% highlight ruby linenos %}\nx = {{ y }}\n{% endhighlight %}",
            "<pre><code class=\"language-ruby\">x = {{ y }}</code></pre>",
        ),
        ("![a]({{ site.baseurl }}/a.png)", "<p><img src=\"/a.png\" alt=\"a\"></p>"),
        ("a {% include figure.html src=\"x\" %} b", "<p>a  b</p>"),
        ("{% raw %}{{ shown }}{% endraw %}", "<p>{{ shown }}</p>"),
        ("a{% comment %} not *this* {% endcomment %}b", "<p>ab</p>"),
        ("```\n{% x %}\n```", "<pre><code>{% x %}</code></pre>"),
        ("[link](x){:target=\"_blank\"}", "<p><a href=\"x\">link</a></p>"),
        ("{% unclosed and {{ open", "<p>{% unclosed and {{ open</p>"),
        ("* TOC\n{:toc}\n\ntext", "<ul><li>TOC</li></ul><p>text</p>"),
        ("f(x) = {x}", "<p>f(x) = {x}</p>"),
    ] {
        assert_eq!(html(text), expected, "{text}");
    }
}

#[test]
fn no_text_takes_long() {
    let start = std::time::Instant::now();
    for piece in [
        "[",
        "![",
        "[a](",
        "*a ",
        "**a _b",
        "`",
        "``a`",
        "<",
        "<a ",
        "&",
        "> ",
        "- ",
        "1. ",
        "\\",
        "~",
        "[a]: b\n",
        "[^a]: b\n",
        "{%",
        "{{",
        "{:",
        "| a\n|-|\n",
        "#",
        "   ",
        "<!--",
        "\t",
        "((",
        "_*",
        "a  ",
    ] {
        let text = piece.repeat(100_000 / piece.len());
        assert!(!to_html(&text).is_empty() || text.trim().is_empty() || piece.contains(':'), "{piece}");
        let _ = to_html(&format!("{text}\n{text}"));
        let _ = to_html(&format!("a {text} b"));
    }
    let nested: String = (0..300).map(|depth| format!("{}- a\n", "  ".repeat(depth))).collect();
    let _ = to_html(&nested);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
