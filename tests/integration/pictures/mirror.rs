//! What is kept of an article's pictures, and when.

use std::sync::Arc;

use gleaner::app::App;
use gleaner::domain::{Clock as _, PicturePolicy, TagName, UnixMillis};
use gleaner::jobs::mirror::{Mirrored, keep_pictures};
use gleaner::store::PictureState;
use image::ImageFormat;

use super::{bytes, kept, picture, run_jobs, state, with_article};
use crate::support::database::on_both_databases;
use crate::support::house::House;
use crate::support::outside::Reply;

on_both_databases! {
    async fn an_articles_pictures_are_kept_in_their_best_form(house: House) {
        let (large, still) = (picture(ImageFormat::Jpeg, 1200, 800), picture(ImageFormat::Png, 64, 48));
        house.world.route("/large.jpg", Reply::ok("text/plain", large.clone()));
        house.world.route("/still.png", Reply::ok("image/png", still.clone()));
        with_article(
            &house,
            "<img src=/small.jpg srcset='/small.jpg 400w, /large.jpg 1200w, /huge.jpg 6000w'>\
             <video src=/film.mp4 poster=/still.png></video>",
        )
        .await;

        assert_eq!(run_jobs(&house).await, 1);

        let hash = kept(&house, "/large.jpg").await.expect("the best candidate");
        assert_eq!(bytes(&house, hash).await.as_deref(), Some(large.as_slice()));
        let Some(PictureState::Kept(known)) = state(&house, "/large.jpg").await else { panic!("it is kept") };
        assert_eq!((known.width, known.height, known.kind.as_str()), (1200, 800, "image/jpeg"));
        assert_eq!(known.colour, Some(2 * 9), "red");
        assert!(kept(&house, "/still.png").await.is_some());
        for path in ["/small.jpg", "/huge.jpg", "/film.mp4"] {
            assert_eq!(house.world.hits(path), 0, "{path}");
        }
        assert_eq!(run_jobs(&house).await, 0);
        assert_eq!(house.world.hits("/large.jpg"), 1, "once is enough");
    }

    async fn the_same_picture_at_two_addresses_is_kept_once(house: House) {
        let file = picture(ImageFormat::Png, 40, 30);
        house.world.route("/a.png", Reply::ok("image/png", file.clone()));
        house.world.route("/b.png", Reply::ok("image/png", file));
        with_article(&house, "<img src=/a.png><img src=/b.png>").await;
        run_jobs(&house).await;

        assert_eq!(kept(&house, "/a.png").await, kept(&house, "/b.png").await);
        assert_eq!(house.app.db.picture_use().await.unwrap().originals.0, 1);
    }

    async fn a_host_that_refuses_is_told_the_articles_origin_and_a_known_one_at_once(house: House) {
        house.world.replies("/shy.png", vec![Reply::status(403), Reply::ok("image/png", picture(ImageFormat::Png, 9, 9))]);
        with_article(&house, "<img src=/shy.png>").await;
        run_jobs(&house).await;

        assert!(kept(&house, "/shy.png").await.is_some());
        let asked: Vec<_> = house.world.seen().into_iter().filter(|seen| seen.target == "/shy.png").collect();
        assert_eq!(asked[0].header("referer"), None);
        assert_eq!(asked[1].header("referer"), Some(house.world.url("/").as_str()));
    }

    async fn what_its_source_lost_comes_from_the_proxy_that_it_was_wrapped_in(house: House) {
        let article = format!(
            "<img src='{}' data-via='{}'>",
            house.world.url("/lost.png"),
            house.world.url("/proxy?url=lost.png")
        );
        house.world.route("/lost.png", Reply::status(404));
        house.world.route("/proxy?url=lost.png", Reply::ok("image/png", picture(ImageFormat::Png, 9, 9)));
        with_article(&house, &article).await;
        run_jobs(&house).await;

        assert!(kept(&house, "/lost.png").await.is_some());
    }

    async fn what_is_gone_everywhere_comes_from_the_archive_that_was_named(house: House) {
        let lost = house.world.url("/lost.png");
        let mut settings = (*house.app.settings).clone();
        let archive = house.world.url("/archive/2im_/");
        house.world.route("/lost.png", Reply::status(404));
        house.world.route(&format!("/archive/2im_/{lost}"), Reply::ok("image/png", picture(ImageFormat::Png, 9, 9)));
        let (_, article) = with_article(&house, "<img src=/lost.png>").await;
        run_jobs(&house).await;
        assert_eq!(kept(&house, "/lost.png").await, None, "nobody is asked who was not named");
        assert_eq!(house.world.hits(&format!("/archive/2im_/{lost}")), 0);

        settings.pictures.archive = Some(archive);
        let app = App { settings: Arc::new(settings), ..(*house.app).clone() };
        house.clock.advance(7 * UnixMillis::DAY);
        keep_pictures(&app, article).await.unwrap();

        assert!(kept(&house, "/lost.png").await.is_some());
    }

    async fn a_picture_that_fails_is_tried_again_with_pauses_and_then_gone(house: House) {
        house.world.route("/lost.png", Reply::status(404));
        let (_, article) = with_article(&house, "<img src=/lost.png alt='A boat'>").await;
        for tries in 1..6 {
            assert_eq!(run_jobs(&house).await, 1, "try {tries}");
            assert_eq!(house.world.hits("/lost.png"), tries);
            assert_eq!(run_jobs(&house).await, 0, "not at once");
            assert_eq!(state(&house, "/lost.png").await, Some(PictureState::Waiting));
            house.clock.advance(7 * UnixMillis::DAY);
        }
        assert_eq!(run_jobs(&house).await, 1);
        assert_eq!(state(&house, "/lost.png").await, Some(PictureState::Gone));
        house.clock.advance(30 * UnixMillis::DAY);
        assert_eq!(run_jobs(&house).await, 0);
        assert_eq!(keep_pictures(&house.app, article).await.unwrap(), Mirrored { gone: 1, ..Mirrored::default() });
        assert_eq!(house.world.hits("/lost.png"), 6);
    }

    async fn only_what_somebody_wants_is_kept(house: House) {
        house.world.route("/a.png", Reply::ok("image/png", picture(ImageFormat::Png, 9, 9)));
        house.app.db.set_picture_policy(house.reader, PicturePolicy::Marked).await.unwrap();
        let (feed, article) = with_article(&house, "<img src=/a.png>").await;
        assert_eq!(run_jobs(&house).await, 0);

        house.app.db.set_feed_picture_policy(house.reader, feed, Some(PicturePolicy::None)).await.unwrap();
        house.app.db.set_starred(house.reader, article, true, house.clock.now()).await.unwrap();
        assert_eq!(run_jobs(&house).await, 0, "the feed's choice is narrower");

        house.app.db.set_feed_picture_policy(house.reader, feed, None).await.unwrap();
        let name = [TagName::parse("water").unwrap()];
        house.app.db.tag_article(house.reader, article, &name, house.clock.now()).await.unwrap();
        assert_eq!(run_jobs(&house).await, 1);
        assert!(kept(&house, "/a.png").await.is_some());
    }

    async fn all_of_one_feed_is_kept_for_a_reader_who_keeps_nothing_else(house: House) {
        house.world.route("/a.png", Reply::ok("image/png", picture(ImageFormat::Png, 9, 9)));
        house.app.db.set_picture_policy(house.reader, PicturePolicy::None).await.unwrap();
        let (feed, _) = with_article(&house, "<img src=/a.png>").await;
        assert_eq!(run_jobs(&house).await, 0);

        house.app.db.set_feed_picture_policy(house.reader, feed, Some(PicturePolicy::All)).await.unwrap();
        assert_eq!(house.app.db.want_all_pictures(house.clock.now()).await.unwrap(), 1);
        run_jobs(&house).await;
        assert!(kept(&house, "/a.png").await.is_some());
    }
}
