//! The text of an article on its way to a page: sanitised, in the script that the reader wants, with marks around passages
//! and a link around each picture.

use super::files::recording;
use crate::content::chinese::Script;
use crate::content::clean::{CleanHtml, Rendering, clean, link_pictures};
use crate::content::highlight::{self, Marked, Marking};
use crate::domain::WebUrl;
use crate::store::{ArticleView, Pictures, Played};
use crate::web::view::PictureView;
use crate::web::{MediaSigner, WebError, WebState};

/// Bodies up to so many bytes are cleaned on the spot (well under a millisecond); longer ones on the pool.
const QUICK_BYTES: usize = 64 * 1024;

/// A text, as it was written and as it is shown. The two have the same number of characters.
#[derive(Debug, Default)]
pub(in crate::web::pages) struct Text {
    pub(in crate::web::pages) written: CleanHtml,
    pub(in crate::web::pages) shown: CleanHtml,
}

impl Text {
    /// The text with its passages marked, and with links to its pictures, which are called `large`.
    pub(super) fn marked(self, markings: &[Marking], large: &str) -> Marked {
        let marked = highlight::mark(&self.written, self.shown, markings);
        Marked { html: link_pictures(marked.html, large), ..marked }
    }
}

/// What is known beside the text of how it is shown.
#[derive(Debug, Default)]
pub(in crate::web::pages) struct Around {
    /// The script, if it is another than the text's own.
    pub(in crate::web::pages) script: Option<Script>,
    /// Where the reader stopped in sound and film.
    pub(in crate::web::pages) played: Played,
    /// What is known of its pictures.
    pub(in crate::web::pages) pictures: Pictures,
}

impl Around {
    /// In this script, for those who look at words alone.
    pub(in crate::web::pages) fn of(script: Option<Script>) -> Self {
        Self { script, ..Self::default() }
    }
}

/// Reads the sanitised text of the body that is shown, and hands it on.
pub(in crate::web::pages) async fn text_of<T: Send + 'static>(
    web: &WebState,
    article: &mut ArticleView,
    around: Around,
    then: impl FnOnce(Text) -> T + Send + 'static,
) -> Result<T, WebError> {
    let Some(body) = article.body.take() else { return Ok(then(Text::default())) };
    let base = article.url.clone().or_else(|| article.site_url.clone());
    let signer = web.signer.of_article(article.id);
    let is_quick = body.html.len() <= QUICK_BYTES;
    let work = move || {
        let written = cleaned(&body.html, base.as_ref(), &signer, &around);
        let shown = around.script.map_or_else(|| written.clone(), |script| script.convert_html(&written));
        then(Text { written, shown })
    };
    if is_quick { Ok(work()) } else { web.app.content.run(work).await.map_err(WebError::internal) }
}

fn cleaned(html: &str, base: Option<&WebUrl>, signer: &MediaSigner, around: &Around) -> CleanHtml {
    let view = PictureView::new(signer, &around.pictures);
    let (picture, media) = (|url: &WebUrl| signer.picture(url), |url: &WebUrl| recording(signer, &around.played, url));
    clean(html, &Rendering { base, picture: &picture, media: &media, kept: &|sources| view.kept(sources) })
}
