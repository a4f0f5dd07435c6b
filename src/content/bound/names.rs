//! What the tree construction rules of the HTML standard (section 13.2.6) distinguish by an element's name.

/// Elements that the rules treat differently from each other. Everything else is [`Name::Other`] and told apart by its
/// spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    A,
    Button,
    Caption,
    Colgroup,
    DefinitionPart,
    Form,
    Formatting,
    Heading,
    Li,
    Math,
    Noscript,
    Optgroup,
    OptionItem,
    P,
    RubyPart,
    Select,
    Svg,
    /// `plaintext`, `frameset`: changes how the whole rest of the document is read.
    Switching,
    Table,
    Cell,
    RowGroup,
    Row,
    Template,
    /// `html`, `head`, `body`: at most one of each, wherever the tags stand.
    Frame,
    /// `address`, `div`, `section`…: closed by their own end tag wherever they are in scope.
    Block,
    Other,
}

/// Never has content.
pub(super) const VOID: u16 = 1;
/// Its start tag closes an open paragraph.
pub(super) const CLOSES_P: u16 = 1 << 1;
/// Ends the search for an element to close (the standard's “special” category).
pub(super) const SPECIAL: u16 = 1 << 2;
/// Ends the search for an element “in scope”.
pub(super) const SCOPE: u16 = 1 << 3;
/// Ends the search in list item scope.
pub(super) const LIST: u16 = 1 << 4;
/// Its content is text up to its end tag.
pub(super) const RAW: u16 = 1 << 5;
/// Breaks out of SVG and MathML.
pub(super) const BREAKS_OUT: u16 = 1 << 6;
/// HTML may stand inside, although the element itself belongs to SVG.
pub(super) const IN_SVG: u16 = 1 << 7;
/// HTML may stand inside, although the element itself belongs to MathML.
pub(super) const IN_MATH: u16 = 1 << 8;
/// Separates words.
pub(super) const BREAKS_LINE: u16 = 1 << 9;

/// Name and properties of an element, by its name in lower case.
pub(super) fn classify(name: &[u8]) -> (Name, u16) {
    const BLOCK: u16 = CLOSES_P | SPECIAL | BREAKS_LINE;
    match name {
        b"div" | b"center" | b"blockquote" | b"dl" | b"menu" | b"pre" => (Name::Block, BLOCK | BREAKS_OUT),
        b"ol" | b"ul" => (Name::Block, BLOCK | BREAKS_OUT | LIST),
        b"p" => (Name::P, BLOCK | BREAKS_OUT),
        b"address" | b"article" | b"aside" | b"details" | b"dialog" | b"dir" | b"fieldset" | b"figcaption"
        | b"figure" | b"footer" | b"header" | b"hgroup" | b"main" | b"nav" | b"search" | b"section" | b"summary"
        | b"listing" => (Name::Block, BLOCK),
        b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => (Name::Heading, BLOCK | BREAKS_OUT),
        b"li" => (Name::Li, BLOCK | BREAKS_OUT),
        b"dd" | b"dt" => (Name::DefinitionPart, BLOCK | BREAKS_OUT),
        b"a" => (Name::A, 0),
        b"b" | b"big" | b"code" | b"em" | b"font" | b"i" | b"nobr" | b"s" | b"small" | b"strike" | b"strong"
        | b"tt" | b"u" => (Name::Formatting, BREAKS_OUT),
        b"span" | b"sub" | b"sup" | b"var" | b"ruby" => (Name::Other, BREAKS_OUT),
        b"br" | b"img" | b"embed" | b"meta" => (Name::Other, VOID | SPECIAL | BREAKS_OUT | BREAKS_LINE),
        b"hr" => (Name::Other, VOID | CLOSES_P | SPECIAL | BREAKS_OUT | BREAKS_LINE),
        b"area" | b"base" | b"basefont" | b"bgsound" | b"col" | b"frame" | b"input" | b"keygen" | b"link"
        | b"param" | b"source" | b"track" | b"wbr" | b"image" => (Name::Other, VOID | SPECIAL),
        b"table" => (Name::Table, CLOSES_P | SPECIAL | SCOPE | BREAKS_OUT | BREAKS_LINE),
        b"td" | b"th" => (Name::Cell, SPECIAL | SCOPE | BREAKS_LINE),
        b"tr" => (Name::Row, SPECIAL | BREAKS_LINE),
        b"tbody" | b"thead" | b"tfoot" => (Name::RowGroup, SPECIAL | BREAKS_LINE),
        b"caption" => (Name::Caption, SPECIAL | SCOPE | BREAKS_LINE),
        b"colgroup" => (Name::Colgroup, SPECIAL),
        b"form" => (Name::Form, BLOCK),
        b"button" => (Name::Button, SPECIAL),
        b"select" => (Name::Select, SPECIAL | SCOPE),
        b"option" => (Name::OptionItem, 0),
        b"optgroup" => (Name::Optgroup, 0),
        b"rb" | b"rt" | b"rtc" | b"rp" => (Name::RubyPart, 0),
        b"template" => (Name::Template, SPECIAL | SCOPE),
        b"applet" | b"marquee" | b"object" => (Name::Block, SPECIAL | SCOPE),
        b"svg" => (Name::Svg, 0),
        b"math" => (Name::Math, 0),
        b"foreignobject" | b"desc" => (Name::Other, IN_SVG),
        b"mi" | b"mo" | b"mn" | b"ms" | b"mtext" => (Name::Other, IN_MATH),
        b"title" => (Name::Other, RAW | SPECIAL | IN_SVG),
        b"script" | b"style" | b"textarea" | b"iframe" | b"noembed" | b"noframes" => (Name::Other, RAW | SPECIAL),
        b"xmp" => (Name::Other, RAW | SPECIAL | CLOSES_P | BREAKS_LINE),
        // For parsers that run scripts its content is text: no end tag inside may reach out of it.
        b"noscript" => (Name::Noscript, SPECIAL | SCOPE),
        b"plaintext" | b"frameset" => (Name::Switching, SPECIAL),
        b"html" | b"head" | b"body" => (Name::Frame, SPECIAL),
        _ => (Name::Other, 0),
    }
}
