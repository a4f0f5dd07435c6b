//! A real disk that is full, has no place for one more file, or both: what is stored can be read, what cannot be stored is refused in
//! words, nothing that was acknowledged is lost, pictures are shown, and there is room for what matters before there is for smaller
//! forms of pictures.
//!
//! Nothing is done unless `GLEANER_TEST_FULL_DISKS` says how often, and the folder for temporary files is on a small file system of
//! its own: `scripts/kill --full` sees to that.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use gleaner::domain::{ArticleId, Clock as _, FeedId, UnixMillis};
use gleaner::jobs::mirror::keep_due_pictures;
use gleaner::jobs::refresh::refresh_feed;
use gleaner::media::{PictureHash, PictureKey};
use gleaner::store::{ListQuery, NewUnread, Order, Scope};
use image::ImageFormat;
use tokio_util::sync::CancellationToken;

use crate::pictures::picture;
use crate::support::database::TestDatabase;
use crate::support::db::articles;
use crate::support::dice::Dice;
use crate::support::outside::Reply;
use crate::support::site::{Person, TestSite};

fn runs() -> Option<usize> {
    std::env::var("GLEANER_TEST_FULL_DISKS").ok().and_then(|runs| runs.parse().ok())
}

/// A file that takes all the room but so many bytes, until it is dropped.
struct Filler(PathBuf);

impl Filler {
    fn leaving(folder: &Path, bytes: usize) -> Self {
        let path = folder.join("filler");
        let mut file = File::create(&path).unwrap();
        let block = vec![7; 65_536];
        while file.write_all(&block).is_ok() {}
        let full = file.metadata().unwrap().len();
        file.set_len(full.saturating_sub(bytes as u64)).unwrap();
        Self(path)
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        fs::remove_file(&self.0).unwrap();
    }
}

/// Empty files until there is room for no other, but for so many.
struct Crowd(Vec<PathBuf>);

impl Crowd {
    fn leaving(folder: &Path, files: usize) -> Self {
        let crowd = folder.join("crowd");
        fs::create_dir_all(&crowd).unwrap();
        let mut made = Vec::new();
        while File::create(crowd.join(made.len().to_string())).is_ok() {
            made.push(crowd.join(made.len().to_string()));
            assert!(made.len() < 100_000, "this file system has room for more files than the test has patience");
        }
        made.drain(..files.min(made.len())).for_each(|path| fs::remove_file(path).unwrap());
        Self(made)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.0.iter().for_each(|path| fs::remove_file(path).unwrap());
    }
}

/// A feed with one more article each time, of a text that does not become shorter, with a picture.
fn feed(round: usize, dice: &mut Dice) -> String {
    let text: String =
        (0..dice.below(120_000)).map(|_| char::from(b'a' + u8::try_from(dice.below(26)).unwrap())).collect();
    format!(
        "<rss version=\"2.0\"><channel><title>River</title><item><title>River {round}</title><guid>{round}</guid>\
         <description><![CDATA[<p>{text}</p><img src=/{round}.jpg>]]></description></item></channel></rss>"
    )
}

/// A site with some articles, one of them with a picture, and its reader.
async fn furnished() -> (TestSite, Person, FeedId, Vec<ArticleId>) {
    let site = TestSite::on(TestDatabase::sqlite()).await;
    let ada = site.user("ada").await;
    let now = site.clock.now();
    let feed = site.app.db.ensure_feed(&site.world.url("/feed"), now).await.unwrap();
    site.app.db.subscribe(ada.id, feed, None, now, 50).await.unwrap();
    let known = site.app.db.store_articles(feed, &articles(1..=9), NewUnread::All, now).await.unwrap().added;
    let rss = "<rss version=\"2.0\"><channel><title>River</title><item><title>With a picture</title><guid>p</guid>\
               <description><![CDATA[<p>See.</p><img src=/wide.jpg>]]></description></item></channel></rss>";
    site.world.route("/feed", Reply::ok("application/rss+xml", rss));
    site.world.route("/wide.jpg", Reply::ok("image/jpeg", picture(ImageFormat::Jpeg, 1200, 800)));
    refresh_feed(&site.app, feed).await.unwrap();
    keep_due_pictures(&site.app, &CancellationToken::new()).await.unwrap();
    (site, ada, feed, known)
}

