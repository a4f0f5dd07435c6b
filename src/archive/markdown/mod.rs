//! Posts in Markdown, read: from the text that people write for static sites to HTML.
//!
//! Owns: as much of the marks of Jekyll (Liquid, kramdown) as has to be understood or left out (`liquid`), and which of Markdown's
//! extensions posts may use. Does not own: Markdown itself, which is CommonMark's affair; whether a file is Markdown (`read`); what of
//! its HTML is allowed (`content`): HTML in a text goes through as it is, and is cleaned as everything else from outside.

mod liquid;

use pulldown_cmark::{Options, Parser, html};

pub(super) use liquid::without;

/// Writes a text in Markdown as HTML.
pub(super) fn to_html(text: &str) -> String {
    let text = without(text, false);
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    html::push_html(&mut out, events(&text));
    out
}

fn events(text: &str) -> Parser<'_> {
    let extensions = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES;
    Parser::new_ext(text, extensions)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The HTML on one line.
    fn html(text: &str) -> String {
        to_html(text).lines().collect()
    }

    #[test]
    fn what_posts_are_made_of_is_read() {
        for (text, expected) in [
            ("# A {#a}\n\n**渡口**又开了 ~~d~~", "<h1 id=\"a\">A</h1><p><strong>渡口</strong>又开了 <del>d</del></p>"),
            ("```ruby\nputs <1>\n```\n", "<pre><code class=\"language-ruby\">puts &lt;1&gt;</code></pre>"),
            ("<!--more-->\n\n[![p](p.png)](q)", "<!--more--><p><a href=\"q\"><img src=\"p.png\" alt=\"p\" /></a></p>"),
            (
                "|a|b|\n|-|-|\n|1|2|",
                "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
            ),
            (
                "See [the Sea][sea].\n\n[sea]: https://sea.example/",
                "<p>See <a href=\"https://sea.example/\">the Sea</a>.</p>",
            ),
        ] {
            assert_eq!(html(text), expected, "{text}");
        }
        assert!(html("a[^1]\n\n[^1]: A note").contains("A note"));
        assert!(html("- [x] done").contains("checkbox"));
    }

    #[test]
    fn tags_of_liquid_do_no_harm() {
        for (text, expected) in [
            (
                "{% highlight ruby linenos %}\nx = {{ y }}\n{% endhighlight %}",
                "<pre><code class=\"language-ruby\">x = {{ y }}</code></pre>",
            ),
            ("![a]({{ site.baseurl }}/a.png)", "<p><img src=\"/a.png\" alt=\"a\" /></p>"),
            ("a {% include figure.html src=\"x\" %} b", "<p>a  b</p>"),
            ("{% raw %}{{ shown }}{% endraw %}", "<p>{{ shown }}</p>"),
            ("a{% comment %} not *this* {% endcomment %}b", "<p>ab</p>"),
            ("```\n{% x %}\n```", "<pre><code>{% x %}</code></pre>"),
            ("[link](x){:target=\"_blank\"}", "<p><a href=\"x\">link</a></p>"),
            ("a\n{: .lead}\n\nb", "<p>a</p><p>b</p>"),
            ("{% unclosed and {{ open", "<p>{% unclosed and {{ open</p>"),
            ("* TOC\n{:toc}\n\ntext", "<ul><li>TOC</li></ul><p>text</p>"),
            ("f(x) = {x}", "<p>f(x) = {x}</p>"),
        ] {
            assert_eq!(html(text), expected, "{text}");
        }
    }

    #[test]
    fn no_text_is_more_work_than_its_length() {
        let assert_little = |text: &str| {
            let events = events(&without(text, false)).count();
            assert!(events <= 3 * text.len(), "{events} events of {} bytes: {text:.20}", text.len());
            let length = to_html(text).len();
            assert!(length <= 20 * text.len(), "{length} bytes of {}: {text:.20}", text.len());
        };
        for piece in [
            "[",
            "![",
            "[a](",
            "*a ",
            "**a _b",
            "`",
            "<",
            "<a ",
            "&",
            "> ",
            "- ",
            "1. ",
            "{%",
            "{{",
            "{:",
            "| a\n|-|\n",
            "[^a]: b\n",
        ] {
            let text = piece.repeat(100_000 / piece.len());
            assert_little(&format!("{text}\n{text}"));
            assert_little(&format!("a {text} b"));
        }
        let nested: String = (0..300).map(|depth| format!("{}- a\n", "  ".repeat(depth))).collect();
        assert_little(&nested);
    }
}
