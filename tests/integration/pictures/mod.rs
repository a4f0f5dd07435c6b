//! Pictures from their source to the page: kept by jobs, resized on demand, swept away, and hostile ones refused.

mod address;
#[cfg(feature = "s3")]
mod bucket;
mod hostile;
mod mirror;
mod quota;
mod upstream;

use std::io::Cursor;

use gleaner::domain::{ArticleId, Clock as _, FeedId, WebUrl};
use gleaner::jobs::mirror::keep_due_pictures;
use gleaner::jobs::refresh::refresh_feed;
use gleaner::media::{PictureHash, PictureKey};
use gleaner::store::{PictureState, Scope};
use image::{DynamicImage, ImageFormat, RgbImage};
use tokio_util::sync::CancellationToken;

use crate::support::house::House;
use crate::support::outside::Reply;
use crate::support::site::{Person, TestSite};

/// A picture of this size that is not of one colour, and mostly of this one.
fn drawn(width: u32, height: u32, colour: [u8; 3]) -> DynamicImage {
    let speckled = |x: u32, y: u32| {
        let speck = u8::try_from((x * 7 + y * 13) % 16).unwrap();
        image::Rgb(colour.map(|channel| channel.saturating_add(speck)))
    };
    RgbImage::from_fn(width, height, speckled).into()
}

/// A picture as a file.
pub(crate) fn picture(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    drawn(width, height, [180, 40, 40]).write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// Somebody who follows a feed with one article of this HTML.
async fn reader(site: &TestSite, html: &str) -> (Person, ArticleId) {
    let user = site.user("ada").await;
    let rss = format!(
        "<rss version=\"2.0\"><channel><title>Pictures</title><item><title>The river</title><link>{}</link>\
         <guid>1</guid><description><![CDATA[<p>The river rose.</p>{html}]]></description></item></channel></rss>",
        site.world.url("/article")
    );
    site.world.route("/feed", Reply::ok("application/rss+xml", rss));
    let now = site.clock.now();
    let feed = site.app.db.ensure_feed(&site.world.url("/feed"), now).await.unwrap();
    site.app.db.subscribe(user.id, feed, None, now, 50).await.unwrap();
    refresh_feed(&site.app, feed).await.unwrap();
    let article = site.app.db.article_ids(feed, ArticleId(0), 1).await.unwrap()[0];
    (user, article)
}

/// The world has a feed with one article of this HTML, which the reader follows and has.
async fn with_article(house: &House, html: &str) -> (FeedId, ArticleId) {
    let link = house.world.url("/article");
    let rss = format!(
        "<rss version=\"2.0\"><channel><title>Pictures</title><item><title>The river</title><link>{link}</link>\
         <guid>1</guid><description><![CDATA[<p>The river rose in the night.</p>{html}]]></description></item></channel></rss>"
    );
    house.world.route("/feed", Reply::ok("application/rss+xml", rss));
    let feed = house.follow("/feed").await;
    refresh_feed(&house.app, feed).await.unwrap();
    (feed, house.list(Scope::Feed(feed), false).await[0].id)
}

async fn run_jobs(house: &House) -> usize {
    keep_due_pictures(&house.app, &CancellationToken::new()).await.unwrap()
}

async fn state(house: &House, path: &str) -> Option<PictureState> {
    let url: WebUrl = house.world.url(path);
    house.app.db.pictures_at(std::slice::from_ref(&url)).await.unwrap().remove(&url)
}

/// The hash under which the picture at `path` is kept.
async fn kept(house: &House, path: &str) -> Option<PictureHash> {
    match state(house, path).await {
        Some(PictureState::Kept(picture)) => Some(PictureHash(picture.hash)),
        _ => None,
    }
}

async fn bytes(house: &House, hash: PictureHash) -> Option<Vec<u8>> {
    house.app.media.store.get(PictureKey::original(hash)).await.unwrap().map(|bytes| bytes.to_vec())
}