/// The addresses of the smaller forms of the picture.
async fn forms(site: &TestSite, ada: &Person, feed: FeedId) -> Vec<String> {
    let query =
        ListQuery { scope: Scope::Feed(feed), only_unread: false, order: Order::NewestFirst, after: None, limit: 100 };
    let rows = site.app.db.list(ada.id, &query).await.unwrap();
    let article = rows.into_iter().find(|row| row.title == "With a picture").unwrap().id;
    let page = ada.get(&format!("/articles/{article}")).await.text();
    let set = page.split("srcset=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    set.split(", ").map(|one| one.split(' ').next().unwrap().to_owned()).collect()
}

/// Everything that can be read is, pictures among it.
async fn everything_is_read(ada: &Person, feed: FeedId, known: &[ArticleId], forms: &[String]) {
    let article = format!("/articles/{}", known[0]);
    for path in ["/unread", "/all", "/starred", "/feeds", "/settings", &format!("/feeds/{feed}"), &article] {
        assert_eq!(ada.get(path).await.status, 200, "{path} can be read");
    }
    for form in forms {
        let reply = ada.sending("accept", "image/webp").get(form).await;
        assert_eq!(reply.status, 200, "{form} is shown");
        assert!(image::load_from_memory(&reply.bytes).is_ok());
    }
}

#[expect(clippy::print_stdout, reason = "a measurement prints its figures")]
fn figure(line: &str) {
    println!("figure {line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_at_any_point_loses_nothing_and_is_used_again() {
    let Some(runs) = runs() else { return };
    let (mut dice, mut refused, mut acknowledged) = (Dice(20), 0, 0);
    for run in 0..runs {
        let (site, ada, feed_id, known) = furnished().await;
        let folder = site.database.folder.path().to_owned();
        let forms = forms(&site, &ada, feed_id).await;
        let filler = Filler::leaving(&folder, dice.below(600_000));
        let (mut starred, mut categories) = (Vec::new(), 0);

        for round in 0..12 {
            let status = match dice.below(3) {
                0 => {
                    let id = known[dice.below(known.len())];
                    let reply = ada.post("/marks", &[("starred", &format!("{id}.1"))]).await;
                    if reply.status.as_u16() < 400 {
                        starred.push(id);
                    }
                    reply
                }
                1 => {
                    let reply = ada.post("/categories", &[("title", &format!("{round} {}", "x".repeat(180)))]).await;
                    categories += usize::from(reply.status == 303);
                    reply
                }
                _ => {
                    site.clock.advance(60_000);
                    site.world.route("/feed", Reply::ok("application/rss+xml", feed(round, &mut dice)));
                    site.world
                        .route(&format!("/{round}.jpg"), Reply::ok("image/jpeg", picture(ImageFormat::Jpeg, 300, 200)));
                    let reply = ada.post(&format!("/feeds/{feed_id}/refresh"), &[]).await;
                    // A job that fails is done again later.
                    let _ = keep_due_pictures(&site.app, &CancellationToken::new()).await;
                    reply
                }
            };
            if status.status.as_u16() >= 400 {
                assert_eq!(status.status, 507, "run {run}: {}", status.text());
                assert!(status.text().contains("There is no room left"), "{}", status.text());
                refused += 1;
            } else {
                acknowledged += 1;
            }
        }
        everything_is_read(&ada, feed_id, &known, &forms).await;
        assert_eq!(site.app.db.integrity(true).await.unwrap().problems, Vec::<String>::new(), "run {run}");
        let again = site.database.open().await;
        for id in &starred {
            assert!(again.article(ada.id, *id).await.unwrap().unwrap().starred, "run {run}: {id} was starred");
        }
        assert_eq!(again.categories(ada.id).await.unwrap().len(), categories, "run {run}");
        again.close().await;

        drop(filler);
        site.clock.advance(UnixMillis::DAY);
        site.world.route("/feed", Reply::ok("application/rss+xml", feed(99, &mut dice)));
        ada.post(&format!("/feeds/{feed_id}/refresh"), &[]).await.leads_to();
        assert!(
            ada.get(&format!("/feeds/{feed_id}")).await.text().contains("River 99"),
            "run {run}: there is room again"
        );
        assert_eq!(site.app.db.feed(feed_id).await.unwrap().unwrap().failure, None, "the feed was not blamed");
        site.app.db.close().await;
    }
    assert!(refused > 0 && acknowledged > 0, "{refused} refused, {acknowledged} acknowledged");
    figure(&format!("full_disk_runs {runs} runs"));
    figure(&format!("full_disk_refused {refused} writes"));
    figure(&format!("full_disk_acknowledged {acknowledged} writes"));
    figure("full_disk_lost 0 writes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smaller_forms_of_pictures_give_way_before_anything_is_refused() {
    if runs().is_none() {
        return;
    }
    let (site, ada, feed_id, known) = furnished().await;
    let folder = site.database.folder.path().to_owned();
    let forms = forms(&site, &ada, feed_id).await;
    let hash = site.app.db.picture_hashes(&[], 1).await.unwrap()[0];
    for number in 1..=8 {
        let spec = format!("w={number}");
        let bytes = vec![7; 1 << 20];
        site.app.media.store.put(PictureKey::variant(PictureHash(hash), spec.clone()), bytes.into()).await.unwrap();
        site.app.db.add_variant(&hash, &spec, 1 << 20, site.clock.now()).await.unwrap();
    }
    let filler = Filler::leaving(&folder, 0);

    let mut refused = Vec::new();
    for round in 0..12 {
        site.clock.advance(60_000);
        site.world.route("/feed", Reply::ok("application/rss+xml", feed(round, &mut Dice(round as u64))));
        let status = ada.post(&format!("/feeds/{feed_id}/refresh"), &[]).await.status;
        assert!(status == 303 || status == 507, "{status}");
        if status == 507 {
            refused.push(round);
        }
    }

    assert!(!refused.is_empty(), "the disk was full");
    assert!(refused.windows(2).all(|two| two[0] + 1 < two[1]), "what is asked for again is stored: {refused:?}");
    let variants = site.app.db.picture_use().await.unwrap().variants;
    assert!(variants.1 < 1 << 20, "they went: {variants:?}");
    assert_eq!(site.app.db.picture_use().await.unwrap().originals.0, 1, "originals stay");
    everything_is_read(&ada, feed_id, &known, &forms).await;
    drop(filler);
    everything_is_read(&ada, feed_id, &known, &forms).await;
    assert!(site.app.db.picture_use().await.unwrap().variants.0 >= 2, "and are kept again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_with_no_place_for_one_more_file_goes_on() {
    if runs().is_none() {
        return;
    }
    let (site, ada, feed_id, known) = furnished().await;
    let folder = site.database.folder.path().to_owned();
    let forms = forms(&site, &ada, feed_id).await;
    let crowd = Crowd::leaving(&folder, 0);

    everything_is_read(&ada, feed_id, &known, &forms).await;
    ada.post("/categories", &[("title", "Without a file")]).await.leads_to();
    site.clock.advance(60_000);
    site.world.route("/feed", Reply::ok("application/rss+xml", feed(5, &mut Dice(5))));
    site.world.route("/5.jpg", Reply::ok("image/jpeg", picture(ImageFormat::Jpeg, 300, 200)));
    ada.post(&format!("/feeds/{feed_id}/refresh"), &[]).await.leads_to();
    keep_due_pictures(&site.app, &CancellationToken::new()).await.unwrap();
    assert_eq!(site.app.db.picture_use().await.unwrap().originals.0, 1, "its picture waits");
    assert!(ada.get(&format!("/feeds/{feed_id}")).await.text().contains("River 5"));

    drop(crowd);
    site.clock.advance(UnixMillis::DAY);
    keep_due_pictures(&site.app, &CancellationToken::new()).await.unwrap();
    assert_eq!(site.app.db.picture_use().await.unwrap().originals.0, 2, "and is kept when there is place");
    assert_eq!(site.app.db.integrity(true).await.unwrap().problems, Vec::<String>::new());
}
