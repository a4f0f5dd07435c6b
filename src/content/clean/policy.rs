//! The list: which elements and attributes may reach a browser, and what each attribute may hold.
//!
//! One table serves both steps, the sanitiser that builds the tree anew and the pass over its output that writes
//! the addresses. What is not in it cannot come out.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

/// Prefix of every id that comes from an article, so that none can name something of ours.
pub(crate) const ID_PREFIX: &str = "art-";

/// What an attribute may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// An address to follow: http, https, mailto, tel, or a place in the same text.
    Link,
    /// A picture's address: goes through the caller; small raster `data:` pictures stay.
    Picture,
    /// A list of pictures' addresses.
    PictureSet,
    /// The address of audio or video: goes through the caller.
    Media,
    /// Of a `source`: audio or video, never a picture.
    MediaSource,
    /// An id; gets [`ID_PREFIX`].
    Id,
    /// The old way to write an id on `a`.
    Name,
    /// Only a text alignment is taken out of it and written as `align`, which a policy against inline styles lets pass.
    Style,
    /// `left`, `right`, `center` or `justify`.
    Align,
    /// Only `language-…` stays.
    LanguageClass,
    /// A whole number of up to five digits.
    Number,
    /// The attribute is there or not.
    Flag,
    /// A language tag.
    Lang,
    /// One of these words.
    Words(&'static [&'static str]),
    /// Any text of up to so many characters.
    Text(usize),
    /// Is looked at and never comes out.
    Hint,
    /// The provider of a known player.
    EmbedProvider,
    /// The video of a known player.
    EmbedId,
}

/// Elements that stay; the others give way to their children.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "article",
    "aside",
    "audio",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "rb",
    "rp",
    "rt",
    "rtc",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Presentation MathML (MathML Core, section 2.1.1), without what acts or annotates.
const MATH_ELEMENTS: &[&str] = &[
    "math",
    "menclose",
    "merror",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "ms",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
    "none",
    "semantics",
];

/// Elements that go with everything inside them: what acts, what is parsed by other rules than text, and annotations
/// that repeat a formula in another notation.
const DROPPED: &[&str] = &[
    "script",
    "style",
    "noscript",
    "template",
    "iframe",
    "object",
    "embed",
    "applet",
    "svg",
    "textarea",
    "select",
    "datalist",
    "title",
    "noembed",
    "noframes",
    "xmp",
    "plaintext",
    "frameset",
    "portal",
    "fencedframe",
    "annotation",
    "annotation-xml",
    "canvas",
    "map",
];

const EVERYWHERE: &[(&str, Rule)] = &[
    ("id", Rule::Id),
    ("lang", Rule::Lang),
    ("dir", Rule::Words(&["ltr", "rtl", "auto"])),
    ("title", Rule::Text(1_000)),
];

const BLOCK_ALIGN: &[(&str, Rule)] = &[("style", Rule::Style), ("align", Rule::Align)];
const SPANS: &[(&str, Rule)] = &[("span", Rule::Number)];
const CELL: &[(&str, Rule)] = &[
    ("style", Rule::Style),
    ("align", Rule::Align),
    ("colspan", Rule::Number),
    ("rowspan", Rule::Number),
    ("scope", Rule::Words(&["row", "col", "rowgroup", "colgroup"])),
];
const CODE: &[(&str, Rule)] = &[("class", Rule::LanguageClass)];
const EDIT: &[(&str, Rule)] = &[("datetime", Rule::Text(64))];

/// Elements, and the attributes that each of them may have.
type Row = (&'static [&'static str], &'static [(&'static str, Rule)]);

/// Attributes of single elements.
const ATTRIBUTES: &[Row] = &[
    (&["a"], &[("href", Rule::Link), ("name", Rule::Name)]),
    (
        &["img"],
        &[
            ("data-via", Rule::Hint),
            ("src", Rule::Picture),
            ("srcset", Rule::PictureSet),
            ("sizes", Rule::Text(400)),
            ("alt", Rule::Text(2_000)),
            ("width", Rule::Number),
            ("height", Rule::Number),
        ],
    ),
    (
        &["source"],
        &[
            ("src", Rule::MediaSource),
            ("srcset", Rule::PictureSet),
            ("sizes", Rule::Text(400)),
            ("type", Rule::Text(100)),
            ("media", Rule::Text(200)),
        ],
    ),
    (&["video"], &[("src", Rule::Media), ("poster", Rule::Picture), ("width", Rule::Number), ("height", Rule::Number)]),
    (&["audio"], &[("src", Rule::Media)]),
    (&["p", "h1", "h2", "h3", "h4", "h5", "h6", "tr"], BLOCK_ALIGN),
    (
        &["div"],
        &[
            ("style", Rule::Style),
            ("align", Rule::Align),
            ("data-embed-provider", Rule::EmbedProvider),
            ("data-embed-id", Rule::EmbedId),
        ],
    ),
    (&["td", "th"], CELL),
    (&["col", "colgroup"], SPANS),
    (&["ol"], &[("start", Rule::Number), ("reversed", Rule::Flag), ("type", Rule::Words(&["1", "a", "A", "i", "I"]))]),
    (&["li"], &[("value", Rule::Number)]),
    (&["time", "del", "ins"], EDIT),
    (&["details"], &[("open", Rule::Flag)]),
    (&["code", "pre"], CODE),
];

