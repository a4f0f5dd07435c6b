//! What may go, what never goes, and what a look at every picture finds.

use std::sync::Arc;

use gleaner::app::App;
use gleaner::config::PicturePlace;
use gleaner::domain::Clock as _;
use gleaner::jobs::pictures::{Verified, copy_originals, keep_within_quota, sweep, variant, verify};
use gleaner::media::{Media, Output, PictureHash, PictureKey, Spec};
use image::ImageFormat;

use super::{bytes, kept, picture, run_jobs, with_article};
use crate::support::database::on_both_databases;
use crate::support::house::House;
use crate::support::outside::Reply;

fn with_quota(house: &House, quota: u64) -> App {
    let mut settings = (*house.app.settings).clone();
    settings.pictures.quota = quota;
    App { settings: Arc::new(settings), ..(*house.app).clone() }
}

async fn make_variant(house: &House, hash: PictureHash) {
    let spec = Spec::wide(40).with_output(Output::WebP);
    assert!(variant(&house.app, hash, &spec).await.unwrap().is_some());
}

/// An article with one picture, kept, and a variant of it.
async fn one_picture(house: &House) -> (gleaner::domain::ArticleId, PictureHash) {
    house.world.route("/a.jpg", Reply::ok("image/jpeg", picture(ImageFormat::Jpeg, 400, 300)));
    let (_, article) = with_article(house, "<img src=/a.jpg>").await;
    run_jobs(house).await;
    let hash = kept(house, "/a.jpg").await.unwrap();
    make_variant(house, hash).await;
    (article, hash)
}

on_both_databases! {
    async fn without_a_bound_or_below_it_nothing_goes(house: House) {
        one_picture(&house).await;
        for quota in [0, 1 << 30] {
            assert_eq!(keep_within_quota(&with_quota(&house, quota)).await.unwrap().files, 0);
        }
        assert_eq!(house.app.media.store.list().await.unwrap().len(), 2);
    }

    async fn originals_are_copied_beside_a_backup_once_and_come_back(house: House) {
        let (_, hash) = one_picture(&house).await;
        let folder = tempfile::tempdir().unwrap();
        let beside = Media::open(&PicturePlace::Folder(folder.path().join("pictures"))).unwrap().store;
        let own = &house.app.media.store;

        assert_eq!(copy_originals(&house.app, &**own, &*beside, &|_| {}).await.unwrap(), 1);
        assert_eq!(copy_originals(&house.app, &**own, &*beside, &|_| {}).await.unwrap(), 0, "it is there");
        own.delete(PictureKey::original(hash)).await.unwrap();
        assert_eq!(copy_originals(&house.app, &*beside, &**own, &|_| {}).await.unwrap(), 1);

        assert!(bytes(&house, hash).await.is_some());
    }

    async fn variants_go_before_originals(house: House) {
        let (_, hash) = one_picture(&house).await;
        let size = bytes(&house, hash).await.unwrap().len() as u64;

        let freed = keep_within_quota(&with_quota(&house, size)).await.unwrap();

        assert_eq!(freed.files, 1);
        assert_eq!(house.app.media.store.list().await.unwrap(), [(PictureKey::original(hash), size)]);
        make_variant(&house, hash).await;
    }

    async fn the_pictures_of_marked_articles_never_go_and_those_of_others_do(house: House) {
        let (article, hash) = one_picture(&house).await;
        house.app.db.set_starred(house.reader, article, true, house.clock.now()).await.unwrap();
        keep_within_quota(&with_quota(&house, 1)).await.unwrap();
        assert!(bytes(&house, hash).await.is_some());
        assert_eq!(kept(&house, "/a.jpg").await, Some(hash));

        house.app.db.set_starred(house.reader, article, false, house.clock.now()).await.unwrap();
        keep_within_quota(&with_quota(&house, 1)).await.unwrap();
        assert_eq!(bytes(&house, hash).await, None);
        assert_eq!(kept(&house, "/a.jpg").await, None, "and it is fetched anew when it is looked at");
    }

    async fn damage_is_found_and_mended_from_the_source(house: House) {
        let (article, hash) = one_picture(&house).await;
        let nothing = |_| ();
        assert_eq!(verify(&house.app, &nothing).await.unwrap(), Verified { sound: 1, ..Verified::default() });
        let path = house.database.folder.path().join("pictures").join(PictureKey::original(hash).path());
        std::fs::write(&path, b"something else").unwrap();
        std::fs::write(path.with_file_name("0".repeat(64)), b"no such shard").unwrap();

        let found = verify(&house.app, &nothing).await.unwrap();

        assert_eq!((found.sound, found.damaged), (0, 1));
        assert_eq!(kept(&house, "/a.jpg").await, None);
        gleaner::jobs::mirror::keep_pictures(&house.app, article).await.unwrap();
        assert_eq!(kept(&house, "/a.jpg").await, Some(hash));
        assert!(bytes(&house, hash).await.is_some());
    }

    async fn files_of_no_picture_are_swept_away(house: House) {
        let (_, hash) = one_picture(&house).await;
        let stray = PictureHash::of(b"stray");
        house.app.media.store.put(PictureKey::original(stray), b"stray".to_vec().into()).await.unwrap();

        assert_eq!(sweep(&house.app).await.unwrap().files, 1);

        assert_eq!(bytes(&house, stray).await, None);
        assert!(bytes(&house, hash).await.is_some());
        assert_eq!(house.app.media.store.list().await.unwrap().len(), 2);
    }
}