/// Attributes of every MathML element.
const MATH_ATTRIBUTES: &[(&str, Rule)] = &[
    ("accent", Rule::Text(8)),
    ("accentunder", Rule::Text(8)),
    ("columnalign", Rule::Text(200)),
    ("columnspan", Rule::Number),
    ("depth", Rule::Text(32)),
    ("dir", Rule::Words(&["ltr", "rtl"])),
    ("display", Rule::Words(&["block", "inline"])),
    ("displaystyle", Rule::Text(8)),
    ("fence", Rule::Text(8)),
    ("form", Rule::Text(8)),
    ("height", Rule::Text(32)),
    ("largeop", Rule::Text(8)),
    ("linethickness", Rule::Text(32)),
    ("lspace", Rule::Text(32)),
    ("mathvariant", Rule::Text(32)),
    ("maxsize", Rule::Text(32)),
    ("minsize", Rule::Text(32)),
    ("movablelimits", Rule::Text(8)),
    ("notation", Rule::Text(64)),
    ("rowspan", Rule::Number),
    ("rspace", Rule::Text(32)),
    ("scriptlevel", Rule::Text(8)),
    ("separator", Rule::Text(8)),
    ("stretchy", Rule::Text(8)),
    ("symmetric", Rule::Text(8)),
    ("voffset", Rule::Text(32)),
    ("width", Rule::Text(32)),
];

/// The rule of an attribute, `None` if it may not come out.
pub(crate) fn rule(element: &str, attribute: &str) -> Option<Rule> {
    static TABLE: LazyLock<HashMap<&'static str, Vec<(&'static str, Rule)>>> = LazyLock::new(|| {
        let mut table: HashMap<_, Vec<_>> = HashMap::new();
        for (elements, attributes) in ATTRIBUTES {
            for element in *elements {
                table.entry(*element).or_default().extend_from_slice(attributes);
            }
        }
        for element in MATH_ELEMENTS {
            table.entry(*element).or_default().extend_from_slice(MATH_ATTRIBUTES);
        }
        table
    });
    let find = |list: &[(&str, Rule)]| list.iter().find(|(name, _)| *name == attribute).map(|(_, rule)| *rule);
    TABLE.get(element).and_then(|own| find(own)).or_else(|| find(EVERYWHERE))
}

/// Whether an element may come out.
pub(crate) fn is_allowed(element: &str) -> bool {
    static ALL: LazyLock<HashSet<&'static str>> =
        LazyLock::new(|| ELEMENTS.iter().chain(MATH_ELEMENTS).copied().collect());
    ALL.contains(element)
}

/// The sanitiser. Formulas are rare and their nesting rules are where sanitisers failed in the past, so MathML is
/// only let through where a text holds some.
pub(crate) fn sanitiser(with_math: bool) -> &'static Builder<'static> {
    static PLAIN: LazyLock<Builder<'static>> = LazyLock::new(|| build(false));
    static MATH: LazyLock<Builder<'static>> = LazyLock::new(|| build(true));
    if with_math { &MATH } else { &PLAIN }
}

fn build(with_math: bool) -> Builder<'static> {
    let mut elements: HashSet<&str> = ELEMENTS.iter().copied().collect();
    let mut dropped: HashSet<&str> = DROPPED.iter().copied().collect();
    let mut attributes: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (names, list) in ATTRIBUTES {
        for name in *names {
            attributes.entry(name).or_default().extend(list.iter().map(|(attribute, _)| *attribute));
        }
    }
    if with_math {
        elements.extend(MATH_ELEMENTS);
        for name in MATH_ELEMENTS {
            attributes.entry(name).or_default().extend(MATH_ATTRIBUTES.iter().map(|(attribute, _)| *attribute));
        }
    } else {
        dropped.insert("math");
    }
    let mut builder = Builder::empty();
    builder
        .tags(elements)
        .clean_content_tags(dropped)
        .tag_attributes(attributes)
        .generic_attributes(EVERYWHERE.iter().map(|(name, _)| *name).collect())
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "data"]))
        // Relative addresses are resolved in the pass that follows, where the base of this very text is known.
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .strip_comments(true);
    builder
}

/// The name of an attribute out of the table, so that nothing else is ever written as one.
pub(crate) fn static_name(attribute: &str) -> Option<&'static str> {
    ATTRIBUTES
        .iter()
        .flat_map(|(_, list)| list.iter())
        .chain(EVERYWHERE)
        .chain(MATH_ATTRIBUTES)
        .map(|(name, _)| *name)
        .find(|name| *name == attribute)
}
